/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups in resctrl: made, joined, removed. All below the descriptor of the mount point, by
 * names of one component (mon_groups/NAME for monitoring). A group is removed by rmdir(2)
 * alone: its tasks go back to the default class, its files with it.
 */
#include "cgroup/rdt.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "cgroup/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 16, RESCTRL_MAGIC = 0x07655821 };

/* ---- places ------------------------------------------------------------------------------ */

int rdt_mount_find(struct oci_arena *arena, const char **ret, struct err *e)
{
	static const char usual[] = "/sys/fs/resctrl", mark[] = " - resctrl ";
	auto_str mounts = { 0 };
	const char *line, *at;
	struct statfs fs;
	int n;

	*ret = NULL;
	if (statfs(usual, &fs) == 0 && fs.f_type == RESCTRL_MAGIC) {
		*ret = usual;
		return 0;
	}
	TRY(file_read(AT_FDCWD, "/proc/self/mountinfo", 0, 16 << 20, &mounts, e));
	at = mounts.s ? strstr(mounts.s, mark) : NULL;
	if (!at)
		return 0;
	for (line = at; line > mounts.s && line[-1] != '\n';)
		line--;
	for (n = 0; n < 4 && line < at; line++)
		n += *line == ' ';
	*ret = cgroup_textn(arena, line, strcspn(line, " \n"));
	return 0;
}

/* Beneath the mount point: "FILE" or "GROUP/FILE". */
static char *in_group(const struct rdt *rdt, const char *file)
{
	return xasprintf("%s%s%s", rdt->group, *rdt->group ? "/" : "", file);
}

static char *monitor_path(const struct rdt *rdt)
{
	auto_free char *file = xasprintf("mon_groups/%s", rdt->monitor);

	return in_group(rdt, file);
}

