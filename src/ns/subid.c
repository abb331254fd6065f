/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subordinate id files, read as shadow reads them: a line that is not exactly
 * OWNER:START:COUNT is no line. Where its versions differ (a fourth field, ranges beyond the
 * last id) the strictest is followed. 64-bit arithmetic; ranges come out sorted and merged.
 */
#include "ns/subid.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_MAX_ = 1023, FILE_MAX_ = 16 << 20 };

static const uint64_t IDS_END = 1ULL << 32;

void subid_ranges_free(struct subid_ranges *r)
{
	free(r->v);
	*r = (struct subid_ranges){ 0 };
}

/*
 * strtoull(3) with base 0, as shadow does: blanks and a plus may stand before the number, and
 * nothing behind it. (A minus is left out: what comes of it differs from version to version.)
 * The text ends at `end`, which is no digit of any base.
 */
static bool number(const char *s, const char *end, uint64_t *ret)
{
	const char *digits = s + strspn(s, " \t\v\f\r");
	char *stop;
	uint64_t v;

	digits += *digits == '+';
	if (digits >= end || *digits < '0' || *digits > '9')
		return false;
	errno = 0;
	v = strtoull(digits, &stop, 0);
	if (stop != end || errno || v > IDS_END)
		return false;
	*ret = v;
	return true;
}

struct owner {
	bool is_anybody;
	const char *name; /* may be NULL */
	char uid[16]; /* in decimal digits */
};

static bool owner_is(const char *line, size_t n, const struct owner *o)
{
	return o->is_anybody ||
	       (o->name && strlen(o->name) == n && memcmp(line, o->name, n) == 0) ||
	       (strlen(o->uid) == n && memcmp(line, o->uid, n) == 0);
}

/* One line of n bytes; false when it is another's or malformed. */
static bool parse_line(const char *line, size_t n, const struct owner *owner,
		       struct subid_range *ret)
{
	const char *end = line + n, *start, *count;
	struct subid_range r;

	if (n > LINE_MAX_ || n == 0 || *line == '#')
		return false;
	start = memchr(line, ':', n);
	if (!start || !owner_is(line, (size_t)(start - line), owner))
		return false;
	start++;
	count = memchr(start, ':', (size_t)(end - start));
	if (!count || !number(start, count, &r.start) ||
	    !number(count + 1, end, &r.count))
		return false;
	if (r.count == 0 || r.start + r.count > IDS_END)
		return false;
	/* 2^32-1 may stand in the file, but nobody can have it */
	r.count -= r.start + r.count == IDS_END;
	*ret = r;
	return r.count > 0;
}

bool subid_line(const char *line, size_t n, struct subid_range *ret)
{
	return parse_line(line, n, &(struct owner){ .is_anybody = true }, ret);
}

static int by_start(const void *a, const void *b)
{
	const struct subid_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void merge(struct subid_ranges *r)
{
	size_t kept = 0;

	if (r->n == 0)
		return;
	qsort(r->v, r->n, sizeof(*r->v), by_start);
	for (size_t i = 1; i < r->n; i++) {
		struct subid_range *last = &r->v[kept];
		uint64_t end = last->start + last->count;
		uint64_t next_end = r->v[i].start + r->v[i].count;

		if (r->v[i].start > end)
			r->v[++kept] = r->v[i];
		else if (next_end > end)
			last->count = next_end - last->start;
	}
	r->n = kept + 1;
}

void subid_ranges_add(struct subid_ranges *r, const struct subid_ranges *more)
{
	if (!more->n)
		return;
	r->v = xreallocarray(r->v, r->n + more->n, sizeof(*r->v));
	memcpy(r->v + r->n, more->v, more->n * sizeof(*r->v));
	r->n += more->n;
	merge(r);
}

static void parse(const char *text, const struct owner *owner, struct subid_ranges *ret,
		  bool *ret_no_newline)
{
	struct subid_ranges r = { 0 };
	size_t room = 0;

	*ret_no_newline = false;
	while (*text) {
		size_t n = strcspn(text, "\n");
		struct subid_range one;

		if (parse_line(text, n, owner, &one)) {
			if (r.n == room) {
				room = room ? 2 * room : 8;
				r.v = xreallocarray(r.v, room, sizeof(*r.v));
			}
			r.v[r.n++] = one;
		}
		if (!text[n])
			*ret_no_newline = true;
		text += n + (text[n] == '\n');
	}
	merge(&r);
	*ret = r;
}

void subid_parse(const char *text, const char *name, uid_t uid, struct subid_ranges *ret,
		 bool *ret_no_newline)
{
	struct owner owner = { .name = name };

	snprintf(owner.uid, sizeof(owner.uid), "%u", (unsigned)uid);
	parse(text, &owner, ret, ret_no_newline);
}

void subid_parse_all(const char *text, struct subid_ranges *ret)
{
	bool ignored;

	parse(text, &(struct owner){ .is_anybody = true }, ret, &ignored);
}

uint64_t subid_overlap(const struct subid_ranges *r, uint64_t first, uint64_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->n; i++) {
		uint64_t lo = r->v[i].start, hi = lo + r->v[i].count;

		lo = lo < first ? first : lo;
		hi = hi > first + count ? first + count : hi;
		sum += hi > lo ? hi - lo : 0;
	}
	return sum;
}

void subid_leave_out(struct subid_ranges *r, uint64_t id)
{
	for (size_t i = 0; i < r->n; i++) {
		struct subid_range *at = &r->v[i];
		struct subid_range above = { id + 1, at->start + at->count - id - 1 };
		struct subid_ranges list = { &above, above.count > 0 };

		if (id < at->start || id - at->start >= at->count)
			continue;
		at->count = id - at->start;
		if (!at->count)
			memmove(at, at + 1, (--r->n - i) * sizeof(*at));
		subid_ranges_add(r, &list);
		return;
	}
}

/* A uid may have several names in /etc/passwd; a line for any of them counts. */
static void add_other_names(const char *text, const char *name, uid_t uid,
			    struct subid_ranges *ret)
{
	bool ignored;

	if (!*text)
		return;
	for (unsigned n = 0;; n++) {
		auto_free char *other = subid_user_name_nth(uid, n);
		auto_subid more = { 0 };

		if (!other)
			return;
		if (name && str_eq(other, name))
			continue;
		subid_parse(text, other, uid, &more, &ignored);
		subid_ranges_add(ret, &more);
	}
}

int subid_read(const char *path, const char *name, uid_t uid, struct subid_ranges *ret,
	       bool *ret_no_newline, struct err *e)
{
	auto_str text = { 0 };
	auto_close int fd =
		open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ELOOP) {
		err_set(e, "%s is a symbolic link", path);
		return err_hint(e,
				"newuidmap and newgidmap do not follow it: put the file "
				"itself there");
	}
	if (fd < 0 && errno != ENOENT) {
		err_sys_plain(e, "%s", path);
		return e->code == EACCES ? err_hint(e, "as root: chmod 644 %s", path)
					 : -1;
	}
	if (fd >= 0)
		TRY(file_read_fd(fd, path, FILE_MAX_, &text, e));
	subid_parse(text.s ? text.s : "", name, uid, ret, ret_no_newline);
	add_other_names(text.s ? text.s : "", name, uid, ret);
	return 0;
}
