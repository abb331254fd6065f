/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create and run: the operations that bring a container to life (run.h). */
#include "run/create.h"

#include "base/fd.h"
#include "base/log.h"
#include "kernel/pidfd.h"
#include "run/capture.h"
#include "run/container.h"
#include "run/gate.h"
#include "run/helpers.h"
#include "run/hooks.h"
#include "run/interrupt.h"
#include "run/life.h"
#include "run/listener.h"
#include "run/lookup.h"
#include "run/wait.h"
#include "run/watch.h"

#include <errno.h>

int run_create(const struct run_context *ctx, const struct run_create_args *args,
	       struct err *e)
{
	struct container c = { .ctx = ctx, .args = args, .gate = true };
	int rc = container_prepare(&c, e);

	if (rc == 0)
		rc = c.interrupt_fd = interrupt_open(e);
	if (rc >= 0)
		rc = life_create(&c, e);
	container_close(&c);
	return rc;
}

/* The program runs, or it could not: then all is undone, and poststop hooks are due. */
int create_follow(struct container *c, struct err *e)
{
	struct listener_target target = { .path = c->receiver,
					  .pid = c->init.pid,
					  .conn = -1 };
	const struct oci_hooks *h = c->config->hooks;
	struct hooks_how how = { c->bundle_fd, 0, c->interrupt_fd, c->hook_output };
	const struct gate_answers answers = { listener_send, &target, helpers_start, c };
	struct oci_state state;
	int rc;

	container_state(c, OCI_STATUS_CREATED, c->init.pid, &state);
	target.state = &state;
	target.seccomp = c->config->linux ? c->config->linux->seccomp : NULL;
	rc = gate_follow_until(c->baton, c->interrupt_fd, &answers, e);
	if (rc == 0)
		rc = record_advance(&c->dir, RUN_PHASE_CREATING, RUN_PHASE_RUNNING, e);
	if (rc == 0 && hooks_any(h, poststart)) {
		container_state(c, OCI_STATUS_RUNNING, c->init.pid, &state);
		rc = hooks_run_for("poststart", &h->poststart, &state, &how, e);
	}
	if (rc < 0) {
		c->hooks_ran = true;
		life_undo(c);
	}
	return rc;
}

/*
 * What waits is made small: the plans and the document are of no use any more, and a waiting
 * `run` may live for months.
 */
static void shrink(struct container *c)
{
	fd_close(c->baton);
	fd_close(c->script_fd);
	fd_close(c->stage_fd);
	fd_close(c->proc_fd);
	fd_close(c->console_fd);
	fd_close(c->interrupt_fd);
	hooks_output_close(&c->hook_output);
	c->interrupt_fd = c->baton = c->script_fd = c->stage_fd = c->proc_fd =
		c->console_fd = -1;
	ns_joins_close(&c->joins);
	if (!c->watch)
		cgroup_close(&c->cgroup);
	if (c->owned)
		statedir_stay(&c->dir);
	else
		statedir_close(&c->dir);
	str_free(&c->text);
	c->labels.n = 0; /* they lie there too */
	oci_arena_free(&c->arena);
	c->config = NULL;
}

int create_wait(struct container *c, int signal_fd, bool keep, int *ret_status,
		struct err *e)
{
	struct wait_job job = { .pidfd = c->init.pidfd,
				.pid = c->init.pid,
				.signal_fd = signal_fd,
				.out = { c->capture ? c->capture->from[0] : -1,
					 c->capture ? c->capture->from[1] : -1 },
				.notify = &c->notify,
				.watch = c->watch,
				.layers = &c->helpers };
	auto_close int master = -1;
	struct err gone = { 0 };
	int status = 0;

	job.master = master = console_receive(c->console_peer, &c->console_fd, e);
	if (err_is_set(e)) {
		c->hooks_ran = true;
		life_undo(c);
		return -1;
	}
	shrink(c);
	TRY(wait_child(&job, &status, e));
	*ret_status = wait_exit_code(status);
	if (c->watch)
		watch_cgroup(c);
	net_finish(&c->net);
	helpers_finish(c);
	/* somebody may have deleted it already */
	if (!keep && run_delete(c->ctx, c->args->id, true, &gone) < 0)
		log_warning("%s", gone.text);
	return c->helpers.lost ? helpers_lost(e) : 0;
}

/* A detached container is there for its service manager to know from READY=1 on. */
static int await_ready(struct container *c, struct err *e)
{
	c->notify.pidfd = c->init.pidfd;
	c->notify.init = c->init.pid;
	/* it is running; nobody shall wait for us */
	fd_close(c->dir.lock);
	c->dir.lock = -1;
	if (sdnotify_until_ready(&c->notify, c->interrupt_fd, e) == 0)
		return 0;
	c->hooks_ran = true;
	life_undo(c);
	return -1;
}

static int run_prepared(struct container *c, bool detach, bool keep, int *ret_status,
			struct err *e)
{
	auto_close int signal_fd = -1;

	/* from here on Ctrl-C undoes what was made, and later belongs to the container */
	c->interrupt_fd = TRY(interrupt_open(e));
	if (!detach)
		signal_fd = TRY(wait_signals(e));
	TRY(life_create(c, e));
	TRY(create_follow(c, e));
	if (detach)
		return c->notify.in >= 0 ? await_ready(c, e) : 0;
	return create_wait(c, signal_fd, keep, ret_status, e);
}

int run_run(const struct run_context *ctx, const struct run_create_args *args,
	    bool detach, bool keep, int *ret_status, struct err *e)
{
	struct container c = {
		.ctx = ctx, .args = args, .owned = !detach && !keep, .foreground = !detach
	};
	int rc = container_prepare(&c, e);

	*ret_status = 0;
	if (rc == 0)
		rc = run_prepared(&c, detach, keep, ret_status, e);
	container_close(&c);
	return rc;
}
