/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia create: everything but the user's program. */
#include "cmd/cmd.h"

struct create_values {
	struct run_create_args args;
};

static const struct cli_option options[] = {
	CMD_CREATE_ROWS(create_values),
	CLI_END,
};

static int create(const struct cmd_call *call, struct err *e)
{
	struct create_values *v = call->values;

	v->args.id = call->words[0];
	return run_create(call->ctx, &v->args, e);
}

const struct cmd cmd_create = {
	.name = "create",
	.words = "ID",
	.summary = "create a container; its program waits for start",
	.options = options,
	.values_size = sizeof(struct create_values),
	.min_words = 1,
	.max_words = 1,
	.run = create,
};
