/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One clone3(2) that copies like fork(2). The kernel says only an errno for a dozen of
 * reasons, so after a failure (and only then) a table of hints looks at the switches and
 * limits of the running system. Nothing here decides what to create.
 */
#include "kernel/spawn.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "kernel/nsfd.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif

/* struct clone_args of linux/sched.h, which cannot be included beside sched.h everywhere. */
struct clone3_args {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;
	uint64_t set_tid_size;
	uint64_t cgroup;
};

/* ---- hints ------------------------------------------------------------------------- */

/* The number in a file of /proc/sys, or -1. By path: for diagnosis only. */
static long sysctl_number(const char *path)
{
	char text[32];
	uint64_t v;

	if (file_read_value(AT_FDCWD, path, text, sizeof(text)) < 0)
		return -1;
	return str_to_u64(text, INT32_MAX, &v) ? (long)v : -1;
}

static bool userns_switched_off(void)
{
	return sysctl_number("/proc/sys/kernel/unprivileged_userns_clone") == 0 &&
	       geteuid() != 0;
}

static bool apparmor_restricts(void)
{
	return sysctl_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") >
		       0 &&
	       geteuid() != 0;
}

static bool in_chroot(void)
{
	struct statx sx;

	if (statx(AT_FDCWD, "/", 0, STATX_TYPE, &sx) < 0)
		return false;
	return (sx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
	       !(sx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static bool seccomp_filtered(void)
{
	return prctl(PR_GET_SECCOMP) == 2; /* a filter */
}

static bool not_root(void)
{
	return geteuid() != 0;
}

static bool always(void)
{
	return true;
}

static const uint64_t ANY = ~(uint64_t)0;
static const uint64_t NOT_USER = SPAWN_NS_FLAGS & ~(uint64_t)CLONE_NEWUSER;

static const char apparmor_cure[] =
	"AppArmor restricts user namespaces here: give this program a profile "
	"(`wolffia doctor --fix-hint` prints one), or as root `sysctl "
	"kernel.apparmor_restrict_unprivileged_userns=0`";

/* The first row that fits speaks. flags: one of them was asked for (ANY: or none). */
static const struct hint {
	int code;
	const uint64_t *flags; /* NULL: CLONE_NEWUSER */
	bool (*holds)(void);
	const char *text;
} hints[] = {
	{ EPERM, NULL, userns_switched_off,
	  "user namespaces are switched off for plain users: as root, "
	  "`sysctl kernel.unprivileged_userns_clone=1`" },
	{ EPERM, NULL, apparmor_restricts, apparmor_cure },
	{ EACCES, NULL, apparmor_restricts, apparmor_cure },
	{ EPERM, NULL, in_chroot,
	  "a process in a chroot cannot make a user namespace: use pivot_root for the "
	  "outer "
	  "environment" },
	{ EPERM, NULL, seccomp_filtered,
	  "a seccomp filter of the calling process may forbid it: allow clone3 and "
	  "unshare "
	  "there (Docker: --security-opt seccomp=unconfined)" },
	{ EACCES, NULL, always, "a security module forbids user namespaces here" },
	{ EUSERS, NULL, always, "user namespaces are nested too deeply (32 levels)" },
	{ EPERM, &NOT_USER, not_root,
	  "it needs CAP_SYS_ADMIN: run as root, or add a namespace of type user" },
	{ EPERM, &NOT_USER, seccomp_filtered,
	  "a seccomp filter of the calling process may forbid it, or it has no "
	  "CAP_SYS_ADMIN" },
	{ EPERM, &NOT_USER, always,
	  "it needs CAP_SYS_ADMIN, which the calling process has not" },
	{ EAGAIN, &ANY, always,
	  "the limit of processes is reached: RLIMIT_NPROC, pids.max of the cgroup, or "
	  "kernel.pid_max" },
	{ ENOMEM, &ANY, always,
	  "no memory is left, or the init process of the joined pid namespace has "
	  "ended" },
};

/* EINVAL: a kind that the kernel was built without has no file in /proc/self/ns. */
static int hint_missing_kind(struct err *e, uint64_t flags)
{
	char path[40];

	for (int k = 0; k < NSFD_KINDS; k++) {
		if (!(flags & nsfd_flag(k)))
			continue;
		snprintf(path, sizeof(path), "/proc/self/ns/%s", nsfd_file(k));
		if (access(path, F_OK) < 0 && errno == ENOENT)
			return err_hint(e, "this kernel has no %s namespaces",
					nsfd_file(k));
	}
	return -1;
}

/* True in all but the machine's first user or pid namespace: only there a depth can be used up. */
static bool nested(enum nsfd_kind k, ino_t first)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", nsfd_file(k));
	return stat(path, &st) < 0 || st.st_ino != first;
}

/*
 * ENOSPC: a limit of zero is certainly the one. Else those are named that somebody has set; a new
 * user namespace has INT_MAX, none. The kernel shows neither what is used nor how deep we are, but
 * of the first namespaces it is known.
 */
static int hint_limits(struct err *e, uint64_t flags)
{
	static const char deep_or_outer[] =
		"namespaces are nested deeper than 32 here, or a limit "
		"user.max_*_namespaces of an outer user namespace is used up";
	bool inner = nested(NSFD_USER, 0xEFFFFFFDU);
	bool deep = (flags & CLONE_NEWUSER && inner) ||
		    (flags & CLONE_NEWPID && nested(NSFD_PID, 0xEFFFFFFCU));
	char path[64], all[200];
	const char *only = NULL;
	size_t at = 0;

	all[0] = '\0';
	for (int k = 0; k < NSFD_KINDS; k++) {
		long max;

		if (!(flags & nsfd_flag(k)))
			continue;
		only = flags & ~(uint64_t)nsfd_flag(k) ? "*" : nsfd_file(k);
		snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces",
			 nsfd_file(k));
		max = sysctl_number(path);
		e->no_other_ns = max == 0 && k != NSFD_USER;
		if (max == 0)
			return err_hint(e,
					"user.max_%s_namespaces is 0: raise it as root",
					nsfd_file(k));
		if (max > 0 && max < INT32_MAX && at < sizeof(all))
			at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s %ld",
					       at ? ", " : "", nsfd_file(k), max);
	}
	if (!at && deep)
		return err_hint(e, "%s", deep_or_outer);
	return err_hint(e, "a limit user.max_%s_namespaces is used up%s%s%s%s%s%s",
			only ? only : "*", inner && at ? " here or" : "",
			inner ? " in an outer user namespace" : "", at ? " (" : "", all,
			at ? ")" : "",
			deep	? ", or they are nested deeper than 32"
			: inner ? ""
				: ": raise it as root");
}

