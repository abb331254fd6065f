/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths inside a tree that somebody else controls. Every function resolves below a root
 * descriptor as chroot(2) would: an absolute symbolic link starts at the root again, ".."
 * never leads out of it, magic links are not followed, whatever is renamed meanwhile.
 * openat2(2) does it (Linux 5.6); where the kernel or a seccomp filter refuses that call, a
 * walk by components does the same without ever asking the kernel for "..".
 *
 * All functions return a descriptor (close-on-exec) or 0, or -1 with errno; the caller
 * knows what the path is called in config.json.
 */
#ifndef KERNEL_PATH_H
#define KERNEL_PATH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum path_flag {
	PATH_NO_SYMLINKS = 1, /* any symbolic link on the way: ELOOP */
	PATH_NO_XDEV = 2, /* any mount on the way: EXDEV */
	PATH_WALK = 4, /* do not use openat2(2): for tests */
};

/*
 * Opens path below root with the open(2) flags given (O_CLOEXEC is added). O_CREAT is not
 * allowed. With O_NOFOLLOW a link at the end is opened itself (O_PATH) or ELOOP.
 */
int path_open(int root, const char *path, int oflags, unsigned flags);

/*
 * Opens the directory path, making what is missing with the mode (minus umask); a link that
 * leads to a missing place is followed, inside the root. O_PATH descriptor.
 */
int path_mkdirs(int root, const char *path, mode_t mode, unsigned flags);

/*
 * Opens what is at path, or makes an empty regular file there, and missing directories
 * (0755) above it. O_PATH descriptor of whatever it is then.
 */
int path_make_file(int root, const char *path, mode_t mode, unsigned flags);

/*
 * Opens the directory that holds the last component of path, making missing ones (0755),
 * and points *ret_name at that component inside path. "..", "." and "/" have none: EINVAL.
 * The component itself is not looked at.
 */
int path_open_parent(int root, const char *path, const char **ret_name, unsigned flags);

/* True when path has a component "..". */
bool path_has_dotdot(const char *path);

/*
 * Writes path to buf without double slashes, "." and slashes at the end, always with one
 * slash in front; ".." stays as it is. False when it does not fit.
 */
bool path_tidy(const char *path, char *buf, size_t size);

/* True when the tidy path lies at or below the tidy dir. */
bool path_is_below(const char *path, const char *dir);

/* "/proc/self/fd/N" for calls that know only paths. */
enum { PATH_FD_MAX = 32 };
const char *path_of_fd(int fd, char buf[PATH_FD_MAX]);

#endif
