/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hands the seccomp listener on to the agent that config.json names (A118). */
#ifndef RUN_LISTENER_H
#define RUN_LISTENER_H

#include "base/err.h"
#include "libocispec/oci.h"

#include <sys/types.h>

struct listener_target {
	const char *path; /* the agent's socket */
	const struct oci_seccomp *seccomp; /* for its metadata; may be NULL */
	const struct oci_state *state;
	pid_t pid;
	int conn; /* to the agent, taken by listener_send(); -1: it connects */
};

/*
 * For gate_follow(): sends fd with the container process state over a connection of its
 * own, and closes both. 0 or -1 with *e; without a path that is an error.
 */
int listener_send(int fd, void *target, struct err *e);

#endif
