/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts without a mount namespace of the container's own: config-linux.md says that it has
 * the runtime's then, so they are mounts of the machine, and they must go again.
 *
 * All of them hang below one mount of ours, the directory INHERIT_DIR of the state directory
 * bound onto itself: private, so that nothing below it is seen in another namespace, and what
 * is bound below it is a slave, so that nothing done there reaches the machine's own mounts.
 * One lazy unmount takes away everything. That mount is known by the inode of its directory,
 * which is in the state record before the mount is made.
 */
#ifndef FS_INHERIT_H
#define FS_INHERIT_H

#include "fs/plan.h"

#define INHERIT_DIR "mounts"

/* The directory, by identity. */
struct inherit_id {
	uint64_t dev;
	uint64_t ino;
};

/* Makes the directory in the state directory. Nothing is mounted yet. */
int inherit_reserve(int state_dir, struct inherit_id *ret, struct err *e);

/*
 * Mounts it and, in it, the root filesystem: root.path, relative to the bundle. plan->tree_fd
 * is the container's root from then on; plan->legacy says that mount(2) has to do it all. To
 * be called in the mount namespace that INIT will have.
 */
int inherit_attach(struct fs_plan *plan, int state_dir, int bundle_fd, struct err *e);

/*
 * With plan->own_tree: makes a clone of the machine's mounts (its root as descriptor) forget
 * whom it would pass mounts on to. Nothing otherwise. 0, or -1 with errno.
 */
int inherit_part(const struct fs_plan *plan, int fd);

/*
 * Unmounts it with all that is below, in this mount namespace. 0, also when nothing is
 * mounted. What is mounted there and is not ours stays and is an error; with id NULL (the
 * record is damaged) that is any other filesystem than the state directory's.
 */
int inherit_remove(int state_dir, const struct inherit_id *id, struct err *e);

/* Removes the empty directory again; what is not empty stays. */
void inherit_release(int state_dir);

#endif
