/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks; see hooks.h. The state is encoded once for all hooks of a kind. */
#include "run/hooks.h"

#include "base/child.h"
#include "base/log.h"

#include <stdio.h>

enum { OUTPUT_LIMIT = 4096 };

static int run_one(const struct oci_hook *hook, const char *state, size_t n_state,
		   int cwd_fd, int init_fd, struct err *e)
{
	struct child_spec spec = {
		.path = hook->path,
		.argv = hook->args.v,
		.envp = hook->env.v,
		.input = state,
		.n_input = n_state,
		.cwd_fd = cwd_fd,
		.watch_fd = init_fd,
		.timeout_ms = -1,
		.output_limit = OUTPUT_LIMIT,
		.output_fd = -1,
	};
	struct child_result result = { 0 };
	int rc;

	if (hook->timeout.set)
		spec.timeout_ms = hook->timeout.v > INT32_MAX / 1000
					  ? INT32_MAX
					  : (int)hook->timeout.v * 1000;
	TRY(child_run(&spec, &result, e));
	rc = child_check(&result, &spec, e);
	str_free(&result.output);
	return rc;
}

static int encode(struct oci_arena *arena, const struct oci_state *state, char **ret,
		  size_t *n, struct err *e)
{
	*ret = oci_encode(arena, &oci_type_state, state, 0, n);
	return *ret ? 0 : err_set(e, "out of memory");
}

int hooks_run(const char *kind, const struct oci_hook_list *hooks,
	      const struct oci_state *state, int cwd_fd, struct err *e)
{
	return hooks_run_for(kind, hooks, state, cwd_fd, -1, e);
}

int hooks_run_for(const char *kind, const struct oci_hook_list *hooks,
		  const struct oci_state *state, int cwd_fd, int init_fd, struct err *e)
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
		rc = run_one(&hooks->v[i], text, n, cwd_fd, init_fd, e);
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
