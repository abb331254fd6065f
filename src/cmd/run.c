/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolffia run: create and start; in the foreground also wait and delete. With --rootfs there
 * is no bundle, and the words are the program.
 */
#include "cmd/cmd.h"
#include "cmd/direct.h"

struct run_values {
	struct run_create_args args;
	bool detach;
	bool keep;
	const char *rootfs;
	bool rootfs_rw;
	struct direct_values direct;
};

static const struct cli_option options[] = {
	CMD_CREATE_ROWS(run_values),
	CLI_FLAG(run_values, detach, "detach", "d", "do not wait for the program"),
	CLI_FLAG(run_values, keep, "keep", NULL,
		 "do not delete the container afterwards"),
	CLI_FILLED_TEXT(run_values, rootfs, "rootfs", NULL, "DIR",
			"direct use: no bundle, this root, and -- PROGRAM [ARGUMENT...]"),
	CLI_FLAG(run_values, rootfs_rw, "rootfs-rw", NULL,
		 "no throw-away layer: changes stay in DIR"),
	CMD_DIRECT_ROWS(run_values),
	CLI_END,
};

/* What only one of the two ways of running takes would be passed over by the other. */
static int check_way(const struct run_values *v, size_t n_words, struct err *e)
{
	static const struct direct_values none;
	const struct run_create_args *a = &v->args;

	if (v->rootfs && (a->bundle || a->config || a->console_socket))
		return err_set(e,
			       "--rootfs needs no bundle: not with --bundle, --config or "
			       "--console-socket");
	if (v->rootfs)
		return 0;
	/* both were all zeros before the options, padding too */
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	if (v->rootfs_rw || memcmp(&v->direct, &none, sizeof(none)) != 0) {
		err_set(e, "an option of direct use without --rootfs");
		return err_hint(e, "with a bundle, all this stands in config.json");
	}
	if (n_words > 1)
		return err_set(e,
			       "run: more than one word: a program needs --rootfs DIR");
	return 0;
}

/* Direct use keeps 1 for the program. */
static uint8_t failure_by(const void *values)
{
	const struct run_values *v = values;

	return v->rootfs ? DIRECT_STATUS_RUNTIME : 0;
}

static void refused(const void *values, const struct err *e)
{
	const struct run_values *v = values;

	if (v->rootfs)
		direct_refused(&v->direct, e);
}

static int run(const struct cmd_call *call, struct err *e)
{
	struct run_values *v = call->values;
	int status = 0;

	TRY(check_way(v, call->n_words, e));
	if (v->rootfs) {
		struct direct_way way = { v->rootfs, v->rootfs_rw, v->keep, v->detach,
					  .create = v->args };

		return cmd_direct(call, &v->direct, &way, call->words, e);
	}
	v->args.id = call->words[0];
	TRY(run_run(call->ctx, &v->args, v->detach, v->keep, &status, e));
	return status;
}

const struct cmd cmd_run = {
	.name = "run",
	.words = "ID | --rootfs DIR -- PROGRAM [ARGUMENT...]",
	.summary = "create and start a container, wait for its end and delete it",
	.options = options,
	.values_size = sizeof(struct run_values),
	.min_words = 1,
	.max_words = UINT32_MAX,
	.failure_by = failure_by,
	.refused = refused,
	.run = run,
};
