/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Birth of a process: one raw clone3(2) that copies like fork(2), with namespaces, a pidfd
 * and the cgroup in the same call; clone(2) where clone3 is missing or forbidden. Failures
 * are decoded: which namespace, which limit, what to do.
 */
#ifndef KERNEL_SPAWN_H
#define KERNEL_SPAWN_H

#include "base/err.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

/* Every namespace that can be made at birth. */
#define SPAWN_NS_FLAGS                                                          \
	((uint64_t)(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | \
		    CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWTIME))

struct spawn_args {
	/*
	 * CLONE_NEW* and CLONE_PARENT, nothing else. Not CLONE_NEWCGROUP together with
	 * cgroup_fd: the kernel would root that namespace at the caller's cgroup; the child
	 * unshares it after birth instead (refused here, EINVAL).
	 */
	uint64_t flags;
	/*
	 * Directory of a cgroup v2 to be born in (Linux 5.7, permission as for writing
	 * cgroup.procs), or -1.
	 */
	int cgroup_fd;
	/* Signals with a handler get their default action back; ignored ones stay ignored. */
	bool clear_handlers;
	/* Wanted pid in the caller's pid namespace and its ancestors, 0: any (tests, restore). */
	pid_t set_tid;
};

struct spawned {
	pid_t pid; /* in the caller's pid namespace */
	int pidfd; /* close-on-exec; the caller owns it */
	bool in_cgroup; /* false: there was no cgroup_fd, or it must be joined by cgroup.procs */
};

/*
 * Returns twice: 0 in the child (of *ret only in_cgroup is set; a copy of the caller in every
 * respect, its one thread; glibc's atfork handlers do not run), the pid in the caller with
 * *ret set, or -1 with *e set. The exit signal is SIGCHLD; with CLONE_PARENT the child becomes
 * a sibling of the caller, which must itself have been born with SIGCHLD. Nobody reaps the pid
 * before the parent waits, so it stays valid until then.
 *
 * Falls back to clone(2) when clone3 is ENOSYS, or EPERM by a seccomp filter; then
 * ret->in_cgroup is false and CLONE_NEWTIME is an error. clone(2), pid_namespaces(7),
 * user_namespaces(7); Linux 5.3.
 */
pid_t spawn_process(const struct spawn_args *args, struct spawned *ret, struct err *e);

/*
 * Adds to *e what can be done about a namespace call (clone, unshare, setns) that failed
 * with `code`: reads the limits and switches of the running system by path (/proc), for
 * diagnosis only. Returns -1.
 */
int spawn_hint(struct err *e, int code, uint64_t flags);

/*
 * unshare(2) of the calling process with the same decoding of errors. CLONE_NEWPID and
 * CLONE_NEWTIME take effect for children only.
 */
int spawn_unshare(uint64_t flags, struct err *e);

/*
 * For a child that stays when its parent goes, and holds something: a session of its own, no
 * signal but SIGKILL and SIGSTOP, no extra groups, `name` in ps(1), no descriptors but n of
 * `kept`, which are above 2, and no directory kept busy.
 */
void spawn_detach(const char *name, const int *kept, size_t n);

/*
 * Makes all permitted capabilities survive the next execve(2) of a process that is not root
 * in its user namespace: inheritable, then ambient. Best effort; no struct err, for what is
 * missing afterwards tells more.
 */
void spawn_carry_caps(void);

#endif
