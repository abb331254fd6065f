/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia pause: see run_pause(). */
#include "cmd/cmd.h"

static int pause_cmd(const struct cmd_call *call, struct err *e)
{
	return run_pause(call->ctx, call->words[0], e);
}

const struct cmd cmd_pause = {
	.name = "pause",
	.words = "ID",
	.summary = "freeze every process of a container",
	.options = cmd_no_options,
	.min_words = 1,
	.max_words = 1,
	.silent = true,
	.run = pause_cmd,
};
