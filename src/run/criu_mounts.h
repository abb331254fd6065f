/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts whose content comes from outside of the container. criu is told a name for each when
 * the container is dumped and what the name stands for when it is restored. A mount of
 * config.json goes by its destination, as with other runtimes; what else was bound into the
 * container (masks, devices, submounts) by its mount point.
 */
#ifndef RUN_CRIU_MOUNTS_H
#define RUN_CRIU_MOUNTS_H

#include "base/err.h"
#include "base/str.h"
#include "fs/plan.h"
#include "libocispec/oci.h"

#include <stdbool.h>

/* One external mount: {mount point, name} of a dump, {name, source} of a restore. */
struct criu_mount {
	const char *key;
	const char *value;
};

struct criu_mounts {
	size_t n;
	struct criu_mount *v;
};

/* Whether a mount of config.json shows what lies elsewhere. Pure. */
bool criu_mount_is_bind(const struct oci_mount *m);

/*
 * The external mounts of a running container. `mountinfo` is the text of its
 * proc_pid_mountinfo(5), points[i] the true mount point of config->mounts[i] or NULL. Pure
 * but for memory; the list lives in the arena.
 */
void criu_mounts_of_dump(struct oci_arena *arena, const struct oci_config *config,
			 const char *const *points, const char *mountinfo,
			 struct criu_mounts *ret);

/* Reads what the former needs from the container whose init is pid: held and verified. */
int criu_mounts_read(struct oci_arena *arena, const struct oci_config *config,
		     int proc_fd, int64_t pid, struct criu_mounts *ret, struct err *e);

/*
 * What the names stand for on this machine. `plan` says what would be bound where (cgroups
 * without a namespace of their own are); `mountinfo` is ours, for the submounts of recursive
 * binds. Pure but for memory.
 */
void criu_mounts_of_restore(struct oci_arena *arena, const struct oci_config *config,
			    const struct fs_plan *plan, const char *bundle,
			    const char *mountinfo, struct criu_mounts *ret);

/*
 * Makes the mount points that a fresh root filesystem lacks, as create would: criu makes none.
 * root: that directory. What cannot be made is left to criu's error.
 */
void criu_mounts_make_points(const struct oci_config *config, const char *bundle,
			     int root);

#endif
