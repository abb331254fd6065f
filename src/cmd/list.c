/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolffia list: every container below the state root, as a table, as JSON on one line, or
 * ids alone. Columns as runc prints them: at least 12 wide, three blanks between.
 */
#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/out.h"

#include <stdio.h>

enum list_format { LIST_TABLE = 1, LIST_JSON };

static const char *const formats[] = { "table", "json", NULL };

struct list_values {
	int format; /* enum list_format; 0: table */
	bool quiet;
};

static const struct cli_option options[] = {
	CLI_WORD(list_values, format, "format", "f", formats, "FORMAT", "table or json"),
	CLI_FLAG(list_values, quiet, "quiet", "q", "print ids only"),
	CLI_END,
};

enum { N_COLUMNS = 6, COLUMN_MIN = 12, COLUMN_GAP = 3, PID_TEXT = 24 };

/* One line as its cells; `pid` is room for the number. */
static void cells_of(const struct oci_state *s, const char *cells[N_COLUMNS],
		     char pid[PID_TEXT])
{
	const char *status = oci_word(oci_words_status, (int)s->status);

	snprintf(pid, PID_TEXT, "%lld", (long long)(s->pid.set ? s->pid.v : 0));
	cells[0] = s->id;
	cells[1] = pid;
	cells[2] = status ? status : "";
	cells[3] = s->bundle ? s->bundle : "";
	cells[4] = s->created ? s->created : "";
	cells[5] = s->owner ? s->owner : "";
}

static void add_line(struct str *ret, const char *const cells[N_COLUMNS],
		     const size_t widths[N_COLUMNS])
{
	for (size_t i = 0; i + 1 < N_COLUMNS; i++)
		str_pad(ret, cells[i], widths[i]);
	str_add(ret, cells[N_COLUMNS - 1]);
	str_add(ret, "\n");
}

void list_table(const struct oci_state *states, size_t n, struct str *ret)
{
	static const char *const head[N_COLUMNS] = { "ID",     "PID",	  "STATUS",
						     "BUNDLE", "CREATED", "OWNER" };
	size_t widths[N_COLUMNS];
	const char *cells[N_COLUMNS];
	char pid[PID_TEXT];

	for (size_t i = 0; i < N_COLUMNS; i++)
		widths[i] = COLUMN_MIN;
	for (size_t row = 0; row < n; row++) {
		cells_of(&states[row], cells, pid);
		for (size_t i = 0; i < N_COLUMNS; i++)
			if (strlen(cells[i]) + COLUMN_GAP > widths[i])
				widths[i] = strlen(cells[i]) + COLUMN_GAP;
	}
	add_line(ret, head, widths);
	for (size_t row = 0; row < n; row++) {
		cells_of(&states[row], cells, pid);
		add_line(ret, cells, widths);
	}
}

static int print_json(struct oci_arena *arena, const struct oci_state *states, size_t n,
		      struct err *e)
{
	const void **objects = oci_alloc(arena, n * sizeof(*objects));

	for (size_t i = 0; objects && i < n; i++)
		objects[i] = &states[i];
	return out_line(
		objects ? oci_encode_list(arena, &oci_type_state, objects, n, 0, NULL)
			: NULL,
		e);
}

static int list(const struct cmd_call *call, struct err *e)
{
	const struct list_values *v = call->values;
	struct oci_arena arena = { 0 }; /* lives as long as the process */
	struct oci_state *states = NULL;
	auto_str text = { 0 };
	bool json = v->format == LIST_JSON && !v->quiet;
	size_t n = 0;

	TRY(run_list(call->ctx, json, &arena, &states, &n, e));
	if (json)
		return print_json(&arena, states, n, e);
	if (!v->quiet)
		list_table(states, n, &text);
	for (size_t i = 0; v->quiet && i < n; i++)
		str_addf(&text, "%s\n", states[i].id);
	return out_write(text.s, text.n, e);
}

const struct cmd cmd_list = {
	.name = "list",
	.words = "",
	.summary = "list the containers of the state root",
	.options = options,
	.values_size = sizeof(struct list_values),
	.run = list,
};
