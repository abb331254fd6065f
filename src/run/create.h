/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `run` does when the birth is done; restore ends in the same way. */
#ifndef RUN_CREATE_H
#define RUN_CREATE_H

#include "base/err.h"
#include "run/container.h"

#include <stdbool.h>

/*
 * Follows a birth that has no gate until the program runs, poststart hooks included. -1 with
 * *e: all is undone.
 */
int create_follow(struct container *c, struct err *e);

/*
 * Waits in the foreground for the end of a container that is our child, relaying signals
 * (signal_fd: wait_signals()) and the terminal, then deletes it unless `keep`. *ret_status
 * is the exit status for the shell. What is not needed any more is given up first.
 */
int create_wait(struct container *c, int signal_fd, bool keep, int *ret_status,
		struct err *e);

#endif
