/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The holder, and the birth of fuse-overlayfs; see fuse_holder.h. The program is root of the
 * container's user namespace (PR_SET_PDEATHSIG is set after the change of ids, which clears
 * it) in a mount namespace of its own: the machine's files are read-only there but for the
 * layer, which hides /sys, for the program wants paths. Signals are blocked: what is sent to a
 * whole session or unit is for the container, which needs its files until it has ended.
 */
#include "fs/fuse_holder.h"

#include "base/fd.h"
#include "base/str.h"
#include "fs/fuse.h"
#include "kernel/mountfd.h"
#include "kernel/pidfd.h"
#include "kernel/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { READY_MS = 30000, END_MS = 1000, FINISH_MS = 3000, SAID_MAX = 400, ABOVE = 16 };

/* What INIT has asked for. */
struct job {
	struct fuse_request rq;
	int lower, dir, user_fd;
	int sock;
	int kept; /* where the mark is made, or -1 */
};

/* ---- the program ------------------------------------------------------------------------- */

static int become_root(const struct job *job, struct err *e)
{
	if (job->user_fd < 0)
		return 0;
	if (setns(job->user_fd, CLONE_NEWUSER) < 0)
		return err_sys_plain(e, "enter the container's user namespace");
	if (setresgid(job->rq.gid, job->rq.gid, job->rq.gid) < 0 ||
	    setresuid(job->rq.uid, job->rq.uid, job->rq.uid) < 0)
		return err_sys_plain(e, "take the ids of the container's root");
	if (job->rq.uid != 0)
		spawn_carry_caps();
	return 0;
}

static int attach_dir(int scratch, const char *name, int mount, struct err *e)
{
	auto_close int at = -1;

	if (mkdirat(scratch, name, 0755) == 0)
		at = openat(scratch, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0 || mountfd_attach(mount, (struct mountfd_target){ .fd = at }) < 0)
		return err_sys_plain(e, "attach /sys/%s", name);
	return 0;
}

/* /sys/lower and /sys/layer; all else is read-only. */
static int make_view(const struct job *job, struct err *e)
{
	struct mountfd_param mode = { .key = "mode", .value = "0755" };
	struct mountfd_fs tmpfs = {
		.type = "tmpfs", .source = "wolffia", .params = &mode, .n_params = 1
	};
	struct mountfd_attr attr = MOUNTFD_ATTR_NONE;
	auto_close int slash = -1, sys = -1, scratch = -1, context = -1;

	TRY(spawn_unshare(CLONE_NEWNS, e));
	if (mountfd_set_propagation("/", MS_SLAVE, true) < 0)
		return err_sys(e, "make the mounts private");
	slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	attr.rec_set = MOUNT_ATTR_RDONLY;
	if (slash < 0 || mountfd_setattr(slash, &attr) < 0)
		return err_sys(e, "make the mounts read-only");
	sys = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (sys < 0)
		return err_sys_plain(e, "/sys");
	scratch = TRY(mountfd_new(&tmpfs, &context, e));
	if (mountfd_attach(scratch, (struct mountfd_target){ .fd = sys }) < 0)
		return fs_err_attach("a tmpfs", e);
	TRY(attach_dir(scratch, "lower", job->lower, e));
	return attach_dir(scratch, "layer", job->dir, e);
}

/* Only who has opened /dev/fuse in a user namespace may mount there. */
static int make_mount(const struct job *job, int fuse, struct err *e)
{
	const struct fuse_request *rq = &job->rq;
	char fd[12], uid[12], gid[12];
	struct mountfd_param params[7] = { { .key = "fd", .value = fd },
					   { .key = "rootmode", .value = "40000" },
					   { .key = "user_id", .value = uid },
					   { .key = "group_id", .value = gid },
					   { .key = "default_permissions" },
					   { .key = "allow_other" } };
	struct mountfd_fs new = {
		.type = "fuse", .source = FUSE_PROGRAM, .params = params, .n_params = 6
	};
	auto_close int context = -1;

	snprintf(fd, sizeof(fd), "%d", fuse);
	snprintf(uid, sizeof(uid), "%u", rq->uid);
	snprintf(gid, sizeof(gid), "%u", rq->gid);
	if (rq->context[0])
		params[new.n_params++] = (struct mountfd_param){ .key = rq->context_key,
								 .value = rq->context };
	return mountfd_new(&new, &context, e);
}

