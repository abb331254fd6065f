/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per --cgroup-manager. What is common to all of them (limits as files, device
 * rules, signals, freezing) works on the directories and needs no driver; a driver decides
 * where the directories are and who makes and removes them.
 */
#ifndef CGROUP_DRIVER_H
#define CGROUP_DRIVER_H

#include "cgroup/cgroup.h"

struct cgroup_driver {
	/* contracts: cgroup_plan_make(), cgroup_prepare(), cgroup_join(), cgroup_remove() */
	int (*plan)(const struct cgroup_request *rq, const struct cgroup_facts *facts,
		    struct oci_arena *arena, struct cgroup_plan *ret, struct err *e);
	int (*prepare)(const struct cgroup_plan *plan, struct cgroup *cg, struct err *e);
	int (*join)(const struct cgroup *cg, pid_t pid, bool born_in_v2, struct err *e);
	int (*remove)(struct cgroup *cg, int timeout_ms, struct err *e);
	/*
	 * Tells the manager (a unit's properties) the values that are about to be written to
	 * the files; when that fails it is called again with the old values of the same
	 * files. NULL: nobody to tell.
	 */
	int (*update)(const struct cgroup *cg, const struct cgroup_write *writes,
		      size_t n, struct err *e);
};

/* Index: enum cgroup_manager. */
extern const struct cgroup_driver cgroup_drivers[CGROUP_MANAGERS];

/* Directories made by us, on v2, v1 and both; see cgroup.h for the contracts. */
int cgroup_plan_directories(const struct cgroup_request *rq,
			    const struct cgroup_facts *facts, struct oci_arena *arena,
			    struct cgroup_plan *ret, struct err *e);
int cgroup_prepare_directories(const struct cgroup_plan *plan, struct cgroup *cg,
			       struct err *e);
int cgroup_join_directories(const struct cgroup *cg, pid_t pid, bool born_in_v2,
			    struct err *e);
int cgroup_remove_directories(struct cgroup *cg, int timeout_ms, struct err *e);

/* systemd: always an error for now, with the cure. */
int cgroup_plan_systemd(const struct cgroup_request *rq, const struct cgroup_facts *facts,
			struct oci_arena *arena, struct cgroup_plan *ret, struct err *e);

/* disabled: no directories; limits are refused, device rules left out. */
int cgroup_plan_disabled(const struct cgroup_request *rq,
			 const struct cgroup_facts *facts, struct oci_arena *arena,
			 struct cgroup_plan *ret, struct err *e);

#endif
