/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the plan, done; see mount.h. For each row: find the place first (nothing is
 * made that might not be attached), make or take the detached mount, set what it needs, then
 * attach it. The place is a descriptor, or a name in a tmpfs that we have just made and
 * nobody else has seen, which saves most of the look-ups.
 */
#include "fs/mount.h"

#include "base/fd.h"
#include "base/log.h"
#include "fs/copyup.h"
#include "fs/inherit.h"
#include "fs/overlay.h"
#include "fs/proc_guard.h"
#include "fs/source.h"
#include "kernel/path.h"
#include "kernel/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { KEPT_TMPFS_MAX = 8 };

/* Where a row goes. */
struct place {
	struct mountfd_target at; /* at.fd is in the bag, or a row's mount_fd */
	bool made; /* it did not exist */
	bool by_link; /* what it is called does not tell where it is: a link, or ".." */
};

/* ---- finding the place ------------------------------------------------------------ */

/*
 * The fresh tmpfs of an earlier row, when the destination is a plain name directly in it:
 * the latest row at or above the destination must be that tmpfs, and none since then may
 * have been mounted through a link, for that could be on it.
 */
static struct fs_row *find_tmpfs(struct fs *fs, const struct fs_row *row,
				 const char **ret)
{
	const char *name = strrchr(row->destination, '/') + 1;
	size_t n = (size_t)(name - row->destination);

	if (fs->plan->legacy || path_has_dotdot(row->destination))
		return NULL;
	for (struct fs_row *r = (struct fs_row *)row; r-- > fs->plan->rows;) {
		if (r->by_link)
			return NULL;
		if (!path_is_below(row->destination, r->destination))
			continue;
		if (r->mount_fd < 0 || strlen(r->destination) + 1 != n)
			return NULL;
		*ret = name;
		return r;
	}
	return NULL;
}

static int make_entry(int dir, const char *name, bool is_dir)
{
	return is_dir ? mkdirat(dir, name, 0755) : mknodat(dir, name, S_IFREG | 0644, 0);
}

/* True when the row's source is a directory; asked only when the mount point is missing. */
static bool is_dir(const struct fs_row *row)
{
	struct stat st;

	return row->kind != FS_BIND || fstat(row->source_fd, &st) < 0 ||
	       S_ISDIR(st.st_mode);
}

/* Opens the destination below the root, making it when it is missing. */
static int find_place(struct fs *fs, const struct fs_row *row, struct place *ret,
		      struct err *e)
{
	const char *to = row->destination;
	int flags = O_PATH | (row->extra & OPTION_DEST_NOFOLLOW ? O_NOFOLLOW : 0);
	struct place p = { .by_link = path_has_dotdot(to) };
	int fd = path_open(fs->root_fd, to, flags, PATH_NO_SYMLINKS);

	if (fd < 0 && errno == ELOOP) {
		if (guard_is_special(row))
			return err_set(e,
				       "it is, or lies behind, a symbolic link of the "
				       "image: %s must be mounted on ordinary directory",
				       to);
		p.by_link = true;
		fd = path_open(fs->root_fd, to, flags, 0);
	}
	if (fd < 0 && errno == ENOENT) {
		/* a link may still be on the way, so the guard looks */
		p.by_link = true;
		p.made = true;
		fd = is_dir(row)
			     ? path_mkdirs(fs->root_fd, to, 0755,
					   guard_is_special(row) ? PATH_NO_SYMLINKS : 0)
			     : path_make_file(fs->root_fd, to, 0644, 0);
	}
	if (fd < 0) {
		err_sys_plain(e, "make the mount point");
		return e->code == EROFS
			       ? err_hint(e, "on what is read-only a destination "
					     "must exist already, or be below "
					     "a mount that is not")
			       : -1;
	}
	fs_bag_add(fs, fd);
	p.at.fd = fd;
	*ret = p;
	return p.by_link ? guard_link(row, fd, e) : 0;
}

