/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A throw-away root; see throwaway.h. The mark that throwaway_insist() looks for is a file on
 * the tmpfs that only this file makes.
 */
#include "throwaway.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_PLACE = 122, TMPFS_ = 0x01021994 };

static const char mark[] = "/.throw-away-root";
static char reason[256];

const char *throwaway_reason(void)
{
	return reason;
}

void throwaway_print(const char *file, int line, const char *condition, const char *text)
{
	fprintf(stderr, "%s:%d: expected %s%s%s (errno %s)\n", file, line, condition,
		*text ? ": " : "", text, strerror(errno));
}

void throwaway_insist(void)
{
	struct statfs fs;

	if (access(mark, F_OK) == 0 && statfs("/", &fs) == 0 && fs.f_type == TMPFS_)
		return;
	fprintf(stderr, "this is no throw-away root: nothing is done here\n");
	_exit(121);
}

void throwaway_write(const char *path, const char *text)
{
	char dir[512];
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *p = strchr(dir + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(dir, 0755);
		*p = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "write %s: %s\n", path, strerror(errno));
	close(fd);
}

const char *throwaway_read(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* Tells the parent why and ends. */
static void give_up(int report, const char *what)
{
	dprintf(report, "%s: %s", what, strerror(errno));
	_exit(NO_PLACE);
}

static void must(int report, int r, const char *what)
{
	if (r < 0)
		give_up(report, what);
}

static void bind(int report, const char *from, const char *to)
{
	if (access(from, F_OK) < 0)
		return;
	must(report, mount(from, to, NULL, MS_BIND | MS_REC, NULL), to);
}

static void make_root(int report)
{
	static const char *const nodes[] = { "null",   "zero",	  "full",
					     "random", "urandom", "tty" };
	char from[64], to[80];

	must(report, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private /");
	must(report, mount("throw-away", "/mnt", "tmpfs", 0, "mode=755"), "mount tmpfs");
	must(report, chdir("/mnt"), "chdir");
	mkdir("proc", 0755);
	mkdir("sys", 0755);
	mkdir("dev", 0755);
	mkdir("tmp", 01777);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		snprintf(from, sizeof(from), "/dev/%s", nodes[i]);
		snprintf(to, sizeof(to), "dev/%s", nodes[i]);
		must(report, mknod(to, S_IFREG | 0600, 0), to);
		bind(report, from, to);
	}
	bind(report, "/sys", "sys");
	must(report,
	     mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL),
	     "mount proc");
	must(report, mknod(mark + 1, S_IFREG | 0400, 0), mark);
	must(report, (int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(report, umount2(".", MNT_DETACH), "umount");
	must(report, chdir("/"), "chdir /");
}

static void write_map(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
	close(fd);
}

/* The child's ids; written by the parent, whose user namespace is the parent one. */
static void map_ids(pid_t pid)
{
	char file[64], line[64];
	bool all = geteuid() == 0;

	snprintf(file, sizeof(file), "/proc/%d/setgroups", pid);
	if (!all)
		write_map(file, "deny");
	snprintf(line, sizeof(line), all ? "0 0 4294967295" : "0 %u 1", getuid());
	snprintf(file, sizeof(file), "/proc/%d/uid_map", pid);
	write_map(file, line);
	snprintf(line, sizeof(line), all ? "0 0 4294967295" : "0 %u 1", getgid());
	snprintf(file, sizeof(file), "/proc/%d/gid_map", pid);
	write_map(file, line);
}

static _Noreturn void child(int go, int report, int (*body)(void *), void *arg)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(go, &byte, 1) != 1)
		_exit(NO_PLACE);
	make_root(report);
	close(report);
	throwaway_insist();
	_exit(body(arg));
}

int throwaway_run(int flags, int (*body)(void *arg), void *arg)
{
	int go[2], report[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0)
		return -1;
	pid = (pid_t)syscall(SYS_clone, flags | CLONE_NEWNS | CLONE_NEWPID | SIGCHLD,
			     NULL, NULL, NULL, NULL);
	if (pid == 0) {
		close(go[1]);
		child(go[0], report[1], body, arg);
	}
	close(go[0]);
	close(report[1]);
	if (pid > 0) {
		if (flags & CLONE_NEWUSER)
			map_ids(pid);
		if (write(go[1], "g", 1) != 1)
			kill(pid, SIGKILL);
	} else {
		snprintf(reason, sizeof(reason), "clone: %s", strerror(errno));
	}
	close(go[1]);
	n = pid > 0 ? read(report[0], reason, sizeof(reason) - 1) : 0;
	close(report[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	if (n > 0) {
		reason[n] = '\0';
		return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
