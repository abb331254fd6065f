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

/*
 * After a successful write with CGROUP_WRITE_VERIFY: an error when the file does not say so,
 * for newer kernels take some values of v1 without doing anything. 0 for other writes.
 */
int write_verify(const struct cgroup_write *w, const struct cgroup_dir *dir,
		 struct err *e);

#endif
