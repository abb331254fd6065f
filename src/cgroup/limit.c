/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of limits. A row is one member of linux.resources: which controller, which file
 * on v1 and v2, and the function that turns the member into values. A file of NULL means
 * that this version of cgroups cannot express the member: an error, never silence.
 */
#include "cgroup/limit.h"

#include "cgroup/limit_list.h"
#include "cgroup/text.h"

#include <inttypes.h>
#include <stdio.h>

/* How a scalar is read. */
enum kind { INT, UINT, BOOL, TEXT };

enum row_flag {
	ZERO_UNSET = 1, /* 0 asks for nothing */
	MINUS_MAX = 2, /* -1 is "max" on v2 */
	MINUS_UNSET = 4, /* -1 asks for nothing */
	FALSE_UNSET = 8, /* false asks for nothing */
	ZERO_OLD = 16, /* 0 is what kernels without the file do */
	/* judged by the kernel together: written together by an update */
	WITH_MEMORY = 32,
	WITH_BANDWIDTH = 64,
	WITH_REALTIME = 128,
	MAY_BE_VOID = 256, /* newer kernels take the value and do nothing */
};

enum { TOGETHER = WITH_MEMORY | WITH_BANDWIDTH | WITH_REALTIME };

struct row;

/* One row at work. */
struct job {
	const struct row *row;
	const struct oci_resources *r;
	int64_t value; /* INT, UINT (up to INT64_MAX), BOOL */
	const char *text; /* TEXT */
	struct limit_out out;
};

struct row {
	const char *member;
	enum cgroup_controller controller;
	size_t object; /* offset of the object's pointer in struct oci_resources */
	size_t at; /* offset of the member in the object */
	enum kind kind;
	unsigned flags;
	const char *v1, *v2;
	int (*write)(struct job *j, struct err *e); /* NULL: the value as it is */
};

/* ---- conversions ------------------------------------------------------------------ */

/* log2 and 2^x with the few digits needed: libm would cost more than all of this file. */
static double log2_small(uint64_t v)
{
	double m = (double)v, result = 0, bit = 1;

	while (m >= 2) {
		m /= 2;
		result += 1;
	}
	for (int i = 0; i < 48; i++) {
		bit /= 2;
		m *= m;
		if (m >= 2) {
			m /= 2;
			result += bit;
		}
	}
	return result;
}

static double exp_small(double x)
{
	double term = 1, sum = 1;

	for (int i = 1; i < 60; i++) {
		term *= x / i;
		sum += term;
	}
	return sum;
}

unsigned cgroup_shares_to_weight(uint64_t shares)
{
	const double ln10 = 2.302585092994045684;
	double l, exact;
	unsigned weight;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2_small(shares);
	exact = exp_small(ln10 * ((l * l + 125 * l) / 612 - 7.0 / 34));
	/* rounded up; what the digits above lack must not lift 100 to 101 */
	weight = (unsigned)exact;
	return exact - weight > 1e-9 ? weight + 1 : weight;
}

unsigned cgroup_blkio_to_io_weight(uint64_t weight)
{
	return 1 + (unsigned)((weight - 10) * 9999 / 990);
}

/* ---- rows that need more than their value -------------------------------------------- */

static int write_swap(struct job *j, struct err *e)
{
	const struct oci_opt_int *limit = &j->r->memory->limit;
	bool limited = limit->set && limit->v > 0;

	if (j->value < 0) /* where swap is not counted, there is no limit to lift */
		return limit_out(&j->out, CGROUP_WRITE_OPTIONAL, j->out.file, "%s",
				 j->out.v2 ? "max" : "-1");
	if (!limited)
		return err_set(e, "it counts memory and swap together, so memory.limit "
				  "must be set too");
	if (j->value < limit->v)
		return err_set(e, "%" PRId64 " is less than memory.limit %" PRId64,
			       j->value, limit->v);
	return limit_out(&j->out, 0, j->out.file, "%" PRId64,
			 j->out.v2 ? j->value - limit->v : j->value);
}

