/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts by descriptor: fsopen(2) and its family (Linux 5.2; mount_setattr 5.12), with
 * mount(2) through /proc/self/fd where they are missing or filtered (`legacy`). The
 * kernel's own words are read from the context and put into the error:
 *
 *	mount overlay: kernel says: overlay: failed to resolve '/nix': No such file or directory
 *
 * Closing a detached mount that was never attached waits for an RCU grace period; so
 * nothing here makes one that is not attached, and callers look before they make.
 */
#ifndef KERNEL_MOUNTFD_H
#define KERNEL_MOUNTFD_H

#include "base/err.h"

#include <linux/mount.h>
#include <stdbool.h>
#include <stdint.h>

/* not in every libc's or kernel's headers */
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
enum { MOUNTFD_DETACH = 2 /* MNT_DETACH */, MOUNTFD_EMPTY_PATH = 0x1000 };

/* One parameter of a filesystem: fsconfig(2) key and value; value NULL: a flag. */
struct mountfd_param {
	const char *key;
	const char *value;
	bool optional; /* EINVAL is ignored: gid= of devpts where the id is not mapped */
};

/* A filesystem instance to be made. */
struct mountfd_fs {
	const char *type;
	const char *source; /* NULL: none */
	const struct mountfd_param *params;
	size_t n_params;
	uint64_t attrs; /* MOUNT_ATTR_* of the mount */
};

/* Where to attach: directory or file `fd` itself when name is NULL, else fd/name, whose
 * last component is not followed if it is a symbolic link. */
struct mountfd_target {
	int fd;
	const char *name;
};

/* What mount_setattr(2) changes, in two calls at most: the mount, then all below it too. */
struct mountfd_attr {
	uint64_t set, clear;
	uint64_t rec_set, rec_clear; /* AT_RECURSIVE; the recursive ones come first */
	unsigned long
		propagation; /* MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE or 0 */
	bool propagation_rec;
	int userns_fd; /* idmap: of this user namespace; -1: none */
	bool idmap_rec;
};

#define MOUNTFD_ATTR_NONE ((struct mountfd_attr){ .userns_fd = -1 })

/* True when there is nothing to change. */
bool mountfd_attr_is_empty(const struct mountfd_attr *a);

/*
 * Makes the instance and a detached mount of it: its root as an O_PATH descriptor, to be
 * attached by mountfd_attach(). -1 with *e set (e->code: errno of the call). *ret_context,
 * written in any case, is -1 or a descriptor of no more use: the caller closes it, together
 * with others.
 */
int mountfd_new(const struct mountfd_fs *fs, int *ret_context, struct err *e);

/* True when fsconfig(2) cannot take a parameter (256 bytes and more): use mount(2). */
bool mountfd_is_too_long(const struct mountfd_fs *fs);

/* The same by mount(2), at once on the target (whose name must be NULL). 0 or -1. */
int mountfd_new_legacy(const struct mountfd_fs *fs, int target, struct err *e);

/*
 * A detached copy of the mount (with `recursive` of all below it) at path, relative to dir;
 * an empty path is dir itself. flags: AT_SYMLINK_NOFOLLOW. Descriptor, or -1 with errno.
 */
int mountfd_clone(int dir, const char *path, bool recursive, int flags);

/* Attaches a detached mount to the target. 0, or -1 with errno (ELOOP, ENOTDIR, ...). */
int mountfd_attach(int fd, struct mountfd_target target);

/*
 * bind mount by mount(2): what the descriptor `source` is, onto the descriptor `target`.
 * 0, or -1 with errno.
 */
int mountfd_bind_legacy(int source, int target, bool recursive);

/* Changes attributes of the mount whose root fd is (attached or not). 0 or -1/errno. */
int mountfd_setattr(int fd, const struct mountfd_attr *a);

/* The same for the mount at an absolute path, by one system call; recursive or not. */
int mountfd_set_propagation(const char *path, unsigned long propagation, bool recursive);

/*
 * mountfd_setattr() by mount(2) MS_REMOUNT|MS_BIND, keeping what is not mentioned (and what is
 * locked); recursive attributes and idmaps give ENOSYS.
 */
int mountfd_setattr_legacy(int fd, const struct mountfd_attr *a);

/* Sets filesystem parameters of the mounted instance whose root fd is (remount). */
int mountfd_reconfigure(int fd, const struct mountfd_fs *fs, struct err *e);

/* umount2(2) of the mount at path with MNT_DETACH. 0 or -1/errno. */
int mountfd_umount(const char *path);

/* The same for the mount whose root fd is; what is on top of it stays out of the way. */
int mountfd_detach(int fd);

/* True when errno says that the call itself is missing or filtered. */
bool mountfd_is_missing(int error);

#endif
