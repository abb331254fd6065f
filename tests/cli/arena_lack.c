/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that mounts and sysctls cannot make: a seccomp filter in front of everything that the
 * arena runs. A filter cannot read the name of a filesystem, so fsopen and mount are passed to
 * a child that reads it in the caller's memory and lets the call go on when it is another.
 */
#include "arena_lack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_CALLS = 16, MAX_TYPES = 4, MAX_CODE = 128 };

static const struct {
	const char *name;
	int nr;
} names[] = {
	{ "bpf", SYS_bpf },
	{ "clone3", SYS_clone3 },
	{ "fsopen", SYS_fsopen },
	{ "keyctl", SYS_keyctl },
	{ "landlock_create_ruleset", SYS_landlock_create_ruleset },
	{ "memfd_create", SYS_memfd_create },
	{ "mount_setattr", SYS_mount_setattr },
	{ "move_mount", SYS_move_mount },
	{ "open_tree", SYS_open_tree },
	{ "openat2", SYS_openat2 },
	{ "pidfd_open", SYS_pidfd_open },
	{ "pivot_root", SYS_pivot_root },
	{ "seccomp", SYS_seccomp },
	{ "sethostname", SYS_sethostname },
	{ "setns", SYS_setns },
	{ "unshare", SYS_unshare },
};

static struct {
	int nr, code;
} calls[MAX_CALLS];
static const char *types[MAX_TYPES];
static int n_calls, n_types, no_userns;

static struct sock_filter code[MAX_CODE];
static unsigned n_code;

int arena_lack_call(const char *spec)
{
	const char *colon = strchr(spec, ':');
	size_t len = colon ? (size_t)(colon - spec) : 0;
	int error = colon ? atoi(colon + 1) : 0;

	if (!error || n_calls == MAX_CALLS)
		return -1;
	if (len == 6 && !strncmp(spec, "userns", len)) {
		no_userns = error;
		return 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strlen(names[i].name) != len || strncmp(names[i].name, spec, len))
			continue;
		calls[n_calls].nr = names[i].nr;
		calls[n_calls++].code = error;
		return 0;
	}
	return -1;
}

int arena_lack_fs(const char *type)
{
	if (n_types == MAX_TYPES)
		return -1;
	types[n_types++] = type;
	return 0;
}

static void op(unsigned short what, uint8_t yes, uint8_t no, uint32_t k)
{
	code[n_code++] = (struct sock_filter){ what, yes, no, k };
}

static void refuse(int nr, uint32_t verdict)
{
	op(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)nr);
	op(BPF_RET | BPF_K, 0, 0, verdict);
}

/* Flags in the first argument; clone3 has them in memory, so it is not there at all. */
static void refuse_userns(int nr)
{
	op(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)nr);
	op(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args[0]));
	op(BPF_JMP | BPF_JSET | BPF_K, 0, 1, CLONE_NEWUSER);
	op(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | (uint32_t)no_userns);
	op(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

static void compile(void)
{
	op(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	for (int i = 0; i < n_calls; i++)
		refuse(calls[i].nr, SECCOMP_RET_ERRNO | (uint32_t)calls[i].code);
	if (no_userns) {
		refuse(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
		refuse_userns(SYS_clone);
		refuse_userns(SYS_unshare);
	}
	if (n_types) {
		refuse(SYS_fsopen, SECCOMP_RET_USER_NOTIF);
		refuse(SYS_mount, SECCOMP_RET_USER_NOTIF);
	}
	op(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

/* ---- types of filesystems -------------------------------------------------------------- */

static int is_lacking(const struct seccomp_notif *rq)
{
	uint64_t at = rq->data.args[rq->data.nr == SYS_fsopen ? 0 : 2];
	char path[40], type[32] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/mem", rq->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : pread(fd, type, sizeof(type) - 1, (off_t)at);
	close(fd);
	for (int i = 0; n > 0 && i < n_types; i++)
		if (!strcmp(type, types[i]))
			return 1;
	return 0;
}

static _Noreturn void answer_all(int listener)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct seccomp_notif rq = { 0 };
		struct seccomp_notif_resp rs = { 0 };

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &rq) < 0) {
			if (errno == EINTR || errno == ENOENT)
				continue;
			_exit(0);
		}
		rs.id = rq.id;
		if (is_lacking(&rq))
			rs.error = -ENODEV;
		else
			rs.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &rs);
	}
}

/* The child that answers is born before the filter, or its own calls would go through it. */
static int begin_with_answers(const struct sock_fprog *program)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int pair[2], listener;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	if (fork() == 0) {
		close(pair[0]);
		if (recvmsg(pair[1], &msg, MSG_CMSG_CLOEXEC) < 1)
			_exit(0);
		memcpy(&listener, CMSG_DATA(&control.header), sizeof(listener));
		answer_all(listener);
	}
	listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				SECCOMP_FILTER_FLAG_NEW_LISTENER, program);
	if (listener < 0)
		return -1;
	control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					   .cmsg_level = SOL_SOCKET,
					   .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.header), &listener, sizeof(listener));
	if (sendmsg(pair[0], &msg, 0) < 0)
		return -1;
	close(pair[0]);
	close(pair[1]);
	return close(listener);
}

int arena_lack_begin(void)
{
	struct sock_fprog program = { 0, code };

	if (!n_calls && !n_types && !no_userns)
		return 0;
	compile();
	program.len = (unsigned short)n_code;
	if (n_types)
		return begin_with_answers(&program);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}
