/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SELinux's state, labels and categories; see selinux.h. SELinux counts as there when
 * selinuxfs is mounted writable at its one place: a container that is shown a read-only
 * selinuxfs shall believe that there is none.
 */
#include "sec/selinux.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SELINUX_FS_MAGIC = (int)0xf97cff8cu, FILE_LIMIT = 64 << 10 };

/* Before a policy is loaded everything has this one label. */
static bool has_policy(void)
{
	char text[16];

	return file_read_value(AT_FDCWD, "/proc/self/attr/current", text, sizeof(text)) <
		       0 ||
	       !str_eq(text, "kernel");
}

enum selinux_state selinux_read_state(void)
{
	struct statfs fs;
	char text[16];

	if (statfs("/sys/fs/selinux", &fs) < 0 || (int)fs.f_type != SELINUX_FS_MAGIC ||
	    (fs.f_flags & ST_RDONLY) || !has_policy())
		return SELINUX_DISABLED;
	if (file_read_value(AT_FDCWD, "/sys/fs/selinux/enforce", text, sizeof(text)) < 0)
		return SELINUX_PERMISSIVE;
	return text[0] == '1' ? SELINUX_ENFORCING : SELINUX_PERMISSIVE;
}

bool selinux_has_levels(void)
{
	char text[16];

	return file_read_value(AT_FDCWD, "/sys/fs/selinux/mls", text, sizeof(text)) > 0 &&
	       text[0] == '1';
}

bool selinux_knows(const char *label)
{
	auto_close int fd = open("/sys/fs/selinux/context", O_RDWR | O_CLOEXEC);
	size_t n = strlen(label) + 1;

	return fd < 0 || write(fd, label, n) >= 0 || errno != EINVAL;
}

/* ---- files ------------------------------------------------------------------------------ */

static const char blanks[] = " \t\r";

/*
 * The value of a line NAME=VALUE: blanks around both are nothing, and quotes neither; '#'
 * begins a comment. The last such line counts. "" when there is none.
 */
static const char *find_value(const char *text, const char *name, struct oci_arena *arena)
{
	const char *found = "";
	size_t found_n = 0;

	for (const char *line = text; *line; line += *line == '\n') {
		size_t n = strlen(name);
		const char *at = line + strspn(line, blanks);

		line += strcspn(line, "\n");
		if (strncmp(at, name, n) != 0)
			continue;
		at += n + strspn(at + n, blanks);
		if (*at != '=')
			continue;
		at++;
		at += strspn(at, " \t\r\"");
		found = at;
		found_n = strcspn(at, " \t\r\"#\n");
	}
	return oci_strndup(arena, found, found_n);
}

const char *selinux_parse_type(const char *text, struct oci_arena *arena)
{
	const char *type = find_value(text, "SELINUXTYPE", arena);

	return type && *type ? type : "targeted";
}

void selinux_parse_contexts(const char *text, struct oci_arena *arena,
			    struct selinux_contexts *ret)
{
	*ret = (struct selinux_contexts){
		.process = find_value(text, "process", arena),
		.file = find_value(text, "file", arena),
	};
}

int selinux_read_contexts(const char *dir, struct oci_arena *arena,
			  struct selinux_contexts *ret, struct err *e)
{
	struct selinux_contexts found;
	auto_str text = { 0 };
	const char *type;
	char path[512];

	snprintf(path, sizeof(path), "%s/config", dir);
	TRY(file_read(AT_FDCWD, path, 0, FILE_LIMIT, &text, e));
	type = selinux_parse_type(text.n ? text.s : "", arena);
	if (strchr(type, '/') || str_eq(type, ".."))
		return err_set(e, "%s: SELINUXTYPE=%s is no name", path, type);
	snprintf(path, sizeof(path), "%s/%.200s/contexts/lxc_contexts", dir, type);
	TRY(file_read(AT_FDCWD, path, 0, FILE_LIMIT, &text, e));
	selinux_parse_contexts(text.n ? text.s : "", arena, &found);
	if (arena->failed)
		return err_set(e, "out of memory");
	if (!*found.process || !*found.file)
		return err_set(e, "%s: names no label for %s", path,
			       *found.process ? "file" : "process");
	*ret = found;
	return 0;
}

/* ---- levels and categories ---------------------------------------------------------------- */

/* Behind the third colon; NULL: the label has no level. */
static const char *level_of(const char *label)
{
	for (int i = 0; label && i < 3; i++) {
		label = strchr(label, ':');
		label += label != NULL;
	}
	return label;
}

const char *selinux_level(const char *label)
{
	const char *level = level_of(label);
	const char *dash = level ? strchr(level, '-') : NULL;

	return dash ? dash + 1 : level;
}

bool selinux_with_level(const char *label, const char *level, char *buf, size_t size)
{
	const char *old = level_of(label);
	size_t n = old ? (size_t)(old - label) - 1 : strlen(label);
	int len = snprintf(buf, size, "%.*s%s%s", (int)n, label, level ? ":" : "",
			   level ? level : "");

	return len > 0 && (size_t)len < size;
}

/* "cN"; what follows is in *ret_rest. */
static bool parse_category(const char *text, unsigned *ret, const char **ret_rest)
{
	unsigned n = 0;
	size_t digits = strspn(text + (*text == 'c'), "0123456789");

	if (*text != 'c' || !digits || digits > 4)
		return false;
	for (size_t i = 1; i <= digits; i++)
		n = n * 10 + (unsigned)(text[i] - '0');
	*ret = n;
	*ret_rest = text + 1 + digits;
	return n < SELINUX_CATEGORIES;
}

static void set_range(struct selinux_categories *c, unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++)
		c->bits[i / 64] |= (uint64_t)1 << (i % 64);
}

bool selinux_parse_categories(const char *label, struct selinux_categories *ret)
{
	const char *at = selinux_level(label);
	struct selinux_categories c = { 0 };

	at = at ? strchr(at, ':') : NULL;
	if (!at)
		return false;
	do {
		unsigned first, last;

		if (!parse_category(at + 1, &first, &at))
			return false;
		last = first;
		if (*at == '.' && (!parse_category(at + 1, &last, &at) || last < first))
			return false;
		set_range(&c, first, last);
	} while (*at == ',');
	if (*at)
		return false;
	*ret = c;
	return true;
}
