/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings; see str.h. */
#include "base/str.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

static void reserve(struct str *b, size_t more)
{
	size_t need = b->n + more + 1;

	if (need <= b->size)
		return;
	b->size = need < 128 ? 128 : need * 2;
	b->s = xreallocarray(b->s, b->size, 1);
}

void str_add_n(struct str *b, const void *bytes, size_t n)
{
	reserve(b, n);
	if (n)
		memcpy(b->s + b->n, bytes, n);
	b->n += n;
	b->s[b->n] = '\0';
}

void str_add(struct str *b, const char *text)
{
	str_add_n(b, text, strlen(text));
}

void str_addf(struct str *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	reserve(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(b->s + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void str_pad(struct str *b, const char *text, size_t width)
{
	size_t n = strlen(text);

	str_add_n(b, text, n);
	if (n >= width)
		return;
	reserve(b, width - n);
	memset(b->s + b->n, ' ', width - n);
	b->n += width - n;
	b->s[b->n] = '\0';
}

void str_free(struct str *b)
{
	free(b->s);
	*b = (struct str){ 0 };
}

bool str_path(char *buf, size_t size, const char *dir, const char *name)
{
	size_t n = strlen(dir), m = strlen(name);

	buf[0] = '\0';
	if (n >= size || m >= size || n + m + 2 > size)
		return false;
	memcpy(buf, dir, n);
	buf[n] = '/';
	memcpy(buf + n + 1, name, m + 1);
	return true;
}

bool str_to_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned int digit = (unsigned int)(*s - '0');

		if (digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, digit, &v))
			return false;
	}
	if (v > max)
		return false;
	*ret = v;
	return true;
}

bool str_to_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = *s == '-';
	uint64_t u;
	int64_t v;

	if (!str_to_u64(s + negative, (uint64_t)INT64_MAX, &u))
		return false;
	v = negative ? -(int64_t)u : (int64_t)u;
	if (v < min || v > max)
		return false;
	*ret = v;
	return true;
}

int str_index(const char *const *list, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] && str_eq(list[i], word))
			return (int)i;
	return -1;
}

const char *str_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
