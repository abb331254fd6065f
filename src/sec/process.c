/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last steps of a container's process: one table, read from top to bottom. Invariants:
 *  - what can fail because of the config stands before READY, so that `create` fails;
 *  - what needs a privilege stands before the step that gives it up;
 *  - after the filter is loaded only what the filter must allow in any case: execve, and
 *    a sendmsg and a read when its listener is to be passed on;
 *  - nothing here touches the system: a step appends ops to a script.
 */
#include "sec/process.h"

#include "base/mem.h"
#include "sec/process_plan.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static int plan_session(struct plan *plan, struct err *e)
{
	(void)e;
	script_sys(plan->s, "new session", SYS_setsid, 0, 0, 0);
	if (plan->p->terminal) /* EIO: whoever got the master has closed it already */
		script_sys(plan->s, "process.terminal: make it the controlling terminal",
			   SYS_ioctl, 0, 0, 0, TIOCSCTTY, 0)
			->ignore[0] = EIO;
	return 0;
}

/* As runc does it: /dev/stdout and its like can be opened again only by their owner. */
static int plan_stdio(struct plan *plan, struct err *e)
{
	(void)e;
	for (unsigned fd = 0; fd < 3; fd++) {
		struct script_op *op;

		if (!(plan->f->stdio & (1u << fd)) || !plan->p->user.uid)
			continue;
		op = script_sys(plan->s, "owner of the standard streams", SYS_fchown, 0,
				0, fd, plan->p->user.uid, (uint64_t)-1);
		op->ignore[0] = SCRIPT_IGNORE_ANY;
	}
	return 0;
}

static int plan_signals(struct plan *plan, struct err *e)
{
	static const uint64_t none;
	static const uint64_t sigaction_default[4]; /* the kernel's struct: SIG_DFL */

	(void)e;
	for (int sig = 1; sig <= 64; sig++) {
		if (!(plan->f->ignored & (uint64_t)1 << (sig - 1)) || sig == SIGKILL ||
		    sig == SIGSTOP)
			continue;
		script_sys(plan->s, "reset an ignored signal", SYS_rt_sigaction, 2, 0,
			   (uint64_t)sig,
			   script_bytes(plan->s, sigaction_default,
					sizeof(sigaction_default)),
			   0, sizeof(none));
	}
	script_sys(plan->s, "unblock all signals", SYS_rt_sigprocmask, 2, 0, SIG_SETMASK,
		   script_bytes(plan->s, &none, sizeof(none)), 0, sizeof(none));
	return 0;
}

static int plan_cwd_as_root(struct plan *plan, struct err *e)
{
	struct script_op *op;
	char what[SCRIPT_WHAT_MAX];

	WHERE_IN(e, "process.cwd", NULL);
	if (!plan->p->cwd || plan->p->cwd[0] != '/')
		return err_set(e, "\"%s\" is no absolute path",
			       plan->p->cwd ? plan->p->cwd : "");
	snprintf(what, sizeof(what), "process.cwd: %s", plan->p->cwd);
	op = script_sys(plan->s, what, SYS_chdir, 1, 0,
			script_text(plan->s, plan->p->cwd));
	op->ignore[0] = EACCES;
	op->ignore[1] = EPERM;
	op->save = SCRIPT_SLOT_B;
	return 0;
}

static int plan_cwd_as_user(struct plan *plan, struct err *e)
{
	struct script_op *op;
	char what[SCRIPT_WHAT_MAX];

	(void)e;
	snprintf(what, sizeof(what), "process.cwd: %s", plan->p->cwd);
	op = script_sys(plan->s, what, SYS_chdir, 1, 0,
			script_text(plan->s, plan->p->cwd));
	op->unless = SCRIPT_SLOT_B;
	snprintf(what, sizeof(what), "process.cwd: %s: look where it leads",
		 plan->p->cwd);
	script_add(plan->s, SCRIPT_CHECK_CWD, what, 0, (uint64_t[6]){ 0 });
	return 0;
}

static int plan_descriptors(struct plan *plan, struct err *e)
{
	(void)e;
	script_sys(plan->s, "mark descriptors close-on-exec", SYS_close_range, 0, 0,
		   3 + (uint64_t)plan->f->extra_fds, UINT32_MAX, CLOSE_RANGE_CLOEXEC);
	return 0;
}

