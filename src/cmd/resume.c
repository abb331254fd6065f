/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia resume: see run_resume(). */
#include "cmd/cmd.h"

static int resume_cmd(const struct cmd_call *call, struct err *e)
{
	return run_resume(call->ctx, call->words[0], e);
}

const struct cmd cmd_resume = {
	.name = "resume",
	.words = "ID",
	.summary = "let a paused container go on",
	.options = cmd_no_options,
	.min_words = 1,
	.max_words = 1,
	.silent = true,
	.run = resume_cmd,
};
