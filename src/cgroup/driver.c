/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of drivers, and the calls that go through it.
 */
#include "cgroup/driver.h"

/* A driver without directories of its own shares the functions: they loop over none. */
const struct cgroup_driver cgroup_drivers[CGROUP_MANAGERS] = {
	[CGROUP_MANAGER_CGROUPFS] = { cgroup_plan_directories, cgroup_prepare_directories,
				      cgroup_join_directories, cgroup_remove_directories,
				      NULL },
	[CGROUP_MANAGER_SYSTEMD] = { cgroup_plan_systemd, cgroup_prepare_directories,
				     cgroup_join_directories, cgroup_remove_directories,
				     NULL },
	[CGROUP_MANAGER_DISABLED] = { cgroup_plan_disabled, cgroup_prepare_directories,
				      cgroup_join_directories, cgroup_remove_directories,
				      NULL },
};

int cgroup_plan_make(const struct cgroup_request *rq, const struct cgroup_facts *facts,
		     struct oci_arena *arena, struct cgroup_plan *ret, struct err *e)
{
	if (rq->intel_rdt)
		return err_set(e, "linux.intelRdt: not supported yet");
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

int cgroup_remove(struct cgroup *cg, int timeout_ms, struct err *e)
{
	return cgroup_drivers[cg->manager].remove(cg, timeout_ms, e);
}
