/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names: from "slice:prefix:name" to the unit and the place of its cgroup, and the unit as
 * text for the state record. Pure.
 */
#include "cgroup/systemd.h"

#include "cgroup/driver.h"
#include "cgroup/text.h"

#include <limits.h>

enum { UNIT_NAME_MAX = 255 };

static const char suffix_slice[] = ".slice";

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && str_eq(s + n - m, end);
}

static bool char_valid(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr(":-_.\\@", c));
}

bool unit_name_valid(const char *name)
{
	size_t n = 0;

	while (char_valid(name[n]))
		n++;
	return n && !name[n] && n <= UNIT_NAME_MAX && name[0] != '.';
}

static int name_check(const char *name, struct err *e)
{
	if (strlen(name) > UNIT_NAME_MAX)
		return err_set(e, "the unit's name would have %zu bytes, more than %d",
			       strlen(name), UNIT_NAME_MAX);
	if (!unit_name_valid(name))
		return err_set(e,
			       "\"%s\" is no name for a unit: letters, digits and "
			       "\":-_.\\@\"",
			       name);
	return 0;
}

/* "a-b.slice": no dash at its ends, no two together; "-.slice" is the root. */
static int slice_check(const char *slice, struct err *e)
{
	size_t n = strlen(slice);

	if (str_eq(slice, "-.slice"))
		return 0;
	if (!ends_with(slice, suffix_slice))
		return err_set(e, "the slice \"%s\" does not end with .slice", slice);
	if (!unit_name_valid(slice) || strchr(slice, '@'))
		return err_set(e, "\"%s\" is no name for a slice", slice);
	if (slice[0] == '-' || slice[n - strlen(suffix_slice) - 1] == '-' ||
	    strstr(slice, "--"))
		return err_set(e,
			       "the slice \"%s\" has a dash that separates nothing: a "
			       "dash stands between a slice and the one above it",
			       slice);
	return 0;
}

const char *unit_slice_path(const char *slice, struct oci_arena *arena)
{
	const char *path = "";
	size_t n = strlen(slice) - strlen(suffix_slice);

	if (str_eq(slice, "-.slice"))
		return path;
	for (size_t i = 1; i <= n; i++)
		if (i == n || slice[i] == '-')
			path = cgroup_textf(arena, "%s/%.*s%s", path, (int)i, slice,
					    suffix_slice);
	return path;
}

/* The slice above: "a.slice" of "a-b.slice", "-.slice" of "a.slice". */
static const char *slice_above(const char *slice, struct oci_arena *arena)
{
	const char *dash = strrchr(slice, '-');

	return dash ? cgroup_textf(arena, "%.*s%s", (int)(dash - slice), slice,
				   suffix_slice)
		    : "-.slice";
}

/* A container's id as a part of a unit's name: '+' is the one character it may not have. */
static const char *escape_id(const char *id, struct oci_arena *arena)
{
	const char *text = "";

	for (const char *plus; (plus = strchr(id, '+')); id = plus + 1)
		text = cgroup_textf(arena, "%s%.*s\\x2b", text, (int)(plus - id), id);
	return cgroup_textf(arena, "%s%s", text, id);
}

static const char *slice_default(const struct cgroup_unit *u)
{
	return u->user ? "user.slice" : "system.slice";
}

static int names_default(const struct cgroup_request *rq, struct oci_arena *arena,
			 struct cgroup_unit *ret, struct err *e)
{
	ret->slice = slice_default(ret);
	ret->name = cgroup_textf(arena, "wolffia-%s.scope", escape_id(rq->id, arena));
	return name_check(ret->name, e);
}

static int names_of_slice(struct oci_arena *arena, struct cgroup_unit *u, struct err *e)
{
	const char *above;

	TRY(slice_check(u->name, e));
	if (str_eq(u->name, "-.slice"))
		return err_set(e, "the root slice cannot be a container's");
	above = slice_above(u->name, arena);
	if (!str_eq(above, u->slice))
		return err_set(e, "the slice %s is in %s, not in %s", u->name, above,
			       u->slice);
	u->is_slice = true;
	return 0;
}

