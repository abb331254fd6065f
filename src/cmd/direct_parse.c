/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of direct use; see direct.h. Every refusal names the option and what it takes. */
#include "base/fd.h"
#include "base/str.h"
#include "cmd/direct.h"
#include "run/net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGITS_MAX = 20 }; /* of a number that fits */

enum number { NUMBER_FINE, NUMBER_NONE, NUMBER_TOO_LARGE };

/*
 * A decimal number with up to three digits behind the point, in thousandths; *ret_rest is
 * what follows.
 */
static enum number thousandths(const char *text, uint64_t *ret, const char **ret_rest)
{
	static const uint64_t scale[] = { 1000, 100, 10, 1 };
	size_t n = strspn(text, "0123456789"), fraction = 0;
	uint64_t whole, part = 0;
	char digits[DIGITS_MAX + 1];

	if (!n)
		return NUMBER_NONE;
	if (n > DIGITS_MAX)
		return NUMBER_TOO_LARGE;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (!str_to_u64(digits, UINT64_MAX / 1000 - 1, &whole))
		return NUMBER_TOO_LARGE;
	if (text[n] == '.') {
		fraction = strspn(text + n + 1, "0123456789");
		if (!fraction || fraction > 3)
			return NUMBER_NONE;
		memcpy(digits, text + n + 1, fraction);
		digits[fraction] = '\0';
		if (!str_to_u64(digits[0] == '0' ? digits + strspn(digits, "0") : digits,
				999, &part))
			part = 0; /* nothing but zeros */
		n += 1 + fraction;
	}
	*ret = whole * 1000 + part * scale[fraction];
	*ret_rest = text + n;
	return NUMBER_FINE;
}

/* A number with a unit out of a table; the factor is per thousandth. */
struct unit {
	const char *name;
	uint64_t factor; /* what 1000 thousandths are worth */
};

static enum number with_unit(const char *text, const struct unit *units, size_t n,
			     uint64_t *ret)
{
	const char *rest;
	uint64_t v;
	enum number what = thousandths(text, &v, &rest);

	if (what != NUMBER_FINE)
		return what;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(units[i].name, rest))
			continue;
		if (v && units[i].factor > UINT64_MAX / v)
			return NUMBER_TOO_LARGE;
		*ret = v * units[i].factor / 1000;
		return NUMBER_FINE;
	}
	return NUMBER_NONE;
}

static const struct unit sizes[] = {
	{ "", 1 },
	{ "b", 1 },
	{ "k", 1 << 10 },
	{ "K", 1 << 10 },
	{ "m", 1 << 20 },
	{ "M", 1 << 20 },
	{ "g", 1 << 30 },
	{ "G", 1 << 30 },
	{ "t", (uint64_t)1 << 40 },
	{ "T", (uint64_t)1 << 40 },
};

int direct_parse_size(const char *option, const char *text, const char *least,
		      uint64_t *ret, struct err *e)
{
	uint64_t v = 0, low = 1;

	(void)with_unit(least, sizes, ARRAY_SIZE(sizes), &low);
	switch (with_unit(text, sizes, ARRAY_SIZE(sizes), &v)) {
	case NUMBER_NONE:
		return err_set(e, "%s %s: expected a number of bytes, as 512m or 2g",
			       option, text);
	case NUMBER_TOO_LARGE:
		return err_set(e, "%s %s: expected at most 16000t", option, text);
	case NUMBER_FINE:
		break;
	}
	if (v < low)
		return err_set(e, "%s %s: expected at least %s", option, text, least);
	*ret = v;
	return 0;
}

