/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carrying out the rows of the plan below the root, in their order.
 */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include "fs/fs.h"

/*
 * Mounts everything. Destinations are resolved inside the root and made when missing;
 * attributes are set before a mount becomes visible. Consumes the rows' source_fd. Sets
 * fs->proc_fd and fs->dev_fd. Errors name mounts[i] and its destination; a row that failed
 * leaves earlier mounts in place (the mount namespace goes with INIT).
 */
int mount_all(struct fs *fs, struct err *e);

#endif
