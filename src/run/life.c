/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The birth of a container, read from top to bottom. HOST and INIT hold the same table and
 * each runs the rows that carry its name, at the same time, except where a row waits: there
 * the other one says that it has done all of its rows above. Both know from the plans which
 * rows are wanted and which wait, so nothing else has to be said.
 *
 * When a row fails or INIT dies, HOST undoes its rows backwards; INIT just ends, for what it
 * made lies in its own namespaces or in the mount tree, and it dies with HOST
 * (PR_SET_PDEATHSIG) until the stage.
 */
#include "run/life.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "fs/source.h"
#include "run/baton.h"
#include "run/helpers.h"
#include "run/interrupt.h"
#include "run/layer.h"
#include "run/rootids.h"
#include "run/steps.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum who { HOST, INIT };

struct step {
	enum who who;
	const char *name;
	int (*run)(struct container *c, struct err *e);
	void (*undo)(struct container *c);
	bool (*wanted)(const struct container *c); /* NULL: always */
	bool (*waits)(const struct container *c); /* NULL: never */
};

static bool always(const struct container *c)
{
	(void)c;
	return true;
}

static const struct step create[] = {
	/* who, step, do, undo, if, waits for the other if */
	{ HOST, "state directory", host_reserve, host_release, NULL, NULL },
	{ HOST, "layer on disk", host_layer, host_layer_undo, wants_layer, NULL },
	{ HOST, "filesystem of the layer", host_bounded, NULL, wants_bounded, NULL },
	{ HOST, "mount tree", host_tree, host_tree_undo, wants_tree, NULL },
	{ HOST, "labels", host_labels, NULL, wants_labels, NULL },
	{ HOST, "ids of the root", host_root_ids, NULL, wants_root_ids, NULL },
	{ HOST, "cgroup", host_cgroup, host_cgroup_undo, NULL, NULL },
	{ HOST, "gate", host_gate, NULL, wants_gate, NULL },
	{ HOST, "notify socket", host_notify, NULL, wants_notify, NULL },
	{ HOST, "network files", host_net_files, host_net_undo, wants_net, NULL },
	{ HOST, "mount sources", host_sources, NULL, wants_host_sources, NULL },
	{ HOST, "memory files", host_files, NULL, NULL, NULL },
	{ HOST, "birth", host_birth, host_kill, NULL, NULL },
	{ HOST, "filesystem given away", host_bounded_given, NULL, wants_bounded, NULL },
	{ HOST, "network namespace", host_net_open, NULL, wants_net_open, NULL },
	/* INIT exists; what it does not need to wait for, it does not wait for */
	{ HOST, "id mappings", host_maps, NULL, wants_maps, NULL },
	{ HOST, "cgroup membership", host_join_cgroup, NULL, wants_join_cgroup, NULL },
	{ HOST, "resctrl", host_resctrl, host_resctrl_undo, wants_resctrl, NULL },
	{ INIT, "namespaces to join", init_join, NULL, NULL, NULL },
	{ INIT, "network to pass on", init_net_pass, NULL, wants_net_pass, NULL },
	{ HOST, "network", host_net_start, NULL, wants_net, wants_net_pass },
	/* with the caller's ids: what the caller may read can be mounted */
	{ INIT, "mount sources", init_sources, NULL, NULL, wants_cgroup_first },
	{ INIT, "namespaces", init_namespaces, NULL, NULL, wants_host_first },
	/* below what is the root of its cgroup namespace by now */
	{ HOST, "cgroup below", host_below, NULL, wants_below, always },
	{ HOST, "record of init", host_record, NULL, NULL, NULL },
	{ HOST, "limits from outside", host_outside, NULL, wants_outside, NULL },
	{ HOST, "network devices", host_netdevs, NULL, wants_netdevs, NULL },
	{ INIT, "mounts", init_mounts, NULL, NULL, NULL },
	{ INIT, "devices", init_devices, NULL, NULL, NULL },
	{ INIT, "host name, clocks, sysctls", init_inside, NULL, NULL, wants_netdevs },
	{ INIT, "home directory", init_home, NULL, wants_home, NULL },
	{ INIT, "working directory", init_cwd, NULL, wants_process, NULL },
	{ INIT, "terminal", init_terminal, NULL, wants_terminal, NULL },
	{ HOST, "device rules", host_devices, NULL, NULL, NULL },
	{ HOST, "script", host_script, NULL, NULL, wants_home },
	{ HOST, "network ready", host_net_ready, NULL, wants_net, NULL },
	/* the environment is there and pivot_root has not happened: config.md "Hooks" */
	{ HOST, "hooks.createRuntime", host_hooks, NULL, wants_runtime_hooks, always },
	{ INIT, "hooks.createContainer", init_hooks, NULL, wants_container_hooks,
	  wants_runtime_hooks },
	{ INIT, "masked paths", init_masks, NULL, NULL, wants_runtime_hooks },
	{ INIT, "pivot", init_pivot, NULL, NULL, NULL },
	{ HOST, "pidfd socket", host_pidfd_socket, NULL, wants_pidfd_socket, NULL },
	{ HOST, "pid file", host_pid_file, host_pid_file_undo, wants_pid_file, NULL },
	/* record, rules and script are complete before INIT can outlive HOST */
	{ INIT, "hooks.startContainer", init_gate, NULL, wants_init_gate, always },
	{ INIT, "program", init_stage, NULL, NULL, always },
	{ HOST, "ready", host_ready, NULL, wants_gate, NULL },
	{ HOST, "commit", host_commit, NULL, wants_gate, NULL },
};

