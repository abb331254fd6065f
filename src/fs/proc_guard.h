/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may be mounted on /proc and below. Labels, sysctls and masks are of no use when /proc
 * is something else than a procfs (CVE-2019-16884, CVE-2019-19921, CVE-2023-28642).
 */
#ifndef FS_PROC_GUARD_H
#define FS_PROC_GUARD_H

#include "fs/plan.h"

/* True for a row whose destination must not be reached through a symbolic link. */
bool guard_is_special(const struct fs_row *row);

/*
 * A destination reached through a symbolic link, opened as fd, must be on a procfs if and
 * only if it is named as lying below /proc. 0, or -1 with *e set.
 */
int guard_link(const struct fs_row *row, int fd, struct err *e);

/* A new filesystem: on /proc only proc, below it only what hides harmless files. */
int guard_new(const struct fs_row *row, struct err *e);

/* A bind mount, by what row->source_fd is. */
int guard_bind(const struct fs_row *row, struct err *e);

#endif
