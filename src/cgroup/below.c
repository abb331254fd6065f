/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cgroup that is made beneath the container's own for its first process. Everything happens
 * below the descriptor of the container's cgroup, one component at a time. It goes with the
 * container's cgroup.
 */
#include "cgroup/dir.h"

#include "base/fd.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int cgroup_below_check(const char *path, struct err *e)
{
	if (!*path || *path == '/')
		return err_set(e, "expected a path beneath the container's cgroup");
	while (*path) {
		size_t n = strcspn(path, "/");

		if (!n || (path[n] == '/' && !path[n + 1]))
			return err_set(e, "a component is empty");
		if (path[0] == '.' || n > NAME_MAX || !strncmp(path, "cgroup.", 7))
			return err_set(e, "\"%.*s\" is no name for a cgroup", (int)n,
				       path);
		path += n;
		path += *path == '/';
	}
	return 0;
}

/* Makes and opens one directory below; closes `at`. -1 with errno. */
static int make_one(int at, const char *name)
{
	int fd = -1;

	if (mkdirat(at, name, 0755) == 0 || errno == EEXIST)
		fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	fd_close(at);
	return fd;
}

static int make_all(const struct cgroup_dir *dir, const char *path)
{
	int fd = fcntl(dir->fd, F_DUPFD_CLOEXEC, 0);

	while (fd >= 0 && *path) {
		size_t n = strcspn(path, "/");
		char name[NAME_MAX + 1];

		memcpy(name, path, n);
		name[n] = '\0';
		fd = make_one(fd, name);
		path += n + (path[n] == '/');
	}
	return fd;
}

int cgroup_move_below(const struct cgroup *cg, const char *path, pid_t pid, struct err *e)
{
	const struct cgroup_dir *dir = &cg->dirs[0];
	struct cgroup one = { .n = 1 };
	auto_close int fd = -1;
	struct stat st;
	char text[16];

	if (cgroup_v2_fd(cg) < 0)
		return err_set(e, "the container has no cgroup of version 2");
	TRY(cgroup_below_check(path, e));
	fd = make_all(dir, path);
	if (fd < 0 || fstat(dir->fd, &st) < 0)
		return err_sys_plain(e, "make %s%s/%s", dir->mount, dir->path, path);
	one.dirs[0] = *dir; /* borrowed */
	one.dirs[0].fd = fd;
	if (st.st_uid != geteuid())
		TRY(cgroup_delegate(&one, st.st_uid, e));
	snprintf(text, sizeof(text), "%d", (int)pid);
	if (file_write_value(fd, "cgroup.procs", text) == 0)
		return 0;
	return err_sys_plain(e, "move process %s to %s%s/%s", text, dir->mount, dir->path,
			     path);
}
