/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk that labels a tree; see relabel.h. It is a loop over a stack of levels: a level is
 * where we are in a directory (a position for lseek(2)), a slot is an open directory with what
 * getdents64(2) has given of it. There are RELABEL_OPEN slots, level n uses slot n modulo that
 * number; a level that has lost its slot is opened again by ".." on the way back, and checked
 * to be the same directory.
 */
#include "sec/relabel.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "kernel/path.h"
#include "kernel/xattrat.h"
#include "sec/selinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { BUFFER = 16 << 10 };

static const char attribute[] = "security.selinux";

struct dirent_raw {
	uint64_t ino;
	int64_t next; /* position of the entry behind this one */
	uint16_t size;
	uint8_t type;
	char name[];
};

struct level {
	uint64_t dev, ino, mount;
	int64_t next;
	uint32_t uid;
	uint32_t mode;
};

struct slot {
	int fd;
	size_t level;
	size_t at, end; /* in buffer */
	char buffer[BUFFER] __attribute__((aligned(8)));
};

struct walk {
	const struct relabel_job *job;
	struct relabel_count *count;
	struct err *e;
	struct level *levels;
	size_t n, room;
	struct slot *slots;
	unsigned until_check;
	bool no_at;
};

/* ---- what is where ------------------------------------------------------------------------ */

struct object {
	uint64_t dev, ino, mount;
	uint32_t uid, mode, links;
};

static int look(int fd, struct object *ret)
{
	struct statx x;

	if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
		  STATX_BASIC_STATS | STATX_MNT_ID, &x) < 0)
		return -1;
	*ret = (struct object){
		.dev = makedev(x.stx_dev_major, x.stx_dev_minor),
		.ino = x.stx_ino,
		.uid = x.stx_uid,
		.mode = x.stx_mode,
		.links = x.stx_nlink,
	};
	/* before Linux 5.8 a mount is told by its device */
	ret->mount = x.stx_mask & STATX_MNT_ID ? x.stx_mnt_id : ret->dev;
	return 0;
}

/* For messages: the path of a descriptor, and a name in it. */
static const char *path_for(const struct relabel_job *job, int fd, const char *name,
			    char buf[PATH_MAX])
{
	char link[PATH_FD_MAX], at[PATH_MAX / 2];
	ssize_t n = readlink(path_of_fd(fd, link), at, sizeof(at) - 1);

	at[n < 0 ? 0 : n] = '\0';
	snprintf(buf, PATH_MAX, "%.1024s%s%s%s", job->place ? job->place : "",
		 job->place && str_eq(at, "/") ? "" : at, *name ? "/" : "", name);
	return buf;
}

static struct slot *current(struct walk *w)
{
	return &w->slots[(w->n - 1) % RELABEL_OPEN];
}

/* ---- one label ------------------------------------------------------------------------------ */

static bool is_same(const char *value, ssize_t n, const char *label)
{
	if (n > 0 && value[n - 1] == '\0')
		n--;
	return n > 0 && (size_t)n == strlen(label) &&
	       memcmp(value, label, (size_t)n) == 0;
}

static int explain(struct walk *w, int dir, const char *name)
{
	char path[PATH_MAX];
	struct err *e = w->e;

	if (errno == ENOENT || errno == ESTALE)
		return 0;
	if (w->job->lenient && (errno == EPERM || errno == EACCES)) {
		w->count->denied++;
		return 0;
	}
	err_sys_plain(e, "label %s with %s", path_for(w->job, dir, name, path),
		      w->job->label);
	if (e->code == EPERM)
		return err_hint(e, "only its owner or root may change a file's label");
	if (e->code == EROFS)
		return err_hint(e, "z and Z need a filesystem that can be written to");
	if (e->code == EINVAL)
		return err_hint(e, "the policy does not know this label");
	if (e->code == EACCES)
		return err_hint(e, "the caller may not read it, or the policy does not "
				   "let him change its label");
	return -1;
}

static int set_label(struct walk *w, int fd, int dir, const char *name)
{
	const char *label = w->job->label;

	if (xattrat_set_fd(fd, attribute, label, strlen(label) + 1) == 0) {
		w->count->set++;
		return 0;
	}
	if (errno == EOPNOTSUPP) {
		w->count->unsupported++;
		return 0;
	}
	return explain(w, dir, name);
}