/* v2 is always hierarchical. */
static int write_use_hierarchy(struct job *j, struct err *e)
{
	if (!j->out.v2)
		return limit_out(&j->out, 0, j->out.file, "%d", (int)j->value);
	if (!j->value)
		return err_set(e, "cgroup v2 is always hierarchical");
	return 0;
}

static int write_shares(struct job *j, struct err *e)
{
	uint64_t shares = (uint64_t)j->value;

	(void)e;
	return limit_out(&j->out, 0, j->out.file, "%" PRIu64,
			 j->out.v2 ? cgroup_shares_to_weight(shares) : shares);
}

static bool quota_set(const struct oci_cpu *cpu)
{
	return cpu->quota.set && cpu->quota.v != 0;
}

static bool period_set(const struct oci_cpu *cpu)
{
	return cpu->period.set && cpu->period.v != 0;
}

/* v2 has both in one file: written here unless the quota's row does it. */
static int write_period(struct job *j, struct err *e)
{
	(void)e;
	if (!j->out.v2)
		return limit_out(&j->out, 0, j->out.file, "%" PRId64, j->value);
	if (quota_set(j->r->cpu))
		return 0;
	return limit_out(&j->out, 0, j->out.file, "max %" PRId64, j->value);
}

static int write_quota(struct job *j, struct err *e)
{
	const struct oci_cpu *cpu = j->r->cpu;
	char quota[24] = "max", period[24] = "";

	if (cpu->burst.set && j->value > 0 && cpu->burst.v > (uint64_t)j->value)
		return err_set(e, "%" PRId64 " is less than cpu.burst %" PRIu64, j->value,
			       cpu->burst.v);
	if (!j->out.v2)
		return limit_out(&j->out, 0, j->out.file, "%" PRId64,
				 j->value < 0 ? -1 : j->value);
	if (j->value > 0)
		snprintf(quota, sizeof(quota), "%" PRId64, j->value);
	if (period_set(cpu))
		snprintf(period, sizeof(period), " %" PRIu64, cpu->period.v);
	return limit_out(&j->out, 0, j->out.file, "%s%s", quota, period);
}

static int write_oom_control(struct job *j, struct err *e)
{
	(void)e;
	return limit_out(&j->out, 0, j->out.file, "%d", (int)j->value);
}

/* A process cannot be born into a cgroup that takes none, only be there already. */
static int write_pids(struct job *j, struct err *e)
{
	(void)e;
	if (j->value < 0)
		return limit_out(&j->out, 0, j->out.file, "max");
	return limit_out(&j->out, j->value ? 0 : CGROUP_WRITE_LATE, j->out.file,
			 "%" PRId64, j->value);
}

static int write_block_weight(struct job *j, struct err *e)
{
	return limit_block_weight(&j->out, "", (uint64_t)j->value, e);
}

/* ---- the table --------------------------------------------------------------------- */

#define MEMBER_(object_, member_, type_) \
	offsetof(struct oci_resources, object_), offsetof(struct type_, member_)
#define MEM(m)	 MEMBER_(memory, m, oci_memory)
#define CPU(m)	 MEMBER_(cpu, m, oci_cpu)
#define BLK(m)	 MEMBER_(block_io, m, oci_block_io)
#define NET(m)	 MEMBER_(network, m, oci_network)
#define PIDS(m)	 MEMBER_(pids, m, oci_pids)
#define MEMORY_C CGROUP_MEMORY

