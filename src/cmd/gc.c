/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia gc: removes what killed commands have left. */
#include "cmd/cmd.h"
#include "cmd/out.h"

#include "libocispec/table.h"

struct gc_values {
	struct run_gc_args args;
	bool json;
};

static const struct cli_option options[] = {
	CLI_FLAG(gc_values, args.dry_run, "dry-run", "n",
		 "say what would be removed, and remove nothing"),
	CLI_FLAG(gc_values, args.all, "all", "a",
		 "also stopped containers that wait for `delete`"),
	CLI_FLAG(gc_values, json, "json", NULL, "print a list of JSON objects"),
	CLI_END,
};

static const struct oci_member row_members[] = {
	OCI_STR(run_gc_row, id, "id", OCI_REQUIRED, NULL),
	OCI_STR(run_gc_row, reason, "reason", OCI_REQUIRED, NULL),
	OCI_BOOL(run_gc_row, removed, "removed", OCI_REQUIRED),
	OCI_STR(run_gc_row, error, "error", 0, NULL),
};
static const struct oci_type row_type = OCI_TYPE(run_gc_row, row_members, NULL);

static int print_json(struct oci_arena *arena, const struct run_gc_row *rows, size_t n,
		      struct err *e)
{
	const void **objects = oci_alloc(arena, (n + 1) * sizeof(*objects));

	for (size_t i = 0; objects && i < n; i++)
		objects[i] = &rows[i];
	return out_line(objects ? oci_encode_list(arena, &row_type, objects, n, 0, NULL)
				: NULL,
			e);
}

static void add_row(struct str *text, const struct run_gc_row *r, bool dry)
{
	if (r->error)
		str_addf(text, "cannot remove %s (%s): %s\n", r->id, r->reason, r->error);
	else
		str_addf(text, "%s %s (%s)\n", dry ? "would remove" : "removed", r->id,
			 r->reason);
}

static int gc(const struct cmd_call *call, struct err *e)
{
	const struct gc_values *v = call->values;
	struct oci_arena arena = { 0 }; /* lives as long as the process */
	struct run_gc_row *rows = NULL;
	size_t n = 0, failed = 0;
	auto_str text = { 0 };

	TRY(run_gc(call->ctx, &v->args, &arena, &rows, &n, e));
	for (size_t i = 0; i < n; i++) {
		add_row(&text, &rows[i], v->args.dry_run);
		failed += rows[i].error != NULL;
	}
	if (v->json)
		TRY(print_json(&arena, rows, n, e));
	else if (text.n)
		TRY(out_write(text.s, text.n, e));
	return failed ? err_set(e, "%zu of %zu containers could not be removed", failed,
				n)
		      : 0;
}

const struct cmd cmd_gc = {
	.name = "gc",
	.words = "",
	.summary = "remove what killed commands have left",
	.options = options,
	.values_size = sizeof(struct gc_values),
	.run = gc,
};
