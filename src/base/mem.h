/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Heap memory that is never NULL. Running out of it ends the process through the handler
 * that main() installs (one clear sentence, exit status 1): nothing of ours can go on then,
 * and what was made so far is removed by `delete --force` from the state record.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdlib.h>

/* Called with the wanted size when memory is exhausted; must not return. */
void mem_on_exhaustion(void (*handler)(size_t size));

/* Zeroed memory of n * size bytes; n * size must not overflow (checked). free() it. */
void *xcalloc(size_t n, size_t size);

/* As realloc(3) for n * size bytes; what is added is not zeroed. */
void *xreallocarray(void *p, size_t n, size_t size);

/* Copies of a string, or of its first n bytes plus a NUL. NULL gives NULL. free() it. */
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);

/* asprintf(3) that does not fail. free() it. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static inline void auto_free_(void *p)
{
	free(*(void **)p);
}

/* Frees the pointer at the end of its scope: auto_free char *s = NULL; */
#define auto_free __attribute__((cleanup(auto_free_)))

/* Gives the pointer away: return take_ptr(&s); */
#define take_ptr(p)                         \
	({                                  \
		__typeof__(*(p)) t_ = *(p); \
		*(p) = NULL;                \
		t_;                         \
	})

#endif
