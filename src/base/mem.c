/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Heap memory that is never NULL; see mem.h. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void default_exhaustion(size_t size)
{
	static const char text[] = "error: out of memory\n";

	(void)size;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

static void (*on_exhaustion)(size_t size) = default_exhaustion;

void mem_on_exhaustion(void (*handler)(size_t size))
{
	on_exhaustion = handler ? handler : default_exhaustion;
}

static void *or_die(void *p, size_t size)
{
	if (p)
		return p;
	on_exhaustion(size);
	_exit(1);
}

void *xcalloc(size_t n, size_t size)
{
	return or_die(calloc(n ? n : 1, size ? size : 1), size);
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	return or_die(reallocarray(p, n ? n : 1, size ? size : 1), size);
}

char *xstrdup(const char *s)
{
	return s ? or_die(strdup(s), strlen(s)) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
	return s ? or_die(strndup(s, n), n) : NULL;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return or_die(NULL, 0);
	s = xcalloc((size_t)n + 1, 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}
