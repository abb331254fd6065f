/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process beside a program behind Landlock alone; see lone.h. */
#ifndef RUN_LONE_WARDEN_H
#define RUN_LONE_WARDEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LONE_DIR_PREFIX "wolffia-lone-" /* and sixteen digits */

/* Where such directories are made: TMPDIR, else /tmp. */
const char *lone_dir_base(void);

/*
 * A directory, called name in base (whose path is tmp), of a landlock-only of the caller's that
 * has ended without removing it: a descriptor that holds its lock; else -1. flock(2).
 * Processes that have its mark do not keep it; any other that was started with it does.
 */
int lone_dir_lost(int base, const char *tmp, const char *name);

/*
 * All processes of a landlock-only have the number of its directory as their hard RLIMIT_LOCKS,
 * which Linux has no other use for: it is inherited, who is not privileged can only lower it,
 * and nobody else has just that number of 62 random bits. setrlimit(2).
 */
enum { LONE_MARK_BIT = 62 };

/* Pure: the mark of a directory's name; 0: it has none. */
uint64_t lone_mark(const char *name);

/* Pure: whether the text of /proc/PID/limits has that mark; never for 0. */
bool lone_limits_have(const char *limits, uint64_t mark);

/*
 * Kills the caller's processes that have the mark, until there are none: HOST and the WARDEN are
 * gone. False when some are left after ten seconds.
 */
bool lone_end_marked(uint64_t mark);

/* The directory in which HOME and TMPDIR are; goes with the program. */
struct lone_dir {
	int parent; /* the directory it is in, -1: none */
	int lock; /* the directory itself; its lock is held as long as the WARDEN lives */
	bool made; /* or about to be */
	char name[48];
	char path[320];
};

/* Removes it, if it was made, and closes the parent. Idempotent. */
void lone_dir_remove(struct lone_dir *d);

struct lone_ward {
	struct lone_dir *dir;
	int life; /* readable or at its end: HOST is gone */
	int baton; /* the script's reports; only the program's process keeps it */
	char *script; /* finished */
};

/*
 * Never returns: bears the program, passes signals on, ends as the program does when nobody of
 * it is left. When HOST dies it kills all of them and removes the directory.
 */
_Noreturn void lone_warden(const struct lone_ward *w);

/*
 * For a subreaper: kills and collects children until there are none, for ten seconds at most;
 * false when some are left.
 */
bool lone_sweep(void);

/* Kills a child and collects it; nothing when it is collected already. */
void lone_end(int pidfd);

#endif
