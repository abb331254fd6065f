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

#endif
