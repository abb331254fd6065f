/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See lost.h. Found under the lock by the cheapest sign, that the command which would delete
 * it is gone; judged by gc (gc_reason()), so by identities that cannot be mistaken: an init
 * that lives on keeps all. Removing may take its time and locks the root itself, so the
 * lock is given away for it, and what the records say is read anew.
 */
#include "run/lost.h"

#include "run/gc.h"
#include "run/ids.h"

enum { LOST_MAX = 32 };

struct seeker {
	const struct lost_survey *survey;
	struct container *c;
	char *found[LOST_MAX];
	size_t n;
};

/* Whoever made it is gone, whether its init is or not. */
static bool is_orphan(int root, const struct run_record *r)
{
	auto_statedir dir = STATEDIR_CLOSED;
	struct err ignored = { 0 };

	if (!r->owned || !(r->id_uids.n || r->process_label))
		return false;
	return statedir_open_at(root, r->id, &dir, &ignored) == 0 &&
	       !statedir_has_owner(&dir);
}

static int look(const struct run_record *r, void *arg, struct err *e)
{
	struct seeker *s = arg;

	if (s->n < LOST_MAX && is_orphan(s->c->ids_lock, r))
		s->found[s->n++] = oci_strdup(&s->c->arena, r->id);
	return s->survey->each(r, s->survey->arg, e);
}

static int look_at_all(struct seeker *s, struct err *e)
{
	if (s->c->ids_lock < 0)
		s->c->ids_lock = TRY(used_lock(s->c->ctx->root, USED_WAIT_MS, e));
	return used_each(s->c->ids_lock, USED_ALIVE, s->c->args->id, look, s, e);
}

int lost_survey(struct container *c, const struct lost_survey *survey, struct err *e)
{
	bool locked = c->ids_lock >= 0; /* something is chosen already: it looked then */
	struct seeker s = { survey, c, { 0 }, 0 };

	TRY(look_at_all(&s, e));
	if (locked || !s.n)
		return 0;
	ids_chosen(c);
	for (size_t i = 0; i < s.n && s.found[i]; i++)
		gc_take_back(c->ctx, s.found[i]);
	survey->forget(survey->arg);
	s.n = LOST_MAX; /* not once more: what is left cannot be removed, or has come since */
	return look_at_all(&s, e);
}
