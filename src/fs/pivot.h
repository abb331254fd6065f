/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entering the root directory for good.
 */
#ifndef FS_PIVOT_H
#define FS_PIVOT_H

#include "fs/fs.h"

/*
 * pivot_root(2) onto fs->root_fd and unmounting of the old root; with --no-pivot moving the
 * root over "/" and chroot(2); with a joined or no mount namespace chroot(2) alone. Then cwd
 * and root are the container's "/" and the umask is 022. Descriptors of the old root that
 * the caller still holds are the caller's to close.
 */
int pivot_enter(struct fs *fs, struct err *e);

#endif