int direct_parse_time(const char *option, const char *text, int64_t *ret, struct err *e)
{
	static const struct unit units[] = {
		{ "", 1000 },	{ "ms", 1 },	  { "s", 1000 },
		{ "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	};
	uint64_t v = 0;

	switch (with_unit(text, units, ARRAY_SIZE(units), &v)) {
	case NUMBER_NONE:
		return err_set(e, "%s %s: expected a time, as 90, 1.5s, 10m or 2h",
			       option, text);
	case NUMBER_TOO_LARGE:
		return err_set(e, "%s %s: expected at most 100000000d", option, text);
	case NUMBER_FINE:
		break;
	}
	if (!v)
		return err_set(e, "%s %s: expected at least 1ms", option, text);
	*ret = (int64_t)v;
	return 0;
}

int direct_parse_cpus(const char *text, uint32_t *ret, struct err *e)
{
	const char *rest = "";
	uint64_t v;

	/* the kernel's smallest quota is a hundredth of a period */
	if (thousandths(text, &v, &rest) != NUMBER_FINE || *rest || v < 10 || v > 1000000)
		return err_set(e, "--cpus %s: expected a number from 0.01 to 1000", text);
	*ret = (uint32_t)v;
	return 0;
}

/* ---- ids ---------------------------------------------------------------------------------- */

int direct_parse_userns(const char *text, struct oci_arena *arena,
			struct direct_request *ret, struct err *e)
{
	WHERE_IN(e, "--userns", NULL);

	return ids_parse(text, arena, &ret->ids, e);
}

int direct_parse_net(const char *text, struct direct_request *ret, struct err *e)
{
	struct err why = { 0 };

	if (str_eq(text, "none"))
		ret->net = DIRECT_NET_NONE;
	else if (str_eq(text, "host"))
		ret->net = DIRECT_NET_HOST;
	else if (text[0] == '/' || str_starts(text, "ns:/"))
		ret->net = DIRECT_NET_PATH;
	else
		ret->net = DIRECT_NET_HELPER;
	ret->net_path = strchr(text, '/');
	ret->net_word = text;
	if (ret->net != DIRECT_NET_HELPER || net_check_mode(text, &why) == 0)
		return 0;
	err_set(e, "--net %s", why.text);
	if (strchr(text, ':') && !str_starts(text, "ns:"))
		return -1;
	return err_hint(e, "or host, or ns:PATH, a network namespace that exists");
}

/* ---- paths -------------------------------------------------------------------------------- */

char *direct_resolve(const char *option, const char *path, struct oci_arena *arena,
		     struct err *e)
{
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	char buf[4096];
	struct stat st;
	char *copy;

	if (fd < 0) {
		err_sys_plain(e, "%s %s", option, path);
		return NULL;
	}
	if (fstat(fd, &st) == 0 && st.st_nlink == 0) {
		err_set(e, "%s %s: it has been removed", option, path);
		return NULL;
	}
	if (!fd_path(fd, buf, sizeof(buf))) {
		if (errno == ENAMETOOLONG) {
			err_set(e, "%s %s: its path is longer than 4095 bytes", option,
				path);
			err_hint(e, "a directory above it can be shown instead");
			return NULL;
		}
		err_set(e, "%s %s: its path cannot be told", option, path);
		err_hint(e, "is there a procfs? As root, `mount -t proc proc /proc`");
		return NULL;
	}
	copy = oci_strdup(arena, buf);
	if (!copy)
		err_set(e, "out of memory");
	return copy;
}

static int volume_word(const char *text, const char *word, size_t n,
		       struct direct_volume *v, struct err *e)
{
	static const char *const words[] = { "ro", "rw", "overlay", "z", "Z", "idmap" };
	size_t i = 0;

	while (i < ARRAY_SIZE(words) &&
	       (strlen(words[i]) != n || strncmp(words[i], word, n) != 0))
		i++;
	switch (i) {
	case 0:
	case 1:
		v->readonly = i == 0;
		return 0;
	case 2:
		v->throw_away = true;
		return 0;
	case 3:
	case 4:
		if (v->relabel && v->relabel != words[i][0])
			return err_set(e, "--volume %s: z and Z contradict each other",
				       text);
		v->relabel = words[i][0];
		return 0;
	case 5:
		v->idmap = true;
		return 0;
	default:
		err_set(e, "--volume %s: %.*s: expected ro, rw, overlay, z, Z or idmap",
			text, n ? (int)n : 7, n ? word : "nothing");
		if (n == 1 && *word == 'U') /* Podman's */
			return err_hint(e, "no owner is changed here: idmap shows the "
					   "files with the container's ids");
		return err_hint(e, "SRC:DST:OPT,... with a DST that begins with a slash");
	}
}

static bool is_device(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
}

int direct_parse_volume(const char *text, struct oci_arena *arena,
			struct direct_volume *ret, struct err *e)
{
	size_t n = strcspn(text, ":");
	const char *at = text + n + (text[n] == ':');
	char *source = oci_strndup(arena, text, n);
	struct direct_volume v = { 0 };

	if (!source || !n)
		return err_set(e, "--volume %s: expected SRC[:DST][:OPT,...]", text);
	v.source = direct_resolve("--volume", source, arena, e);
	if (!v.source)
		return -1;
	v.device = is_device(v.source);
	v.target = v.source;
	if (*at == '/') {
		n = strcspn(at, ":");
		v.target = oci_strndup(arena, at, n);
		at += n + (at[n] == ':');
	} else if (*at == ':') {
		at++;
	}
	while (*at) {
		n = strcspn(at, ",");
		TRY(volume_word(text, at, n, &v, e));
		at += n + (at[n] == ',');
	}
	if (v.idmap && v.throw_away)
		return err_set(e, "--volume %s: overlay and idmap exclude one another",
			       text);
	*ret = v;
	return v.target ? 0 : err_set(e, "out of memory");
}

int direct_parse_tmpfs(const char *text, struct oci_arena *arena,
		       struct direct_tmpfs *ret, struct err *e)
{
	size_t n = strcspn(text, ":");

	ret->target = oci_strndup(arena, text, n);
	ret->options = text[n] ? text + n + 1 : NULL;
	return ret->target ? 0 : err_set(e, "out of memory");
}
