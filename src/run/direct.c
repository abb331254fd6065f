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
#include "run/ways.h"
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

/* What a request becomes. */
struct made {
	struct direct_request request; /* with the ids of names */
	char *text;
	bool has_cgroup;
	uint64_t memory_default; /* the limit that nobody has asked for; 0: none */
};

/* *watch, if there is one, learns who enforces the limits. */
static int make_text(const struct run_context *ctx, const struct direct_request *rq,
		     unsigned indent, struct oci_arena *arena, struct made *ret,
		     struct run_watch *watch, struct err *e)
{
	struct direct_facts facts;
	struct direct_plan plan;

	*ret = (struct made){ .request = *rq };
	TRY(direct_user(&ret->request, arena, e));
	TRY(direct_facts_read(ctx, &ret->request, arena, &facts, e));
	TRY(direct_config(arena, &ret->request, &facts, &plan, e));
	ret->text = oci_encode(arena, &oci_type_config, plan.config, indent, NULL);
	if (!ret->text)
		return err_set(e, "out of memory");
	ret->has_cgroup = facts.has_cgroup;
	ret->memory_default = plan.memory_default;
	if (watch) {
		watch->pids_by = plan.pids_by;
		watch->memory_by = plan.memory_by;
		watch->cpu_by = plan.cpu_by;
	}
	for (size_t i = 0; i < plan.n_remarks; i++)
		plan.remarks[i].asked ? log_warning("%s", plan.remarks[i].line)
				      : log_info("%s", plan.remarks[i].line);
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
	struct made made;

	TRY(make_text(ctx, rq, 8, arena, &made, NULL, e));
	*ret = made.text;
	return 0;
}

void direct_new_id(char ret[DIRECT_ID_MAX])
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != (ssize_t)sizeof(r))
		r = (uint32_t)clock_us();
	snprintf(ret, DIRECT_ID_MAX, "run-%d-%08x", (int)getpid(), r);
}

static struct run_create_args create_args(const struct direct_request *rq, const char *id)
{
	struct run_create_args args = rq->create;

	args.id = id;
	args.bundle = "/";
	return args;
}

/* A status of 137, or a process that has vanished, says nothing of memory. */
static void tell_oom(const struct direct_request *rq, uint64_t unasked)
{
	if (unasked)
		log_warning(
			"memory ran out: the default limit is %llu MiB, three quarters "
			"of what there is; --memory gives another, or none (max)",
			(unsigned long long)unasked >> 20);
	else if (rq->memory)
		log_warning("memory ran out: --memory is %llu KiB",
			    (unsigned long long)rq->memory >> 10);
}

/* From the request to the end of *run, in a state root that is there. */
static int make_and_run(struct run_context *ctx, const struct direct_request *rq,
			struct run_create_args *args, bool keep, struct run_watch *watch,
			int *ret_status, struct err *e)
{
	struct oci_arena arena = { 0 };
	struct made made;
	int rc;

	rc = make_text(ctx, rq, 0, &arena, &made, watch, e);
	args->text = made.text;
	if (!made.has_cgroup)
		ctx->cgroup_manager = RUN_CGROUP_DISABLED;
	if (rc == 0)
		rc = watch ? run_watched(ctx, args, keep, watch, ret_status, e)
			   : run_run(ctx, args, true, true, ret_status, e);
	if (watch && watch->oom_killed)
		tell_oom(rq, made.memory_default);
	if (rc < 0 && e->no_userns)
		ways_without_userns(e, !rq->rootfs);
	if (rc < 0)
		direct_place(rq, e);
	oci_arena_free(&arena);
	return rc;
}

int direct_run(const struct run_context *given, const struct direct_request *rq,
	       const char *id, bool keep, struct run_watch *watch, int *ret_status,
	       struct err *e)
{
	struct run_create_args args = create_args(rq, id);
	struct run_context ctx = *given;
	struct keeper keeper = { -1, -1 };
	char root[STATEDIR_OTHER_MAX];
	int rc;

	args.transient = !keep;
	watch->started_us = clock_us();
	rc = choose_root(&ctx, root, e);
	if (rc == 0 && !keep)
		rc = keeper_start(&ctx, id, &keeper, e);
	if (rc == 0)
		rc = make_and_run(&ctx, rq, &args, keep, watch, ret_status, e);
	keeper_dismiss(&keeper);
	return rc;
}

int direct_run_detached(const struct run_context *given, const struct direct_request *rq,
			const char *id, struct err *e)
{
	struct run_create_args args = create_args(rq, id);
	struct run_context ctx = *given;
	char root[STATEDIR_OTHER_MAX];
	int status;

	TRY(choose_root(&ctx, root, e));
	return make_and_run(&ctx, rq, &args, true, NULL, &status, e);
}
