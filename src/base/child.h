/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a helper program to its end: hooks, newuidmap, newgidmap. The child gets exactly
 * the given argv, environment and standard input, no descriptor above 2, default signal
 * dispositions and an empty signal mask; its output is collected with a limit; on a
 * timeout its whole process group is killed. Nothing is looked up in PATH.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

struct child_spec {
	const char *path; /* absolute */
	char *const *argv; /* NULL: {path} */
	char *const *envp; /* NULL: empty */
	const void *input; /* written to standard input, which is then closed */
	size_t n_input;
	int cwd_fd; /* directory to start in; -1: stay */
	int timeout_ms; /* -1: none */
	int watch_fd; /* readable: nobody needs it any more, it is killed; 0: none */
	int interrupt_fd; /* the same, because of the user (a signalfd); 0: none */
	size_t output_limit; /* bytes of stdout+stderr kept; the rest is read and dropped */
	int output_fd; /* stdout and stderr go here instead of being collected; -1: collect */
	int error_fd; /* stderr alone: 0: as stdout, -1: collect, else it goes here */
};

struct child_result {
	int status; /* as waitpid(2) gives it */
	bool timed_out;
	bool given_up; /* because of watch_fd */
	bool interrupted; /* because of interrupt_fd, which was not read */
	struct str output; /* stdout and stderr as they came; free with str_free() */
};

/*
 * Runs the program and waits for it. 0 when it ran to an end of any kind (look at
 * ret->status and ret->timed_out), -1 with *e set when it could not be started: the exec
 * error is reported as such, not as an exit status; and when somebody else has reaped it
 * (SIGCHLD must not be ignored). A program that closes its standard input early is no error
 * (SIGPIPE must be ignored by the caller's process).
 */
int child_run(const struct child_spec *spec, struct child_result *ret, struct err *e);

/*
 * Turns a result that is not exit status 0 into an error: "NAME: exit status 3: OUTPUT",
 * "killed by signal 9", "timed out after N s". Only the first two lines of the output are
 * quoted. Returns 0 for success.
 */
int child_check(const struct child_result *r, const struct child_spec *spec,
		struct err *e);

/*
 * Where a helper program is: in fixed directories, never in the caller's PATH. False: nowhere
 * that this process may run it from.
 */
enum { CHILD_PATH_MAX = 64 };
bool child_find(const char *program, char ret[CHILD_PATH_MAX]);

/*
 * For a process that is about to execve(2): all signals as by default, none blocked. Some
 * programs end when they find SIGPIPE ignored.
 */
void child_reset_signals(void);

#endif