static int place_row(struct fs *fs, struct fs_row *row, struct place *ret, struct err *e)
{
	const char *name;
	struct fs_row *in = find_tmpfs(fs, row, &name);

	if (in && make_entry(in->mount_fd, name, is_dir(row)) == 0) {
		*ret = (struct place){ .at = { in->mount_fd, name }, .made = true };
		return 0;
	}
	TRY(find_place(fs, row, ret, e));
	row->by_link = ret->by_link && !ret->made;
	return 0;
}

/* ---- attaching -------------------------------------------------------------------- */

static bool same_kind(int a, int b)
{
	struct stat sa, sb;

	if (fstat(a, &sa) < 0 || fstat(b, &sb) < 0)
		return true;
	return S_ISDIR(sa.st_mode) == S_ISDIR(sb.st_mode);
}

static int attach(int mount, const struct place *place, struct err *e)
{
	if (mountfd_attach(mount, place->at) == 0)
		return 0;
	if (!place->at.name && !same_kind(mount, place->at.fd))
		return err_set(e,
			       "one of source and destination is a directory, the other "
			       "is not");
	return err_sys_plain(e, "attach the mount");
}

static int set_attrs(struct fs *fs, int fd, const struct mountfd_attr *attr,
		     struct err *e)
{
	int r;

	if (mountfd_attr_is_empty(attr))
		return 0;
	r = fs->plan->legacy ? mountfd_setattr_legacy(fd, attr)
			     : mountfd_setattr(fd, attr);
	if (r == 0)
		return 0;
	err_sys(e, "set the attributes of the mount");
	if (e->code == EPERM)
		err_hint(e,
			 "a flag that the source has (ro, nosuid, nodev, noexec) cannot "
			 "be "
			 "taken away in a user namespace, nor its way of access times be "
			 "changed");
	return -1;
}

static size_t count_kept(const struct fs_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_rows; i++)
		n += plan->rows[i].mount_fd >= 0;
	return n;
}

/* Takes the mount's root, which may be of use later; else it is closed some time. */
static void keep(struct fs *fs, struct fs_row *row, int fd)
{
	bool tmpfs = row->kind == FS_NEW && str_eq(row->type, "tmpfs") &&
		     !(row->extra & OPTION_TMPCOPYUP) &&
		     count_kept(fs->plan) < KEPT_TMPFS_MAX;

	if (row->by_link || path_is_below("/dev", row->destination))
		fs->dev_fd = -1; /* it may be covered; it stays with its row */
	if (str_eq(row->destination, "/")) {
		fs_bag_add(fs, fs->root_fd);
		fs->root_fd = fd;
	} else if (str_eq(row->destination, "/proc")) {
		fs_bag_add(fs, fs->proc_fd);
		fs->proc_fd = fd;
	} else if (tmpfs) {
		row->mount_fd = fd;
		if (str_eq(row->destination, "/dev"))
			fs->dev_fd = fd;
	} else {
		fs_bag_add(fs, fd);
	}
}

/* ---- mount(2) --------------------------------------------------------------------- */

/* What the row has mounted, from its path again. */
static int reopen(struct fs *fs, struct fs_row *row, struct err *e)
{
	int fd = path_open(fs->root_fd, row->destination, O_PATH, 0);

	if (fd < 0)
		return err_sys(e, "open the new mount");
	if (row->kind == FS_BIND && inherit_part(fs->plan, fd) < 0) {
		err_sys_plain(e, "part %s from the machine", row->source);
		fd_close(fd);
		return -1;
	}
	if (set_attrs(fs, fd, &row->attr, e) < 0) {
		fd_close(fd);
		return -1;
	}
	keep(fs, row, fd);
	return 0;
}

