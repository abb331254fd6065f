/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening directories of cgroupfs and waiting for their events. Invariant: every descriptor
 * handed out is on a cgroup filesystem, at or below the mount point it was asked under.
 */
#include "cgroup/dir.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

int dir_open_base(struct cgroup_dir *dir, struct err *e)
{
	auto_close int fd = open(dir->mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return err_sys_plain(e, "open %s", dir->mount);
	if (fstatfs(fd, &fs) < 0)
		return err_sys_plain(e, "statfs %s", dir->mount);
	if (fs.f_type != (dir->v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC))
		return err_set(e, "%s is not a cgroup%s filesystem", dir->mount,
			       dir->v2 ? "2" : "");
	dir->base = take_fd(&fd);
	return 0;
}

unsigned path_depth(const char *path)
{
	unsigned depth = 0;

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

size_t path_prefix(const char *path, unsigned depth)
{
	size_t n = 0;

	while (depth--)
		n += 1 + strcspn(path + n + 1, "/");
	return n;
}

static int openat2_beneath(int base, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, base, path, &how, sizeof(how));
}

int dir_open(const struct cgroup_dir *dir, unsigned depth)
{
	size_t n = path_prefix(dir->path, depth);
	char path[PATH_MAX];
	int fd;

	if (n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!n)
		return fcntl(dir->base, F_DUPFD_CLOEXEC, 0);
	memcpy(path, dir->path + 1, n - 1);
	path[n - 1] = '\0';
	fd = openat2_beneath(dir->base, path);
	if (fd < 0 && errno == ENOSYS)
		fd = openat(dir->base, path,
			    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd;
}

ssize_t dir_read(int base, const char *path, const char *name, char *buf, size_t size)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	char whole[PATH_MAX];
	auto_close int fd = -1;
	ssize_t got;

	if (!str_path(whole, sizeof(whole), path + 1, name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = (int)syscall(SYS_openat2, base, whole, &how, sizeof(how));
	if (fd < 0)
		return -1;
	/* the kernel gives such a file in one piece */
	got = read(fd, buf, size - 1);
	if (got >= 0)
		buf[got] = '\0';
	return got;
}

int dir_open_leaf(struct cgroup_dir *dir)
{
	int fd = dir_open(dir, path_depth(dir->path));
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0) {
		fd_close(fd);
		return -1;
	}
	dir->fd = fd;
	dir->id = st.st_ino;
	return 0;
}

void dir_close(struct cgroup_dir *dir)
{
	fd_close(dir->base);
	fd_close(dir->fd);
	dir->base = dir->fd = -1;
}

const char *dir_name(const struct cgroup_dir *dir, unsigned depth, char *buf, size_t size)
{
	snprintf(buf, size, "%s%.*s", dir->mount, (int)path_prefix(dir->path, depth),
		 dir->path);
	return buf;
}

/* ---- events ---------------------------------------------------------------------------- */

/* "populated 1\nfrozen 0" */
static int event_value(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, key, n) && text[n] == ' ')
			return text[n + 1] == '1';
	}
	errno = ENODATA;
	return -1;
}

int dir_event(int fd, const char *key)
{
	char text[128];

	if (file_read_value(fd, "cgroup.events", text, sizeof(text)) < 0)
		return -1;
	return event_value(text, key);
}

bool dir_event_wait(int fd, const char *key, int wanted, int timeout_ms)
{
	auto_close int events = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	int64_t end = clock_ms() + timeout_ms;

	while (events >= 0) {
		struct pollfd p = { .fd = events, .events = POLLPRI };
		int64_t left = end - clock_ms();
		char text[128];
		ssize_t n = pread(events, text, sizeof(text) - 1, 0);

		if (n < 0)
			return false;
		text[n] = '\0';
		if (event_value(text, key) == wanted)
			return true;
		if (left <= 0)
			return false;
		poll(&p, 1, (int)left);
	}
	return false;
}
