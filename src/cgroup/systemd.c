/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver of --cgroup-manager systemd. The directories are planned as ever, only that
 * systemd makes the unit's one in the hierarchies that it manages; what else is needed (v1
 * hierarchies that it leaves alone, a subgroup) is made by us below or beside it.
 */
#include "cgroup/systemd.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "cgroup/dir.h"
#include "cgroup/driver.h"
#include "cgroup/text.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* ---- plan -------------------------------------------------------------------------------- */

static void plan_basics(const struct cgroup_request *rq, const struct cgroup_facts *facts,
			struct oci_arena *arena, struct cgroup_unit *u)
{
	static const char *const accounting[] = { "CPUAccounting", "IOAccounting",
						  "MemoryAccounting", "TasksAccounting" };
	struct unit_properties *p = &u->properties;

	unit_property_text(p, arena, "Description",
			   cgroup_textf(arena, "wolffia container %s", rq->id));
	if (!u->is_slice) {
		unit_property_text(p, arena, "Slice", u->slice);
		unit_property_number(p, arena, "Delegate", 'b', true);
	}
	unit_property_number(p, arena, "DefaultDependencies", 'b', false);
	/* a container that fails leaves no unit behind, whose name would be taken */
	unit_property_text(p, arena, "CollectMode", "inactive-or-failed");
	for (size_t i = 0; i < ARRAY_SIZE(accounting); i++)
		unit_property_number(p, arena, accounting[i], 'b', true);
	(void)facts;
}

static int plan_device_properties(const struct cgroup_request *rq,
				  struct oci_arena *arena, struct cgroup_unit *u,
				  struct err *e)
{
	const struct oci_resources *r = rq->resources;
	struct device_rules rules;

	if (!r || !r->devices.n || rq->unprivileged || u->user)
		return 0;
	TRY(device_rules_make(r->devices.v, r->devices.n, arena, &rules, e));
	unit_properties_devices(&rules, arena, &u->properties);
	return 0;
}

static int plan_annotations(const struct cgroup_request *rq, struct oci_arena *arena,
			    struct cgroup_unit *u, struct err *e)
{
	static const char prefix[] = "org.systemd.property.";
	const struct oci_map *map = rq->annotations;

	for (size_t i = 0; map && i < map->n; i++) {
		const char *key = map->v[i].key;
		const char *name = key + sizeof(prefix) - 1;

		if (!str_starts(key, prefix))
			continue;
		WHERE_IN(e, "annotations", key);
		TRY(unit_property_parse(name, map->v[i].value, arena, &u->properties, e));
		u->stays_failed = u->stays_failed || str_eq(name, "CollectMode");
	}
	return 0;
}

static const char *unit_path(const struct cgroup_unit *u, const char *manager,
			     struct oci_arena *arena)
{
	const char *slice = unit_slice_path(u->is_slice ? u->name : u->slice, arena);

	return cgroup_textf(arena, "%s%s%s%s%s%s", manager, slice, u->is_slice ? "" : "/",
			    u->is_slice ? "" : u->name, u->subgroup ? "/" : "",
			    u->subgroup ? u->subgroup : "");
}

int cgroup_plan_systemd(const struct cgroup_request *rq, const struct cgroup_facts *facts,
			struct oci_arena *arena, struct cgroup_plan *ret, struct err *e)
{
	struct cgroup_unit *u = cgroup_alloc(arena, sizeof(*u));
	struct cgroup_plan plan;
	const char *path;

	TRY(unit_names_make(rq, facts->user_manager, arena, u, e));
	u->addresses = facts->bus ? facts->bus : "";
	if (facts->mode == CGROUP_NONE) {
		err_set(e, "--systemd-cgroup: no cgroup hierarchy is mounted");
		return err_hint(e, "mount cgroup2 on /sys/fs/cgroup");
	}
	if (u->is_slice && facts->mode != CGROUP_V2) {
		WHERE_IN(e, "linux.cgroupsPath", rq->path);
		err_set(e, "a slice cannot be the container's own on cgroup v1: systemd "
			   "puts processes into scopes only");
		return err_hint(e, "a scope as in \"%s:prefix:name\"", u->name);
	}
	path = unit_path(u, facts->manager_path ? facts->manager_path : "", arena);
	TRY(cgroup_plan_at(rq, facts, path, arena, &plan, e));
	plan.manager = CGROUP_MANAGER_SYSTEMD;
	plan.optional = false;
	plan_basics(rq, facts, arena, u);
	unit_properties_limits(plan.writes, plan.n_writes, arena, &u->properties);
	TRY(plan_device_properties(rq, arena, u, e));
	TRY(plan_annotations(rq, arena, u, e));
	plan.unit = u;
	*ret = plan;
	return 0;
}

