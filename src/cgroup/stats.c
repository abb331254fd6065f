/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics as JSON; see stats.h. The table below is the document from top to bottom: a row
 * opens or closes an object or is one member of it. Each file is read once, so that numbers of
 * one file belong together.
 */
#include "cgroup/stats.h"

#include "base/mem.h"
#include "cgroup/stats_row.h"

#include <inttypes.h>

enum { TICK_NS = 10000000 }; /* USER_HZ is 100 in every Linux ABI */

/* clang-format off */
#define OBJECT(name_) { .kind = STATS_OPEN, .name = (name_) }
#define END { .kind = STATS_CLOSE }
#define PSI(file_) { .kind = STATS_PRESSURE, .name = "psi", .v2 = { .file = (file_) } }
#define CPUSET(name_, file_) \
	{ .kind = STATS_NUMBER, .controller = CGROUP_CPUSET, .name = (name_), \
	  .v1 = { .file = "cpuset." file_ } }
/* of one of v1's counters of memory */
#define V1_MEMORY(flags_, name_, file_) \
	{ .kind = STATS_NUMBER, .flags = (flags_), .controller = CGROUP_MEMORY, \
	  .name = (name_), .v1 = { .file = (file_) } }
#define V1_MEMORY_ALL(prefix_) \
	V1_MEMORY(0, "limit", prefix_ "limit_in_bytes"), \
	V1_MEMORY(STATS_OMIT, "usage", prefix_ "usage_in_bytes"), \
	V1_MEMORY(STATS_OMIT, "max", prefix_ "max_usage_in_bytes"), \
	V1_MEMORY(0, "failcnt", prefix_ "failcnt")
#define DEVICE_COUNTER(name_, v1_, v2_) \
	{ .kind = STATS_DEVICES, .controller = CGROUP_IO, .name = (name_), \
	  .v1 = { .file = (v1_) }, .v2 = { "io.stat", (v2_) } }