/* NO_ROW: whatever comes is passed over up to an error or the end. */
enum { ROWS = ARRAY_SIZE(create), NO_ROW };

int life_rows(void)
{
	return ROWS;
}

/* ---- breaking on purpose (option break): tests/break goes through all rows ------------- */

#if WOLFFIA_BREAK
static int break_row(const char *variable)
{
	const char *text = getenv(variable);
	uint64_t row;

	return text && str_to_u64(text, ROWS, &row) ? (int)row : -1;
}

static int break_here(int row, struct err *e)
{
	/* the first process of a pid namespace cannot kill itself, but it can trap */
	if (row == break_row("WOLFFIA_BREAK_KILL") && create[row].who == INIT)
		__builtin_trap();
	if (row == break_row("WOLFFIA_BREAK_KILL"))
		raise(SIGKILL);
	if (row == break_row("WOLFFIA_BREAK_FAIL"))
		return err_set(e, "broken on purpose before \"%s\"", create[row].name);
	return 0;
}
#else
static int break_here(int row, struct err *e)
{
	(void)row;
	(void)e;
	return 0;
}
#endif

/* ---- one row ------------------------------------------------------------------------ */

static int run_step(struct container *c, int row, struct err *e)
{
	const struct step *s = &create[row];
	int64_t begin = c->ctx->debug ? clock_us() : 0;
	int rc;

	TRY(break_here(row, e));
	rc = s->run(c, e);
	if (c->ctx->debug)
		log_debug("%s %2d %s: %lld us%s", s->who == HOST ? "host" : "init", row,
			  s->name, (long long)(clock_us() - begin),
			  rc < 0 ? ", failed" : "");
	return rc;
}

static bool is_wanted(const struct container *c, const struct step *s)
{
	return !s->wanted || s->wanted(c);
}

static bool waits(const struct container *c, const struct step *s)
{
	return s->waits && s->waits(c);
}

/* ---- HOST ---------------------------------------------------------------------------- */

/* INIT is gone without a word: how, and where it was. */
static int tell_death(struct container *c, struct err *e)
{
	uint32_t row = c->page ? c->page->row : 0;
	int status = 0;

	if (row >= ROWS)
		row = ROWS - 1;
	if (waitpid(c->init.pid, &status, 0) == c->init.pid)
		c->reaped = true;
	if (WIFSIGNALED(status))
		return err_set(e, "the container's init died in step \"%s\" (signal %d)",
			       create[row].name, WTERMSIG(status));
	return err_set(e, "the container's init ended in step \"%s\" (status %d)",
		       create[row].name, WEXITSTATUS(status));
}

int life_await(struct container *c, uint32_t row, struct err *e)
{
	struct script_report report = { 0 };
	struct baton_msg m;

	for (;;) {
		auto_close int fd = -1;

		TRY(interrupt_wait(c->baton, c->interrupt_fd, e));
		TRY(baton_receive(c->baton, &m, &report, &fd, e));
		switch ((enum baton_kind)m.kind) {
		case BATON_PASS:
			if (m.row == row)
				return 0;
			if (row == NO_ROW)
				break;
			return err_set(e, "the container's init is out of step");
		case BATON_REMARK:
			log_remark((enum log_level)m.level, m.err.text);
			break;
		case BATON_ERROR:
			c->told = true;
			return err_take(e, &m.err);
		case BATON_REPORT:
			if (report.kind == SCRIPT_READY && row == ROWS)
				return 0;
			c->told = report.kind == SCRIPT_FAILED;
			if (c->told)
				return process_explain(&report, e);
			break;
		case BATON_NETWORK:
			TRY(net_take(c, take_fd(&fd), e));
			break;
		case BATON_LAYER:
			TRY(helpers_start(fd, c, e));
			break;
		case BATON_BORN:
			return err_set(e, "the container's init is out of step");
		case BATON_END:
			return tell_death(c, e);
		}
	}
}

