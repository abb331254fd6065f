/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Annotations that other runtimes honour and we do not: whoever sets one counts on it, so a
 * container without it would be wrong. See annotation.h. Pure.
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

static const char *value_of(const struct oci_map *m, const char *key)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->v[i].key, key))
			return m->v[i].value;
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
	return check_wasm(annotations, e);
}
