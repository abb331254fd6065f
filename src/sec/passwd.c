/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users and groups as an image has them; see passwd.h. A malformed line is no line. */
#include "sec/passwd.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "kernel/path.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PASSWD_MAX = 1 << 20 };

int passwd_read(int root_fd, const char *file, struct str *ret, struct err *e)
{
	auto_close int fd = path_open(root_fd, file, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

	if (fd < 0)
		return err_sys_plain(e, "/%s", file);
	return file_read_fd(fd, file, PASSWD_MAX, ret, e);
}

/* Field number i of a line that ends at `end`; false when there are fewer. */
static bool find_field(const char *line, const char *end, int i, const char **ret,
		       size_t *n)
{
	for (; i > 0; i--) {
		line = memchr(line, ':', (size_t)(end - line));
		if (!line)
			return false;
		line++;
	}
	*ret = line;
	line = memchr(line, ':', (size_t)(end - line));
	*n = (size_t)((line ? line : end) - *ret);
	return true;
}

/* The next line; NULL at the end of the text. */
static const char *line_after(const char *end)
{
	return *end && end[1] ? end + 1 : NULL;
}

static char *home_in(const char *text, uid_t uid)
{
	char want[16];
	size_t n_want = (size_t)snprintf(want, sizeof(want), "%u", uid);

	for (const char *line = text; line;) {
		const char *end = line + strcspn(line, "\n");
		const char *field;
		size_t n;

		if (find_field(line, end, 2, &field, &n) && n == n_want &&
		    memcmp(field, want, n) == 0 && find_field(line, end, 5, &field, &n) &&
		    n && field[0] == '/')
			return xstrndup(field, n);
		line = line_after(end);
	}
	return NULL;
}

void passwd_home(int root_fd, uid_t uid, char **ret)
{
	struct err ignored = { 0 };
	auto_str text = { 0 };

	*ret = NULL;
	if (passwd_read(root_fd, "etc/passwd", &text, &ignored) == 0 && text.s)
		*ret = home_in(text.s, uid);
}

/* The number in field i of a line. */
static bool number_in(const char *line, const char *end, int i, uint32_t *ret)
{
	char digits[16];
	const char *field;
	uint64_t v;
	size_t n;

	if (!find_field(line, end, i, &field, &n) || n >= sizeof(digits))
		return false;
	memcpy(digits, field, n);
	digits[n] = '\0';
	if (!str_to_u64(digits, UINT32_MAX - 1, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool is_named(const char *line, const char *end, const char *name)
{
	const char *field;
	size_t n;

	return find_field(line, end, 0, &field, &n) && n == strlen(name) &&
	       memcmp(field, name, n) == 0;
}

bool passwd_find_user(const char *text, const char *name, uint32_t *ret_uid,
		      uint32_t *ret_gid)
{
	for (const char *line = text; line;) {
		const char *end = line + strcspn(line, "\n");
		uint32_t uid, gid;

		if (*name && is_named(line, end, name) && number_in(line, end, 2, &uid) &&
		    number_in(line, end, 3, &gid)) {
			*ret_uid = uid;
			*ret_gid = gid;
			return true;
		}
		line = line_after(end);
	}
	return false;
}

bool passwd_find_group(const char *text, const char *name, uint32_t *ret_gid)
{
	for (const char *line = text; line;) {
		const char *end = line + strcspn(line, "\n");

		if (*name && is_named(line, end, name) &&
		    number_in(line, end, 2, ret_gid))
			return true;
		line = line_after(end);
	}
	return false;
}

/* Is the name one of the words, separated by commas, in the last field of a line? */
static bool has_member(const char *line, const char *end, const char *name)
{
	size_t n, len = strlen(name);
	const char *field, *stop;

	if (!len || !find_field(line, end, 3, &field, &n))
		return false;
	for (stop = field + n; field < stop;) {
		const char *comma = memchr(field, ',', (size_t)(stop - field));
		size_t word = (size_t)((comma ? comma : stop) - field);

		if (word == len && memcmp(field, name, len) == 0)
			return true;
		field += word + 1;
	}
	return false;
}

static bool is_known(const uint32_t *list, size_t n, uint32_t gid)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == gid)
			return true;
	return false;
}

size_t passwd_find_groups(const char *text, const char *user, uint32_t *ret, size_t room)
{
	size_t n = 0;

	for (const char *line = text; line;) {
		const char *end = line + strcspn(line, "\n");
		uint32_t gid;

		if (has_member(line, end, user) && number_in(line, end, 2, &gid) &&
		    !is_known(ret, n < room ? n : room, gid)) {
			if (n < room)
				ret[n] = gid;
			n++;
		}
		line = line_after(end);
	}
	return n;
}
