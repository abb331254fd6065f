/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * update (run.h): under the container's lock, from the limits saved last to new ones. They are
 * saved after they are in force: a runtime that is killed in between leaves limits that the
 * next update does not know of, but never a promise that was not kept.
 */
#include "base/file.h"
#include "run/lookup.h"
#include "run/resctrl.h"

enum { LOCK_TIMEOUT_MS = 10000 };

static int read_wanted(const struct run_update_args *a, struct oci_arena *arena,
		       const struct oci_resources **ret, struct err *e)
{
	struct oci_resources *decoded;
	struct oci_error why;
	auto_str text = { 0 };

	*ret = a->wanted;
	if (!a->resources)
		return 0;
	TRY(file_read_input(a->resources, "--resources", OCI_MAX_SIZE, &text, e));
	if (oci_decode_resources(arena, str_basename(a->resources), text.s ? text.s : "",
				 text.n, &decoded, &why) < 0)
		return err_set(e, "%s", why.text);
	*ret = decoded;
	return 0;
}

/* Everything that can be refused is refused before something is written. */
static int plan(struct lookup *l, const struct oci_resources *wanted,
		struct cgroup_update *ret, struct err *e)
{
	const struct oci_config *config = lookup_config(l, e);
	struct cgroup_update_facts facts;

	if (!config)
		return -1;
	TRY(lookup_cgroup_there(l, e));
	TRY(cgroup_update_facts_read(&l->cgroup, wanted, &facts, e));
	return cgroup_update_plan(&l->cgroup, &facts,
				  config->linux ? config->linux->resources : NULL, wanted,
				  &l->arena, ret, e);
}

static int update(struct lookup *l, const struct run_update_args *a,
		  const struct oci_resources *wanted, struct err *e)
{
	struct cgroup_update limits;

	TRY(machine_check(RUN_OP_UPDATE, l->status, l->dir.id, e));
	if (wanted)
		TRY(plan(l, wanted, &limits, e));
	if (a->l3_cache_schema || a->mem_bw_schema)
		TRY(resctrl_update(l->record, a->l3_cache_schema, a->mem_bw_schema, e));
	if (!wanted)
		return 0;
	TRY(cgroup_update_apply(&limits, &l->cgroup, e));
	return lookup_save_resources(l, limits.merged, e);
}

int run_update(const struct run_context *ctx, const struct run_update_args *args,
	       struct err *e)
{
	const struct oci_resources *wanted = NULL;
	struct oci_arena arena = { 0 };
	struct lookup l;
	int rc;

	/* before the lock: standard input may be slow */
	if (read_wanted(args, &arena, &wanted, e) < 0) {
		oci_arena_free(&arena);
		return -1;
	}
	rc = lookup_open(ctx, args->id, LOCK_TIMEOUT_MS, false, &l, e);
	if (rc == 0)
		rc = update(&l, args, wanted, e);
	lookup_close(&l);
	oci_arena_free(&arena);
	return rc;
}
