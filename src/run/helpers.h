/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers by fuse-overlayfs in the life of a container (fs/fuse.h): INIT, whom the kernel has
 * refused an overlay, sends HOST a socket by the baton, and HOST gives birth to a process
 * that answers there. HOST waits for none of it; each ends with INIT.
 */
#ifndef RUN_HELPERS_H
#define RUN_HELPERS_H

#include "base/err.h"

#include <stdbool.h>

enum { HELPERS_MAX = 16 };

/* The part of struct container that is about it: pidfds. */
struct layer_helpers {
	int fds[HELPERS_MAX];
	unsigned n;
	bool lost; /* one was killed while the container had its layer */
};

struct container;

/* INIT: layers may be made so, in a container with a pid and a mount namespace of its own. */
void helpers_offer(struct container *c);

/* HOST: starts one for INIT, which asks by `sock` (borrowed). container: struct container. */
int helpers_start(int sock, void *container, struct err *e);

/* One may have ended: false when the container has lost its files by that. */
bool helpers_look(struct layer_helpers *h);

/* The error of a container that was ended because it had lost its files. Returns -1. */
int helpers_lost(struct err *e);

/* The container's init is dead: waits for them; or it stays without us. Idempotent. */
void helpers_finish(struct container *c);
void helpers_leave(struct container *c);

#endif
