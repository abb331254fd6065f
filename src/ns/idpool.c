/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choosing ids that nobody else has; see idpool.h. Lists of ranges are sorted and merged all
 * the time, which makes "without" and "the largest hole" one pass each.
 */
#include "ns/idpool.h"

#include "base/mem.h"

#include <stdlib.h>

static void append(struct subid_ranges *r, uint64_t start, uint64_t count)
{
	r->v = xreallocarray(r->v, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = (struct subid_range){ start, count };
}

void idpool_free(const struct subid_ranges *pool, const struct subid_ranges *used,
		 struct subid_ranges *ret)
{
	struct subid_ranges free_ids = { 0 };

	for (size_t i = 0; i < pool->n; i++) {
		uint64_t at = pool->v[i].start, end = at + pool->v[i].count;

		for (size_t k = 0; k < used->n; k++) {
			uint64_t lo = used->v[k].start, hi = lo + used->v[k].count;

			if (hi <= at || lo >= end)
				continue;
			if (lo > at)
				append(&free_ids, at, lo - at);
			at = hi;
		}
		if (at < end)
			append(&free_ids, at, end - at);
	}
	*ret = free_ids;
}

static uint64_t total(const struct subid_ranges *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->n; i++)
		sum += r->v[i].count;
	return sum;
}

static const struct subid_range *largest(const struct subid_ranges *r)
{
	const struct subid_range *best = NULL;

	for (size_t i = 0; i < r->n; i++)
		if (!best || r->v[i].count >= best->count)
			best = &r->v[i];
	return best;
}

uint64_t idpool_default(const struct subid_ranges *free_ids, uint64_t highest)
{
	const struct subid_range *hole = largest(free_ids);

	if (hole && hole->count >= IDPOOL_WHOLE && total(free_ids) >= 2 * IDPOOL_WHOLE)
		return IDPOOL_WHOLE;
	return highest + 1 > IDPOOL_LEAST ? highest + 1 : IDPOOL_LEAST;
}

/* ---- the choice ------------------------------------------------------------------------ */

/* The highest place for `size` ids that begins at a multiple of `align`; false: none. */
static bool find_piece(const struct subid_ranges *free_ids, uint64_t size, uint64_t align,
		       uint64_t *ret)
{
	for (size_t i = free_ids->n; i-- > 0;) {
		const struct subid_range *r = &free_ids->v[i];
		uint64_t start;

		if (r->count < size)
			continue;
		start = (r->start + r->count - size) / align * align;
		if (start < r->start)
			continue;
		*ret = start;
		return true;
	}
	return false;
}

static int by_host(const void *a, const void *b)
{
	const struct oci_id_mapping *x = a, *y = b;

	return x->host_id < y->host_id ? -1 : x->host_id > y->host_id;
}

/* The largest holes first, so that there are few; then in the order of the machine's ids. */
static size_t take_pieces(struct subid_ranges *free_ids, uint64_t size,
			  struct oci_id_mapping *v)
{
	uint32_t inside = 0;
	size_t n = 0;

	while (size) {
		struct subid_range *r = (struct subid_range *)largest(free_ids);
		uint64_t take = r->count < size ? r->count : size;

		v[n++] = (struct oci_id_mapping){ 0,
						  (uint32_t)(r->start + r->count - take),
						  (uint32_t)take };
		r->count -= take;
		size -= take;
	}
	qsort(v, n, sizeof(*v), by_host);
	for (size_t i = 0; i < n; i++) {
		v[i].container_id = inside;
		inside += v[i].size;
	}
	return n;
}

static int lacks(const struct subid_ranges *pool, const struct subid_ranges *free_ids,
		 uint64_t size, const char *kind, struct err *e)
{
	const struct subid_range *hole = largest(free_ids);

	return err_set(e, "need %llu %ss, %llu of %llu are free (largest piece %llu)",
		       (unsigned long long)size, kind,
		       (unsigned long long)total(free_ids),
		       (unsigned long long)total(pool),
		       (unsigned long long)(hole ? hole->count : 0));
}

int idpool_choose(const struct subid_ranges *pool, const struct subid_ranges *free_ids,
		  uint64_t size, const char *kind, struct oci_arena *arena,
		  struct oci_id_mappings *ret, struct err *e)
{
	auto_subid rest = { 0 };
	struct oci_id_mapping *v;
	uint64_t start;

	if (total(free_ids) < size)
		return lacks(pool, free_ids, size, kind, e);
	v = oci_alloc(arena, (free_ids->n + 1) * sizeof(*v));
	if (!v)
		return err_set(e, "out of memory");
	*ret = (struct oci_id_mappings){ 1, v };
	/* smaller ones at such places would leave holes that no whole one fits into */
	if ((size % IDPOOL_WHOLE == 0 &&
	     find_piece(free_ids, size, IDPOOL_WHOLE, &start)) ||
	    find_piece(free_ids, size, 1, &start)) {
		v[0] = (struct oci_id_mapping){ 0, (uint32_t)start, (uint32_t)size };
		return 0;
	}
	subid_ranges_add(&rest, free_ids);
	ret->n = take_pieces(&rest, size, v);
	return 0;
}

/* ---- texts ----------------------------------------------------------------------------- */

/* A decimal number behind blanks; NULL: there is none. */
static const char *number(const char *text, uint64_t *ret)
{
	char *end;

	text += strspn(text, " \t");
	if (*text < '0' || *text > '9')
		return NULL;
	*ret = strtoull(text, &end, 10);
	return *ret <= UINT32_MAX ? end : NULL;
}

void idpool_add_map(const char *text, enum idpool_side side, struct subid_ranges *ret)
{
	struct subid_ranges all = { 0 };

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		uint64_t inside, outside, count;
		const char *at = number(text, &inside);

		at = at ? number(at, &outside) : NULL;
		at = at ? number(at, &count) : NULL;
		if (at && count && outside != UINT32_MAX)
			append(&all, side == IDPOOL_INSIDE ? inside : outside, count);
	}
	subid_ranges_add(ret, &all);
	subid_ranges_free(&all);
}

uint32_t idpool_highest(const char *text, unsigned field)
{
	uint32_t highest = 0;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		size_t name = strcspn(text, ":\n");
		const char *at = text;
		uint64_t id;

		for (unsigned i = 0; i < field && at; i++) {
			at += strcspn(at, ":\n");
			at = *at == ':' ? at + 1 : NULL;
		}
		if (!at || !number(at, &id) || id >= 65534 || id <= highest ||
		    (name == 6 && strncmp(text, "nobody", 6) == 0) ||
		    (name == 7 && strncmp(text, "nogroup", 7) == 0))
			continue;
		highest = (uint32_t)id;
	}
	return highest;
}
