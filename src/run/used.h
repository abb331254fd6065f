/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values that no two containers may have (ranges of ids, SELinux categories), and places that
 * only the last one may clear: what is in use is what the records of all containers say.
 * Whoever chooses one holds the lock from reading them until its own record says what it has
 * chosen:
 *
 *	fd = used_lock()  used_each(fd)  choose  record_write(RUN_PHASE_CREATING)  close(fd)
 *
 * (lost_survey() of run/lost.h does the first two for who chooses a value.)
 *
 * The lock is flock(2)'s on the state root itself, so it needs no file; it goes with its
 * descriptor, which must be closed before a process is born that would have a copy of it.
 */
#ifndef RUN_USED_H
#define RUN_USED_H

#include "base/err.h"
#include "run/record.h"

/*
 * Opens the state root (NULL: the default one, made when it is missing) and locks it; waits
 * at most wait_ms: nobody holds it for longer unless he was stopped. The descriptor, or -1 with
 * *e, which names the directory and, where that can be told, who has locked it.
 */
enum { USED_WAIT_MS = 10000 };
int used_lock(const char *root, int wait_ms, struct err *e);

/* Pure: who has flock(2)ed that file, by the text of proc_locks(5); 0: not told there. */
uint64_t used_lock_holder(const char *locks, uint64_t dev, uint64_t ino);

/* The same for a root that is open already; the descriptor is another one. */
int used_lock_at(int root_fd, struct err *e);

/*
 * Calls each() with the record of every container below the root but `but` (may be NULL), in
 * whatever phase; with USED_ALIVE not in that of a create that was killed. A damaged record is
 * replaced by its copy; a container that has neither is passed over, for nothing is known of
 * it. The record lives until each() returns. Stops at the first each() that returns -1 with
 * *e.
 */
enum used_which {
	USED_ALIVE, /* what a dead birth had chosen is free */
	USED_ALL, /* what it has made is there, until somebody removes it */
};
int used_each(int root_fd, enum used_which which, const char *but,
	      int (*each)(const struct run_record *r, void *arg, struct err *e),
	      void *arg, struct err *e);

#endif
