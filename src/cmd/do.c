/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolffia do: a program on the machine's own system, locked in, and nothing is left of it. It is
 * a word before a command, as timeout(1) is, so the program behaves as it does without: it is
 * not the first process of its pid namespace, whom the kernel keeps from abort(), Ctrl-C and
 * a broken pipe.
 */
#include "cmd/direct.h"

struct do_values {
	struct direct_values direct;
	uint32_t preserve_fds;
	bool no_init;
};

static const struct cli_option options[] = {
	CMD_DIRECT_ROWS(do_values),
	CLI_FLAG(do_values, no_init, "no-init", NULL,
		 "the program itself is the first process"),
	CLI_NUMBER(do_values, preserve_fds, "preserve-fds", NULL, 1u << 20,
		   "pass on N descriptors from 3 on"),
	CLI_WORD(do_values, direct.selinux, "selinux", NULL, run_words_selinux, "WHEN",
		 "auto, or require: refuse unless it enforces"),
	CLI_WORD(do_values, direct.sandbox, "sandbox", NULL, direct_sandbox_words, "KIND",
		 "namespaces (default), or landlock-only: weaker, where there are none"),
	CLI_END,
};

static int do_(const struct cmd_call *call, struct err *e)
{
	const struct do_values *v = call->values;
	const struct direct_way way = {
		.lone = v->direct.sandbox == DIRECT_LANDLOCK_ONLY,
		.init = !v->no_init,
		.create = { .preserve_fds = v->preserve_fds },
	};

	if (v->no_init && v->direct.init)
		return err_set(e, "--init and --no-init exclude one another");
	if (way.lone && v->preserve_fds)
		return err_set(e, "--sandbox landlock-only: not with --preserve-fds: no "
				  "wall would be left around what is open already");
	return cmd_direct(call, &v->direct, &way, call->words, e);
}

static void refused(const void *values, const struct err *e)
{
	const struct do_values *v = values;

	direct_refused(&v->direct, e);
}

const struct cmd cmd_do = {
	.name = "do",
	.words = "PROGRAM [ARGUMENT...]",
	.summary =
		"run a program on the machine's own system, locked in; nothing is left",
	.options = options,
	.values_size = sizeof(struct do_values),
	.min_words = 1,
	.max_words = UINT32_MAX,
	.in_order = true,
	.failure = DIRECT_STATUS_RUNTIME,
	.refused = refused,
	.run = do_,
};
