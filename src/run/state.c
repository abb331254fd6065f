/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state and list (run.h), and the state document that hooks and agents get. */
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/signame.h"
#include "kernel/procfs.h"
#include "run/container.h"
#include "run/lookup.h"
#include "run/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void record_state(const struct run_record *r, enum oci_status status, int64_t pid,
		  struct oci_state *ret)
{
	static char version[] = OCI_SPEC_VERSION;

	*ret = (struct oci_state){ .oci_version = version,
				   .id = r->id,
				   .status = status,
				   .pid = { true,
					    status == OCI_STATUS_STOPPED ? 0 : pid },
				   .bundle = r->bundle,
				   .rootfs = r->rootfs,
				   .created = r->created,
				   .annotations = r->annotations };
}

void container_state(const struct container *c, enum oci_status status, int64_t pid,
		     struct oci_state *ret)
{
	record_state(&c->record, status, pid, ret);
}

/* Moves what the lookup knows into the caller's arena. */
static int take_state(struct lookup *l, struct oci_arena *arena, struct oci_state *ret,
		      struct err *e)
{
	static char damaged[] = "";
	char *owner;

	if (!l->record) {
		*ret = (struct oci_state){ .oci_version =
						   oci_strdup(arena, OCI_SPEC_VERSION),
					   .id = oci_strdup(arena, l->dir.id),
					   .status = l->status,
					   .pid = { true, 0 },
					   .bundle = damaged };
		return arena->failed ? err_set(e, "out of memory") : 0;
	}
	owner = owner_name(arena, l->record->uid);
	record_state(l->record, l->status, l->record->pid.v, ret);
	ret->owner = owner;
	return owner ? 0 : err_set(e, "out of memory");
}

/*
 * The state of the container whose directory is open; closes it. proc_fd: a trusted procfs
 * of the caller's, or -1. The lookup decodes straight into the caller's arena: nothing is
 * copied afterwards.
 */
static int state_in(struct statedir *dir, int proc_fd, bool damaged_ok,
		    struct oci_arena *arena, struct oci_state *ret, struct err *e)
{
	struct lookup l = { .arena = *arena,
			    .dir = *dir,
			    .proc_fd = proc_fd,
			    .proc_borrowed = proc_fd >= 0,
			    .pidfd = -1 };
	int rc = lookup_refresh(&l, damaged_ok, e);

	*arena = l.arena;
	l.arena = (struct oci_arena){ 0 };
	if (rc == 0)
		rc = take_state(&l, arena, ret, e);
	lookup_close(&l);
	return rc;
}

int run_state(const struct run_context *ctx, const char *id, struct oci_arena *arena,
	      struct oci_state *ret, struct err *e)
{
	struct statedir dir;

	TRY(statedir_open(ctx->root, id, &dir, e));
	return state_in(&dir, -1, false, arena, ret, e);
}

/* ---- list ------------------------------------------------------------------------------ */

struct ids {
	char **v;
	size_t n;
	size_t size;
};

static void ids_add(struct ids *ids, const char *id)
{
	if (ids->n == ids->size) {
		ids->size = ids->size ? ids->size * 2 : 64;
		ids->v = xreallocarray(ids->v, ids->size, sizeof(*ids->v));
	}
	ids->v[ids->n++] = xstrdup(id);
}

static void ids_free(struct ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		free(ids->v[i]);
	free(ids->v);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A state root, or -1 without an error when there is none yet. */
static int open_root(const char *path, struct err *e)
{
	int fd = statedir_root(path, false, e);

	if (fd < 0 && e->code == ENOENT)
		err_clear(e);
	return fd;
}

static int read_ids(int root, struct ids *ret, struct err *e)
{
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!d) {
		err_sys(e, "state root");
		fd_close(fd);
		return -1;
	}
	while ((entry = readdir(d))) {
		struct err odd = { 0 };

		if (entry->d_type != DT_REG && run_check_id(entry->d_name, &odd) == 0)
			ids_add(ret, entry->d_name);
	}
	closedir(d);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare);
	return 0;
}

/* What `list` remembers from one container to the next. */
struct list_memory {
	struct lookup_many many;
	struct oci_arena scratch; /* for one record at a time: most of it is not shown */
	uint64_t uid;
	char *owner; /* the name of uid, NULL at first */
};

static char *copy(struct oci_arena *arena, const char *text)
{
	return text ? oci_strdup(arena, text) : NULL;
}

/* A state that outlives the record it points into. */
static int keep_state(struct list_memory *m, uint64_t uid, struct oci_arena *arena,
		      struct oci_state *s, struct err *e)
{
	struct oci_map all = s->annotations;

	s->id = copy(arena, s->id);
	s->bundle = copy(arena, s->bundle);
	s->rootfs = copy(arena, s->rootfs);
	s->created = copy(arena, s->created);
	s->annotations.v = all.n ? oci_alloc(arena, all.n * sizeof(*all.v)) : NULL;
	for (size_t i = 0; s->annotations.v && i < all.n; i++)
		s->annotations.v[i] = (struct oci_pair){ copy(arena, all.v[i].key),
							 copy(arena, all.v[i].value) };
	if (!m->owner || m->uid != uid)
		m->owner = owner_name(arena, uid);
	m->uid = uid;
	s->owner = m->owner;
	return arena->failed ? err_set(e, "out of memory") : 0;
}

