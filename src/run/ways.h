/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What still works on a machine that refuses user namespaces: nothing takes it unasked. */
#ifndef RUN_WAYS_H
#define RUN_WAYS_H

#include "base/err.h"

#include <stdbool.h>

/*
 * Adds to the remedy what the caller may do instead; host_root: the machine's own system would
 * be shown (`do`). Nothing when no way is known. Returns -1. user_namespaces(7), landlock(7).
 */
int ways_without_userns(struct err *e, bool host_root);

#endif
