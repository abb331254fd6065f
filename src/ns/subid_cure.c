/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to tell who has no subordinate ids: a line that is meant for him and that shadow passes
 * over without a word, else the command that gives him ranges which nobody else has.
 */
#include "ns/subid.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_MAX_ = 16 << 20, FIRST = 100000, COUNT = 65536 };

static const char uid_file[] = "/etc/subuid", gid_file[] = "/etc/subgid";

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Whether the n bytes, without the blanks around them, are the word. */
static bool is_word(const char *s, size_t n, const char *word)
{
	while (n && is_blank(*s))
		s++, n--;
	while (n && is_blank(s[n - 1]))
		n--;
	return word && strlen(word) == n && memcmp(s, word, n) == 0;
}

static const char *flaw(const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n);
	size_t colons = 0;

	for (size_t i = 0; i < n; i++)
		colons += line[i] == ':';
	if (is_blank(*line))
		return "begins with a blank";
	if (line[n - 1] == '\r')
		return "ends with a carriage return (CRLF)";
	if (is_blank(line[n - 1]))
		return "ends with a blank";
	if (colon && is_blank(colon[-1]))
		return "has a blank before the colon";
	if (colons != 2)
		return "is not OWNER:START:COUNT";
	return "names no ids: START and COUNT are numbers, and end below 4294967296";
}

const char *subid_flaw(const char *text, const char *name, uid_t uid, size_t *ret_line)
{
	char number[16];
	size_t nr = 0;

	snprintf(number, sizeof(number), "%u", (unsigned)uid);
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t n = strcspn(p, "\n"), owner = strcspn(p, ":\r\n");
		struct subid_range ignored;

		nr++;
		if (!is_word(p, owner, name) && !is_word(p, owner, number))
			continue;
		/* with blanks around it the name is another one */
		if (!is_blank(*p) && !is_blank(p[owner - 1]) &&
		    subid_line(p, n, &ignored))
			continue;
		*ret_line = nr;
		return flaw(p, n);
	}
	return NULL;
}

static void read_text(const char *file, struct str *ret)
{
	struct err ignored = { 0 };

	if (file_read(AT_FDCWD, file, 0, FILE_MAX_, ret, &ignored) < 0)
		ret->n = 0;
}

bool subid_passed_over(const char *file, const char *name, uid_t uid, char *ret,
		       size_t size)
{
	auto_str text = { 0 };
	const char *why;
	size_t line;

	read_text(file, &text);
	why = text.n ? subid_flaw(text.s, name, uid, &line) : NULL;
	if (why)
		snprintf(ret, size, "line %zu %s", line, why);
	return why != NULL;
}

uint64_t subid_gap(const struct subid_ranges *taken)
{
	uint64_t first = FIRST;

	for (size_t i = 0; i < taken->n; i++) {
		uint64_t end = taken->v[i].start + taken->v[i].count;

		if (taken->v[i].start < first + COUNT && end > first)
			first = end;
	}
	return first + COUNT < UINT32_MAX ? first : 0;
}

/* Adds what everybody has in the file; whether the user has more in it than one id, his own. */
static bool survey(const char *file, const char *name, uid_t uid,
		   struct subid_ranges *taken)
{
	auto_subid all = { 0 }, own = { 0 };
	auto_str text = { 0 };
	bool ignored;

	read_text(file, &text);
	if (!text.n)
		return false;
	subid_parse_all(text.s, &all);
	subid_ranges_add(taken, &all);
	subid_parse(text.s, name, uid, &own, &ignored);
	return own.n > 1 || (own.n && own.v[0].count > 1);
}

void subid_cure(const char *name, uid_t uid, char *ret, size_t size)
{
	auto_subid taken = { 0 };
	bool uids, gids;
	uint64_t first;
	char range[48];

	if (!name) {
		snprintf(ret, size,
			 "as root: an entry in /etc/passwd for uid %u, whose name "
			 "newuidmap "
			 "asks for; then ranges for it",
			 (unsigned)uid);
		return;
	}
	uids = survey(uid_file, name, uid, &taken);
	gids = survey(gid_file, name, uid, &taken);
	first = subid_gap(&taken);
	snprintf(range, sizeof(range), "FIRST-LAST");
	if (first)
		snprintf(range, sizeof(range), "%llu-%llu", (unsigned long long)first,
			 (unsigned long long)first + COUNT - 1);
	/* usermod adds to a file, and makes none */
	snprintf(ret, size, "as root: %susermod%s%s%s%s %s",
		 access(uid_file, F_OK) < 0 || access(gid_file, F_OK) < 0
			 ? "touch /etc/subuid /etc/subgid; "
			 : "",
		 uids ? "" : " --add-subuids ", uids ? "" : range,
		 gids ? "" : " --add-subgids ", gids ? "" : range, name);
}
