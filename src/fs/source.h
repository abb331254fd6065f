/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources of bind mounts, opened exactly once and kept as descriptors.
 */
#ifndef FS_SOURCE_H
#define FS_SOURCE_H

#include "fs/plan.h"

/*
 * Opens the sources of bind mounts, HOST those whose opener it is, INIT the rest, relative to
 * bundle_fd: as detached clones (open_tree(2)), id-mapped where the row says so; copy-symlink
 * sources that are links are read. HOST calls it before the birth (INIT inherits the
 * descriptors), INIT after rootfs_propagate(). A row that HOST's kernel cannot clone is left
 * for INIT. A missing source is an error that names it. INIT keeps the descriptors until
 * mount_all(). Of very many sources some are left for mount_all() to open when it comes to
 * them.
 */
int source_open_all(struct fs_plan *plan, enum fs_who who, int bundle_fd, struct err *e);

/* One row of it; nothing when it is open already, or is no bind mount. */
int source_open(struct fs_plan *plan, struct fs_row *row, enum fs_who who, int bundle_fd,
		struct err *e);

/* Closes what source_open_all() opened in this process; for HOST after the birth. */
void source_close_all(struct fs_plan *plan);

#endif
