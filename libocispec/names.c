/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which names an object had so far, for maps and for objects that are skipped (the known
 * members of a struct need one bit each instead).
 *
 * One open-addressed table of hashes serves the whole document. Two different names with
 * one 64-bit hash would be refused as a duplicate; that needs a document made for it.
 */
#include "decode.h"

enum { SIZE_MIN = 64 };

static uint64_t name_hash(uint64_t seed, const char *text, size_t len)
{
	uint64_t h = seed ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9u;
	h ^= h >> 32;
	return h != 0 ? h : 1;
}

static bool slot_put(uint64_t *slots, size_t size, uint64_t hash)
{
	size_t i = hash & (size - 1);

	while (slots[i] != 0) {
		if (slots[i] == hash)
			return false;
		i = (i + 1) & (size - 1);
	}
	slots[i] = hash;
	return true;
}

static int names_grow(struct oci_names *names, struct oci_arena *arena)
{
	size_t size = names->size != 0 ? names->size * 4 : SIZE_MIN;
	uint64_t *slots = oci_alloc(arena, size * sizeof(*slots));

	if (slots == NULL)
		return -1;
	for (size_t i = 0; i < names->size; i++) {
		if (names->slots[i] != 0)
			(void)slot_put(slots, size, names->slots[i]);
	}
	names->slots = slots;
	names->size = size;
	return 0;
}

int oci_names_add(struct oci_names *names, struct oci_arena *arena, uint32_t owner,
		  const char *text, size_t len)
{
	/* The address differs from run to run: nobody can prepare names that collide. */
	uint64_t seed = (uint64_t)owner << 32 ^ (uintptr_t)names >> 4;

	if (names->n * 2 >= names->size && names_grow(names, arena) < 0)
		return -1;
	if (!slot_put(names->slots, names->size, name_hash(seed, text, len)))
		return 1;
	names->n++;
	return 0;
}
