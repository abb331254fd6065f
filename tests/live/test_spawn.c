/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/spawn on a real kernel: flags, pidfd, siblings, signal handlers, error texts. */
#include "base/fd.h"
#include "base/str.h"
#include "kernel/nsfd.h"
#include "kernel/pidfd.h"
#include "kernel/spawn.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct spawn_args plain = { .cgroup_fd = -1 };

/* Reaps the child and gives its exit status, or 1000 + signal. */
static int reap(struct spawned *c)
{
	struct err e = { 0 };
	int status;

	ck_assert_msg(pidfd_wait(c->pidfd, true, &status, &e) == 1, "%s", e.text);
	close(c->pidfd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static ino_t own_ns(int kind)
{
	char path[40];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", nsfd_file(kind));
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

START_TEST(like_fork)
{
	struct spawned c = { .pidfd = 7, .in_cgroup = true };
	struct err e = { 0 };
	int mark = 1;
	pid_t pid = spawn_process(&plain, &c, &e);

	if (pid == 0) {
		mark = 2;
		_exit(!c.in_cgroup ? mark + 40 : 1);
	}
	ck_assert_msg(pid > 0, "%s", e.text);
	ck_assert_int_eq(pid, c.pid);
	ck_assert(!c.in_cgroup);
	ck_assert(fcntl(c.pidfd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(reap(&c), 42);
	ck_assert_int_eq(mark, 1); /* memory is not shared */
}
END_TEST

/* Every kind alone, as root: the child sits in a new one of it, and of nothing else. */
START_TEST(new_namespace)
{
	struct spawn_args args = { .flags = nsfd_flag(_i), .cgroup_fd = -1 };
	struct spawned c;
	struct err e = { 0 };
	ino_t before[NSFD_KINDS];
	pid_t pid;

	if (geteuid() != 0 || own_ns(_i) == 0)
		return;
	for (int k = 0; k < NSFD_KINDS; k++)
		before[k] = own_ns(k);
	pid = spawn_process(&args, &c, &e);
	if (pid == 0) {
		if (_i == NSFD_PID)
			_exit(getpid() == 1 ? 0 : 99); /* /proc does not show it */
		for (int k = 0; k < NSFD_KINDS; k++)
			if ((own_ns(k) != before[k]) != (k == _i))
				_exit(1 + k);
		_exit(0);
	}
	ck_assert_msg(pid > 0, "%s", e.text);
	ck_assert_int_eq(reap(&c), 0);
}
END_TEST

static void on_signal(int sig)
{
	(void)sig;
}

START_TEST(handlers)
{
	struct spawn_args args = { .cgroup_fd = -1, .clear_handlers = true };
	struct spawned c;
	struct err e = { 0 };
	struct sigaction sa;
	pid_t pid;

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
	pid = spawn_process(&args, &c, &e);
	if (pid == 0) {
		sigaction(SIGUSR1, NULL, &sa);
		if (sa.sa_handler != SIG_DFL)
			_exit(1);
		sigaction(SIGUSR2, NULL, &sa);
		_exit(sa.sa_handler == SIG_IGN ? 0 : 2);
	}
	ck_assert_msg(pid > 0, "%s", e.text);
	ck_assert_int_eq(reap(&c), 0);
}
END_TEST

/* USHER's way: the grandchild is our child, its pidfd comes over a socket. */
START_TEST(sibling)
{
	struct spawn_args args = { .flags = CLONE_PARENT, .cgroup_fd = -1 };
	struct spawned usher, init = { 0 };
	struct err e = { 0 };
	pid_t me = getpid();
	int pair[2], proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t n_fds = 0;
	char byte = 'x';

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	if (spawn_process(&plain, &usher, &e) == 0) {
		pid_t pid = spawn_process(&args, &init, &e);

		if (pid == 0)
			_exit(getppid() == me ? 7 : 8);
		_exit(pid > 0 && fd_send(pair[1], &byte, 1, &init.pidfd, 1) == 0 ? 0 : 1);
	}
	ck_assert_int_eq(fd_receive(pair[0], &byte, 1, &init.pidfd, 1, &n_fds), 1);
	ck_assert_uint_eq(n_fds, 1);
	init.pid = pidfd_pid(init.pidfd, proc, &e);
	ck_assert_msg(init.pid > 0, "%s", e.text);
	ck_assert_int_eq(reap(&usher), 0);
	ck_assert_int_eq(reap(&init), 7);
	close(proc);
}
END_TEST

static const struct {
	const char *what;
	struct spawn_args args;
	const char *error;
	const char *hint; /* a part of it, or NULL */
} refusals[] = {
	{ "a flag that is no namespace",
	  { .flags = CLONE_VM, .cgroup_fd = -1 },
	  "new process: Invalid argument",
	  NULL },
	{ "cgroup namespace and cgroup at once",
	  { .flags = CLONE_NEWCGROUP, .cgroup_fd = 0 },
	  "new process with namespaces cgroup: Invalid argument",
	  NULL },
	{ "no directory of a cgroup",
	  { .cgroup_fd = 0 },
	  "new process: Bad file descriptor",
	  "no directory of a cgroup v2" },
	{ "no privilege",
	  { .flags = CLONE_NEWNET | CLONE_NEWPID, .cgroup_fd = -1 },
	  "new process with namespaces net,pid: not allowed",
	  "it needs CAP_SYS_ADMIN" },
};

START_TEST(refused)
{
	struct spawned c = { .pidfd = -7 };
	struct err e = { 0 };

	if (_i == 3 && geteuid() == 0)
		ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert_int_eq(spawn_process(&refusals[_i].args, &c, &e), -1);
	ck_assert_str_eq(e.text, refusals[_i].error);
	if (refusals[_i].hint)
		ck_assert_msg(strstr(e.hint, refusals[_i].hint), "hint: %s", e.hint);
	ck_assert_int_eq(c.pidfd, -7);
}
END_TEST

/* max_net_namespaces is 0 in a user namespace of our own: ENOSPC, and the limit is named. */
START_TEST(limit_is_named)
{
	struct spawn_args args = { .flags = CLONE_NEWNET, .cgroup_fd = -1 };
	struct spawned c;
	struct err e = { 0 };
	int fd;

	if (geteuid() != 0 || unshare(CLONE_NEWUSER) < 0)
		return;
	fd = open("/proc/sys/user/max_net_namespaces", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		return; /* not permitted where this runs */
	ck_assert_int_eq(spawn_process(&args, &c, &e), -1);
	ck_assert_int_eq(e.code, ENOSPC);
	ck_assert_str_eq(e.hint, "user.max_net_namespaces is 0: raise it as root");
	err_clear(&e);
	ck_assert_int_eq(spawn_unshare(CLONE_NEWNET, &e), -1);
	ck_assert_int_eq(e.code, ENOSPC);
}
END_TEST

/* In a process of its own, which cannot come out of the chroot again. */
static int in_chroot(void)
{
	struct spawn_args args = { .flags = CLONE_NEWUSER, .cgroup_fd = -1 };
	struct spawned c;
	struct err e = { 0 };

	if (chroot("/usr") < 0)
		return 0; /* not permitted where this runs */
	if (spawn_process(&args, &c, &e) != -1)
		return 1;
	if (!str_eq(e.text, "new process with namespaces user: not allowed"))
		return 2;
	return strstr(e.hint, "chroot") ? 0 : 3;
}

START_TEST(chroot_is_named)
{
	struct spawned c;
	struct err e = { 0 };

	if (geteuid() != 0)
		return;
	if (spawn_process(&plain, &c, &e) == 0)
		_exit(in_chroot());
	ck_assert_int_eq(reap(&c), 0);
}
END_TEST

/* A cgroup v2 directory of our own, where this machine lets us have one. */
START_TEST(born_in_a_cgroup)
{
	static const char *const roots[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	char dir[80] = "", text[200] = "";
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned c;
	struct err e = { 0 };
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(roots) && !dir[0]; i++) {
		snprintf(dir, sizeof(dir), "%s/cgroup.procs", roots[i]);
		if (access(dir, W_OK) == 0 && geteuid() == 0)
			snprintf(dir, sizeof(dir), "%s/test_spawn.%d", roots[i],
				 getpid());
		else
			dir[0] = '\0';
	}
	if (!dir[0] || mkdir(dir, 0755) < 0)
		return;
	args.cgroup_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spawn_process(&args, &c, &e) == 0) {
		fd = open("/proc/self/cgroup", O_RDONLY);
		if (read(fd, text, sizeof(text) - 1) < 0 || !strstr(text, "0::"))
			_exit(1);
		_exit(strstr(text, "/test_spawn.") && c.in_cgroup ? 0 : 2);
	}
	if (!err_is_set(&e)) {
		ck_assert(c.in_cgroup);
		ck_assert_int_eq(reap(&c), 0);
	}
	close(args.cgroup_fd);
	rmdir(dir);
	ck_assert_str_eq(e.text, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("spawn");
	TCase *t = tcase_create("live");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, like_fork);
	tcase_add_loop_test(t, new_namespace, 0, NSFD_KINDS);
	tcase_add_test(t, handlers);
	tcase_add_test(t, sibling);
	tcase_add_loop_test(t, refused, 0, ARRAY_SIZE(refusals));
	tcase_add_test(t, limit_is_named);
	tcase_add_test(t, chroot_is_named);
	tcase_add_test(t, born_in_a_cgroup);
	suite_add_tcase(s, t);
	if (geteuid() != 0)
		puts("skipped: what needs root");
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
