/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics: files, numbers in them, and the parts of JSON; see stats_row.h. */
#include "cgroup/stats_row.h"

#include "base/file.h"

#include <inttypes.h>

const char *stats_text(struct stats_reader *r, int fd, const char *name)
{
	struct stats_kept *k = r->files;
	struct err ignored = { 0 };

	for (; k < r->files + r->n; k++)
		if (k->fd == fd && str_eq(k->name, name))
			return k->text.s;
	if (r->n == STATS_FILES_MAX)
		return "";
	*k = (struct stats_kept){ .fd = fd, .name = name };
	if (file_read(fd, name, 0, STATS_TEXT_MAX, &k->text, &ignored) < 0)
		k->text.n = 0;
	str_add(&k->text, ""); /* never NULL */
	k->text.s[k->text.n] = '\0';
	r->n++;
	return k->text.s;
}

int stats_place(const struct stats_reader *r, const struct stats_field *f,
		struct stats_source *ret)
{
	int fd = -1;

	for (size_t i = 0; i < r->cg->n; i++) {
		const struct cgroup_dir *dir = &r->cg->dirs[i];

		if (dir->fd < 0)
			continue;
		if (dir->v2) {
			fd = dir->fd;
			*ret = f->v2;
		} else if (f->v1.file && dir->controllers & 1u << f->controller) {
			*ret = f->v1;
			return dir->fd;
		}
	}
	return fd >= 0 && ret->file ? fd : -1;
}

/* ---- numbers ------------------------------------------------------------------------- */

bool stats_next_number(const char **text, uint64_t *ret)
{
	const char *p = *text + strcspn(*text, "0123456789");
	uint64_t v = 0;

	if (!*p)
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			v = UINT64_MAX;
	*text = p;
	*ret = v;
	return true;
}

const char *stats_line(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, key, n) == 0 && text[n] == ' ')
			return text + n + 1;
	}
	return NULL;
}

static uint64_t saturated(uint64_t a, uint64_t b)
{
	return __builtin_add_overflow(a, b, &a) ? UINT64_MAX : a;
}

uint64_t stats_value_in(const char *text, const struct stats_source *s, unsigned flags)
{
	uint64_t v = 0;

	if (s->key)
		text = stats_line(text, s->key);
	if (!text)
		return 0;
	if (str_starts(text, "max"))
		return flags & STATS_NO_MAX ? 0 : UINT64_MAX;
	if (!strchr("-0123456789", *text) || !stats_next_number(&text, &v))
		return 0;
	return __builtin_mul_overflow(v, s->scale ? s->scale : 1, &v) ? UINT64_MAX : v;
}

uint64_t stats_value(struct stats_reader *r, int fd, const struct stats_source *s,
		     unsigned flags)
{
	uint64_t v = stats_value_in(stats_text(r, fd, s->file), s, flags);

	if (s->plus)
		v = saturated(v, stats_value_in(stats_text(r, fd, s->plus),
						&(struct stats_source){ 0 }, flags));
	return v;
}

/* ---- writing ------------------------------------------------------------------------- */

void stats_add_name(struct stats_reader *r, const char *name)
{
	str_addf(r->out, "%s\"%s\":", r->comma ? "," : "", name);
	r->comma = true;
}

void stats_add_number(struct stats_reader *r, const char *name, uint64_t v)
{
	stats_add_name(r, name);
	str_addf(r->out, "%" PRIu64, v);
}

void stats_add_some(struct stats_reader *r, const char *name, uint64_t v)
{
	if (v)
		stats_add_number(r, name, v);
}

void stats_add_element(struct stats_reader *r, const char *name, char bracket, bool first)
{
	if (first) {
		stats_add_name(r, name);
		str_add_n(r->out, &bracket, 1);
	} else {
		str_add(r->out, ",");
	}
}
