/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which process `exec` adds: the container's own with the options' changes, or that of a
 * --process document with the container's values where it has none. Pure. The rule for what
 * is missing: a process that is added may do no more than the container says.
 */
#include "run/exec.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>

/* One decimal number up to `end`. */
static bool parse_id(const char *text, const char *end, uint32_t *ret)
{
	char digits[16];
	size_t n = (size_t)(end - text);
	uint64_t v;

	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, text, n);
	digits[n] = '\0';
	/* 2^32 - 1 stands for "no id" */
	if (!str_to_u64(digits, UINT32_MAX - 1, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

int exec_parse_user(const char *text, struct oci_user *user, struct err *e)
{
	const char *colon = strchr(text, ':');
	const char *end = text + strlen(text);
	struct oci_user u = *user;

	if (!parse_id(text, colon ? colon : end, &u.uid) ||
	    (colon && !parse_id(colon + 1, end, &u.gid))) {
		err_set(e, "--user=%s: expected UID or UID:GID", text);
		return err_hint(e, "numbers below 4294967295; names are not looked up");
	}
	*user = u;
	return 0;
}

/* The list with n more words behind it. */
static int append(struct oci_strings *list, const char *const *words, size_t n,
		  struct oci_arena *arena, struct err *e)
{
	char **v;

	if (!n)
		return 0;
	v = oci_alloc(arena, (list->n + n + 1) * sizeof(*v));
	if (!v)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < list->n; i++)
		v[i] = list->v[i];
	for (size_t i = 0; i < n; i++)
		v[list->n + i] = oci_strdup(arena, words[i]);
	list->v = v;
	list->n += n;
	return arena->failed ? err_set(e, "out of memory") : 0;
}

static int add_gids(const struct run_exec_args *args, struct oci_arena *arena,
		    struct oci_user *user, struct err *e)
{
	struct oci_uints *list = &user->additional_gids;
	size_t n = list->n + args->additional_gids.n;
	uint64_t *v;

	if (!args->additional_gids.n)
		return 0;
	v = oci_alloc(arena, n * sizeof(*v));
	if (!v)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < list->n; i++)
		v[i] = list->v[i];
	for (size_t i = list->n; i < n; i++) {
		const char *text = args->additional_gids.v[i - list->n];
		uint32_t gid;

		if (!parse_id(text, text + strlen(text), &gid))
			return err_set(e, "--additional-gids=%s: expected a number",
				       text);
		v[i] = gid;
	}
	*list = (struct oci_uints){ .n = n, .v = v };
	return 0;
}

/* As runc: bounding, effective and permitted; ambient only where inheritable has it. */
static int add_caps(const struct run_exec_args *args, struct oci_arena *arena,
		    struct oci_process *p, struct err *e)
{
	struct oci_capabilities *caps;

	if (!args->caps.n)
		return 0;
	caps = oci_alloc(arena, sizeof(*caps));
	if (!caps)
		return err_set(e, "out of memory");
	if (p->capabilities)
		*caps = *p->capabilities;
	p->capabilities = caps;
	TRY(append(&caps->bounding, args->caps.v, args->caps.n, arena, e));
	TRY(append(&caps->effective, args->caps.v, args->caps.n, arena, e));
	TRY(append(&caps->permitted, args->caps.v, args->caps.n, arena, e));
	for (size_t i = 0; i < args->caps.n; i++)
		if (str_index((const char *const *)caps->inheritable.v,
			      caps->inheritable.n, args->caps.v[i]) >= 0)
			TRY(append(&caps->ambient, &args->caps.v[i], 1, arena, e));
	return 0;
}

/* What a --process document does not say. */
static void inherit(struct oci_process *p, const struct oci_process *own)
{
	if (!p->capabilities)
		p->capabilities = own->capabilities;
	if (!p->rlimits.n)
		p->rlimits = own->rlimits;
	if (!p->apparmor_profile || !p->apparmor_profile[0])
		p->apparmor_profile = own->apparmor_profile;
	if (!p->selinux_label || !p->selinux_label[0])
		p->selinux_label = own->selinux_label;
	if (!p->oom_score_adj.set)
		p->oom_score_adj = own->oom_score_adj;
	if (!p->scheduler)
		p->scheduler = own->scheduler;
	if (!p->io_priority)
		p->io_priority = own->io_priority;
	if (!p->exec_cpu_affinity)
		p->exec_cpu_affinity = own->exec_cpu_affinity;
	if (!p->user.umask.set)
		p->user.umask = own->user.umask;
}

/* The options, on top of either. */
static int override(const struct run_exec_args *args, struct oci_arena *arena,
		    struct oci_process *p, struct err *e)
{
	if (args->cwd)
		p->cwd = oci_strdup(arena, args->cwd);
	if (args->apparmor)
		p->apparmor_profile = oci_strdup(arena, args->apparmor);
	if (args->process_label)
		p->selinux_label = oci_strdup(arena, args->process_label);
	if (args->tty)
		p->terminal = true;
	if (args->no_new_privs)
		p->no_new_privileges = true;
	if (args->user)
		TRY(exec_parse_user(args->user, &p->user, e));
	TRY(add_gids(args, arena, &p->user, e));
	TRY(add_caps(args, arena, p, e));
	return append(&p->env, args->env.v, args->env.n, arena, e);
}

int exec_process_make(const struct run_exec_args *args, const struct oci_process *own,
		      const struct oci_process *given, struct oci_arena *arena,
		      struct oci_process *ret, struct err *e)
{
	struct oci_process p = { 0 };
	struct oci_strings none = { 0 };

	if (given) {
		p = *given;
		if (own)
			inherit(&p, own);
	} else {
		if (own)
			p = *own;
		/* the container's terminal is not meant for this one */
		p.terminal = false;
		p.console_size = NULL;
	}
	if (!p.cwd)
		p.cwd = oci_strdup(arena, "/");
	if (!p.user.umask.set) /* not the caller's */
		p.user.umask = (struct oci_opt_uint){ true, 022 };
	TRY(override(args, arena, &p, e));
	if (args->n_argv) {
		p.args = none;
		TRY(append(&p.args, (const char *const *)args->argv, args->n_argv, arena,
			   e));
	} else if (!given) {
		return err_set(e, "exec requires a program to run, or --process");
	}
	*ret = p;
	return 0;
}
