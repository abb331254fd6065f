/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The birth of a process that `exec` adds. USHER is born into the container's cgroup, becomes
 * the stage and joins the namespaces; where there is a pid namespace it bears the process as
 * our child, not its own, and ends. Whatever fails, nobody of them is left.
 */
#include "run/exec.h"

#include "base/fd.h"
#include "base/file.h"
#include "kernel/pidfd.h"
#include "run/baton.h"
#include "run/container.h"
#include "run/interrupt.h"
#include "run/listener.h"
#include "run/machine.h"
#include "run/resctrl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DYING_MS = 200 };

static int say_stopped(const struct exec *x, struct err *e)
{
	err_clear(e);
	return machine_check(RUN_OP_EXEC, OCI_STATUS_STOPPED, x->args->id, e);
}

/* ---- birth ----------------------------------------------------------------------------- */

static _Noreturn void live_as_usher(struct exec *x)
{
	const struct stage_exec_fds joining = { x->l.pidfd, x->console_fd, x->root_fd };
	const struct stage_fds fds = {
		.report = x->report_peer,
		.gate = -1,
		.proc = process_needs_proc(&x->process, &x->facts) ? x->l.proc_fd : -1,
		.script = x->script_fd,
		.exec = &joining,
	};
	struct err e = { 0 };

	/* v1 hierarchies, and v2 where clone3 could not do it: here, so that what is born of
	 * us is born inside */
	if (cgroup_join(&x->l.cgroup, 0, x->usher.in_cgroup, &e) == 0 &&
	    resctrl_join(x->l.record, getpid(), &e) == 0)
		(void)stage_run(&fds, x->stage_fd, x->facts.extra_fds, &e);
	(void)baton_error(x->report_peer, 0, &e);
	_exit(1);
}

static int spawn_usher(struct exec *x, struct err *e)
{
	struct spawn_args args = { .cgroup_fd = cgroup_v2_fd(&x->l.cgroup) };
	pid_t pid = spawn_process(&args, &x->usher, e);

	if (pid == 0)
		live_as_usher(x);
	return pid < 0 ? -1 : 0;
}

/* The container's own cgroup is no place for processes: as runc, where its init is. */
static int spawn_with_init(struct exec *x, struct err *e)
{
	char path[32], text[4096];
	pid_t init = TRY(pidfd_pid(x->l.pidfd, x->l.proc_fd, e));

	snprintf(path, sizeof(path), "%d/cgroup", (int)init);
	if (file_read_value(x->l.proc_fd, path, text, sizeof(text)) < 0 ||
	    !pidfd_alive(x->l.pidfd))
		return err_set(e, "the cgroup of the container's init cannot be told");
	if (TRY(cgroup_enter_with_init(&x->l.cgroup, text, e)) == 0)
		return err_set(e, "the container's cgroup takes no processes");
	return spawn_usher(x, e);
}

/* A cgroup that was recorded and is gone must not be left out. */
static int check_cgroup(const struct exec *x, struct err *e)
{
	for (size_t i = 0; i < x->l.cgroup.n; i++)
		if (x->l.cgroup.dirs[i].fd < 0)
			return err_set(e, "the container's cgroup %s%s is gone",
				       x->l.cgroup.dirs[i].mount,
				       x->l.cgroup.dirs[i].path);
	return 0;
}

int exec_birth(struct exec *x, struct err *e)
{
	const struct oci_exec_cpu_affinity *a = x->process.exec_cpu_affinity;
	int pair[2];

	TRY(check_cgroup(x, e));
	if (a && a->initial && a->initial[0])
		TRY(process_set_affinity(0, a->initial, e));
	TRY(baton_pair(pair, e));
	x->report = pair[0];
	x->report_peer = pair[1];
	x->stage_fd = stage_open(e);
	if (x->stage_fd < 0)
		return -1;
	if (spawn_usher(x, e) < 0) {
		if (!pidfd_alive(x->l.pidfd))
			return say_stopped(x, e);
		if (e->code != EBUSY || x->args->cgroups.n)
			return -1;
		err_clear(e);
		TRY(spawn_with_init(x, e));
	}
	fd_close(x->report_peer);
	x->report_peer = -1;
	if (!x->join.birth) {
		x->pid = x->usher.pid;
		x->pidfd = x->usher.pidfd;
	}
	return 0;
}

