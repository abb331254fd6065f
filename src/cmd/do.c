/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia do: a program on the machine's own system, locked in, and nothing is left of it. */
#include "cmd/direct.h"

struct do_values {
	struct direct_values direct;
};

static const struct cli_option options[] = {
	CMD_DIRECT_ROWS(do_values),
	CLI_WORD(do_values, direct.selinux, "selinux", NULL, run_words_selinux, "WHEN",
		 "auto, or require: refuse unless it enforces"),
	CLI_END,
};

static int do_(const struct cmd_call *call, struct err *e)
{
	static const struct direct_way way;
	const struct do_values *v = call->values;

	return cmd_direct(call, &v->direct, &way, call->words, e);
}

const struct cmd cmd_do = {
	.name = "do",
	.words = "PROGRAM [ARGUMENT...]",
	.summary =
		"run a program on the machine's own system, locked in; nothing is left",
	.options = options,
	.values_size = sizeof(struct do_values),
	.min_words = 1,
	.max_words = UINT16_MAX,
	.in_order = true,
	.run = do_,
};
