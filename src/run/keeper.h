/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper: a process that does nothing but outlive us. When we are killed before we have
 * told it that all is clean, it does what `delete --force` does: whatever ends the runtime,
 * SIGKILL too, no process, cgroup or state of a transient container is left.
 */
#ifndef RUN_KEEPER_H
#define RUN_KEEPER_H

#include "base/err.h"
#include "run/run.h"

#include <sys/types.h>

struct keeper {
	int pipe; /* its other end is the keeper's; -1: there is none */
	pid_t pid;
};

/*
 * Starts it for a container that does not exist yet. In a session of its own, with nothing
 * of ours open: who waits for the end of our output does not wait for it.
 */
int keeper_start(const struct run_context *ctx, const char *id, struct keeper *ret,
		 struct err *e);

/* All is clean, or meant to stay: the keeper ends, and is reaped. Idempotent. */
void keeper_dismiss(struct keeper *k);

#endif
