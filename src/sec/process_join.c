/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes before the steps of process.c when a process is added to a container (`exec`):
 * one table, read from top to bottom. The script runs in the stage from its first op on, so
 * no process in the container's namespaces ever is the host's binary (CVE-2019-5736), and
 * none of them can be traced by those who are there already.
 */
#include "sec/limits.h"
#include "sec/process_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <termios.h>

struct join_plan {
	struct plan base;
	const struct process_join *join;
};

typedef int join_step(struct join_plan *plan, struct err *e);

static int join_guard(struct join_plan *plan, struct err *e)
{
	(void)e;
	script_sys(plan->base.s, "end with the runtime", SYS_prctl, 0, 0,
		   PR_SET_PDEATHSIG, SIGKILL, 0);
	return 0;
}

/* Raises hard limits only, as process_outside() does: the rest is plan_rlimits()'s. */
static int join_limits(struct join_plan *plan, struct err *e)
{
	const struct oci_process *p = plan->base.p;

	for (size_t i = 0; plan->base.f->outside && i < p->rlimits.n; i++) {
		const struct oci_rlimit *r = &p->rlimits.v[i];
		int resource = limits_resource(r->type);
		char what[SCRIPT_WHAT_MAX];
		uint64_t pair[2];

		WHERE(e, "process.rlimits", i, r->type);
		if (resource < 0 || resource >= PROCESS_LIMITS_MAX)
			return err_set(e, "Linux has no such limit");
		if (plan->join->limits[resource][1] >= r->hard)
			continue;
		pair[0] = plan->join->limits[resource][0];
		pair[1] = r->hard;
		snprintf(what, sizeof(what), "process.rlimits[%zu]: %s", i, r->type);
		script_sys(plan->base.s, what, SYS_prlimit64, 4, 0, 0, (uint64_t)resource,
			   script_bytes(plan->base.s, pair, sizeof(pair)), 0);
	}
	return 0;
}

static int join_oom_score(struct join_plan *plan, struct err *e)
{
	return plan_oom_score_now(&plan->base, e);
}

/* A deadline or a reset at fork would be lost on the way; then the joined one does it. */
bool process_scheduler_is_inherited(const struct oci_process *p)
{
	enum { RESET_ON_FORK = 1, DEADLINE = 6 }; /* sched_setattr(2) */
	struct err ignored = { 0 };
	struct limits_sched attr;

	return !p->scheduler ||
	       (limits_scheduler(p->scheduler, &attr, &ignored) == 0 &&
		attr.policy != DEADLINE && !(attr.flags & RESET_ON_FORK));
}

static int join_priorities(struct join_plan *plan, struct err *e)
{
	enum { IOPRIO_PROCESS = 1 }; /* linux/ioprio.h */
	const struct oci_process *p = plan->base.p;
	struct limits_sched attr;
	int value = 0;

	if (plan->base.f->outside && p->scheduler && process_scheduler_is_inherited(p)) {
		TRY(limits_scheduler(p->scheduler, &attr, e));
		script_sys(plan->base.s, "process.scheduler", SYS_sched_setattr, 2, 0, 0,
			   script_bytes(plan->base.s, &attr, sizeof(attr)), 0);
	}
	if (plan->base.f->outside && p->io_priority) {
		TRY(limits_io_priority(p->io_priority, &value, e));
		script_sys(plan->base.s, "process.ioPriority", SYS_ioprio_set, 0, 0,
			   IOPRIO_PROCESS, 0, (uint64_t)value);
	}
	return 0;
}

static int join_hide(struct join_plan *plan, struct err *e)
{
	(void)e;
	script_sys(plan->base.s, "forbid tracing", SYS_prctl, 0, 0, PR_SET_DUMPABLE, 0);
	return 0;
}

/* ESRCH is final: the init is gone, and nobody asks for its number (pidfd). */
static int join_namespaces(struct join_plan *plan, struct err *e)
{
	(void)e;
	if (plan->join->namespaces)
		script_sys(plan->base.s, PROCESS_JOIN_WHAT, SYS_setns, 0, 1,
			   SCRIPT_SLOT_TARGET, plan->join->namespaces);
	script_sys(plan->base.s, "close the init's descriptor", SYS_close, 0, 1,
		   SCRIPT_SLOT_TARGET);
	return 0;
}

static int join_root(struct join_plan *plan, struct err *e)
{
	(void)e;
	if (!plan->join->chroot)
		return 0;
	script_sys(plan->base.s, "go to the container's root", SYS_fchdir, 0, 1,
		   SCRIPT_SLOT_ROOT);
	script_sys(plan->base.s, "make the container's root ours", SYS_chroot, 1, 0,
		   script_text(plan->base.s, "."));
	script_sys(plan->base.s, "close the container's root", SYS_close, 0, 1,
		   SCRIPT_SLOT_ROOT);
	return 0;
}

/* In a user namespace privileges count only over what belongs to ids that it maps. */
static int join_ids(struct join_plan *plan, struct err *e)
{
	const struct process_join *j = plan->join;

	(void)e;
	if (!(j->namespaces & CLONE_NEWUSER))
		return 0;
	script_sys(plan->base.s, "become root of the user namespace", SYS_setresgid, 0, 0,
		   j->gid, j->gid, j->gid)
		->ignore[0] = EINVAL;
	script_sys(plan->base.s, "become root of the user namespace", SYS_setresuid, 0, 0,
		   j->uid, j->uid, j->uid)
		->ignore[0] = EINVAL;
	return 0;
}

static int join_birth(struct join_plan *plan, struct err *e)
{
	static const uint64_t none[6];

	if (!plan->join->birth)
		return 0;
	script_add(plan->base.s, SCRIPT_BIRTH, PROCESS_BIRTH_WHAT, 0, none);
	return join_guard(plan, e); /* it is not inherited */
}