static int names_of_path(const struct cgroup_request *rq, struct oci_arena *arena,
			 struct cgroup_unit *u, struct err *e)
{
	const char *first = strchr(rq->path, ':');
	const char *second = first ? strchr(first + 1, ':') : NULL;
	const char *name = second ? second + 1 : "";
	int prefix = second ? (int)(second - first - 1) : 0;

	if (!second || strchr(name, ':') || strchr(rq->path, '/')) {
		err_set(e,
			"the systemd manager wants the form \"slice:prefix:name\" here");
		return err_hint(e,
				"such as \"system.slice:wolffia:%s\"; or use "
				"--cgroup-manager cgroupfs",
				rq->id);
	}
	if (!*name)
		return err_set(e, "the name behind the second colon is missing");
	u->slice = first == rq->path
			   ? slice_default(u)
			   : cgroup_textn(arena, rq->path, (size_t)(first - rq->path));
	TRY(slice_check(u->slice, e));
	if (ends_with(name, suffix_slice)) {
		u->name = name;
		return names_of_slice(arena, u, e);
	}
	u->name = cgroup_textf(arena, "%.*s%s%s.scope", prefix, first + 1,
			       prefix ? "-" : "", name);
	return name_check(u->name, e);
}

static const char *annotation(const struct cgroup_request *rq, const char *key)
{
	for (size_t i = 0; rq->annotations && i < rq->annotations->n; i++)
		if (str_eq(rq->annotations->v[i].key, key))
			return rq->annotations->v[i].value;
	return NULL;
}

static int names_subgroup(const struct cgroup_request *rq, struct cgroup_unit *u,
			  struct err *e)
{
	static const char key[] = "run.oci.systemd.subgroup";
	const char *name = annotation(rq, key);

	if (!name || !*name)
		return 0;
	WHERE_IN(e, "annotations", key);
	if (strchr(name, '/') || str_eq(name, ".") || str_eq(name, "..") ||
	    strlen(name) > NAME_MAX || str_starts(name, "cgroup."))
		return err_set(e, "\"%s\" is no name for a cgroup", name);
	u->subgroup = name;
	return 0;
}

int unit_names_make(const struct cgroup_request *rq, bool user, struct oci_arena *arena,
		    struct cgroup_unit *ret, struct err *e)
{
	struct cgroup_unit u = { .user = user };

	TRY(names_subgroup(rq, &u, e));
	if (rq->path && *rq->path) {
		WHERE_IN(e, "linux.cgroupsPath", rq->path);
		TRY(names_of_path(rq, arena, &u, e));
	} else {
		TRY(names_default(rq, arena, &u, e));
	}
	*ret = u;
	return 0;
}

/* ---- the state record ---------------------------------------------------------------------- */

const char *unit_record(const struct cgroup_unit *u, bool made, struct oci_arena *arena)
{
	return cgroup_textf(arena, "%d%d %s %s", made, u->stays_failed, u->name,
			    u->addresses);
}

bool unit_from_record(const char *text, struct oci_arena *arena, struct cgroup_unit *ret)
{
	const char *name = text + 3;
	const char *blank;
	struct cgroup_unit u = { 0 };

	if (strlen(text) < 4 || !strchr("01", text[0]) || !strchr("01", text[1]) ||
	    text[2] != ' ')
		return false;
	blank = strchr(name, ' ');
	if (!blank || !blank[1])
		return false;
	u.made = text[0] == '1';
	u.stays_failed = text[1] == '1';
	u.name = cgroup_textn(arena, name, (size_t)(blank - name));
	u.addresses = cgroup_textf(arena, "%s", blank + 1);
	u.is_slice = ends_with(u.name, suffix_slice);
	for (const char *c = u.addresses; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	if (!unit_name_valid(u.name) || str_eq(u.name, "-.slice") ||
	    !(u.is_slice || ends_with(u.name, ".scope")))
		return false;
	*ret = u;
	return true;
}
