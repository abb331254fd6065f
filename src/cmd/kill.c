/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia kill: a signal to the container's process, or to all of them. */
#include "cmd/match.h"

#include "base/signame.h"

struct kill_values {
	bool all;
	bool regex;
};

static const struct cli_option options[] = {
	CLI_FLAG(kill_values, all, "all", "a", "signal every process of the container"),
	CLI_FLAG(kill_values, regex, "regex", "r",
		 "ID is an extended regular expression; signal all that match"),
	CLI_END,
};

/* 0 sends nothing, but fails as any signal would: "is it running?" (kill(2)). */
static bool is_signal(const char *word)
{
	return str_eq(word, "0") || signame_parse(word) > 0;
}

static int kill_one(const struct cmd_call *call, const char *id, struct err *e)
{
	const struct kill_values *v = call->values;
	int signal = call->n_words > 1 ? signame_parse(call->words[1])
				       : run_stop_signal(call->ctx, id);

	return run_kill(call->ctx, id, signal, v->all, e);
}

static int kill_cmd(const struct cmd_call *call, struct err *e)
{
	const struct kill_values *v = call->values;

	if (call->n_words > 1 && !is_signal(call->words[1])) {
		err_set(e, "unknown signal %s", call->words[1]);
		return err_hint(
			e,
			"a name as TERM or SIGTERM, RTMIN+1, or a number from 0 to 64");
	}
	return match_each(call, v->regex, kill_one, e);
}

const struct cmd cmd_kill = {
	.name = "kill",
	.words = "ID [SIGNAL]",
	.summary = "send a signal to a container; default: its stop signal, or TERM",
	.options = options,
	.values_size = sizeof(struct kill_values),
	.min_words = 1,
	.max_words = 2,
	.silent = true,
	.run = kill_cmd,
};
