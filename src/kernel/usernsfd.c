/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user namespace as a descriptor; see usernsfd.h. The child does nothing but wait for the
 * end of a pipe; it is killed and reaped before the function returns, and while it is not
 * reaped its number cannot be anybody else's.
 */
#include "kernel/usernsfd.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_map(int dir, const char *file, const struct usernsfd_range *r, size_t n,
		     struct err *e)
{
	auto_str text = { 0 };

	for (size_t i = 0; i < n; i++)
		str_addf(&text, "%u %u %u\n", r[i].inside, r[i].outside, r[i].size);
	if (file_write_value(dir, file, text.s ? text.s : "") < 0)
		return err_sys(e, "write %s of the id-mapping", file);
	return 0;
}

static int open_child(pid_t pid, const struct usernsfd_range *uids, size_t n_uids,
		      const struct usernsfd_range *gids, size_t n_gids, struct err *e)
{
	char path[48];
	auto_close int dir = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "open %s", path);
	TRY(write_map(dir, "uid_map", uids, n_uids, e));
	TRY(write_map(dir, "gid_map", gids, n_gids, e));
	fd = openat(dir, "ns/user", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "open %s/ns/user", path) : fd;
}

int usernsfd_open(const struct usernsfd_range *uids, size_t n_uids,
		  const struct usernsfd_range *gids, size_t n_gids, struct err *e)
{
	int pipe_fds[2], fd;
	pid_t pid;
	char byte;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		close(pipe_fds[1]);
		while (read(pipe_fds[0], &byte, 1) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	close(pipe_fds[0]);
	fd = pid < 0 ? err_sys(e, "make a user namespace for an id-mapped mount")
		     : open_child(pid, uids, n_uids, gids, n_gids, e);
	close(pipe_fds[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return fd;
}
