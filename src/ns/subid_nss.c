/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Subordinate ids from another source than the files. A static program cannot load the
 * modules that nsswitch.conf names; getsubids(1) of shadow can, and newuidmap asks the same.
 */
#include "ns/subid.h"

#include "base/child.h"
#include "base/file.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <strings.h>

enum { NSSWITCH_MAX = 1 << 20, ANSWER_MAX = 1 << 20, ANSWER_MS = 10000 };

void subid_source(const char *nsswitch, char *ret, size_t size)
{
	snprintf(ret, size, "files");
	for (const char *p = nsswitch; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *word = p + strspn(p, " \t");
		size_t n;

		/* shadow's own reader takes it in any case */
		if (strncasecmp(word, "subid:", 6) != 0)
			continue;
		word += 6 + strspn(word + 6, " \t");
		n = strcspn(word, " \t\n#");
		if (n)
			snprintf(ret, size, "%.*s", (int)n, word);
		return;
	}
}

/* The next word of digits in a line; false when there is none. */
static bool take_number(const char **at, uint64_t *ret)
{
	char digits[16];
	size_t n;

	*at += strspn(*at, " ");
	n = strspn(*at, "0123456789");
	if (!n || n >= sizeof(digits))
		return false;
	memcpy(digits, *at, n);
	digits[n] = '\0';
	*at += n;
	return str_to_u64(digits, UINT32_MAX, ret);
}

void subid_parse_answer(const char *text, struct subid_ranges *ret)
{
	auto_subid all = { 0 };
	size_t room = 0;

	*ret = (struct subid_ranges){ 0 };
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		struct subid_range one;
		const char *at = p;
		uint64_t index;

		if (!take_number(&at, &index) || at[0] != ':' || at[1] != ' ')
			continue;
		at += 2 + strcspn(at + 2, " \n"); /* the owner */
		if (!take_number(&at, &one.start) || !take_number(&at, &one.count) ||
		    (*at != '\n' && *at) || !one.count ||
		    one.start + one.count > UINT32_MAX)
			continue;
		if (all.n == room) {
			room = room ? 2 * room : 8;
			all.v = xreallocarray(all.v, room, sizeof(*all.v));
		}
		all.v[all.n++] = one;
	}
	subid_ranges_add(ret, &all); /* sorts and merges, once */
}

static int ask(const char *source, const char *file, const char *name,
	       struct subid_ranges *ret, struct err *e)
{
	char program[] = "getsubids", group[] = "-g";
	auto_free char *owner = xstrdup(name ? name : "");
	bool gids = str_eq(file, "/etc/subgid");
	char *argv[] = { program, gids ? group : owner, gids ? owner : NULL, NULL };
	char path[CHILD_PATH_MAX];
	struct child_spec spec = { .path = path,
				   .argv = argv,
				   .cwd_fd = -1,
				   .timeout_ms = ANSWER_MS,
				   .output_limit = ANSWER_MAX,
				   .output_fd = -1 };
	struct child_result result = { 0 };
	int rc;

	if (!child_find(program, path)) {
		err_set(e, "/etc/nsswitch.conf takes subordinate ids from %.40s", source);
		return err_hint(e, "install getsubids (package uidmap or shadow-utils)");
	}
	rc = child_run(&spec, &result, e);
	if (rc == 0)
		subid_parse_answer(result.output.n ? result.output.s : "", ret);
	str_free(&result.output);
	return rc;
}

int subid_of_user(const char *file, const char *name, uid_t uid, struct subid_ranges *ret,
		  struct err *e)
{
	struct err none = { 0 };
	auto_str text = { 0 };
	char source[64];
	bool no_newline;

	if (file_read(AT_FDCWD, "/etc/nsswitch.conf", 0, NSSWITCH_MAX, &text, &none) < 0)
		text.n = 0;
	subid_source(text.n ? text.s : "", source, sizeof(source));
	if (!str_eq(source, "files"))
		return ask(source, file, name, ret, e);
	return subid_read(file, name, uid, ret, &no_newline, e);
}
