/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second belt of a container; see belt.h. Best effort: what is missing is said, once. */
#include "run/belt.h"

#include "base/log.h"
#include "sec/landlock.h"

/* A root that is made of mounts alone (`do`) has nothing of its own to write to. */
static bool has_closed_root(const struct oci_config *config)
{
	for (size_t i = 0; i < config->annotations.n; i++)
		if (str_eq(config->annotations.v[i].key, "wolffia.root") &&
		    str_eq(config->annotations.v[i].value, "empty"))
			return true;
	return !config->root || config->root->readonly;
}

static int make(const struct oci_config *config, const struct oci_process *p,
		struct oci_arena *arena, struct landlock_plan **ret, struct err *e)
{
	struct landlock_plan *plan;
	int abi;

	*ret = NULL;
	if (!p || !container_flag(config, "wolffia.landlock"))
		return 0;
	if (!p->no_new_privileges) {
		log_warning("Landlock: process.noNewPrivileges is not set: without this "
			    "second belt");
		return 0;
	}
	abi = landlock_abi();
	if (!abi) {
		log_info("Landlock: this kernel has none, or an old one: without this "
			 "second belt");
		return 0;
	}
	plan = oci_alloc(arena, sizeof(*plan));
	if (!plan)
		return err_set(e, "out of memory");
	TRY(landlock_plan_make(config, has_closed_root(config), abi, arena, plan, e));
	*ret = plan;
	return 0;
}

int belt_plan(struct container *c, struct err *e)
{
	struct landlock_plan *plan;

	TRY(make(c->config, c->config->process, &c->arena, &plan, e));
	c->facts.landlock = plan;
	if (plan && c->watch)
		c->watch->landlock = plan->abi;
	return 0;
}

static bool has_own(const struct oci_config *config, enum oci_namespace_type type)
{
	const struct oci_linux *l = config->linux;

	for (size_t i = 0; l && i < l->namespaces.n; i++)
		if (l->namespaces.v[i].type == type && !l->namespaces.v[i].path)
			return true;
	return false;
}

int belt_plan_exec(const struct oci_config *config, const struct oci_process *p,
		   struct oci_arena *arena, const struct landlock_plan **ret,
		   struct err *e)
{
	struct landlock_plan *plan;

	TRY(make(config, p, arena, &plan, e));
	if (plan)
		landlock_plan_beside(plan, has_own(config, OCI_NS_PID),
				     has_own(config, OCI_NS_NETWORK));
	*ret = plan;
	return 0;
}
