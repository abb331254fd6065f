/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits and device rules as properties of a unit. They are read off the values for the
 * files, so every conversion is made once, in limit.c, and `unified` needs no rows of its
 * own. Pure. systemd.resource-control(5) names the property of each file.
 */
#include "cgroup/systemd.h"

#include "cgroup/text.h"

#include <inttypes.h>

/* What is collected over several values before it can be said. */
struct limits {
	struct oci_arena *arena;
	struct unit_properties *list;
	uint64_t quota, period; /* us; quota UINT64_MAX: none, period 0: the default */
	bool has_quota, idle;
};

struct row {
	const char *file;
	const char *property;
	void (*set)(struct limits *l, const struct row *row, const char *value);
};

/* ---- kinds of values -------------------------------------------------------------------- */

/* A number with the kernel's K, M, G, T, or no limit: "max", "-1". */
static bool number_of(const char *value, uint64_t *ret)
{
	static const char units[] = "KMGT";
	size_t n = strspn(value, "0123456789");
	const char *unit = value[n] ? strchr(units, value[n] & ~0x20) : NULL;
	char digits[24];

	if (str_eq(value, "max") || str_eq(value, "-1")) {
		*ret = UINT64_MAX;
		return true;
	}
	if (!n || n >= sizeof(digits) || (value[n] && !(unit && !value[n + 1])))
		return false;
	memcpy(digits, value, n);
	digits[n] = '\0';
	if (!str_to_u64(digits, UINT64_MAX, ret))
		return false;
	return !unit ||
	       !__builtin_mul_overflow(*ret, (uint64_t)1 << 10 * (unit - units + 1), ret);
}

static void set_number(struct limits *l, const struct row *row, const char *value)
{
	uint64_t v;

	if (number_of(value, &v))
		unit_property_number(l->list, l->arena, row->property, 't', v);
}

/* systemd has no 0 here; the file gets it afterwards. */
static void set_tasks(struct limits *l, const struct row *row, const char *value)
{
	set_number(l, row, str_eq(value, "0") ? "1" : value);
}

static void set_idle(struct limits *l, const struct row *row, const char *value)
{
	(void)row;
	l->idle = str_eq(value, "1");
}

/* "QUOTA PERIOD", "QUOTA", "max PERIOD" */
static void set_cpu_max(struct limits *l, const struct row *row, const char *value)
{
	size_t n = strcspn(value, " ");
	const char *quota = cgroup_textn(l->arena, value, n);
	uint64_t period;

	(void)row;
	l->has_quota = number_of(quota, &l->quota);
	if (value[n] && number_of(value + n + 1, &period))
		l->period = period;
}

static void set_quota(struct limits *l, const struct row *row, const char *value)
{
	(void)row;
	l->has_quota = number_of(value, &l->quota);
}

static void set_period(struct limits *l, const struct row *row, const char *value)
{
	uint64_t period;

	(void)row;
	if (number_of(value, &period))
		l->period = period;
}

/* "0-3,5" as bytes, the lowest bit of the first one for number 0. */
static void set_mask(struct limits *l, const struct row *row, const char *value)
{
	enum { BITS_MAX = 8192 };
	struct dbus_item bytes[BITS_MAX / 8] = { 0 };
	uint64_t top = 0;

	while (*value) {
		size_t n = strcspn(value, ",");
		const char *part = cgroup_textn(l->arena, value, n);
		const char *dash = strchr(part, '-');
		const char *first =
			dash ? cgroup_textn(l->arena, part, (size_t)(dash - part)) : part;
		uint64_t from, to;

		if (!str_to_u64(first, BITS_MAX - 1, &from) ||
		    !str_to_u64(dash ? dash + 1 : part, BITS_MAX - 1, &to))
			return;
		for (; from <= to; from++)
			bytes[from / 8].u |= 1u << from % 8;
		top = to > top ? to : top;
		value += n + (value[n] == ',');
	}
	unit_property_set(l->list, l->arena, row->property, "ay", top / 8 + 1, bytes);
}

