/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a path back to a line and a column: the text is scanned again, which is done only
 * for an error. The text is valid JSON already; the scanner only finds its way in it and
 * never looks beyond its end.
 */
#include "decode.h"

#include <string.h>

struct scan {
	const char *at;
	const char *end;
};

/* One step of a path: a name, or an index of a list. */
struct step {
	const char *name; /* NULL: an index */
	size_t len;
	size_t index;
};

static void skip_space(struct scan *s)
{
	while (s->at < s->end && strchr(" \t\r\n", *s->at) != NULL && *s->at != '\0')
		s->at++;
}

/* Behind the string that begins here; false when here is none. */
static bool skip_string(struct scan *s)
{
	if (s->at >= s->end || *s->at != '"')
		return false;
	for (s->at++; s->at < s->end; s->at++) {
		if (*s->at == '\\')
			s->at++;
		else if (*s->at == '"')
			break;
	}
	if (s->at >= s->end)
		return false;
	s->at++;
	return true;
}

/* Behind the value that begins here. */
static void skip_value(struct scan *s)
{
	size_t depth = 0;

	while (s->at < s->end) {
		char c = *s->at;

		if (c == '"') {
			if (!skip_string(s))
				return;
		} else if (c == '{' || c == '[') {
			depth++;
			s->at++;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return;
			depth--;
			s->at++;
		} else if (depth == 0 && c == ',') {
			return;
		} else {
			s->at++;
			if (depth > 0 || strchr("0123456789+-.eEtrufalsn", c) != NULL)
				continue;
		}
		if (depth == 0)
			return;
	}
}

/* In the object that begins here, to the value named by STEP. */
static bool enter_object(struct scan *s, const struct step *step)
{
	s->at++;
	for (;;) {
		const char *name;
		bool match;

		skip_space(s);
		name = s->at + 1;
		if (!skip_string(s))
			return false;
		match = (size_t)(s->at - 1 - name) == step->len &&
			memcmp(name, step->name, step->len) == 0;
		skip_space(s);
		if (s->at >= s->end || *s->at != ':')
			return false;
		s->at++;
		skip_space(s);
		if (match)
			return true;
		skip_value(s);
		skip_space(s);
		if (s->at >= s->end || *s->at != ',')
			return false;
		s->at++;
	}
}

static bool enter_list(struct scan *s, const struct step *step)
{
	s->at++;
	skip_space(s);
	for (size_t i = 0; i < step->index; i++) {
		skip_value(s);
		skip_space(s);
		if (s->at >= s->end || *s->at != ',')
			return false;
		s->at++;
		skip_space(s);
	}
	return s->at < s->end && *s->at != ']';
}

/* Takes the next step off *PATH; false at its end or where it makes no sense. */
static bool next_step(const char **path, struct step *step)
{
	const char *p = *path;

	*step = (struct step){ NULL, 0, 0 };
	if (*p == '.')
		p++;
	if (*p == '\0')
		return false;
	if (p[0] == '[' && p[1] == '"') {
		const char *close = strstr(p + 2, "\"]");

		if (close == NULL)
			return false;
		step->name = p + 2;
		step->len = (size_t)(close - step->name);
		*path = close + 2;
		return true;
	}
	if (*p == '[') {
		for (p++; *p >= '0' && *p <= '9'; p++)
			step->index = step->index * 10 + (size_t)(*p - '0');
		if (*p != ']')
			return false;
		*path = p + 1;
		return true;
	}
	step->name = p;
	step->len = strcspn(p, ".[");
	*path = p + step->len;
	return step->len > 0;
}

int oci_locate(const char *text, size_t len, const char *path, unsigned *ret_line,
	       unsigned *ret_column)
{
	struct scan s = { text, text + len };
	struct step step;
	const char *found;
	int result = 0;

	skip_space(&s);
	if (s.at >= s.end || *s.at != '{')
		return -1;
	found = s.at;
	while (result == 0 && next_step(&path, &step)) {
		if (*s.at == '{' && step.name != NULL)
			result = enter_object(&s, &step) ? 0 : 1;
		else if (*s.at == '[' && step.name == NULL)
			result = enter_list(&s, &step) ? 0 : 1;
		else
			result = 1;
		if (result == 0 && s.at < s.end)
			found = s.at;
		else
			result = 1;
	}
	if (*path != '\0')
		result = 1;
	*ret_line = 1;
	*ret_column = 1;
	oci_advance(text, (size_t)(found - text), ret_line, ret_column);
	return result;
}
