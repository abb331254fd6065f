/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings: a growable buffer, comparisons, strict numbers, lists of words. Numbers are
 * never parsed by strtol(3)'s rules (blanks, signs and trailing text are errors here).
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A growable text; {0} is empty; s is NULL or NUL-terminated; free with str_free(). */
struct str {
	char *s;
	size_t n;
	size_t size;
};

/* Append; memory never fails (base/mem.h). N bytes may hold NULs; fmt as printf(3). */
void str_add(struct str *b, const char *text);
void str_add_n(struct str *b, const void *bytes, size_t n);
void str_addf(struct str *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends text and blanks up to `width` bytes; no blank when it is longer. */
void str_pad(struct str *b, const char *text, size_t width);
void str_free(struct str *b);
#define auto_str __attribute__((cleanup(str_free))) struct str

/* True when the texts are the same. */
static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* True when s begins with prefix. */
static inline bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/*
 * "DIR/NAME" into buf. False when it has no room; buf is "" then. For what is done a thousand
 * times: snprintf(3) costs as much as a system call.
 */
bool str_path(char *buf, size_t size, const char *dir, const char *name);

/*
 * Decimal digits only, the whole string, no sign; at most max. Returns false and leaves
 * *ret alone otherwise.
 */
bool str_to_u64(const char *s, uint64_t max, uint64_t *ret);

/* The same with an optional '-' (no '+'), min..max. */
bool str_to_i64(const char *s, int64_t min, int64_t max, int64_t *ret);

/* Index of word in a list of n strings (NULL entries are skipped), or -1. */
int str_index(const char *const *list, size_t n, const char *word);

/* The last component of a path without slashes at its end; "" for "/". Points into path. */
const char *str_basename(const char *path);

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
