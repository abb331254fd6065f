/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia start: lets the program of a created container run. */
#include "cmd/cmd.h"

static int start(const struct cmd_call *call, struct err *e)
{
	return run_start(call->ctx, call->words[0], e);
}

const struct cmd cmd_start = {
	.name = "start",
	.words = "ID",
	.summary = "start the program of a created container",
	.options = cmd_no_options,
	.min_words = 1,
	.max_words = 1,
	.silent = true,
	.run = start,
};
