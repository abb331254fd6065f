/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a new cgroup needs before its files or processes can be there: on v2 the controllers
 * enabled in every parent (cgroup.subtree_control), on v1 the cpuset's cpus and mems, which
 * begin empty. Neither is undone: other cgroups may depend on it by then.
 */
#include "cgroup/dir.h"

#include "base/fd.h"
#include "base/file.h"

#include <errno.h>
#include <limits.h>

/* ---- v2 ---------------------------------------------------------------------------------- */

static uint32_t controllers_in(int fd, const char *file)
{
	char text[256];
	ssize_t n = file_read_value(fd, file, text, sizeof(text));

	return n < 0 ? 0 : cgroup_controllers_parse(text, (size_t)n);
}

static void names_text(uint32_t mask, const char *before, struct str *ret)
{
	for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
		if (mask & 1u << c)
			str_addf(ret, "%s%s%s", ret->n ? " " : "", before,
				 cgroup_controller_name((enum cgroup_controller)c, true));
	}
}

static int enable_failed(const char *words, const char *name, struct err *e)
{
	switch (errno) {
	case EBUSY:
		err_set(e,
			"controllers %s cannot be enabled below %s: it has processes of "
			"its own",
			words, name);
		return err_hint(e, "move them into a cgroup below, or let "
				   "linux.cgroupsPath name another parent");
	case EOPNOTSUPP:
		return err_set(
			e, "controllers %s cannot be enabled below %s: it is threaded",
			words, name);
	case ENOENT:
		return err_set(e, "controllers %s are not available in %s", words, name);
	case EACCES:
	case EPERM:
	case EROFS:
		err_sys_plain(e, "enable controllers %s below %s", words, name);
		return err_hint(e, "have the controllers delegated: systemctl edit "
				   "user@.service: [Service] Delegate=yes");
	default:
		return err_sys_plain(e, "enable controllers %s below %s", words, name);
	}
}

/* One parent: whatever of mask its children do not have yet. */
static int enable_at(const struct cgroup_dir *dir, unsigned depth, uint32_t mask,
		     struct err *e)
{
	auto_close int fd = dir_open(dir, depth);
	char name[PATH_MAX];
	auto_str words = { 0 };

	dir_name(dir, depth, name, sizeof(name));
	if (fd < 0)
		return err_sys_plain(e, "open %s", name);
	mask &= ~controllers_in(fd, "cgroup.subtree_control");
	if (!mask)
		return 0;
	names_text(mask, "+", &words);
	if (file_write_value(fd, "cgroup.subtree_control", words.s) == 0)
		return 0;
	return enable_failed(words.s, name, e);
}

int dir_enable(const struct cgroup_dir *dir, uint32_t mask, struct err *e)
{
	/* under an engine or systemd the parents are ready: then this one read is all */
	mask &= ~controllers_in(dir->fd, "cgroup.controllers");
	for (unsigned depth = 0; mask && depth < path_depth(dir->path); depth++)
		TRY(enable_at(dir, depth, mask, e));
	return 0;
}

/* ---- v1 ---------------------------------------------------------------------------------- */

/* Copies `file` from the nearest parent that has a value down to dir. */
static int cpuset_fill(const struct cgroup_dir *dir, const char *file, struct err *e)
{
	unsigned depth = path_depth(dir->path), from = depth;
	char value[4096] = "";
	char name[PATH_MAX];

	for (;; from--) {
		auto_close int fd = dir_open(dir, from);

		if (fd < 0 || file_read_value(fd, file, value, sizeof(value)) < 0)
			return err_sys_plain(e, "read %s of %s", file,
					     dir_name(dir, from, name, sizeof(name)));
		if (*value || !from)
			break;
	}
	while (from++ < depth) {
		auto_close int fd = dir_open(dir, from);

		if (fd < 0 || file_write_value(fd, file, value) < 0)
			return err_sys_plain(e, "write %s to %s of %s", value, file,
					     dir_name(dir, from, name, sizeof(name)));
	}
	return 0;
}

int dir_cpuset_init(const struct cgroup_dir *dir, struct err *e)
{
	TRY(cpuset_fill(dir, "cpuset.cpus", e));
	return cpuset_fill(dir, "cpuset.mems", e);
}
