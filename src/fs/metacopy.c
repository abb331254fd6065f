/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metacopy; see metacopy.h. The child's mount namespace ends with it; the overlay that is sent
 * to the parent holds what lies below.
 */
#include "fs/metacopy.h"

#include "base/fd.h"
#include "base/str.h"
#include "fs/bounded.h"
#include "kernel/mountfd.h"
#include "kernel/path.h"
#include "kernel/pidfd.h"
#include "kernel/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MAX = PATH_FD_MAX + 16, PROCESSES_MAX = 16 };

/* The directory of the layer: on disk, or a mount on top of the root (in this namespace). */
static int open_place(const struct metacopy *how, int lower, struct err *e)
{
	struct mountfd_param params[] = { { .key = "mode", .value = "0700" },
					  { .key = "size", .value = how->size } };
	struct mountfd_fs new = { .type = "tmpfs",
				  .source = "wolffia",
				  .params = params,
				  .n_params = how->size ? 2 : 1 };
	auto_close int context = -1, fd = -1;

	if (how->layer_dir) {
		fd = open(how->layer_dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			context = openat(fd, "layers",
					 O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		return context < 0 ? err_sys_plain(e, "open %s", how->layer_dir)
				   : take_fd(&context);
	}
	fd = TRY(how->device ? bounded_mount(how->device, e)
			     : mountfd_new(&new, &context, e));
	if (mountfd_attach(fd, (struct mountfd_target){ .fd = lower }) < 0)
		return err_sys(e, "attach what the layer lies on");
	return take_fd(&fd);
}

static int make_dirs(int place, int lower, struct err *e)
{
	struct stat st;

	if (mkdirat(place, "um", 0700) < 0 || mkdirat(place, "wm", 0700) < 0)
		return err_sys(e, "make the layer");
	if (fstat(lower, &st) < 0 || fchownat(place, "um", st.st_uid, st.st_gid, 0) < 0 ||
	    fchmodat(place, "um", st.st_mode & 07777, 0) < 0)
		return err_sys(e, "give the layer the owner of the root");
	return 0;
}

static int make_overlay(const struct metacopy *how, int lower, struct err *e)
{
	char low[PATH_FD_MAX], fd[PATH_FD_MAX], up[TEXT_MAX], wrk[TEXT_MAX];
	struct mountfd_param params[] = { { .key = "lowerdir", .value = low },
					  { .key = "upperdir", .value = up },
					  { .key = "workdir", .value = wrk },
					  { .key = "metacopy", .value = "on" },
					  /* thrown away: the disk need not see it */
					  { .key = "volatile", .optional = true } };
	struct mountfd_fs new = {
		.type = "overlay", .source = "overlay", .params = params, .n_params = 5
	};
	auto_close int place = TRY(open_place(how, lower, e));
	auto_close int context = -1;

	TRY(make_dirs(place, lower, e));
	path_of_fd(lower, low);
	path_of_fd(place, fd);
	snprintf(up, sizeof(up), "%s/um", fd);
	snprintf(wrk, sizeof(wrk), "%s/wm", fd);
	return mountfd_new(&new, &context, e);
}

/* The kernel copies up 45 us a file, and in different directories at the same time. */
static unsigned processors(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	n = CPU_COUNT(&set);
	return n > PROCESSES_MAX ? PROCESSES_MAX : n < 1 ? 1 : (unsigned)n;
}

static int work(const struct metacopy *how, struct err *e)
{
	auto_close int lower = -1, overlay = -1;

	if (mountfd_set_propagation("/", MS_PRIVATE, true) < 0)
		return err_sys(e, "make the mounts private");
	lower = open(how->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (lower < 0)
		return err_sys_plain(e, "open the root filesystem");
	overlay = TRY(make_overlay(how, lower, e));
	TRY(shift_tree(overlay, &how->shift, processors(), e));
	return take_fd(&overlay);
}

static _Noreturn void live(const struct metacopy *how, int to)
{
	struct err e = { 0 };
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	umask(0);
	fd = work(how, &e);
	e.scope = NULL;
	(void)fd_send(to, &e, sizeof(e), &fd, fd >= 0);
	_exit(0);
}

static int receive(int from, struct err *e)
{
	struct err said;
	int fd = -1;
	size_t n = 0;

	if (fd_receive(from, &said, sizeof(said), &fd, 1, &n) != (ssize_t)sizeof(said))
		return err_set(e, "the process that copies owners died");
	if (err_is_set(&said))
		return err_take(e, &said);
	return n == 1 ? fd : err_set(e, "the process that copies owners sent no mount");
}

/* The processes that help the child die with it. */
static int await(const struct spawned *child, int from, int interrupt_fd, struct err *e)
{
	struct err ignored = { 0 };

	if (fd_wait_unless(from, interrupt_fd))
		return receive(from, e);
	(void)pidfd_signal(child->pidfd, SIGKILL, &ignored);
	return err_code(e, EINTR, "change owners");
}

int metacopy_root(const struct metacopy *how, struct err *e)
{
	struct spawn_args args = { .flags = CLONE_NEWNS, .cgroup_fd = -1 };
	auto_close int ours = -1, theirs = -1;
	struct spawned born = { .pidfd = -1 };
	int pair[2], fd;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socket pair");
	ours = pair[0];
	theirs = pair[1];
	pid = spawn_process(&args, &born, e);
	if (pid == 0)
		live(how, theirs);
	if (pid < 0)
		return -1;
	fd_close(take_fd(&theirs));
	fd = await(&born, ours, how->interrupt_fd, e);
	fd_close(born.pidfd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return fd;
}
