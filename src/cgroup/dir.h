/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories of a cgroup filesystem, always below the descriptor of its mount point, which
 * is checked to be one: no symlink, "..", or other file system is ever entered.
 */
#ifndef CGROUP_DIR_H
#define CGROUP_DIR_H

#include "cgroup/cgroup.h"

/* Opens dir->base. 0, or -1 with *e (also when it is no cgroup filesystem). statfs(2). */
int dir_open_base(struct cgroup_dir *dir, struct err *e);

/* The number of components of a normalised path. */
unsigned path_depth(const char *path);

/* The length of the path's first `depth` components, in bytes. */
size_t path_prefix(const char *path, unsigned depth);

/*
 * Opens (O_PATH) the first `depth` components of dir->path; 0: the mount point itself. The
 * descriptor, or -1 with errno (no struct err). openat2(2); without it (before 5.6) openat(2):
 * cgroupfs holds no symlinks.
 */
int dir_open(const struct cgroup_dir *dir, unsigned depth);

/*
 * Reads the small file `name` of the cgroup at `path` below the mount point `base`, as little
 * work as possible. The length, or -1 with errno. openat2(2): -1 without it.
 */
ssize_t dir_read(int base, const char *path, const char *name, char *buf, size_t size);

/* Opens dir->fd and learns dir->id. 0, or -1 with errno. */
int dir_open_leaf(struct cgroup_dir *dir);

/* Closes dir->base and dir->fd. */
void dir_close(struct cgroup_dir *dir);

/* For messages: "/sys/fs/cgroup/pids/a/b", valid until the next call in this frame's buf. */
const char *dir_name(const struct cgroup_dir *dir, unsigned depth, char *buf,
		     size_t size);

/* Makes the controllers of `mask` usable in dir (v2): enabled in every parent. */
int dir_enable(const struct cgroup_dir *dir, uint32_t mask, struct err *e);

/* Gives cpuset.cpus and cpuset.mems of dir and its parents their parents' values (v1). */
int dir_cpuset_init(const struct cgroup_dir *dir, struct err *e);

/*
 * The value of "key N" lines as in cgroup.events: 0 or 1 of populated, frozen. -1 with errno
 * when the file cannot be read or has no such key.
 */
int dir_event(int fd, const char *key);

/* Waits until the event's value is `wanted`; false after timeout_ms. poll(2), POLLPRI. */
bool dir_event_wait(int fd, const char *key, int wanted, int timeout_ms);

#endif
