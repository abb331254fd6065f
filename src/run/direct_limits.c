/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The limits of direct use: by the cgroup where one can be had, else as good as the limits of a
 * process are, and a remark that says so. Pure.
 */
#include "run/direct_maker.h"

#define NO_CONTROLLER "no cgroup with this controller is delegated to the caller: "
#define HOW	      " (`wolffia doctor` says what to do)"

void direct_remark(struct direct_maker *m, const char *line, bool asked)
{
	if (line && m->plan->n_remarks < DIRECT_REMARKS)
		m->plan->remarks[m->plan->n_remarks++] =
			(struct direct_remark){ line, asked };
}

static void add_rlimit(struct direct_parts *p, const char *type, uint64_t value)
{
	p->process.rlimits.v = p->rlimits;
	p->rlimits[p->process.rlimits.n++] =
		(struct oci_rlimit){ (char *)type, value, value };
}

/*
 * A limit that was asked for; where the caller's own is lower that one stays, for it cannot be
 * raised, and holds what was asked for as well.
 */
static void add_asked(struct direct_maker *m, struct direct_parts *p, const char *type,
		      uint64_t value, const struct direct_ceiling *own, const char *lower)
{
	bool cut = own->known && own->hard < value;

	if (cut)
		direct_remark(m, lower, true);
	add_rlimit(p, type, cut ? own->hard : value);
}

/* One that nobody has asked for is never more than what the caller has. */
static uint64_t at_most(uint64_t value, const struct direct_ceiling *own)
{
	return own->known && own->soft < value ? own->soft : value;
}

/* RLIMIT_NPROC does not bind him: setrlimit(2). */
static bool is_machine_root(const struct direct_maker *m)
{
	enum ids_mode mode = m->rq->ids.mode;

	if (!m->facts->machine_root || mode == IDS_NOMAP || mode == IDS_AUTO)
		return false;
	return mode == IDS_SINGLE || m->uid == 0;
}

static void limit_pids(struct direct_maker *m, struct direct_parts *p)
{
	const struct direct_ceiling *own = &m->facts->processes;
	uint32_t n = m->rq->pids ? m->rq->pids : DIRECT_PIDS;

	m->plan->pids_by = "cgroup";
	if (m->facts->can_pids) {
		p->pids.limit = (struct oci_opt_int){ true, n };
		p->resources.pids = &p->pids;
		return;
	}
	m->plan->pids_by = "none";
	if (is_machine_root(m)) {
		direct_remark(m,
			      "pids: no cgroup with this controller can be had, and "
			      "no limit of a process binds root: there is no "
			      "limit" HOW,
			      m->rq->pids != 0);
		return;
	}
	m->plan->pids_by = "rlimit";
	if (m->rq->pids)
		add_asked(
			m, p, "RLIMIT_NPROC", n, own,
			"pids: the caller's own limit of processes (ulimit -u) is lower "
			"and stays");
	else
		add_rlimit(p, "RLIMIT_NPROC", at_most(n, own));
	direct_remark(
		m, "pids: " NO_CONTROLLER "RLIMIT_NPROC limits each user in it alone" HOW,
		m->rq->pids != 0);
}

uint64_t direct_memory_default(uint64_t around)
{
	uint64_t v = around / 4 * 3 & ~(uint64_t)0xffff;

	return v < DIRECT_MEMORY_LEAST ? DIRECT_MEMORY_LEAST : v;
}

/*
 * Never a limit of a process: RLIMIT_DATA counts what is reserved too, and few programs are
 * asked before they reserve. Swap is not limited: what is slow is no surprise.
 */
static void limit_memory_unasked(struct direct_maker *m, struct direct_parts *p)
{
	m->plan->memory_by = "none";
	if (!m->facts->memory_around) {
		direct_remark(m,
			      "memory: no cgroup v2 with this controller is delegated to "
			      "the caller: there is no limit" HOW,
			      false);
		return;
	}
	m->plan->memory_by = "cgroup";
	m->plan->memory_default = direct_memory_default(m->facts->memory_around);
	p->memory.limit = (struct oci_opt_int){ true, (int64_t)m->plan->memory_default };
	p->resources.memory = &p->memory;
}

static void limit_memory(struct direct_maker *m, struct direct_parts *p)
{
	m->plan->memory_by = "not asked for";
	if (!m->rq->memory) {
		if (!m->rq->memory_max)
			limit_memory_unasked(m, p);
		return;
	}
	m->plan->memory_by = m->facts->can_memory ? "cgroup" : "rlimit";
	if (m->facts->can_memory) {
		p->memory.limit = (struct oci_opt_int){ true, (int64_t)m->rq->memory };
		p->memory.swap = p->memory.limit;
		p->resources.memory = &p->memory;
		return;
	}
	add_asked(m, p, "RLIMIT_DATA", m->rq->memory, &m->facts->data,
		  "memory: the caller's own limit (ulimit -d) is lower and stays");
	direct_remark(
		m, "memory: " NO_CONTROLLER "RLIMIT_DATA limits each process alone" HOW,
		true);
}

static void limit_together(struct direct_maker *m, struct direct_parts *p)
{
	if (!m->rq->oom_group)
		return;
	if (!m->facts->can_memory) {
		direct_remark(m,
			      "oom-group: " NO_CONTROLLER "each process dies alone" HOW,
			      true);
		return;
	}
	p->unified[0] = (struct oci_pair){ (char *)"memory.oom.group", (char *)"1" };
	p->resources.unified.v = p->unified;
	p->resources.unified.n = 1;
}

static void limit_cpu(struct direct_maker *m, struct direct_parts *p)
{
	m->plan->cpu_by = "not asked for";
	if (!m->rq->cpus)
		return;
	m->plan->cpu_by = m->facts->can_cpu ? "cgroup" : "none";
	if (!m->facts->can_cpu) {
		direct_remark(m, "cpus: " NO_CONTROLLER "there is no limit" HOW, true);
		return;
	}
	p->cpu.period = (struct oci_opt_uint){ true, 100000 };
	p->cpu.quota = (struct oci_opt_int){ true, (int64_t)m->rq->cpus * 100 };
	p->resources.cpu = &p->cpu;
}

void direct_limits(struct direct_maker *m, struct direct_parts *p)
{
	add_rlimit(p, "RLIMIT_CORE", 0);
	if (m->rq->file_size)
		add_asked(m, p, "RLIMIT_FSIZE", m->rq->file_size, &m->facts->file_size,
			  "fsize: the caller's own limit (ulimit -f) is lower and stays");
	limit_pids(m, p);
	limit_memory(m, p);
	limit_together(m, p);
	limit_cpu(m, p);
}

/*
 * The JVM, node, Go and others choose their heaps and threads by what they read there; without
 * it they take the machine's and meet the limit as SIGKILL. v1 has a directory and a mount for
 * each controller: not for this.
 */
void direct_show_limits(const struct direct_maker *m, const struct direct_parts *p,
			struct oci_mount *list, size_t *n)
{
	static const char *const words[] = { "nosuid", "noexec", "nodev", "ro", NULL };
	const struct oci_resources *r = &p->resources;

	if (m->facts->cgroup_v2 && (r->memory || r->cpu || r->pids))
		list[(*n)++] = (struct oci_mount){
			.destination = (char *)"/sys/fs/cgroup",
			.type = (char *)"cgroup",
			.source = (char *)"cgroup",
			.options = oci_words_list(words),
		};
}
