/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wolffia events: one line of JSON for each report and each time memory ran out. */
#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/out.h"

#include <unistd.h>

struct events_values {
	bool stats;
	const char *interval;
};

static const struct cli_option options[] = {
	CLI_TEXT(events_values, interval, "interval", NULL, "TIME",
		 "time between two reports: 5s (the default), 1m30s, 500ms"),
	CLI_FLAG(events_values, stats, "stats", NULL, "print one report and end"),
	CLI_END,
};

static int emit(const char *line, void *arg, struct err *e)
{
	(void)arg;
	return out_line(line, e);
}

static int events(const struct cmd_call *call, struct err *e)
{
	const struct events_values *v = call->values;
	struct run_events_args args = {
		.id = call->words[0],
		.stats = v->stats,
		.interval_ms = 5000,
		.reader_fd = STDOUT_FILENO,
		.emit = emit,
	};

	if (v->interval &&
	    (!clock_parse_ms(v->interval, &args.interval_ms) || !args.interval_ms)) {
		err_set(e, "--interval=%s: expected a time of at least 1ms", v->interval);
		return err_hint(e, "as 5s, 1m30s or 500ms");
	}
	return run_events(call->ctx, &args, e);
}

const struct cmd cmd_events = {
	.name = "events",
	.words = "ID",
	.summary = "print what a container uses, and when it runs out of memory",
	.options = options,
	.values_size = sizeof(struct events_values),
	.min_words = 1,
	.max_words = 1,
	.run = events,
};
