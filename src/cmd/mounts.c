/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia mounts: adds mounts to a container, or removes them. */
#include "cmd/cmd.h"

static int mounts(const struct cmd_call *call, struct err *e)
{
	const char *what = call->words[0];
	bool add = str_eq(what, "add");

	if (!add && !str_eq(what, "remove")) {
		err_set(e, "mounts: unknown word %s, expected add or remove", what);
		return err_hint(e, "see `wolffia mounts --help`");
	}
	return run_mounts(call->ctx, call->words[1], add, call->words[2], e);
}

const struct cmd cmd_mounts = {
	.name = "mounts",
	.words = "add|remove ID FILE",
	.summary = "add the mounts of a file to a container, or remove them",
	.options = cmd_no_options,
	.min_words = 3,
	.max_words = 3,
	.run = mounts,
};
