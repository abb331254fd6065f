/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Direct use as a command; see direct.h. From option values to a request, and its end. */
#include "cmd/direct.h"

#include "base/fd.h"
#include "base/str.h"
#include "cmd/direct_result.h"
#include "cmd/ids_rows.h"
#include "cmd/out.h"
#include "run/lone.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STOP_MS = 2000 };

static int take_volumes(const struct direct_values *v, struct oci_arena *arena,
			struct direct_request *rq, struct err *e)
{
	struct direct_volume *volumes =
		oci_alloc(arena, (v->volumes.n + 1) * sizeof(*volumes));
	struct direct_tmpfs *tmpfs = oci_alloc(arena, (v->tmpfs.n + 1) * sizeof(*tmpfs));

	if (!volumes || !tmpfs)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < v->volumes.n; i++)
		TRY(direct_parse_volume(v->volumes.v[i], arena, &volumes[i], e));
	for (size_t i = 0; i < v->tmpfs.n; i++)
		TRY(direct_parse_tmpfs(v->tmpfs.v[i], arena, &tmpfs[i], e));
	rq->volumes = volumes;
	rq->n_volumes = v->volumes.n;
	rq->tmpfs = tmpfs;
	rq->n_tmpfs = v->tmpfs.n;
	return 0;
}

static int take_limits(const struct direct_values *v, struct direct_request *rq,
		       struct run_watch *watch, struct err *e)
{
	const struct {
		const char *option, *text, *least;
		uint64_t *to;
	} sizes[] = {
		/* a container is born in three quarters of it */
		{ "--memory", rq->memory_max ? NULL : v->memory, "1m", &rq->memory },
		{ "--fsize", v->file_size, "1", &rq->file_size },
		{ "--overlay-size", v->overlay_size, "4k", &rq->overlay_size },
		{ "--output-limit", v->output_limit, "1", &watch->output_limit },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		if (sizes[i].text)
			TRY(direct_parse_size(sizes[i].option, sizes[i].text,
					      sizes[i].least, sizes[i].to, e));
	watch->stop_ms = STOP_MS;
	watch->plain_signals = true;
	watch->reaper = rq->init;
	rq->pids = v->pids;
	if (v->pids == 1 && rq->init) {
		err_set(e, "--pids 1: expected at least 2: the program and its reaper");
		return err_hint(e, "without a reaper the program is the first process: "
				   "no --init, or --no-init");
	}
	if (v->cpus)
		TRY(direct_parse_cpus(v->cpus, &rq->cpus, e));
	if (v->timeout)
		TRY(direct_parse_time("--timeout", v->timeout, &watch->timeout_ms, e));
	if (v->stop_timeout)
		TRY(direct_parse_time("--stop-timeout", v->stop_timeout, &watch->stop_ms,
				      e));
	if (v->stop_timeout)
		watch->kill_ms = watch->stop_ms;
	return 0;
}

/* A terminal of its own is what people want who sit at one. */
static bool wants_terminal(const struct direct_values *v)
{
	if (v->no_terminal || v->output_limit)
		return false;
	return v->terminal ||
	       (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO));
}

static int take_values(const struct direct_values *v, const char *rootfs,
		       struct oci_arena *arena, struct direct_request *rq,
		       struct run_watch *watch, struct err *e)
{
	const char *userns;

	if (rootfs) {
		rq->rootfs = direct_resolve("--rootfs", rootfs, arena, e);
		if (!rq->rootfs)
			return -1;
	}
	rq->read_only = v->read_only;
	if (v->selinux)
		rq->create.selinux = v->selinux;
	rq->cwd = v->cwd;
	rq->hostname = v->hostname;
	TRY(direct_take_env(v, arena, rq, e));
	rq->publish = v->publish.v;
	rq->n_publish = v->publish.n;
	rq->sysctls = v->sysctls.v;
	rq->n_sysctls = v->sysctls.n;
	rq->terminal = wants_terminal(v);
	rq->unconfined = v->unconfined;
	rq->no_landlock = v->no_landlock;
	rq->oom_group = v->oom_group;
	rq->create.allow_host_proc = v->allow_host_proc;
	if (v->terminal && (v->output_limit || v->no_terminal))
		return err_set(e, "--tty and --%s exclude one another",
			       v->no_terminal ? "no-tty" : "output-limit");
	TRY(cmd_ids_word(v->userns, &v->uidmap, &v->gidmap, arena, &userns, e));
	if (userns)
		TRY(direct_parse_userns(userns, arena, rq, e));
	if (v->user)
		TRY(direct_parse_user(v->user, arena, rq, e));
	if (v->double_rootless)
		TRY(direct_double_rootless(v, rq, e));
	if (v->net)
		TRY(direct_parse_net(v->net, rq, e));
	rq->memory_max = v->memory && str_eq(v->memory, "max");
	TRY(take_limits(v, rq, watch, e));
	if (v->root_ids)
		TRY(direct_parse_root_ids(v->root_ids, rq, e));
	TRY(take_volumes(v, arena, rq, e));
	return v->overlay ? direct_parse_overlay(v->overlay, arena, rq, e) : 0;
}