/* ---- terminal ------------------------------------------------------------------------------ */

static void terminal_open(struct script *s)
{
	static const uint32_t unlock;
	struct open_how how = { .flags = O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS };
	struct script_op *op;

	op = script_sys(s, "process.terminal: open the container's /dev/pts/ptmx",
			SYS_openat2, 6, 0, (uint64_t)AT_FDCWD,
			script_text(s, "/dev/pts/ptmx"),
			script_bytes(s, &how, sizeof(how)), sizeof(how));
	op->save = SCRIPT_SLOT_A;
	script_sys(s, "process.terminal: unlock it", SYS_ioctl, 4, 1, SCRIPT_SLOT_A,
		   TIOCSPTLCK, script_bytes(s, &unlock, sizeof(unlock)));
	/* never by its name, which the container could have given to something else */
	op = script_sys(s, "process.terminal: open the other end", SYS_ioctl, 0, 1,
			SCRIPT_SLOT_A, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	op->save = SCRIPT_SLOT_B;
}

/* For engines, what the program writes arrives as it was written: no ONLCR. */
static void terminal_add_no_returns(struct script *s)
{
	/* the kernel's struct termios: four words, then bytes; c_oflag is the second */
	static const char room[64];
	uint64_t at = script_bytes(s, room, sizeof(room));
	uint64_t flags[6] = { at + 4, ONLCR };
	struct script_op *op;

	script_sys(s, "process.terminal: read its settings", SYS_ioctl, 4, 1,
		   SCRIPT_SLOT_B, TCGETS, at);
	op = script_add(s, SCRIPT_CLEAR, "process.terminal: settings", 0, flags);
	op->data = 1;
	script_sys(s, "process.terminal: write its settings", SYS_ioctl, 4, 1,
		   SCRIPT_SLOT_B, TCSETS, at);
}

static int terminal_set_up(struct script *s, const struct oci_box *size, struct err *e)
{
	if (size) {
		struct winsize w = { .ws_row = (unsigned short)size->height,
				     .ws_col = (unsigned short)size->width };

		if (size->height > UINT16_MAX || size->width > UINT16_MAX)
			return err_set(e, "process.consoleSize: more than 65535");
		script_sys(s, "process.consoleSize", SYS_ioctl, 4, 1, SCRIPT_SLOT_B,
			   TIOCSWINSZ, script_bytes(s, &w, sizeof(w)));
	}
	return 0;
}

static int join_terminal(struct join_plan *plan, struct err *e)
{
	static const char name[] = "/dev/ptmx"; /* for people; engines ignore it */
	struct script *s = plan->base.s;
	struct script_op *op;

	if (!plan->base.p->terminal)
		return 0;
	terminal_open(s);
	if (!plan->base.f->raw_terminal)
		terminal_add_no_returns(s);
	TRY(terminal_set_up(s, plan->base.p->console_size, e));
	op = script_sys(s, "process.terminal: give it to the user", SYS_fchown, 0, 1,
			SCRIPT_SLOT_B, plan->base.p->user.uid, (uint64_t)-1);
	op->ignore[0] = EPERM;
	op->ignore[1] = EINVAL;
	for (uint64_t fd = 0; fd < 3; fd++)
		script_sys(s, "process.terminal: standard streams", SYS_dup3, 0, 1,
			   SCRIPT_SLOT_B, fd, 0);
	op = script_add(s, SCRIPT_PASS_FD, "process.terminal: send it", 0,
			(uint64_t[6]){ SCRIPT_SLOT_CONSOLE, SCRIPT_SLOT_A,
				       script_text(s, name), sizeof(name) - 1 });
	op->slots = 3;
	op->data = 4;
	for (int slot = SCRIPT_SLOT_A; slot <= SCRIPT_SLOT_B; slot++)
		script_sys(s, "process.terminal: close", SYS_close, 0, 1, (uint64_t)slot);
	script_sys(s, "process.terminal: close the socket", SYS_close, 0, 1,
		   SCRIPT_SLOT_CONSOLE);
	return 0;
}

static const struct {
	const char *name;
	join_step *append;
	const char *here_because;
} steps[] = {
	{ "guard", join_guard, "nothing of us may outlive a killed runtime" },
	{ "limits", join_limits, "a user namespace takes the right to raise them away" },
	{ "oom score", join_oom_score, "our file in /proc is still the caller's" },
	{ "priorities", join_priorities, "as the limits" },
	{ "hidden", join_hide, "before anybody in the container can see us" },
	{ "namespaces", join_namespaces, "all at once, by pidfd" },
	{ "root", join_root, "where the mount namespace's root is not the container's" },
	{ "ids", join_ids, "the terminal's owner must be known inside" },
	{ "birth", join_birth, "a pid namespace is entered by being born in it" },
	{ "terminal", join_terminal, "made in the container's devpts" },
};

int process_join_plan(const struct oci_process *p, const struct process_facts *f,
		      const struct process_join *join, struct script *ret, struct err *e)
{
	struct join_plan plan = { { .p = p, .f = f, .s = ret }, join };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		TRY(steps[i].append(&plan, e));
	return 0;
}

int process_join_limits(const struct oci_process *p, struct process_join *ret,
			struct err *e)
{
	for (size_t i = 0; i < p->rlimits.n; i++) {
		int resource = limits_resource(p->rlimits.v[i].type);

		if (resource < 0 || resource >= PROCESS_LIMITS_MAX)
			continue; /* the plan refuses it */
		if (syscall(SYS_prlimit64, 0, resource, NULL, ret->limits[resource]) < 0)
			return err_sys(e, "read the limit %s", p->rlimits.v[i].type);
	}
	return 0;
}
