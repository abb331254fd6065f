/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From request and facts to a plan. Pure: nothing is opened here, every refusal comes before
 * anything has been touched. Rules:
 *  - a controller is used on v1 where a v1 hierarchy has it, else on v2;
 *  - the v2 tree is used whenever it is mounted (birth inside, kill, freeze), v1 hierarchies
 *    only as far as they are needed;
 *  - a limit that was asked for and cannot be applied is an error, also for a plain user;
 *    device rules that a plain user cannot apply are left out, because engines send them
 *    always.
 */
#include "cgroup/cgroup.h"

#include "cgroup/device.h"
#include "cgroup/driver.h"
#include "cgroup/limit.h"
#include "cgroup/text.h"

#include <limits.h>

/* What the planning of one container knows. */
struct planner {
	const struct cgroup_request *rq;
	const struct cgroup_facts *facts;
	struct oci_arena *arena;
	uint32_t demand; /* controllers that limits ask for */
	bool device_rules; /* asked for, and the caller can apply them */
	const char *path; /* "/a/b/ID" */
	bool beside; /* path is to be put beside the caller's own cgroup */
	int dir_of[CGROUP_HIERARCHIES_MAX]; /* hierarchy -> index in plan->dirs, or -1 */
	struct cgroup_seat seats[CGROUP_CONTROLLERS];
	struct cgroup_seat core; /* the files cgroup.* of v2 */
};

/* ---- the path ----------------------------------------------------------------------- */

/* "slice:prefix:name" */
static bool path_is_systemd(const char *path)
{
	const char *first = strchr(path, ':');
	const char *second = first ? strchr(first + 1, ':') : NULL;

	return second && !strchr(path, '/') && !strchr(second + 1, ':');
}

static int component_check(const char *s, size_t n, struct err *e)
{
	if (n == 2 && !strncmp(s, "..", 2))
		return err_set(e, "\"..\" is not allowed");
	if (n > NAME_MAX)
		return err_set(e, "a component has %zu bytes, more than %d", n, NAME_MAX);
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return err_set(e, "control characters are not allowed");
	}
	return 0;
}

/* With one slash before each component, without "." and slashes at the end. */
static int path_normalise(const char *path, struct oci_arena *arena, const char **ret,
			  struct err *e)
{
	char *clean;
	size_t n = 0;

	if (strlen(path) > PATH_MAX - 256)
		return err_set(e, "%zu bytes are too long", strlen(path));
	clean = cgroup_alloc(arena, strlen(path) + 2);
	while (*path) {
		size_t len = strcspn(path, "/");

		TRY(component_check(path, len, e));
		if (len && !(len == 1 && *path == '.')) {
			clean[n++] = '/';
			memcpy(clean + n, path, len);
			n += len;
		}
		path += len + (path[len] == '/');
	}
	if (!n)
		return err_set(e, "this is the root of the hierarchy");
	*ret = clean;
	return 0;
}

static int plan_path(struct planner *p, struct err *e)
{
	const struct cgroup_request *rq = p->rq;

	if (!rq->path || !*rq->path) {
		p->beside = rq->unprivileged;
		p->path = cgroup_textf(p->arena, "/%s", rq->id);
		return 0;
	}
	WHERE_IN(e, "linux.cgroupsPath", rq->path);
	if (path_is_systemd(rq->path)) {
		err_set(e,
			"this is the form \"slice:prefix:name\" of the systemd manager");
		return err_hint(e,
				"with --cgroup-manager cgroupfs give a path such as /%s",
				rq->id);
	}
	/* a plain user cannot write at the top: what is relative belongs beside its own */
	p->beside = rq->unprivileged && rq->path[0] != '/';
	return path_normalise(rq->path, p->arena, &p->path, e);
}

/* ---- the hierarchies ------------------------------------------------------------------ */

static bool facts_have_v2(const struct cgroup_facts *facts)
{
	return facts->n && facts->h[0].v2;
}

static bool v1_has(const struct cgroup_facts *facts, enum cgroup_controller c)
{
	for (size_t i = 0; i < facts->n; i++) {
		if (!facts->h[i].v2 && facts->h[i].controllers & 1u << c)
			return true;
	}
	return false;
}

static bool place_possible(const struct planner *p, const struct cgroup_hierarchy *h)
{
	if (p->facts->user_manager)
		return h->v2; /* of v1 it has nothing to give */
	return !p->beside || (h->own && h->beside_writable);
}

static bool hierarchy_wanted(const struct planner *p, const struct cgroup_hierarchy *h)
{
	uint32_t needed = p->demand;

	if (h->v2 || p->rq->every_hierarchy)
		return true;
	if (p->device_rules)
		needed |= 1u << CGROUP_DEVICES;
	if (!facts_have_v2(p->facts))
		needed |= 1u << CGROUP_FREEZER; /* kill --all and pause need one place */
	return h->controllers & needed;
}

