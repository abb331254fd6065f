/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors: composed once, at the line that failed, from the open scopes, the text and the
 * system's reason. The first error stays; whatever fails while it is handled is its
 * consequence. One line always: control characters become '?'.
 */
#define ERR_C
#include "base/err.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Appends at *at, cutting at the end of the buffer; vsnprintf keeps it terminated. */
static void add(char *buf, size_t size, size_t *at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void vadd(char *buf, size_t size, size_t *at, const char *fmt, va_list ap)
{
	int n;

	if (*at + 1 >= size)
		return;
	n = vsnprintf(buf + *at, size - *at, fmt, ap);
	if (n < 0)
		return;
	*at += (size_t)n;
	if (*at >= size)
		*at = size - 1;
}

static void add(char *buf, size_t size, size_t *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(buf, size, at, fmt, ap);
	va_end(ap);
}

/* Outermost scope first. */
static void add_place(struct err *e, size_t *at, const struct err_where *w)
{
	if (!w)
		return;
	add_place(e, at, w->outer);
	if (w->member)
		add(e->text, sizeof(e->text), at, "%s", w->member);
	if (w->index >= 0)
		add(e->text, sizeof(e->text), at, "[%ld]", w->index);
	if (w->member)
		add(e->text, sizeof(e->text), at, ": ");
	if (w->object)
		add(e->text, sizeof(e->text), at, "%.200s: ", w->object);
}

static void one_line(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

static int compose(struct err *e, int code, const char *reason, const char *fmt,
		   va_list ap)
{
	size_t at = 0;

	if (err_is_set(e))
		return -1;
	e->code = code;
	add_place(e, &at, e->scope);
	vadd(e->text, sizeof(e->text), &at, fmt, ap);
	if (reason)
		add(e->text, sizeof(e->text), &at, ": %s", reason);
	one_line(e->text);
	if (code == EMFILE) /* wherever it happens the cure is the same */
		snprintf(e->hint, sizeof(e->hint),
			 "the limit of open files is reached: `ulimit -n 64`, or more");
	return -1;
}

const char *err_name(int code)
{
	const char *s = strerrordesc_np(code);
	static char unknown[24];

	if (s)
		return s;
	snprintf(unknown, sizeof(unknown), "error %d", code);
	return unknown;
}

int err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	compose(e, 0, NULL, fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int code = errno;
	va_list ap;

	va_start(ap, fmt);
	compose(e, code, err_name(code), fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys_plain(struct err *e, const char *fmt, ...)
{
	int code = errno;
	const char *reason = err_name(code);
	va_list ap;

	if (code == ENOENT)
		reason = "it does not exist";
	else if (code == EPERM || code == EACCES)
		reason = "not allowed";
	va_start(ap, fmt);
	compose(e, code, reason, fmt, ap);
	va_end(ap);
	return -1;
}

int err_code(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	compose(e, code, err_name(code), fmt, ap);
	va_end(ap);
	return -1;
}

int err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e->hint[0])
		return -1;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	one_line(e->hint);
	return -1;
}

int err_hint_more(struct err *e, const char *fmt, ...)
{
	size_t at = strlen(e->hint);
	va_list ap;

	if (at && at + 2 < sizeof(e->hint))
		at += (size_t)snprintf(e->hint + at, sizeof(e->hint) - at, "; ");
	va_start(ap, fmt);
	vsnprintf(e->hint + at, sizeof(e->hint) - at, fmt, ap);
	va_end(ap);
	one_line(e->hint);
	return -1;
}

int err_status(struct err *e, int status)
{
	e->status = status;
	return -1;
}

void err_clear(struct err *e)
{
	*e = (struct err){ .scope = e->scope };
}

int err_take(struct err *e, const struct err *from)
{
	size_t at = 0;

	if (err_is_set(e))
		return -1;
	e->code = from->code;
	e->status = from->status;
	e->program = from->program;
	e->no_userns = from->no_userns;
	e->no_other_ns = from->no_other_ns;
	add_place(e, &at, e->scope);
	add(e->text, sizeof(e->text), &at, "%.*s", ERR_TEXT_MAX - 1, from->text);
	if (!err_is_set(e))
		add(e->text, sizeof(e->text), &at, "unknown error");
	memcpy(e->hint, from->hint, sizeof(e->hint));
	e->hint[sizeof(e->hint) - 1] = '\0';
	one_line(e->text);
	one_line(e->hint);
	return -1;
}
