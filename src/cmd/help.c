/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --help and --usage of one command, from its row. */
#include "cmd/cmd.h"

const struct cli_option cmd_no_options[] = { CLI_END };

void cmd_help(const struct cmd *cmd, struct str *ret)
{
	str_addf(ret, "Usage: wolffia [OPTION...] %s [OPTION...]%s%s\n\n%s\n\n",
		 cmd->name, *cmd->words ? " " : "", cmd->words, cmd->summary);
	cli_help_options(cmd->options, ret);
}

void cmd_usage(const struct cmd *cmd, struct str *ret)
{
	str_addf(ret, "Usage: wolffia %s", cmd->name);
	cli_usage_options(cmd->options, ret);
	str_addf(ret, "%s%s\n", *cmd->words ? " " : "", cmd->words);
}
