/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ctrl-C and `kill` while a container is being born: the signal is held back until HOST
 * waits for somebody, ends that wait with an error, and what was made is undone. A runtime
 * that simply died would leave half a container behind. signalfd(2).
 */
#ifndef RUN_INTERRUPT_H
#define RUN_INTERRUPT_H

#include "base/err.h"

/*
 * Blocks SIGHUP, SIGINT, SIGQUIT and SIGTERM, but for those that the caller ignores (nohup),
 * and returns a signalfd for them, close-on-exec; -1 with *e. What nobody has asked about
 * stays pending: a foreground `run` passes it on to the program later.
 */
int interrupt_open(struct err *e);

/*
 * Waits until fd is readable or has hung up: 0. -1 with *e "interrupted by SIGINT", code
 * EINTR and the status 128 + signal when a signal came first. interrupt_fd < 0: nothing
 * interrupts.
 */
int interrupt_wait(int fd, int interrupt_fd, struct err *e);

/*
 * The same, but what lies in fd goes before a signal, whichever came first: a report that the
 * program has begun makes the signal the program's to handle.
 */
int interrupt_wait_for_report(int fd, int interrupt_fd, struct err *e);

/* The error of a signal that has arrived: -1 with *e as above, 0 when there is none. */
int interrupt_check(int interrupt_fd, struct err *e);

#endif
