/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arena memory for facts and plans. Invariant: never NULL.
 */
#include "cgroup/text.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

void *cgroup_alloc(struct oci_arena *arena, size_t size)
{
	void *p = oci_alloc(arena, size);

	/* xcalloc() either finds memory or ends the process; it is not given back */
	return p ? p : xcalloc(1, size);
}

char *cgroup_vtextf(struct oci_arena *arena, const char *fmt, va_list ap)
{
	va_list again;
	int n;
	char *s;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	s = cgroup_alloc(arena, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *cgroup_textf(struct oci_arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = cgroup_vtextf(arena, fmt, ap);
	va_end(ap);
	return s;
}

char *cgroup_textn(struct oci_arena *arena, const char *s, size_t n)
{
	char *copy = cgroup_alloc(arena, n + 1);

	memcpy(copy, s, n);
	return copy;
}
