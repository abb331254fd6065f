/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mount points left behind; see stub.h. The directory of the machine may be in the hands of
 * the container by the time it is cleaned, so nothing in it is trusted but that an empty
 * file or directory at a place which was free before is ours.
 */
#include "fs/stub.h"

#include "base/fd.h"
#include "base/str.h"
#include "fs/memory.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* The bind mount that row i goes into, or NULL: the latest one at or above its place. */
static const struct fs_row *find_above(const struct fs_plan *plan, size_t i)
{
	const char *to = plan->rows[i].destination;

	while (i-- > 0) {
		const struct fs_row *r = &plan->rows[i];

		if (r->kind == FS_REMOUNT || !path_is_below(to, r->destination))
			continue;
		return r->kind == FS_BIND && !(r->extra & OPTION_LAYER) &&
				       !str_eq(to, r->destination)
			       ? r
			       : NULL;
	}
	return NULL;
}

static bool is_missing(int dir, const char *path)
{
	auto_close int fd = path_open(dir, path, O_PATH | O_NOFOLLOW, PATH_NO_SYMLINKS);

	return fd < 0 && errno == ENOENT;
}

static void add(struct oci_arena *arena, struct oci_strings *list, const char *source,
		const char *path, size_t n)
{
	char **v = fs_alloc(arena, (list->n + 3) * sizeof(*v));

	if (list->n)
		memcpy(v, list->v, list->n * sizeof(*v));
	v[list->n++] = fs_text(arena, source, strlen(source));
	v[list->n++] = fs_text(arena, path, n);
	list->v = v;
}

/* Each component of path that is not there. */
static void look(struct oci_arena *arena, const char *source, int dir, const char *path,
		 struct oci_strings *list)
{
	for (size_t n = 0; path[n];) {
		char part[PATH_MAX];

		n += strcspn(path + n, "/");
		if (n >= sizeof(part))
			return;
		memcpy(part, path, n);
		part[n] = '\0';
		if (is_missing(dir, part))
			add(arena, list, source, path, n);
		n += path[n] == '/';
	}
}

void stub_find(struct oci_arena *arena, const struct fs_plan *plan, int bundle_fd,
	       struct oci_strings *ret)
{
	struct oci_strings list = { 0, NULL };

	for (size_t i = 0; i < plan->n_rows; i++) {
		const struct fs_row *above = find_above(plan, i);
		const char *path;
		auto_close int dir = -1;

		if (!above || plan->rows[i].kind == FS_REMOUNT ||
		    path_has_dotdot(plan->rows[i].destination))
			continue;
		dir = openat(bundle_fd, above->source, O_PATH | O_DIRECTORY | O_CLOEXEC);
		path = plan->rows[i].destination + strlen(above->destination);
		if (dir >= 0)
			look(arena, above->source, dir, path + (*path == '/'), &list);
	}
	*ret = list;
}

static void remove_one(int dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX] = ".";
	auto_close int at = -1;
	const char *name = slash ? slash + 1 : path;
	struct stat st;

	if (slash && (size_t)(slash - path) < sizeof(parent)) {
		memcpy(parent, path, (size_t)(slash - path));
		parent[slash - path] = '\0';
	}
	at = path_open(dir, parent, O_PATH | O_DIRECTORY, PATH_NO_SYMLINKS);
	if (at < 0 || fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		(void)unlinkat(at, name, AT_REMOVEDIR); /* fails unless it is empty */
	else if (S_ISREG(st.st_mode) && st.st_size == 0)
		(void)unlinkat(at, name, 0);
}

void stub_remove(const struct oci_strings *list, int bundle_fd)
{
	for (size_t i = list->n / 2; i-- > 0;) {
		const char *source = list->v[2 * i], *path = list->v[2 * i + 1];
		auto_close int dir =
			openat(bundle_fd, source, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (dir >= 0 && !path_has_dotdot(path))
			remove_one(dir, path);
	}
}
