/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.intelRdt in the life of a container: planned and looked at with everything else,
 * recorded before it is made, joined right after birth, removed at delete. Without the
 * member nothing of resctrl is even looked for.
 */
#include "run/resctrl.h"

#include "base/log.h"
#include "cgroup/rdt.h"
#include "run/steps.h"

int resctrl_plan(struct container *c, struct err *e)
{
	const struct oci_linux *l = c->config->linux;
	const char *mount = NULL;

	if (!l || !l->intel_rdt)
		return 0;
	TRY(rdt_mount_find(&c->arena, &mount, e));
	TRY(rdt_plan_make(l->intel_rdt, c->args->id, mount, &c->arena, &c->rdt_plan, e));
	return rdt_survey(&c->rdt_plan, &c->rdt, e);
}

bool wants_resctrl(const struct container *c)
{
	return c->rdt_plan.mount;
}

int host_resctrl(struct container *c, struct err *e)
{
	TRY(rdt_prepare(&c->rdt_plan, &c->rdt, e));
	return rdt_join(&c->rdt, c->init.pid, e);
}

void host_resctrl_undo(struct container *c)
{
	struct err e = { 0 };

	if (rdt_undo(&c->rdt, &e) < 0)
		log_warning("%s", e.text);
}

int resctrl_join(const struct run_record *record, pid_t pid, struct err *e)
{
	struct rdt rdt;
	int result;

	if (!record->resctrl.n)
		return 0;
	TRY(rdt_from_record(&record->resctrl, &rdt, e));
	result = rdt_join(&rdt, pid, e);
	rdt_close(&rdt);
	return result;
}

int resctrl_update(const struct run_record *record, const char *l3_cache_schema,
		   const char *mem_bw_schema, struct err *e)
{
	struct rdt rdt;
	int result;

	TRY(rdt_from_record(&record->resctrl, &rdt, e));
	result = rdt_update(&rdt, l3_cache_schema, mem_bw_schema, e);
	rdt_close(&rdt);
	return result;
}

int resctrl_remove(const struct run_record *record, struct err *e)
{
	struct rdt rdt;
	int result;

	if (!record->resctrl.n)
		return 0;
	TRY(rdt_from_record(&record->resctrl, &rdt, e));
	result = rdt_remove(&rdt, e);
	rdt_close(&rdt);
	return result;
}