/* Adds (path, number) to a property of the type a(st). */
static void add_device(struct limits *l, const char *property, const char *device,
		       uint64_t value)
{
	struct unit_property *p = NULL;
	struct dbus_item *items;
	size_t n = 0;

	for (size_t i = 0; i < l->list->n; i++)
		if (str_eq(l->list->v[i].name, property))
			p = &l->list->v[i];
	n = p ? p->value.n : 0;
	items = cgroup_alloc(l->arena, (n + 1) * sizeof(*items));
	if (n)
		memcpy(items, p->value.v, n * sizeof(*items));
	items[n] = (struct dbus_item){ .u = value };
	items[n].s[0] = cgroup_textf(l->arena, "/dev/block/%s", device);
	unit_property_set(l->list, l->arena, property, "a(st)", n + 1, items);
}

static bool device_valid(const char *device)
{
	size_t major = strspn(device, "0123456789");

	return major && device[major] == ':' && device[major + 1] &&
	       !device[major + 1 + strspn(device + major + 1, "0123456789")];
}

/* "WEIGHT", "default WEIGHT", "8:0 WEIGHT" */
static void set_io_weight(struct limits *l, const struct row *row, const char *value)
{
	size_t n = strcspn(value, " ");
	const char *word = cgroup_textn(l->arena, value, n);
	uint64_t weight;

	if (!number_of(value[n] ? value + n + 1 : value, &weight))
		return;
	if (!value[n] || str_eq(word, "default"))
		unit_property_number(l->list, l->arena, row->property, 't', weight);
	else if (device_valid(word))
		add_device(l, "IODeviceWeight", word, weight);
}

/* "8:0 rbps=1048576 wiops=max" */
static void set_io_max(struct limits *l, const struct row *row, const char *value)
{
	static const char *const keys[][2] = { { "rbps=", "IOReadBandwidthMax" },
					       { "wbps=", "IOWriteBandwidthMax" },
					       { "riops=", "IOReadIOPSMax" },
					       { "wiops=", "IOWriteIOPSMax" } };
	size_t n = strcspn(value, " ");
	const char *device = cgroup_textn(l->arena, value, n);

	(void)row;
	if (!device_valid(device))
		return;
	for (value += n; *value; value += n) {
		const char *pair;
		uint64_t v;

		value += strspn(value, " ");
		n = strcspn(value, " ");
		pair = cgroup_textn(l->arena, value, n);
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			if (str_starts(pair, keys[i][0]) &&
			    number_of(pair + strlen(keys[i][0]), &v) && v)
				add_device(l, keys[i][1], device, v);
		}
	}
}

/* ---- the table ----------------------------------------------------------------------------- */

static const struct row rows[] = {
	{ "memory.max", "MemoryMax", set_number },
	{ "memory.high", "MemoryHigh", set_number },
	{ "memory.low", "MemoryLow", set_number },
	{ "memory.min", "MemoryMin", set_number },
	{ "memory.swap.max", "MemorySwapMax", set_number },
	{ "cpu.weight", "CPUWeight", set_number },
	{ "cpu.idle", NULL, set_idle },
	{ "cpu.max", NULL, set_cpu_max },
	{ "cpuset.cpus", "AllowedCPUs", set_mask },
	{ "cpuset.mems", "AllowedMemoryNodes", set_mask },
	{ "io.weight", "IOWeight", set_io_weight },
	{ "io.max", NULL, set_io_max },
	{ "pids.max", "TasksMax", set_tasks },
	/* v1 */
	{ "memory.limit_in_bytes", "MemoryLimit", set_number },
	{ "cpu.shares", "CPUShares", set_number },
	{ "cpu.cfs_quota_us", NULL, set_quota },
	{ "cpu.cfs_period_us", NULL, set_period },
	{ "blkio.weight", "BlockIOWeight", set_number },
};