void cgroup_unit_text(const struct cgroup_unit *u, struct str *ret)
{
	str_addf(ret, "unit %s in %s%s%s\n", u->name, u->slice,
		 u->user ? " of the user" : "", u->is_slice ? ", itself a slice" : "");
	unit_properties_text(&u->properties, ret);
}

/* ---- before birth ------------------------------------------------------------------------ */

/* Of a path, what is not systemd's: the subgroup. */
static unsigned own_components(const struct cgroup_unit *u)
{
	return u->subgroup != NULL;
}

/* "a-b.slice" is two slices, "-.slice" none. */
static unsigned slice_depth(const char *slice)
{
	unsigned n = 1;

	if (str_eq(slice, "-.slice"))
		return 0;
	for (; (slice = strchr(slice, '-')); slice++)
		n++;
	return n;
}

/*
 * How many slices above the unit are missing. None where more than that is: the manager is
 * not where it was thought to be, so nothing is known of them.
 */
static unsigned slices_missing(const struct cgroup *cg)
{
	unsigned others = own_components(cg->unit) + 1, n = 0;

	for (size_t i = 0; i < cg->n; i++)
		if (cg->dirs[i].v2 && cg->dirs[i].made > others)
			n = cg->dirs[i].made - others;
	return n > slice_depth(cg->unit->slice) ? 0 : n;
}

/*
 * What exists now is not what will be used: systemd makes the unit's cgroup. Nothing of it is
 * ours to remove, but for the subgroup.
 */
static void forget_survey(struct cgroup *cg)
{
	for (size_t i = 0; i < cg->n; i++) {
		struct cgroup_dir *dir = &cg->dirs[i];

		fd_close(dir->fd);
		dir->fd = -1;
		dir->id = 0;
		dir->made = 0;
	}
}

int cgroup_survey_systemd(const struct cgroup_plan *plan, struct cgroup *cg,
			  struct err *e)
{
	unsigned new_slices;

	cg->unit = plan->unit;
	new_slices = slices_missing(cg);
	forget_survey(cg);
	cg->bus = xcalloc(1, sizeof(*cg->bus));
	if (unit_connect(cg->unit, cg->bus, e) == 0) {
		cg->bus->new_slices = new_slices;
		return 0;
	}
	free(cg->bus);
	cg->bus = NULL;
	return -1;
}

int cgroup_prepare_systemd(const struct cgroup_plan *plan, struct cgroup *cg,
			   struct err *e)
{
	(void)plan;
	(void)cg;
	(void)e;
	return 0; /* cgroup_adopt() makes it */
}

void cgroup_unit_close(struct cgroup *cg)
{
	if (cg->bus)
		unit_disconnect(cg->bus);
	free(cg->bus);
	cg->bus = NULL;
	cg->unit = NULL;
}

/* ---- after birth ------------------------------------------------------------------------- */

/* The paths were planned under the usual cgroup of the manager; it has told the real one. */
static void correct_paths(const struct cgroup_plan *plan, struct cgroup *cg,
			  struct oci_arena *arena)
{
	const char *path;

	if (!cg->bus->has_path)
		return;
	path = unit_path(cg->unit, cg->bus->path, arena);
	for (size_t i = 0; i < cg->n; i++)
		if (cg->dirs[i].v2 || !str_eq(plan->dirs[i].path, path))
			cg->dirs[i].path = path;
}

/* Whether the process is in the cgroup: systemd might have moved another one by its number. */
static bool holds(int fd, pid_t pid)
{
	auto_str text = { 0 };
	struct err ignored = { 0 };
	char line[16];

	if (file_read(fd, "cgroup.procs", 0, 1 << 20, &text, &ignored) < 0 || !text.s)
		return false;
	snprintf(line, sizeof(line), "%d\n", (int)pid);
	return str_starts(text.s, line) || strstr(text.s, line);
}

static int check_place(const struct cgroup *cg, struct cgroup_dir *dir, pid_t pid,
		       struct err *e)
{
	unsigned depth = path_depth(dir->path) - own_components(cg->unit);
	auto_close int fd = dir_open(dir, depth);
	char name[PATH_MAX];

