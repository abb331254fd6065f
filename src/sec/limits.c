/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the specification -> numbers of the kernel; see limits.h. The numbers stand here
 * where libc's headers of Debian 12 lack them; they are the kernel's interface and fixed.
 */
#include "sec/limits.h"

#include "base/str.h"

#include <assert.h>
#include <sys/resource.h>

static const struct {
	const char *name;
	int number;
} resources[] = {
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
};

static_assert(ARRAY_SIZE(resources) == RLIMIT_NLIMITS, "one row for each limit of Linux");

int limits_resource(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++)
		if (str_eq(resources[i].name, type))
			return resources[i].number;
	return -1;
}

/* Reads digits at *p, at most max; moves *p behind them. */
static bool read_number(const char **p, size_t max, size_t *ret)
{
	size_t v = 0;

	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		v = v * 10 + (size_t)(**p - '0');
		if (v > max)
			return false;
	}
	*ret = v;
	return true;
}

/* One "N" or "N-M" at *p. */
static bool read_span(const char **p, size_t n_bits, uint64_t *bits)
{
	size_t from;
	size_t to;

	if (!read_number(p, n_bits - 1, &from))
		return false;
	to = from;
	if (**p == '-') {
		(*p)++;
		if (!read_number(p, n_bits - 1, &to) || to < from)
			return false;
	}
	for (size_t i = from; i <= to; i++)
		bits[i / 64] |= (uint64_t)1 << (i % 64);
	return true;
}

int limits_list(const char *list, uint64_t *bits, size_t n_bits, struct err *e)
{
	const char *p = list;
	bool good = true;

	memset(bits, 0, (n_bits + 63) / 64 * sizeof(*bits));
	while (good && *p) {
		good = read_span(&p, n_bits, bits) && (!*p || (*p == ',' && p[1]));
		if (good && *p)
			p++;
	}
	if (!good)
		return err_set(e,
			       "\"%s\" is no list of numbers below %zu as in \"0-3,7\"",
			       list, n_bits);
	return 0;
}

/* ---- scheduler, io priority ---------------------------------------------------------- */

static const uint32_t policies[] = {
	[OCI_SCHED_OTHER] = 0,	  [OCI_SCHED_FIFO] = 1, [OCI_SCHED_RR] = 2,
	[OCI_SCHED_BATCH] = 3,	  [OCI_SCHED_ISO] = 4,	[OCI_SCHED_IDLE] = 5,
	[OCI_SCHED_DEADLINE] = 6,
};

static const uint32_t sched_flags[] = {
	[OCI_SCHED_FLAG_RESET_ON_FORK] = 0x01,	[OCI_SCHED_FLAG_RECLAIM] = 0x02,
	[OCI_SCHED_FLAG_DL_OVERRUN] = 0x04,	[OCI_SCHED_FLAG_KEEP_POLICY] = 0x08,
	[OCI_SCHED_FLAG_KEEP_PARAMS] = 0x10,	[OCI_SCHED_FLAG_UTIL_CLAMP_MIN] = 0x20,
	[OCI_SCHED_FLAG_UTIL_CLAMP_MAX] = 0x40,
};

static int check_scheduler(const struct oci_scheduler *s, struct err *e)
{
	bool realtime = s->policy == OCI_SCHED_FIFO || s->policy == OCI_SCHED_RR;
	bool deadline = s->policy == OCI_SCHED_DEADLINE;

	if (s->policy == OCI_SCHED_ISO) {
		err_set(e, "SCHED_ISO is reserved and not implemented by Linux");
		return err_hint(e, "SCHED_BATCH or SCHED_OTHER come nearest");
	}
	if (s->nice.v < -20 || s->nice.v > 19)
		return err_set(e, "nice %lld is not in -20..19", (long long)s->nice.v);
	if (realtime && (s->priority.v < 1 || s->priority.v > 99))
		return err_set(e,
			       "priority %lld is not in 1..99, as this policy needs it",
			       (long long)s->priority.v);
	if (!realtime && s->priority.v)
		return err_set(e, "priority %lld needs SCHED_FIFO or SCHED_RR",
			       (long long)s->priority.v);
	if (!deadline && (s->runtime.v || s->deadline.v || s->period.v))
		return err_set(e, "runtime, deadline and period need SCHED_DEADLINE");
	if (deadline && (!s->runtime.v || s->runtime.v > s->deadline.v ||
			 (s->period.v && s->deadline.v > s->period.v)))
		return err_set(e,
			       "SCHED_DEADLINE needs 0 < runtime <= deadline <= period");
	return 0;
}

int limits_scheduler(const struct oci_scheduler *s, struct limits_sched *ret,
		     struct err *e)
{
	uint64_t flags = 0;

	WHERE_IN(e, "process.scheduler", NULL);
	TRY(check_scheduler(s, e));
	for (size_t i = 0; i < s->flags.n; i++)
		flags |= sched_flags[s->flags.v[i]];
	*ret = (struct limits_sched){
		.size = sizeof(*ret),
		.policy = policies[s->policy],
		.flags = flags,
		.nice = (int32_t)s->nice.v,
		.priority = (uint32_t)s->priority.v,
		.runtime = s->runtime.v,
		.deadline = s->deadline.v,
		.period = s->period.v,
		/* the specification has no members for the clamps: the whole range */
		.util_min = 0,
		.util_max = 1024,
	};
	return 0;
}

int limits_io_priority(const struct oci_io_priority *p, int *ret, struct err *e)
{
	static const int classes[] = {
		[OCI_IOPRIO_CLASS_RT] = 1,
		[OCI_IOPRIO_CLASS_BE] = 2,
		[OCI_IOPRIO_CLASS_IDLE] = 3,
	};

	WHERE_IN(e, "process.ioPriority", NULL);
	if (p->priority < 0 || p->priority > 7)
		return err_set(e, "priority %lld is not in 0..7", (long long)p->priority);
	*ret = classes[p->class] << 13 | (int)p->priority;
	return 0;
}

/* ---- memory policy ------------------------------------------------------------------- */

static const int mpol_modes[] = {
	[OCI_MPOL_DEFAULT] = 0,
	[OCI_MPOL_PREFERRED] = 1,
	[OCI_MPOL_BIND] = 2,
	[OCI_MPOL_INTERLEAVE] = 3,
	[OCI_MPOL_LOCAL] = 4,
	[OCI_MPOL_PREFERRED_MANY] = 5,
	[OCI_MPOL_WEIGHTED_INTERLEAVE] = 6,
};

static const int mpol_flags[] = {
	[OCI_MPOL_F_NUMA_BALANCING] = 1 << 13,
	[OCI_MPOL_F_RELATIVE_NODES] = 1 << 14,
	[OCI_MPOL_F_STATIC_NODES] = 1 << 15,
};

int limits_memory_policy(const struct oci_memory_policy *m, int *ret_mode,
			 struct limits_nodes *ret, size_t *ret_n, struct err *e)
{
	int mode = mpol_modes[m->mode];
	size_t n = 0;

	WHERE_IN(e, "linux.memoryPolicy", NULL);
	for (size_t i = 0; i < m->flags.n; i++)
		mode |= mpol_flags[m->flags.v[i]];
	TRY(limits_list(m->nodes ? m->nodes : "", ret->bits, LIMITS_NODES_MAX, e));
	for (size_t i = 0; i < LIMITS_NODES_MAX; i++)
		if (ret->bits[i / 64] & (uint64_t)1 << (i % 64))
			n = i + 2; /* the kernel looks at one bit less than maxnode */
	*ret_mode = mode;
	*ret_n = n;
	return 0;
}