static int refuse(struct walk *w, const struct object *o, int dir, const char *name)
{
	const char *why = relabel_is_refused(w->job->refused, o->dev, o->ino);
	char path[PATH_MAX];

	if (!why)
		return 0;
	err_set(w->e, "SELinux relabeling of %s is not allowed (it is, or holds, %s)",
		path_for(w->job, dir, name, path), why);
	return err_hint(w->e,
			"the machine needs the labels that it has: give a directory "
			"further down, or leave z and Z out");
}

/* May the entry be a stranger's link to a file that is not his? */
static bool is_foreign_link(const struct walk *w, const struct object *o)
{
	const struct level *in = &w->levels[w->n - 1];
	bool trusted = in->uid == 0 || in->uid == w->job->uid;

	if (o->links < 2 || S_ISDIR(o->mode))
		return false;
	if (in->mode & 022) /* others may write to it */
		return o->uid != w->job->uid || o->uid == 0;
	return in->uid != o->uid && !trusted;
}

static int label_file(struct walk *w, int dir, const char *name)
{
	auto_close int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	const struct level *in = &w->levels[w->n - 1];
	struct object o;

	if (fd < 0 || look(fd, &o) < 0)
		return explain(w, dir, name);
	if (S_ISDIR(o.mode) || (o.mount != in->mount && !w->job->cross))
		return 0; /* a directory in its place is the next pass's */
	TRY(refuse(w, &o, dir, name));
	if (is_foreign_link(w, &o)) {
		char path[PATH_MAX];

		if (!w->count->links++)
			snprintf(w->count->link, sizeof(w->count->link), "%.255s",
				 path_for(w->job, dir, name, path));
		return 0;
	}
	return set_label(w, fd, dir, name);
}

static int visit_file(struct walk *w, const char *name)
{
	int dir = current(w)->fd;
	char value[SELINUX_LABEL_MAX];
	ssize_t n = xattrat_get(dir, name, attribute, value, sizeof(value), &w->no_at);

	if (n < 0 && errno == ENOENT)
		return 0;
	w->count->seen++;
	return is_same(value, n, w->job->label) ? 0 : label_file(w, dir, name);
}

/* ---- directories ----------------------------------------------------------------------------- */

/* Takes fd. */
static void enter(struct walk *w, int fd, const struct object *o)
{
	struct slot *s;

	if (w->n == w->room) {
		w->room = w->room ? 2 * w->room : 64;
		w->levels = xreallocarray(w->levels, w->room, sizeof(*w->levels));
	}
	w->levels[w->n++] = (struct level){ .dev = o->dev,
					    .ino = o->ino,
					    .mount = o->mount,
					    .uid = o->uid,
					    .mode = o->mode };
	s = current(w);
	fd_close(s->fd);
	s->fd = fd;
	s->level = w->n;
	s->at = s->end = 0;
}

/* The level above the current one has a slot again. */
static int return_to_parent(struct walk *w)
{
	struct slot *s = current(w), *up;
	const struct level *is = &w->levels[w->n - 2];
	char path[PATH_MAX];
	struct object o;
	int fd;

	up = &w->slots[(w->n - 2) % RELABEL_OPEN];
	if (up->fd >= 0 && up->level == w->n - 1)
		return 0;
	fd = openat(s->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || look(fd, &o) < 0 || o.dev != is->dev || o.ino != is->ino ||
	    lseek(fd, is->next, SEEK_SET) < 0) {
		fd_close(fd);
		return err_set(w->e, "label %s: moved meanwhile",
			       path_for(w->job, s->fd, "", path));
	}
	fd_close(up->fd);
	up->fd = fd;
	up->level = w->n - 1;
	up->at = up->end = 0;
	return 0;
}

/* All that is in it is done: the directory itself. */
static int leave(struct walk *w)
{
	struct slot *s = current(w);
	char value[SELINUX_LABEL_MAX];
	ssize_t n = xattrat_get_fd(s->fd, attribute, value, sizeof(value));

	w->count->seen++;
	if (!is_same(value, n, w->job->label))
		TRY(set_label(w, s->fd, s->fd, ""));
	if (w->n > 1)
		TRY(return_to_parent(w));
	fd_close(s->fd);
	s->fd = -1;
	w->n--;
	return 0;
}

