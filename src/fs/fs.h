/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filesystem part of a container's birth; src/run calls it in this order:
 *
 *	HOST  fs_plan_make()              plan.h, pure, before anything is touched
 *	HOST  inherit_attach()            only with plan->own_tree
 *	HOST  source_open_all(FS_HOST)    before the birth, when fs_plan_needs_host()
 *	INIT  fs_begin()
 *	INIT  rootfs_propagate()          first thing in the new mount namespace
 *	INIT  source_open_all(FS_INIT)    still with the caller's ids
 *	INIT  rootfs_prepare()            the same; opens and attaches the root
 *	      ... INIT becomes root of its user namespace ...
 *	INIT  overlay_root()              only with a throw-away root
 *	INIT  mount_all()                 also gives fs->proc_fd for sysctls and labels
 *	INIT  dev_all()
 *	      ... createContainer hooks, sysctls; the root is fs->root_fd ...
 *	INIT  dev_console()               only with a terminal
 *	INIT  mask_all()                  masked and read-only paths
 *	INIT  rootfs_finish()             read-only root
 *	INIT  pivot_enter()               the old root is gone, cwd is "/"
 *	HOST  source_close_all()          any time after the birth
 *
 * The bundle's descriptor must be of the mount namespace of the process that uses it, or the
 * kernel refuses to clone what is found below (EINVAL): HOST changes its directory to the
 * bundle before the birth, clone3(2) carries that over into the new namespace, and INIT
 * gives AT_FDCWD. In the copy of a joined mount namespace INIT opens the bundle's path anew.
 *
 * Between rootfs_propagate() and pivot_enter() the umask of INIT is 0, afterwards 022.
 * Everything before pivot_enter() works below fs->root_fd, never by absolute path.
 */
#ifndef FS_FS_H
#define FS_FS_H

#include "fs/plan.h"

#include <stdbool.h>

enum { FS_BAG_MAX = 96, FS_BAG_ROOM = 16 };

/* Descriptors to be closed together later: one close_range(2) for many close(2). */
struct fs_bag {
	int fds[FS_BAG_MAX];
	size_t n;
	size_t full; /* time to close them; less when few descriptors are allowed */
};

/* INIT's state. */
struct fs {
	struct fs_plan *plan;
	int bundle_fd; /* borrowed; AT_FDCWD in a new mount namespace */
	int root_fd; /* the container's root directory */
	int proc_fd; /* root of the procfs that mount_all() put on /proc, or -1 */
	int dev_fd; /* root of the tmpfs that mount_all() put on /dev, or -1 */
	int lower_fd; /* root.path below a throw-away root, until that is made, or -1 */
	int scratch_fd; /* tmpfs or directory of the throw-away layers, or -1 */
	int layer_fd; /* the directory of layers on disk, or -1 */
	int upper_fd, work_fd; /* of a kept layer, or -1 */
	unsigned n_layers; /* made in it */
	int null_fd; /* the container's /dev/null, checked to be it, or -1 */
	struct fs_bag bag;
	/*
	 * Asks HOST for a process that holds a layer (fs/fuse_holder.h): a socket to it, and the
	 * user namespace of INIT in *ret_user_fd (-1: HOST's); -1 with *e. NULL: it cannot be.
	 */
	int (*ask_helper)(void *arg, int *ret_user_fd, struct err *e);
	void *ask_arg;
};

/*
 * Starts with everything closed. bundle_fd stays the caller's. What is open at the end is
 * closed by the script (kernel/script.h), with all else that INIT has.
 */
void fs_begin(struct fs *fs, struct fs_plan *plan, int bundle_fd);

/*
 * Closes fd later (-1 is allowed): not before the next fs_bag_turn(), so it may still be
 * used. One row adds at most FS_BAG_ROOM of them.
 */
void fs_bag_add(struct fs *fs, int fd);

/* Between two rows, when no descriptor in the bag is in use: closes them if it is time. */
void fs_bag_turn(struct fs *fs);

/* Closes them now. */
void fs_bag_flush(struct fs *fs);

/*
 * The error of an attaching of `what` that failed just now (errno). EPERM in a mount namespace
 * of one's own has one usual cause, which it names.
 */
int fs_err_attach(const char *what, struct err *e);

#endif
