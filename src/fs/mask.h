/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.maskedPaths and linux.readonlyPaths.
 */
#ifndef FS_MASK_H
#define FS_MASK_H

#include "fs/fs.h"

/*
 * Read-only paths first, then masks: a directory is covered by an empty read-only tmpfs (one
 * for all), anything else by /dev/null, which is checked to be character device 1:3. Paths
 * that do not exist are skipped. Works below fs->root_fd, before pivot_enter().
 */
int mask_all(struct fs *fs, struct err *e);

#endif
