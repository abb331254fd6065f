/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of one document: taken in a few large chunks, given back all at once.
 *
 * The chunks are anonymous mappings, filled by the kernel in one go (MAP_POPULATE)
 * while they are small, because a page fault costs far more than a page. Nothing is ever
 * freed or used twice, so that memory from an arena is always zero at first.
 */
#ifndef OCI_ARENA_H
#define OCI_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct oci_chunk;

/* All zero is a valid empty arena: struct oci_arena arena = {0}. */
struct oci_arena {
	char *next; /* first free byte of the newest chunk */
	char *end;
	struct oci_chunk *chunks;
	size_t total; /* bytes mapped so far */
	size_t limit; /* 0: none. No chunk is added that would pass it */
	bool failed; /* an allocation has failed since the arena was made */
};

/*
 * Returns SIZE zeroed bytes aligned for any struct of this library (8), never NULL for
 * SIZE 0. NULL when there is no memory; arena->failed is then set, so that a sequence of
 * allocations may be checked once. The memory lives until oci_arena_free().
 */
void *oci_alloc(struct oci_arena *arena, size_t size);

/*
 * A copy of the LEN bytes at TEXT with a NUL byte after them; not aligned. NULL when there
 * is no memory. oci_strdup() is the same for a whole string.
 */
char *oci_strndup(struct oci_arena *arena, const char *text, size_t len);
char *oci_strdup(struct oci_arena *arena, const char *text);

/*
 * Makes the block at OLD (OLD_SIZE bytes of this arena, or NULL) NEW_SIZE bytes long: in
 * place when nothing was allocated after it, else by a copy. The bytes beyond OLD_SIZE are
 * not defined. NULL when there is no memory; OLD stays as it was.
 */
void *oci_regrow(struct oci_arena *arena, void *old, size_t old_size, size_t new_size);

/*
 * Takes room for about SIZE bytes now, in one chunk: a hint that saves page faults. A
 * failure is left to the allocation that needs the room.
 */
void oci_arena_reserve(struct oci_arena *arena, size_t size);

/* Gives everything back (munmap(2)); the arena is empty and usable again. */
void oci_arena_free(struct oci_arena *arena);

/*
 * Forgets everything that was allocated but keeps the newest chunk for what comes: for one
 * document after the other.
 */
void oci_arena_reset(struct oci_arena *arena);

#endif
