/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a container is nobody's any more; see gc.c. */
#ifndef RUN_GC_H
#define RUN_GC_H

#include "run/lookup.h"

/*
 * The reason to remove it, or NULL. all: also what has stopped and waits for somebody's
 * `delete`.
 */
char *gc_reason(const struct lookup *l, bool all);

/*
 * Removes one container if there is a reason, waiting for a command that is at work on it: who
 * needs what it holds (run/lost.h). What keeps it from that is told at debug level.
 */
void gc_take_back(const struct run_context *ctx, const char *id);

#endif
