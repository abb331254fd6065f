/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From linux.intelRdt to a plan, and the comparison of schemata. Pure.
 */
#include "cgroup/rdt.h"

#include "base/str.h"
#include "cgroup/text.h"

#include <string.h>

/* ---- plan -------------------------------------------------------------------------------- */

/* Directories of resctrl's own, at the top of its tree. */
static const char *const reserved[] = { "info", "mon_groups", "mon_data" };

static int plan_group(const struct oci_intel_rdt *r, const char *id,
		      struct rdt_plan *plan, struct err *e)
{
	const char *name = r->clos_id ?: id;
	WHERE_IN(e, r->clos_id ? "linux.intelRdt.closID" : "linux.intelRdt", NULL);

	plan->ours = !r->clos_id;
	plan->group = str_eq(name, "/") ? "" : name;
	if (str_index(reserved, ARRAY_SIZE(reserved), name) >= 0)
		return err_set(e, "resctrl has a directory \"%s\" of its own", name);
	if (str_eq(name, ".") || str_eq(name, "..") ||
	    (*plan->group && strchr(name, '/')))
		return err_set(e, "\"%s\" is no name of a class", name);
	return 0;
}

/* The lines of text for which `drop` (a prefix or NULL) does not hold, each with a newline. */
static void lines_add(struct str *to, const char *text, const char *drop)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n && !(drop && str_starts(text, drop)))
			str_addf(to, "%.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* "If l3CacheSchema has a line MB: and memBwSchema is set, the latter counts." */
static const char *both_schemas(const char *l3, const char *mb, struct oci_arena *arena)
{
	auto_str lines = { 0 };

	if (l3)
		lines_add(&lines, l3, mb && *mb ? "MB:" : NULL);
	if (mb)
		lines_add(&lines, mb, NULL);
	return lines.n ? cgroup_textn(arena, lines.s, lines.n) : NULL;
}

static const char *schemata_lines(const struct oci_strings *s, struct oci_arena *arena)
{
	auto_str lines = { 0 };

	for (size_t i = 0; i < s->n; i++)
		lines_add(&lines, s->v[i], NULL);
	return lines.n ? cgroup_textn(arena, lines.s, lines.n) : NULL;
}

static bool wants_monitor(const struct oci_intel_rdt *r)
{
	if (r->enable_monitoring.set)
		return r->enable_monitoring.v;
	return (r->enable_cmt.set && r->enable_cmt.v) ||
	       (r->enable_mbm.set && r->enable_mbm.v);
}

int rdt_plan_make(const struct oci_intel_rdt *r, const char *id, const char *mount,
		  struct oci_arena *arena, struct rdt_plan *ret, struct err *e)
{
	struct rdt_plan plan = { .mount = mount };

	if (!r) {
		*ret = (struct rdt_plan){ 0 };
		return 0;
	}
	if (!mount) {
		err_set(e, "linux.intelRdt: the resctrl filesystem is not mounted");
		return err_hint(
			e,
			"mount -t resctrl resctrl /sys/fs/resctrl (needs a processor "
			"with cache or bandwidth allocation and CONFIG_X86_CPU_RESCTRL)");
	}
	TRY(plan_group(r, id, &plan, e));
	plan.first = both_schemas(r->l3_cache_schema, r->mem_bw_schema, arena);
	plan.second = schemata_lines(&r->schemata, arena);
	plan.must_exist = r->clos_id && !plan.first && !plan.second;
	if (wants_monitor(r))
		plan.monitor = id;
	*ret = plan;
	return 0;
}

/* ---- schemata ---------------------------------------------------------------------------- */

/* "L3:0=ff;1=f0": one domain of a line. */
struct domain {
	const char *resource;
	size_t n; /* length of the resource's name */
	uint64_t id, value;
};

static size_t blanks(const char *s)
{
	return strspn(s, " \t");
}

static int digit(char c, int base)
{
	int v = -1;

	if (c >= '0' && c <= '9')
		v = c - '0';
	else if (c >= 'a' && c <= 'f')
		v = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		v = c - 'A' + 10;
	return v < base ? v : -1;
}

/* Moves *s over a number and the blanks about it. */
static bool number_take(const char **s, int base, uint64_t *ret)
{
	const char *p = *s + blanks(*s), *begin = p;
	uint64_t v = 0;

	for (; digit(*p, base) >= 0; p++) {
		if (v > (UINT64_MAX - 15) / 16)
			return false;
		v = v * (unsigned)base + (unsigned)digit(*p, base);
	}
	*ret = v;
	*s = p + blanks(p);
	return p > begin;
}

/* The name before the colon: *s moves behind it. */
static bool resource_take(const char **s, struct domain *d)
{
	const char *p = *s + blanks(*s);
	size_t n = strcspn(p, ": \t\n");

	d->resource = p;
	d->n = n;
	p += n + blanks(p + n);
	*s = p + 1;
	return n && *p == ':';
}

/* Bandwidths are decimal, everything else is a mask of cache ways. */
static int value_base(const struct domain *d)
{
	return (d->n == 2 && !strncmp(d->resource, "MB", 2)) ||
			       (d->n == 4 && !strncmp(d->resource, "SMBA", 4))
		       ? 10
		       : 16;
}

/* The next domain of a line; *s moves to the next one or the end of the line. */
static bool domain_take(const char **s, struct domain *d)
{
	if (!number_take(s, 10, &d->id) || **s != '=')
		return false;
	++*s;
	if (!number_take(s, value_base(d), &d->value))
		return false;
	if (**s == ';')
		++*s;
	else
		return !**s || **s == '\n';
	*s += blanks(*s);
	return true;
}

/* What `text` says last about the domain; false: nothing that can be understood. */
static bool domain_find(const char *text, const struct domain *wanted, uint64_t *ret)
{
	bool found = false;

	for (const char *line = text; *line;) {
		const char *s = line;
		struct domain d;

		if (resource_take(&s, &d) && d.n == wanted->n &&
		    !strncmp(d.resource, wanted->resource, d.n)) {
			while (*s && *s != '\n' && domain_take(&s, &d)) {
				if (d.id != wanted->id)
					continue;
				*ret = d.value;
				found = true;
			}
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return found;
}

static bool line_matches(const char *line, const char *all, const char *content)
{
	struct domain d;
	uint64_t wanted, is;

	if (!resource_take(&line, &d))
		return false;
	do {
		if (!domain_take(&line, &d) || !domain_find(all, &d, &wanted) ||
		    !domain_find(content, &d, &is) || wanted != is)
			return false;
	} while (*line && *line != '\n');
	return true;
}

bool rdt_schemata_match(const char *wanted, const char *content, const char **ret_line)
{
	for (const char *line = wanted; *line;) {
		if (!line_matches(line, wanted, content)) {
			*ret_line = line;
			return false;
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return true;
}
