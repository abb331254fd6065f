/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owners of a tree; see shift.h. Down by descriptors, one a level, so no path is ever long. */
#include "fs/shift.h"

#include "base/fd.h"
#include "base/str.h"
#include "kernel/path.h"
#include "kernel/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEPTH_MAX = 500, WANTED = STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID };

/* Every process goes through all directories, and changes what lies in its share of them. */
struct walk {
	const struct shift *how;
	int depth;
	unsigned share, shares;
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
static int give_bits_back(int dir, const char *name, const struct statx *st)
{
	char path[PATH_FD_MAX];
	auto_close int fd = -1;

	if (!S_ISREG(st->stx_mode) || !(st->stx_mode & (S_ISUID | S_ISGID)))
		return 0;
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	return fchmodat(AT_FDCWD, path_of_fd(fd, path), st->stx_mode & 07777, 0);
}

static int shift_one(const struct walk *w, int dir, const char *name,
		     const struct statx *st, struct err *e)
{
	uint32_t uid = shift_id(&w->how->uids, st->stx_uid);
	uint32_t gid = shift_id(&w->how->gids, st->stx_gid);

	if (uid == st->stx_uid && gid == st->stx_gid)
		return 0;
	if (fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0 ||
	    give_bits_back(dir, name, st) < 0)
		return err_sys_plain(e, "give \"%.200s\" from %u:%u to %u:%u", name,
				     (unsigned)st->stx_uid, (unsigned)st->stx_gid,
				     (unsigned)uid, (unsigned)gid);
	return 0;
}

/* A directory's share depends on its path alone: numbers of inodes and orders may change. */
static uint32_t hash_on(uint32_t hash, const char *name)
{
	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return (hash ^ '/') * 16777619u;
}

static bool is_mine(const struct walk *w, uint32_t hash)
{
	return (hash >> 8) % w->shares == w->share;
}

static int shift_below(struct walk *w, int dir, uint32_t hash, struct err *e);

static int shift_entry(struct walk *w, int dir, const char *name, uint32_t hash,
		       struct err *e)
{
	auto_close int down = -1;
	struct statx st;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, WANTED, &st) < 0)
		return errno == ENOENT ? 0 : err_sys_plain(e, "look at \"%.200s\"", name);
	if (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) /* Linux 5.8, files too */
		return 0;
	if (S_ISDIR(st.stx_mode)) {
		down = path_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
				 PATH_NO_SYMLINKS | PATH_NO_XDEV);
		if (down < 0)
			return errno == EXDEV ? 0
					      : err_sys_plain(e, "open \"%.200s\"", name);
	}
	if (is_mine(w, hash))
		TRY(shift_one(w, dir, name, &st, e));
	if (down < 0)
		return 0;
	if (w->depth >= DEPTH_MAX)
		return err_set(e, "\"%.200s\": more than %d directories deep", name,
			       DEPTH_MAX);
	w->depth++;
	TRY(shift_below(w, down, hash_on(hash, name), e));
	w->depth--;
	return 0;
}

/* Takes a duplicate of dir: closedir(3) closes what it was given. */
static int shift_below(struct walk *w, int dir, uint32_t hash, struct err *e)
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
		if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN &&
		    !is_mine(w, hash))
			continue;
		if (w->how->interrupt_fd > 0 &&
		    fd_wait_readable(w->how->interrupt_fd, 0) > 0)
			rc = err_code(e, EINTR, "change owners");
		else
			rc = shift_entry(w, dir, entry->d_name, hash, e);
	}
	closedir(d);
	return rc;
}

/* ---- several processes --------------------------------------------------------------------- */

struct helper {
	pid_t pid; /* 0: there is none */
	struct err err; /* in memory that is shared */
};

static void help(struct helper *h, struct walk w, unsigned share, int dir)
{
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned born = { .pidfd = -1 };
	struct err e = { 0 };
	pid_t parent = getpid(), pid = spawn_process(&args, &born, &e);

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (getppid() != parent)
			_exit(1);
		w.share = share;
		/* a directory of its own: with the descriptor it would share the place in it */
		dir = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			err_sys_plain(&e, "open the tree");
		else
			(void)shift_below(&w, dir, 0, &e);
		e.scope = NULL;
		h->err = e;
		_exit(err_is_set(&e));
	}
	fd_close(born.pidfd);
	h->pid = pid > 0 ? pid : 0;
	if (pid < 0)
		h->err = e;
}

static int await_help(struct helper *h, struct err *e)
{
	int status = 0;

	while (h->pid && waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
		;
	h->err.scope = NULL;
	if (err_is_set(&h->err))
		return err_take(e, &h->err);
	return status ? err_set(e, "a process that changes owners died") : 0;
}

static int walk_all(struct walk *w, int dir, struct err *e)
{
	size_t size = w->shares * sizeof(struct helper);
	struct helper *helpers;
	int rc;

	if (w->shares == 1)
		return shift_below(w, dir, 0, e);
	helpers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0);
	if (helpers == MAP_FAILED)
		return err_sys(e, "map memory");
	for (unsigned i = 1; i < w->shares; i++)
		help(&helpers[i], *w, i, dir);
	rc = shift_below(w, dir, 0, e);
	for (unsigned i = 1; i < w->shares; i++)
		if (await_help(&helpers[i], e) < 0)
			rc = -1;
	(void)munmap(helpers, size);
	return rc;
}

int shift_tree(int root, const struct shift *how, unsigned processes, struct err *e)
{
	auto_close int dir = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct walk w = { .how = how, .shares = processes ? processes : 1 };
	struct statx st;

	if (dir < 0 || statx(dir, "", AT_EMPTY_PATH, WANTED, &st) < 0)
		return err_sys_plain(e, "open the tree");
	/* the root last: its owner tells that all is done */
	TRY(walk_all(&w, dir, e));
	return shift_one(&w, dir, "", &st, e);
}
