/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors. A fallible function takes `struct err *e` last and returns 0 (or a value >= 0),
 * or -1 if and only if it has set *e; a function that returns a pointer returns NULL if and
 * only if it has set *e. The failing line says what failed; WHERE says in which member of
 * config.json; nobody in between wraps:
 *
 *	WHERE(e, "mounts", i, m->destination);
 *	if (mount(...) < 0)
 *		return err_sys(e, "mount %s", type);
 *
 *	mounts[3]: /sys: mount sysfs: Operation not permitted
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ERR_TEXT_MAX = 640, ERR_HINT_MAX = 320 };

/* One open scope; lives on the C stack of the function that opened it. */
struct err_where {
	const char *member; /* "mounts", "process.cwd" */
	long index; /* -1: the member is no list */
	const char *object; /* what the user calls it, or NULL */
	const struct err_where *outer;
};

/*
 * Flat but for `scope`: a process hands text, hint, code and status to another one as they
 * are. A zeroed struct is "no error".
 */
struct err {
	int code; /* errno of the failing call, 0 when it was a decision of ours */
	int status; /* exit status the failing line asks for, 0: the command's usual one */
	bool no_userns; /* a user namespace could not be made: some commands know a way without */
	bool no_other_ns; /* with it, but because of a namespace of another kind */
	int program; /* 126 or 127 when it is the program's fault, as env(1) would say; else 0 */
	char text[ERR_TEXT_MAX]; /* one line, complete with its place */
	char hint[ERR_HINT_MAX]; /* what to do about it, or "" */
	const struct err_where *scope; /* innermost open WHERE */
};

/* True when *e holds an error. */
#define err_is_set(e) ((e)->text[0] != '\0')

/*
 * Sets *e to "PLACE: TEXT" without a system reason. Always returns -1. A second error does
 * not replace the first one (the first is the cause, the second its consequence).
 */
int err_set(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Sets *e to "PLACE: TEXT: strerror(errno)", e->code to errno. Always returns -1. The text
 * of ENOENT, EPERM and EACCES is what engines match to tell "command not found" from other
 * failures; see err_sys_plain() for failures that must not be taken for it.
 */
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * As err_sys(), but ENOENT, EPERM and EACCES are worded so that Podman and Docker do not
 * report them as a missing or forbidden command ("it does not exist", "not allowed").
 */
int err_sys_plain(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* As err_sys() with an explicit positive errno value. Always returns -1. */
int err_code(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds the remedy, unless one stands there already. Returns -1, to end a line with it. */
int err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds to the remedy, or is it. Returns -1. */
int err_hint_more(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Asks for an exit status other than the command's usual one. Returns -1. */
int err_status(struct err *e, int status);

/* The analyser sees one file at a time: tell it what these return. */
#if defined(__clang_analyzer__) && !defined(ERR_C)
#define err_set(...)	   ((void)err_set(__VA_ARGS__), -1)
#define err_sys(...)	   ((void)err_sys(__VA_ARGS__), -1)
#define err_sys_plain(...) ((void)err_sys_plain(__VA_ARGS__), -1)
#define err_code(...)	   ((void)err_code(__VA_ARGS__), -1)
#endif

/* Forgets the error, keeps the open scopes: for a failure that has an alternative. */
void err_clear(struct err *e);

/*
 * Takes over what another struct err holds (from a child process, or a local one), putting
 * the open scopes of *e in front. A text that the sender did not terminate is cut. Returns -1.
 */
int err_take(struct err *e, const struct err *from);

/* The text of an errno value, without allocation and locale; "error N" when unknown. */
const char *err_name(int code);

/* ---- scopes ---------------------------------------------------------------------- */

struct err_guard {
	struct err *e;
	struct err_where where;
};

static inline void err_guard_pop(struct err_guard *g)
{
	g->e->scope = g->where.outer;
}

#define ERR_JOIN2(a, b) a##b
#define ERR_JOIN(a, b)	ERR_JOIN2(a, b)

/* Names the thing for the rest of the C scope: "member[index]: object: ". */
#define WHERE_AT(err_, member_, index_, object_)                                  \
	struct err_guard ERR_JOIN(guard_, __LINE__)                               \
		__attribute__((cleanup(err_guard_pop), unused)) = {               \
			(err_), { (member_), (index_), (object_), (err_)->scope } \
		};                                                                \
	(err_)->scope = &ERR_JOIN(guard_, __LINE__).where

/* A list element ... */
#define WHERE(err_, member_, index_, object_) \
	WHERE_AT(err_, member_, (long)(index_), object_)
/* ... and a member that is no list. */
#define WHERE_IN(err_, member_, object_) WHERE_AT(err_, member_, -1L, object_)

/* The value of x, or return -1 from this function. The only hidden return there is. */
#define TRY(x)                              \
	({                                  \
		__typeof__(x) try_v_ = (x); \
		if (try_v_ < 0)             \
			return -1;          \
		try_v_;                     \
	})

#endif
