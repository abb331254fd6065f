/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files; see file.h. */
#include "base/file.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *file_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "no regular file";
	}
}

int file_read_fd(int fd, const char *name, size_t limit, struct str *ret, struct err *e)
{
	struct stat st;
	char chunk[16384];

	if (fstat(fd, &st) < 0)
		return err_sys(e, "stat %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "%s is %s, not a regular file", name,
			       file_kind(st.st_mode));
	if (st.st_size > 0 && (size_t)st.st_size > limit)
		return err_set(e, "%s has %lld bytes, more than the limit of %zu", name,
			       (long long)st.st_size, limit);
	ret->n = 0;
	for (;;) {
		ssize_t n = fd_read_full(fd, chunk, sizeof(chunk));

		if (n < 0)
			return err_sys(e, "read %s", name);
		str_add_n(ret, chunk, (size_t)n);
		if (ret->n > limit)
			return err_set(e, "%s is longer than the limit of %zu bytes",
				       name, limit);
		if ((size_t)n < sizeof(chunk))
			return 0;
	}
}

int file_read(int dirfd, const char *path, int flags, size_t limit, struct str *ret,
	      struct err *e)
{
	/* O_NONBLOCK: a FIFO must not keep us waiting for a writer */
	auto_close int fd =
		openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);

	if (fd < 0)
		return err_sys(e, "open %s", path);
	return file_read_fd(fd, path, limit, ret, e);
}

int file_read_stream(int fd, size_t limit, struct str *ret, struct err *e)
{
	ret->n = 0;
	for (;;) {
		char piece[4096];
		ssize_t n = fd_read_full(fd, piece, sizeof(piece));

		if (n < 0)
			return err_sys_plain(e, "read");
		if (n == 0)
			return 0;
		str_add_n(ret, piece, (size_t)n);
		if (ret->n > limit)
			return err_set(e, "longer than the limit of %zu bytes", limit);
	}
}

int file_read_input(const char *path, const char *option, size_t limit, struct str *ret,
		    struct err *e)
{
	auto_close int opened = -1;
	int fd = STDIN_FILENO;
	struct stat st;
	WHERE_IN(e, option, path);

	if (!str_eq(path, "-")) {
		opened = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (opened < 0)
			return err_sys_plain(e, "open");
		fd = opened;
	}
	if (fstat(fd, &st) == 0 && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
		return file_read_fd(fd, path, limit, ret, e);
	if (opened >= 0)
		fcntl(fd, F_SETFL, O_RDONLY);
	return file_read_stream(fd, limit, ret, e);
}

/* What stands there is of a killed process of our number, or put there by a stranger. */
static int open_new(int dirfd, const char *name, mode_t mode)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dirfd, name, flags, mode);

	if (fd < 0 && errno == EEXIST && unlinkat(dirfd, name, 0) == 0)
		fd = openat(dirfd, name, flags, mode);
	return fd;
}

int file_write_atomic(int dirfd, const char *name, const void *data, size_t n,
		      mode_t mode, struct err *e)
{
	auto_close int fd = -1;
	char temp[300];

	snprintf(temp, sizeof(temp), ".%s.%d", name, (int)getpid());
	fd = open_new(dirfd, temp, mode);
	if (fd < 0)
		return err_sys_plain(e, "create %s", name);
	if (fchmod(fd, mode) == 0 && fd_write_all(fd, data, n) == 0 &&
	    renameat(dirfd, temp, dirfd, name) == 0)
		return 0;
	err_sys_plain(e, "write %s", name);
	unlinkat(dirfd, temp, 0);
	return -1;
}

int file_write_value(int dirfd, const char *path, const char *value)
{
	auto_close int fd = openat(dirfd, path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	size_t n = strlen(value);
	ssize_t done;

	if (fd < 0)
		return -1;
	do
		done = write(fd, value, n);
	while (done < 0 && errno == EINTR);
	if (done >= 0 && (size_t)done < n)
		errno = EIO;
	return done == (ssize_t)n ? 0 : -1;
}

ssize_t file_read_value(int dirfd, const char *path, char *buf, size_t size)
{
	auto_close int fd = openat(dirfd, path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = fd_read_full(fd, buf, size - 1);
	if (n < 0)
		return -1;
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}
