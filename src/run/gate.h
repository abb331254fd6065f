/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate between create and start: a listening SOCK_SEQPACKET socket "gate" in the state
 * directory, held by the init alone. `start` connects; from then on the init's script
 * reports to it: a failing hook or execve as data, success as the end of the stream right
 * after "executing". No other runtime can tell the two apart.
 */
#ifndef RUN_GATE_H
#define RUN_GATE_H

#include "base/err.h"
#include "kernel/script.h"

/* Makes the listening socket in the directory. The descriptor, or -1 with *e. */
int gate_make(int dirfd, struct err *e);

/*
 * Connects to the gate. The descriptor, or -1 with *e: "container not running" and
 * ECONNREFUSED in e->code when nobody listens any more.
 */
int gate_connect(int dirfd, const char *id, struct err *e);

/*
 * Follows the reports on `sock` (gate or baton) until the program runs: 0, or -1 with *e.
 * on_listener (may be NULL) takes the seccomp descriptor (it closes it) with `arg`; the
 * program waits for it, and does not run when it fails.
 */
int gate_follow(int sock, int (*on_listener)(int fd, void *arg, struct err *e), void *arg,
		struct err *e);

/* Who takes what comes along; NULL: nobody. */
struct gate_answers {
	int (*listener)(int fd, void *arg, struct err *e); /* closes fd */
	void *listener_arg;
	int (*layer)(int sock, void *arg, struct err *e); /* helpers_start() */
	void *layer_arg;
};

/* The same, ended by a signal on interrupt_fd (run/interrupt.h; -1: by none). */
int gate_follow_until(int sock, int interrupt_fd, const struct gate_answers *answers,
		      struct err *e);

#endif
