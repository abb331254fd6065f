/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sd_notify(3) for the container: it gets a socket of its own, /run/notify/notify.sock (the
 * directory "notify" of the state directory, bound read-only), and what it says there is
 * passed on to the caller's NOTIFY_SOCKET. The service manager knows our process, not the
 * container's, and the container must not see the manager's socket.
 *
 * A message is a datagram of lines NAME=value. Lines that only inform go through; MAINPID
 * is translated (or dropped by a foreground `run`, which is the main process itself);
 * descriptors to be stored and changes of who may notify are refused.
 */
#ifndef RUN_SDNOTIFY_H
#define RUN_SDNOTIFY_H

#include "base/err.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The directory in the state directory and in the container, and the socket in it. */
#define SDNOTIFY_DIR	  "notify"
#define SDNOTIFY_SOCKET	  SDNOTIFY_DIR "/notify.sock"
#define SDNOTIFY_INSIDE	  "/run/notify"
#define SDNOTIFY_VARIABLE "NOTIFY_SOCKET=/run/notify/notify.sock"

enum { SDNOTIFY_MAX = 4096 }; /* systemd takes no more either */

/* What is passed on of one message. */
struct sdnotify_text {
	char text[SDNOTIFY_MAX + 32]; /* lines without the last newline */
	size_t n; /* 0: nothing is left of it */
	bool ready; /* it says READY=1 */
	bool barrier; /* it is BARRIER=1 and nothing else */
	bool refused; /* some line was left out that asked for something */
	int64_t main_pid; /* of MAINPID=, as the sender counts; 0: none */
};

/* Looks through a message; MAINPID= is taken out. Pure. */
void sdnotify_filter(const char *message, size_t n, struct sdnotify_text *ret);

/* Between the container's socket and the caller's. */
struct sdnotify {
	int in; /* bound in the state directory; -1: there is nothing to do */
	int out; /* connected */
	int pidfd; /* of the init, borrowed; -1: a foreground run */
	pid_t init; /* its pid for MAINPID; 0: a foreground run */
	bool ready; /* READY=1 has come through */
	bool warned;
	int fd; /* goes with the text, or -1 */
	struct sdnotify_text pending; /* n > 0: waits for room */
};

#define SDNOTIFY_NONE                                      \
	(struct sdnotify)                                  \
	{                                                  \
		.in = -1, .out = -1, .pidfd = -1, .fd = -1 \
	}

/*
 * The caller's socket out of the environment: "/path" or "@abstract". NULL when none is
 * given or, with a warning, when it is of a kind that we cannot pass on to.
 */
const char *sdnotify_wanted(void);

/* Makes the directory (0755) in the state directory dirfd. 0 or -1 with *e. */
int sdnotify_make(int dirfd, struct err *e);

/*
 * Binds the container's socket in that directory, replacing one of an earlier process, and
 * connects to the caller's. When that is not there a warning is given, and nobody is told.
 * 0, or -1 with *e. Close with sdnotify_close().
 */
int sdnotify_open(int dirfd, const char *socket, struct sdnotify *ret, struct err *e);
void sdnotify_close(struct sdnotify *n);

/* What to wait for (fd -1: nothing), and what to do then: never blocks. */
struct pollfd sdnotify_poll(const struct sdnotify *n);
void sdnotify_step(struct sdnotify *n);

/* Passes on what has come so far: the container's last words. */
void sdnotify_drain(struct sdnotify *n);

/*
 * Passes messages on until READY=1 or the end of the init behind n->pidfd, and then waits,
 * for five seconds at most, until the manager has read them: it looks up who sent a message,
 * and we are about to exit. -1 with *e when a signal came on interrupt_fd (-1: none can).
 */
int sdnotify_until_ready(struct sdnotify *n, int interrupt_fd, struct err *e);

#endif
