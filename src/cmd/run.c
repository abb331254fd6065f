/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia run: create and start; in the foreground also wait and delete. */
#include "cmd/cmd.h"

struct run_values {
	struct run_create_args args;
	bool detach;
	bool keep;
};

static const struct cli_option options[] = {
	CMD_CREATE_ROWS(run_values),
	CLI_FLAG(run_values, detach, "detach", "d", "do not wait for the program"),
	CLI_FLAG(run_values, keep, "keep", NULL,
		 "do not delete the container afterwards"),
	CLI_END,
};

static int run(const struct cmd_call *call, struct err *e)
{
	struct run_values *v = call->values;
	int status = 0;

	v->args.id = call->words[0];
	TRY(run_run(call->ctx, &v->args, v->detach, v->keep, &status, e));
	return status;
}

const struct cmd cmd_run = {
	.name = "run",
	.words = "ID",
	.summary = "create and start a container, wait for its end and delete it",
	.options = options,
	.values_size = sizeof(struct run_values),
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
