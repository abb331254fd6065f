/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arena: a list of anonymous mappings, filled from the front.
 *
 * A chunk is 16 kB or as large as what is asked for, doubling up to 1 MB, so that a small
 * document costs one mmap(2) and a large one few. Chunks up to 256 kB are populated by the
 * kernel at once: a fault per page would cost more than all else the decoder does.
 */
#include "libocispec/arena.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

struct oci_chunk {
	struct oci_chunk *older;
	size_t size; /* of the mapping, this header included */
};

enum {
	CHUNK_MIN = 16 << 10,
	CHUNK_MAX = 1 << 20,
	POPULATE_MAX = 256 << 10,
	PAGE = 4096, /* granularity of sizes; a larger real page only rounds up */
	ALIGN = 8,
};

/* Makes a chunk with room for SIZE bytes the current one. */
static int chunk_add(struct oci_arena *arena, size_t size, size_t least)
{
	struct oci_chunk *chunk;
	size_t want;

	if (size > SIZE_MAX / 4)
		return -1;
	want = size + sizeof(*chunk);
	if (want < least)
		want = least;
	want = (want + PAGE - 1) & ~(size_t)(PAGE - 1);
	if (arena->limit != 0 && want > arena->limit - arena->total)
		return -1;
	chunk = mmap(NULL, want, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS |
			     (want <= POPULATE_MAX ? MAP_POPULATE : 0),
		     -1, 0);
	if (chunk == MAP_FAILED)
		return -1;
	chunk->older = arena->chunks;
	chunk->size = want;
	arena->chunks = chunk;
	arena->next = (char *)(chunk + 1);
	arena->end = (char *)chunk + want;
	arena->total += want;
	return 0;
}

/* The usual size of the next chunk: as much as there is already, within bounds. */
static size_t chunk_size(const struct oci_arena *arena)
{
	if (arena->total < CHUNK_MIN)
		return CHUNK_MIN;
	return arena->total < CHUNK_MAX ? arena->total : CHUNK_MAX;
}

static void *arena_take(struct oci_arena *arena, size_t size, size_t align)
{
	uintptr_t skip = -(uintptr_t)arena->next & (align - 1);
	char *block;

	if (size > (size_t)(arena->end - arena->next) ||
	    skip > (size_t)(arena->end - arena->next) - size) {
		if (chunk_add(arena, size, chunk_size(arena)) < 0) {
			arena->failed = true;
			return NULL;
		}
		skip = 0;
	}
	block = arena->next + skip;
	arena->next = block + size;
	return block;
}

void *oci_alloc(struct oci_arena *arena, size_t size)
{
	return arena_take(arena, size != 0 ? size : 1, ALIGN);
}

char *oci_strndup(struct oci_arena *arena, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? arena_take(arena, len + 1, 1) : NULL;

	if (copy == NULL)
		return NULL;
	memcpy(copy, text, len); /* the byte after it is zero already */
	return copy;
}

char *oci_strdup(struct oci_arena *arena, const char *text)
{
	return oci_strndup(arena, text, strlen(text));
}

void *oci_regrow(struct oci_arena *arena, void *old, size_t old_size, size_t new_size)
{
	char *block = old;

	if (block != NULL && block + old_size == arena->next && new_size >= old_size &&
	    new_size - old_size <= (size_t)(arena->end - arena->next)) {
		arena->next = block + new_size;
		return block;
	}
	block = oci_alloc(arena, new_size);
	if (block != NULL && old != NULL)
		memcpy(block, old, old_size < new_size ? old_size : new_size);
	return block;
}

void oci_arena_reserve(struct oci_arena *arena, size_t size)
{
	if (size > (size_t)(arena->end - arena->next))
		(void)chunk_add(arena, size, 0);
}

void oci_arena_free(struct oci_arena *arena)
{
	struct oci_chunk *chunk = arena->chunks;
	struct oci_chunk *older;

	while (chunk != NULL) {
		older = chunk->older;
		(void)munmap(chunk, chunk->size);
		chunk = older;
	}
	*arena = (struct oci_arena){ .limit = arena->limit };
}

void oci_arena_reset(struct oci_arena *arena)
{
	struct oci_chunk *chunk = arena->chunks;
	struct oci_arena older = { .chunks = chunk != NULL ? chunk->older : NULL };

	oci_arena_free(&older);
	arena->failed = false;
	if (chunk == NULL)
		return;
	chunk->older = NULL;
	/* what is handed out is promised to be zero */
	memset(chunk + 1, 0, (size_t)(arena->next - (char *)(chunk + 1)));
	arena->next = (char *)(chunk + 1);
	arena->total = chunk->size;
}