/* clang-format off */
static const struct row rows[] = {
	{ "memory.limit", MEMORY_C, MEM(limit), INT, ZERO_UNSET | MINUS_MAX | WITH_MEMORY,
	  "memory.limit_in_bytes", "memory.max", NULL },
	{ "memory.reservation", MEMORY_C, MEM(reservation), INT, ZERO_UNSET | MINUS_MAX,
	  "memory.soft_limit_in_bytes", "memory.low", NULL },
	/* after the limit, which v1 wants to be the smaller one at any moment */
	{ "memory.swap", MEMORY_C, MEM(swap), INT, ZERO_UNSET | WITH_MEMORY,
	  "memory.memsw.limit_in_bytes", "memory.swap.max", write_swap },
	{ "memory.kernel", MEMORY_C, MEM(kernel), INT,
	  ZERO_UNSET | MINUS_UNSET | MAY_BE_VOID,
	  "memory.kmem.limit_in_bytes", NULL, NULL },
	{ "memory.kernelTCP", MEMORY_C, MEM(kernel_tcp), INT, ZERO_UNSET | MINUS_UNSET,
	  "memory.kmem.tcp.limit_in_bytes", NULL, NULL },
	{ "memory.swappiness", MEMORY_C, MEM(swappiness), UINT, 0,
	  "memory.swappiness", NULL, NULL },
	{ "memory.disableOOMKiller", MEMORY_C, MEM(disable_oom_killer), BOOL, FALSE_UNSET,
	  "memory.oom_control", NULL, write_oom_control },
	{ "memory.useHierarchy", MEMORY_C, MEM(use_hierarchy), BOOL, 0,
	  "memory.use_hierarchy", "memory.max", write_use_hierarchy },
	/* the weight before idle: an idle cgroup takes no weight */
	{ "cpu.shares", CGROUP_CPU, CPU(shares), UINT, ZERO_UNSET,
	  "cpu.shares", "cpu.weight", write_shares },
	{ "cpu.idle", CGROUP_CPU, CPU(idle), INT, ZERO_OLD, "cpu.idle", "cpu.idle", NULL },
	{ "cpu.period", CGROUP_CPU, CPU(period), UINT, ZERO_UNSET | WITH_BANDWIDTH,
	  "cpu.cfs_period_us", "cpu.max", write_period },
	{ "cpu.quota", CGROUP_CPU, CPU(quota), INT, ZERO_UNSET | WITH_BANDWIDTH,
	  "cpu.cfs_quota_us", "cpu.max", write_quota },
	{ "cpu.burst", CGROUP_CPU, CPU(burst), UINT, ZERO_OLD | WITH_BANDWIDTH,
	  "cpu.cfs_burst_us", "cpu.max.burst", NULL },
	{ "cpu.realtimePeriod", CGROUP_CPU, CPU(realtime_period), UINT, ZERO_UNSET | WITH_REALTIME,
	  "cpu.rt_period_us", NULL, NULL },
	{ "cpu.realtimeRuntime", CGROUP_CPU, CPU(realtime_runtime), INT, ZERO_UNSET | WITH_REALTIME,
	  "cpu.rt_runtime_us", NULL, NULL },
	{ "cpu.cpus", CGROUP_CPUSET, CPU(cpus), TEXT, 0, "cpuset.cpus", "cpuset.cpus", NULL },
	{ "cpu.mems", CGROUP_CPUSET, CPU(mems), TEXT, 0, "cpuset.mems", "cpuset.mems", NULL },
	{ "blockIO.weight", CGROUP_IO, BLK(weight), UINT, ZERO_UNSET,
	  "blkio.weight", "io.weight", write_block_weight },
	{ "blockIO.leafWeight", CGROUP_IO, BLK(leaf_weight), UINT, ZERO_UNSET,
	  "blkio.leaf_weight", NULL, NULL },
	{ "network.classID", CGROUP_NET_CLS, NET(class_id), UINT, ZERO_UNSET,
	  "net_cls.classid", NULL, NULL },
	{ "pids.limit", CGROUP_PIDS, PIDS(limit), INT, 0,
	  "pids.max", "pids.max", write_pids },
};
/* clang-format on */

/* ---- the engine -------------------------------------------------------------------- */