	dir_name(dir, depth, name, sizeof(name));
	if (fd < 0)
		return err_sys_plain(e, "systemd has started %s, but its cgroup %s",
				     cg->unit->name, name);
	if (cg->unit->is_slice || holds(fd, pid))
		return 0;
	err_set(e, "systemd has started %s, but not with the container in %s",
		cg->unit->name, name);
	return err_hint(e, "is it the manager of this pid namespace that %.*s leads to?",
			(int)strcspn(cg->unit->addresses, ";"), cg->unit->addresses);
}

/* One hierarchy, once the unit is there: what is missing is made, the process moved. */
static int settle(const struct cgroup_plan *plan, struct cgroup *cg, size_t i, pid_t pid,
		  struct err *e)
{
	struct cgroup_dir *dir = &cg->dirs[i];
	bool there = dir->v2 && !own_components(cg->unit) && !cg->unit->is_slice;
	struct cgroup one = { .n = 1, .manager = CGROUP_MANAGER_CGROUPFS };

	if (dir->v2)
		TRY(check_place(cg, dir, pid, e));
	TRY(cgroup_make_dir(dir, e));
	/* a new cpuset of v1 takes nobody; one of v2 with processes gives nothing to those below */
	if (!dir->v2)
		TRY(cgroup_ready_dir(&plan->dirs[i], dir, e));
	one.dirs[0] = *dir; /* borrowed */
	if (!there)
		TRY(cgroup_join_directories(&one, pid, false, e));
	return dir->v2 ? cgroup_ready_dir(&plan->dirs[i], dir, e) : 0;
}

int cgroup_adopt_systemd(const struct cgroup_plan *plan, struct cgroup *cg,
			 struct oci_arena *arena, pid_t pid, int pidfd, struct err *e)
{
	TRY(unit_start(cg->unit, cg->bus, pid, pidfd, clock_ms() + UNIT_TIMEOUT_MS, e));
	cg->unit_made = true;
	correct_paths(plan, cg, arena);
	for (size_t i = 0; i < cg->n; i++)
		TRY(settle(plan, cg, i, pid, e));
	unit_disconnect(cg->bus);
	return 0;
}

/* ---- changing, removing -------------------------------------------------------------------- */

int cgroup_update_systemd(const struct cgroup *cg, const struct cgroup_write *writes,
			  size_t n, struct err *e)
{
	struct oci_arena arena = { 0 };
	struct unit_properties list = { 0 };
	struct unit_bus bus;
	int rc = 0;

	unit_properties_limits(writes, n, &arena, &list);
	if (list.n)
		rc = unit_connect(cg->unit, &bus, e);
	if (list.n && rc == 0) {
		rc = unit_set(cg->unit, &bus, &list, clock_ms() + UNIT_TIMEOUT_MS, e);
		unit_disconnect(&bus);
	}
	oci_arena_free(&arena);
	return rc;
}

/*
 * Waits until systemd has taken the unit's cgroup away, which it does when the last process
 * is gone. Gone here means that the name is free: systemd forgets the unit before it reads
 * another message.
 */
static bool wait_gone(const struct cgroup_dir *dir, unsigned depth)
{
	enum { SETTLE_MS = 100 };
	int64_t end = clock_ms() + SETTLE_MS;
	int us = 100;

	do {
		struct timespec pause = { .tv_nsec = us * 1000L };
		auto_close int fd = dir_open(dir, depth);

		if (fd < 0)
			return errno == ENOENT;
		nanosleep(&pause, NULL);
		us = us < 5000 ? 2 * us : us;
	} while (clock_ms() < end);
	return false;
}

/* True when nobody but systemd can end the unit. */
static bool must_stop(const struct cgroup *cg)
{
	const struct cgroup_dir *dir = &cg->dirs[0];
	unsigned depth;

	if (!cg->n || !dir->v2 || cg->n > 1 || cg->unit->is_slice ||
	    cg->unit->stays_failed)
		return true;
	/* of a record it is not known whether there is a subgroup, but where the unit is */
	depth = path_depth(dir->path);
	while (depth > 1 && !str_starts(dir->path + path_prefix(dir->path, depth - 1) + 1,
					cg->unit->name))
		depth--;
	return !wait_gone(dir, depth);
}

int cgroup_remove_systemd(struct cgroup *cg, int timeout_ms, struct err *e)
{
	struct unit_bus bus;
	int rc;

	TRY(cgroup_remove_directories(cg, timeout_ms, e));
	if (!cg->unit || !cg->unit_made || !must_stop(cg))
		return 0;
	TRY(unit_connect(cg->unit, &bus, e));
	rc = unit_stop(cg->unit, &bus, clock_ms() + UNIT_TIMEOUT_MS, e);
	unit_disconnect(&bus);
	return rc;
}
