/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An update carried out. Order: controllers, every old value, the check of usage, the
 * manager, the values. Whatever fails before the first write has changed nothing; whatever
 * fails later is followed by the old values in the opposite order.
 */
#include "cgroup/cgroup.h"

#include "base/file.h"
#include "base/mem.h"
#include "cgroup/dir.h"
#include "cgroup/driver.h"
#include "cgroup/refusal.h"
#include "cgroup/update.h"

#include <errno.h>
#include <inttypes.h>

/* ---- before the first write --------------------------------------------------------------- */

static int enable_all(const struct cgroup_update *u, const struct cgroup *cg,
		      struct err *e)
{
	for (size_t i = 0; i < cg->n; i++) {
		if (u->enable[i])
			TRY(dir_enable(&cg->dirs[i], u->enable[i], e));
	}
	return 0;
}

static int old_read(struct update_step *s, const struct cgroup *cg, bool required,
		    struct err *e)
{
	const struct cgroup_dir *dir = &cg->dirs[s->w->dir];
	auto_str content = { 0 };
	struct err mine = { 0 };

	if (file_read(dir->fd, s->w->file, 0, 1 << 20, &content, &mine) == 0) {
		s->old = update_old_value(s->w, content.s ? content.s : "");
		return 0;
	}
	s->skip = true;
	if (mine.code == ENOENT && !required)
		return 0;
	errno = mine.code;
	return write_failed(s->w, dir, e);
}

/* Of a pair "A, else B" exactly one is written. */
static int old_read_all(const struct cgroup_update *u, const struct cgroup *cg,
			struct update_step *steps, struct err *e)
{
	for (size_t i = 0; i < u->n_writes; i++) {
		const struct cgroup_write *w = &u->writes[i];
		bool has_else =
			i + 1 < u->n_writes && u->writes[i + 1].flags & CGROUP_WRITE_ELSE;

		steps[i].w = w;
		if (w->flags & CGROUP_WRITE_ELSE && !steps[i - 1].skip)
			steps[i].skip = true;
		else
			TRY(old_read(&steps[i], cg,
				     !has_else && !(w->flags & CGROUP_WRITE_OPTIONAL),
				     e));
	}
	return 0;
}

static int usage_check(const struct cgroup_update *u, const struct cgroup *cg,
		       struct err *e)
{
	for (size_t i = 0; u->usage_max >= 0 && i < u->n_writes; i++) {
		const struct cgroup_write *w = &u->writes[i];
		const struct cgroup_dir *dir = &cg->dirs[w->dir];
		uint64_t usage = 0;
		char text[32];

		if (!str_eq(w->member, "linux.resources.memory.limit"))
			continue;
		WHERE_IN(e, w->member, NULL);
		if (file_read_value(dir->fd,
				    dir->v2 ? "memory.current" : "memory.usage_in_bytes",
				    text, sizeof(text)) < 0 ||
		    !str_to_u64(text, UINT64_MAX, &usage))
			return err_sys_plain(e, "read how much memory is in use");
		if (usage > (uint64_t)u->usage_max)
			return err_set(e,
				       "%" PRIu64 " bytes are in use, more than the new "
				       "limit %" PRId64 " (checkBeforeUpdate)",
				       usage, u->usage_max);
	}
	return 0;
}

/* ---- writing -------------------------------------------------------------------------------- */

static int write_all(struct update_step *steps, size_t n, const struct cgroup *cg,
		     struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct update_step *s = &steps[i];
		const struct cgroup_dir *dir = &cg->dirs[s->w->dir];

		if (s->skip)
			continue;
		if (file_write_value(dir->fd, s->w->file, s->w->value) < 0)
			return write_failed(s->w, dir, e);
		s->done = true;
		TRY(write_verify(s->w, dir, e));
	}
	return 0;
}

/* The hint of *e says what keeps its new value: that matters more than a cure. */
static void undo_all(const struct update_step *steps, size_t n, const struct cgroup *cg,
		     struct err *e)
{
	auto_str left = { 0 };

	while (n--) {
		const struct update_step *s = &steps[n];
		const struct cgroup_dir *dir = &cg->dirs[s->w->dir];

		if (s->done && file_write_value(dir->fd, s->w->file, s->old) < 0)
			str_addf(&left, "%s%s of %s%s (%s)", left.n ? ", " : "",
				 s->w->file, dir->mount, dir->path, err_name(errno));
	}
	if (!left.n)
		return;
	e->hint[0] = '\0';
	err_hint(e, "could not be undone: %s", left.s);
}

static void steps_free(struct update_step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(steps[i].old);
	free(steps);
}

/* The new values of all steps, or the old ones. */
static int tell_manager(const struct cgroup *cg, const struct update_step *steps,
			size_t n, bool old, struct err *e)
{
	const struct cgroup_driver *driver = &cgroup_drivers[cg->manager];
	auto_free struct cgroup_write *writes = NULL;
	size_t used = 0;

	if (!driver->update)
		return 0;
	writes = xcalloc(n, sizeof(*writes));
	for (size_t i = 0; i < n; i++) {
		if (steps[i].skip)
			continue;
		writes[used] = *steps[i].w;
		if (old)
			writes[used].value = steps[i].old;
		used++;
	}
	return driver->update(cg, writes, used, e);
}

static int carry_out(const struct cgroup_update *u, const struct cgroup *cg,
		     struct update_step *steps, struct err *e)
{
	struct err ignored = { 0 };

	TRY(enable_all(u, cg, e));
	TRY(old_read_all(u, cg, steps, e));
	TRY(usage_check(u, cg, e));
	update_order(steps, u->n_writes);
	TRY(tell_manager(cg, steps, u->n_writes, false, e));
	if (write_all(steps, u->n_writes, cg, e) == 0)
		return 0;
	(void)tell_manager(cg, steps, u->n_writes, true, &ignored);
	undo_all(steps, u->n_writes, cg, e);
	return -1;
}

int cgroup_update_apply(const struct cgroup_update *u, const struct cgroup *cg,
			struct err *e)
{
	struct update_step *steps;
	int result;

	if (!u->n_writes)
		return 0;
	steps = xcalloc(u->n_writes, sizeof(*steps));
	result = carry_out(u, cg, steps, e);
	steps_free(steps, u->n_writes);
	return result;
}
