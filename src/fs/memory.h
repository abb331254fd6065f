/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's arena with allocations that are never NULL.
 */
#ifndef FS_MEMORY_H
#define FS_MEMORY_H

#include "base/mem.h"
#include "libocispec/arena.h"

#include <stdio.h>
#include <string.h>

/* Zeroed memory; when there is none left the process ends as base/mem.h says. */
static inline void *fs_alloc(struct oci_arena *arena, size_t size)
{
	void *p = oci_alloc(arena, size);

	return p ? p : xcalloc(1, size);
}

/* A copy of the first n bytes of s, terminated. */
static inline char *fs_text(struct oci_arena *arena, const char *s, size_t n)
{
	char *copy = fs_alloc(arena, n + 1);

	memcpy(copy, s, n);
	return copy;
}

/* The concatenation of three strings. */
static inline char *fs_join(struct oci_arena *arena, const char *a, const char *b,
			    const char *c)
{
	size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
	char *text = fs_alloc(arena, size);

	snprintf(text, size, "%s%s%s", a, b, c);
	return text;
}

#endif
