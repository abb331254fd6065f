/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia wait: until a container has ended, and how. */
#include "cmd/cmd.h"
#include "cmd/out.h"

#include <stdio.h>

static int wait_cmd(const struct cmd_call *call, struct err *e)
{
	char text[16];
	int status = 0;
	int n;

	if (TRY(run_wait(call->ctx, call->words[0], &status, e)) == 0) {
		err_set(e, "container %s has stopped; its exit status is not known",
			call->words[0]);
		return err_hint(e,
				"the kernel tells it only to who waits while it "
				"ends, and to others than its parent since Linux 6.15");
	}
	n = snprintf(text, sizeof(text), "%d\n", status);
	return out_write(text, (size_t)n, e);
}

const struct cmd cmd_wait = {
	.name = "wait",
	.words = "ID",
	.summary = "wait until a container has stopped and print its exit status",
	.options = cmd_no_options,
	.min_words = 1,
	.max_words = 1,
	.run = wait_cmd,
};