static int new_legacy(struct fs *fs, struct fs_row *row, const struct mountfd_fs *new,
		      const struct place *place, struct err *e)
{
	if (row->extra & OPTION_TMPCOPYUP)
		return err_set(e, "tmpcopyup needs fsopen(2) (Linux 5.2)");
	TRY(mountfd_new_legacy(new, place->at.fd, e));
	/* all attributes of a new mount are set by then */
	row->attr.set = 0;
	row->attr.clear = 0;
	return reopen(fs, row, e);
}

/* ---- rows ------------------------------------------------------------------------- */

/* A fallback: the machine's own, from INIT's root, which is still the old one. */
static int open_fallback(const struct fs *fs, const struct fs_row *row, struct err *e)
{
	auto_close int fd = mountfd_clone(AT_FDCWD, row->fallback, true, 0);

	if (fd < 0 || inherit_part(fs->plan, fd) < 0)
		return err_sys(e, "bind %s instead", row->fallback);
	err_clear(e);
	log_info("%s: a new %s may not be mounted here, %s of the machine is bound",
		 row->destination, row->type, row->fallback);
	return take_fd(&fd);
}

/* EINVAL: what is wrong the kernel writes to its log alone. */
static int explain_overlay(const struct fs *fs, const struct mountfd_fs *new,
			   struct err *e)
{
	/* none of them goes with userxattr; verity does since Linux 6.16 */
	static const char *const trusted[] = { "metacopy", "redirect_dir", "verity" };

	for (size_t i = 0; fs->plan->user_ns && i < new->n_params; i++)
		for (size_t k = 0; k < ARRAY_SIZE(trusted); k++)
			if (str_eq(new->params[i].key, trusted[k]))
				return err_hint(
					e,
					"an overlay in a user namespace cannot have "
					"%s: leave it out",
					trusted[k]);
	return err_hint(
		e,
		"upperdir and workdir stand together, on one filesystem that is no "
		"overlay itself; a layer that was mounted with volatile is not used "
		"again%s",
		fs->plan->user_ns ? "; and in a user namespace nothing may be "
				    "mounted below lowerdir"
				  : "");
}

static int explain_new(const struct fs *fs, const struct fs_row *row,
		       const struct mountfd_fs *new, struct err *e)
{
	if (e->code == EINVAL && str_eq(row->type, "overlay"))
		return explain_overlay(fs, new, e);
	if (e->code != EPERM)
		return -1;
	if (str_eq(row->type, "proc"))
		return err_hint(
			e,
			"a new procfs needs its own pid namespace and, in a user "
			"namespace, a /proc outside of which nothing is masked "
			"(mount too revealing); --allow-host-proc binds the outer one");
	if (str_eq(row->type, "sysfs"))
		return err_hint(
			e, "sysfs belongs to a network namespace: create one too, or "
			   "bind-mount the host's /sys");
	if (str_eq(row->type, "mqueue"))
		return err_hint(e, "mqueue belongs to an ipc namespace: create one too");
	return -1;
}

static int label_root(const struct fs_row *row, int fd, struct err *e)
{
	char path[PATH_FD_MAX];

	if (!row->label)
		return 0;
	if (setxattr(path_of_fd(fd, path), "security.selinux", row->label,
		     strlen(row->label) + 1, 0) < 0)
		return err_sys(e, "label %s with %s", row->type, row->label);
	return 0;
}

/*
 * The part of the attributes that fsmount(2) has not set: nothing is below a new mount, and
 * it is private. A fallback has all still to be set, on what is below it, too.
 */
static struct mountfd_attr remaining(const struct mountfd_attr *a, bool fallback)
{
	struct mountfd_attr rest = *a;

	rest.set = fallback ? 0 : a->rec_set & ~a->clear & ~a->set;
	rest.clear = rest.set & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0;
	rest.rec_set = fallback ? (a->set | a->rec_set) & ~MOUNT_ATTR__ATIME : 0;
	rest.rec_clear = 0;
	if (rest.propagation == MS_PRIVATE && !fallback)
		rest.propagation = 0;
	return rest;
}