static int base_open(struct rdt *rdt)
{
	rdt->base = open(rdt->mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return rdt->base < 0 ? -1 : 0;
}

void rdt_close(struct rdt *rdt)
{
	fd_close(rdt->base);
	rdt->base = -1;
}

/* ---- survey ------------------------------------------------------------------------------ */

static bool exists(const struct rdt *rdt, const char *path)
{
	struct stat st;

	return fstatat(rdt->base, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int compare(const struct rdt_plan *plan, const struct rdt *rdt, struct err *e)
{
	auto_free char *path = in_group(rdt, "schemata");
	auto_free char *wanted = xasprintf("%s%s", plan->first ?: "", plan->second ?: "");
	auto_str content = { 0 };
	const char *line;

	TRY(file_read(rdt->base, path, 0, TEXT_MAX, &content, e));
	if (rdt_schemata_match(wanted, content.s ? content.s : "", &line))
		return 0;
	err_set(e, "the class %s/%s exists and its schemata differ from \"%.*s\"",
		rdt->mount, rdt->group, (int)strcspn(line, "\n"), line);
	return err_hint(e,
			"a class that exists is shared: its schemata are compared, not "
			"changed; use another closID");
}

static int survey_group(const struct rdt_plan *plan, const struct rdt *rdt, struct err *e)
{
	bool there = !*rdt->group || exists(rdt, rdt->group);

	WHERE_IN(e, plan->ours ? "linux.intelRdt" : "linux.intelRdt.closID", NULL);
	if (there && plan->ours)
		return err_set(e, "the class %s/%s exists already", rdt->mount,
			       rdt->group);
	if (!there && plan->must_exist) {
		err_set(e, "there is no class %s/%s", rdt->mount, rdt->group);
		return err_hint(e, "it is made when schemata are given with it");
	}
	return there && (plan->first || plan->second) ? compare(plan, rdt, e) : 0;
}

static int survey_monitor(const struct rdt *rdt, struct err *e)
{
	auto_free char *path = rdt->monitor ? monitor_path(rdt) : NULL;

	if (path && exists(rdt, path))
		return err_set(e,
			       "linux.intelRdt.enableMonitoring: the group %s/%s exists "
			       "already",
			       rdt->mount, path);
	return 0;
}

int rdt_survey(const struct rdt_plan *plan, struct rdt *ret, struct err *e)
{
	struct rdt rdt = { .mount = plan->mount,
			   .group = plan->group,
			   .monitor = plan->monitor,
			   .ours = plan->ours,
			   .base = -1 };

	if (rdt.mount) {
		if (base_open(&rdt) < 0)
			return err_sys_plain(e, "linux.intelRdt: open %s", rdt.mount);
		if (survey_group(plan, &rdt, e) < 0 || survey_monitor(&rdt, e) < 0) {
			rdt_close(&rdt);
			return -1;
		}
	}
	*ret = rdt;
	return 0;
}

/* ---- record ------------------------------------------------------------------------------ */

void rdt_record(const struct rdt *rdt, struct oci_arena *arena, struct oci_map *ret)
{
	struct oci_map map = { 0 };

	if (rdt->mount) {
		map.v = cgroup_alloc(arena, 3 * sizeof(map.v[0]));
		map.v[map.n].key = cgroup_textf(arena, "mount");
		map.v[map.n++].value = cgroup_textf(arena, "%s", rdt->mount);
		map.v[map.n].key = cgroup_textf(arena, rdt->ours ? "own" : "class");
		map.v[map.n++].value = cgroup_textf(arena, "%s", rdt->group);
	}
	if (rdt->mount && rdt->monitor) {
		map.v[map.n].key = cgroup_textf(arena, "monitor");
		map.v[map.n++].value = cgroup_textf(arena, "%s", rdt->monitor);
	}
	*ret = map;
}

static bool is_component(const char *s)
{
	return !strchr(s, '/') && !str_eq(s, ".") && !str_eq(s, "..");
}

static bool record_parse(const struct oci_map *record, struct rdt *rdt)
{
	for (size_t i = 0; i < record->n; i++) {
		const char *value = record->v[i].value;

		if (str_eq(record->v[i].key, "mount") && value[0] == '/')
			rdt->mount = value;
		else if (str_eq(record->v[i].key, "own") && is_component(value) && *value)
			rdt->group = value, rdt->ours = true;
		else if (str_eq(record->v[i].key, "class") && is_component(value))
			rdt->group = value;
		else if (str_eq(record->v[i].key, "monitor") && is_component(value) &&
			 *value)
			rdt->monitor = value;
		else
			return false;
	}
	return rdt->mount && rdt->group;
}

int rdt_from_record(const struct oci_map *record, struct rdt *ret, struct err *e)
{
	struct rdt rdt = RDT_NONE;

	if (record->n && !record_parse(record, &rdt))
		return err_set(e, "the state record is damaged: resctrl");
	if (rdt.mount && base_open(&rdt) < 0) {
		if (errno != ENOENT)
			return err_sys_plain(e, "open %s", rdt.mount);
		rdt = RDT_NONE;
	}
	*ret = rdt;
	return 0;
}

/* ---- making ------------------------------------------------------------------------------- */

/* What resctrl says about the last refused command, as the hint. */
static int refused(const struct rdt *rdt, struct err *e)
{
	char status[ERR_HINT_MAX - 32];

	if (file_read_value(rdt->base, "info/last_cmd_status", status, sizeof(status)) >
		    0 &&
	    !str_eq(status, "ok"))
		err_hint(e, "resctrl: %s", status);
	return -1;
}

static int schemata_write(const struct rdt *rdt, const char *lines, struct err *e)
{
	auto_free char *path = in_group(rdt, "schemata");

	if (!lines || file_write_value(rdt->base, path, lines) == 0)
		return 0;
	err_sys_plain(e, "write \"%.*s\" to %s/%s", (int)strlen(lines) - 1, lines,
		      rdt->mount, path);
	return refused(rdt, e);
}

static int group_make(const struct rdt *rdt, const char *path, const char *more,
		      struct err *e)
{
	if (mkdirat(rdt->base, path, 0755) == 0)
		return 0;
	if (errno == EEXIST)
		return err_set(e, "%s/%s was made by somebody else meanwhile", rdt->mount,
			       path);
	err_sys_plain(e, "make %s/%s", rdt->mount, path);
	if (e->code == ENOSPC)
		err_hint(e, "the processor has no more %s", more);
	return refused(rdt, e);
}

static int class_prepare(const struct rdt_plan *plan, struct rdt *rdt, struct err *e)
{
	WHERE_IN(e, plan->ours ? "linux.intelRdt" : "linux.intelRdt.closID", NULL);

	if (!*rdt->group || (!rdt->ours && exists(rdt, rdt->group)))
		return 0; /* the survey has compared the schemata */
	TRY(group_make(rdt, rdt->group, "classes of service: see info/*/num_closids", e));
	rdt->made_group = true;
	TRY(schemata_write(rdt, plan->first, e));
	return schemata_write(rdt, plan->second, e);
}

static int monitor_prepare(struct rdt *rdt, struct err *e)
{
	auto_free char *path = monitor_path(rdt);
	WHERE_IN(e, "linux.intelRdt.enableMonitoring", NULL);

	TRY(group_make(rdt, path, "monitoring ids: see info/L3_MON/num_rmids", e));
	rdt->made_monitor = true;
	return 0;
}

int rdt_prepare(const struct rdt_plan *plan, struct rdt *rdt, struct err *e)
{
	if (!rdt->mount)
		return 0;
	TRY(class_prepare(plan, rdt, e));
	return rdt->monitor ? monitor_prepare(rdt, e) : 0;
}

/* ---- joining ------------------------------------------------------------------------------- */

static int join(const struct rdt *rdt, const char *path, pid_t pid, struct err *e)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	if (file_write_value(rdt->base, path, text) == 0)
		return 0;
	err_sys_plain(e, "linux.intelRdt: move process %s to %s/%s", text, rdt->mount,
		      path);
	return refused(rdt, e);
}

int rdt_join(const struct rdt *rdt, pid_t pid, struct err *e)
{
	auto_free char *tasks = NULL, *group = NULL;

	if (!rdt->mount)
		return 0;
	tasks = in_group(rdt, "tasks");
	TRY(join(rdt, tasks, pid, e));
	if (!rdt->monitor)
		return 0;
	/* second: a MON group takes only tasks of its class */
	group = monitor_path(rdt);
	free(tasks);
	tasks = xasprintf("%s/tasks", group);
	return join(rdt, tasks, pid, e);
}

int rdt_update(const struct rdt *rdt, const char *l3_cache_schema,
	       const char *mem_bw_schema, struct err *e)
{
	auto_str lines = { 0 };

	if (!rdt->mount) {
		err_set(e, "linux.intelRdt: the container has no class of its own");
		return err_hint(e, "create it with linux.intelRdt in config.json");
	}
	if (l3_cache_schema && *l3_cache_schema)
		str_addf(&lines, "%s\n", l3_cache_schema);
	if (mem_bw_schema && *mem_bw_schema)
		str_addf(&lines, "%s\n", mem_bw_schema);
	WHERE_IN(e, "linux.intelRdt", NULL);
	return lines.n ? schemata_write(rdt, lines.s, e) : 0;
}

/* ---- removing ------------------------------------------------------------------------------ */

static int group_remove(const struct rdt *rdt, const char *path, struct err *e)
{
	if (unlinkat(rdt->base, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return err_sys_plain(e, "remove %s/%s", rdt->mount, path);
}

int rdt_remove(const struct rdt *rdt, struct err *e)
{
	auto_free char *monitor = NULL;

	if (!rdt->mount)
		return 0;
	if (rdt->ours) /* with all MON groups in it */
		return group_remove(rdt, rdt->group, e);
	if (!rdt->monitor)
		return 0;
	monitor = monitor_path(rdt);
	return group_remove(rdt, monitor, e);
}

static bool group_used(const struct rdt *rdt)
{
	auto_free char *path = in_group(rdt, "tasks");
	char text[64] = "";

	return file_read_value(rdt->base, path, text, sizeof(text)) > 0;
}

int rdt_undo(const struct rdt *rdt, struct err *e)
{
	auto_free char *monitor = NULL;

	if (rdt->made_monitor) {
		monitor = monitor_path(rdt);
		TRY(group_remove(rdt, monitor, e));
	}
	if (!rdt->made_group || (!rdt->ours && group_used(rdt)))
		return 0;
	return group_remove(rdt, rdt->group, e);
}
