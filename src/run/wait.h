/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `run` does in the foreground while the container lives: forward signals, relay the
 * terminal without losing a byte, and say how it ended. Resident memory is what counts here:
 * nothing is allocated.
 */
#ifndef RUN_WAIT_H
#define RUN_WAIT_H

#include "base/err.h"
#include "run/helpers.h"
#include "run/run.h"
#include "run/sdnotify.h"

#include <sys/types.h>

/*
 * Blocks the signals that are forwarded, and returns a signalfd for them, close-on-exec; -1
 * with *e. From then on Ctrl-C belongs to the container. signalfd(2).
 */
int wait_signals(struct err *e);

/* What is waited for; the descriptors stay the caller's. */
struct wait_job {
	int pidfd;
	pid_t pid; /* our child */
	int signal_fd;
	int master; /* the container's terminal to relay, or -1 */
	int out[2]; /* pipes from its standard output and error to ours, or -1 */
	struct sdnotify *notify; /* what it tells the service manager; NULL: nothing */
	struct run_watch *watch; /* NULL: none */
	struct layer_helpers
		*layers; /* who makes its files; when one is killed, it ends */
};

/*
 * Waits for the end of our child, and ends it when it has to be; our own terminal is in raw
 * mode as long, if the child has one. *ret_status as waitpid(2)
 * gives it; what it used and why it was killed goes to job->watch.
 */
int wait_child(const struct wait_job *job, int *ret_status, struct err *e);

/* N for an exit, 128 + S for a signal: what a shell would say. */
int wait_exit_code(int status);

#endif