/* The cgroup beneath the mount: PATH, or PATH beside the caller's own. */
static const char *place(const struct planner *p, const struct cgroup_hierarchy *h)
{
	const char *slash;

	if (!p->beside)
		return p->path;
	slash = strrchr(h->own, '/');
	return cgroup_textf(p->arena, "%.*s%s", (int)(slash - h->own), h->own, p->path);
}

static void plan_dirs(struct planner *p, struct cgroup_plan *plan)
{
	plan->dirs = cgroup_alloc(p->arena, p->facts->n * sizeof(plan->dirs[0]));
	for (size_t i = 0; i < p->facts->n; i++) {
		const struct cgroup_hierarchy *h = &p->facts->h[i];

		p->dir_of[i] = -1;
		if (!hierarchy_wanted(p, h) || !place_possible(p, h))
			continue;
		p->dir_of[i] = (int)plan->n_dirs;
		plan->dirs[plan->n_dirs++] = (struct cgroup_plan_dir){
			.mount = h->mount,
			.path = place(p, h),
			.v2 = h->v2,
			.controllers = h->v2 ? 0 : h->controllers,
		};
	}
}

/* ---- where each controller is ------------------------------------------------------------ */

static void seat_missing(struct planner *p, struct cgroup_seat *seat, const char *name,
			 const struct cgroup_hierarchy *h)
{
	seat->dir = -1;
	if (p->rq->manager == CGROUP_MANAGER_DISABLED) {
		seat->why = "cgroups are switched off by --cgroup-manager disabled";
	} else if (p->facts->mode == CGROUP_NONE) {
		seat->why = "no cgroup hierarchy is mounted";
		seat->hint = "mount cgroup2 on /sys/fs/cgroup";
	} else if (!h) {
		seat->why = cgroup_textf(
			p->arena, "the requested cgroup controller `%s` is not available",
			name);
		seat->hint = cgroup_textf(
			p->arena, "no mounted hierarchy has it: see /proc/cgroups and %s",
			facts_have_v2(p->facts)
				? cgroup_textf(p->arena, "%s/cgroup.controllers",
					       p->facts->h[0].mount)
				: "/proc/self/mountinfo");
	} else {
		seat->why =
			cgroup_textf(p->arena,
				     "the controller %s is not delegated to the "
				     "caller: its cgroup is %s in %s",
				     name, h->own ? h->own : "out of sight", h->mount);
		seat->hint =
			"systemctl edit user@.service: [Service] Delegate=yes; or run "
			"inside systemd-run --user --scope -p Delegate=yes";
	}
}

static struct cgroup_seat seat_find(struct planner *p, enum cgroup_controller c)
{
	struct cgroup_seat seat = { .dir = -1, .v2 = p->facts->mode == CGROUP_V2 };
	const struct cgroup_hierarchy *has = NULL;

	for (size_t i = p->facts->n; i--;) { /* the v2 one comes last here */
		const struct cgroup_hierarchy *h = &p->facts->h[i];
		uint32_t here = h->controllers;

		if (!(here & 1u << c) || has)
			continue;
		has = h;
		if (h->v2 && p->beside)
			here = h->beside_controllers;
		if (p->facts->user_manager)
			here &= h->v2 ? p->facts->manager_controllers : 0;
		seat.v2 = h->v2;
		if (p->dir_of[i] >= 0 && here & 1u << c)
			seat.dir = p->dir_of[i];
	}
	if (seat.dir < 0)
		seat_missing(p, &seat,
			     cgroup_controller_name(c, !v1_has(p->facts, c))
				     ?: cgroup_controller_name(c, false),
			     has);
	return seat;
}

static void plan_seats(struct planner *p)
{
	for (int c = 0; c < CGROUP_CONTROLLERS; c++)
		p->seats[c] = seat_find(p, (enum cgroup_controller)c);
	p->core = (struct cgroup_seat){ .dir = -1, .v2 = true };
	if (facts_have_v2(p->facts))
		p->core.dir = p->dir_of[0];
	if (p->core.dir < 0) {
		p->core.why = "the container has no cgroup of version 2";
		p->core.hint = NULL;
	}
}

static void plan_enable(const struct planner *p, struct cgroup_plan *plan)
{
	for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
		const struct cgroup_seat *seat = &p->seats[c];

		if (p->demand & 1u << c && seat->v2 && seat->dir >= 0)
			plan->dirs[seat->dir].controllers |= 1u << c;
	}
}

/* ---- device rules ---------------------------------------------------------------------- */

static int plan_devices(struct planner *p, struct cgroup_plan *plan, struct err *e)
{
	const struct oci_resources *r = p->rq->resources;
	struct cgroup_device_plan *d = &plan->devices;
	struct device_rules rules;
	const struct cgroup_seat *v1 = &p->seats[CGROUP_DEVICES];

	d->dir = -1;
	if (!p->device_rules)
		return 0;
	TRY(device_rules_make(r->devices.v, r->devices.n, p->arena, &rules, e));
	if (v1->dir >= 0) {
		d->dir = v1->dir;
		return device_lines_make(&rules, p->arena, &d->lines, &d->n_lines, e);
	}
	if (p->core.dir >= 0) {
		d->dir = p->core.dir;
		return device_program_make(&rules, p->arena, &d->insns, &d->n_insns, e);
	}
	err_set(e, "linux.resources.devices: %s", v1->why);
	return v1->hint ? err_hint(e, "%s", v1->hint) : -1;
}

