/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The login names of a uid, by which lines of the id files may call it. /etc/passwd is read
 * first; who is not in it (LDAP, sssd, homed: a static program cannot load their modules) is
 * asked of getent(1), as newuidmap asks the same modules.
 */
#include "ns/subid.h"

#include "base/child.h"
#include "base/file.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>

enum { FILE_MAX_ = 16 << 20, ANSWER_MAX = 1 << 16, ANSWER_MS = 10000 };

char *subid_name_in(const char *passwd, uid_t uid, unsigned nth)
{
	for (const char *p = passwd; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t n = strcspn(p, ":\n");
		size_t password = n + (p[n] == ':');
		const char *id = p + password + strcspn(p + password, ":\n");
		char digits[16];
		uint64_t v;
		size_t len;

		if (*id++ != ':')
			continue;
		len = strcspn(id, ":\n");
		if (len >= sizeof(digits))
			continue;
		memcpy(digits, id, len);
		digits[len] = '\0';
		if (str_to_u64(digits, UINT32_MAX, &v) && v == uid && nth-- == 0)
			return xstrndup(p, n);
	}
	return NULL;
}

char *subid_user_name_nth(uid_t uid, unsigned nth)
{
	struct err ignored = { 0 };
	auto_str text = { 0 };

	if (file_read(AT_FDCWD, "/etc/passwd", 0, FILE_MAX_, &text, &ignored) < 0 ||
	    !text.s)
		return NULL;
	return subid_name_in(text.s, uid, nth);
}

/* NULL when nobody knows, or none can be asked: then lines count that name the number. */
static char *ask(uid_t uid)
{
	char program[] = "getent", database[] = "passwd", number[16];
	char *argv[] = { program, database, number, NULL };
	char path[CHILD_PATH_MAX];
	struct child_spec spec = { .path = path,
				   .argv = argv,
				   .cwd_fd = -1,
				   .timeout_ms = ANSWER_MS,
				   .output_limit = ANSWER_MAX,
				   .output_fd = -1 };
	struct child_result result = { 0 };
	struct err ignored = { 0 };
	char *name = NULL;

	snprintf(number, sizeof(number), "%u", (unsigned)uid);
	if (child_find(program, path) && child_run(&spec, &result, &ignored) == 0 &&
	    result.output.n)
		name = subid_name_in(result.output.s, uid, 0);
	str_free(&result.output);
	return name;
}

char *subid_user_name(uid_t uid)
{
	char *name = subid_user_name_nth(uid, 0);

	return name ? name : ask(uid);
}
