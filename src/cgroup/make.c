/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Survey and making of the container's cgroups. The survey says which components of a path
 * will be ours; that is written to the state record before the first mkdir, so that whoever
 * comes after a SIGKILL removes these and nothing else.
 */
#include "cgroup/dir.h"
#include "cgroup/driver.h"

#include "base/fd.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- survey -------------------------------------------------------------------------------- */

/* A cgroup that was there before must be empty and not frozen. */
static int fit_check(const struct cgroup_dir *dir, struct err *e)
{
	char text[64] = "";
	bool busy, frozen = false;

	WHERE_IN(e, "linux.cgroupsPath", dir->path);
	if (dir->v2) {
		if (file_read_value(dir->fd, "cgroup.type", text, sizeof(text)) > 0 &&
		    !str_starts(text, "domain"))
			return err_set(e,
				       "the cgroup is threaded: its processes cannot be "
				       "listed or killed");
		busy = dir_event(dir->fd, "populated") == 1;
		frozen = dir_event(dir->fd, "frozen") == 1;
	} else {
		busy = file_read_value(dir->fd, "cgroup.procs", text, sizeof(text)) > 0;
		if (file_read_value(dir->fd, "freezer.state", text, sizeof(text)) > 0)
			frozen = !str_eq(text, "THAWED");
	}
	if (busy)
		return err_set(e,
			       "the container's cgroup is not empty: it exists in %s "
			       "and has processes",
			       dir->mount);
	if (frozen)
		return err_set(e,
			       "the container's cgroup unexpectedly frozen: it exists "
			       "in %s",
			       dir->mount);
	return 0;
}

/* How many components at the end of the path do not exist. */
static int survey_dir(struct cgroup_dir *dir, struct err *e)
{
	unsigned depth = path_depth(dir->path);
	char name[PATH_MAX];

	dir->made = 0;
	if (dir_open_leaf(dir) == 0)
		return fit_check(dir, e);
	while (errno == ENOENT && ++dir->made < depth) {
		int fd = dir_open(dir, depth - dir->made);

		if (fd >= 0) {
			fd_close(fd);
			return 0;
		}
	}
	if (errno == ENOENT)
		return 0; /* only the mount point is there */
	WHERE_IN(e, "linux.cgroupsPath", NULL);
	return err_sys_plain(e, "open %s",
			     dir_name(dir, depth - dir->made, name, sizeof(name)));
}

/* A place where nobody asked for anything and nothing may be made is left out. */
static bool may_leave_out(const struct cgroup_plan *plan, int code)
{
	return plan->optional && (code == EACCES || code == EPERM || code == EROFS);
}

static int survey_one(const struct cgroup_plan_dir *from, struct cgroup_dir *dir,
		      struct err *e)
{
	*dir = (struct cgroup_dir){ .mount = from->mount,
				    .path = from->path,
				    .v2 = from->v2,
				    .controllers = from->controllers,
				    .base = -1,
				    .fd = -1 };
	TRY(dir_open_base(dir, e));
	return survey_dir(dir, e);
}

int cgroup_survey(const struct cgroup_plan *plan, struct cgroup *ret, struct err *e)
{
	struct cgroup cg = { .manager = plan->manager };

	for (size_t i = 0; i < plan->n_dirs; i++) {
		struct err mine = { 0 };
		struct cgroup_dir *dir = &cg.dirs[cg.n];

		if (survey_one(&plan->dirs[i], dir, &mine) == 0) {
			cg.n++;
			continue;
		}
		dir_close(dir);
		if (may_leave_out(plan, mine.code))
			continue;
		cgroup_close(&cg);
		return err_take(e, &mine);
	}
	if (cgroup_drivers[cg.manager].survey &&
	    cgroup_drivers[cg.manager].survey(plan, &cg, e) < 0) {
		cgroup_close(&cg);
		return -1;
	}
	*ret = cg;
	return 0;
}

void cgroup_close(struct cgroup *cg)
{
	cgroup_unit_close(cg);
	for (size_t i = 0; i < cg->n; i++)
		dir_close(&cg->dirs[i]);
	cg->n = 0;
}

int cgroup_v2_fd(const struct cgroup *cg)
{
	return cg->n && cg->dirs[0].v2 ? cg->dirs[0].fd : -1;
}

/* ---- making ---------------------------------------------------------------------------------- */

static int make_component(struct cgroup_dir *dir, unsigned depth)
{
	unsigned all = path_depth(dir->path);
	size_t from = path_prefix(dir->path, depth - 1) + 1;
	size_t to = path_prefix(dir->path, depth);
	auto_close int parent = dir_open(dir, depth - 1);
	char name[NAME_MAX + 1];

	if (parent < 0)
		return -1;
	memcpy(name, dir->path + from, to - from);
	name[to - from] = '\0';
	if (mkdirat(parent, name, 0755) == 0)
		return 0;
	if (errno != EEXIST || depth == all)
		return -1;
	/* somebody else made this parent meanwhile: it is theirs */
	dir->made = all - depth;
	return 0;
}