/* ---- reports ---------------------------------------------------------------------------- */

static int send_listener(struct exec *x, struct err *e)
{
	struct listener_target target = { .path = x->receiver, .pid = x->pid };
	struct oci_state state;
	int rc;

	if (x->listener < 0 || !x->pid)
		return 0;
	record_state(x->l.record, x->l.status, x->l.record->pid.v, &state);
	target.state = &state;
	target.seccomp = x->config->linux ? x->config->linux->seccomp : NULL;
	target.conn = take_fd(&x->agent);
	rc = listener_send(take_fd(&x->listener), &target, e);
	if (rc == 0) /* the program waits for it */
		baton_go_on(x->report);
	return rc;
}

/*
 * What failed because the init died says so, whatever the kernel called it: ESRCH of setns
 * is final, and in a pid namespace that is ending nobody is born, a moment before the init's
 * own end can be seen.
 */
static int explain(const struct exec *x, const struct script_report *r, struct err *e)
{
	bool joining = str_eq(r->what, PROCESS_JOIN_WHAT);
	bool birth = str_eq(r->what, PROCESS_BIRTH_WHAT);

	if (r->kind == SCRIPT_FAILED && !r->exec &&
	    ((joining && r->error == ESRCH) ||
	     fd_wait_readable(x->l.pidfd, birth ? DYING_MS : 0) > 0))
		return say_stopped(x, e);
	return process_explain(r, e);
}

/* 1: go on, -1 with *e. */
static int one_report(struct exec *x, const struct script_report *r, int *fd,
		      bool *executing, struct err *e)
{
	switch (r->kind) {
	case SCRIPT_READY:
		return 1;
	case SCRIPT_EXECUTING:
		*executing = true;
		return 1;
	case SCRIPT_BORN:
		if (*fd < 0 || x->pid)
			return err_set(e, "the joining process is out of step");
		x->pidfd = take_fd(fd);
		x->pid = TRY(pidfd_pid(x->pidfd, x->l.proc_fd, e));
		break;
	case SCRIPT_LISTENER:
		fd_close(x->listener);
		x->listener = take_fd(fd);
		break;
	default:
		return explain(x, r, e);
	}
	return send_listener(x, e) < 0 ? -1 : 1;
}

/* 1: go on; 0: the program runs; -1 with *e. */
static int one_message(struct exec *x, bool *executing, struct err *e)
{
	struct script_report report = { 0 };
	struct baton_msg m;
	auto_close int fd = -1;

	TRY(baton_receive(x->report, &m, &report, &fd, e));
	switch ((enum baton_kind)m.kind) {
	case BATON_REPORT:
		return one_report(x, &report, &fd, executing, e);
	case BATON_ERROR:
		return err_take(e, &m.err);
	case BATON_END:
		if (*executing && x->pid)
			return 0;
		if (!pidfd_alive(x->l.pidfd))
			return say_stopped(x, e);
		return err_set(e, "the process died before it could run the program");
	case BATON_REMARK:
	case BATON_PASS:
	case BATON_BORN:
	case BATON_NETWORK:
	case BATON_LAYER:
		break;
	}
	return err_set(e, "the joining process sent a message out of turn");
}

int exec_follow(struct exec *x, struct err *e)
{
	bool executing = false;
	int rc = 1;

	while (rc > 0) {
		TRY(interrupt_wait_for_report(x->report, executing ? -1 : x->interrupt_fd,
					      e));
		rc = one_message(x, &executing, e);
	}
	if (rc == 0 && x->join.birth) /* it has closed its end: it is ending */
		x->usher_reaped = waitpid(x->usher.pid, NULL, 0) == x->usher.pid;
	return rc;
}

void exec_kill(struct exec *x)
{
	if (x->join.birth && x->pidfd >= 0)
		pidfd_finish(x->pidfd, 0);
	if (x->usher.pidfd >= 0 && !x->usher_reaped)
		pidfd_finish(x->usher.pidfd, 0);
	x->usher_reaped = true;
}
