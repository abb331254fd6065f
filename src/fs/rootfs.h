/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root directory of the container: what of the caller's mounts reaches it, and the
 * mount it becomes.
 */
#ifndef FS_ROOTFS_H
#define FS_ROOTFS_H

#include "fs/fs.h"

/*
 * Applies rootfsPropagation (rslave without it) to the mounts of INIT's new mount namespace,
 * so that nothing mounted from now on reaches the machine; learns whether the kernel has
 * mount_setattr(2). Sets the umask to 0. Nothing without a new mount namespace.
 */
int rootfs_propagate(struct fs *fs, struct err *e);

/*
 * Opens root.path (relative to the bundle), makes it a mount of its own by attaching a clone
 * of it onto itself, and keeps its root as fs->root_fd. To be called with the caller's ids. A root
 * with throw-away layers is only opened, as fs->lower_fd: overlay_root() makes it.
 */
int rootfs_prepare(struct fs *fs, struct err *e);

/* After the masks: root.readonly, and the read-only tmpfs that had to be filled first. */
int rootfs_finish(struct fs *fs, struct err *e);

#endif
