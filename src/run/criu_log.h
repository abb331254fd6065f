/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why criu failed, out of its log: the first lines that say "Error", without those that are
 * known to be harmless or to say nothing, and what can be done about them.
 */
#ifndef RUN_CRIU_LOG_H
#define RUN_CRIU_LOG_H

#include "base/err.h"

#include <stddef.h>

/* What has been found so far; {0} to begin with. */
struct criu_reason {
	unsigned n; /* lines taken */
	char text[400]; /* "A; B", or "" */
	const char *hint; /* static, or NULL */
};

/* Looks at one line of a log, without its newline. Pure. */
void criu_reason_line(struct criu_reason *r, const char *line, size_t n);

/* Reads a log file below dirfd, by lines, as far as it is needed. What cannot be read has no
 * reasons. */
void criu_reason_read(struct criu_reason *r, int dirfd, const char *name);

#endif
