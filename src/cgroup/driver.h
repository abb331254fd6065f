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
	/* what cgroup_survey() does beyond opening the directories; NULL: nothing */
	int (*survey)(const struct cgroup_plan *plan, struct cgroup *cg, struct err *e);
	int (*prepare)(const struct cgroup_plan *plan, struct cgroup *cg, struct err *e);
	int (*join)(const struct cgroup *cg, pid_t pid, bool born_in_v2, struct err *e);
	int (*remove)(struct cgroup *cg, int timeout_ms, struct err *e);
	/* cgroup_adopt(); NULL: the cgroup is there before the process */
	int (*adopt)(const struct cgroup_plan *plan, struct cgroup *cg,
		     struct oci_arena *arena, pid_t pid, int pidfd, struct err *e);
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

/* The same plan for a path that is given, beneath every mount; nothing is looked up. */
int cgroup_plan_at(const struct cgroup_request *rq, const struct cgroup_facts *facts,
		   const char *path, struct oci_arena *arena, struct cgroup_plan *ret,
		   struct err *e);

/* One directory: opens it, made with its parents if it is missing (cgroup_prepare()). */
int cgroup_make_dir(struct cgroup_dir *dir, struct err *e);

/* Gives it what limits need: controllers enabled above it, a cpuset's values. */
int cgroup_ready_dir(const struct cgroup_plan_dir *plan, struct cgroup_dir *dir,
		     struct err *e);

/* systemd: see cgroup/systemd.h. */
int cgroup_plan_systemd(const struct cgroup_request *rq, const struct cgroup_facts *facts,
			struct oci_arena *arena, struct cgroup_plan *ret, struct err *e);
int cgroup_survey_systemd(const struct cgroup_plan *plan, struct cgroup *cg,
			  struct err *e);
int cgroup_prepare_systemd(const struct cgroup_plan *plan, struct cgroup *cg,
			   struct err *e);
int cgroup_adopt_systemd(const struct cgroup_plan *plan, struct cgroup *cg,
			 struct oci_arena *arena, pid_t pid, int pidfd, struct err *e);
int cgroup_update_systemd(const struct cgroup *cg, const struct cgroup_write *writes,
			  size_t n, struct err *e);
int cgroup_remove_systemd(struct cgroup *cg, int timeout_ms, struct err *e);

/* What a plan's unit looks like as text; what a cgroup holds for it is given back. */
void cgroup_unit_text(const struct cgroup_unit *u, struct str *ret);
void cgroup_unit_close(struct cgroup *cg);

/*
 * The facts for it, when the hierarchies are known: which manager, its addresses (from the
 * request's environment, else the usual ones), its cgroup.
 */
void cgroup_facts_systemd(const struct cgroup_request *rq, struct oci_arena *arena,
			  struct cgroup_facts *facts);

/* The caller is the root that the system's manager works for. */
bool cgroup_is_system_root(void);

/* Pure. What uid is outside, by the text of uid_map; itself where it is not mapped. */
uid_t cgroup_outer_uid(const char *uid_map, uid_t uid);

/* Pure. The cgroup of a user's manager: a part of the caller's own, else the usual one. */
const char *cgroup_user_manager_path(const char *own, uid_t uid, struct oci_arena *arena);

/* disabled: no directories; limits are refused, device rules left out. */
int cgroup_plan_disabled(const struct cgroup_request *rq,
			 const struct cgroup_facts *facts, struct oci_arena *arena,
			 struct cgroup_plan *ret, struct err *e);

#endif
