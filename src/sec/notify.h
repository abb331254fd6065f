/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp listener descriptor on its way to the agent: linux.seccomp.listenerPath gets
 * one connection, one message (the container process state, with the descriptor as
 * SCM_RIGHTS), then the end (S141-S145).
 */
#ifndef SEC_NOTIFY_H
#define SEC_NOTIFY_H

#include "base/err.h"
#include "libocispec/runtime.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Where the listener goes: linux.seccomp.listenerPath, else the annotation
 * run.oci.seccomp.receiver, else the environment's RUN_OCI_SECCOMP_RECEIVER (given by the
 * caller; may be NULL), else NULL. A path that is not absolute is an error.
 */
int notify_receiver(const struct oci_seccomp *s, const struct oci_map *annotations,
		    const char *environment, const char **ret, struct err *e);

/*
 * Connects to the agent's AF_UNIX stream socket, early in create: a filter whose agent is
 * missing would leave a container that hangs. Returns the connection, for notify_send().
 */
int notify_connect(const char *path, struct err *e);

/*
 * Sends the process state of the process `pid` (`state` is the container's, with its
 * status) and the listener over conn, in one message; the caller closes conn afterwards.
 * `metadata` may be NULL.
 */
int notify_send(int conn, const struct oci_state *state, pid_t pid, const char *metadata,
		int listener, struct err *e);

#endif