static int plan_parent(struct plan *plan, struct err *e)
{
	(void)e;
	if (plan->f->die_with_parent)
		script_sys(plan->s, "die with the runtime", SYS_prctl, 0, 0,
			   PR_SET_PDEATHSIG, SIGKILL);
	return 0;
}

static int plan_landlock(struct plan *plan, struct err *e)
{
	(void)e;
	if (plan->f->landlock)
		landlock_plan_script(plan->f->landlock, plan->s);
	return 0;
}

static int plan_program(struct plan *plan, struct err *e)
{
	const struct oci_process *p = plan->p;
	struct script_op *op;
	uint64_t at;

	WHERE_IN(e, "process.args", NULL);
	if (!p->args.n)
		return err_set(e, "there is no program to run");
	plan->candidates = process_candidates(p->args.v[0], plan->env);
	if (!plan->f->gate)
		return 0; /* execve follows at once and tells more */
	at = script_strings(plan->s, plan->candidates);
	op = script_add(plan->s, SCRIPT_FIND, p->args.v[0], 0, (uint64_t[6]){ at });
	op->data = 1;
	return 0;
}

static int plan_waiting(struct plan *plan, struct err *e)
{
	(void)e;
	if (plan->f->gate && process_needs_proc(plan->p, plan->f))
		script_sys(plan->s, "close the procfs", SYS_close, 0, 1,
			   SCRIPT_SLOT_PROC);
	if (plan->f->hide)
		script_sys(plan->s, "forbid tracing", SYS_prctl, 0, 0, PR_SET_DUMPABLE,
			   0);
	return 0;
}

static int plan_ready(struct plan *plan, struct err *e)
{
	(void)e;
	if (plan->f->ready)
		script_add(plan->s, SCRIPT_REPORT, "ready", 0,
			   (uint64_t[6]){ SCRIPT_READY });
	if (plan->f->gate) {
		struct script_op *op = script_add(plan->s, SCRIPT_GATE, "wait for start",
						  0, (uint64_t[6]){ SCRIPT_SLOT_GATE });
		op->slots = 1;
	}
	return 0;
}

static int plan_executing(struct plan *plan, struct err *e)
{
	(void)e;
	if (plan->f->exec) /* from here on it may outlive the runtime, if that still lives */
		script_sys(plan->s, "may outlive the runtime", SYS_prctl, 0, 0,
			   PR_SET_PDEATHSIG, 0, 0);
	if (plan->f->ready)
		script_add(plan->s, SCRIPT_REPORT, "executing", 0,
			   (uint64_t[6]){ SCRIPT_EXECUTING, plan->f->exec });
	return 0;
}

/* Filtered and without privileges as the program is: there is nothing to win from it. */
static int plan_reaper(struct plan *plan, struct err *e)
{
	(void)e;
	if (plan->f->reaper)
		script_add(plan->s, SCRIPT_REAPER, "the program behind a reaper", 0,
			   (uint64_t[6]){ plan->p->terminal });
	return 0;
}

static int plan_exec(struct plan *plan, struct err *e)
{
	const struct oci_process *p = plan->p;
	uint64_t candidates = script_strings(plan->s, plan->candidates);
	uint64_t argv = script_strings(plan->s, p->args.v);
	uint64_t env = script_strings(plan->s, plan->env);
	struct script_op *op;

	(void)e;
	op = script_add(plan->s, SCRIPT_EXEC, p->args.v[0], 0,
			(uint64_t[6]){ candidates, argv, env });
	op->data = 7;
	return 0;
}

