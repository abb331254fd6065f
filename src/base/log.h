/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user and the engine are told. Errors are printed once, by the command, through
 * log_error(); everything else is a remark. Formats, as clients parse them:
 *
 *	text  error: mounts[3]: /sys: mount sysfs: Operation not permitted
 *	        hint: sysfs belongs to a network namespace: create one too
 *	json  {"level":"error","msg":"...","time":"2026-11-22T03:12:08.123456Z",...}
 *
 * Podman reads the whole log file as ONE object, so in JSON a failed command writes exactly
 * one: warnings are kept until the end and go into the error object ("warnings"), or are
 * written one object each when the command succeeded.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/*
 * Where lines go: fd is a file opened O_APPEND (given away to the log), or -1 for stderr
 * only. The default is text, warnings and errors, stderr.
 */
void log_setup(int fd, enum log_format format, enum log_level level);

/*
 * How lines reach the fd of log_setup() when a plain write(2) is not its protocol (the
 * journal, syslog). NULL: plain writes. `line` ends with a newline.
 */
typedef void log_writer(int fd, enum log_level level, const char *line, size_t n);
void log_set_writer(log_writer *writer);

/* Whether remarks of this level are written at all. */
bool log_wants(enum log_level level);

/*
 * A remark: a warning says what is done instead. Never call it from src/kernel or from a
 * pure function; in INIT it goes to the sink that src/run has set.
 */
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * An info line that is shown whatever the level (but not in JSON, where engines expect one
 * object): for the few things a user must learn once although nothing is wrong.
 */
void log_notice(const char *text);

/* Sends remarks elsewhere (from INIT to HOST); NULL restores the log itself. */
void log_set_sink(void (*sink)(enum log_level level, const char *text));

/* A remark that came from another process, already formatted. */
void log_remark(enum log_level level, const char *text);

/* Remarks that were collected: each line of the text, which ends in a newline, by itself. */
void log_lines(enum log_level level, const char *text);

/* The command's one error: to the log file in its format, and as text on stderr. */
void log_error(const struct err *e);

/* The command succeeded: writes the warnings that JSON kept back. */
void log_finish(void);

#endif
