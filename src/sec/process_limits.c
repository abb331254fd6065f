/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of a process plan: what a process carries besides its identity (limits, priorities,
 * policies); and what HOST does for it from outside, where a new user namespace has taken
 * the privileges away that raising a limit needs.
 */
#include "sec/limits.h"
#include "sec/process_plan.h"

#include "base/fd.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	IOPRIO_PROCESS = 1, /* linux/ioprio.h */
	IOPRIO_PGRP = 2,
	NOFILE_ROOM =
		64, /* descriptors that we and the gate may need besides extra_fds */
};

int plan_personality(struct plan *plan, struct err *e)
{
	const struct oci_personality *per = plan->f->personality;

	if (!per)
		return 0;
	WHERE_IN(e, "linux.personality.flags", NULL);
	if (per->flags.n)
		return err_set(e, "no flag is defined");
	script_sys(plan->s, "linux.personality", SYS_personality, 0, 0,
		   per->domain == OCI_PER_LINUX32 ? 8 : 0);
	return 0;
}

int plan_memory_policy(struct plan *plan, struct err *e)
{
	struct limits_nodes nodes;
	size_t n = 0;
	int mode = 0;

	if (!plan->f->memory_policy)
		return 0;
	TRY(limits_memory_policy(plan->f->memory_policy, &mode, &nodes, &n, e));
	script_sys(plan->s, "linux.memoryPolicy", SYS_set_mempolicy, 2, 0, (uint64_t)mode,
		   n ? script_bytes(plan->s, &nodes, sizeof(nodes)) : 0, n);
	return 0;
}

/* An engine's own restriction must not leak in: the cgroup's cpuset is what counts. */
int plan_affinity(struct plan *plan, struct err *e)
{
	const struct oci_exec_cpu_affinity *a = plan->p->exec_cpu_affinity;
	const char *what = "reset the cpu affinity";
	struct limits_cpus cpus;
	struct script_op *op;
	bool given = plan->f->exec && a && a->final && a->final[0];

	if (plan->f->keep_affinity)
		return 0;
	memset(&cpus, 0xff, sizeof(cpus));
	if (given) {
		WHERE_IN(e, "process.execCPUAffinity.final", NULL);
		TRY(limits_list(a->final, cpus.bits, LIMITS_CPUS_MAX, e));
		what = "process.execCPUAffinity.final";
	}
	op = script_sys(plan->s, what, SYS_sched_setaffinity, 4, 0, 0, sizeof(cpus),
			script_bytes(plan->s, &cpus, sizeof(cpus)));
	if (!given)
		op->ignore[0] = SCRIPT_IGNORE_ANY;
	return 0;
}

int plan_io_priority(struct plan *plan, struct err *e)
{
	int value = 0;

	if (!plan->p->io_priority)
		return 0;
	TRY(limits_io_priority(plan->p->io_priority, &value, e));
	if (!plan->f->outside)
		script_sys(plan->s, "process.ioPriority", SYS_ioprio_set, 0, 0,
			   IOPRIO_PGRP, 0, (uint64_t)value);
	return 0;
}

int plan_scheduler(struct plan *plan, struct err *e)
{
	struct limits_sched attr;

	if (!plan->p->scheduler)
		return 0;
	TRY(limits_scheduler(plan->p->scheduler, &attr, e));
	if (!plan->f->outside ||
	    (plan->f->exec && !process_scheduler_is_inherited(plan->p)))
		script_sys(plan->s, "process.scheduler", SYS_sched_setattr, 2, 0, 0,
			   script_bytes(plan->s, &attr, sizeof(attr)), 0);
	return 0;
}

void plan_write_proc(struct plan *plan, const char *file, const char *text,
		     const char *what)
{
	struct script_op *op;

	op = script_sys(plan->s, what, SYS_openat, 2, 1, SCRIPT_SLOT_PROC,
			script_text(plan->s, file), O_WRONLY | O_CLOEXEC);
	op->save = SCRIPT_SLOT_A;
	script_sys(plan->s, what, SYS_write, 2, 1, SCRIPT_SLOT_A,
		   script_text(plan->s, text), strlen(text));
	script_sys(plan->s, what, SYS_close, 0, 1, SCRIPT_SLOT_A);
}

static int check_oom_score(const struct oci_opt_int *score, struct err *e)
{
	WHERE_IN(e, "process.oomScoreAdj", NULL);
	if (score->set && (score->v < -1000 || score->v > 1000))
		return err_set(e, "%lld is not in -1000..1000", (long long)score->v);
	return 0;
}

int plan_oom_score_now(struct plan *plan, struct err *e)
{
	const struct oci_opt_int *score = &plan->p->oom_score_adj;
	char what[SCRIPT_WHAT_MAX];
	char text[24];

	TRY(check_oom_score(score, e));
	if (!score->set)
		return 0;
	snprintf(text, sizeof(text), "%lld", (long long)score->v);
	snprintf(what, sizeof(what), "process.oomScoreAdj: %s", text);
	plan_write_proc(plan, "self/oom_score_adj", text, what);
	return 0;
}

int plan_oom_score(struct plan *plan, struct err *e)
{
	if (plan->f->outside || plan->f->exec)
		return check_oom_score(&plan->p->oom_score_adj, e);
	return plan_oom_score_now(plan, e);
}