static int open_fuse(struct err *e)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	err_sys_plain(e, "/dev/fuse");
	return err_hint(e, e->code == EACCES ? "chmod 666 /dev/fuse, as root"
					     : "modprobe fuse, as root");
}

/* All up to the program; the mount, and INIT gets it. The device, or -1. */
static int prepare(const struct job *job, struct err *e)
{
	auto_close int fuse = -1, mount = -1;
	struct err none = { 0 };

	TRY(become_root(job, e));
	TRY(make_view(job, e));
	fuse = TRY(open_fuse(e));
	mount = TRY(make_mount(job, fuse, e));
	if (fd_send(job->sock, &none, sizeof(none), &mount, 1) < 0)
		return err_sys(e, "send the mount");
	return take_fd(&fuse);
}

/* Descriptors 0 to FUSE_FD, passed to the program on purpose, and no other. */
static bool place_fds(int errors, int fuse)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int from[FUSE_FD + 1] = { null, null, errors, fuse };

	for (int i = 0; i <= FUSE_FD; i++) {
		from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, ABOVE);
		if (from[i] < 0)
			return false;
	}
	for (int i = 0; i <= FUSE_FD; i++)
		if (dup2(from[i], i) < 0)
			return false;
	syscall(SYS_close_range, FUSE_FD + 1U, ~0U, 0U);
	return true;
}

static _Noreturn void be_program(const struct job *job, pid_t parent, int errors)
{
	char path[CHILD_PATH_MAX], options[FUSE_OPTIONS_MAX];
	char name[] = FUSE_PROGRAM, f[] = "-f", o[] = "-o", device[] = "/dev/fd/3";
	char *argv[] = { name, f, o, options, device, NULL };
	char *no_env[] = { NULL };
	struct err e = { 0 };
	sigset_t all;
	int fuse = -1;

	child_reset_signals();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	umask(0);
	fuse_options(&job->rq, options);
	if (!child_find(FUSE_PROGRAM, path))
		err_code(&e, FUSE_NOT_INSTALLED, "it is not installed");
	else
		fuse = prepare(job, &e);
	if (fuse >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
	    getppid() == parent && place_fds(errors, fuse)) {
		execve(path, argv, no_env);
		dprintf(2, "%s: %s\n", path, err_name(errno));
		_exit(127);
	}
	e.scope = NULL;
	if (fuse < 0)
		(void)fd_send(job->sock, &e, sizeof(e), NULL, 0);
	_exit(127);
}

/* ---- the holder -------------------------------------------------------------------------- */

static bool receive(int sock, struct job *ret)
{
	int fds[3] = { -1, -1, -1 };
	size_t n = 0;

	*ret = (struct job){ .sock = sock };
	if (fd_receive(sock, &ret->rq, sizeof(ret->rq), fds, 3, &n) !=
		    (ssize_t)sizeof(ret->rq) ||
	    n != (ret->rq.in_userns ? 3 : 2))
		return false;
	ret->rq.upper[FUSE_NAME_MAX - 1] = ret->rq.work[FUSE_NAME_MAX - 1] = '\0';
	ret->lower = fds[0];
	ret->dir = fds[1];
	ret->user_fd = fds[2];
	return true;
}

/* The last line that it has said, for INIT. */
static void tell_last_words(int errors, int sock, const char *instead)
{
	char said[SAID_MAX + 1];
	ssize_t n = instead ? 0 : read(errors, said, SAID_MAX);
	struct err e = { 0 };
	char *line;

	said[n > 0 ? n : 0] = '\0';
	for (n = (ssize_t)strlen(said); n > 0 && said[n - 1] == '\n'; n--)
		said[n - 1] = '\0';
	line = strrchr(said, '\n');
	line = line ? line + 1 : said;
	if (str_starts(line, FUSE_PROGRAM ": "))
		line += strlen(FUSE_PROGRAM ": ");
	err_set(&e, "%s", instead ? instead : *line ? line : "it ended without a word");
	(void)fd_send(sock, &e, sizeof(e), NULL, 0);
}

