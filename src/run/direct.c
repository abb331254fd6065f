/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct use, done: facts, config, and the ordinary life of a container under a name that
 * nobody has to know; see direct.h. The keeper is born first, while there is little memory
 * to copy, and dismissed last.
 */
#include "run/direct.h"

#include "base/clock.h"
#include "base/log.h"
#include "run/keeper.h"

#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

static int make_text(const struct run_context *ctx, const struct direct_request *rq,
		     unsigned indent, struct oci_arena *arena, char **ret, struct err *e)
{
	struct direct_facts facts;
	struct direct_plan plan;

	TRY(direct_facts_read(ctx, rq, arena, &facts, e));
	TRY(direct_config(arena, rq, &facts, &plan, e));
	*ret = oci_encode(arena, &oci_type_config, plan.config, indent, NULL);
	if (!*ret)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < plan.n_remarks; i++)
		log_info("%s", plan.remarks[i]);
	return 0;
}

int direct_print(const struct run_context *ctx, const struct direct_request *rq,
		 struct oci_arena *arena, char **ret, struct err *e)
{
	return make_text(ctx, rq, 8, arena, ret, e);
}

void direct_new_id(char ret[DIRECT_ID_MAX])
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != (ssize_t)sizeof(r))
		r = (uint32_t)clock_us();
	snprintf(ret, DIRECT_ID_MAX, "run-%d-%08x", (int)getpid(), r);
}

int direct_run(const struct run_context *ctx, const struct direct_request *rq,
	       const char *id, bool keep, struct run_watch *watch, int *ret_status,
	       struct err *e)
{
	struct run_create_args args = { .id = id, .bundle = "/", .transient = !keep };
	struct oci_arena arena = { 0 };
	struct keeper keeper = { -1, -1 };
	char *text = NULL;
	int rc = 0;

	watch->started_us = clock_us();
	if (!keep)
		rc = keeper_start(ctx, id, &keeper, e);
	if (rc == 0)
		rc = make_text(ctx, rq, 0, &arena, &text, e);
	args.text = text;
	if (rc == 0)
		rc = run_watched(ctx, &args, keep, watch, ret_status, e);
	oci_arena_free(&arena);
	keeper_dismiss(&keeper);
	return rc;
}
