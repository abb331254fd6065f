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
#include <sys/syscall.h>
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

/* ---- places -------------------------------------------------------------------------------- */

/* A source as stub_find() has named it: a link on the way was put there since. */
static int open_source(const char *source)
{
	auto_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return root < 0 ? -1
			: path_open(root, source, O_PATH | O_DIRECTORY, PATH_NO_SYMLINKS);
}

/* The directory that `path` below `dir` is in, and its last component; -1: not to be found. */
static int open_parent(int dir, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX] = ".";

	*ret_name = slash ? slash + 1 : path;
	if (slash && (size_t)(slash - path) >= sizeof(parent))
		return -1;
	if (slash) {
		memcpy(parent, path, (size_t)(slash - path));
		parent[slash - path] = '\0';
	}
	return path_open(dir, parent, O_PATH | O_DIRECTORY, PATH_NO_SYMLINKS);
}

static bool has_place(const struct stub_places *places, const struct stat *dir,
		      const char *name)
{
	for (size_t i = 0; places && i < places->n; i++)
		if (places->v[i].dev == dir->st_dev && places->v[i].ino == dir->st_ino &&
		    str_eq(places->v[i].name, name))
			return true;
	return false;
}

void stub_places_add(struct oci_arena *arena, const struct oci_strings *list,
		     struct stub_places *to)
{
	struct stub_place *v =
		fs_alloc(arena, (to->n + list->n / 2 + 1) * sizeof(*to->v));

	if (to->n)
		memcpy(v, to->v, to->n * sizeof(*v));
	to->v = v;
	for (size_t i = 0; i < list->n / 2; i++) {
		auto_close int dir = open_source(list->v[2 * i]);
		const char *name = "", *path = list->v[2 * i + 1];
		auto_close int at = dir < 0 || path_has_dotdot(path)
					    ? -1
					    : open_parent(dir, path, &name);
		struct stat st;

		if (at >= 0 && fstat(at, &st) == 0)
			v[to->n++] =
				(struct stub_place){ st.st_dev, st.st_ino,
						     fs_text(arena, name, strlen(name)) };
	}
}

/* ---- finding ------------------------------------------------------------------------------- */

enum look { LOOK_THERE, LOOK_EMPTY, LOOK_MISSING };

static bool is_empty_dir(int dir, const char *path)
{
	auto_close int fd =
		path_open(dir, path, O_RDONLY | O_DIRECTORY, PATH_NO_SYMLINKS);
	char buf[1024];
	long n = fd < 0 ? -1 : syscall(SYS_getdents64, fd, buf, sizeof(buf));

	/* "." and ".." are 24 bytes each */
	return n >= 0 && n <= 48;
}

static enum look look_at(int dir, const char *path)
{
	auto_close int fd = path_open(dir, path, O_PATH | O_NOFOLLOW, PATH_NO_SYMLINKS);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? LOOK_MISSING : LOOK_THERE;
	if (fstat(fd, &st) < 0)
		return LOOK_THERE;
	if (S_ISREG(st.st_mode))
		return st.st_size ? LOOK_THERE : LOOK_EMPTY;
	return S_ISDIR(st.st_mode) && is_empty_dir(dir, path) ? LOOK_EMPTY : LOOK_THERE;
}

static bool is_of_others(int dir, const char *path, const struct stub_places *others)
{
	const char *name = "";
	auto_close int at = others && others->n ? open_parent(dir, path, &name) : -1;
	struct stat st;

	return at >= 0 && fstat(at, &st) == 0 && has_place(others, &st, name);
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

/* The components of path that are not there, or there because of others. True: see stub.h. */
static bool look(struct oci_arena *arena, const char *source, int dir, const char *path,
		 const struct stub_places *others, struct oci_strings *list)
{
	enum look last = LOOK_THERE;

	for (size_t n = 0; path[n];) {
		char part[PATH_MAX];

		n += strcspn(path + n, "/");
		if (n >= sizeof(part))
			break;
		memcpy(part, path, n);
		part[n] = '\0';
		last = look_at(dir, part);
		if (last == LOOK_MISSING || is_of_others(dir, part, others))
			add(arena, list, source, path, n);
		n += path[n] == '/';
	}
	return last != LOOK_THERE;
}

bool stub_find(struct oci_arena *arena, const struct fs_plan *plan, int bundle_fd,
	       const struct stub_places *others, struct oci_strings *ret)
{
	struct oci_strings list = { 0, NULL };
	bool maybe = false;

	for (size_t i = 0; i < plan->n_rows; i++) {
		const struct fs_row *above = find_above(plan, i);
		char source[PATH_MAX], link[PATH_FD_MAX];
		const char *path;
		auto_close int dir = -1;
		ssize_t n;

		if (!above || plan->rows[i].kind == FS_REMOUNT ||
		    path_has_dotdot(plan->rows[i].destination))
			continue;
		dir = openat(bundle_fd, above->source, O_PATH | O_DIRECTORY | O_CLOEXEC);
		n = dir < 0 ? -1
			    : readlink(path_of_fd(dir, link), source, sizeof(source));
		if (n <= 0 || n >= (ssize_t)sizeof(source))
			continue;
		source[n] = '\0';
		path = plan->rows[i].destination + strlen(above->destination);
		maybe |= look(arena, source, dir, path + (*path == '/'), others, &list);
	}
	*ret = list;
	return maybe || list.n;
}

/* ---- removing ------------------------------------------------------------------------------ */

static void remove_one(int dir, const char *path, const struct stub_places *others)
{
	const char *name;
	auto_close int at = open_parent(dir, path, &name);
	struct stat st, parent;

	if (at < 0 || fstat(at, &parent) < 0 || has_place(others, &parent, name) ||
	    fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		(void)unlinkat(at, name, AT_REMOVEDIR); /* fails unless it is empty */
	else if (S_ISREG(st.st_mode) && st.st_size == 0)
		(void)unlinkat(at, name, 0);
}

void stub_remove(const struct oci_strings *list, const struct stub_places *others)
{
	for (size_t i = list->n / 2; i-- > 0;) {
		const char *path = list->v[2 * i + 1];
		auto_close int dir = open_source(list->v[2 * i]);

		if (dir >= 0 && !path_has_dotdot(path))
			remove_one(dir, path, others);
	}
}