static const struct stats_field fields[] = {
	OBJECT("cpu"),
		OBJECT("usage"),
			{ STATS_NUMBER, STATS_OMIT, CGROUP_CPUACCT, "total",
			  { "cpuacct.usage" }, { "cpu.stat", "usage_usec", 1000 } },
			{ STATS_NUMBERS, STATS_OMIT, CGROUP_CPUACCT, "percpu",
			  { "cpuacct.usage_percpu" }, { 0 } },
			{ STATS_COLUMN, STATS_OMIT, CGROUP_CPUACCT, "percpu_kernel",
			  { "cpuacct.usage_all", .scale = 2 }, { 0 } },
			{ STATS_COLUMN, STATS_OMIT, CGROUP_CPUACCT, "percpu_user",
			  { "cpuacct.usage_all", .scale = 1 }, { 0 } },
			{ STATS_NUMBER, 0, CGROUP_CPUACCT, "kernel",
			  { "cpuacct.stat", "system", TICK_NS },
			  { "cpu.stat", "system_usec", 1000 } },
			{ STATS_NUMBER, 0, CGROUP_CPUACCT, "user",
			  { "cpuacct.stat", "user", TICK_NS }, { "cpu.stat", "user_usec", 1000 } },
		END,
		OBJECT("throttling"),
			{ STATS_NUMBER, STATS_OMIT, CGROUP_CPU, "periods",
			  { "cpu.stat", "nr_periods" }, { "cpu.stat", "nr_periods" } },
			{ STATS_NUMBER, STATS_OMIT, CGROUP_CPU, "throttledPeriods",
			  { "cpu.stat", "nr_throttled" }, { "cpu.stat", "nr_throttled" } },
			{ STATS_NUMBER, STATS_OMIT, CGROUP_CPU, "throttledTime",
			  { "cpu.stat", "throttled_time" },
			  { "cpu.stat", "throttled_usec", 1000 } },
		END,
		PSI("cpu.pressure"),
	END,
	OBJECT("cpuset"),
		{ STATS_RANGES, STATS_OMIT, CGROUP_CPUSET, "cpus", { "cpuset.cpus" }, { 0 } },
		CPUSET("cpu_exclusive", "cpu_exclusive"),
		{ STATS_RANGES, STATS_OMIT, CGROUP_CPUSET, "mems", { "cpuset.mems" }, { 0 } },
		CPUSET("mem_hardwall", "mem_hardwall"),
		CPUSET("mem_exclusive", "mem_exclusive"),
		CPUSET("memory_migrate", "memory_migrate"),
		CPUSET("memory_spread_page", "memory_spread_page"),
		CPUSET("memory_spread_slab", "memory_spread_slab"),
		CPUSET("memory_pressure", "memory_pressure"),
		CPUSET("sched_load_balance", "sched_load_balance"),
		{ STATS_SIGNED, 0, CGROUP_CPUSET, "sched_relax_domain_level",
		  { "cpuset.sched_relax_domain_level" }, { 0 } },
	END,
	OBJECT("memory"),
		{ STATS_NUMBER, STATS_OMIT, CGROUP_MEMORY, "cache",
		  { "memory.stat", "cache" }, { "memory.stat", "file" } },
		OBJECT("usage"),
			{ STATS_NUMBER, 0, CGROUP_MEMORY, "limit",
			  { "memory.limit_in_bytes" }, { "memory.max" } },
			{ STATS_NUMBER, STATS_OMIT, CGROUP_MEMORY, "usage",
			  { "memory.usage_in_bytes" }, { "memory.current" } },
			{ STATS_NUMBER, STATS_OMIT, CGROUP_MEMORY, "max",
			  { "memory.max_usage_in_bytes" }, { "memory.peak" } },
			V1_MEMORY(0, "failcnt", "memory.failcnt"),
		END,
		OBJECT("swap"), /* with memory, as v1 counts it */
			{ STATS_NUMBER, 0, CGROUP_MEMORY, "limit",
			  { "memory.memsw.limit_in_bytes" },
			  { "memory.swap.max", .plus = "memory.max" } },
			{ STATS_NUMBER, STATS_OMIT, CGROUP_MEMORY, "usage",
			  { "memory.memsw.usage_in_bytes" },
			  { "memory.swap.current", .plus = "memory.current" } },
			V1_MEMORY(STATS_OMIT, "max", "memory.memsw.max_usage_in_bytes"),
			V1_MEMORY(0, "failcnt", "memory.memsw.failcnt"),
		END,
		OBJECT("kernel"), V1_MEMORY_ALL("memory.kmem."), END,
		OBJECT("kernelTCP"), V1_MEMORY_ALL("memory.kmem.tcp."), END,
		{ STATS_MAP, STATS_OMIT, CGROUP_MEMORY, "raw",
		  { "memory.stat" }, { "memory.stat" } },
		PSI("memory.pressure"),
	END,
	OBJECT("pids"),
		{ STATS_PIDS, STATS_OMIT, CGROUP_PIDS, "current",
		  { "pids.current" }, { "pids.current" } },
		{ STATS_NUMBER, STATS_OMIT | STATS_NO_MAX, CGROUP_PIDS, "limit",
		  { "pids.max" }, { "pids.max" } },
	END,
	OBJECT("blkio"),
		DEVICE_COUNTER("ioServiceBytesRecursive", "io_service_bytes_recursive", "bytes"),
		DEVICE_COUNTER("ioServicedRecursive", "io_serviced_recursive", "ios"),
		DEVICE_COUNTER("ioQueueRecursive", "io_queued_recursive", NULL),
		DEVICE_COUNTER("ioServiceTimeRecursive", "io_service_time_recursive", NULL),
		DEVICE_COUNTER("ioWaitTimeRecursive", "io_wait_time_recursive", NULL),
		DEVICE_COUNTER("ioMergedRecursive", "io_merged_recursive", NULL),
		DEVICE_COUNTER("ioTimeRecursive", "time_recursive", NULL),
		DEVICE_COUNTER("sectorsRecursive", "sectors_recursive", NULL),
		PSI("io.pressure"),
	END,
	OBJECT("hugetlb"),
		{ STATS_HUGEPAGES, 0, CGROUP_HUGETLB, NULL,
		  { "usage_in_bytes" }, { "current" } },
	END,
	{ .kind = STATS_FIXED, .name = "intel_rdt", .v1 = { "{}" } },
	{ .kind = STATS_FIXED, .name = "network_interfaces", .v1 = { "null" } },
};
/* clang-format on */

/* ---- members -------------------------------------------------------------------------- */

static void write_number(struct stats_reader *r, const struct stats_field *f)
{
	struct stats_source s = { 0 };
	int fd = stats_place(r, f, &s);
	uint64_t v = fd < 0 ? 0 : stats_value(r, fd, &s, f->flags);
	bool minus =
		f->kind == STATS_SIGNED && fd >= 0 && *stats_text(r, fd, s.file) == '-';

	if (f->kind == STATS_PIDS && !v) {
		struct err ignored = { 0 };
		pid_t *pids = NULL;
		ssize_t n = cgroup_pids(r->cg, &pids, &ignored);

		v = n > 0 ? (uint64_t)n : 0;
		free(pids);
	}
	if (!v && f->flags & STATS_OMIT)
		return;
	stats_add_name(r, f->name);
	str_addf(r->out, "%s%" PRIu64, minus ? "-" : "", v);
}

