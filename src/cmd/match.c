/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One id or many; see match.h. */
#include "cmd/match.h"

/* Each id in a scope of its own; *e keeps the first error. */
static void act_on(const struct cmd_call *call, const char *id,
		   int (*act)(const struct cmd_call *call, const char *id, struct err *e),
		   struct err *e)
{
	struct err one = { 0 };
	WHERE_IN(e, NULL, id);

	if (act(call, id, &one) < 0)
		err_take(e, &one);
}

int match_each(const struct cmd_call *call, bool regex,
	       int (*act)(const struct cmd_call *call, const char *id, struct err *e),
	       struct err *e)
{
	struct oci_arena arena = { 0 }; /* lives as long as the process */
	struct oci_strings ids = { 0 };

	if (!regex)
		return act(call, call->words[0], e);
	TRY(run_match(call->ctx, call->words[0], &arena, &ids, e));
	for (size_t i = 0; i < ids.n; i++)
		act_on(call, ids.v[i], act, e);
	return err_is_set(e) ? -1 : 0;
}
