/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolffia update: a file with linux.resources, or one option for each common limit. The
 * options become the same struct as the file; one table says which member each of them is.
 */
#include "base/log.h"
#include "base/size.h"
#include "cmd/cmd.h"
#include "cmd/update.h"

#include <assert.h>

struct update_values {
	const char *resources;
	const char *limits[UPDATE_LIMITS];
	const char *l3_cache_schema, *mem_bw_schema;
	const char *kernel_memory, *kernel_memory_tcp;
};

#define LIMIT(index_, long_, value_, help_) \
	CLI_TEXT(update_values, limits[index_], long_, NULL, value_, help_)

static const struct cli_option options[] = {
	CLI_TEXT(update_values, resources, "resources", "r", "FILE",
		 "a file with linux.resources as in config.json; - is standard input"),
	LIMIT(UPDATE_BLKIO_WEIGHT, "blkio-weight", "N", "10 to 1000"),
	LIMIT(UPDATE_CPU_PERIOD, "cpu-period", "MICROSECONDS", "period of the quota"),
	LIMIT(UPDATE_CPU_QUOTA, "cpu-quota", "MICROSECONDS",
	      "time in a period; -1: no limit"),
	LIMIT(UPDATE_CPU_BURST, "cpu-burst", "MICROSECONDS",
	      "unused time that may be saved up"),
	LIMIT(UPDATE_CPU_SHARE, "cpu-share", "N", "share of time beside others"),
	LIMIT(UPDATE_CPU_RT_PERIOD, "cpu-rt-period", "MICROSECONDS",
	      "period of the realtime limit"),
	LIMIT(UPDATE_CPU_RT_RUNTIME, "cpu-rt-runtime", "MICROSECONDS",
	      "realtime in a period"),
	LIMIT(UPDATE_CPU_IDLE, "cpu-idle", "0|1", "1: only when nothing else runs"),
	LIMIT(UPDATE_CPUSET_CPUS, "cpuset-cpus", "LIST", "processors, as 0-2,5"),
	LIMIT(UPDATE_CPUSET_MEMS, "cpuset-mems", "LIST", "memory nodes"),
	LIMIT(UPDATE_MEMORY, "memory", "SIZE", "as 512m or 1.5g; -1: no limit"),
	LIMIT(UPDATE_MEMORY_RESERVATION, "memory-reservation", "SIZE", "soft limit"),
	LIMIT(UPDATE_MEMORY_SWAP, "memory-swap", "SIZE", "memory and swap together"),
	LIMIT(UPDATE_PIDS_LIMIT, "pids-limit", "N", "processes; -1: no limit"),
	CLI_TEXT(update_values, l3_cache_schema, "l3-cache-schema", NULL, "TEXT",
		 "schema of the last level cache, Intel RDT"),
	CLI_TEXT(update_values, mem_bw_schema, "mem-bw-schema", NULL, "TEXT",
		 "schema of the memory bandwidth, Intel RDT"),
	CLI_TEXT(update_values, kernel_memory, "kernel-memory", NULL, "SIZE",
		 "accepted, without effect"),
	CLI_TEXT(update_values, kernel_memory_tcp, "kernel-memory-tcp", NULL, "SIZE",
		 "accepted, without effect"),
	CLI_END,
};

/* ---- options -> linux.resources ------------------------------------------------------- */

enum part { MEMORY, CPU, BLOCK_IO, PIDS, PARTS };

static const uint16_t part_sizes[PARTS] = {
	[MEMORY] = sizeof(struct oci_memory),
	[CPU] = sizeof(struct oci_cpu),
	[BLOCK_IO] = sizeof(struct oci_block_io),
	[PIDS] = sizeof(struct oci_pids),
};

enum kind { INT, UINT, SIZE, LIST };

