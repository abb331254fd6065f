/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.oci.delegate-cgroup: the container sees its cgroup as the root of its cgroup namespace,
 * but its first process lives in one below, so that it may enable controllers in the root.
 */
#include "run/steps.h"

static const char key[] = "run.oci.delegate-cgroup";

const char *container_below(const struct container *c)
{
	const struct oci_map *m = &c->config->annotations;

	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->v[i].key, key) && *m->v[i].value)
			return m->v[i].value;
	return NULL;
}

int container_check_below(const struct container *c, struct err *e)
{
	const char *path = container_below(c);

	if (!path)
		return 0;
	WHERE_IN(e, "annotations", key);
	TRY(cgroup_below_check(path, e));
	if (!c->cgroup_plan.n_dirs || !c->cgroup_plan.dirs[0].v2)
		return err_set(e, "the container has no cgroup of version 2");
	if (c->ns.mode[NSFD_CGROUP] != NS_NEW) {
		err_set(e, "the container has no new cgroup namespace");
		return err_hint(e, "add {\"type\": \"cgroup\"} to linux.namespaces");
	}
	return 0;
}

bool wants_below(const struct container *c)
{
	return container_below(c) != NULL;
}

int host_below(struct container *c, struct err *e)
{
	WHERE_IN(e, "annotations", key);
	return cgroup_move_below(&c->cgroup, container_below(c), c->init.pid, e);
}
