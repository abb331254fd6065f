/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of users; see owner.h. */
#include "run/owner.h"

#include "base/file.h"
#include "base/str.h"

#include <fcntl.h>
#include <stdio.h>

char *owner_name(struct oci_arena *arena, uint64_t uid)
{
	auto_str text = { 0 };
	struct err e = { 0 };
	char number[24];
	char key[32];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)uid);
	if (uid == 0)
		return oci_strdup(arena, "root");
	snprintf(key, sizeof(key), ":%s:", number);
	if (file_read(AT_FDCWD, "/etc/passwd", 0, 1 << 20, &text, &e) < 0 || !text.n)
		return oci_strdup(arena, number);
	for (char *line = text.s; *line;) {
		char *end = strchrnul(line, '\n');
		char *name_end = memchr(line, ':', (size_t)(end - line));
		char *after =
			name_end ? memchr(name_end + 1, ':', (size_t)(end - name_end - 1))
				 : NULL;

		if (after && strncmp(after, key, strlen(key)) == 0)
			return oci_strndup(arena, line, (size_t)(name_end - line));
		line = *end ? end + 1 : end;
	}
	return oci_strdup(arena, number);
}
