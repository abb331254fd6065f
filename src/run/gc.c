/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gc (run.h): what killed runtimes have left. A container is judged twice, the second time
 * under its lock, and only by what cannot be mistaken: its init is gone by boot id, start
 * time and pidfs inode, and no command is at work on it. What is removed is what `delete
 * --force` removes, for the record names all that was made.
 */
#include "run/gc.h"

#include "base/fd.h"
#include "base/log.h"
#include "fs/removal.h"
#include "run/layer.h"
#include "run/lone_warden.h"
#include "run/lookup.h"
#include "run/used.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>

/* Appends at most room rows about what is lost and removes it; how many. */
typedef size_t gc_collector(bool dry_run, struct oci_arena *arena,
			    struct run_gc_row *rows, size_t room);

char *gc_reason(const struct lookup *l, bool all)
{
	if (l->status != OCI_STATUS_STOPPED || l->pidfd >= 0)
		return NULL;
	if (l->elsewhere || (l->damage.text[0] && !l->record))
		return NULL; /* whether its processes are gone nobody can tell */
	if (l->phase <= RUN_PHASE_CREATING)
		return (char *)"half made";
	if (l->record && l->record->owned && statedir_has_owner(&l->dir))
		return NULL; /* it reads what has come of it, and removes it */
	if (l->record && l->record->owned)
		return (char *)"its command is gone";
	return all ? (char *)"stopped" : NULL;
}

static int judge(const struct run_context *ctx, const struct run_gc_args *args,
		 int lock_ms, struct lookup *l, const char *id, struct run_gc_row *row,
		 struct err *e)
{
	TRY(lookup_open(ctx, id, -1, true, l, e));
	row->reason = gc_reason(l, args->all);
	if (!row->reason || args->dry_run)
		return 0;
	row->reason = NULL;
	TRY(statedir_lock(&l->dir, lock_ms, e));
	TRY(lookup_refresh(l, true, e));
	row->reason = gc_reason(l, args->all);
	if (!row->reason)
		return 0;
	TRY(lookup_destroy(l, e));
	row->removed = true;
	return 0;
}

/* One container. What cannot be removed is told, and no reason to stop. */
static void collect(const struct run_context *ctx, const struct run_gc_args *args,
		    const char *id, struct oci_arena *arena, struct run_gc_row *row)
{
	struct err e = { 0 };
	struct lookup l;

	*row = (struct run_gc_row){ .id = oci_strdup(arena, id) };
	/* gone meanwhile, or in use by another command: not ours */
	if (judge(ctx, args, 0, &l, id, row, &e) < 0 && row->reason)
		row->error = oci_strdup(arena, e.text);
	lookup_close(&l);
}

void gc_take_back(const struct run_context *ctx, const char *id)
{
	const struct run_gc_args args = { 0 };
	struct run_gc_row row = { 0 };
	struct err e = { 0 };
	struct lookup l;

	if (judge(ctx, &args, USED_WAIT_MS, &l, id, &row, &e) < 0)
		log_debug("%s", e.text);
	else if (row.removed)
		log_info("container %s: %s: what it held is free again", id, row.reason);
	lookup_close(&l);
}

/* The containers of one state root, behind the rows that are there. */
static int collect_all(const struct run_context *ctx, const struct run_gc_args *args,
		       struct oci_arena *arena, struct run_gc_row **rows, size_t *n_rows,
		       struct err *e)
{
	struct oci_state *states = NULL;
	struct run_gc_row *v;
	size_t n = 0;

	TRY(run_list(ctx, false, arena, &states, &n, e));
	v = oci_alloc(arena, (*n_rows + n + 1) * sizeof(*v));
	if (!v)
		return err_set(e, "out of memory");
	if (*n_rows)
		memcpy(v, *rows, *n_rows * sizeof(*v));
	*rows = v;
	for (size_t i = 0; i < n; i++) {
		if (states[i].status != OCI_STATUS_STOPPED)
			continue;
		collect(ctx, args, states[i].id, arena, &v[*n_rows]);
		*n_rows += v[*n_rows].reason != NULL;
	}
	return arena->failed ? err_set(e, "out of memory") : 0;
}

/* What no record names: `what` appends at most ROOM rows. */
static int collect_more(const struct run_gc_args *args, gc_collector *what,
			struct oci_arena *arena, struct run_gc_row **rows, size_t *n_rows,
			struct err *e)
{
	enum { ROOM = 64 };
	struct run_gc_row *v = oci_alloc(arena, (*n_rows + ROOM) * sizeof(*v));

	if (!v)
		return err_set(e, "out of memory");
	if (*n_rows)
		memcpy(v, *rows, *n_rows * sizeof(*v));
	*rows = v;
	*n_rows += what(args->dry_run, arena, v + *n_rows, ROOM);
	return arena->failed ? err_set(e, "out of memory") : 0;
}

static int remove_lone_dir(int base, const char *name, struct err *e)
{
	if (!lone_end_marked(lone_mark(name)))
		return err_set(e, "processes that were started in it do not end");
	return removal_tree(base, name, e);
}

static size_t gc_lone_dirs(bool dry_run, struct oci_arena *arena, struct run_gc_row *rows,
			   size_t room)
{
	const char *tmp = lone_dir_base();
	DIR *d = opendir(tmp);
	struct dirent *entry;
	char path[PATH_MAX];
	size_t n = 0;

	while (d && n < room && (entry = readdir(d))) {
		auto_close int held = lone_dir_lost(dirfd(d), tmp, entry->d_name);
		struct err e = { 0 };

		if (held < 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", tmp, entry->d_name);
		rows[n] = (struct run_gc_row){
			.id = oci_strdup(arena, path),
			.reason = (char *)"a folder of a landlock-only that is gone"
		};
		if (!dry_run && remove_lone_dir(dirfd(d), entry->d_name, &e) < 0)
			rows[n].error = oci_strdup(arena, e.text);
		rows[n].removed = !dry_run && !rows[n].error;
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

int run_gc(const struct run_context *ctx, const struct run_gc_args *args,
	   struct oci_arena *arena, struct run_gc_row **ret, size_t *ret_n, struct err *e)
{
	struct run_context one = *ctx; /* ids are unique in one root */
	struct run_gc_row *rows = NULL;
	char other[STATEDIR_OTHER_MAX];
	size_t n = 0;

	if (!ctx->root)
		one.root = run_default_root(e);
	if (!one.root)
		return -1;
	TRY(collect_all(&one, args, arena, &rows, &n, e));
	if (!ctx->root && statedir_other_root(other, false)) {
		one.root = other;
		TRY(collect_all(&one, args, arena, &rows, &n, e));
	}
	/* what a reboot has left on disk; folders of landlock-only */
	TRY(collect_more(args, layer_collect, arena, &rows, &n, e));
	TRY(collect_more(args, gc_lone_dirs, arena, &rows, &n, e));
	*ret = rows;
	*ret_n = n;
	return 0;
}