/* mode= of a tmpfs over a directory that exists is the directory's. */
static void inherit_mode(const struct place *place, struct mountfd_fs *new,
			 struct mountfd_param *params, char text[8])
{
	struct stat st;

	if (place->made || fstat(place->at.fd, &st) < 0)
		return;
	memcpy(params, new->params, new->n_params * sizeof(*params));
	snprintf(text, 8, "%o", (unsigned)st.st_mode & 07777);
	params[new->n_params++] = (struct mountfd_param){ .key = "mode", .value = text };
	new->params = params;
}

static int make_new(struct fs *fs, const struct fs_row *row, const struct mountfd_fs *new,
		    bool *ret_fallback, struct err *e)
{
	int context, fd = mountfd_new(new, &context, e);

	fs_bag_add(fs, context);
	if (fd < 0 && (e->code == EPERM || e->code == EACCES) && row->fallback) {
		*ret_fallback = true;
		err_clear(e);
		return open_fallback(fs, row, e);
	}
	return fd < 0 ? explain_new(fs, row, new, e) : fd;
}

/*
 * What needs file handles, and so CAP_DAC_READ_SEARCH on the machine: the kernel mounts without
 * it, and tells nobody but its own log. verity=, which it takes, it keeps.
 */
static void tell_turned_off(const struct fs *fs, const struct fs_row *row)
{
	if (!fs->plan->user_ns || !str_eq(row->type, "overlay"))
		return;
	for (size_t i = 0; i < row->n_params; i++) {
		const struct mountfd_param *p = &row->params[i];

		if ((str_eq(p->key, "index") || str_eq(p->key, "nfs_export")) &&
		    p->value && str_eq(p->value, "on"))
			log_warning("%s: overlay: the kernel turns %s=on off in a user "
				    "namespace",
				    row->destination, p->key);
	}
}

static int do_new(struct fs *fs, struct fs_row *row, struct err *e)
{
	enum { PARAMS_MAX = 32 };
	struct mountfd_param params[PARAMS_MAX + 1];
	struct mountfd_fs new = { row->type, row->source, row->params, row->n_params,
				  row->attr.set };
	struct mountfd_attr rest;
	bool legacy = fs->plan->legacy || mountfd_is_too_long(&new);
	bool fallback = false;
	struct place place = { .made = false };
	auto_close int fd = -1;
	char mode[8];

	TRY(guard_new(row, e));
	tell_turned_off(fs, row);
	/* mount(2) needs a place that is a descriptor */
	TRY(legacy ? find_place(fs, row, &place, e) : place_row(fs, row, &place, e));
	if (!row->has_mode && new.n_params < PARAMS_MAX)
		inherit_mode(&place, &new, params, mode);
	if (legacy)
		return new_legacy(fs, row, &new, &place, e);
	fd = TRY(make_new(fs, row, &new, &fallback, e));
	rest = remaining(&row->attr, fallback);
	if (row->extra & OPTION_TMPCOPYUP && !place.made)
		TRY(copyup_tree(place.at.fd, fd, e));
	if (!fallback)
		TRY(label_root(row, fd, e));
	TRY(set_attrs(fs, fd, &rest, e));
	TRY(attach(fd, &place, e));
	keep(fs, row, take_fd(&fd));
	return 0;
}

static int do_link(struct fs *fs, const struct fs_row *row, const char *text,
		   struct err *e)
{
	char there[4096];
	const char *name;
	auto_close int dir = path_open_parent(fs->root_fd, row->destination, &name, 0);
	ssize_t n;

	if (dir < 0)
		return err_sys_plain(e, "make the directory of the link");
	if (symlinkat(text, dir, name) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys_plain(e, "make the link to %s", text);
	n = readlinkat(dir, name, there, sizeof(there) - 1);
	there[n < 0 ? 0 : n] = '\0';
	return str_eq(there, text)
		       ? 0
		       : err_set(e, "something else than a link to %s is there", text);
}

/* A clone of one mount has none below it: one call for all its attributes. */
static struct mountfd_attr flatten(const struct fs_row *row)
{
	struct mountfd_attr a = row->attr;

