/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --env-file and --user; see direct.h. */
#include "base/file.h"
#include "base/str.h"
#include "cmd/direct.h"

#include <fcntl.h>

enum { ENV_FILE_MAX = 1 << 20 };

/* ---- variables --------------------------------------------------------------------------- */

static int bad_line(const char *path, size_t number, struct err *e)
{
	return err_set(e, "--env-file %s: line %zu: expected NAME=VALUE or NAME", path,
		       number);
}

int direct_parse_env(const char *path, const char *text, struct oci_arena *arena,
		     const char **ret, size_t *n, struct err *e)
{
	size_t number = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");
		size_t name = strcspn(text, "=\n");
		const char *line = text;

		number++;
		text += len + (text[len] == '\n');
		if (len == 0 || line[0] == '#')
			continue;
		if (name == 0 || strcspn(line, " \t") < name)
			return bad_line(path, number, e);
		ret[*n] = oci_strndup(arena, line, len);
		if (!ret[(*n)++])
			return err_set(e, "out of memory");
	}
	return 0;
}

static size_t lines_in(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

int direct_take_env(const struct direct_values *v, struct oci_arena *arena,
		    struct direct_request *rq, struct err *e)
{
	const char **list;
	auto_str text = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < v->env.n; i++)
		if (!v->env.v[i][0] || v->env.v[i][0] == '=')
			return err_set(e, "--env %.60s: expected NAME=VALUE or NAME",
				       v->env.v[i]);
	rq->env = v->env.v;
	rq->n_env = v->env.n;
	if (!v->env_file)
		return 0;
	{
		WHERE_IN(e, "--env-file", NULL);
		TRY(file_read(AT_FDCWD, v->env_file, 0, ENV_FILE_MAX, &text, e));
	}
	if (text.n && strlen(text.s) != text.n)
		return err_set(e, "--env-file %s: a NUL byte in it", v->env_file);
	list = oci_alloc(arena,
			 (v->env.n + lines_in(text.s ? text.s : "")) * sizeof(*list));
	if (!list)
		return err_set(e, "out of memory");
	TRY(direct_parse_env(v->env_file, text.s ? text.s : "", arena, list, &n, e));
	for (size_t i = 0; i < v->env.n; i++)
		list[n++] = v->env.v[i];
	rq->env = list;
	rq->n_env = n;
	return 0;
}

/* ---- who --------------------------------------------------------------------------------- */

/* A number, a name (*ret_name), or neither. */
static bool parse_who(const char *word, uint32_t *ret, const char **ret_name)
{
	uint64_t v;

	*ret_name = NULL;
	if (str_to_u64(word, UINT32_MAX - 1, &v)) {
		*ret = (uint32_t)v;
		return true;
	}
	if (!*word || strchr("0123456789-", *word) || strlen(word) > 255)
		return false;
	*ret_name = word;
	return true;
}

int direct_parse_user(const char *text, struct oci_arena *arena,
		      struct direct_request *ret, struct err *e)
{
	size_t n = strcspn(text, ":");
	const char *user = oci_strndup(arena, text, n);

	if (!user)
		return err_set(e, "out of memory");
	ret->has_user = true;
	ret->has_group = text[n] == ':';
	if (!parse_who(user, &ret->uid, &ret->user_name) ||
	    (ret->has_group && !parse_who(text + n + 1, &ret->gid, &ret->group_name)) ||
	    strchr(text + n + (text[n] == ':'), ':'))
		return err_set(e,
			       "--user %.60s: expected UID or NAME, and perhaps :GID or "
			       ":GROUP",
			       text);
	if (!ret->has_group)
		ret->gid = ret->uid;
	return 0;
}

enum { DOUBLE_ROOTLESS_ID = 1001 };

int direct_double_rootless(const struct direct_values *v, struct direct_request *rq,
			   struct err *e)
{
	if (!v->userns && rq->ids.mode == IDS_SINGLE)
		rq->ids.mode = IDS_AUTO;
	if (rq->ids.mode == IDS_SINGLE || rq->ids.mode == IDS_HOST)
		return err_set(e,
			       "--double-rootless: with --userns %s the program would "
			       "be the caller outside",
			       v->userns);
	if (!v->user) {
		rq->has_user = rq->has_group = true;
		rq->uid = rq->gid = DOUBLE_ROOTLESS_ID;
	}
	rq->stranger = true;
	return 0;
}