static const struct row {
	const char *name;
	uint8_t part; /* enum part */
	uint8_t kind; /* enum kind */
	uint16_t offset; /* in the part */
	int64_t min, max;
} rows[] = {
#define ROW(part_, s, m, kind_, name_, min_, max_)                     \
	{                                                              \
		name_, part_, kind_, offsetof(struct s, m), min_, max_ \
	}
	[UPDATE_BLKIO_WEIGHT] =
		ROW(BLOCK_IO, oci_block_io, weight, UINT, "blkio-weight", 10, 1000),
	[UPDATE_CPU_PERIOD] = ROW(CPU, oci_cpu, period, UINT, "cpu-period", 1, INT64_MAX),
	[UPDATE_CPU_QUOTA] = ROW(CPU, oci_cpu, quota, INT, "cpu-quota", -1, INT64_MAX),
	[UPDATE_CPU_BURST] = ROW(CPU, oci_cpu, burst, UINT, "cpu-burst", 0, INT64_MAX),
	[UPDATE_CPU_SHARE] = ROW(CPU, oci_cpu, shares, UINT, "cpu-share", 0, INT64_MAX),
	[UPDATE_CPU_RT_PERIOD] =
		ROW(CPU, oci_cpu, realtime_period, UINT, "cpu-rt-period", 1, INT64_MAX),
	[UPDATE_CPU_RT_RUNTIME] =
		ROW(CPU, oci_cpu, realtime_runtime, INT, "cpu-rt-runtime", -1, INT64_MAX),
	[UPDATE_CPU_IDLE] = ROW(CPU, oci_cpu, idle, INT, "cpu-idle", 0, 1),
	[UPDATE_CPUSET_CPUS] = ROW(CPU, oci_cpu, cpus, LIST, "cpuset-cpus", 0, 0),
	[UPDATE_CPUSET_MEMS] = ROW(CPU, oci_cpu, mems, LIST, "cpuset-mems", 0, 0),
	[UPDATE_MEMORY] = ROW(MEMORY, oci_memory, limit, SIZE, "memory", -1, INT64_MAX),
	[UPDATE_MEMORY_RESERVATION] = ROW(MEMORY, oci_memory, reservation, SIZE,
					  "memory-reservation", -1, INT64_MAX),
	[UPDATE_MEMORY_SWAP] =
		ROW(MEMORY, oci_memory, swap, SIZE, "memory-swap", -1, INT64_MAX),
	[UPDATE_PIDS_LIMIT] =
		ROW(PIDS, oci_pids, limit, INT, "pids-limit", -1, INT64_MAX),
#undef ROW
};
static_assert(ARRAY_SIZE(rows) == UPDATE_LIMITS, "a row a limit");

static int parse_number(const struct row *row, const char *text, int64_t *ret,
			struct err *e)
{
	if (row->kind == SIZE && !str_eq(text, "-1")) {
		if (size_parse(text, ret))
			return 0;
		return err_set(e, "--%s=%s: expected a size as 512m, or -1 for no limit",
			       row->name, text);
	}
	if (str_to_i64(text, row->min, row->max, ret))
		return 0;
	if (row->max == INT64_MAX)
		return err_set(e, "--%s=%s: expected a number from %lld on", row->name,
			       text, (long long)row->min);
	return err_set(e, "--%s=%s: expected a number from %lld to %lld", row->name, text,
		       (long long)row->min, (long long)row->max);
}

static int set_limit(const struct row *row, const char *text, char *part, struct err *e)
{
	char *at = part + row->offset;
	const char *expected;
	int64_t v;

	if (row->kind == LIST) {
		expected = oci_rule_numlist(text);
		if (expected)
			return err_set(e, "--%s=%s: expected %s", row->name, text,
				       expected);
		*(const char **)(void *)at = text;
		return 0;
	}
	TRY(parse_number(row, text, &v, e));
	if (row->kind == UINT)
		*(struct oci_opt_uint *)(void *)at =
			(struct oci_opt_uint){ true, (uint64_t)v };
	else
		*(struct oci_opt_int *)(void *)at = (struct oci_opt_int){ true, v };
	return 0;
}

int update_limits(const char *const texts[UPDATE_LIMITS], struct oci_arena *arena,
		  struct oci_resources **ret, struct err *e)
{
	struct oci_resources *r = NULL;
	void *parts[PARTS] = { NULL };

	for (int i = 0; i < UPDATE_LIMITS; i++) {
		void **part = &parts[rows[i].part];

		if (!texts[i])
			continue;
		r = r ?: oci_alloc(arena, sizeof(*r));
		*part = *part ?: oci_alloc(arena, part_sizes[rows[i].part]);
		if (!r || !*part)
			return err_set(e, "out of memory");
		TRY(set_limit(&rows[i], texts[i], *part, e));
	}
	if (r) {
		r->memory = parts[MEMORY];
		r->cpu = parts[CPU];
		r->block_io = parts[BLOCK_IO];
		r->pids = parts[PIDS];
	}
	*ret = r;
	return 0;
}

/* ---- the command ------------------------------------------------------------------------ */

static int update(const struct cmd_call *call, struct err *e)
{
	const struct update_values *v = call->values;
	struct run_update_args args = { .id = call->words[0],
					.resources = v->resources,
					.l3_cache_schema = v->l3_cache_schema,
					.mem_bw_schema = v->mem_bw_schema };
	struct oci_arena arena = { 0 }; /* lives as long as the process */
	struct oci_resources *wanted;
	bool kernel = v->kernel_memory || v->kernel_memory_tcp;

	TRY(update_limits(v->limits, &arena, &wanted, e));
	if (wanted && v->resources)
		return err_set(e, "--resources and options for single limits exclude "
				  "one another");
	if (kernel)
		log_warning("the kernel has no limit of its own for kernel memory any "
			    "more; it counts as memory");
	args.wanted = wanted;
	if (!wanted && !args.resources && !args.l3_cache_schema && !args.mem_bw_schema &&
	    !kernel) {
		err_set(e, "nothing to update: no limit is given");
		return err_hint(e, "see `wolffia update --help`");
	}
	return run_update(call->ctx, &args, e);
}

const struct cmd cmd_update = {
	.name = "update",
	.words = "ID",
	.summary = "change the limits of a container",
	.options = options,
	.values_size = sizeof(struct update_values),
	.min_words = 1,
	.max_words = 1,
	.run = update,
};
