/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Link-time double of src/run/direct.c; see fake_run.h. */
#include "fake_run.h"

#include "run/direct.h"
#include "run/lone.h"

#include <stdio.h>

void direct_new_id(char ret[DIRECT_ID_MAX])
{
	snprintf(ret, DIRECT_ID_MAX, "new");
}

void direct_see_labels(struct run_watch *watch)
{
	watch->selinux = watch->apparmor = "none";
}

int direct_print(const struct run_context *ctx, const struct direct_request *rq,
		 struct oci_arena *arena, char **ret, struct err *e)
{
	(void)ctx;
	(void)rq;
	(void)e;
	*ret = oci_strdup(arena, "{}");
	return 0;
}

static void add_request(const struct direct_request *rq)
{
	struct str *s = &fake_run.calls;

	str_addf(s, " root=%s%s%s", rq->rootfs ? rq->rootfs : "host",
		 rq->rootfs_rw ? " rw" : "", rq->read_only ? " ro" : "");
	for (size_t i = 0; i < rq->n_volumes; i++)
		str_addf(s, " volume=%s:%s%s%s%.1s", rq->volumes[i].source,
			 rq->volumes[i].target, rq->volumes[i].readonly ? ",ro" : "",
			 rq->volumes[i].throw_away ? ",overlay" : "",
			 &rq->volumes[i].relabel);
	for (size_t i = 0; i < rq->n_tmpfs; i++)
		str_addf(s, " tmpfs=%s:%s", rq->tmpfs[i].target,
			 rq->tmpfs[i].options ? rq->tmpfs[i].options : "");
	for (size_t i = 0; i < rq->n_env; i++)
		str_addf(s, " env=%s", rq->env[i]);
	str_addf(s, " userns=%d net=%d", (int)rq->ids.mode, (int)rq->net);
	if (rq->has_user)
		str_addf(s, " user=%u:%u", rq->uid, rq->gid);
	if (rq->user_name || rq->group_name)
		str_addf(s, " who=%s:%s", rq->user_name ? rq->user_name : "",
			 rq->group_name ? rq->group_name : "");
	for (char **a = rq->args; *a; a++)
		str_addf(s, " [%s]", *a);
}

int direct_run(const struct run_context *ctx, const struct direct_request *rq,
	       const char *id, bool keep, struct run_watch *watch, int *ret_status,
	       struct err *e)
{
	(void)ctx;
	str_addf(&fake_run.calls, "direct %s%s", id, keep ? " keep" : "");
	add_request(rq);
	if (watch->timeout_ms)
		str_addf(&fake_run.calls, " timeout=%lld", (long long)watch->timeout_ms);
	if (watch->output_limit)
		str_addf(&fake_run.calls, " output=%llu",
			 (unsigned long long)watch->output_limit);
	*ret_status = 0;
	if (fake_run.fail_id && str_eq(fake_run.fail_id, id))
		return err_set(e, "no good");
	return 0;
}

int direct_run_detached(const struct run_context *ctx, const struct direct_request *rq,
			const char *id, struct err *e)
{
	(void)ctx;
	(void)e;
	str_addf(&fake_run.calls, "detached %s", id);
	add_request(rq);
	return 0;
}

int lone_run(const struct run_context *ctx, const struct direct_request *rq,
	     const char *id, struct run_watch *watch, int *ret_status, struct err *e)
{
	(void)ctx;
	(void)watch;
	(void)e;
	str_addf(&fake_run.calls, "lone %s", id);
	add_request(rq);
	*ret_status = 0;
	return 0;
}
