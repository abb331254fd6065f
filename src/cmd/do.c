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
	CLI_WORD(do_values, direct.sandbox, "sandbox", NULL, direct_sandbox_words, "KIND",
		 "namespaces (default), or landlock-only: weaker, where there are none"),
	CLI_END,
};

static int do_(const struct cmd_call *call, struct err *e)
{
	const struct do_values *v = call->values;
	const struct direct_way way = { .lone = v->direct.sandbox ==
						DIRECT_LANDLOCK_ONLY };

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
	.failure = DIRECT_STATUS_RUNTIME,
	.run = do_,
};
