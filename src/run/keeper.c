/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keeper; see keeper.h. */
#include "run/keeper.h"

#include "base/fd.h"
#include "kernel/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AT = 3 };

static void let_go(int end)
{
	sigset_t all;
	int null;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "wolffia-keeper");
	if (end != AT)
		(void)dup3(end, AT, O_CLOEXEC);
	syscall(SYS_close_range, 0U, 2U, 0U);
	syscall(SYS_close_range, AT + 1U, ~0U, 0U);
	null = open("/dev/null", O_RDWR); /* 0; the keeper executes nothing */
	for (int fd = 1; fd < 3 && null >= 0; fd++)
		(void)fcntl(null, F_DUPFD, fd);
}

static _Noreturn void keep(const struct run_context *ctx, const char *id, int end)
{
	struct err e = { 0 };
	ssize_t n;
	char byte;

	let_go(end);
	do
		n = read(AT, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0) {
		/* the runtime may still hold its lock while it dies: delete waits for it */
		(void)run_delete(ctx, id, true, &e);
	}
	_exit(0);
}

int keeper_start(const struct run_context *ctx, const char *id, struct keeper *ret,
		 struct err *e)
{
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned born;
	auto_close int end = -1;
	int p[2];

	*ret = (struct keeper){ -1, -1 };
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	end = p[0];
	ret->pid = spawn_process(&args, &born, e);
	if (ret->pid == 0)
		keep(ctx, id, end);
	if (ret->pid < 0) {
		fd_close(p[1]);
		return -1;
	}
	fd_close(born.pidfd);
	ret->pipe = p[1];
	return 0;
}

void keeper_dismiss(struct keeper *k)
{
	if (k->pipe < 0)
		return;
	(void)fd_write_all(k->pipe, "", 1);
	fd_close(k->pipe);
	k->pipe = -1;
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