static const char *plan_remark(const struct planner *p, const struct cgroup_plan *plan)
{
	if (plan->n_dirs)
		return NULL;
	if (p->facts->mode == CGROUP_NONE)
		return "no cgroup hierarchy is mounted: the container runs without a "
		       "cgroup";
	return "no cgroup is delegated to the caller: the container stays in the "
	       "caller's cgroup";
}

/* ---- drivers ---------------------------------------------------------------------------- */

static int plan_rest(struct planner *p, struct cgroup_plan *ret, struct err *e)
{
	const struct oci_resources *r = p->rq->resources;
	struct cgroup_plan plan = { .manager = p->rq->manager };
	struct cgroup_writes writes = { 0 };

	p->demand = cgroup_limits_demand(r);
	p->device_rules = r && r->devices.n && !p->rq->unprivileged;
	plan_dirs(p, &plan);
	plan_seats(p);
	TRY(cgroup_limits_plan(r, p->seats, &p->core, p->arena, &writes, e));
	plan.writes = writes.v;
	plan.n_writes = writes.n;
	plan_enable(p, &plan);
	TRY(plan_devices(p, &plan, e));
	plan.optional = p->rq->unprivileged && !plan.n_writes;
	plan.remark = plan_remark(p, &plan);
	*ret = plan;
	return 0;
}

int cgroup_plan_directories(const struct cgroup_request *rq,
			    const struct cgroup_facts *facts, struct oci_arena *arena,
			    struct cgroup_plan *ret, struct err *e)
{
	struct planner p = { .rq = rq, .facts = facts, .arena = arena };

	TRY(plan_path(&p, e));
	return plan_rest(&p, ret, e);
}

int cgroup_plan_at(const struct cgroup_request *rq, const struct cgroup_facts *facts,
		   const char *path, struct oci_arena *arena, struct cgroup_plan *ret,
		   struct err *e)
{
	struct planner p = { .rq = rq, .facts = facts, .arena = arena, .path = path };

	return plan_rest(&p, ret, e);
}

/* Limits are refused, device rules left out: engines send those always. */
int cgroup_plan_disabled(const struct cgroup_request *rq,
			 const struct cgroup_facts *facts, struct oci_arena *arena,
			 struct cgroup_plan *ret, struct err *e)
{
	const struct cgroup_facts none = { .mode = CGROUP_NONE };
	struct cgroup_request without = *rq;

	(void)facts;
	without.unprivileged = true;
	without.path = NULL;
	TRY(cgroup_plan_directories(&without, &none, arena, ret, e));
	ret->remark = NULL;
	return 0;
}

/* ---- as text ------------------------------------------------------------------------------ */

static void controllers_text(uint32_t mask, bool v2, struct str *ret)
{
	const char *sep = "";

	for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
		if (mask & 1u << c) {
			str_addf(ret, "%s%s", sep,
				 cgroup_controller_name((enum cgroup_controller)c, v2));
			sep = ",";
		}
	}
}

static const char *write_word(unsigned flags)
{
	if (flags & CGROUP_WRITE_ELSE)
		return "else ";
	if (flags & CGROUP_WRITE_LATE)
		return "late ";
	return flags & CGROUP_WRITE_OPTIONAL ? "maybe " : "";
}

void cgroup_plan_text(const struct cgroup_plan *plan, struct str *ret)
{
	const struct cgroup_device_plan *d = &plan->devices;

	if (plan->unit)
		cgroup_unit_text(plan->unit, ret);
	for (size_t i = 0; i < plan->n_dirs; i++) {
		const struct cgroup_plan_dir *dir = &plan->dirs[i];

		str_addf(ret, "dir %s%s", dir->mount, dir->path);
		if (dir->v2 && dir->controllers) {
			str_add(ret, " enable ");
			controllers_text(dir->controllers, true, ret);
		}
		str_add(ret, "\n");
	}
	for (size_t i = 0; i < plan->n_writes; i++) {
		const struct cgroup_write *w = &plan->writes[i];

		str_addf(ret, "%s%s=%s\n", write_word(w->flags), w->file, w->value);
	}
	for (size_t i = 0; i < d->n_lines; i++)
		str_addf(ret, "devices %s\n", d->lines[i]);
	if (d->n_insns)
		str_addf(ret, "devices program %zu\n", d->n_insns);
	if (plan->optional && plan->n_dirs)
		str_add(ret, "optional\n");
	if (plan->remark)
		str_addf(ret, "remark %s\n", plan->remark);
}
