/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program criu as a helper: found in a fixed list of directories (never $PATH), run as
 * "criu swrk FD", talked to over a socket pair that it inherits. criu(8).
 */
#ifndef RUN_CRIU_H
#define RUN_CRIU_H

#include "base/err.h"
#include "base/str.h"
#include "kernel/spawn.h"
#include "run/criu_msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 3.16: the oldest that asks us once the processes are stopped, see criu_run(). */
enum { CRIU_VERSION_MIN = 31600 };

/* A directory that is open under `fd` here, and where it is. */
struct criu_dir {
	int fd;
	const char *path;
};

struct criu_start {
	const char *program; /* --criu, or NULL: searched for */
	int cgroup_fd; /* v2 cgroup to be born in, or -1 */
	/*
	 * restore: the root filesystem. criu gets a mount namespace of its own in which that
	 * directory is bound onto itself, as it wants it; nothing stays behind. In there it
	 * has root, images and work directory opened anew, under the same numbers. root.fd
	 * -1: dump, and criu gets a session of its own, so that Ctrl-C cannot stop it half-way.
	 */
	struct criu_dir root;
	struct criu_dir images;
	struct criu_dir work;
	const int *
		pass; /* descriptors that criu inherits under their numbers, on purpose */
	size_t n_pass;
	int interrupt_fd; /* interrupt_open(), or -1: a signal gives up waiting for criu */
};

struct criu {
	int sock;
	int words; /* memfd: what it prints before it has a log */
	int interrupt_fd; /* borrowed, or -1 */
	struct spawned child;
	uint32_t version; /* after criu_check_version() */
};

#define CRIU_NONE                                                              \
	(struct criu)                                                          \
	{                                                                      \
		.sock = -1, .words = -1, .interrupt_fd = -1, .child.pidfd = -1 \
	}

/* Where criu is, or NULL (no struct err): static storage. */
const char *criu_find(void);

/*
 * Starts criu; "criu is not installed" with a hint when there is none. It does nothing until
 * it is asked. End with criu_end(), also after -1.
 */
int criu_start(const struct criu_start *how, struct criu *ret, struct err *e);

/* Asks for the version; an error when it is older than CRIU_VERSION_MIN. */
int criu_check_version(struct criu *c, struct err *e);

/* Asks which of the features the kernel and criu have together; -1 with *e, else the bits. */
int criu_check_features(struct criu *c, unsigned features, struct err *e);

/*
 * What is due at a notification. *fd is the descriptor that came along, or -1; who keeps it
 * sets it to -1. -1 with *e lets criu give up and undo what it did.
 */
typedef int criu_on_notify(void *arg, const struct criu_answer *a, int *fd,
			   struct err *e);

/*
 * Sends the request, answers notifications and returns 0 with the final answer of success.
 * -1 with *e: the error of on_notify, or CRIU_FAILED in e->code when criu has failed and its
 * log says why.
 */
enum { CRIU_FAILED = 100000 };
int criu_run(struct criu *c, const struct str *request, criu_on_notify *on_notify,
	     void *arg, struct criu_answer *ret, struct err *e);

/* Lets it end and waits for that; with `kill` it is made to. */
void criu_end(struct criu *c, bool kill);

#endif
