/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The id mappings of direct use; see direct.h. Every mode is "the ranges of subordinate ids
 * laid side by side from container id N on", with the caller's own id put in somewhere or
 * left out. All ranges are used, not only the first.
 */
#include "run/direct.h"

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

static int lacks_ids(const char *kind, uint32_t own, struct err *e)
{
	err_set(e, "--userns: the caller (%s %u) has no subordinate ids in /etc/sub%s",
		kind, own, kind);
	return err_hint(e,
			"usermod --add-sub%ss 100000-165535 USER, as root; or --userns "
			"single, which needs none",
			kind);
}

int direct_map(struct oci_arena *arena, enum direct_userns mode, uint32_t own,
	       uint32_t inside, const struct oci_id_mappings *subs, const char *kind,
	       struct oci_id_mappings *ret, struct err *e)
{
	struct layout l = { .subs = subs };

	l.v = oci_alloc(arena, (subs->n + 3) * sizeof(*l.v));
	if (!l.v)
		return err_set(e, "out of memory");
	if (mode != DIRECT_USERNS_SINGLE && !subs->n)
		return lacks_ids(kind, own, e);
	switch (mode) {
	case DIRECT_USERNS_SINGLE:
		lay_own(&l, inside, own);
		break;
	case DIRECT_USERNS_SHARED:
		lay_own(&l, 0, own);
		lay(&l, 1, UINT32_MAX);
		break;
	case DIRECT_USERNS_KEEP_ID:
		lay(&l, 0, inside);
		lay_own(&l, inside, own);
		lay(&l, (uint64_t)inside + 1, UINT32_MAX);
		break;
	case DIRECT_USERNS_NOMAP:
		lay(&l, 0, UINT32_MAX);
		break;
	case DIRECT_USERNS_MAP:
	case DIRECT_USERNS_HOST:
		break;
	}
	*ret = (struct oci_id_mappings){ l.n, l.v };
	return 0;
}
