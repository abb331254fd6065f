/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The WARDEN; see lone.h. It executes nothing and holds no lock. */
#include "run/lone_warden.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "fs/removal.h"
#include "kernel/pidfd.h"
#include "kernel/script.h"
#include "kernel/spawn.h"
#include "run/baton.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SWEEP_MS = 10000, PAUSE_NS = 1000000, PATH_ROOM = 400 };

void lone_dir_remove(struct lone_dir *d)
{
	struct err ignored = { 0 };

	if (d->made)
		(void)removal_tree(d->parent, d->name, &ignored);
	d->made = false;
	fd_close(d->parent);
	fd_close(d->lock);
	d->parent = d->lock = -1;
}

/* ---- children ----------------------------------------------------------------------------- */

/* Is it a child of ours? proc_pid_stat(5): the fourth word, behind a name in brackets. */
static bool is_child(const char *pid)
{
	char path[40], text[512];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	if (file_read_value(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return false;
	at = strrchr(text, ')');
	return at && strlen(at) > 4 && strtol(at + 4, NULL, 10) == getpid();
}

static void kill_child(pid_t pid)
{
	auto_close int fd = (int)syscall(SYS_pidfd_open, pid, 0U);

	if (fd >= 0) /* not collected: still this one */
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0U);
}

static void kill_children(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		uint64_t pid;

		if (str_to_u64(entry->d_name, INT32_MAX, &pid) && is_child(entry->d_name))
			kill_child((pid_t)pid);
	}
	if (dir)
		closedir(dir);
}

bool lone_sweep(void)
{
	const struct timespec pause = { 0, PAUSE_NS };
	int64_t until = clock_ms() + SWEEP_MS;

	for (;;) {
		pid_t pid;

		do
			pid = waitpid(-1, NULL, WNOHANG);
		while (pid > 0 || (pid < 0 && errno == EINTR));
		if (pid < 0)
			return true; /* nobody */
		if (clock_ms() > until)
			return false;
		kill_children();
		nanosleep(&pause, NULL);
	}
}

void lone_end(int pidfd)
{
	pidfd_finish(pidfd, 0);
}

/* ---- the WARDEN --------------------------------------------------------------------------- */

/* As the program has ended, so that HOST can tell a signal from an exit status. */
static _Noreturn void end_as(int status)
{
	static const struct sigaction plain = { .sa_handler = SIG_DFL };
	struct rlimit none = { 0, 0 };
	sigset_t set;

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &none);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(status));
	sigaction(WTERMSIG(status), &plain, NULL);
	raise(WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + WTERMSIG(status));
}

static _Noreturn void give_up(const struct lone_ward *w)
{
	(void)lone_sweep();
	lone_dir_remove(w->dir);
	_exit(1);
}

/* Signals of HOST are the program's; that a child has ended is ours. */
static void pass_on(int signal_fd, int pidfd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			syscall(SYS_pidfd_send_signal, pidfd, (int)info.ssi_signo, NULL,
				0U);
}

/* Collects who was left behind; the program itself stays until the end. */
static void collect(pid_t program)
{
	siginfo_t info = { 0 };

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid &&
	       info.si_pid != program) {
		(void)waitpid(info.si_pid, NULL, 0);
		info.si_pid = 0;
	}
}

static _Noreturn void wait_for(const struct lone_ward *w, const struct spawned *program,
			       int signal_fd)
{
	struct pollfd p[] = { { program->pidfd, POLLIN, 0 },
			      { signal_fd, POLLIN, 0 },
			      { w->life, POLLIN, 0 } };
	int status = 0;

	while (!p[0].revents) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0)
			continue;
		if (p[2].revents)
			give_up(w);
		if (p[1].revents)
			pass_on(signal_fd, program->pidfd);
		collect(program->pid);
	}
	while (waitpid(program->pid, &status, 0) < 0 && errno == EINTR)
		;
	(void)lone_sweep();
	end_as(status);
}

static int make_dir(struct lone_dir *d, struct err *e)
{
	char sub[2][PATH_ROOM];

	if (mkdirat(d->parent, d->name, 0700) < 0)
		return err_sys_plain(e, "make %s for the program's HOME and TMPDIR",
				     d->path);
	d->lock = openat(d->parent, d->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->lock < 0 || flock(d->lock, LOCK_SH | LOCK_NB) < 0)
		return err_sys_plain(e, "lock %s", d->path);
	snprintf(sub[0], sizeof(sub[0]), "%s/home", d->path);
	snprintf(sub[1], sizeof(sub[1]), "%s/tmp", d->path);
	if (mkdir(sub[0], 0700) < 0 || mkdir(sub[1], 0700) < 0)
		return err_sys_plain(e, "make directories in %s", d->path);
	return 0;
}

/* Its descriptor of signals, once all else is there. */
static int prepare(const struct lone_ward *w, struct err *e)
{
	sigset_t all;
	int fd;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "signalfd");
	TRY(make_dir(w->dir, e));
	return fd;
}

_Noreturn void lone_warden(const struct lone_ward *w)
{
	struct spawn_args args = { .cgroup_fd = -1, .clear_handlers = true };
	struct spawned program;
	struct err e = { 0 };
	int signal_fd;
	pid_t pid;

	setsid(); /* what is typed is HOST's, who passes it on */
	prctl(PR_SET_NAME, "wolffia-warden");
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	signal_fd = prepare(w, &e);
	pid = signal_fd < 0 ? -1 : spawn_process(&args, &program, &e);
	if (pid == 0)
		script_run(w->script);
	if (pid < 0)
		(void)baton_error(w->baton, 0, &e);
	fd_close(w->baton); /* HOST sees its end when the program runs */
	if (pid < 0)
		give_up(w);
	wait_for(w, &program, signal_fd);
}
