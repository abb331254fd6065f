/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of drivers, and the calls that go through it.
 */
#include "cgroup/driver.h"

#if !HAVE_SYSTEMD
static int plan_without(const struct cgroup_request *rq, const struct cgroup_facts *facts,
			struct oci_arena *arena, struct cgroup_plan *ret, struct err *e)
{
	(void)facts;
	(void)arena;
	(void)ret;
	err_set(e,
		"--systemd-cgroup: this wolffia was built without the systemd manager");
	return err_hint(e,
			"use --cgroup-manager cgroupfs (in Podman's containers.conf: "
			"cgroup_manager = \"cgroupfs\") and a path such as /%s",
			rq->id);
}
#endif

/* A driver without directories of its own shares the functions: they loop over none. */
const struct cgroup_driver cgroup_drivers[CGROUP_MANAGERS] = {
	[CGROUP_MANAGER_CGROUPFS] = { .plan = cgroup_plan_directories,
				      .prepare = cgroup_prepare_directories,
				      .join = cgroup_join_directories,
				      .remove = cgroup_remove_directories },
#if HAVE_SYSTEMD
	[CGROUP_MANAGER_SYSTEMD] = { .plan = cgroup_plan_systemd,
				     .survey = cgroup_survey_systemd,
				     .prepare = cgroup_prepare_systemd,
				     .adopt = cgroup_adopt_systemd,
				     .join = cgroup_join_directories,
				     .update = cgroup_update_systemd,
				     .remove = cgroup_remove_systemd },
#else
	[CGROUP_MANAGER_SYSTEMD] = { .plan = plan_without,
				     .prepare = cgroup_prepare_directories,
				     .join = cgroup_join_directories,
				     .remove = cgroup_remove_directories },
#endif
	[CGROUP_MANAGER_DISABLED] = { .plan = cgroup_plan_disabled,
				      .prepare = cgroup_prepare_directories,
				      .join = cgroup_join_directories,
				      .remove = cgroup_remove_directories },
};

int cgroup_plan_make(const struct cgroup_request *rq, const struct cgroup_facts *facts,
		     struct oci_arena *arena, struct cgroup_plan *ret, struct err *e)
{
	return cgroup_drivers[rq->manager].plan(rq, facts, arena, ret, e);
}

int cgroup_prepare(const struct cgroup_plan *plan, struct cgroup *cg, struct err *e)
{
	return cgroup_drivers[cg->manager].prepare(plan, cg, e);
}

int cgroup_join(const struct cgroup *cg, pid_t pid, bool born_in_v2, struct err *e)
{
	return cgroup_drivers[cg->manager].join(cg, pid, born_in_v2, e);
}

bool cgroup_made_late(const struct cgroup *cg)
{
	return cg->unit && cgroup_drivers[cg->manager].adopt;
}

int cgroup_adopt(const struct cgroup_plan *plan, struct cgroup *cg,
		 struct oci_arena *arena, pid_t pid, int pidfd, struct err *e)
{
	return cgroup_drivers[cg->manager].adopt(plan, cg, arena, pid, pidfd, e);
}

int cgroup_remove(struct cgroup *cg, int timeout_ms, struct err *e)
{
	return cgroup_drivers[cg->manager].remove(cg, timeout_ms, e);
}
