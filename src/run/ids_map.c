/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The id mappings of the modes; see ids.h. Every mode is "the ranges of subordinate ids
 * laid side by side from container id N on", with the caller's own id put in somewhere or
 * left out. All ranges are used, not only the first.
 */
#include "ns/userns.h"
#include "run/ids_auto.h"

struct layout {
	struct oci_id_mapping *v;
	size_t n;
	const struct oci_id_mappings *subs;
	size_t range; /* the subordinate ids that come next: subs->v[range] + taken */
	uint32_t taken;
};

/* Maps the next subordinate ids from container id `first` on, `count` of them at most. */
static void lay(struct layout *l, uint64_t first, uint64_t count)
{
	while (count && l->range < l->subs->n && first < UINT32_MAX) {
		const struct oci_id_mapping *r = &l->subs->v[l->range];
		uint32_t left = r->size - l->taken;
		uint32_t n = count < left ? (uint32_t)count : left;

		if (first + n > UINT32_MAX)
			n = (uint32_t)(UINT32_MAX - first);
		l->v[l->n++] = (struct oci_id_mapping){ (uint32_t)first,
							r->host_id + l->taken, n };
		first += n;
		count -= n;
		l->taken += n;
		if (l->taken < r->size)
			continue;
		l->range++;
		l->taken = 0;
	}
}

static void lay_own(struct layout *l, uint32_t inside, uint32_t own)
{
	l->v[l->n++] = (struct oci_id_mapping){ inside, own, 1 };
}

int ids_lacks(const char *kind, uint32_t own, const char *passed_over, const char *cure,
	      struct err *e)
{
	if (*passed_over) {
		err_set(e, "/etc/sub%s: %s, so it does not count", kind, passed_over);
		return err_hint(e, "correct that line, as root; or --userns single, "
				   "which needs none");
	}
	if (!own) {
		err_set(e, "/etc/sub%s has no line for containers", kind);
		return err_hint(
			e,
			"echo containers:2147483647:2147483648 >>/etc/sub%s gives "
			"root's containers the upper half of all ids",
			kind);
	}
	err_set(e, "the caller (%s %u) has no subordinate ids in /etc/sub%s", kind, own,
		kind);
	return err_hint(e, "%s; or --userns single, which needs none", cure);
}

int ids_map(struct oci_arena *arena, enum ids_mode mode, uint32_t own, uint32_t inside,
	    const struct oci_id_mappings *subs, const char *kind,
	    struct oci_id_mappings *ret, struct err *e)
{
	struct layout l = { .subs = subs };

	l.v = oci_alloc(arena, (subs->n + 3) * sizeof(*l.v));
	if (!l.v)
		return err_set(e, "out of memory");
	if (mode != IDS_SINGLE && !subs->n)
		return ids_lacks(kind, own, "", "usermod(8) gives him some", e);
	switch (mode) {
	case IDS_SINGLE:
		lay_own(&l, inside, own);
		break;
	case IDS_SHARED:
		lay_own(&l, 0, own);
		lay(&l, 1, UINT32_MAX);
		break;
	case IDS_KEEP_ID:
		lay(&l, 0, inside);
		lay_own(&l, inside, own);
		lay(&l, (uint64_t)inside + 1, UINT32_MAX);
		break;
	case IDS_NOMAP:
		lay(&l, 0, UINT32_MAX);
		break;
	case IDS_AUTO:
	case IDS_MAP:
	case IDS_HOST:
		break;
	}
	*ret = (struct oci_id_mappings){ l.n, l.v };
	return 0;
}

bool ids_outside(const struct oci_id_mappings *map, uint32_t inside, uint32_t *ret)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct oci_id_mapping *m = &map->v[i];

		if (inside < m->container_id || inside - m->container_id >= m->size)
			continue;
		*ret = m->host_id + (inside - m->container_id);
		return true;
	}
	return false;
}

int ids_absent(const struct ids_wish *w, uint32_t uid, uint32_t gid, struct err *e)
{
	uint32_t most = uid > gid ? uid : gid;

	err_set(e, "--user %u:%u: these ids do not exist in the container", uid, gid);
	if (w->size && most < UINT32_MAX - 1)
		return err_hint(e, "--userns %s:size=%u, or more", ids_words[w->mode],
				most + 1);
	if (w->mode == IDS_MAP)
		return err_hint(e, "one more row of --userns map=, for them");
	return err_hint(e, "more subordinate ids in /etc/subuid and /etc/subgid; or "
			   "--userns single, which maps the one that is asked for to "
			   "the caller");
}

int ids_cut(struct oci_id_mappings *map, uint32_t size, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; size && i < map->n; i++) {
		struct oci_id_mapping m = map->v[i];

		if (m.container_id >= size)
			continue;
		if (m.size > size - m.container_id)
			m.size = size - m.container_id;
		map->v[n++] = m;
	}
	if (size)
		map->n = n;
	if (ns_map_check(*map, e) == 0)
		return 0;
	e->hint[0] = '\0'; /* neighbours are merged already */
	return err_hint(e, "fewer and longer ranges of subordinate ids; or --userns "
			   "auto:size=N, which takes one of them");
}
