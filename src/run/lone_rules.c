/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program behind Landlock alone may reach; see lone.h. Landlock only gives: a directory
 * in which something is hidden is not given, but what is in it, one by one, and its names.
 */
#include "run/lone.h"

#include "base/fd.h"
#include "base/str.h"
#include "run/defaults.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { DEPTH_MAX = 16 };

struct giver {
	const struct lone_rules *in;
	struct oci_arena *arena;
	struct landlock_plan *plan;
	enum landlock_kind kind; /* of what is shown of the machine */
};

static const struct {
	const char *path;
	enum landlock_kind kind;
} always[] = {
	{ "/proc", LANDLOCK_READ },	    { "/dev/null", LANDLOCK_DEVICE },
	{ "/dev/zero", LANDLOCK_DEVICE },   { "/dev/full", LANDLOCK_DEVICE },
	{ "/dev/random", LANDLOCK_DEVICE }, { "/dev/urandom", LANDLOCK_DEVICE },
};

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

static bool is_same_or_below(const char *path, const char *dir)
{
	return str_eq(path, dir) || is_below(path, dir);
}

/* The i-th thing that is hidden, NULL at the end. */
static const char *hidden(const struct giver *g, size_t i)
{
	const char *const *const lists[] = { direct_host_masked, default_masked };
	const struct direct_facts *f = g->in->facts;

	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		size_t n = 0;

		while (lists[k][n])
			n++;
		if (i < n)
			return lists[k][i];
		i -= n;
	}
	if (i < f->n_hidden)
		return f->hidden[i];
	i -= f->n_hidden;
	return i == 0 ? "/var/tmp" : i == 1 ? f->home : NULL;
}

enum how { WHOLE, IN_PIECES, NOT };

static enum how how_to_give(const struct giver *g, const char *path)
{
	enum how how = WHOLE;

	for (size_t i = 0; hidden(g, i); i++) {
		if (is_same_or_below(path, hidden(g, i)))
			return NOT;
		if (is_below(hidden(g, i), path))
			how = IN_PIECES;
	}
	return how;
}

static int give(struct giver *g, const char *path, unsigned depth, struct err *e);

/* Links are passed over: what they lead to has a rule of its own, or shall have none. */
static int give_pieces(struct giver *g, const char *path, unsigned depth, struct err *e)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char below[4096];
	int rc = 0;

	if (!dir)
		return 0; /* who cannot read it gets nothing of it */
	while (rc == 0 && (entry = readdir(dir))) {
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, "..") ||
		    entry->d_type == DT_LNK)
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) <
		    (int)sizeof(below))
			rc = give(g, below, depth + 1, e);
	}
	closedir(dir);
	return rc;
}

/* The names in what is hidden are shown with those beside it: not of a home, not of /sys. */
static bool shows_names(const struct giver *g, const char *path)
{
	const struct direct_facts *f = g->in->facts;

	for (size_t i = 0; i < f->n_hidden; i++)
		if (is_below(f->hidden[i], path))
			return false;
	return g->kind == LANDLOCK_SHOWN && !(f->home && is_below(f->home, path));
}

static int give(struct giver *g, const char *path, unsigned depth, struct err *e)
{
	enum how how = depth > DEPTH_MAX ? NOT : how_to_give(g, path);

	if (how == NOT)
		return 0;
	if (how == WHOLE)
		return landlock_plan_add(g->plan, g->arena, path, g->kind, e);
	if (shows_names(g, path))
		TRY(landlock_plan_add(g->plan, g->arena, path, LANDLOCK_NAMES, e));
	return give_pieces(g, path, depth, e);
}

static int give_machine(struct giver *g, struct err *e)
{
	const struct direct_facts *f = g->in->facts;
	char path[300];

	g->kind = LANDLOCK_SHOWN;
	for (size_t i = 0; i < f->n_tops; i++) {
		if (f->tops[i].is_link || !direct_host_is_shown(f->tops[i].name))
			continue;
		snprintf(path, sizeof(path), "/%s", f->tops[i].name);
		TRY(give(g, path, 0, e));
	}
	g->kind = LANDLOCK_READ;
	TRY(give(g, "/sys", 0, e));
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		TRY(landlock_plan_add(g->plan, g->arena, always[i].path, always[i].kind,
				      e));
	return 0;
}

/* ---- volumes ------------------------------------------------------------------------------ */

static int refuse(const struct direct_volume *v, struct err *e, const char *why)
{
	return err_set(e, "--volume %s: landlock-only: %s", v->source, why);
}

static int check_volume(const struct giver *g, const struct direct_volume *v,
			struct err *e)
{
	const struct direct_request *rq = g->in->rq;

	if (!str_eq(v->source, v->target))
		return refuse(v, e, "it cannot be shown at another place");
	if (v->throw_away || v->idmap || v->relabel)
		return refuse(v, e, "overlay, idmap, z and Z need a mount");
	if (v->source[1] == '\0')
		return refuse(v, e, "not the whole machine");
	for (size_t i = 0; direct_host_masked[i]; i++)
		if (is_below(direct_host_masked[i], v->source))
			return err_set(
				e, "--volume %s: landlock-only: %s in it is to be hidden",
				v->source, direct_host_masked[i]);
	for (size_t i = 0; v->readonly && i < rq->n_volumes; i++)
		if (!rq->volumes[i].readonly &&
		    is_same_or_below(v->source, rq->volumes[i].source))
			return err_set(
				e,
				"--volume %s:ro: landlock-only: it lies in %s, which "
				"can be written to",
				v->source, rq->volumes[i].source);
	return 0;
}

static int give_volumes(struct giver *g, struct err *e)
{
	const struct direct_request *rq = g->in->rq;

	for (size_t i = 0; i < rq->n_volumes; i++) {
		const struct direct_volume *v = &rq->volumes[i];

		TRY(check_volume(g, v, e));
		TRY(landlock_plan_add(g->plan, g->arena, v->source,
				      v->readonly ? LANDLOCK_SHOWN : LANDLOCK_OPEN, e));
	}
	return 0;
}

int lone_rules_make(const struct lone_rules *in, int abi, struct oci_arena *arena,
		    struct landlock_plan *ret, struct err *e)
{
	struct giver g = { in, arena, ret };

	landlock_plan_begin(ret, abi, in->rq->net == DIRECT_NET_NONE);
	TRY(give_volumes(&g, e));
	TRY(give_machine(&g, e));
	return landlock_plan_add(ret, arena, in->own_dir, LANDLOCK_OPEN, e);
}
