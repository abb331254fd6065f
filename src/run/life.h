/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The birth of a container as one table of steps (life.c): who does what, in which order,
 * and how it is undone. No other file waits for another process of the birth.
 */
#ifndef RUN_LIFE_H
#define RUN_LIFE_H

#include "base/err.h"
#include "run/container.h"

/*
 * Runs the table. 0: for create the init waits at the gate and the record says "created";
 * for run the program is about to be executed and reports on c->baton. -1 with *e: what
 * was done is undone.
 */
int life_create(struct container *c, struct err *e);

/*
 * Undoes everything of a container whose birth was complete but whose program could not be
 * run, or which must not stay: kills, runs poststop hooks, removes cgroup and state.
 */
void life_undo(struct container *c);

/*
 * Waits until INIT has passed `row` (life_rows(): until it is ready at the gate). For steps
 * of HOST only.
 */
int life_await(struct container *c, uint32_t row, struct err *e);

/* Number of rows; tests/break goes through them. */
int life_rows(void);

#endif
