/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A procfs that can be trusted; see procfs.h. What is opened is reached from the procfs'
 * root without crossing a mount, so it is what the kernel put there.
 */
#include "kernel/procfs.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "kernel/mountfd.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* STATUS_MAX: the list of groups stands in it, 65536 of up to eleven bytes. */
enum { PROC_MAGIC = 0x9fa0, PROC_ROOT_INODE = 1, STATUS_MAX = 1 << 20 };

bool procfs_is_on(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && st.f_type == PROC_MAGIC;
}

bool procfs_is_root(int fd)
{
	struct stat st;

	return procfs_is_on(fd) && fstat(fd, &st) == 0 && st.st_ino == PROC_ROOT_INODE;
}

int procfs_open_private(struct err *e)
{
	struct mountfd_fs fs = { .type = "proc" };
	int context, fd = mountfd_new(&fs, &context, e);

	fd_close(context);
	return fd;
}

bool procfs_is_mounted(struct err *e)
{
	auto_close int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && procfs_is_root(fd))
		return true;
	err_hint(e, "no procfs is mounted: as root, `mount -t proc proc /proc`");
	return false;
}

int procfs_open(struct err *e)
{
	auto_close int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && procfs_is_root(fd))
		return take_fd(&fd);
	fd_close(fd);
	fd = procfs_open_private(e);
	if (fd < 0)
		procfs_is_mounted(e);
	return take_fd(&fd);
}

int procfs_open_file(int proc, const char *path, int oflags)
{
	auto_close int fd = path_open(proc, path, oflags, PATH_NO_XDEV);

	if (fd >= 0 && !procfs_is_on(fd)) {
		errno = EXDEV;
		return -1;
	}
	return take_fd(&fd);
}

ssize_t procfs_read(int proc, const char *path, char *buf, size_t size)
{
	auto_close int fd = procfs_open_file(proc, path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = fd_read_full(fd, buf, size - 1);
	if (n < 0)
		return -1;
	if (n && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

pid_t procfs_inner_pid(int proc_fd, pid_t pid)
{
	auto_close int fd = -1;
	auto_str text = { 0 };
	struct err ignored = { 0 };
	uint64_t number = 0;
	char path[40], *at;

	snprintf(path, sizeof(path), "%d/status", (int)pid);
	fd = procfs_open_file(proc_fd, path, O_RDONLY);
	if (fd < 0 || file_read_fd(fd, path, STATUS_MAX, &text, &ignored) < 0 || !text.n)
		return 0;
	at = strstr(text.s, "\nNSpid:");
	if (!at)
		return 0;
	at++;
	at[strcspn(at, "\n")] = '\0';
	at = strrchr(at, '\t');
	return at && str_to_u64(at + 1, INT32_MAX, &number) ? (pid_t)number : 0;
}