/* RLIMIT_NOFILE below what we need ourselves while we wait. */
static bool is_small_nofile(const struct plan *plan, const struct oci_rlimit *r)
{
	return limits_resource(r->type) == RLIMIT_NOFILE &&
	       r->soft < NOFILE_ROOM + (uint64_t)plan->f->extra_fds;
}

static void add_rlimit(struct plan *plan, size_t i, uint64_t soft)
{
	const struct oci_rlimit *r = &plan->p->rlimits.v[i];
	uint64_t pair[2] = { soft, r->hard };
	char what[SCRIPT_WHAT_MAX];

	snprintf(what, sizeof(what), "process.rlimits[%zu]: %s", i, r->type);
	script_sys(plan->s, what, SYS_prlimit64, 4, 0, 0,
		   (uint64_t)limits_resource(r->type),
		   script_bytes(plan->s, pair, sizeof(pair)), 0);
}

int plan_rlimits(struct plan *plan, struct err *e)
{
	unsigned seen = 0;

	for (size_t i = 0; i < plan->p->rlimits.n; i++) {
		const struct oci_rlimit *r = &plan->p->rlimits.v[i];
		uint64_t room = NOFILE_ROOM + (uint64_t)plan->f->extra_fds;
		int resource = limits_resource(r->type);

		WHERE(e, "process.rlimits", i, r->type);
		if (resource < 0)
			return err_set(e, "Linux has no such limit");
		if (seen & (1u << resource))
			return err_set(e, "given twice");
		seen |= 1u << resource;
		if (r->soft > r->hard)
			return err_set(e, "soft %llu is above hard %llu",
				       (unsigned long long)r->soft,
				       (unsigned long long)r->hard);
		if (!is_small_nofile(plan, r))
			add_rlimit(plan, i, r->soft);
		else if (r->hard >= room) /* raising the hard one needs privileges: now */
			add_rlimit(plan, i, room);
	}
	return 0;
}

int plan_small_nofile(struct plan *plan, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < plan->p->rlimits.n; i++)
		if (is_small_nofile(plan, &plan->p->rlimits.v[i]))
			add_rlimit(plan, i, plan->p->rlimits.v[i].soft);
	return 0;
}

int plan_umask(struct plan *plan, struct err *e)
{
	(void)e;
	if (plan->p->user.umask.set)
		script_sys(plan->s, "process.user.umask", SYS_umask, 0, 0,
			   plan->p->user.umask.v);
	return 0;
}

/* ---- from outside -------------------------------------------------------------------- */

/* Raises hard limits only: a lower limit now would hit our own work in the child. */
static int raise_limits(const struct oci_process *p, pid_t pid, struct err *e)
{
	for (size_t i = 0; i < p->rlimits.n; i++) {
		const struct oci_rlimit *r = &p->rlimits.v[i];
		int resource = limits_resource(r->type);
		uint64_t now[2];

		WHERE(e, "process.rlimits", i, r->type);
		if (resource < 0)
			return err_set(e, "Linux has no such limit");
		if (syscall(SYS_prlimit64, pid, resource, NULL, now) < 0)
			return err_sys_plain(e,
					     "read the limit of the container's process");
		if (now[1] >= r->hard)
			continue;
		now[1] = r->hard;
		if (syscall(SYS_prlimit64, pid, resource, now, NULL) < 0)
			return err_sys_plain(e, "raise the limit");
	}
	return 0;
}

static int set_oom_score(const struct oci_process *p, pid_t pid, int proc_fd,
			 struct err *e)
{
	char path[48];
	char text[24];

	if (!p->oom_score_adj.set)
		return 0;
	WHERE_IN(e, "process.oomScoreAdj", NULL);
	snprintf(path, sizeof(path), "%d/oom_score_adj", (int)pid);
	snprintf(text, sizeof(text), "%lld", (long long)p->oom_score_adj.v);
	if (file_write_value(proc_fd, path, text) < 0)
		return err_sys_plain(e, "write %s", text);
	return 0;
}

int process_outside(const struct oci_process *p, pid_t pid, int proc_fd, struct err *e)
{
	struct limits_sched attr;
	int value = 0;

	TRY(raise_limits(p, pid, e));
	TRY(set_oom_score(p, pid, proc_fd, e));
	if (p->scheduler) {
		TRY(limits_scheduler(p->scheduler, &attr, e));
		WHERE_IN(e, "process.scheduler", NULL);
		if (syscall(SYS_sched_setattr, pid, &attr, 0) < 0)
			return err_sys_plain(e, "set the scheduler");
	}
	if (p->io_priority) {
		TRY(limits_io_priority(p->io_priority, &value, e));
		WHERE_IN(e, "process.ioPriority", NULL);
		if (syscall(SYS_ioprio_set, IOPRIO_PROCESS, pid, value) < 0)
			return err_sys_plain(e, "set the io priority");
	}
	return 0;
}

int process_set_affinity(pid_t pid, const char *list, struct err *e)
{
	struct limits_cpus cpus;

	WHERE_IN(e, "process.execCPUAffinity", list);
	TRY(limits_list(list, cpus.bits, LIMITS_CPUS_MAX, e));
	if (syscall(SYS_sched_setaffinity, pid, sizeof(cpus), &cpus) < 0)
		return err_sys_plain(e, "set the cpu affinity");
	return 0;
}
