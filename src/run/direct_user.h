/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --user by name: looked up in the root that the program will see, not in the machine's. */
#ifndef RUN_DIRECT_USER_H
#define RUN_DIRECT_USER_H

#include "run/direct.h"

/*
 * Turns user_name and group_name of a request into numbers; a name alone brings its primary
 * group, and the groups of which it is a member (in the arena). Does nothing without names.
 */
int direct_user(struct direct_request *rq, struct oci_arena *arena, struct err *e);

#endif