/* False when the member is absent or asks for nothing. */
static bool row_read(const struct row *row, const struct oci_resources *r, int64_t *ret,
		     const char **ret_text)
{
	const char *object = *(const char *const *)((const char *)r + row->object);
	const struct oci_opt_bool *b;
	const struct oci_opt_int *i;
	const struct oci_opt_uint *u;
	bool set = false;

	if (!object)
		return false;
	object += row->at;
	switch (row->kind) {
	case INT:
		i = (const struct oci_opt_int *)object;
		set = i->set && !(i->v == -1 && (row->flags & MINUS_UNSET));
		*ret = i->v;
		break;
	case UINT:
		u = (const struct oci_opt_uint *)object;
		set = u->set;
		*ret = u->v > INT64_MAX ? INT64_MAX : (int64_t)u->v;
		break;
	case BOOL:
		b = (const struct oci_opt_bool *)object;
		set = b->set && !(!b->v && (row->flags & FALSE_UNSET));
		*ret = b->v;
		break;
	case TEXT:
		*ret_text = *(const char *const *)object;
		return *ret_text && **ret_text;
	}
	return set && !(*ret == 0 && (row->flags & ZERO_UNSET));
}

static unsigned value_flags(const struct row *row, int64_t value)
{
	if (row->flags & MAY_BE_VOID)
		return CGROUP_WRITE_VERIFY;
	return row->flags & ZERO_OLD && !value ? CGROUP_WRITE_OPTIONAL : 0;
}

static int row_write(struct job *j, struct err *e)
{
	const struct row *row = j->row;
	bool unlimited = (row->flags & MINUS_MAX) && j->value == -1;

	if (row->kind == INT && j->value < -1)
		return err_set(e, "%" PRId64 ": expected -1 or more", j->value);
	if (row->write)
		return row->write(j, e);
	if (row->kind == TEXT)
		return limit_out(&j->out, 0, j->out.file, "%s", j->text);
	if (unlimited && j->out.v2)
		return limit_out(&j->out, 0, j->out.file, "max");
	return limit_out(&j->out, value_flags(row, j->value), j->out.file, "%" PRId64,
			 j->value);
}

static int row_plan(const struct row *row, struct job *j, const struct cgroup_seat *seats,
		    struct err *e)
{
	auto_str member = { 0 };

	str_addf(&member, "linux.resources.%s", row->member);
	WHERE_IN(e, member.s, NULL);
	TRY(limit_out_seat(&j->out, member.s, &seats[row->controller], row->v1, row->v2,
			   e));
	j->row = row;
	return row_write(j, e);
}

uint32_t cgroup_limits_demand(const struct oci_resources *r)
{
	uint32_t demand = 0;
	const char *text;
	int64_t value;

	if (!r)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (row_read(&rows[i], r, &value, &text))
			demand |= 1u << rows[i].controller;
	}
	return demand | limit_lists_demand(r);
}

bool cgroup_limits_any(const struct oci_resources *r)
{
	return r && (r->unified.n || cgroup_limits_demand(r));
}

int cgroup_limits_plan(const struct oci_resources *r, const struct cgroup_seat *seats,
		       const struct cgroup_seat *core, struct oci_arena *arena,
		       struct cgroup_writes *ret, struct err *e)
{
	struct job j = { .r = r, .out = { .arena = arena } };

	if (r) {
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			if (row_read(&rows[i], r, &j.value, &j.text))
				TRY(row_plan(&rows[i], &j, seats, e));
		}
		TRY(limit_lists_plan(r, seats, core, &j.out, e));
	}
	*ret = j.out.writes;
	return 0;
}

/* ---- update ------------------------------------------------------------------------ */

static const struct {
	size_t at, size;
} objects[] = {
	{ offsetof(struct oci_resources, memory), sizeof(struct oci_memory) },
	{ offsetof(struct oci_resources, cpu), sizeof(struct oci_cpu) },
	{ offsetof(struct oci_resources, block_io), sizeof(struct oci_block_io) },
	{ offsetof(struct oci_resources, network), sizeof(struct oci_network) },
	{ offsetof(struct oci_resources, pids), sizeof(struct oci_pids) },
};

