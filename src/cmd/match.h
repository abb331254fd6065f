/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that take one id, or with --regex an expression that stands for many. */
#ifndef CMD_MATCH_H
#define CMD_MATCH_H

#include "cmd/cmd.h"

/*
 * Calls act(call, id, ...) for the first word of the call, or for every id that it matches
 * as an extended regular expression (regex(7)). With an expression a failure does not keep
 * the others from being tried; the first one is the error, with the id in front.
 */
int match_each(const struct cmd_call *call, bool regex,
	       int (*act)(const struct cmd_call *call, const char *id, struct err *e),
	       struct err *e);

#endif
