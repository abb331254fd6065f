/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a helper. It stays in the foreground as our own child: there is no pid file to be
 * believed, its pidfd is right from birth, and it dies with us (PR_SET_PDEATHSIG, which a
 * change of ids clears, so it is set after that). It becomes root of the container's user
 * namespace first, so not even root's pasta has a privilege over the machine; the network
 * namespace comes as a descriptor, so nothing of the container's need be visible in /proc.
 */
#include "net/helper.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "kernel/pidfd.h"
#include "kernel/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ABOVE = 16, END_MS = 500, SAID_MAX = 4096, PASSED = 5, PROGRAM_MAX = 16 << 20 };

bool net_helper_find(enum net_helper helper, char ret[CHILD_PATH_MAX])
{
	return child_find(net_helpers[helper].program, ret);
}

/* A start that is refused costs as much as one that works: 20 ms and more. */
unsigned net_helper_unknown(enum net_helper helper)
{
	char path[CHILD_PATH_MAX];
	auto_close int fd = -1;
	unsigned unknown;
	struct stat st;
	void *bytes;
	size_t n;

	if (!net_helper_find(helper, path))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > PROGRAM_MAX)
		return 0;
	n = (size_t)st.st_size;
	bytes = mmap(NULL, n, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (bytes == MAP_FAILED)
		return 0;
	unknown = net_plan_unknown(helper, bytes, n);
	(void)munmap(bytes, n);
	return unknown;
}

/* ---- the child -------------------------------------------------------------------------- */

/* An id that the caller's user namespace has: 0, or where that is not mapped its first one. */
static uint32_t mapped_id(const char *map)
{
	char text[4096];
	unsigned long first;

	if (file_read_value(AT_FDCWD, map, text, sizeof(text)) <= 0)
		return 0;
	first = strtoul(text, NULL, 10);
	for (const char *line = text; line; line = strchr(line + 1, '\n'))
		if (strtoul(line, NULL, 10) == 0)
			return 0;
	return (uint32_t)first;
}

/* Root of the user namespace has its capabilities after execve; who else they are given to. */
static bool become_root_of(int user_fd)
{
	uint32_t uid, gid;

	if (user_fd < 0)
		return true;
	if (setns(user_fd, CLONE_NEWUSER) < 0)
		return false;
	uid = mapped_id("/proc/self/uid_map");
	gid = mapped_id("/proc/self/gid_map");
	if (getgid() != gid && setresgid(gid, gid, gid) < 0)
		return false;
	if (getuid() != uid && setresuid(uid, uid, uid) < 0)
		return false;
	if (uid != 0)
		spawn_carry_caps();
	return true;
}

/* fds[i] becomes descriptor i; -1: /dev/null is there. */
static bool place(const int fds[PASSED])
{
	int moved[PASSED], null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < PASSED; i++) {
		moved[i] = fcntl(fds[i] < 0 ? null : fds[i], F_DUPFD_CLOEXEC, ABOVE);
		if (moved[i] < 0)
			return false;
	}
	for (int i = 0; i < PASSED; i++) /* passed to the helper on purpose */
		if (dup2(moved[i], i) < 0)
			return false;
	syscall(SYS_close_range, (unsigned)PASSED, ~0U, 0U);
	return true;
}

static _Noreturn void become(const char *path, char *const *argv,
			     const struct net_target *target, pid_t parent,
			     const int fds[PASSED])
{
	char *no_env[] = { NULL };
	char text[160];
	int errors = fds[2];

	child_reset_signals(); /* older pastas end when they find SIGPIPE ignored */
	if (become_root_of(target->user_fd) &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent &&
	    place(fds)) {
		errors = 2;
		execve(path, argv, no_env);
	}
	snprintf(text, sizeof(text),
		 "%s: cannot be started in the container's user "
		 "namespace: %s\n",
		 path, err_name(errno));
	(void)!write(errors, text, strlen(text));
	_exit(127);
}

/* ---- the parent -------------------------------------------------------------------------- */

struct pipes {
	int says[2], errors[2], exit[2];
};

