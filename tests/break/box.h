/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs of tests/break share: a bundle to make containers of, the program under
 * test run with a time limit, and the question whether anything is left of a container.
 * Everything here exits with 77 outside the arena (tests/cli/arena).
 */
#ifndef BREAK_BOX_H
#define BREAK_BOX_H

#include <stdbool.h>
#include <sys/types.h>

enum { BOX_TIMEOUT = -1, BOX_LIMIT_MS = 30000 };

#define BOX_ID "box"

extern bool box_rootless; /* set before box_open(): commands run as uid 1000 */
extern const char *box_wolffia; /* the program under test */

/* From now on what is there now is what there was before. */
void box_remember(void);

/* Makes the bundle and remembers what there is now; exits with 77 outside the arena. */
void box_open(void);

/*
 * Writes config.json. `kind`: "plain" (pid, mount, uts, ipc), "user" (a user namespace too),
 * "full" (every row of the table of steps is wanted), "usher" (joins the pid namespace of a
 * process of its own), "inherited" (no mount namespace: root only).
 */
void box_config(const char *kind);

/* In a child: becomes the user, closes what is ours, executes. Does not return. */
void box_exec(char *const argv[]) __attribute__((noreturn));

/*
 * Runs wolffia with words (NULL-ended, without argv[0]), stderr to box_errors(). The exit
 * status, 128 + signal, or BOX_TIMEOUT after `ms` (it is killed then).
 */
int box_run(int ms, const char *const words[]);

/* box_run() with BOX_LIMIT_MS and the words in place. */
#define BOX_RUN(...) box_run(BOX_LIMIT_MS, (const char *const[]){ __VA_ARGS__, NULL })

/* The words of a create that uses everything the config of the last box_config() needs. */
const char *const *box_create_words(void);

/* `run` in the foreground, for the kinds "plain" and "user". */
extern const char *const box_run_words[];

/* What the last command said on stderr, one line. */
const char *box_errors(void);

/* Waits at most twenty seconds for the end of a process; reaps it if it has become ours. */
bool box_gone(pid_t pid);

/* The init's pid as the record has it, or 0. */
pid_t box_init_pid(void);

/*
 * NULL when there is nothing that was not there at box_open(): state, cgroups, mounts,
 * processes. Otherwise what is left, as text. Waits up to twenty seconds for it to go.
 */
const char *box_leftovers(void);

/*
 * After a runtime was killed: `state` answers, `delete --force` succeeds, nothing is left,
 * and the id can be used again. NULL, or what is wrong.
 */
const char *box_is_clean(void);

/* Takes away cgroups that were left, so that the next case is judged by itself. */
void box_forget(void);

/* One line of TAP; *what NULL is ok. */
void box_report(const char *what, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* 0 when no report was bad. */
int box_result(void);

#endif
