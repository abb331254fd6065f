/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where --log sends lines: a file, the journal, or syslog. */
#ifndef CMD_LOG_DEST_H
#define CMD_LOG_DEST_H

#include "base/log.h"
#include "base/str.h"

/*
 * Opens the destination and makes it the log's: [file:]PATH (appended to, made 0644 when
 * missing; /dev/stderr is standard error itself), journald:ID, syslog:ID (ID is what lines
 * are marked with; an empty one is "wolffia"). NULL: standard error. On -1 *e says why and
 * the log is standard error, in the wanted format and level.
 */
int log_dest_open(const char *dest, enum log_format format, enum log_level level,
		  struct err *e);

/* One line as a datagram for systemd's journal (systemd.journal-fields(7)), for tests. */
void log_dest_journal(struct str *ret, const char *id, enum log_level level,
		      const char *line, size_t n);

/* The same for syslog(3)'s socket (RFC 3164, local form). */
void log_dest_syslog(struct str *ret, const char *id, enum log_level level,
		     const char *line, size_t n);

#endif