/* Filesystems of the kernel's own, whose labels are the policy's. */
static bool is_kernels(int fd)
{
	static const unsigned long magics[] = {
		0x9fa0,	    /* proc */ 0x62656572, /* sysfs */
		0x27e0eb,   /* cgroup */ 0x63677270, /* cgroup2 */
		0x64626720, /* debugfs */ 0x74726163, /* tracefs */
		0x73636673, /* securityfs */ 0xf97cff8c, /* selinuxfs */
		0xcafe4a11, /* bpf */ 0x6165676c, /* pstore */
		0x62656570, /* configfs */ 0xde5e81e4, /* efivarfs */
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if ((unsigned long)(unsigned)fs.f_type == magics[i])
			return true;
	return false;
}

static int visit_dir(struct walk *w, const char *name)
{
	int dir = current(w)->fd;
	auto_close int fd = openat(
		dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct object o;

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return visit_file(w, name);
	if (fd < 0 || look(fd, &o) < 0)
		return explain(w, dir, name);
	if (o.mount != w->levels[w->n - 1].mount && (!w->job->cross || is_kernels(fd)))
		return 0;
	TRY(refuse(w, &o, dir, name));
	if (w->n >= RELABEL_DEPTH)
		return err_set(w->e, "label: more than %d directories deep",
			       RELABEL_DEPTH);
	enter(w, take_fd(&fd), &o);
	return 0;
}

/* ---- the loop --------------------------------------------------------------------------------- */

/* The next entry of the current directory; *ret is NULL at its end. */
static int next_entry(struct walk *w, const struct dirent_raw **ret)
{
	struct slot *s = current(w);
	const struct dirent_raw *d;

	if (s->at == s->end) {
		long n = syscall(SYS_getdents64, s->fd, s->buffer, sizeof(s->buffer));
		char path[PATH_MAX];

		if (n < 0 && errno != ENOENT) /* a directory that was removed */
			return err_sys_plain(w->e, "read the directory %s",
					     path_for(w->job, s->fd, "", path));
		s->at = 0;
		s->end = n < 0 ? 0 : (size_t)n;
		if (!s->end) {
			*ret = NULL;
			return 0;
		}
	}
	d = (const struct dirent_raw *)(const void *)(s->buffer + s->at);
	s->at += d->size;
	w->levels[w->n - 1].next = d->next;
	*ret = d;
	return 0;
}

static int check(struct walk *w)
{
	if (!w->job->check || --w->until_check)
		return 0;
	w->until_check = w->job->every ? w->job->every : RELABEL_EVERY;
	return w->job->check(w->job->arg, w->e);
}

static int step(struct walk *w)
{
	const struct dirent_raw *d;

	TRY(check(w));
	TRY(next_entry(w, &d));
	if (!d)
		return leave(w);
	if (str_eq(d->name, ".") || str_eq(d->name, ".."))
		return 0;
	if (d->type == DT_DIR || d->type == DT_UNKNOWN)
		return visit_dir(w, d->name);
	return visit_file(w, d->name);
}

static int walk_tree(struct walk *w, const struct object *top)
{
	int fd = openat(w->job->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return explain(w, w->job->fd, "");
	if (is_kernels(fd)) {
		w->count->unsupported++;
		fd_close(fd);
		return 0;
	}
	w->slots = xcalloc(RELABEL_OPEN, sizeof(*w->slots));
	for (size_t i = 0; i < RELABEL_OPEN; i++)
		w->slots[i].fd = -1;
	enter(w, fd, top);
	while (rc == 0 && w->n)
		rc = step(w);
	for (size_t i = 0; i < RELABEL_OPEN; i++)
		fd_close(w->slots[i].fd);
	free(w->slots);
	free(w->levels);
	return rc;
}

int relabel_tree(const struct relabel_job *job, struct relabel_count *ret, struct err *e)
{
	struct walk w = { .job = job, .count = ret, .e = e };
	char value[SELINUX_LABEL_MAX], path[PATH_MAX];
	struct object top;
	ssize_t n;

	*ret = (struct relabel_count){ 0 };
	w.until_check = job->every ? job->every : RELABEL_EVERY;
	if (look(job->fd, &top) < 0)
		return err_sys(e, "label %s", path_for(job, job->fd, "", path));
	TRY(refuse(&w, &top, job->fd, ""));
	if (S_ISDIR(top.mode))
		return walk_tree(&w, &top);
	ret->seen++;
	n = xattrat_get_fd(job->fd, attribute, value, sizeof(value));
	if (is_same(value, n, job->label))
		return 0;
	return set_label(&w, job->fd, job->fd, "");
}
