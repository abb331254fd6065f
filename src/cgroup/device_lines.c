/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device rules for v1. The kernel keeps one default (all or nothing) and a list of
 * exceptions, which it changes only by entries that are equal; so the ordered rules are
 * worked out here, and what is written is the result alone.
 */
#include "cgroup/device.h"

#include "base/str.h"
#include "cgroup/text.h"

#include <stdio.h>

struct exceptions {
	bool allow; /* the default */
	size_t n;
	struct device_rule
		*v; /* of one type each; `allow` is the opposite of the default */
};

static bool meets(int64_t a, int64_t b)
{
	return a < 0 || b < 0 || a == b;
}

static bool covers(int64_t wide, int64_t narrow)
{
	return wide < 0 || wide == narrow;
}

static const char *rule_text(const struct device_rule *r, struct oci_arena *arena)
{
	char major[24] = "*", minor[24] = "*";

	if (r->major >= 0)
		snprintf(major, sizeof(major), "%lld", (long long)r->major);
	if (r->minor >= 0)
		snprintf(minor, sizeof(minor), "%lld", (long long)r->minor);
	return cgroup_textf(arena, "%c %s:%s %s%s%s", r->types == DEVICE_CHAR ? 'c' : 'b',
			    major, minor, r->access & DEVICE_READ ? "r" : "",
			    r->access & DEVICE_WRITE ? "w" : "",
			    r->access & DEVICE_MKNOD ? "m" : "");
}

static int inexpressible(const struct device_rule *r, const struct device_rule *wide,
			 struct oci_arena *arena, struct err *e)
{
	WHERE(e, "linux.resources.devices", r->index, NULL);

	err_set(e, "cgroup v1 cannot %s \"%s\" out of \"%s\"",
		r->allow ? "allow" : "deny", rule_text(r, arena), rule_text(wide, arena));
	return err_hint(e, "name the devices one by one, or use cgroup v2");
}

/* The rule says the same as the default: it undoes exceptions. */
static int exceptions_undo(struct exceptions *x, const struct device_rule *r,
			   struct oci_arena *arena, struct err *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < x->n; i++) {
		struct device_rule v = x->v[i];

		if (v.types == r->types && (v.access & r->access) &&
		    meets(v.major, r->major) && meets(v.minor, r->minor)) {
			if (!covers(r->major, v.major) || !covers(r->minor, v.minor))
				return inexpressible(r, &v, arena, e);
			v.access &= (uint8_t)~r->access;
		}
		if (v.access)
			x->v[kept++] = v;
	}
	x->n = kept;
	return 0;
}

static void exceptions_add(struct exceptions *x, const struct device_rule *r)
{
	for (size_t i = 0; i < x->n; i++) {
		struct device_rule *v = &x->v[i];

		if (v->types == r->types && v->major == r->major &&
		    v->minor == r->minor) {
			v->access |= r->access;
			return;
		}
	}
	x->v[x->n++] = *r;
}

static int exceptions_apply(struct exceptions *x, const struct device_rule *r,
			    struct oci_arena *arena, struct err *e)
{
	if (r->types == DEVICE_BOTH && r->major < 0 && r->minor < 0 &&
	    r->access == DEVICE_ALL) {
		x->allow = r->allow;
		x->n = 0;
		return 0;
	}
	for (uint8_t type = DEVICE_BLOCK; type <= DEVICE_CHAR; type++) {
		struct device_rule one = *r;

		if (!(r->types & type))
			continue;
		one.types = type;
		if (r->allow == x->allow)
			TRY(exceptions_undo(x, &one, arena, e));
		else
			exceptions_add(x, &one);
	}
	return 0;
}

int device_lines_make(const struct device_rules *rules, struct oci_arena *arena,
		      const char *const **ret, size_t *ret_n, struct err *e)
{
	struct exceptions x = { .allow = false };
	const char **lines;

	x.v = cgroup_alloc(arena, 2 * rules->n * sizeof(x.v[0]));
	for (size_t i = 0; i < rules->n; i++)
		TRY(exceptions_apply(&x, &rules->v[i], arena, e));
	lines = cgroup_alloc(arena, (x.n + 1) * sizeof(lines[0]));
	lines[0] = x.allow ? "allow a" : "deny a";
	for (size_t i = 0; i < x.n; i++)
		lines[i + 1] = cgroup_textf(arena, "%s %s", x.allow ? "deny" : "allow",
					    rule_text(&x.v[i], arena));
	*ret = lines;
	*ret_n = x.n + 1;
	return 0;
}
