/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec: adds a process to a container. One table, read from top to bottom; until "birth"
 * nothing exists, and a step that fails after it ends what was born. Which container that
 * is was decided once, by lookup: afterwards only its pidfd and its cgroups' descriptors
 * count, and an init that dies on the way is an error (ESRCH is final).
 */
#include "run/exec.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "kernel/pidfd.h"
#include "kernel/procfs.h"
#include "run/baton.h"
#include "run/caller.h"
#include "run/console.h"
#include "run/interrupt.h"
#include "run/machine.h"
#include "run/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is asked for ------------------------------------------------------------------ */

static enum run_operation operation(const struct run_exec_args *args)
{
	return args->ignore_paused ? RUN_OP_EXEC_PAUSED : RUN_OP_EXEC;
}

static int find_container(struct exec *x, struct err *e)
{
	TRY(lookup_open(x->ctx, x->args->id, -1, false, &x->l, e));
	TRY(machine_check(operation(x->args), x->l.status, x->args->id, e));
	x->config = lookup_config(&x->l, e);
	return x->config ? 0 : -1;
}

static int choose_process(struct exec *x, struct err *e)
{
	struct oci_process *given = NULL;
	struct oci_error why;
	auto_str text = { 0 };

	if (x->args->process) {
		TRY(file_read_input(x->args->process, "--process", OCI_MAX_SIZE, &text,
				    e));
		if (oci_decode_process(&x->l.arena, str_basename(x->args->process),
				       text.s ? text.s : "", text.n, &given, &why) < 0)
			return err_set(e, "%s", why.text);
	}
	TRY(exec_process_make(x->args, x->config->process, given, &x->l.arena,
			      &x->process, e));
	return caller_receiver(x->config, &x->receiver, e);
}

static int open_cgroups(struct exec *x, struct err *e)
{
	TRY(lookup_cgroup(&x->l, e));
	for (size_t i = 0; i < x->args->cgroups.n; i++)
		TRY(cgroup_enter_sub(&x->l.cgroup, x->args->cgroups.v[i], e));
	return 0;
}

/* ---- descriptors ------------------------------------------------------------------------ */

static int open_console(struct exec *x, struct err *e)
{
	int pair[2];

	if (x->args->console_socket) {
		WHERE_IN(e, "--console-socket", NULL);
		if (!x->process.terminal)
			return err_set(e, "neither --tty nor process.terminal is set");
		x->console_fd = fd_connect_unix(x->args->console_socket, e);
		return x->console_fd < 0 ? -1 : 0;
	}
	if (!x->process.terminal)
		return 0;
	if (x->args->detach)
		return err_set(e, "a terminal needs --console-socket with --detach, for "
				  "nobody would hold it");
	TRY(baton_pair(pair, e));
	x->console_fd = pair[0];
	x->console_peer = pair[1];
	console_size(&x->process.console_size, &x->console_size);
	return 0;
}

static int open_sockets(struct exec *x, struct err *e)
{
	TRY(open_console(x, e));
	if (x->args->pidfd_socket) {
		WHERE_IN(e, "--pidfd-socket", NULL);
		x->pidfd_sock = fd_connect_unix(x->args->pidfd_socket, e);
		if (x->pidfd_sock < 0)
			return -1;
	}
	if (x->args->pid_file) {
		x->pid_dir = caller_pid_file_dir(x->args->pid_file, &x->pid_name, e);
		if (x->pid_dir < 0)
			return -1;
	}
	return 0;
}

static int hold_signals(struct exec *x, struct err *e)
{
	x->interrupt_fd = interrupt_open(e);
	return x->interrupt_fd < 0 ? -1 : 0;
}

/* ---- what follows ----------------------------------------------------------------------- */

static int write_pid_file(struct exec *x, struct err *e)
{
	if (!x->args->pid_file)
		return 0;
	TRY(caller_pid_file_write(x->pid_dir, x->pid_name, x->pid, e));
	x->made_pid_file = true;
	return 0;
}

