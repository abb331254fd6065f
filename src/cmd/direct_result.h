/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --result: what became of a direct run, as one JSON object for programs. It is written in
 * any case, also when nothing could be run; nothing else of ours goes to that file.
 *
 *	{"schema":1,"id":"run-7-1a2b","phase":"run","exitCode":3,"timedOut":false,...}
 */
#ifndef CMD_DIRECT_RESULT_H
#define CMD_DIRECT_RESULT_H

#include "base/err.h"
#include "run/direct.h"

/*
 * Opens where the object goes: a file, made or emptied, or "fd:N". The descriptor,
 * close-on-exec, or -1 with *e.
 */
int direct_result_open(const char *where, struct err *e);

/*
 * Writes the object and a newline, to a file of its own (where is no "fd:N") in the place of all
 * that the program may have written there, or says that it has removed it. failure: the error that
 * the command ends with, or one that is not set; status: the exit status.
 */
int direct_result_write(int fd, const char *where, const char *id,
			const struct direct_request *rq, const struct run_watch *watch,
			const struct err *failure, int status, struct err *e);

/* The same as text in the arena, for tests; NULL when there is no memory. */
char *direct_result_text(struct oci_arena *arena, const char *id,
			 const struct direct_request *rq, const struct run_watch *watch,
			 const struct err *failure, int status);

#endif
