/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extended attributes by descriptor; see xattrat.h. */
#include "kernel/xattrat.h"

#include "base/fd.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_getxattrat
#define SYS_getxattrat 464 /* the same on all architectures */
#endif

/* struct xattr_args of linux/xattr.h (6.13) */
struct at_args {
	uint64_t value __attribute__((aligned(8)));
	uint32_t size;
	uint32_t flags;
};

ssize_t xattrat_get(int dirfd, const char *name, const char *attribute, void *buf,
		    size_t size, bool *no_at)
{
	struct at_args args = { .value = (uintptr_t)buf, .size = (uint32_t)size };
	auto_close int fd = -1;
	long n = -1;

	if (!*no_at) {
		n = syscall(SYS_getxattrat, dirfd, name, AT_SYMLINK_NOFOLLOW, attribute,
			    &args, sizeof(args));
		/* reading a label is refused with EACCES; EPERM is a filter that does not
		 * know the call */
		if (n >= 0 || (errno != ENOSYS && errno != EPERM))
			return n;
		*no_at = true;
	}
	fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -1 : xattrat_get_fd(fd, attribute, buf, size);
}

ssize_t xattrat_get_fd(int fd, const char *attribute, void *buf, size_t size)
{
	char path[PATH_FD_MAX];

	return getxattr(path_of_fd(fd, path), attribute, buf, size);
}

int xattrat_set_fd(int fd, const char *attribute, const void *value, size_t size)
{
	char path[PATH_FD_MAX];

	return setxattr(path_of_fd(fd, path), attribute, value, size, 0);
}
