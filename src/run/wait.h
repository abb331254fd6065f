/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `run` does in the foreground while the container lives: forward signals, relay the
 * terminal without losing a byte, and say how it ended. Resident memory is what counts here:
 * nothing is allocated.
 */
#ifndef RUN_WAIT_H
#define RUN_WAIT_H

#include "base/err.h"
#include "run/sdnotify.h"

#include <sys/types.h>

/*
 * Blocks the signals that are forwarded, and returns a signalfd for them, close-on-exec; -1
 * with *e. From then on Ctrl-C belongs to the container. signalfd(2).
 */
int wait_signals(struct err *e);

/*
 * Waits for the end of our child. master is the container's terminal to relay or -1 (it is
 * not closed); notify: what it tells the service manager. *ret_status as waitpid(2) gives it.
 */
int wait_child(int pidfd, pid_t pid, int signal_fd, int master, struct sdnotify *notify,
	       int *ret_status, struct err *e);

/* N for an exit, 128 + S for a signal: what a shell would say. */
int wait_exit_code(int status);

#endif
