/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolffia ps: the processes of a container. As a table it is what ps(1) says of them, with
 * the words behind the id as its options (default: -ef); where ps(1) is not installed and no
 * options are given, a table of our own.
 */
#include "base/child.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/ps.h"

#include <stdio.h>
#include <unistd.h>

enum ps_format { PS_TABLE = 1, PS_JSON };

static const char *const formats[] = { "table", "json", NULL };

struct ps_values {
	int format; /* enum ps_format; 0: table */
};

static const struct cli_option options[] = {
	CLI_WORD(ps_values, format, "format", "f", formats, "FORMAT", "table or json"),
	CLI_END,
};

static void ps_json(const struct run_process *v, size_t n, struct str *ret)
{
	str_add(ret, "[");
	for (size_t i = 0; i < n; i++)
		str_addf(ret, "%s%d", i ? "," : "", (int)v[i].pid);
	str_add(ret, "]\n");
}

static void own_table(const struct run_process *v, size_t n, struct str *ret)
{
	str_addf(ret, "%-10s %8s %8s %s\n", "UID", "PID", "PPID", "CMD");
	for (size_t i = 0; i < n; i++)
		str_addf(ret, "%-10s %8d %8d %s\n", v[i].user, (int)v[i].pid,
			 (int)v[i].ppid, v[i].command);
}

/* ---- ps(1) ------------------------------------------------------------------------ */

/* Word number `field` (0 is the first) of a line of n bytes; *ret_n is its length. */
static const char *word_at(const char *line, size_t n, size_t field, size_t *ret_n)
{
	const char *end = line + n;

	for (;; field--) {
		const char *word;

		while (line < end && *line == ' ')
			line++;
		for (word = line; line < end && *line != ' ';)
			line++;
		if (field == 0 || line == word) {
			*ret_n = (size_t)(line - word);
			return word;
		}
	}
}

/* The column of the head line that is called PID, or -1. */
static long pid_column(const char *line, size_t n)
{
	for (size_t i = 0;; i++) {
		size_t len;
		const char *word = word_at(line, n, i, &len);

		if (len == 0)
			return -1;
		if (len == 3 && memcmp(word, "PID", 3) == 0)
			return (long)i;
	}
}

static bool is_listed(const char *word, size_t n, const struct run_process *v, size_t n_v)
{
	char digits[16];
	uint64_t pid;

	if (n >= sizeof(digits))
		return false;
	memcpy(digits, word, n);
	digits[n] = '\0';
	if (!str_to_u64(digits, INT32_MAX, &pid))
		return false;
	for (size_t i = 0; i < n_v; i++)
		if (v[i].pid == (pid_t)pid)
			return true;
	return false;
}

int ps_filter(const char *text, const struct run_process *v, size_t n, struct str *ret,
	      struct err *e)
{
	size_t len = strcspn(text, "\n");
	long column = pid_column(text, len);

	if (column < 0)
		return err_set(e, "ps: its output has no column PID: %.200s", text);
	str_add_n(ret, text, len);
	str_add(ret, "\n");
	for (text += len; *text; text += len) {
		const char *word;
		size_t word_n;

		text++;
		len = strcspn(text, "\n");
		word = word_at(text, len, (size_t)column, &word_n);
		if (!is_listed(word, word_n, v, n))
			continue;
		str_add_n(ret, text, len);
		str_add(ret, "\n");
	}
	return 0;
}

/* Engines give us no PATH. */
static const char *find_ps(void)
{
	static const char *const places[] = { "/usr/bin/ps", "/bin/ps" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

static int run_program(const char *path, char **words, struct str *ret, struct err *e)
{
	enum { OUTPUT_MAX = 64 << 20, TIMEOUT_MS = 60000 };
	char *everything[] = { words[0], (char[]){ "-ef" }, NULL };
	const struct child_spec spec = {
		.path = path,
		.argv = words[1] ? words : everything,
		.cwd_fd = -1,
		.timeout_ms = TIMEOUT_MS,
		.output_limit = OUTPUT_MAX,
		.output_fd = -1,
	};
	struct child_result result = { 0 };
	int rc = child_run(&spec, &result, e);

	if (rc == 0)
		rc = child_check(&result, &spec, e);
	*ret = result.output;
	return rc;
}

/* words: argv of ps(1), the container's id in the place of its name. */
static int table(const struct cmd_call *call, struct oci_arena *arena, struct str *ret,
		 struct err *e)
{
	const char *path = find_ps(), *id = call->words[0];
	bool own = !path && call->n_words == 1;
	auto_str text = { 0 };
	struct run_process *v;
	size_t n;

	if (!path && !own)
		return err_set(e, "ps: it is not installed, so it takes no options");
	TRY(run_ps(call->ctx, id, own, arena, &v, &n, e));
	if (own) {
		own_table(v, n, ret);
		return 0;
	}
	TRY(run_program(path, call->words, &text, e));
	return ps_filter(text.s ? text.s : "", v, n, ret, e);
}

static int ps(const struct cmd_call *call, struct err *e)
{
	const struct ps_values *values = call->values;
	struct oci_arena arena = { 0 }; /* lives as long as the process */
	auto_str text = { 0 };
	struct run_process *v;
	size_t n;

	if (values->format != PS_JSON) {
		TRY(table(call, &arena, &text, e));
		return out_write(text.s, text.n, e);
	}
	TRY(run_ps(call->ctx, call->words[0], false, &arena, &v, &n, e));
	ps_json(v, n, &text);
	return out_write(text.s, text.n, e);
}

const struct cmd cmd_ps = {
	.name = "ps",
	.words = "ID [PS-OPTION...]",
	.summary = "list the processes of a container",
	.options = options,
	.values_size = sizeof(struct ps_values),
	.min_words = 1,
	.max_words = UINT32_MAX,
	.in_order = true,
	.run = ps,
};