/* True when INIT has found it ready. */
static bool await_ready(const struct spawned *program, int init, int sock, int errors)
{
	struct pollfd p[] = { { sock, POLLIN, 0 },
			      { program->pidfd, POLLIN, 0 },
			      { init, POLLIN, 0 } };
	char byte;
	int n;

	do
		n = poll(p, ARRAY_SIZE(p), READY_MS);
	while (n < 0 && errno == EINTR);
	if (n > 0 && p[0].revents)
		return recv(sock, &byte, 1, MSG_DONTWAIT) == 1;
	if (n > 0 && p[1].revents)
		tell_last_words(errors, sock, NULL);
	else if (n == 0)
		tell_last_words(errors, sock, "it did not answer within 30 s");
	return false;
}

/* False: the program has been killed, or has failed, while INIT was alive. */
static bool hold(const struct spawned *program, int init)
{
	struct pollfd p[] = { { init, POLLIN, 0 }, { program->pidfd, POLLIN, 0 } };
	struct err ignored = { 0 };
	int status = 0;

	while (poll(p, ARRAY_SIZE(p), -1) < 0 && errno == EINTR)
		;
	if (p[0].revents) {
		pidfd_finish(program->pidfd, END_MS);
		return true;
	}
	/* without its files it is no container any more */
	(void)pidfd_signal(init, SIGKILL, &ignored);
	/* INIT lets go of the mount, and the program ends, a little before its pidfd says so */
	return pidfd_wait(program->pidfd, true, &status, &ignored) == 1 && status == 0;
}

/* Before anything can be written to it. INIT is told that it can go on. */
static bool mark(const struct job *job)
{
	auto_close int fd = -1;
	struct err e = { 0 };

	if (job->rq.kept) {
		fd = openat(job->kept, FUSE_MARK,
			    O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			    0600);
		if (fd < 0)
			err_sys_plain(&e, "make %s", FUSE_MARK);
	}
	(void)fd_send(job->sock, &e, sizeof(e), NULL, 0);
	return !err_is_set(&e);
}

/* The holder's exit status. */
static int live(int init, int sock, int kept)
{
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned program = { .pidfd = -1 };
	struct err e = { 0 };
	pid_t self = getpid(), pid;
	int errors[2];
	struct job job;
	bool ready;

	if (!receive(sock, &job))
		return 0;
	job.kept = kept;
	/* nobody may read: it must not wait for that */
	if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0)
		return 0;
	pid = spawn_process(&args, &program, &e);
	if (pid == 0)
		be_program(&job, self, errors[1]);
	fd_close(errors[1]);
	fd_close(job.lower);
	fd_close(job.dir);
	fd_close(job.user_fd);
	if (pid < 0) {
		e.scope = NULL;
		(void)fd_send(sock, &e, sizeof(e), NULL, 0);
		return 0;
	}
	ready = await_ready(&program, init, sock, errors[0]) && mark(&job);
	fd_close(sock);
	fd_close(kept);
	if (ready)
		return hold(&program, init) ? 0 : 1;
	pidfd_finish(program.pidfd, 0);
	return 0;
}

int fuse_holder_start(int init, int sock, int kept, struct err *e)
{
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned born = { .pidfd = -1 };
	pid_t pid = spawn_process(&args, &born, e);

	if (pid == 0) {
		const int fds[] = { init, sock, kept };

		spawn_detach("wolffia-fuse", fds, ARRAY_SIZE(fds));
		_exit(live(init, sock, kept));
	}
	return pid < 0 ? -1 : born.pidfd;
}

enum fuse_end fuse_holder_look(int pidfd)
{
	struct err ignored = { 0 };
	int status = 0, rc = pidfd_wait(pidfd, false, &status, &ignored);

	if (rc == 0)
		return FUSE_LIVES;
	fd_close(pidfd);
	return rc < 0 || status == 0 ? FUSE_DONE : FUSE_LOST;
}

enum fuse_end fuse_holder_finish(int pidfd)
{
	if (fd_wait_readable(pidfd, FINISH_MS) > 0)
		return fuse_holder_look(pidfd);
	pidfd_finish(pidfd, 0);
	fd_close(pidfd);
	return FUSE_DONE;
}