static int host_row(struct container *c, int row, struct err *e)
{
	const struct step *s = &create[row];

	if (s->who == HOST) {
		if (waits(c, s))
			TRY(life_await(c, (uint32_t)row, e));
		return run_step(c, row, e);
	}
	if (waits(c, s))
		return baton_pass(c->baton, (uint32_t)row, e);
	return 0;
}

enum { LAST_WORDS_MS = 300 };

/*
 * What fails because INIT is gone is better explained by its last words. Only then: an INIT
 * that lives would never say them, for it waits for us.
 */
static void last_words(struct container *c, struct err *e)
{
	/* without memory, but not yet dead, its files in /proc are the real root's (EACCES) */
	bool hung_up = e->code == EPIPE || e->code == ECONNRESET || e->code == EACCES ||
		       e->code == ESRCH || e->code == ENOENT;
	struct err said = { .scope = e->scope };

	if (c->told)
		return; /* they are what *e holds */
	if (fd_wait_readable(c->init.pidfd, hung_up ? LAST_WORDS_MS : 0) <= 0)
		return;
	if (life_await(c, NO_ROW, &said) < 0) {
		err_clear(e);
		err_take(e, &said);
	}
}

/* Undoing needs descriptors too, and their lack may be what failed. */
static void give_up_descriptors(struct container *c)
{
	int *const fds[] = { &c->gate_fd,    &c->console_fd, &c->console_peer,
			     &c->pidfd_sock, &c->stage_fd,   &c->script_fd,
			     &c->proc_fd,    &c->baton,	     &c->baton_peer };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fd_close(*fds[i]);
		*fds[i] = -1;
	}
	ns_joins_close(&c->joins);
	source_close_all(c->fs_plan);
}

static void undo_from(struct container *c, int row)
{
	give_up_descriptors(c);
	for (; row >= 0; row--)
		if (create[row].undo && is_wanted(c, &create[row]))
			create[row].undo(c);
}

static _Noreturn void live_as_init(struct container *c, int row);

int life_create(struct container *c, struct err *e)
{
	for (int row = 0; row < ROWS; row++) {
		int rc;

		if (!is_wanted(c, &create[row]))
			continue;
		rc = host_row(c, row, e);
		if (rc > 0 && create[row].run == host_birth)
			live_as_init(c, row + 1);
		if (rc >= 0)
			continue;
		if (c->baton >= 0 && c->init.pidfd >= 0 && !c->reaped)
			last_words(c, e);
		undo_from(c, row);
		return -1;
	}
	return 0;
}

void life_undo(struct container *c)
{
	undo_from(c, ROWS - 1);
}

/* ---- INIT ---------------------------------------------------------------------------- */

static int init_baton = -1;

static void remark_to_host(enum log_level level, const char *text)
{
	(void)baton_remark(init_baton, level, text);
}

/* HOST says nothing but "pass"; its end means that nobody wants us any more. */
static int await_host(struct container *c, uint32_t row, struct err *e)
{
	struct script_report report;
	struct baton_msg m;
	int fd;

	TRY(baton_receive(c->baton, &m, &report, &fd, e));
	fd_close(fd);
	if (m.kind == BATON_END)
		_exit(1);
	if (m.kind != BATON_PASS || m.row != row)
		return err_set(e, "the runtime is out of step");
	return 0;
}

static int init_row(struct container *c, int row, struct err *e)
{
	const struct step *s = &create[row];

	if (s->who == INIT) {
		c->page->row = (uint32_t)row;
		if (waits(c, s))
			TRY(await_host(c, (uint32_t)row, e));
		return run_step(c, row, e);
	}
	if (waits(c, s))
		return baton_pass(c->baton, (uint32_t)row, e);
	return 0;
}

static _Noreturn void live_as_init(struct container *c, int row)
{
	struct err e = { 0 };

	/* until the stage nothing of us may outlive the runtime */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	fd_close(c->baton);
	c->baton = take_fd(&c->baton_peer);
	init_baton = c->baton;
	log_set_sink(remark_to_host);
	for (; row < ROWS; row++) {
		if (!is_wanted(c, &create[row]))
			continue;
		if (init_row(c, row, &e) < 0) {
			/* at the gate it is `start` that waits for the reason */
			(void)baton_error(c->gate_conn >= 0 ? c->gate_conn : c->baton,
					  (uint32_t)row, &e);
			_exit(1);
		}
	}
	_exit(1);
}
