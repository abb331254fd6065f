/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Annotations that other runtimes honour and we do not: whoever sets one counts on it, so a
 * container without it would be wrong. And one of ours. See annotation.h. Pure.
 */
#include "run/annotation.h"

#include "base/str.h"

/* %s is the value. */
static const struct {
	const char *key;
	const char *why;
	const char *instead; /* or NULL */
} refused[] = {
	{ "run.oci.handler", "no handler \"%s\": only programs are run here", NULL },
	{ "run.oci.seccomp.plugins",
	  "%s: code is not loaded because a configuration says so",
	  "linux.seccomp.listenerPath hands the listener to an agent" },
	{ "run.oci.systemd.force_cgroup_v1",
	  "%s: a hierarchy of cgroup v1 for systemd is not made", NULL },
	{ "run.oci.timens_offset", "\"%s\" is not looked at",
	  "linux.timeOffsets says the same" },
};

/* Ours, and whether they are true or false; a wrong word would be a wall less, unsaid. */
static const struct {
	const char *key;
	bool is_flag;
} ours[] = {
	{ "wolffia.init", true },	   { "wolffia.landlock", true },
	{ "wolffia.oom-group", true },	   { "wolffia.userns", false },
	{ "wolffia.net", false },	   { "wolffia.publish", false },
	{ "wolffia.root", false },	   { "wolffia.root-ids", false },
	{ "wolffia.root-ids.way", false }, { "wolffia.overlay", false },
	{ "wolffia.overlay-size", false },
};

static const char *value_of(const struct oci_map *m, const char *key)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->v[i].key, key))
			return m->v[i].value;
	return NULL;
}

static bool is_false(const char *value)
{
	return str_eq(value, "false") || str_eq(value, "0");
}

static int check_flags(const struct oci_map *annotations, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		const char *value = value_of(annotations, ours[i].key);

		if (!ours[i].is_flag || !value || is_false(value) ||
		    str_eq(value, "true") || str_eq(value, "1"))
			continue;
		WHERE_IN(e, "annotations", ours[i].key);
		return err_set(e, "expected true or false, got \"%s\"", value);
	}
	return 0;
}

const char *annotation_unknown(const struct oci_map *annotations)
{
	for (size_t i = 0; i < annotations->n; i++) {
		const char *key = annotations->v[i].key;
		size_t k = 0;

		if (!str_starts(key, "wolffia."))
			continue;
		while (k < ARRAY_SIZE(ours) && !str_eq(ours[k].key, key))
			k++;
		if (k == ARRAY_SIZE(ours))
			return key;
	}
	return NULL;
}

/*
 * An image of WebAssembly cannot be executed as it is. A pod's own container is an ordinary
 * program even if the pod's annotations say so.
 */
static int check_wasm(const struct oci_map *annotations, struct err *e)
{
	static const char key[] = "module.wasm.image/variant";
	const char *variant = value_of(annotations, key);
	const char *type = value_of(annotations, "io.kubernetes.cri.container-type");

	if (!variant ||
	    (!str_eq(variant, "compat") && !str_eq(variant, "compat-smart")) ||
	    (type && str_eq(type, "sandbox")))
		return 0;
	WHERE_IN(e, "annotations", key);
	return err_set(e, "WebAssembly is not run here");
}

int annotation_check(const struct oci_map *annotations, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const char *value = value_of(annotations, refused[i].key);

		if (!value || !*value)
			continue;
		WHERE_IN(e, "annotations", refused[i].key);
		err_set(e, refused[i].why, value);
		return refused[i].instead ? err_hint(e, "%s", refused[i].instead) : -1;
	}
	TRY(check_flags(annotations, e));
	return check_wasm(annotations, e);
}

/* ---- wolffia.oom-group ------------------------------------------------------------------ */

static const char oom_key[] = "wolffia.oom-group";
static const char oom_file[] = "memory.oom.group";

static struct oci_map *unified_of(struct oci_config *config, struct oci_arena *arena)
{
	struct oci_linux **l = &config->linux;

	if (!*l)
		*l = oci_alloc(arena, sizeof(**l));
	if (*l && !(*l)->resources)
		(*l)->resources = oci_alloc(arena, sizeof(*(*l)->resources));
	return *l && (*l)->resources ? &(*l)->resources->unified : NULL;
}

static int oom_group(struct oci_config *config, struct oci_arena *arena, struct err *e)
{
	struct oci_map *unified = unified_of(config, arena);
	const char *said = unified ? value_of(unified, oom_file) : NULL;
	struct oci_pair *v;

	if (said && !str_eq(said, "1"))
		return err_set(e, "linux.resources.unified says the opposite: %s is %s",
			       oom_file, said);
	if (said)
		return 0;
	v = unified ? oci_alloc(arena, (unified->n + 1) * sizeof(*v)) : NULL;
	if (!v)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < unified->n; i++)
		v[i] = unified->v[i];
	v[unified->n] = (struct oci_pair){ (char *)oom_file, (char *)"1" };
	unified->v = v;
	unified->n++;
	return 0;
}

int annotation_apply(struct oci_config *config, struct oci_arena *arena, struct err *e)
{
	const char *value = value_of(&config->annotations, oom_key);

	if (!value || is_false(value))
		return 0;
	WHERE_IN(e, "annotations", oom_key);
	return oom_group(config, arena, e);
}
