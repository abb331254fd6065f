/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cgroups beneath the container's own, for a process that is added to it. They are opened
 * below the descriptor of the container's cgroup, so that whatever the text says, nothing
 * above it can be reached.
 */
#include "cgroup/dir.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

/* No component is "..": the kernel refuses it too, but we can say why. */
static int check_path(const char *path, struct err *e)
{
	for (const char *at = path; *at;) {
		size_t n = strcspn(at, "/");

		if (n == 2 && !strncmp(at, "..", 2))
			return err_set(e, "%s is not a sub cgroup path of the container",
				       path);
		at += n;
		at += *at == '/';
	}
	return 0;
}

/* Replaces dir->fd by the cgroup `path` beneath it. */
static int descend(struct cgroup_dir *dir, const char *path, struct err *e)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	char name[PATH_MAX];
	int fd;

	path += strspn(path, "/");
	if (!*path || dir->fd < 0)
		return 0;
	fd = (int)syscall(SYS_openat2, dir->fd, path, &how, sizeof(how));
	if (fd < 0)
		return err_sys_plain(
			e, "cgroup %s in %s", path,
			dir_name(dir, path_depth(dir->path), name, sizeof(name)));
	fd_close(dir->fd);
	dir->fd = fd;
	return 0;
}

int cgroup_enter_sub(struct cgroup *cg, const char *spec, struct err *e)
{
	const char *colon = strchr(spec, ':');
	const char *path = colon ? colon + 1 : spec;
	uint32_t mask = 0;
	bool any = false;

	WHERE_IN(e, "--cgroup", spec);
	TRY(check_path(path, e));
	if (colon) {
		mask = cgroup_controllers_parse(spec, (size_t)(colon - spec));
		if (!mask)
			return err_set(e, "no controller of that name");
	}
	for (size_t i = 0; i < cg->n; i++) {
		struct cgroup_dir *dir = &cg->dirs[i];

		if (colon && (dir->v2 || !(dir->controllers & mask)))
			continue;
		any = true;
		TRY(descend(dir, path, e));
	}
	if (!any)
		return err_set(e, colon ? "the container has no v1 cgroup with it"
					: "the container has no cgroup");
	return 0;
}

int cgroup_enter_with_init(struct cgroup *cg, const char *text, struct err *e)
{
	struct cgroup_dir *dir = &cg->dirs[0];
	const char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	char path[PATH_MAX];
	size_t n, own;

	if (!cg->n || !dir->v2 || dir->fd < 0 || !line)
		return 0;
	line += *line == '\n' ? 4 : 3;
	n = strcspn(line, "\n");
	own = strlen(dir->path);
	if (n <= own || n >= sizeof(path) || strncmp(line, dir->path, own) != 0 ||
	    line[own] != '/')
		return 0;
	memcpy(path, line + own, n - own);
	path[n - own] = '\0';
	TRY(check_path(path, e));
	TRY(descend(dir, path, e));
	return 1;
}