int spawn_hint(struct err *e, int code, uint64_t flags)
{
	if (code == ENOSPC)
		return hint_limits(e, flags);
	if (code == EINVAL)
		return hint_missing_kind(e, flags);
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		const struct hint *h = &hints[i];
		uint64_t wanted = h->flags ? *h->flags : CLONE_NEWUSER;

		if (h->code == code && (wanted == ANY || flags & wanted) && h->holds())
			return err_hint(e, "%s", h->text);
	}
	return -1;
}

/* What goes wrong with the cgroup has errnos of its own. */
static const struct {
	int code;
	const char *text;
} cgroup_hints[] = {
	{ EBUSY,
	  "the cgroup has controllers enabled for children (cgroup.subtree_control) "
	  "and may hold no process itself" },
	{ EOPNOTSUPP, "the cgroup is threaded or its domain is invalid (cgroup.type)" },
	{ ENODEV, "the cgroup was removed meanwhile" },
	{ ENOENT, "the cgroup lies outside the caller's cgroup namespace" },
	{ EACCES, "the caller may not write cgroup.procs of the cgroup and of the common "
		  "ancestor: it needs a delegated cgroup" },
	{ EBADF, "the descriptor is no directory of a cgroup v2" },
};

/* ---- birth ------------------------------------------------------------------------- */

/* "user, pid and mnt" is more than is needed: "user,pid,mnt". */
static void name_flags(uint64_t flags, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (int k = 0; k < NSFD_KINDS; k++)
		if (flags & nsfd_flag(k) && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? "," : "",
					       nsfd_file(k));
}

