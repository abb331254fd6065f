/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removing a tree that strangers have filled: the upper directory of a layer on disk. Never
 * by path: every step goes from a descriptor to a name in it, links are not followed, mounts
 * are not crossed, and no depth is too deep.
 */
#ifndef FS_REMOVAL_H
#define FS_REMOVAL_H

#include "base/err.h"

/*
 * Removes `name` in the directory `dir` and all that is in it; what is not there is no error.
 * Directories that deny access to their owner are opened up, immutable files are made mutable
 * where that is allowed. Goes on after a failure; -1 with *e tells how much is left, and the
 * first failure (its errno in e->code). For the tree of a container that has ended.
 */
int removal_tree(int dir, const char *name, struct err *e);

#endif
