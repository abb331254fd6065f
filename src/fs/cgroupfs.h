/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a mount of type cgroup becomes: one cgroup2, or a directory of cgroup v1 hierarchies.
 */
#ifndef FS_CGROUPFS_H
#define FS_CGROUPFS_H

#include "fs/plan.h"

/* How many rows cgroupfs_plan() adds at most for one mount. */
size_t cgroupfs_count(const struct fs_facts *facts);

/*
 * Writes the rows for the cgroup mount `m`, which has index and destination filled in, with
 * its parsed options, to rows[0..]. Returns how many, or -1 with *e set.
 */
int cgroupfs_plan(struct oci_arena *arena, const struct fs_facts *facts,
		  const struct fs_row *m, const struct option_set *options,
		  struct fs_row *rows, struct err *e);

#endif
