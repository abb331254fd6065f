/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standing between the container and our own standard output and error, to count what it
 * writes. While the init is born, our descriptors 1 and 2 are pipes, which it inherits.
 */
#ifndef RUN_CAPTURE_H
#define RUN_CAPTURE_H

#include "base/err.h"

struct capture {
	int from[2]; /* our ends of the pipes; -1: none */
	int saved[2]; /* our own standard output and error meanwhile; -1: in place */
};

#define CAPTURE_NONE ((struct capture){ { -1, -1 }, { -1, -1 } })

/* Puts the pipes in place. -1 with *e: all is as it was. pipe(2). */
int capture_begin(struct capture *c, struct err *e);

/* Our own descriptors are back; the pipes stay open for reading. Idempotent. */
void capture_restore(struct capture *c);

/* Closes everything; idempotent. */
void capture_close(struct capture *c);

#endif
