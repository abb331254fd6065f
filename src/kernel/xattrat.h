/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extended attributes of what a name in a directory or an O_PATH descriptor stands for;
 * symbolic links are never followed. xattr(7).
 */
#ifndef KERNEL_XATTRAT_H
#define KERNEL_XATTRAT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Reads an attribute of the entry `name` of a directory. With getxattrat(2) (Linux 6.13) that
 * is one call; where the kernel or a filter has none, *no_at is set, and the entry is opened
 * by O_PATH. The length, or -1 with errno.
 */
ssize_t xattrat_get(int dirfd, const char *name, const char *attribute, void *buf,
		    size_t size, bool *no_at);

/* The same of a descriptor of any kind. getxattr(2) by /proc/self/fd. */
ssize_t xattrat_get_fd(int fd, const char *attribute, void *buf, size_t size);

/* Sets an attribute of what a descriptor of any kind stands for. 0, or -1 with errno. */
int xattrat_set_fd(int fd, const char *attribute, const void *value, size_t size);

#endif
