/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that lacks something, for one command and what it starts:
 *
 *	without [--user UID] THING[,THING]... COMMAND [ARG]...
 *
 * THING is a type of filesystems (overlay: fsopen(2) and mount(2) fail with ENODEV), an option
 * of them (+userxattr: fsconfig(2) fails with EINVAL), or `idmap` (mount_setattr(2) with a user
 * namespace fails with EINVAL). A seccomp listener reads what the call names, so only root can
 * do it; --user runs the command as that user. Exit status: the command's; 77 when it cannot
 * be done here.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIP = 77, BROKEN = 125, NAME = 64 };

static char *things;
static long user = -1;

static void die(int status, const char *what)
{
	fprintf(stderr, "without: %s: %s\n", what, strerror(errno));
	_exit(status);
}

static int lacks(const char *prefix, const char *name)
{
	char want[NAME + 2], *list = strdup(things), *at = list, *thing;
	int found = 0;

	snprintf(want, sizeof(want), "%s%s", prefix, name);
	while ((thing = strsep(&at, ",")))
		found = found || !strcmp(thing, want);
	free(list);
	return found;
}

/* ---- the command --------------------------------------------------------------------------- */

static int install(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsopen, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsconfig, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount_setattr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

static void be_command(char **argv, int to)
{
	int listener = install();
	char byte;

	if (listener < 0)
		die(SKIP, "seccomp listener");
	if (write(to, &listener, sizeof(listener)) != sizeof(listener) ||
	    read(to, &byte, 1) != 1)
		_exit(BROKEN);
	close(listener);
	close(to);
	if (user >= 0 && (setgroups(0, NULL) < 0 || setresgid(user, user, user) < 0 ||
			  setresuid(user, user, user) < 0))
		die(BROKEN, "become the user");
	execvp(argv[0], argv);
	die(127, argv[0]);
}

/* ---- the kernel ------------------------------------------------------------------------------ */

static int read_memory(pid_t pid, unsigned long long from, void *buf, size_t n)
{
	char path[32];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	memset(buf, 0, n);
	got = pread(fd, buf, n, (off_t)from);
	/* a text may lie at the end of what is mapped */
	for (; got <= 0 && n > 1; n /= 2)
		got = pread(fd, buf, n / 2, (off_t)from);
	close(fd);
	return got > 0 ? 0 : -1;
}

static int verdict(const struct seccomp_notif *n)
{
	const struct seccomp_data *d = &n->data;
	struct mount_attr attr;
	char name[NAME];

	switch (d->nr) {
	case SYS_fsopen:
	case SYS_mount:
		if (!d->args[d->nr == SYS_mount ? 2 : 0] ||
		    read_memory((pid_t)n->pid, d->args[d->nr == SYS_mount ? 2 : 0], name,
				sizeof(name) - 1) < 0)
			return 0;
		name[sizeof(name) - 1] = '\0';
		return lacks("", name) ? -ENODEV : 0;
	case SYS_fsconfig:
		if (!d->args[2] ||
		    read_memory((pid_t)n->pid, d->args[2], name, sizeof(name) - 1) < 0)
			return 0;
		name[sizeof(name) - 1] = '\0';
		return lacks("+", name) ? -EINVAL : 0;
	case SYS_mount_setattr:
		if (read_memory((pid_t)n->pid, d->args[3], &attr, sizeof(attr)) < 0)
			return 0;
		return attr.attr_set & MOUNT_ATTR_IDMAP && lacks("", "idmap") ? -EINVAL
									      : 0;
	}
	return 0;
}

static void answer(int listener)
{
	struct seccomp_notif n = { 0 };
	struct seccomp_notif_resp r = { 0 };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
		return;
	r.id = n.id;
	r.error = verdict(&n);
	if (!r.error)
		r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

static int serve(pid_t child, int pidfd, int listener)
{
	struct pollfd fds[] = { { listener, POLLIN, 0 }, { pidfd, POLLIN, 0 } };
	int status = 0;

	while (!(fds[1].revents & POLLIN)) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die(BROKEN, "poll");
		if (fds[0].revents & POLLIN)
			answer(listener);
		if (fds[0].revents & (POLLHUP | POLLERR))
			fds[0].fd = -1;
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	int pair[2], number, pidfd, listener;
	pid_t child;

	argv++;
	if (argc > 3 && !strcmp(argv[0], "--user")) {
		user = atol(argv[1]);
		argv += 2;
	}
	if (!argv[0] || !argv[1])
		return BROKEN;
	things = *argv++;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		die(BROKEN, "socketpair");
	child = fork();
	if (child == 0)
		be_command(argv, pair[1]);
	close(pair[1]);
	pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	if (pidfd < 0)
		die(SKIP, "pidfd_open");
	if (read(pair[0], &number, sizeof(number)) != sizeof(number)) {
		waitpid(child, NULL, 0);
		return SKIP;
	}
	listener = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (listener < 0)
		die(SKIP, "pidfd_getfd");
	if (write(pair[0], "", 1) != 1)
		die(BROKEN, "write");
	return serve(child, pidfd, listener);
}
