/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One command from its row: options, help, number of words, call. A usage error says where
 * the answer stands, above all for options of engines that stand on the wrong side.
 */
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/global.h"
#include "cmd/out.h"

const struct cli_option cmd_no_options[] = { CLI_END };

int cmd_print_help(const struct cmd *cmd, enum cli_help kind, struct err *e)
{
	const char *blank = *cmd->words ? " " : "";
	auto_str text = { 0 };

	if (kind == CLI_HELP_USAGE) {
		str_addf(&text, "Usage: wolffia %s", cmd->name);
		cli_usage_options(cmd->options, &text);
		str_addf(&text, "%s%s\n", blank, cmd->words);
		return out_write(text.s, text.n, e);
	}
	str_addf(&text,
		 "Usage: wolffia [OPTION...] %s [OPTION...]%s%s\n\n%s\n\nOptions:\n",
		 cmd->name, blank, cmd->words, cmd->summary);
	cli_help_options(cmd->options, &text);
	return out_write(text.s, text.n, e);
}

/* Whether the other table has the option that there is not in one. */
static bool is_there(const struct cli_option *table, const char *unknown, char name[32])
{
	size_t n = unknown ? strcspn(unknown, "=") : 0;

	if (n < 2 || n >= 32)
		return false;
	memcpy(name, unknown, n);
	name[n] = '\0';
	return cli_find(table, name) != NULL;
}

static int usage_error(const struct cmd *cmd, const char *unknown, struct err *e)
{
	char name[32];

	if (is_there(global_options, unknown, name))
		return err_hint(e, "it stands before the command: wolffia --%s ... %s",
				name, cmd->name);
	return err_hint(e, "see `wolffia %s --help`", cmd->name);
}

static int check_words(const struct cmd *cmd, const struct cli_args *args, struct err *e)
{
	if (args->n < cmd->min_words)
		err_set(e, "%s requires an argument: %s", cmd->name, cmd->words);
	else if (args->n > cmd->max_words)
		err_set(e, "%s: unexpected argument %s", cmd->name,
			args->v[cmd->max_words]);
	else
		return 0;
	return usage_error(cmd, NULL, e);
}

static int invoke(const struct cmd *cmd, const struct run_context *ctx, char **argv,
		  void *values, struct err *e)
{
	struct cmd_call call = { .ctx = ctx, .values = values };
	struct cli_args args = { 0 };

	if (cli_parse(cmd->options, argv, cmd->in_order, values, &args, e) < 0)
		return usage_error(cmd, args.unknown, e);
	if (args.help)
		return cmd_print_help(cmd, args.help, e);
	TRY(check_words(cmd, &args, e));
	call.words = args.v;
	call.n_words = args.n;
	return cmd->run(&call, e);
}

static void refuse(const struct cmd *cmd, const void *values, struct err *e)
{
	if (e->status)
		return;
	err_status(e, cmd->failure_by ? cmd->failure_by(values) : cmd->failure);
	if (cmd->refused)
		cmd->refused(values, e);
}

void cmd_hint_place(const struct cmd *cmd, const char *unknown, struct err *e)
{
	char name[32];

	if (is_there(cmd->options, unknown, name))
		err_hint(e, "it stands behind the command: wolffia %s --%s ...",
			 cmd->name, name);
}

int cmd_fail(const struct cmd *cmd, char **argv, struct err *e)
{
	auto_free void *values = xcalloc(1, cmd->values_size + 1u);
	struct err ignored = { 0 };
	struct cli_args args = { 0 };

	(void)cli_parse(cmd->options, argv, cmd->in_order, values, &args, &ignored);
	refuse(cmd, values, e);
	cli_free(cmd->options, values);
	return -1;
}

int cmd_invoke(const struct cmd *cmd, const struct run_context *ctx, char **argv,
	       struct err *e)
{
	auto_free void *values = xcalloc(1, cmd->values_size + 1u);
	int rc = invoke(cmd, ctx, argv, values, e);

	if (rc < 0)
		refuse(cmd, values, e);
	cli_free(cmd->options, values);
	return rc;
}
