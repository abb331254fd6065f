/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia delete: removes what create made. */
#include "cmd/match.h"

struct delete_values {
	bool force;
	bool regex;
};

static const struct cli_option options[] = {
	CLI_FLAG(delete_values, force, "force", "f",
		 "kill it first when it runs; no error when there is none"),
	CLI_FLAG(delete_values, regex, "regex", "r",
		 "ID is an extended regular expression; delete all that match"),
	CLI_END,
};

static int delete_one(const struct cmd_call *call, const char *id, struct err *e)
{
	const struct delete_values *v = call->values;

	return run_delete(call->ctx, id, v->force, e);
}

static int delete_cmd(const struct cmd_call *call, struct err *e)
{
	const struct delete_values *v = call->values;

	return match_each(call, v->regex, delete_one, e);
}

const struct cmd cmd_delete = {
	.name = "delete",
	.words = "ID",
	.summary = "delete a stopped or created container",
	.options = options,
	.values_size = sizeof(struct delete_values),
	.min_words = 1,
	.max_words = 1,
	.silent = true,
	.run = delete_cmd,
};
