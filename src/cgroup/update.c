/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New limits for a container that exists.
 */
#include "cgroup/cgroup.h"

int cgroup_update_facts_read(const struct cgroup *cg, const struct oci_resources *wanted,
			     struct cgroup_update_facts *ret, struct err *e)
{
	(void)cg;
	(void)wanted;
	(void)e;
	*ret = (struct cgroup_update_facts){ 0 };
	return 0;
}

int cgroup_update_plan(const struct cgroup *cg, const struct cgroup_update_facts *facts,
		       const struct oci_resources *current,
		       const struct oci_resources *wanted, struct oci_arena *arena,
		       struct cgroup_update *ret, struct err *e)
{
	(void)cg;
	(void)facts;
	(void)current;
	(void)wanted;
	(void)arena;
	(void)ret;
	return err_set(e, "linux.resources: update is not supported yet");
}

int cgroup_update_apply(const struct cgroup_update *u, const struct cgroup *cg,
			struct err *e)
{
	(void)u;
	(void)cg;
	return err_set(e, "linux.resources: update is not supported yet");
}

void cgroup_update_text(const struct cgroup_update *u, struct str *ret)
{
	(void)u;
	str_add(ret, "");
}
