/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the runtime itself adds to a decoded configuration before anything is planned, so
 * that the rest of the birth need not know of it.
 */
#ifndef RUN_ADDITION_H
#define RUN_ADDITION_H

#include "run/container.h"

/* ROOT/ID/name as an absolute path in the container's arena; NULL with *e. */
char *addition_path(struct container *c, const char *name, struct err *e);

/* "NAME=VALUE" for the process, which there must be. The text is copied. */
int addition_variable(struct container *c, const char *text, struct err *e);

/* A read-only bind mount after all others; both texts must live as long as the container. */
int addition_mount(struct container *c, const char *destination, const char *source,
		   struct err *e);

#endif