static int list_one(struct list_memory *m, const char *id, struct oci_arena *arena,
		    struct oci_state *ret, struct err *e)
{
	struct run_record *record;
	enum oci_status status;
	struct statedir dir;

	oci_arena_reset(&m->scratch);
	if (lookup_glance(&m->many, id, &m->scratch, &record, &status)) {
		record_state(record, status, record->pid.v, ret);
		return keep_state(m, record->uid, arena, ret, e);
	}
	TRY(statedir_open_at(m->many.root, id, &dir, e));
	return state_in(&dir, m->many.proc_fd, true, arena, ret, e);
}

/* Behind the *ret_n states that *ret has. */
static int list_all(int root, const struct ids *ids, bool whole, struct oci_arena *arena,
		    struct oci_state **ret, size_t *ret_n, struct err *e)
{
	size_t n = *ret_n;
	struct oci_state *v = oci_alloc(arena, (n + ids->n + 1) * sizeof(*v));
	auto_close int proc_fd = procfs_open(e);
	struct list_memory m = { .many = { root,
					   proc_fd,
					   statedir_is_private(root),
					   whole,
					   { .base = -1 } } };

	if (proc_fd < 0)
		return -1;
	if (!v)
		return err_set(e, "out of memory");
	if (n)
		memcpy(v, *ret, n * sizeof(*v));
	for (size_t i = 0; i < ids->n && !err_is_set(e); i++) {
		struct err gone = { 0 };

		/* one that is deleted meanwhile is not there */
		if (list_one(&m, ids->v[i], arena, &v[n], &gone) == 0)
			n++;
		else if (gone.code != ENOENT)
			err_take(e, &gone);
	}
	fd_close(m.many.cgroup.base);
	oci_arena_free(&m.scratch);
	*ret = v;
	*ret_n = n;
	return err_is_set(e) ? -1 : 0;
}

static int list_root(const char *path, bool whole, struct oci_arena *arena,
		     struct oci_state **ret, size_t *ret_n, struct err *e)
{
	auto_close int root = open_root(path, e);
	struct ids ids = { 0 };
	int rc;

	if (root < 0)
		return err_is_set(e) ? -1 : 0;
	rc = read_ids(root, &ids, e);
	if (rc == 0)
		rc = list_all(root, &ids, whole, arena, ret, ret_n, e);
	ids_free(&ids);
	return rc;
}

int run_list(const struct run_context *ctx, bool whole, struct oci_arena *arena,
	     struct oci_state **ret, size_t *ret_n, struct err *e)
{
	char other[STATEDIR_OTHER_MAX];

	*ret = NULL;
	*ret_n = 0;
	TRY(list_root(ctx->root, whole, arena, ret, ret_n, e));
	if (ctx->root || !statedir_other_root(other, false))
		return 0;
	return list_root(other, whole, arena, ret, ret_n, e);
}

static int read_root(const char *path, struct ids *ret, struct err *e)
{
	auto_close int root = open_root(path, e);

	if (root < 0)
		return err_is_set(e) ? -1 : 0;
	return read_ids(root, ret, e);
}

static int match_ids(const struct ids *ids, const regex_t *re, struct oci_arena *arena,
		     struct oci_strings *ret, struct err *e)
{
	ret->n = 0;
	ret->v = oci_alloc(arena, (ids->n + 1) * sizeof(*ret->v));
	for (size_t i = 0; ret->v && i < ids->n; i++)
		if (regexec(re, ids->v[i], 0, NULL, 0) == 0)
			ret->v[ret->n++] = oci_strdup(arena, ids->v[i]);
	return arena->failed ? err_set(e, "out of memory") : 0;
}

int run_match(const struct run_context *ctx, const char *regex, struct oci_arena *arena,
	      struct oci_strings *ret, struct err *e)
{
	char other[STATEDIR_OTHER_MAX];
	struct ids ids = { 0 };
	regex_t re;
	int rc = regcomp(&re, regex, REG_EXTENDED | REG_NOSUB);

	if (rc)
		return err_set(e, "--regex: \"%.100s\" is no extended regular expression",
			       regex);
	rc = read_root(ctx->root, &ids, e);
	if (rc == 0 && !ctx->root && statedir_other_root(other, false))
		rc = read_root(other, &ids, e);
	if (rc == 0)
		rc = match_ids(&ids, &re, arena, ret, e);
	regfree(&re);
	ids_free(&ids);
	return rc;
}

int run_stop_signal(const struct run_context *ctx, const char *id)
{
	struct lookup l;
	struct err e = { 0 };
	int signal = SIGTERM;

	if (lookup_open(ctx, id, -1, true, &l, &e) == 0 && l.record)
		for (size_t i = 0; i < l.record->annotations.n; i++)
			if (str_eq(l.record->annotations.v[i].key,
				   "org.opencontainers.image.stopSignal"))
				signal = signame_parse(l.record->annotations.v[i].value);
	lookup_close(&l);
	return signal ? signal : SIGTERM;
}
