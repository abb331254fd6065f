/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Namespaces by descriptor: a path is opened once, what was opened is verified and then
 * entered. ioctl_ns(2), setns(2), namespaces(7).
 */
#ifndef KERNEL_NSFD_H
#define KERNEL_NSFD_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The eight kinds, in the order in which namespaces of one owner are entered. */
enum nsfd_kind {
	NSFD_USER,
	NSFD_CGROUP,
	NSFD_IPC,
	NSFD_UTS,
	NSFD_NET,
	NSFD_PID,
	NSFD_TIME,
	NSFD_MNT,
	NSFD_KINDS,
};

/* "user", "mnt", ...: the file in /proc/PID/ns. */
const char *nsfd_file(enum nsfd_kind kind);
/* CLONE_NEWUSER, ... */
uint64_t nsfd_flag(enum nsfd_kind kind);

/* Two namespaces are one if and only if dev and ino are equal while either is held open. */
struct nsfd_id {
	uint64_t dev;
	uint64_t ino; /* may be reused after the namespace has ended; 0: unknown */
	uint64_t
		id; /* never reused: NS_GET_ID, Linux 6.18; 0 where the kernel has none */
};

/*
 * Opens a namespace file and verifies that it is one of the given kind. Neither a FIFO nor
 * a device makes it block. The descriptor (close-on-exec), or -1 with *e set: "/x: is no
 * namespace", "/proc/1/ns/ipc: is a namespace of type ipc, expected network".
 */
int nsfd_open(const char *path, enum nsfd_kind kind, struct err *e);

/* The kind of an open namespace descriptor, or -1 (no struct err) when it is none. */
int nsfd_kind_of(int fd);

/* The user namespace that owns it: descriptor, or -1 with errno (EPERM: outside ours). */
int nsfd_owner(int fd);

/* Device, inode and, where the kernel has it, the unique id. -1 with errno. */
int nsfd_id_of(int fd, struct nsfd_id *ret);

/*
 * Ids of the namespaces of process `pid` whose pidfd the caller holds and afterwards checks,
 * or of the caller itself (pid 0), through a trusted procfs: kinds is a bit per enum
 * nsfd_kind; those not asked for, not known to the kernel, or hidden (a plain user may not
 * look at a process that is not dumpable) become zero.
 */
int nsfd_ids_of_process(pid_t pid, int proc_fd, unsigned kinds,
			struct nsfd_id ret[NSFD_KINDS], struct err *e);

/* setns(2) of one verified descriptor. A hint says which privilege is missing. */
int nsfd_enter(int fd, enum nsfd_kind kind, struct err *e);

/*
 * setns(2) with a pidfd: enters all namespaces of `flags` (CLONE_NEW*) of that process at
 * once. 1: done, 0: the process is gone (final, nothing was entered), -1 with *e set.
 * Linux 5.8.
 */
int nsfd_enter_process(int pidfd, uint64_t flags, struct err *e);

/*
 * A descriptor of one namespace of the process behind a pidfd, without any path:
 * PIDFD_GET_*_NAMESPACE, Linux 6.11. -1 with errno (ENOTTY, EINVAL: older kernel; ESRCH: gone).
 */
int nsfd_of_process(int pidfd, enum nsfd_kind kind);

#endif
