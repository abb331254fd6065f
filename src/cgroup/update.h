/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of an update that are tested alone: what stands in a file in the form in which
 * it can be written back, and the order of dependent writes. Used by update_apply.c only.
 */
#ifndef CGROUP_UPDATE_H
#define CGROUP_UPDATE_H

#include "cgroup/cgroup.h"

/* One write at work. */
struct update_step {
	const struct cgroup_write *w;
	char *old; /* what to write to undo it (free()); NULL: the file does not exist */
	bool skip; /* nothing is to be written */
	bool done;
};

/*
 * From the whole content of w's file, the text that puts back what the write replaces: the
 * line of the same device or interface, or the value that stands for "none" there. free().
 */
char *update_old_value(const struct cgroup_write *w, const char *content);

/*
 * Orders the steps so that at no moment a value is beyond the one that bounds it (memory
 * within memory and swap together, quota within period, burst within quota).
 */
void update_order(struct update_step *steps, size_t n);

#endif