static int exit_status(const struct run_watch *w, int status)
{
	if (w->timed_out)
		return DIRECT_STATUS_TIMEOUT;
	if (w->output_exceeded) /* it may have ended before SIGKILL came */
		return 128 + SIGKILL;
	if (w->signal)
		return 128 + w->signal;
	return status;
}

static int failure_status(const struct err *e)
{
	return e->program ? e->program : DIRECT_STATUS_RUNTIME;
}

/* A program of the machine that the caller would have found, and this one has not. */
static int hint_path(const struct direct_request *rq, struct err *e)
{
	const char *name = rq->args[0], *dir = getenv("PATH");
	char path[1024];

	if (e->program != 127 || rq->rootfs || !*name || strchr(name, '/'))
		return -1;
	for (size_t n; dir && *dir; dir += n + (dir[n] == ':')) {
		n = strcspn(dir, ":");
		snprintf(path, sizeof(path), "%.*s/%s", (int)n, dir, name);
		if (path[0] == '/' && access(path, X_OK) == 0)
			return err_hint(e,
					"the caller's $PATH has it in %.*s: --env PATH "
					"passes that on, --volume DIR:ro shows what is "
					"hidden",
					(int)n, dir);
	}
	return -1;
}

static int run_it(const struct cmd_call *call, const char *id,
		  const struct direct_request *rq, const struct direct_way *way,
		  struct run_watch *watch, struct err *e)
{
	int status = 0;

	if (way->detach) {
		auto_str line = { 0 };

		TRY(direct_run_detached(call->ctx, rq, id, e));
		str_addf(&line, "%s\n", id);
		return out_write(line.s, line.n, e);
	}
	if (way->lone) {
		TRY(lone_run(call->ctx, rq, id, watch, &status, e));
		return exit_status(watch, status);
	}
	TRY(direct_run(call->ctx, rq, id, way->keep, watch, &status, e));
	return exit_status(watch, status);
}

/* What needs somebody who waits. */
static int check_detach(const struct direct_values *v, struct err *e)
{
	if (v->timeout || v->stop_timeout || v->output_limit || v->result || v->terminal)
		return err_set(e, "--detach: nobody waits: not with --timeout, "
				  "--stop-timeout, --output-limit, --result or --tty");
	return 0;
}

/* The object is written in any case; its own failure counts when there is no other. */
static int tell_result(int fd, const char *where, const char *id,
		       const struct direct_request *rq, struct run_watch *watch, int rc,
		       struct err *e)
{
	struct err of_result = { 0 };
	int status = rc < 0 ? failure_status(e) : rc;

	if (fd < 0)
		return rc;
	direct_see_labels(watch);
	if (direct_result_write(fd, where, id, rq, watch, e, status, &of_result) == 0)
		return rc;
	return rc < 0 ? rc : err_take(e, &of_result);
}

void direct_refused(const struct direct_values *v, const struct err *e)
{
	const struct direct_request rq = { 0 };
	const struct run_watch watch = { 0 };
	auto_close int fd = -1;
	struct err ignored = { 0 };
	char id[DIRECT_ID_MAX];

	if (!v->result || v->print_config)
		return;
	fd = direct_result_open(v->result, &ignored);
	direct_new_id(id);
	if (fd >= 0)
		(void)direct_result_write(fd, v->result, v->id ? v->id : id, &rq, &watch,
					  e, e->status, &ignored);
}

static int print_or_run(const struct cmd_call *call, const struct direct_values *v,
			struct direct_request *rq, const struct direct_way *way,
			struct oci_arena *arena, struct err *e)
{
	struct run_watch watch = { 0 };
	auto_close int result = -1;
	char name[DIRECT_ID_MAX];
	const char *id = v->id;
	char *text = NULL;
	int rc;

	if (way->detach)
		TRY(check_detach(v, e));
	if (v->result && !v->print_config)
		result = TRY(direct_result_open(v->result, e));
	if (!id) {
		direct_new_id(name);
		id = name;
	}
	rc = way->lone ? direct_check_lone(v, e) : 0;
	if (rc == 0)
		rc = take_values(v, way->rootfs, arena, rq, &watch, e);
	rq->terminal = rq->terminal && !way->detach && !way->lone;
	rq->lone = way->lone;
	if (rc == 0 && v->print_config) {
		rc = direct_print(call->ctx, rq, arena, &text, e);
		return rc < 0 ? -1 : out_line(text, e);
	}
	if (rc == 0)
		rc = run_it(call, id, rq, way, &watch, e);
	if (rc < 0)
		(void)hint_path(rq, e);
	return tell_result(result, v->result, id, rq, &watch, rc, e);
}

int cmd_direct(const struct cmd_call *call, const struct direct_values *v,
	       const struct direct_way *way, char **argv, struct err *e)
{
	struct oci_arena arena = { 0 }; /* lives as long as the process */
	struct direct_request rq = { .args = argv,
				     .create = way->create,
				     .rootfs_rw = way->rootfs_rw,
				     .init = v->init || way->init };
	int rc = print_or_run(call, v, &rq, way, &arena, e);

	if (rc < 0)
		err_status(e, failure_status(e));
	return rc;
}
