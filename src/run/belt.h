/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The annotation wolffia.landlock: a second belt around the files (sec/landlock.h). */
#ifndef RUN_BELT_H
#define RUN_BELT_H

#include "run/container.h"

/*
 * Makes the plan when the config asks for it and the kernel can; else it says at level info
 * why not. Landlock needs process.noNewPrivileges. Fills in c->facts.landlock.
 */
int belt_plan(struct container *c, struct err *e);

/*
 * The same for a process that `exec` adds, with the config of the container as it was at
 * create. *ret lives in the arena; NULL: none.
 */
int belt_plan_exec(const struct oci_config *config, const struct oci_process *p,
		   struct oci_arena *arena, const struct landlock_plan **ret,
		   struct err *e);

#endif
