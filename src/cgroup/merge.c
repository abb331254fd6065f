/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of linux.resources put over one another for an update: one row per list says how
 * its elements are told apart. Pure.
 */
#include "cgroup/limit_list.h"

#include "cgroup/text.h"

/* As all lists of libocispec/runtime.h are laid out (OCI_LIST). */
struct list {
	size_t n;
	char *v;
};

/* Elements begin with their key: a string, or the two numbers of a device. */
enum key { NAME, DEVICE };

struct device_key {
	int64_t major, minor;
};

static bool same_key(enum key key, const char *a, const char *b)
{
	struct device_key x, y;
	const char *s, *t;

	if (key == DEVICE) {
		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		return x.major == y.major && x.minor == y.minor;
	}
	memcpy(&s, a, sizeof(s));
	memcpy(&t, b, sizeof(t));
	return str_eq(s, t);
}

/* What the new element does not say is what the old one said. */
static void rdma_keep(void *new, const void *old)
{
	struct oci_rdma *to = new;
	const struct oci_rdma *from = old;

	if (!to->hca_handles.set)
		to->hca_handles = from->hca_handles;
	if (!to->hca_objects.set)
		to->hca_objects = from->hca_objects;
}

static void weight_keep(void *new, const void *old)
{
	struct oci_weight_device *to = new;
	const struct oci_weight_device *from = old;

	if (!to->weight.set)
		to->weight = from->weight;
	if (!to->leaf_weight.set)
		to->leaf_weight = from->leaf_weight;
}

static const struct list_row {
	size_t object; /* offset of the object's pointer in struct oci_resources; or: */
	size_t at; /* offset of the list in the object, or in the resources themselves */
	size_t size; /* of an element */
	enum key key;
	void (*keep)(void *new, const void *old);
} lists[] = {
#define IN(object_, type_, member_, elem_, key_, keep_)                              \
	{                                                                            \
		offsetof(struct oci_resources, object_),                             \
			offsetof(struct type_, member_), sizeof(struct elem_), key_, \
			keep_                                                        \
	}
#define TOP ((size_t)-1)
	IN(block_io, oci_block_io, weight_device, oci_weight_device, DEVICE, weight_keep),
	IN(block_io, oci_block_io, throttle_read_bps_device, oci_throttle_device, DEVICE,
	   NULL),
	IN(block_io, oci_block_io, throttle_write_bps_device, oci_throttle_device, DEVICE,
	   NULL),
	IN(block_io, oci_block_io, throttle_read_iops_device, oci_throttle_device, DEVICE,
	   NULL),
	IN(block_io, oci_block_io, throttle_write_iops_device, oci_throttle_device,
	   DEVICE, NULL),
	IN(network, oci_network, priorities, oci_interface_priority, NAME, NULL),
	{ TOP, offsetof(struct oci_resources, hugepage_limits),
	  sizeof(struct oci_hugepage_limit), NAME, NULL },
	{ TOP, offsetof(struct oci_resources, rdma), sizeof(struct oci_rdma), NAME,
	  rdma_keep },
	{ TOP, offsetof(struct oci_resources, unified), sizeof(struct oci_pair), NAME,
	  NULL },
};

_Static_assert(offsetof(struct oci_weight_device, minor) == sizeof(int64_t) &&
		       offsetof(struct oci_throttle_device, minor) == sizeof(int64_t) &&
		       !offsetof(struct oci_hugepage_limit, page_size) &&
		       !offsetof(struct oci_interface_priority, name) &&
		       !offsetof(struct oci_rdma, key) && !offsetof(struct oci_pair, key),
	       "elements begin with their key");

/* The place of the list in r; NULL: r has not even the object. */
static struct list *list_in(const struct list_row *row, const struct oci_resources *r)
{
	const char *object = (const char *)r;

	if (row->object != TOP)
		memcpy(&object, (const char *)r + row->object, sizeof(object));
	return object ? (struct list *)(object + row->at) : NULL;
}

/* Puts the new element where the old one is. */
static void element_replace(const struct list_row *row, char *old, const char *new)
{
	union {
		struct oci_rdma rdma;
		struct oci_weight_device weight;
	} before;

	if (row->keep)
		memcpy(&before, old, row->size);
	memcpy(old, new, row->size);
	if (row->keep)
		row->keep(old, &before);
}

static void list_merge(const struct list_row *row, struct list *to,
		       const struct list *from, struct oci_arena *arena)
{
	struct list all = { .n = to->n };

	all.v = cgroup_alloc(arena, (to->n + from->n) * row->size);
	if (to->n)
		memcpy(all.v, to->v, to->n * row->size);
	for (size_t i = 0; i < from->n; i++) {
		const char *new = from->v + i * row->size;
		size_t k = 0;

		while (k < all.n && !same_key(row->key, all.v + k * row->size, new))
			k++;
		if (k < all.n)
			element_replace(row, all.v + k * row->size, new);
		else
			memcpy(all.v + all.n++ * row->size, new, row->size);
	}
	*to = all;
}

void limit_lists_merge(struct oci_resources *r, const struct oci_resources *wanted,
		       struct oci_arena *arena)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct list *from = list_in(&lists[i], wanted);

		if (from && from->n)
			list_merge(&lists[i], list_in(&lists[i], r), from, arena);
	}
}
