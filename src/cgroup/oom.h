/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out of memory in a container's cgroup, told as it happens: on v2 the counter oom_kill of
 * memory.events (hierarchical), on v1 the events of memory.oom_control. What happened before
 * cgroup_oom_open() is not told; nothing after it is lost while the cgroup is there.
 */
#ifndef CGROUP_OOM_H
#define CGROUP_OOM_H

#include "cgroup/cgroup.h"

/* Zeroed but for the descriptors (-1) when nothing can be watched. */
struct cgroup_oom {
	int fd; /* to be polled, -1: the memory controller is not there */
	short events; /* of poll(2) */
	int control; /* v1: memory.oom_control, else -1 */
	uint64_t seen; /* v2: the counter so far */
};

/*
 * Begins to watch. 0, also when there is no memory controller (ret->fd is -1 then), or -1
 * with *e. Close with cgroup_oom_close(). cgroup-v2.rst "memory.events", cgroup-v1/memory.rst
 * "OOM Control", eventfd(2).
 */
int cgroup_oom_open(const struct cgroup *cg, struct cgroup_oom *ret, struct err *e);

/*
 * To be called whenever fd has one of the events, and once at the end: how often it happened
 * since the last call. On v2 that is the number of processes that were killed.
 */
uint64_t cgroup_oom_take(struct cgroup_oom *o);

void cgroup_oom_close(struct cgroup_oom *o);

#endif