static int make_pipes(struct pipes *p, struct err *e)
{
	int *const all[] = { p->says, p->errors, p->exit };

	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (pipe2(all[i], O_CLOEXEC | (all[i] == p->errors ? O_NONBLOCK : 0)) < 0)
			return err_sys(e, "pipe");
	/* the helper may have other ids, and opens it once more */
	if (fchmod(p->says[1], 0666) < 0)
		return err_sys(e, "pipe");
	return 0;
}

static void close_pipes(const struct pipes *p)
{
	const int all[] = { p->says[0],	  p->says[1], p->errors[0],
			    p->errors[1], p->exit[0], p->exit[1] };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		fd_close(all[i]);
}

int net_helper_start(enum net_helper helper, char *const *argv,
		     const struct net_target *target, struct net_child *ret,
		     struct err *e)
{
	bool slirp = helper == NET_HELPER_SLIRP;
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned born = { .pidfd = -1 };
	char path[CHILD_PATH_MAX];
	pid_t self = getpid(), pid = -1;
	struct pipes p;

	if (!net_helper_find(helper, path))
		return err_set(e, "%s is not installed", net_helpers[helper].program);
	if (make_pipes(&p, e) == 0)
		pid = spawn_process(&args, &born, e);
	if (pid == 0) {
		const int fds[PASSED] = {
			[NET_FD_TARGET] = target->net_fd,
			[NET_FD_SAYS] = slirp ? -1 : p.says[1],
			[2] = p.errors[1],
			[NET_FD_READY] = slirp ? p.says[1] : -1,
			[NET_FD_EXIT] = slirp ? p.exit[0] : -1,
		};

		become(path, argv, target, self, fds);
	}
	if (pid < 0) {
		close_pipes(&p);
		return -1;
	}
	fd_close(p.says[1]);
	fd_close(p.errors[1]);
	fd_close(p.exit[0]);
	*ret = (struct net_child){ .pid = pid,
				   .pidfd = born.pidfd,
				   .says = p.says[0],
				   .errors = p.errors[0],
				   .exit_end = p.exit[1] };
	return 0;
}

static void read_said(const struct net_child *c, struct str *ret)
{
	char chunk[1024];
	ssize_t n;

	while (ret->n < SAID_MAX && (n = read(c->errors, chunk, sizeof(chunk))) > 0)
		str_add_n(ret, chunk, (size_t)n);
}

/* pasta writes its pid, and slirp4netns "1"; what else is written there is no sign. */
static bool is_ready(const struct net_child *c)
{
	char text[32], pid[16];
	ssize_t n = read(c->says, text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	snprintf(pid, sizeof(pid), "%d", (int)c->pid);
	return str_eq(text, "1") || str_eq(text, pid);
}

int net_helper_await(const struct net_child *c, const struct net_target *target,
		     int timeout_ms, struct str *ret_said, struct err *e)
{
	struct pollfd p[] = { { c->says, POLLIN, 0 },
			      { c->pidfd, POLLIN, 0 },
			      { target->pidfd, POLLIN, 0 } };
	int64_t end = clock_ms() + timeout_ms;

	for (;;) {
		int64_t left = end - clock_ms();
		int n = poll(p, ARRAY_SIZE(p), left > 0 ? (int)left : 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_set(e, "it is not ready after %d s", timeout_ms / 1000);
			return err_hint(e, "the network's option wait=SECONDS gives it "
					   "longer");
		}
		if (p[0].revents && is_ready(c))
			return 1;
		if (p[1].revents) {
			read_said(c, ret_said);
			return 0;
		}
		if (p[2].revents)
			return err_set(e, "the container has ended");
		p[0].fd = -1; /* its end without a word: poll for its death */
	}
}

void net_helper_end(struct net_child *c)
{
	struct err ignored = { 0 };

	if (c->pidfd < 0)
		return;
	fd_close(c->exit_end);
	(void)pidfd_signal(c->pidfd, SIGTERM, &ignored);
	pidfd_finish(c->pidfd, END_MS);
	fd_close(c->pidfd);
	fd_close(c->says);
	fd_close(c->errors);
	*c = (struct net_child){ .pidfd = -1, .says = -1, .errors = -1, .exit_end = -1 };
}
