/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Old values and the order of new ones. Pure. Written backwards, the old values are in an
 * order that the kernel takes too.
 */
#include "cgroup/update.h"

#include "base/mem.h"

#include <stdint.h>

/* ---- old values -------------------------------------------------------------------------- */

/* Files with a line per key; `none` after a key means that nothing is set for it. */
static const struct {
	const char *file; /* the beginning of its name */
	const char *none;
} keyed[] = {
	{ "io.max", "rbps=max wbps=max riops=max wiops=max" },
	{ "io.latency", "target=0" },
	{ "io.weight", "default" },
	{ "io.bfq.weight", "default" },
	{ "blkio.throttle.", "0" },
	{ "blkio.weight_device", "0" },
	{ "blkio.bfq.weight_device", "0" },
	{ "blkio.leaf_weight_device", "0" },
	{ "rdma.max", "hca_handle=max hca_object=max" },
	{ "net_prio.ifpriomap", "0" },
	{ "misc.max", "max" },
	{ "dmem.max", "max" },
	{ "dmem.min", "0" },
	{ "dmem.low", "0" },
};

/* The line that begins with the n bytes of key and a blank; NULL: there is none. */
static const char *line_of(const char *content, const char *key, size_t n)
{
	for (const char *line = content; *line;) {
		if (!strncmp(line, key, n) && line[n] == ' ')
			return line;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return NULL;
}

static char *line_copy(const char *line)
{
	return xstrndup(line, strcspn(line, "\n"));
}

static char *keyed_old(const char *value, const char *content, const char *none)
{
	size_t n = strcspn(value, " ");
	const char *line;

	if (!value[n]) { /* io.weight takes a bare number for all devices */
		value = "default";
		n = strlen(value);
	}
	line = line_of(content, value, n);
	return line ? line_copy(line) : xasprintf("%.*s %s", (int)n, value, none);
}

char *update_old_value(const struct cgroup_write *w, const char *content)
{
	static const char oom[] = "oom_kill_disable ";

	for (size_t i = 0; i < ARRAY_SIZE(keyed); i++) {
		if (str_starts(w->file, keyed[i].file))
			return keyed_old(w->value, content, keyed[i].none);
	}
	if (str_starts(content, oom))
		return line_copy(content + strlen(oom));
	/* an empty write would do nothing: cpuset.cpus takes a newline for "none" */
	return *content && *content != '\n' ? line_copy(content) : xstrdup("\n");
}

/* ---- order --------------------------------------------------------------------------------- */

static const struct {
	const char *bound, *bounded;
} bounds[] = {
	{ "memory.memsw.limit_in_bytes", "memory.limit_in_bytes" },
	{ "cpu.cfs_period_us", "cpu.cfs_quota_us" },
	{ "cpu.cfs_quota_us", "cpu.cfs_burst_us" },
	{ "cpu.max", "cpu.max.burst" },
	{ "cpu.rt_period_us", "cpu.rt_runtime_us" },
};

/* The first number of a value; "max", "-1" and what is beyond 2^63 count as 2^63 - 1. */
static int64_t first_number(const char *value)
{
	char digits[24];
	size_t n = strspn(value, "0123456789");
	uint64_t v;

	if (!n || n >= sizeof(digits))
		return INT64_MAX;
	memcpy(digits, value, n);
	digits[n] = '\0';
	return str_to_u64(digits, INT64_MAX, &v) ? (int64_t)v : INT64_MAX;
}

static bool raises(const struct update_step *s)
{
	return s->old && first_number(s->w->value) > first_number(s->old);
}

/* An idle cgroup takes no weight: it wakes up first, and falls asleep last. */
static bool idle_pair(const struct update_step *a, const struct update_step *b)
{
	return str_eq(a->w->file, "cpu.idle") &&
	       (str_eq(b->w->file, "cpu.weight") || str_eq(b->w->file, "cpu.shares"));
}

static bool must_precede(const struct update_step *a, const struct update_step *b)
{
	if (a->w->dir != b->w->dir)
		return false;
	if (idle_pair(a, b))
		return !raises(a);
	if (idle_pair(b, a))
		return raises(b);
	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		if (str_eq(a->w->file, bounds[i].bound) &&
		    str_eq(b->w->file, bounds[i].bounded))
			return raises(a);
		if (str_eq(b->w->file, bounds[i].bound) &&
		    str_eq(a->w->file, bounds[i].bounded))
			return !raises(b);
	}
	return false;
}

void update_order(struct update_step *steps, size_t n)
{
	/* no circles: a file bounds at most one other and is bounded by at most one */
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			struct update_step s = steps[k];

			if (!must_precede(&s, &steps[i]))
				continue;
			memmove(&steps[i + 1], &steps[i], (k - i) * sizeof(s));
			steps[i] = s;
			k = i; /* from the beginning: what has moved up may have its own */
		}
	}
}
