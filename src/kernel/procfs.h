/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A procfs that can be trusted. A container's /proc may be covered or replaced, so nothing
 * is read or written through a path that was not checked to lie on one procfs from its root
 * to its end (CVE-2019-16884, CVE-2025-52881).
 */
#ifndef KERNEL_PROCFS_H
#define KERNEL_PROCFS_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * The machine's /proc as a directory descriptor (O_PATH), checked: PROC_SUPER_MAGIC and the
 * root inode. Where that fails, a private instance by fsopen(2), whose closing is slow (RCU).
 */
int procfs_open(struct err *e);

/* True when a procfs lies on /proc; else adds the cure to *e. By path: for diagnosis only. */
bool procfs_is_mounted(struct err *e);

/* Always a private instance (for the pid namespace of the caller). */
int procfs_open_private(struct err *e);

/* True when fd is the root directory of a procfs (O_PATH is enough). */
bool procfs_is_root(int fd);

/* True when fd is on a procfs. */
bool procfs_is_on(int fd);

/*
 * Opens path ("self/attr/exec", "sys/net/ipv4/ip_forward") below proc, which is the root of
 * a procfs. A mount on the way is EXDEV, a magic link ELOOP. -1 with errno.
 */
int procfs_open_file(int proc, const char *path, int oflags);

/* Reads into buf, NUL-terminated, last newline cut. Length, or -1 with errno. */
ssize_t procfs_read(int proc, const char *path, char *buf, size_t size);

/*
 * The number of process `pid` in its own, innermost pid namespace: the last one of NSpid in
 * proc_pid_status(5), Linux 4.1. proc_fd: a procfs in which `pid` counts. 0 when it cannot
 * be told.
 */
pid_t procfs_inner_pid(int proc_fd, pid_t pid);

#endif
