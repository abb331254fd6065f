/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct use, done: facts, config, and the ordinary life of a container under a name that
 * nobody has to know; see direct.h. The keeper is born first, while there is little memory
 * to copy, and dismissed last.
 */
#include "run/direct.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "run/direct_user.h"
#include "run/keeper.h"
#include "run/record.h"
#include "sec/label.h"

#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

/*
 * Where the state lies when nobody has said so. A plain user need not have a runtime
 * directory (CI jobs, sudo -u): then a directory of his own in /tmp, which must be nobody
 * else's.
 */
static int choose_root(struct run_context *ctx, char path[STATEDIR_OTHER_MAX],
		       struct err *e)
{
	struct err why = { 0 };
	auto_close int fd = -1;

	if (ctx->root)
		return 0;
	fd = statedir_root(NULL, true, &why);
	if (fd >= 0)
		return 0;
	if (!statedir_other_root(path, true))
		return err_take(e, &why);
	log_info("%s: the state goes to %s", why.text, path);
	ctx->root = path;
	return 0;
}

/* Which limits the kernel holds a container to, and which are best effort. */
static void tell_limits(const struct direct_request *rq, const struct direct_facts *f,
			struct run_watch *w)
{
	w->pids_by = f->can_pids ? "cgroup" : "rlimit";
	w->memory_by = !rq->memory     ? "not asked for"
		       : f->can_memory ? "cgroup"
				       : "rlimit";
	w->cpu_by = !rq->cpus ? "not asked for" : f->can_cpu ? "cgroup" : "none";
}

static int make_text(const struct run_context *ctx, const struct direct_request *rq,
		     unsigned indent, struct oci_arena *arena, char **ret,
		     bool *ret_has_cgroup, struct run_watch *watch, struct err *e)
{
	struct direct_request found = *rq;
	struct direct_facts facts;
	struct direct_plan plan;

	TRY(direct_user(&found, arena, e));
	TRY(direct_facts_read(ctx, &found, arena, &facts, e));
	TRY(direct_config(arena, &found, &facts, &plan, e));
	*ret = oci_encode(arena, &oci_type_config, plan.config, indent, NULL);
	if (!*ret)
		return err_set(e, "out of memory");
	*ret_has_cgroup = facts.has_cgroup;
	if (watch)
		tell_limits(rq, &facts, watch);
	for (size_t i = 0; i < plan.n_remarks; i++)
		log_info("%s", plan.remarks[i]);
	return 0;
}

void direct_see_labels(struct run_watch *watch)
{
	static const char *const states[] = { [SELINUX_DISABLED] = "none",
					      [SELINUX_PERMISSIVE] = "permissive",
					      [SELINUX_ENFORCING] = "enforcing" };
	struct label_facts facts = { 0 };

	label_read_facts(&facts);
	watch->selinux = states[facts.selinux];
	watch->apparmor = facts.apparmor ? "the caller's" : "none";
}

int direct_print(const struct run_context *ctx, const struct direct_request *rq,
		 struct oci_arena *arena, char **ret, struct err *e)
{
	bool has_cgroup;

	return make_text(ctx, rq, 8, arena, ret, &has_cgroup, NULL, e);
}

void direct_new_id(char ret[DIRECT_ID_MAX])
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != (ssize_t)sizeof(r))
		r = (uint32_t)clock_us();
	snprintf(ret, DIRECT_ID_MAX, "run-%d-%08x", (int)getpid(), r);
}

int direct_run(const struct run_context *given, const struct direct_request *rq,
	       const char *id, bool keep, struct run_watch *watch, int *ret_status,
	       struct err *e)
{
	struct run_create_args args = { .id = id, .bundle = "/", .transient = !keep };
	struct run_context ctx = *given;
	struct oci_arena arena = { 0 };
	struct keeper keeper = { -1, -1 };
	bool has_cgroup = false;
	char *text = NULL;
	char root[STATEDIR_OTHER_MAX];
	int rc;

	watch->started_us = clock_us();
	args.allow_host_proc = rq->allow_host_proc;
	args.selinux = rq->selinux;
	rc = choose_root(&ctx, root, e);
	if (rc == 0 && !keep)
		rc = keeper_start(&ctx, id, &keeper, e);
	if (rc == 0)
		rc = make_text(&ctx, rq, 0, &arena, &text, &has_cgroup, watch, e);
	args.text = text;
	if (!has_cgroup)
		ctx.cgroup_manager = RUN_CGROUP_DISABLED;
	if (rc == 0)
		rc = run_watched(&ctx, &args, keep, watch, ret_status, e);
	oci_arena_free(&arena);
	keeper_dismiss(&keeper);
	return rc;
}

int direct_run_detached(const struct run_context *given, const struct direct_request *rq,
			const char *id, struct err *e)
{
	struct run_create_args args = { .id = id, .bundle = "/" };
	struct run_context ctx = *given;
	struct oci_arena arena = { 0 };
	bool has_cgroup = false;
	char root[STATEDIR_OTHER_MAX];
	char *text = NULL;
	int status;
	int rc;

	args.allow_host_proc = rq->allow_host_proc;
	args.selinux = rq->selinux;
	rc = choose_root(&ctx, root, e);
	if (rc == 0)
		rc = make_text(&ctx, rq, 0, &arena, &text, &has_cgroup, NULL, e);
	args.text = text;
	if (!has_cgroup)
		ctx.cgroup_manager = RUN_CGROUP_DISABLED;
	if (rc == 0)
		rc = run_run(&ctx, &args, true, true, &status, e);
	oci_arena_free(&arena);
	return rc;
}