static int make_components(struct cgroup_dir *dir)
{
	unsigned all = path_depth(dir->path);

	for (unsigned depth = all - dir->made + 1; depth <= all; depth++) {
		if (make_component(dir, depth) < 0)
			return -1;
	}
	return dir_open_leaf(dir);
}

/*
 * A parent can vanish between survey and mkdir, when the last container in it goes; so the
 * survey is repeated, a bounded number of times.
 */
static int make_dir(struct cgroup_dir *dir, struct err *e)
{
	char name[PATH_MAX];
	int code = 0;

	for (int i = 0; i < 16; i++) {
		if (make_components(dir) == 0)
			return 0;
		code = errno;
		if (code != ENOENT)
			break;
		TRY(survey_dir(dir, e));
		if (dir->fd >= 0)
			return 0;
	}
	WHERE_IN(e, "linux.cgroupsPath", NULL);
	dir_name(dir, path_depth(dir->path), name, sizeof(name));
	if (code == EEXIST) {
		/* whoever made it keeps it */
		dir->made = 0;
		return err_set(e, "%s was made by somebody else meanwhile", name);
	}
	errno = code;
	err_sys_plain(e, "make %s", name);
	if (code == EROFS)
		return err_hint(e, "the cgroup filesystem is mounted read-only, as in a "
				   "container: have the outer one make it writable, or "
				   "--cgroup-manager disabled");
	if (code == EACCES || code == EPERM)
		return err_hint(e, "a cgroup of the caller's own is needed (`systemd-run "
				   "--user --scope -p Delegate=yes`), or "
				   "--cgroup-manager disabled");
	return -1;
}

int cgroup_make_dir(struct cgroup_dir *dir, struct err *e)
{
	if (dir->fd >= 0 || dir_open_leaf(dir) == 0)
		return 0;
	if (!dir->made)
		TRY(survey_dir(dir, e));
	return dir->fd >= 0 ? 0 : make_dir(dir, e);
}

/* A cgroup below a frozen one is born frozen: its first process would never run. */
static int thawed_check(const struct cgroup_dir *dir, struct err *e)
{
	char text[8];

	if (dir->v2 ? dir_event(dir->fd, "frozen") != 1
		    : !(dir->controllers & 1u << CGROUP_FREEZER) ||
			      file_read_value(dir->fd, "freezer.parent_freezing", text,
					      sizeof(text)) <= 0 ||
			      !str_eq(text, "1"))
		return 0;
	WHERE_IN(e, "linux.cgroupsPath", dir->path);
	return err_set(e, "a cgroup above it is frozen in %s", dir->mount);
}

int cgroup_ready_dir(const struct cgroup_plan_dir *plan, struct cgroup_dir *dir,
		     struct err *e)
{
	TRY(thawed_check(dir, e));
	if (dir->v2)
		return plan->controllers ? dir_enable(dir, plan->controllers, e) : 0;
	return dir->controllers & 1u << CGROUP_CPUSET ? dir_cpuset_init(dir, e) : 0;
}

static int prepare_dir(const struct cgroup_plan_dir *plan, struct cgroup_dir *dir,
		       struct err *e)
{
	if (dir->fd < 0)
		TRY(make_dir(dir, e));
	return cgroup_ready_dir(plan, dir, e);
}

static const struct cgroup_plan_dir *plan_of(const struct cgroup_plan *plan,
					     const struct cgroup_dir *dir)
{
	size_t i = 0;

	while (plan->dirs[i].mount != dir->mount)
		i++;
	return &plan->dirs[i];
}

/* Takes away what was made of the directory at index i and forgets it; keeps the order. */
static void leave_out(struct cgroup *cg, size_t i)
{
	struct cgroup one = { .n = 1, .manager = cg->manager };
	struct err ignored = { 0 };

	one.dirs[0] = cg->dirs[i]; /* borrowed */
	(void)cgroup_remove(&one, 0, &ignored);
	dir_close(&cg->dirs[i]);
	cg->n--;
	memmove(&cg->dirs[i], &cg->dirs[i + 1], (cg->n - i) * sizeof(cg->dirs[0]));
}

int cgroup_prepare_directories(const struct cgroup_plan *plan, struct cgroup *cg,
			       struct err *e)
{
	for (size_t i = 0; i < cg->n;) {
		struct cgroup_dir *dir = &cg->dirs[i];
		struct err mine = { 0 };

		if (prepare_dir(plan_of(plan, dir), dir, &mine) == 0)
			i++;
		else if (may_leave_out(plan, mine.code) && dir->fd < 0)
			leave_out(cg, i);
		else
			return err_take(e, &mine);
	}
	return 0;
}
