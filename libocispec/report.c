/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors of the decoder: the stack of frames becomes a path, an offset becomes line and
 * column, the row of the table becomes "expected ...".
 *
 * Invariant: the first error wins; later calls change nothing.
 */
#include "decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 60 }; /* bytes of a name or value that an error shows */

/* Text that grows within a fixed buffer and is cut at its end. */
struct line {
	char *text;
	size_t size;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void line_add(struct line *l,
							   const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->text + l->len, l->size - l->len, format, args);
	va_end(args);
	if (n < 0)
		return;
	l->len += (size_t)n < l->size - l->len ? (size_t)n : l->size - l->len - 1;
}

/* A name or value of the document: shortened, nothing in it that a terminal obeys. */
static void line_quote(struct line *l, const char *text, size_t len)
{
	size_t n = len < SHOWN ? len : SHOWN;

	while (n < len && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--; /* not within a character */
	line_add(l, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			line_add(l, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			line_add(l, "\\u%04x", c);
		else
			line_add(l, "%c", c);
	}
	line_add(l, n < len ? "...\"" : "\"");
}

/* ---- place ----------------------------------------------------------------------- */

size_t oci_token_start(struct oci_decoder *d, const char *text, size_t len)
{
	size_t end = yajl_get_bytes_consumed(d->yajl);
	size_t start;

	if (text == NULL) /* a bracket or word of LEN bytes */
		return d->piece_at + (end > len ? end - len : 0);
	if (text >= d->piece && text < d->piece + d->piece_len) {
		start = (size_t)(text - d->piece);
		return d->piece_at + (start > 0 && text[-1] == '"' ? start - 1 : start);
	}
	/* a string with escapes: back to the quote that no backslash precedes */
	start = end > 1 ? end - 1 : 0;
	while (start > 0) {
		size_t quote = --start;
		size_t slashes = 0;

		if (d->piece[quote] != '"')
			continue;
		while (slashes < quote && d->piece[quote - 1 - slashes] == '\\')
			slashes++;
		if (slashes % 2 == 0)
			break;
	}
	return d->piece_at + start;
}

static void place(struct oci_decoder *d, size_t offset)
{
	size_t n = offset > d->piece_at ? offset - d->piece_at : 0;

	d->error->line = d->line;
	d->error->column = d->column;
	oci_advance(d->piece, n < d->piece_len ? n : d->piece_len, &d->error->line,
		    &d->error->column);
}

static void line_step(struct line *l, const char *name)
{
	line_add(l, l->len > 0 ? ".%s" : "%s", name);
}

/* The path of what the frames below DEPTH are at now. */
static void line_path(struct oci_decoder *d, struct line *l, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++) {
		const struct frame *f = &d->frames[i];

		switch (f->kind) {
		case FRAME_OBJECT:
			if (f->member != NULL)
				line_step(l, f->member->name);
			break;
		case FRAME_MAP:
		case FRAME_KEYED:
			if (f->key != NULL) {
				line_add(l, "[");
				line_quote(l, f->key, strlen(f->key));
				line_add(l, "]");
			}
			break;
		case FRAME_STRS:
		case FRAME_UINTS:
		case FRAME_ENUMS:
		case FRAME_OBJS:
			line_add(l, "[%u]", f->count);
			break;
		case FRAME_SKIP_OBJECT:
		case FRAME_SKIP_LIST:
			return;
		}
	}
}

/* Puts the pieces together: NAME:LINE:COLUMN: PATH: WHAT */
static int compose(struct oci_decoder *d, const char *path, const char *what)
{
	struct line l = { d->error->text, sizeof(d->error->text), 0 };

	line_add(&l, "%s:", d->name);
	if (d->error->line != 0)
		line_add(&l, "%u:%u:", d->error->line, d->error->column);
	if (path[0] != '\0')
		line_add(&l, " %s:", path);
	line_add(&l, " %s", what);
	d->failed = true;
	return 0;
}

/* ---- what was expected ----------------------------------------------------------- */

static void expect_range(struct line *l, const struct oci_member *m)
{
	line_add(l, "an integer from %lld to %llu", (long long)m->min,
		 (unsigned long long)m->max);
}

static void expect_words(struct line *l, const char *const *words)
{
	line_add(l, words[1] != NULL ? "one of " : "");
	for (size_t i = 0; words[i] != NULL; i++) {
		if (l->len + strlen(words[i]) + 6 > l->size) {
			line_add(l, ", ...");
			return;
		}
		line_add(l, i > 0 ? ", %s" : "%s", words[i]);
	}
}

static void expect_member(struct line *l, const struct oci_member *m, bool element)
{
	switch ((enum oci_kind)m->kind) {
	case OCI_K_BOOL:
	case OCI_K_OPT_BOOL:
		line_add(l, "true or false");
		break;
	case OCI_K_INT:
	case OCI_K_UINT:
	case OCI_K_U32:
	case OCI_K_OPT_INT:
	case OCI_K_OPT_UINT:
		expect_range(l, m);
		break;
	case OCI_K_STR:
	case OCI_K_ENUM:
		line_add(l, "a string");
		break;
	case OCI_K_OBJ:
	case OCI_K_INLINE:
		line_add(l, "an object");
		break;
	case OCI_K_STRS:
	case OCI_K_ENUMS:
		line_add(l, element ? "a string" : "a list of strings");
		break;
	case OCI_K_UINTS:
		if (element)
			expect_range(l, m);
		else
			line_add(l, "a list of integers");
		break;
	case OCI_K_OBJS:
		line_add(l, element ? "an object" : "a list of objects");
		break;
	case OCI_K_KEYED:
		line_add(l, element ? "an object" : "an object of objects");
		break;
	case OCI_K_MAP:
		line_add(l, element ? "a string" : "an object of strings");
		break;
	}
}

/* What the value at hand should be. */
static void expect_current(struct oci_decoder *d, struct line *l)
{
	const struct frame *f = frame_top(d);

	if (f == NULL || f->member == NULL)
		line_add(l, "an object");
	else
		expect_member(l, f->member, f->kind != FRAME_OBJECT);
}

/* ---- the errors ------------------------------------------------------------------ */

int oci_fail(struct oci_decoder *d, size_t offset, const char *format, ...)
{
	char path[256] = "", what[256] = "";
	struct line p = { path, sizeof(path), 0 };
	va_list args;

	if (d->failed)
		return 0;
	place(d, offset);
	line_path(d, &p, d->depth);
	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return compose(d, path, what);
}

int oci_fail_type(struct oci_decoder *d, size_t offset, const char *got)
{
	char text[128] = "";
	struct line l = { text, sizeof(text), 0 };

	expect_current(d, &l);
	return oci_fail(d, offset, "got %s, expected %s", got, text);
}

int oci_fail_value(struct oci_decoder *d, size_t offset, const char *text, size_t len,
		   const char *expected)
{
	const struct frame *f = frame_top(d);
	char got[128] = "", expect[200] = "";
	struct line g = { got, sizeof(got), 0 };
	struct line e = { expect, sizeof(expect), 0 };

	if (expected != NULL)
		line_add(&e, "%s", expected);
	else if (f->member->words != NULL)
		expect_words(&e, f->member->words);
	else
		expect_current(d, &e);
	if (expected == NULL && f->member->words == NULL)
		line_add(&g, "%.*s", (int)(len < SHOWN ? len : SHOWN), text);
	else
		line_quote(&g, text, len);
	return oci_fail(d, offset, "got %s, expected %s", got, expect);
}

int oci_fail_name(struct oci_decoder *d, size_t offset, const char *key, size_t len,
		  const char *what)
{
	char path[256] = "";
	struct line p = { path, sizeof(path), 0 };

	if (d->failed)
		return 0;
	place(d, offset);
	line_path(d, &p, d->depth - 1);
	line_add(&p, "[");
	line_quote(&p, key, len);
	line_add(&p, "]");
	return compose(d, path, what);
}

int oci_fail_missing(struct oci_decoder *d, const struct oci_member *m)
{
	char path[256] = "", what[160] = "";
	struct line p = { path, sizeof(path), 0 };
	struct line w = { what, sizeof(what), 0 };

	if (d->failed)
		return 0;
	place(d, frame_top(d)->start);
	line_path(d, &p, d->depth - 1);
	line_step(&p, m->name);
	line_add(&w, "missing, expected ");
	expect_member(&w, m, false);
	return compose(d, path, what);
}

int oci_fail_issue(struct oci_decoder *d, size_t offset, const struct oci_issue *issue)
{
	char path[256] = "";
	struct line p = { path, sizeof(path), 0 };

	if (d->failed)
		return 0;
	place(d, offset);
	line_path(d, &p, d->depth - 1);
	if (issue->where[0] == '[')
		line_add(&p, "%s", issue->where);
	else if (issue->where[0] != '\0')
		line_step(&p, issue->where);
	if (d->whole)
		(void)oci_locate(d->piece, d->piece_len, path, &d->error->line,
				 &d->error->column);
	return compose(d, path, issue->what);
}

int oci_fail_plain(struct oci_decoder *d, const char *what)
{
	if (d->failed)
		return 0;
	d->error->line = 0;
	d->error->column = 0;
	return compose(d, "", what);
}

int oci_fail_syntax(struct oci_decoder *d)
{
	size_t at = d->piece_at + yajl_get_bytes_consumed(d->yajl);
	unsigned char *text;
	const char *what;
	size_t len;

	if (d->failed)
		return 0;
	text = yajl_get_error(d->yajl, 0, NULL, 0);
	what = text != NULL ? (const char *)text : "unknown error";
	len = strcspn(what, "\n");
	return oci_fail(d, at > d->piece_at ? at - 1 : at, "not valid JSON: %.*s",
			(int)len, what);
}
