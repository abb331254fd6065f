/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mount points left behind (fs/stub.h) that several containers share: whoever is there claims
 * them, the last one removes them. What is claimed is what the records of one state root say,
 * so it is decided under their lock (run/used.h).
 */
#ifndef RUN_STUBS_H
#define RUN_STUBS_H

#include "run/container.h"

/*
 * Fills in record.stubs, once the filesystem is planned. When there are any, or there may be,
 * the state root is locked (c->ids_lock) until the record is written.
 */
int stubs_plan(struct container *c, struct err *e);

/*
 * Removes the stubs of a record that no other container claims, and the state directory, which
 * ends its own claim; s->root and s->id say where and whose. Without stubs it is
 * statedir_remove() alone.
 */
int stubs_release(struct statedir *s, const struct run_record *r, struct err *e);

#endif
