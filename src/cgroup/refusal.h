/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the kernel did not take a value: the sentence and, where one is known, the cure.
 */
#ifndef CGROUP_REFUSAL_H
#define CGROUP_REFUSAL_H

#include "cgroup/cgroup.h"

/* The error for a write that has just failed with errno. Returns -1. */
int write_failed(const struct cgroup_write *w, const struct cgroup_dir *dir,
		 struct err *e);

#endif
