/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tmpcopyup: a tmpfs that begins with what the image has at its place.
 */
#ifndef FS_COPYUP_H
#define FS_COPYUP_H

#include "base/err.h"

/*
 * Copies the contents of the directory `from` (O_PATH is enough) into the directory `to`,
 * with owners, modes, times, extended attributes and links; `to` itself gets owner and mode
 * of `from`. Links are copied, never followed; mounts below `from` are copied like
 * directories. Device nodes that may not be made are left out; hard links become copies.
 */
int copyup_tree(int from, int to, struct err *e);

#endif