static int fail(const struct spawn_args *a, int code, struct err *e)
{
	char names[64];

	name_flags(a->flags, names, sizeof(names));
	errno = code;
	if (names[0])
		err_sys_plain(e, "new process with namespaces %s", names);
	else
		err_sys_plain(e, "new process");
	e->no_userns = a->flags & CLONE_NEWUSER;
	if (a->cgroup_fd >= 0)
		for (size_t i = 0; i < ARRAY_SIZE(cgroup_hints); i++)
			if (cgroup_hints[i].code == code && !(code == EACCES && names[0]))
				return err_hint(e, "%s", cgroup_hints[i].text);
	return spawn_hint(e, code, a->flags);
}

static pid_t clone_new(const struct spawn_args *a, struct spawned *out)
{
	pid_t want = a->set_tid;
	struct clone3_args args = {
		.flags = a->flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&out->pidfd,
		/* with CLONE_PARENT it is inherited and must be given as 0 */
		.exit_signal = a->flags & CLONE_PARENT ? 0 : SIGCHLD,
	};

	if (a->clear_handlers)
		args.flags |= CLONE_CLEAR_SIGHAND;
	if (a->cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)a->cgroup_fd;
		out->in_cgroup = true;
	}
	if (want > 0) {
		args.set_tid = (uint64_t)(uintptr_t)&want;
		args.set_tid_size = 1;
	}
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* What CLONE_CLEAR_SIGHAND does, in the child. */
static void clear_handlers(void)
{
	struct sigaction sa;

	for (int sig = 1; sig < NSIG; sig++)
		if (sigaction(sig, NULL, &sa) == 0 && sa.sa_handler != SIG_IGN &&
		    sa.sa_handler != SIG_DFL)
			signal(sig, SIG_DFL);
}

static pid_t clone_old(const struct spawn_args *a, struct spawned *out)
{
	unsigned long flags = (unsigned long)a->flags | CLONE_PIDFD | SIGCHLD;
	pid_t pid;

	if (a->flags & CLONE_NEWTIME || a->set_tid > 0) {
		errno = ENOSYS; /* clone3 only */
		return -1;
	}
	out->in_cgroup = false;
#if defined(__s390__) || defined(__s390x__) || defined(__CRIS__)
	pid = (pid_t)syscall(SYS_clone, NULL, flags, &out->pidfd, NULL, 0);
#else
	pid = (pid_t)syscall(SYS_clone, flags, NULL, &out->pidfd, NULL, 0);
#endif
	if (pid == 0 && a->clear_handlers)
		clear_handlers();
	return pid;
}

/* True when the failure says "this clone3 is not to be had" rather than "not this". */
static bool wants_old_clone(int code)
{
	return code == ENOSYS || code == E2BIG || (code == EPERM && seccomp_filtered());
}

pid_t spawn_process(const struct spawn_args *args, struct spawned *ret, struct err *e)
{
	struct spawned out = { .pidfd = -1 };
	pid_t pid;

	if (args->flags & ~(SPAWN_NS_FLAGS | CLONE_PARENT) ||
	    (args->flags & CLONE_NEWCGROUP && args->cgroup_fd >= 0))
		return fail(args, EINVAL, e);
	pid = clone_new(args, &out);
	if (pid < 0 && wants_old_clone(errno))
		pid = clone_old(args, &out);
	if (pid < 0)
		return fail(args, errno, e);
	if (pid == 0) {
		ret->in_cgroup = out.in_cgroup;
		return 0;
	}
	out.pid = pid;
	*ret = out;
	return pid;
}

int spawn_unshare(uint64_t flags, struct err *e)
{
	char names[64];
	int code;

	if (unshare((int)flags) == 0)
		return 0;
	code = errno;
	name_flags(flags, names, sizeof(names));
	err_sys_plain(e, "new namespaces %s", names);
	return spawn_hint(e, code, flags);
}

void spawn_detach(const char *name, const int *kept, size_t n)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	/* a plain user's may be what opens a device */
	if (geteuid() == 0)
		(void)setgroups(0, NULL);
	setsid();
	prctl(PR_SET_NAME, name);
	fd_keep_only(kept, n);
	(void)!chdir("/");
}

void spawn_carry_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data) < 0)
		return;
	data[0].inheritable = data[0].permitted;
	data[1].inheritable = data[1].permitted;
	if (syscall(SYS_capset, &head, data) < 0)
		return;
	for (unsigned long cap = 0; cap < 64; cap++)
		if (data[cap / 32].permitted & 1u << cap % 32)
			(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
}