static int send_pidfd(struct exec *x, struct err *e)
{
	static const char name[] = "pidfd";

	if (x->pidfd_sock < 0)
		return 0;
	if (fd_send(x->pidfd_sock, name, sizeof(name) - 1, &x->pidfd, 1) < 0)
		return err_sys(e, "send the pidfd over --pidfd-socket");
	return 0;
}

static const struct step {
	const char *name;
	int (*run)(struct exec *x, struct err *e);
} steps[] = {
	{ "container", find_container },
	{ "process", choose_process },
	{ "sockets", open_sockets }, /* a client that is gone is known before the birth */
	{ "facts", exec_facts_read },
	{ "cgroups", open_cgroups },
	{ "script", exec_script_write },
	{ "signals", hold_signals },
	{ "birth", exec_birth },
	{ "program", exec_follow },
	/* an engine takes the file for the sign of success */
	{ "pidfd socket", send_pidfd },
	{ "pid file", write_pid_file },
};

static int run_steps(struct exec *x, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int64_t begin = x->ctx->debug ? clock_us() : 0;
		int rc = steps[i].run(x, e);

		if (x->ctx->debug)
			log_debug("exec %2zu %s: %lld us%s", i, steps[i].name,
				  (long long)(clock_us() - begin),
				  rc < 0 ? ", failed" : "");
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* ---- waiting ----------------------------------------------------------------------------- */

static void close_all(struct exec *x)
{
	int *const fds[] = { &x->report,     &x->report_peer,  &x->script_fd,
			     &x->stage_fd,   &x->root_fd,      &x->console_fd,
			     &x->pidfd_sock, &x->console_peer, &x->pid_dir,
			     &x->listener,   &x->interrupt_fd, &x->agent };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fd_close(*fds[i]);
		*fds[i] = -1;
	}
	lookup_close(&x->l);
	free(x->home);
	x->home = NULL;
}

/* Who waits is small, and holds nothing that belongs to the container. */
static int wait_for_end(struct exec *x, int *ret_status, struct err *e)
{
	auto_close int master = console_receive(x->console_peer, &x->console_fd, e);
	struct wait_job job = {
		.pidfd = x->pidfd, .pid = x->pid, .master = master, .out = { -1, -1 }
	};
	auto_close int signal_fd = -1;
	int status = 0;

	if (err_is_set(e))
		return -1;
	job.signal_fd = signal_fd = wait_signals(e);
	if (signal_fd < 0)
		return -1;
	close_all(x);
	TRY(wait_child(&job, &status, e));
	*ret_status = wait_exit_code(status);
	return 0;
}

static void undo(struct exec *x)
{
	exec_kill(x);
	if (x->made_pid_file)
		unlinkat(x->pid_dir, x->pid_name, 0);
}

int run_exec(const struct run_context *ctx, const struct run_exec_args *args,
	     int *ret_status, struct err *e)
{
	struct exec x = { .ctx = ctx,
			  .args = args,
			  .l = { .dir = STATEDIR_CLOSED, .proc_fd = -1, .pidfd = -1 },
			  .report = -1,
			  .report_peer = -1,
			  .script_fd = -1,
			  .stage_fd = -1,
			  .root_fd = -1,
			  .console_fd = -1,
			  .console_peer = -1,
			  .pidfd_sock = -1,
			  .pid_dir = -1,
			  .interrupt_fd = -1,
			  .usher = { .pidfd = -1 },
			  .pidfd = -1,
			  .agent = -1,
			  .listener = -1 };
	int rc = run_steps(&x, e);

	*ret_status = 0;
	if (rc < 0 && (!x.config || x.l.pidfd < 0 || !pidfd_alive(x.l.pidfd)))
		lookup_explain(&x.l, operation(args), e);
	if (rc == 0 && !args->detach)
		rc = wait_for_end(&x, ret_status, e);
	if (rc < 0)
		undo(&x);
	close_all(&x);
	fd_close(x.pidfd);
	if (x.usher.pidfd != x.pidfd)
		fd_close(x.usher.pidfd);
	return rc;
}
