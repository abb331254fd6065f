/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the program of direct use is, inside and outside: user, groups, id mappings. Pure; what the
 * modes mean is run/ids.h.
 */
#include "ns/nsresource.h"
#include "run/direct_maker.h"

static bool maps(const struct oci_id_mappings *map, uint32_t id)
{
	uint32_t outside;

	return ids_outside(map, id, &outside);
}

/* What direct use maps itself: all but `auto`, which is chosen under a lock, later. */
static int fill_maps(struct direct_maker *m, struct oci_linux *l, struct err *e)
{
	const struct ids_wish *w = &m->rq->ids;
	const struct direct_facts *f = m->facts;
	bool keep = w->mode == IDS_KEEP_ID;
	WHERE_IN(e, "--userns", NULL);

	if (w->mode == IDS_MAP) {
		l->uid_mappings = w->uids;
		l->gid_mappings = w->gids;
		return 0;
	}
	TRY(ids_map(m->arena, w->mode, f->uid, keep ? m->kept_uid : m->uid, &f->sub_uids,
		    "uid", &l->uid_mappings, e));
	TRY(ids_map(m->arena, w->mode, f->gid, keep ? m->kept_gid : m->gid, &f->sub_gids,
		    "gid", &l->gid_mappings, e));
	TRY(ids_cut(&l->uid_mappings, w->size, e));
	return ids_cut(&l->gid_mappings, w->size, e);
}

static void choose_user(struct direct_maker *m)
{
	const struct direct_request *rq = m->rq;
	const struct direct_facts *f = m->facts;
	const struct ids_wish *w = &rq->ids;
	bool keep = w->mode == IDS_KEEP_ID;

	m->kept_uid = w->has_uid ? w->uid : f->uid;
	m->kept_gid = w->has_gid ? w->gid : f->gid;
	m->uid = rq->has_user ? rq->uid : keep ? m->kept_uid : 0;
	m->gid = rq->has_user ? rq->gid : keep ? m->kept_gid : 0;
}

/* With `auto` the range is not known yet, but whether it can be long enough. */
static bool has_gid(const struct direct_maker *m, const struct oci_linux *l, uint32_t gid)
{
	const struct ids_wish *w = &m->rq->ids;

	if (m->facts->lent)
		return gid < NSRESOURCE_IDS;
	if (w->mode == IDS_AUTO)
		return !w->size || gid < w->size;
	return w->mode == IDS_HOST || maps(&l->gid_mappings, gid);
}

/* The further groups of a user by name. */
static void fill_groups(struct direct_maker *m, struct direct_parts *p)
{
	const struct direct_request *rq = m->rq;
	uint64_t *v = oci_alloc(m->arena, (rq->n_groups + 1) * sizeof(*v));
	size_t n = 0, missing = 0;

	for (size_t i = 0; v && i < rq->n_groups; i++) {
		if (rq->groups[i] == m->gid)
			continue;
		if (has_gid(m, &p->linux, rq->groups[i]))
			v[n++] = rq->groups[i];
		else
			missing++;
	}
	if (missing)
		direct_remark(
			m,
			direct_text(m,
				    "--user %s: %zu of its groups have no id in the "
				    "container and are left out",
				    rq->user_name, missing),
			false);
	p->process.user.additional_gids.n = n;
	p->process.user.additional_gids.v = v;
}

static bool is_callers(const struct oci_id_mappings *map, uint64_t id, uint32_t own)
{
	uint32_t outside;

	return ids_outside(map, (uint32_t)id, &outside) && outside == own;
}

/* --double-rootless, whatever the mappings are. */
static int check_stranger(const struct direct_maker *m, const struct direct_parts *p,
			  struct err *e)
{
	const struct oci_id_mappings *gids = &p->linux.gid_mappings;
	const struct oci_user *user = &p->process.user;
	const struct direct_facts *f = m->facts;
	bool is_caller = is_callers(&p->linux.uid_mappings, m->uid, f->uid) ||
			 is_callers(gids, m->gid, f->gid);

	for (size_t i = 0; i < user->additional_gids.n; i++)
		is_caller =
			is_caller || is_callers(gids, user->additional_gids.v[i], f->gid);
	if (!m->rq->stranger || !is_caller)
		return 0;
	err_set(e,
		"--double-rootless: --user %u:%u is the caller outside, or of his group",
		m->uid, m->gid);
	return err_hint(e, "another --user; or no --userns, for auto has none of the "
			   "caller's ids");
}

static int no_host(struct err *e)
{
	err_set(e, "--userns host: only root can do without a user namespace");
	return err_hint(e, "--userns single needs one and nothing else");
}

static int fill_ids(struct direct_maker *m, struct direct_parts *p, struct err *e)
{
	const struct ids_wish *w = &m->rq->ids;
	struct oci_linux *l = &p->linux;

	choose_user(m);
	if (w->mode == IDS_HOST)
		return m->facts->privileged ? 0 : no_host(e);
	if (m->facts->lent) {
		direct_annotate(p, IDS_ANNOTATION, (char *)ids_words[w->mode]);
		if (m->uid < NSRESOURCE_IDS && m->gid < NSRESOURCE_IDS)
			return 0;
	} else if (w->mode == IDS_AUTO) {
		direct_annotate(p, IDS_ANNOTATION,
				w->size ? direct_text(m, "auto:size=%u", w->size)
					: (char *)"auto");
		if (!w->size || (m->uid < w->size && m->gid < w->size))
			return 0;
	} else {
		TRY(fill_maps(m, l, e));
	}
	if (maps(&l->uid_mappings, m->uid) && maps(&l->gid_mappings, m->gid))
		return 0;
	return ids_absent(w, m->uid, m->gid, e);
}

int direct_ids(struct direct_maker *m, struct direct_parts *p, struct err *e)
{
	TRY(fill_ids(m, p, e));
	fill_groups(m, p);
	return check_stranger(m, p, e);
}
