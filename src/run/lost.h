/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container whose foreground command was killed together with all that cleans up behind it
 * holds its ids and SELinux categories, and nobody will ever delete it. Who chooses such a value
 * takes it back first, by what `gc` does: nothing is free while its container is half there.
 */
#ifndef RUN_LOST_H
#define RUN_LOST_H

#include "run/container.h"
#include "run/used.h"

/* Who asks, and what he keeps of the records. */
struct lost_survey {
	int (*each)(const struct run_record *r, void *arg, struct err *e);
	void (*forget)(void *arg); /* all that each() has seen: it is called anew */
	void *arg;
};

/*
 * Locks the state root (c->ids_lock, unless it is locked already) and calls each() for the
 * record of every other container that is alive (USED_ALIVE). Lost ones are removed before,
 * without the lock; one that cannot be removed keeps what it has.
 */
int lost_survey(struct container *c, const struct lost_survey *s, struct err *e);

#endif
