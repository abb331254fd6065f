/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New limits for a container that exists: facts and plan. The container's place is fixed by
 * its record; an update never moves processes, so a controller counts only where the
 * container already has a cgroup.
 */
#include "cgroup/cgroup.h"

#include "base/fd.h"
#include "base/file.h"
#include "cgroup/dir.h"
#include "cgroup/limit.h"
#include "cgroup/text.h"

#include <fcntl.h>
#include <unistd.h>

/* ---- facts ------------------------------------------------------------------------------- */

static uint32_t controllers_of(int fd)
{
	char text[256];
	ssize_t n = file_read_value(fd, "cgroup.controllers", text, sizeof(text));

	return n < 0 ? 0 : cgroup_controllers_parse(text, (size_t)n);
}

/* Upwards as long as the caller may enable controllers there. */
static uint32_t usable_in(const struct cgroup_dir *dir, uint32_t demand)
{
	uint32_t usable = controllers_of(dir->fd);

	for (unsigned depth = path_depth(dir->path); depth-- && demand & ~usable;) {
		auto_close int fd = dir_open(dir, depth);

		if (fd < 0 ||
		    faccessat(fd, "cgroup.subtree_control", W_OK, AT_EACCESS) < 0)
			break;
		usable |= controllers_of(fd);
	}
	return usable;
}

int cgroup_update_facts_read(const struct cgroup *cg, const struct oci_resources *wanted,
			     struct cgroup_update_facts *ret, struct err *e)
{
	struct cgroup_update_facts facts = { 0 };
	uint32_t demand = cgroup_limits_demand(wanted);

	(void)e;
	for (size_t i = 0; i < cg->n; i++) {
		const struct cgroup_dir *dir = &cg->dirs[i];

		if (!dir->v2)
			facts.usable[i] = dir->controllers;
		else if (dir->fd >= 0 && demand)
			facts.usable[i] = usable_in(dir, demand);
	}
	*ret = facts;
	return 0;
}

/* ---- plan -------------------------------------------------------------------------------- */

static const char *place(const struct cgroup_dir *dir, struct oci_arena *arena)
{
	return cgroup_textf(arena, "%s%s", dir->mount, dir->path);
}

static void seat_missing(const struct cgroup *cg, enum cgroup_controller c,
			 struct oci_arena *arena, struct cgroup_seat *seat)
{
	const struct cgroup_dir *v2 = cg->n && cg->dirs[0].v2 ? &cg->dirs[0] : NULL;
	const char *name = cgroup_controller_name(c, v2 && cg->n == 1)
				   ?: cgroup_controller_name(c, false);

	if (!cg->n) {
		seat->why = "the container has no cgroup of its own";
		seat->hint = "it was created without one: --cgroup-manager disabled, or "
			     "none was delegated to the user";
	} else if (v2 && cg->n == 1) {
		seat->why = cgroup_textf(
			arena,
			"the requested cgroup controller `%s` is not available in %s",
			name, place(v2, arena));
		seat->hint = cgroup_textf(
			arena,
			"have it delegated: systemctl edit user@.service: [Service] "
			"Delegate=yes; without systemd: echo +%s > "
			"cgroup.subtree_control "
			"in each cgroup above",
			name);
	} else {
		seat->why = cgroup_textf(
			arena, "the container has no cgroup with the controller %s",
			name);
		seat->hint = "create it with such a limit, or with a mount of type "
			     "cgroup: then it has one in every hierarchy";
	}
}

static struct cgroup_seat seat_find(const struct cgroup *cg,
				    const struct cgroup_update_facts *facts,
				    enum cgroup_controller c, struct oci_arena *arena)
{
	struct cgroup_seat seat = { .dir = -1 };

	for (size_t i = cg->n; i--;) { /* the v2 one comes last here */
		const struct cgroup_dir *dir = &cg->dirs[i];

		if (!(facts->usable[i] & 1u << c))
			continue;
		seat.v2 = dir->v2;
		if (dir->fd >= 0)
			seat.dir = (int)i;
		else
			seat.why =
				cgroup_textf(arena, "the container's cgroup %s is gone",
					     place(dir, arena));
		return seat;
	}
	seat.v2 = cg->n == 1 && cg->dirs[0].v2;
	seat_missing(cg, c, arena, &seat);
	return seat;
}

static struct cgroup_seat core_seat(const struct cgroup *cg)
{
	struct cgroup_seat core = { .dir = -1, .v2 = true };

	if (cg->n && cg->dirs[0].v2 && cg->dirs[0].fd >= 0)
		core.dir = 0;
	else
		core.why = "the container has no cgroup of version 2";
	return core;
}

static int64_t usage_bound(const struct oci_resources *merged,
			   const struct oci_resources *wanted)
{
	const struct oci_memory *m = wanted->memory;

	if (!m || !m->limit.set || m->limit.v <= 0 ||
	    !merged->memory->check_before_update.set ||
	    !merged->memory->check_before_update.v)
		return -1;
	return m->limit.v;
}

int cgroup_update_plan(const struct cgroup *cg, const struct cgroup_update_facts *facts,
		       const struct oci_resources *current,
		       const struct oci_resources *wanted, struct oci_arena *arena,
		       struct cgroup_update *ret, struct err *e)
{
	struct cgroup_seat seats[CGROUP_CONTROLLERS], core = core_seat(cg);
	struct cgroup_update u = { 0 };
	struct oci_resources *merged;
	struct cgroup_writes writes = { 0 };
	uint32_t demand = cgroup_limits_demand(wanted);

	for (int c = 0; c < CGROUP_CONTROLLERS; c++)
		seats[c] = seat_find(cg, facts, (enum cgroup_controller)c, arena);
	TRY(cgroup_limits_plan_update(current, wanted, seats, &core, arena, &merged,
				      &writes, e));
	for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
		if (demand & 1u << c && seats[c].dir >= 0 && seats[c].v2)
			u.enable[seats[c].dir] |= 1u << c;
	}
	u.merged = merged;
	u.writes = writes.v;
	u.n_writes = writes.n;
	u.usage_max = usage_bound(merged, wanted);
	*ret = u;
	return 0;
}

void cgroup_update_text(const struct cgroup_update *u, struct str *ret)
{
	for (size_t i = 0; i < u->n_writes; i++) {
		const struct cgroup_write *w = &u->writes[i];

		str_addf(ret, "%s%s=%s\n",
			 w->flags & CGROUP_WRITE_ELSE	    ? "else "
			 : w->flags & CGROUP_WRITE_OPTIONAL ? "maybe "
							    : "",
			 w->file, w->value);
	}
	if (u->usage_max >= 0)
		str_addf(ret, "if usage <= %lld\n", (long long)u->usage_max);
}
