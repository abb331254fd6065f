/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out of memory in a container's cgroup, told as it happens: on v2 the counter oom_kill of
 * memory.events (hierarchical), on v1 the events of memory.oom_control. What happened before
 * cgroup_oom_open() is not told; nothing after it is lost, also when the cgroup goes before
 * we have read: whoever removes it leaves the counter (cgroup_oom_count()), and for a manager
 * that does not (systemd) the cgroups above and the machine have counted too.
 */
#ifndef CGROUP_OOM_H
#define CGROUP_OOM_H

#include "cgroup/cgroup.h"

enum { CGROUP_OOM_ABOVE = 3 }; /* a scope with a cgroup in it, its slice, the machine */

/* Zeroed but for the descriptors (-1) when nothing can be watched. */
struct cgroup_oom {
	int fd; /* to be polled, -1: the memory controller is not there */
	short events; /* of poll(2) */
	int control; /* v1: memory.oom_control, else -1 */
	uint64_t seen; /* the counter, as far as it was told */
	/* v2: memory.events of the cgroups above, the nearest first, or -1; /proc/vmstat */
	int above[CGROUP_OOM_ABOVE];
	uint64_t above_seen[CGROUP_OOM_ABOVE]; /* ... when `seen` was read */
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

/*
 * The counter as it stands; for who removes the cgroup, to be left to those who watch. False:
 * there is none (no memory controller), or the cgroup is gone.
 */
bool cgroup_oom_count(const struct cgroup *cg, uint64_t *ret);

/*
 * Once, when the init has ended, in place of cgroup_oom_take(). When the cgroup is gone: what
 * is in *left, from cgroup_oom_count(); without it (NULL) and with `suspected`, what the
 * cgroups above have counted since the last call, or one when these are gone too and
 * /proc/vmstat has counted. Others may have died of it too, so that is asked for only when the
 * container's end looks like it.
 */
uint64_t cgroup_oom_last(struct cgroup_oom *o, const uint64_t *left, bool suspected);

void cgroup_oom_close(struct cgroup_oom *o);

#endif
