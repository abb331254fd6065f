/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a container is nobody's any more; see gc.c. */
#ifndef RUN_GC_H
#define RUN_GC_H

#include "run/lookup.h"

/*
 * The reason to remove it, or NULL. all: also what has stopped and waits for somebody's
 * `delete`.
 */
char *gc_reason(const struct lookup *l, bool all);

#endif
