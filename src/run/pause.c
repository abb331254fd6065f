/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pause and resume (run.h). Nothing is written to the record: whether a container is paused
 * is what its cgroup says, so that an engine that froze it by itself sees the same.
 */
#include "run/lookup.h"

enum { LOCK_TIMEOUT_MS = 10000, FREEZE_TIMEOUT_MS = 10000 };

static int freeze(const struct run_context *ctx, const char *id, bool frozen,
		  struct err *e)
{
	enum run_operation op = frozen ? RUN_OP_PAUSE : RUN_OP_RESUME;
	struct lookup l;
	int rc = lookup_open(ctx, id, LOCK_TIMEOUT_MS, false, &l, e);

	if (rc == 0)
		rc = machine_check(op, l.status, id, e);
	if (rc == 0)
		rc = lookup_cgroup_there(&l, e);
	if (rc == 0)
		rc = cgroup_freeze(&l.cgroup, frozen, FREEZE_TIMEOUT_MS, e);
	lookup_close(&l);
	return rc;
}

int run_pause(const struct run_context *ctx, const char *id, struct err *e)
{
	return freeze(ctx, id, true, e);
}

int run_resume(const struct run_context *ctx, const char *id, struct err *e)
{
	return freeze(ctx, id, false, e);
}