static void write_numbers(struct stats_reader *r, const struct stats_field *f)
{
	struct stats_source s = { 0 };
	int fd = stats_place(r, f, &s);
	const char *text = fd < 0 ? "" : stats_text(r, fd, s.file);
	bool first = true;
	uint64_t v;

	for (; stats_next_number(&text, &v); first = false) {
		stats_add_element(r, f->name, '[', first);
		str_addf(r->out, "%" PRIu64, v);
	}
	if (!first)
		str_add(r->out, "]");
}

static void write_column(struct stats_reader *r, const struct stats_field *f)
{
	struct stats_source s = { 0 };
	int fd = stats_place(r, f, &s);
	const char *line = fd < 0 ? NULL : strchr(stats_text(r, fd, s.file), '\n');
	bool first = true;

	for (; line; line = strchr(line, '\n')) {
		uint64_t v = 0;
		bool there = true;

		line++;
		for (uint32_t i = 0; i <= s.scale; i++)
			there = there && stats_next_number(&line, &v);
		if (!there)
			break;
		stats_add_element(r, f->name, '[', first);
		str_addf(r->out, "%" PRIu64, v);
		first = false;
	}
	if (!first)
		str_add(r->out, "]");
}

static void write_ranges(struct stats_reader *r, const struct stats_field *f)
{
	enum { NUMBER_MAX = UINT16_MAX };
	struct stats_source s = { 0 };
	int fd = stats_place(r, f, &s);
	const char *text = fd < 0 ? "" : stats_text(r, fd, s.file);
	bool first = true;
	uint64_t v, last;

	while (stats_next_number(&text, &v)) {
		last = v;
		if (*text == '-' && !stats_next_number(&text, &last))
			break;
		for (; v <= last && v <= NUMBER_MAX; v++, first = false) {
			stats_add_element(r, f->name, '[', first);
			str_addf(r->out, "%" PRIu64, v);
		}
	}
	if (!first)
		str_add(r->out, "]");
}

static void write_map(struct stats_reader *r, const struct stats_field *f)
{
	struct stats_source s = { 0 };
	int fd = stats_place(r, f, &s);
	const char *line = fd < 0 ? "" : stats_text(r, fd, s.file);
	bool first = true;

	for (; *line; line += *line == '\n') {
		const char *key = line, *value = line + strcspn(line, " \n\"\\");
		int n = (int)(value - key);
		uint64_t v;

		line += strcspn(line, "\n");
		if (!n || *value++ != ' ' || *value < '0' || *value > '9' ||
		    !stats_next_number(&value, &v))
			continue;
		stats_add_element(r, f->name, '{', first);
		str_addf(r->out, "\"%.*s\":%" PRIu64, n, key, v);
		first = false;
	}
	if (!first)
		str_add(r->out, "}");
}

/* ---- the document ---------------------------------------------------------------------- */

static void write_open(struct stats_reader *r, const struct stats_field *f)
{
	stats_add_name(r, f->name);
	str_add(r->out, "{");
	r->comma = false;
}

static void write_close(struct stats_reader *r, const struct stats_field *f)
{
	(void)f;
	str_add(r->out, "}");
	r->comma = true;
}

static void write_fixed(struct stats_reader *r, const struct stats_field *f)
{
	stats_add_name(r, f->name);
	str_add(r->out, f->v1.file);
}

typedef void writer(struct stats_reader *r, const struct stats_field *f);

void cgroup_stats_json(const struct cgroup *cg, struct str *ret)
{
	static writer *const writers[] = {
		[STATS_OPEN] = write_open,
		[STATS_CLOSE] = write_close,
		[STATS_NUMBER] = write_number,
		[STATS_SIGNED] = write_number,
		[STATS_NUMBERS] = write_numbers,
		[STATS_COLUMN] = write_column,
		[STATS_RANGES] = write_ranges,
		[STATS_MAP] = write_map,
		[STATS_PRESSURE] = stats_write_pressure,
		[STATS_DEVICES] = stats_write_devices,
		[STATS_HUGEPAGES] = stats_write_hugepages,
		[STATS_PIDS] = write_number,
		[STATS_FIXED] = write_fixed,
	};
	struct stats_reader r = { .cg = cg, .out = ret };

	str_add(ret, "{");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		writers[fields[i].kind](&r, &fields[i]);
	str_add(ret, "}");
	for (size_t i = 0; i < r.n; i++)
		str_free(&r.files[i].text);
}
