/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia state: the state of one container as JSON. */
#include "cmd/cmd.h"
#include "cmd/out.h"

static int state(const struct cmd_call *call, struct err *e)
{
	struct oci_arena arena = { 0 }; /* lives as long as the process */
	struct oci_state s = { 0 };

	TRY(run_state(call->ctx, call->words[0], &arena, &s, e));
	return out_line(oci_encode(&arena, &oci_type_state, &s, 2, NULL), e);
}

const struct cmd cmd_state = {
	.name = "state",
	.words = "ID",
	.summary = "print the state of a container as JSON",
	.options = cmd_no_options,
	.min_words = 1,
	.max_words = 1,
	.run = state,
};
