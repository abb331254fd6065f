/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks; see hooks.h. The state is encoded once for all hooks of a kind. */
#include "run/hooks.h"

#include "base/child.h"
#include "base/fd.h"
#include "base/log.h"
#include "run/interrupt.h"

#include <fcntl.h>
#include <stdio.h>

enum { OUTPUT_LIMIT = 4096 };

static int run_one(const struct oci_hook *hook, const char *state, size_t n_state,
		   const struct hooks_how *how, struct err *e)
{
	struct child_spec spec = {
		.path = hook->path,
		.argv = hook->args.v,
		.envp = hook->env.n || !how->env ? hook->env.v : how->env,
		.input = state,
		.n_input = n_state,
		.cwd_fd = how->cwd_fd,
		.watch_fd = how->init_fd,
		.interrupt_fd = how->interrupt_fd,
		.timeout_ms = -1,
		.output_limit = OUTPUT_LIMIT,
		.output_fd = how->output.out,
		.error_fd = how->output.err,
	};
	struct child_result result = { 0 };
	int rc;

	if (hook->timeout.set)
		spec.timeout_ms = hook->timeout.v > INT32_MAX / 1000
					  ? INT32_MAX
					  : (int)hook->timeout.v * 1000;
	TRY(child_run(&spec, &result, e));
	rc = result.interrupted ? interrupt_check(how->interrupt_fd, e) : 0;
	if (rc == 0)
		rc = child_check(&result, &spec, e);
	str_free(&result.output);
	return rc;
}

/* ---- where their output goes ------------------------------------------------------------ */

static int open_output(const struct oci_map *annotations, const char *key, int *ret,
		       struct err *e)
{
	const char *path = NULL;

	for (size_t i = 0; i < annotations->n; i++)
		if (str_eq(annotations->v[i].key, key))
			path = annotations->v[i].value;
	if (!path || !*path)
		return 0;
	WHERE_IN(e, "annotations", key);
	if (path[0] != '/')
		return err_set(e, "%s is no absolute path", path);
	/* a FIFO that nobody reads must not make us wait */
	*ret = open(path,
		    O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		    0600);
	if (*ret < 0)
		return err_sys_plain(e, "%s", path);
	fcntl(*ret, F_SETFL, O_APPEND);
	return 0;
}

int hooks_output_open(const struct oci_map *annotations, struct hooks_output *ret,
		      struct err *e)
{
	*ret = HOOKS_OUTPUT_NONE;
	TRY(open_output(annotations, "run.oci.hooks.stdout", &ret->out, e));
	return open_output(annotations, "run.oci.hooks.stderr", &ret->err, e);
}

void hooks_output_close(struct hooks_output *o)
{
	fd_close(o->out);
	fd_close(o->err);
	*o = HOOKS_OUTPUT_NONE;
}

/* ---- all of a kind ------------------------------------------------------------------------ */

static int encode(struct oci_arena *arena, const struct oci_state *state, char **ret,
		  size_t *n, struct err *e)
{
	*ret = oci_encode(arena, &oci_type_state, state, 0, n);
	return *ret ? 0 : err_set(e, "out of memory");
}

int hooks_run(const char *kind, const struct oci_hook_list *hooks,
	      const struct oci_state *state, int cwd_fd, struct err *e)
{
	struct hooks_how how = { .cwd_fd = cwd_fd };
	int rc = hooks_output_open(&state->annotations, &how.output, e);

	if (rc == 0)
		rc = hooks_run_for(kind, hooks, state, &how, e);
	hooks_output_close(&how.output);
	return rc;
}

int hooks_run_for(const char *kind, const struct oci_hook_list *hooks,
		  const struct oci_state *state, const struct hooks_how *how,
		  struct err *e)
{
	struct oci_arena arena = { 0 };
	char member[48];
	char *text;
	size_t n;
	int rc;

	if (!hooks->n)
		return 0;
	snprintf(member, sizeof(member), "hooks.%s", kind);
	rc = encode(&arena, state, &text, &n, e);
	for (size_t i = 0; rc == 0 && i < hooks->n; i++) {
		WHERE(e, member, i, NULL);
		rc = run_one(&hooks->v[i], text, n, how, e);
	}
	oci_arena_free(&arena);
	return rc;
}

void hooks_run_all(const char *kind, const struct oci_hook_list *hooks,
		   const struct oci_state *state, int cwd_fd)
{
	struct oci_hook_list one = { .n = 1 };

	for (size_t i = 0; i < hooks->n; i++) {
		struct err e = { 0 };

		one.v = &hooks->v[i];
		if (hooks_run(kind, &one, state, cwd_fd, &e) < 0)
			log_warning("%s (hook %zu); going on", e.text, i);
	}
}
