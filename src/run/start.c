/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start: opens the gate and stays until the program runs. A failing startContainer or
 * poststart hook, or a program that cannot be executed, is its error, and the container is
 * destroyed (runtime.md "Lifecycle", steps 7 to 9).
 */
#include "base/fd.h"
#include "base/log.h"
#include "kernel/pidfd.h"
#include "run/container.h"
#include "run/gate.h"
#include "run/hooks.h"
#include "run/listener.h"
#include "run/lookup.h"
#include "run/sdnotify.h"
#include "sec/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOCK_TIMEOUT_MS = 10000 };

static int poststart(struct lookup *l, const struct oci_config *config, struct err *e)
{
	auto_close int bundle = -1;
	struct oci_state state;

	if (!config || !hooks_any(config->hooks, poststart))
		return 0;
	bundle = open(l->record->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	record_state(l->record, OCI_STATUS_RUNNING, l->record->pid.v, &state);
	return hooks_run("poststart", &config->hooks->poststart, &state, bundle, e);
}

/*
 * Who does not listen although he lives was let through by a `start` that was killed before
 * it could say so in the record.
 */
static int connect_gate(struct lookup *l, bool *ret_gone, struct err *e)
{
	int conn = gate_connect(l->dir.dir, l->dir.id, e);

	if (conn >= 0 || e->code != ECONNREFUSED)
		return conn;
	*ret_gone = !pidfd_alive(l->pidfd);
	if (*ret_gone)
		return -1;
	err_clear(e);
	TRY(record_advance(&l->dir, RUN_PHASE_CREATED, RUN_PHASE_RUNNING, e));
	l->status = OCI_STATUS_RUNNING;
	return machine_check(RUN_OP_START, l->status, l->dir.id, e);
}

/* *ret_begun: the init was let through, or is gone; a failure ends the container then. */
static int open_gate(struct lookup *l, const struct oci_config *config, bool *ret_begun,
		     struct err *e)
{
	struct listener_target target = { .pid = (pid_t)l->record->pid.v, .conn = -1 };
	auto_close int conn = -1;
	struct oci_state state;

	record_state(l->record, OCI_STATUS_CREATED, l->record->pid.v, &state);
	target.state = &state;
	if (config && config->linux && config->linux->seccomp) {
		target.seccomp = config->linux->seccomp;
		TRY(notify_receiver(target.seccomp, &config->annotations,
				    getenv("RUN_OCI_SECCOMP_RECEIVER"), &target.path, e));
	}
	conn = connect_gate(l, ret_begun, e);
	if (conn < 0)
		return -1;
	*ret_begun = true;
	TRY(gate_follow(conn, listener_send, &target, e));
	unlinkat(l->dir.dir, "gate", 0);
	TRY(record_advance(&l->dir, RUN_PHASE_CREATED, RUN_PHASE_RUNNING, e));
	return poststart(l, config, e);
}

/* The container has a notify socket, and so has our caller: listen before it can speak. */
static int open_notify(struct lookup *l, struct sdnotify *ret, struct err *e)
{
	const char *socket = sdnotify_wanted();

	if (!socket || faccessat(l->dir.dir, SDNOTIFY_DIR, F_OK, 0) < 0)
		return 0;
	TRY(sdnotify_open(l->dir.dir, socket, ret, e));
	ret->pidfd = l->pidfd;
	ret->init = (pid_t)l->record->pid.v;
	return 0;
}

/* 0 when the program runs; *ret_begun: a failure destroys the container. */
static int let_through(struct lookup *l, struct sdnotify *notify, bool *ret_begun,
		       struct err *e)
{
	struct oci_config *config = NULL;

	if (l->record->reread) {
		config = lookup_config(l, e);
		if (!config)
			return -1;
	}
	TRY(open_notify(l, notify, e));
	return open_gate(l, config, ret_begun, e);
}

static int start(struct lookup *l, struct err *e)
{
	struct sdnotify notify = SDNOTIFY_NONE;
	struct err later = { 0 };
	bool begun = false;
	int rc;

	TRY(machine_check(RUN_OP_START, l->status, l->dir.id, e));
	if (l->record->no_process)
		return err_set(e, "cannot start %s: its config.json has no process",
			       l->dir.id);
	rc = let_through(l, &notify, &begun, e);
	if (rc == 0 && notify.in >= 0) {
		/* it is running; nobody shall wait for us */
		fd_close(l->dir.lock);
		l->dir.lock = -1;
		rc = sdnotify_until_ready(&notify, -1, e);
	} else if (begun && rc < 0 && lookup_destroy(l, &later) < 0) {
		log_warning("%s", later.text);
	}
	sdnotify_close(&notify);
	return rc;
}

int run_start(const struct run_context *ctx, const char *id, struct err *e)
{
	struct lookup l;
	int rc = lookup_open(ctx, id, LOCK_TIMEOUT_MS, false, &l, e);

	if (rc == 0)
		rc = start(&l, e);
	lookup_close(&l);
	return rc;
}
