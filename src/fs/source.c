/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources of bind mounts; see source.h. A source is looked up once: the clone taken then is
 * what will be attached, whatever happens to the path afterwards.
 */
#include "fs/source.h"

#include "base/fd.h"
#include "base/mem.h"
#include "fs/inherit.h"
#include "kernel/nsfd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANY = 256 };

/* copy-symlink: remembers the text of a link. 1: it is one, 0: it is none. */
static int read_link(struct fs_row *row, int dir, struct err *e)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(dir, row->source, text, sizeof(text));

	if (n < 0 && errno == EINVAL)
		return 0;
	if (n < 0)
		return err_sys_plain(e, "source %s", row->source);
	if ((size_t)n == sizeof(text))
		return err_set(e, "source %s: the link's text is too long", row->source);
	row->link_text = xstrndup(text, (size_t)n); /* lives as long as the process */
	return 1;
}

static int hint_privilege(struct err *e)
{
	return err_hint(
		e, "an id-mapped mount needs CAP_SYS_ADMIN in the user namespace that "
		   "owns the filesystem, and a source that is not id-mapped already");
}

static int id_map(struct fs_row *row, struct err *e)
{
	auto_close int userns = -1;
	struct mountfd_attr attr = MOUNTFD_ATTR_NONE;

	if (!(row->extra & OPTION_IDMAP))
		return 0;
	if (row->plain)
		return err_set(e,
			       "an id-mapped mount needs mount_setattr(2) (Linux 5.12)");
	if (row->userns_path)
		userns = nsfd_open(row->userns_path, NSFD_USER, e);
	else
		userns = usernsfd_open(row->uids, row->n_uids, row->gids, row->n_gids, e);
	if (userns < 0)
		return e->code == EPERM ? hint_privilege(e) : -1;
	attr.userns_fd = userns;
	attr.idmap_rec = row->attr.idmap_rec;
	if (mountfd_setattr(row->source_fd, &attr) == 0)
		return 0;
	err_sys_plain(e, "id-map %s", row->source);
	if (e->code == EPERM)
		return hint_privilege(e);
	if (e->code == EINVAL)
		return err_hint(e, "this filesystem cannot be id-mapped");
	return -1;
}

static int explain(const struct fs_row *row, struct err *e)
{
	bool recursive = row->extra & OPTION_RECURSIVE;

	err_sys_plain(e, "source %s", row->source);
	if (e->code == EINVAL && !recursive)
		return err_hint(e,
				"there are mounts below it that a user namespace may not "
				"uncover: use rbind instead of bind");
	if (e->code == ENOSPC)
		return err_hint(e, "a mount that is not attached yet counts as a mount "
				   "namespace: user.max_mnt_namespaces is used up, or "
				   "fs.mount-max is reached");
	if (e->code == ENOENT)
		return err_hint(e, "a bind mount needs a source that exists");
	return -1;
}

/* What was labelled before must be what is mounted. */
static int check_identity(const struct fs_row *row, struct err *e)
{
	struct stat st;

	if (!row->ino)
		return 0;
	if (fstat(row->source_fd, &st) < 0)
		return err_sys(e, "source %s", row->source);
	if (st.st_dev == row->dev && st.st_ino == row->ino)
		return 0;
	return err_set(e, "source %s: not what was labelled (z, Z)", row->source);
}

static int open_source(const struct fs_plan *plan, struct fs_row *row, enum fs_who who,
		       int bundle, struct err *e)
{
	bool legacy = plan->legacy;
	bool nofollow = row->extra & (OPTION_SRC_NOFOLLOW | OPTION_COPY_SYMLINK);

	if (row->extra & OPTION_COPY_SYMLINK && TRY(read_link(row, bundle, e)))
		return 0;
	if (!legacy && !(row->extra & OPTION_LAYER))
		row->source_fd =
			mountfd_clone(bundle, row->source, row->extra & OPTION_RECURSIVE,
				      nofollow ? AT_SYMLINK_NOFOLLOW : 0);
	/* INIT may do better: it owns its mount namespace, HOST need not own the caller's */
	if (who == FS_HOST &&
	    (legacy ||
	     (row->source_fd < 0 && (mountfd_is_missing(errno) || errno == EPERM)))) {
		row->opener = FS_INIT;
		return 0;
	}
	if (legacy || row->extra & OPTION_LAYER ||
	    (row->source_fd < 0 && mountfd_is_missing(errno))) {
		row->plain = true;
		row->source_fd = openat(bundle, row->source,
					O_PATH | O_CLOEXEC | (nofollow ? O_NOFOLLOW : 0));
	}
	if (row->source_fd < 0)
		return explain(row, e);
	TRY(check_identity(row, e));
	if (!row->plain && inherit_part(plan, row->source_fd) < 0)
		return err_sys_plain(e, "part %s from the machine", row->source);
	return id_map(row, e);
}

int source_open(struct fs_plan *plan, struct fs_row *row, enum fs_who who, int bundle_fd,
		struct err *e)
{
	if (row->kind != FS_BIND || row->source_fd >= 0 || row->link_text ||
	    (who == FS_HOST && row->opener != FS_HOST))
		return 0; /* INIT opens what HOST has not opened */
	return open_source(plan, row, who, bundle_fd, e);
}

/* Half of the descriptors must do for all sources; asked only when there are many. */
static bool is_too_many(int fd)
{
	struct rlimit limit;

	return fd >= MANY &&
	       (getrlimit(RLIMIT_NOFILE, &limit) < 0 || (rlim_t)fd >= limit.rlim_cur / 2);
}

int source_open_all(struct fs_plan *plan, enum fs_who who, int bundle_fd, struct err *e)
{
	for (size_t i = 0; i < plan->n_rows; i++) {
		struct fs_row *row = &plan->rows[i];

		WHERE(e, "mounts", row->index, row->destination);
		TRY(source_open(plan, row, who, bundle_fd, e));
		if (is_too_many(row->source_fd))
			break; /* mount_all() opens the rest one by one */
	}
	return 0;
}

void source_close_all(struct fs_plan *plan)
{
	for (size_t i = 0; i < plan->n_rows; i++) {
		fd_close(plan->rows[i].source_fd);
		plan->rows[i].source_fd = -1;
	}
	fd_close(plan->root_mount);
	plan->root_mount = -1;
	fd_close(plan->scratch_mount);
	plan->scratch_mount = -1;
	fd_close(plan->tree_fd);
	plan->tree_fd = -1;
}