	if (row->extra & OPTION_RECURSIVE)
		return a;
	a.clear |= a.rec_clear & ~a.set;
	a.set |= a.rec_set & ~a.clear;
	if (a.rec_clear & a.clear & MOUNT_ATTR__ATIME)
		a.set |= a.rec_set & MOUNT_ATTR__ATIME;
	a.rec_set = 0;
	a.rec_clear = 0;
	a.propagation_rec = false;
	return a;
}

static int bind_legacy(struct fs *fs, struct fs_row *row, const struct place *place,
		       struct err *e)
{
	int fd = row->source_fd;

	fs_bag_add(fs, fd);
	row->source_fd = -1;
	if (!row->plain) /* a clone that HOST has made */
		TRY(attach(fd, place, e));
	else if (mountfd_bind_legacy(fd, place->at.fd, row->extra & OPTION_RECURSIVE) < 0)
		return err_sys_plain(e, "bind %s", row->source);
	row->attr = flatten(row);
	return reopen(fs, row, e);
}

/* The source stays as it is; the row becomes a layer over it. */
static int lay_over(struct fs *fs, struct fs_row *row, struct err *e)
{
	int lower = row->source_fd;
	struct stat st;

	if (fstat(lower, &st) == 0 && !S_ISDIR(st.st_mode))
		return err_set(e, "a throw-away layer needs a directory");
	row->source_fd = overlay_over(fs, lower, e);
	fs_bag_add(fs, lower);
	row->plain = false;
	return row->source_fd < 0 ? -1 : 0;
}

static int do_bind(struct fs *fs, struct fs_row *row, struct err *e)
{
	struct mountfd_attr attr;
	struct place place = { .made = false };

	TRY(source_open(fs->plan, row, FS_INIT, fs->bundle_fd, e));
	if (row->link_text)
		return do_link(fs, row, row->link_text, e);
	TRY(guard_bind(row, e));
	if (row->extra & OPTION_LAYER)
		TRY(lay_over(fs, row, e));
	TRY(place_row(fs, row, &place, e));
	if (fs->plan->legacy || row->plain)
		return bind_legacy(fs, row, &place, e);
	attr = flatten(row);
	TRY(set_attrs(fs, row->source_fd, &attr, e));
	TRY(attach(row->source_fd, &place, e));
	keep(fs, row, row->source_fd);
	row->source_fd = -1;
	return 0;
}

static int do_remount(struct fs *fs, const struct fs_row *row, struct err *e)
{
	struct mountfd_fs again = { .type = row->type,
				    .params = row->params,
				    .n_params = row->n_params };
	int fd = path_open(fs->root_fd, row->destination, O_PATH, 0);

	if (fd < 0)
		return err_sys_plain(e, "remount");
	fs_bag_add(fs, fd);
	if (set_attrs(fs, fd, &row->attr, e) < 0) {
		if (e->code == EINVAL)
			err_hint(e,
				 "remount changes what an earlier mount has put there");
		return -1;
	}
	return row->n_params ? mountfd_reconfigure(fd, &again, e) : 0;
}

static int do_row(struct fs *fs, struct fs_row *row, struct err *e)
{
	switch (row->kind) {
	case FS_NEW:
		return do_new(fs, row, e);
	case FS_BIND:
		return do_bind(fs, row, e);
	case FS_REMOUNT:
		return do_remount(fs, row, e);
	case FS_SYMLINK:
		return do_link(fs, row, row->source, e);
	}
	return 0;
}

int mount_all(struct fs *fs, struct err *e)
{
	for (size_t i = 0; i < fs->plan->n_rows; i++) {
		struct fs_row *row = &fs->plan->rows[i];

		fs_bag_turn(fs);
		WHERE(e, "mounts", row->index, row->destination);
		TRY(do_row(fs, row, e));
	}
	return 0;
}
