/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard output: whole results, by write(2). Nothing else of ours prints there. */
#ifndef CMD_OUT_H
#define CMD_OUT_H

#include "base/err.h"
#include "base/str.h"

/*
 * Writes n bytes to standard output. A reader that has gone away (EPIPE) wants no more of
 * it and is no error; a full disk is. 0, or -1 with *e.
 */
int out_write(const void *bytes, size_t n, struct err *e);

/* The same for a whole text, with a newline after it. NULL: out of memory, an error. */
int out_line(const char *text, struct err *e);

#endif