/*
 * Time per second, in steps of 100 us and rounded up: in its own file of the unit systemd
 * keeps hundredths of a percent, and reads them again at a daemon-reload.
 */
static void finish_quota(struct limits *l)
{
	enum { STEPS = 10000, STEP_US = 100 };
	uint64_t period = l->period ? l->period : 100000;
	uint64_t second = UINT64_MAX;

	if (l->has_quota && l->quota != UINT64_MAX) {
		if (__builtin_mul_overflow(l->quota, (uint64_t)STEPS, &second) ||
		    second > UINT64_MAX / STEP_US)
			return;
		second = (second / period + (second % period != 0)) * STEP_US;
	}
	if (l->has_quota)
		unit_property_number(l->list, l->arena, "CPUQuotaPerSecUSec", 't',
				     second);
	if (l->period)
		unit_property_number(l->list, l->arena, "CPUQuotaPeriodUSec", 't',
				     l->period);
}

void unit_properties_limits(const struct cgroup_write *writes, size_t n,
			    struct oci_arena *arena, struct unit_properties *list)
{
	struct limits l = { .arena = arena, .list = list };

	for (size_t i = 0; i < n; i++)
		l.idle = l.idle || (str_eq(writes[i].file, "cpu.idle") &&
				    str_eq(writes[i].value, "1"));
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
			/* an idle cgroup takes no weight, and systemd would write it */
			if (str_eq(rows[k].file, writes[i].file) &&
			    !(l.idle && str_starts(rows[k].file, "cpu.weight")))
				rows[k].set(&l, &rows[k], writes[i].value);
		}
	}
	finish_quota(&l);
}

/* ---- devices ------------------------------------------------------------------------------- */

static bool rule_is_all(const struct device_rule *r)
{
	return r->types == DEVICE_BOTH && r->access == DEVICE_ALL && r->major < 0 &&
	       r->minor < 0;
}

static const char *access_text(unsigned access, struct oci_arena *arena)
{
	return cgroup_textf(arena, "%s%s%s", access & DEVICE_READ ? "r" : "",
			    access & DEVICE_WRITE ? "w" : "",
			    access & DEVICE_MKNOD ? "m" : "");
}

/* What systemd can name: one device, a class by its name in /proc/devices, or all. */
static const char *device_pattern(const struct device_rule *r, bool block,
				  struct oci_arena *arena)
{
	const char *kind = block ? "block" : "char";
	enum { PTS_MAJOR = 136 };

	if (r->major >= 0 && r->minor >= 0)
		return cgroup_textf(arena, "/dev/%s/%" PRId64 ":%" PRId64, kind, r->major,
				    r->minor);
	if (r->major == PTS_MAJOR && !block)
		return "char-pts";
	return cgroup_textf(arena, "%s-*", kind);
}

/* Behind the last rule about everything; false: that one allows. */
static bool rules_begin(const struct device_rules *rules, size_t *ret)
{
	for (size_t i = rules->n; i--;) {
		if (rule_is_all(&rules->v[i])) {
			*ret = i + 1;
			return !rules->v[i].allow;
		}
	}
	*ret = 0;
	return true;
}

void unit_properties_devices(const struct device_rules *rules, struct oci_arena *arena,
			     struct unit_properties *list)
{
	struct dbus_item *items =
		cgroup_alloc(arena, (2 * rules->n + 1) * sizeof(*items));
	size_t n = 0, i;

	if (!rules_begin(rules, &i))
		return;
	for (; i < rules->n; i++) {
		const struct device_rule *r = &rules->v[i];

		for (int block = 0; r->allow && block < 2; block++) {
			if (!(r->types & (block ? DEVICE_BLOCK : DEVICE_CHAR)))
				continue;
			items[n].s[0] = device_pattern(r, block, arena);
			items[n++].s[1] = access_text(r->access, arena);
		}
	}
	unit_property_text(list, arena, "DevicePolicy", "strict");
	unit_property_set(list, arena, "DeviceAllow", "a(ss)", n, items);
}
