/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `doctor`: cgroups. What direct use would get is asked of its own code; with cgroupfs a cgroup
 * is then really made, and removed again. (systemd would have to be given a process.)
 */
#include "run/doctor_check.h"

#include "cgroup/cgroup.h"
#include "run/direct.h"

#include <stdio.h>
#include <unistd.h>

enum { REMOVE_MS = 2000 };

static const char *const cure = "under systemd: run it in a unit with Delegate=yes "
				"(`systemd-run --user --scope -p "
				"Delegate=yes`), or --systemd-cgroup; elsewhere give the "
				"caller a cgroup of its own";

static int ask(struct doctor *d, struct direct_facts *ret, struct err *e)
{
	static char *args[] = { (char *)"true", NULL };
	struct direct_request rq = {
		.args = args, .rootfs = "/", .memory = 1 << 20, .cpus = 1000, .pids = 1
	};

	return direct_facts_read(d->ctx, &rq, d->arena, ret, e);
}

static int make_and_remove(const struct cgroup_plan *plan, struct err *e)
{
	struct cgroup cg = { 0 };
	struct err ignored = { 0 };
	int rc = cgroup_survey(plan, &cg, e);

	if (rc == 0) {
		rc = cgroup_prepare(plan, &cg, e);
		(void)cgroup_remove(&cg, REMOVE_MS, &ignored);
	}
	cgroup_close(&cg);
	return rc;
}

static int try_cgroup(struct doctor *d, struct str *seen, struct err *e)
{
	static const char *const modes[] = { [CGROUP_NONE] = "none",
					     [CGROUP_V1] = "v1",
					     [CGROUP_HYBRID] = "v1 and v2",
					     [CGROUP_V2] = "v2" };
	struct oci_pids pids = { { true, 100 } };
	struct oci_resources resources = { .pids = &pids };
	struct direct_facts facts = { 0 };
	struct cgroup_facts host = { 0 };
	struct cgroup_request rq = { .unprivileged = !d->privileged };
	struct cgroup_plan plan = { 0 };
	char id[DIRECT_ID_MAX];

	TRY(ask(d, &facts, e));
	direct_new_id(id);
	rq.id = id;
	rq.resources = facts.can_pids ? &resources : NULL;
	TRY(cgroup_facts_read(&rq, d->arena, &host, e));
	str_addf(seen, "%s", modes[host.mode]);
	if (!facts.has_cgroup)
		return err_set(e, "no cgroup can be made beside the caller's own");
	if (d->ctx->cgroup_manager != RUN_CGROUP_CGROUPFS)
		return 0;
	TRY(cgroup_plan_make(&rq, &host, d->arena, &plan, e));
	TRY(make_and_remove(&plan, e));
	str_add(seen, "; one was made and removed");
	return 0;
}

void doctor_cgroup(struct doctor *d, struct doctor_finding *f)
{
	struct err why = { 0 };
	auto_str seen = { 0 };

	if (d->ctx->cgroup_manager == RUN_CGROUP_DISABLED) {
		doctor_found(d, f, "not wanted: --cgroup-manager disabled");
		return;
	}
	if (try_cgroup(d, &seen, &why) < 0)
		doctor_fault(d, f, DOCTOR_MISSING, &why, cure);
	if (seen.n)
		doctor_found(d, f, "%s", seen.s);
}

static void controller(struct doctor *d, struct doctor_finding *f, bool can)
{
	struct err why = { 0 };

	if (can) {
		doctor_found(d, f, "delegated");
		return;
	}
	err_set(&why, "the controller %s is not delegated to the caller", f->name);
	doctor_fault(d, f, DOCTOR_MISSING, &why, cure);
}

static struct direct_facts facts_of(struct doctor *d)
{
	struct direct_facts facts = { 0 };
	struct err ignored = { 0 };

	(void)ask(d, &facts, &ignored);
	return facts;
}

void doctor_pids(struct doctor *d, struct doctor_finding *f)
{
	controller(d, f, facts_of(d).can_pids);
}

void doctor_memory(struct doctor *d, struct doctor_finding *f)
{
	controller(d, f, facts_of(d).can_memory);
}

void doctor_cpu(struct doctor *d, struct doctor_finding *f)
{
	controller(d, f, facts_of(d).can_cpu);
}
