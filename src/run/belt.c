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

int belt_plan(struct container *c, struct err *e)
{
	const struct oci_process *p = c->config->process;
	struct landlock_plan *plan;
	int abi;

	if (!p || !container_flag(c->config, "wolffia.landlock"))
		return 0;
	abi = p->no_new_privileges ? landlock_abi() : 0;
	if (!abi) {
		log_info("Landlock: %s: without this second belt",
			 p->no_new_privileges ? "this kernel has none, or an old one"
					      : "process.noNewPrivileges is not set");
		return 0;
	}
	plan = oci_alloc(&c->arena, sizeof(*plan));
	if (!plan)
		return err_set(e, "out of memory");
	TRY(landlock_plan_make(c->config, has_closed_root(c->config), abi, &c->arena,
			       plan, e));
	c->facts.landlock = plan;
	if (c->watch)
		c->watch->landlock = abi;
	return 0;
}