static const size_t kind_size[] = {
	[INT] = sizeof(struct oci_opt_int),
	[UINT] = sizeof(struct oci_opt_uint),
	[BOOL] = sizeof(struct oci_opt_bool),
	[TEXT] = sizeof(char *),
};

static void *object_at(const struct oci_resources *r, size_t at)
{
	void *object;

	memcpy(&object, (const char *)r + at, sizeof(object));
	return object;
}

/* Objects that either has become the merged one's own, with current's values. */
static void objects_copy(struct oci_resources *merged, const struct oci_resources *wanted,
			 struct oci_arena *arena)
{
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		const void *old = object_at(merged, objects[i].at);
		void *copy;

		if (!old && !object_at(wanted, objects[i].at))
			continue;
		copy = cgroup_alloc(arena, objects[i].size);
		if (old)
			memcpy(copy, old, objects[i].size);
		memcpy((char *)merged + objects[i].at, &copy, sizeof(copy));
	}
}

static bool bool_member_is(const struct row *row, const struct oci_resources *r, bool v)
{
	const char *object = r ? object_at(r, row->object) : NULL;
	const struct oci_opt_bool *b;

	if (row->kind != BOOL || !object)
		return false;
	b = (const struct oci_opt_bool *)(object + row->at);
	return b->set && b->v == v;
}

static struct oci_resources *merge(const struct oci_resources *current,
				   const struct oci_resources *wanted,
				   struct oci_arena *arena)
{
	struct oci_resources *merged = cgroup_alloc(arena, sizeof(*merged));
	const struct oci_memory *memory = wanted->memory;
	const char *text;
	int64_t value;

	if (current)
		*merged = *current;
	objects_copy(merged, wanted, arena);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		if (row_read(row, wanted, &value, &text) ||
		    bool_member_is(row, wanted, false))
			memcpy((char *)object_at(merged, row->object) + row->at,
			       (char *)object_at(wanted, row->object) + row->at,
			       kind_size[row->kind]);
	}
	limit_lists_merge(merged, wanted, arena);
	if (memory && memory->check_before_update.set)
		merged->memory->check_before_update = memory->check_before_update;
	/* without a limit of memory there can be none of both */
	if (memory && memory->limit.v == -1 && !memory->swap.set &&
	    merged->memory->swap.set)
		merged->memory->swap.v = -1;
	return merged;
}

/* The groups of rows (enum row_flag) in which `wanted` asks for something. */
static unsigned groups_asked(const struct oci_resources *wanted)
{
	unsigned groups = 0;
	const char *text;
	int64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (row_read(&rows[i], wanted, &value, &text))
			groups |= rows[i].flags & TOGETHER;
	}
	return groups;
}

int cgroup_limits_plan_update(const struct oci_resources *current,
			      const struct oci_resources *wanted,
			      const struct cgroup_seat *seats,
			      const struct cgroup_seat *core, struct oci_arena *arena,
			      struct oci_resources **ret_merged,
			      struct cgroup_writes *ret, struct err *e)
{
	struct oci_resources *merged = merge(current, wanted, arena);
	struct job j = { .r = merged, .out = { .arena = arena } };
	unsigned groups = groups_asked(wanted);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		bool taken_back = row->flags & FALSE_UNSET &&
				  bool_member_is(row, current, true) &&
				  bool_member_is(row, wanted, false);
		bool asked = row_read(row, wanted, &j.value, &j.text) ||
			     row->flags & TOGETHER & groups;

		if (taken_back || (row_read(row, merged, &j.value, &j.text) && asked))
			TRY(row_plan(row, &j, seats, e));
	}
	TRY(limit_lists_plan(wanted, seats, core, &j.out, e));
	*ret_merged = merged;
	*ret = j.out.writes;
	return 0;
}