static const struct step {
	const char *name;
	plan_step *append;
	const char *here_because;
} steps[] = {
	{ "session keyring", plan_keyring, "its label needs procfs and our privileges" },
	{ "session", plan_session, "before the io priority of our own process group" },
	{ "standard streams", plan_stdio, "needs CAP_CHOWN" },
	{ "personality", plan_personality, "can fail, needs nothing" },
	{ "memory policy", plan_memory_policy, "the kernel compares it with our cpuset" },
	{ "cpu affinity", plan_affinity, "SCHED_DEADLINE demands all CPUs" },
	{ "io priority", plan_io_priority, "needs the session; RT needs CAP_SYS_ADMIN" },
	{ "scheduler", plan_scheduler, "after the affinity; needs CAP_SYS_NICE" },
	{ "oom score", plan_oom_score, "needs procfs and CAP_SYS_RESOURCE" },
	{ "labels", plan_labels,
	  "for the next exec: last use of procfs; before no_new_privs" },
	{ "limits", plan_rlimits, "after the files are open; needs CAP_SYS_RESOURCE" },
	{ "umask", plan_umask, "can not fail" },
	{ "bounding set", plan_bounding_set, "needs CAP_SETPCAP" },
	{ "cwd, as root", plan_cwd_as_root, "a directory only root may enter" },
	{ "groups", plan_groups, "needs CAP_SETGID" },
	{ "ids", plan_ids, "all that only root can do is done" },
	{ "capabilities", plan_capabilities, "the change of ids clears them" },
	{ "parent", plan_parent, "a change of ids or capabilities ends it" },
	{ "no new privileges", plan_no_new_privs, "labels and ids are set" },
	{ "cwd, as the user", plan_cwd_as_user,
	  "a directory root may not enter (NFS, FUSE)" },
	{ "second belt", plan_landlock, "needs no_new_privs; its paths are the user's" },
	{ "signals", plan_signals, "no step waits for a signal" },
	{ "program", plan_program, "as the user, in the cwd: what execve will see" },
	{ "descriptors", plan_descriptors, "all are open that will be" },
	{ "waiting", plan_waiting, "others of the container see us from now on" },
	{ "filter, early", plan_early_filter,
	  "if it lets us pass: what is done now, start need not wait for" },
	{ "ready, gate", plan_ready,
	  "what follows can only fail by the program or the filter" },
	{ "small limits", plan_small_nofile, "the gate needed a free descriptor" },
	{ "executing", plan_executing, "the filter may forbid to tell" },
	{ "filter", plan_filter, "as late as can be: it judges our calls too" },
	{ "listener", plan_listener, "is a result of the filter" },
	{ "reaper", plan_reaper, "is restricted as the program is" },
	{ "execve", plan_exec, "the end" },
};

void plan_warn(struct plan *plan, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (!plan->warnings)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	str_addf(plan->warnings, "%s\n", line);
}

static void plan_release(struct plan *plan)
{
	free(plan->env);
	if (plan->candidates)
		free(plan->candidates[0]);
	free(plan->candidates);
}

bool process_sends_listener(const struct process_facts *f)
{
	return f->filter && f->filter->n && f->filter->notify;
}

int process_plan(const struct oci_process *p, const struct process_facts *f,
		 struct script *ret, struct str *warnings, struct err *e)
{
	__attribute__((cleanup(plan_release))) struct plan plan = {
		.p = p, .f = f, .s = ret, .warnings = warnings
	};

	TRY(process_env(p, f, &plan.env, e));
	caps_plan(p->capabilities, &f->caps, &plan.caps, warnings);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		TRY(steps[i].append(&plan, e));
	return 0;
}

int process_explain(const struct script_report *r, struct err *e)
{
	static const struct {
		const char *place;
		int code;
		const char *remedy;
	} hints[] = {
		{ "process.user", EINVAL,
		  "the id has no mapping in the container's user namespace: "
		  "linux.uidMappings, linux.gidMappings" },
		{ "process.rlimits", EPERM,
		  "only root of the host can raise a limit above the caller's own" },
		{ "process.oomScoreAdj", EACCES,
		  "only root of the host can lower it below the caller's own" },
		{ "process.scheduler", EPERM,
		  "the caller lacks CAP_SYS_NICE, or the cgroup has no real-time "
		  "budget" },
		{ "process.apparmorProfile", ENOENT,
		  "load it first: apparmor_parser -r FILE" },
		{ "process.selinuxLabel", EINVAL, "the policy does not know this label" },
		{ "linux.memoryPolicy", EINVAL,
		  "the nodes must exist and be allowed by the cgroup's cpuset" },
	};

	script_explain(r, e);
	if (r->exec && r->error == EACCES && selinux_read_state() == SELINUX_ENFORCING)
		err_hint_more(e,
			      "where that is so, SELinux forbids it: label the root for "
			      "containers, chcon -R -t container_file_t");
	if (r->exec && r->error == EPERM && selinux_read_state() == SELINUX_ENFORCING)
		err_hint(e,
			 "if process.selinuxLabel is set: with noNewPrivileges SELinux "
			 "lets a process have it only where the policy allows "
			 "process2 nnp_transition from the caller's label");
	for (size_t i = 0; !r->exec && i < ARRAY_SIZE(hints); i++)
		if (r->error == hints[i].code &&
		    strncmp(r->what, hints[i].place, strlen(hints[i].place)) == 0)
			err_hint(e, "%s", hints[i].remedy);
	return -1;
}
