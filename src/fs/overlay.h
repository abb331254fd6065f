/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers: an overlay whose upper directory lies on a tmpfs of limited size that nobody sees
 * and that ends with the mount namespace. What is below is never changed, and there is nothing
 * to clean up, whatever is killed. With a place on disk src/run makes and removes directories
 * (run/layer.h), or with a limit has a filesystem made in place of the tmpfs (bounded.h).
 * Documentation/filesystems/overlayfs.rst; in a user namespace it needs Linux 5.11 (option
 * userxattr).
 */
#ifndef FS_OVERLAY_H
#define FS_OVERLAY_H

#include "fs/fs.h"

/*
 * INIT, with the caller's ids: opens the directories of a layer on disk, which src/run has
 * made. Does nothing for layers in memory, or a second time.
 */
int overlay_open_place(struct fs *fs, struct err *e);

/*
 * INIT, with the container's ids: the root of a plan with fs_plan_has_layers(), on top of
 * the directory that rootfs_prepare() has opened; fs->root_fd is it.
 */
int overlay_root(struct fs *fs, struct err *e);

/*
 * After overlay_root(): a detached overlay over the directory `lower` (O_PATH, of INIT's
 * mount namespace): its root as an O_PATH descriptor, or -1 with *e. The directory at its top
 * has the owner and the mode of the one below.
 */
int overlay_over(struct fs *fs, int lower, struct err *e);

#endif
