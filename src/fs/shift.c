/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owners of a tree; see shift.h. Down by descriptors, one a level, so no path is ever long. */
#include "fs/shift.h"

#include "base/fd.h"
#include "base/str.h"
#include "kernel/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 500 };

struct walk {
	const struct shift *how;
	dev_t dev;
	int depth;
};

/* ---- pure -------------------------------------------------------------------------------- */

static bool on_right(const struct oci_id_mappings *map, uint32_t id)
{
	for (size_t i = 0; i < map->n; i++)
		if (id >= map->v[i].host_id && id - map->v[i].host_id < map->v[i].size)
			return true;
	return false;
}

uint32_t shift_id(const struct oci_id_mappings *map, uint32_t id)
{
	if (on_right(map, id))
		return id;
	for (size_t i = 0; i < map->n; i++) {
		const struct oci_id_mapping *m = &map->v[i];

		if (id >= m->container_id && id - m->container_id < m->size)
			return m->host_id + (id - m->container_id);
	}
	return id;
}

bool shift_overlaps(const struct oci_id_mappings *map)
{
	for (size_t i = 0; i < map->n; i++)
		for (size_t k = 0; k < map->n; k++) {
			uint64_t a = map->v[i].container_id, b = map->v[k].host_id;

			if (a < b + map->v[k].size && b < a + map->v[i].size)
				return true;
		}
	return false;
}

/* ---- doing it ---------------------------------------------------------------------------- */

/* chown(2) takes set-uid and set-gid away from programs. */
static int give_bits_back(int dir, const char *name, const struct stat *st)
{
	char path[PATH_FD_MAX];
	auto_close int fd = -1;

	if (!S_ISREG(st->st_mode) || !(st->st_mode & (S_ISUID | S_ISGID)))
		return 0;
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	return fchmodat(AT_FDCWD, path_of_fd(fd, path), st->st_mode & 07777, 0);
}

static int shift_one(const struct walk *w, int dir, const char *name,
		     const struct stat *st, struct err *e)
{
	uint32_t uid = shift_id(&w->how->uids, st->st_uid);
	uint32_t gid = shift_id(&w->how->gids, st->st_gid);

	if (uid == st->st_uid && gid == st->st_gid)
		return 0;
	if (fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0 ||
	    give_bits_back(dir, name, st) < 0)
		return err_sys_plain(e, "give \"%.200s\" from %u:%u to %u:%u", name,
				     (unsigned)st->st_uid, (unsigned)st->st_gid,
				     (unsigned)uid, (unsigned)gid);
	return 0;
}

static int shift_below(struct walk *w, int dir, struct err *e);

static int shift_entry(struct walk *w, int dir, const char *name, struct err *e)
{
	auto_close int down = -1;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return errno == ENOENT ? 0 : err_sys_plain(e, "look at \"%.200s\"", name);
	if (st.st_dev != w->dev && S_ISDIR(st.st_mode))
		return 0;
	TRY(shift_one(w, dir, name, &st, e));
	if (!S_ISDIR(st.st_mode))
		return 0;
	down = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (down < 0)
		return err_sys_plain(e, "open \"%.200s\"", name);
	if (w->depth >= DEPTH_MAX)
		return err_set(e, "\"%.200s\": more than %d directories deep", name,
			       DEPTH_MAX);
	w->depth++;
	TRY(shift_below(w, down, e));
	w->depth--;
	return 0;
}

/* Takes a duplicate of dir: closedir(3) closes what it was given. */
static int shift_below(struct walk *w, int dir, struct err *e)
{
	int own = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	DIR *d = own >= 0 ? fdopendir(own) : NULL;
	struct dirent *entry;
	int rc = 0;

	if (!d) {
		fd_close(own);
		return err_sys(e, "read a directory");
	}
	while (rc == 0 && (entry = readdir(d))) {
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		rc = shift_entry(w, dir, entry->d_name, e);
	}
	closedir(d);
	return rc;
}

int shift_tree(int root, const struct shift *how, struct err *e)
{
	auto_close int dir = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct walk w = { .how = how };
	struct stat st;

	if (dir < 0 || fstat(dir, &st) < 0)
		return err_sys_plain(e, "open the tree");
	w.dev = st.st_dev;
	/* the root last: its owner tells that all is done */
	TRY(shift_below(&w, dir, e));
	return shift_one(&w, dir, "", &st, e);
}
