/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of --userns; see ids.h. Pure. */
#include "base/str.h"
#include "ns/userns.h"
#include "run/ids.h"

enum { DIGITS_MAX = 20 };

const char *const ids_words[] = {
	"single", "shared", "keep-id", "nomap", "auto", "map", "host", NULL,
};

/* The number up to the character `end` or the end of text; NULL: there is none. */
static const char *number_to(const char *text, char end, uint32_t *ret)
{
	size_t n = text ? strspn(text, "0123456789") : 0;
	char digits[DIGITS_MAX];
	uint64_t v;

	if (!n || n >= sizeof(digits) || (text[n] && text[n] != end))
		return NULL;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (!str_to_u64(digits, UINT32_MAX - 1, &v))
		return NULL;
	*ret = (uint32_t)v;
	return text[n] ? text + n + 1 : text + n;
}

static int bad_map(const char *text, struct err *e)
{
	return err_set(e,
		       "map: %.60s: expected map=CONTAINER:HOST:COUNT[,...], and /... "
		       "with the same for gids if they are others",
		       *text ? text : "nothing");
}

static bool meet(uint32_t a, uint32_t b, const struct oci_id_mapping *x,
		 const struct oci_id_mapping *y)
{
	return (uint64_t)a + x->size > b && (uint64_t)b + y->size > a;
}

/* What the kernel refuses without a reason. */
static int check_map(const struct oci_id_mapping *v, size_t n, struct err *e)
{
	if (n > NS_MAP_EXTENTS_MAX) {
		err_set(e, "map: %zu extents exceed the kernel's limit of %d", n,
			NS_MAP_EXTENTS_MAX);
		return err_hint(e, "merge neighbouring ranges");
	}
	for (size_t i = 0; i < n; i++) {
		const struct oci_id_mapping *x = &v[i];

		for (size_t k = 0; k < i; k++) {
			const struct oci_id_mapping *y = &v[k];

			if (meet(x->container_id, y->container_id, x, y) ||
			    meet(x->host_id, y->host_id, x, y))
				return err_set(e, "map: %u:%u:%u overlaps %u:%u:%u",
					       x->container_id, x->host_id, x->size,
					       y->container_id, y->host_id, y->size);
		}
	}
	return 0;
}

static int parse_map(const char *text, struct oci_arena *arena,
		     struct oci_id_mappings *ret, struct err *e)
{
	size_t room = 1;
	struct oci_id_mapping *v;
	size_t n = 0;

	for (const char *s = text; *s; s++)
		room += *s == ',';
	v = oci_alloc(arena, room * sizeof(*v));
	if (!v)
		return err_set(e, "out of memory");
	for (const char *s = text; *s;) {
		const char *colon = strchr(s, ':');
		const char *second = colon ? strchr(colon + 1, ':') : NULL;
		const char *at = second ? number_to(s, ':', &v[n].container_id) : NULL;

		at = at == colon + 1 ? number_to(at, ':', &v[n].host_id) : NULL;
		at = at && at == second + 1 ? number_to(at, ',', &v[n].size) : NULL;
		if (!at || !v[n].size)
			return bad_map(s, e);
		n++;
		s = at;
	}
	*ret = (struct oci_id_mappings){ n, v };
	if (!n)
		return bad_map(text, e);
	return check_map(v, n, e);
}

/* "UIDS" or "UIDS/GIDS" */
static int parse_maps(const char *text, struct oci_arena *arena, struct ids_wish *ret,
		      struct err *e)
{
	const char *slash = strchr(text, '/');
	char *uids = oci_strdup(arena, text);

	if (!uids)
		return err_set(e, "out of memory");
	if (slash)
		uids[slash - text] = '\0';
	TRY(parse_map(uids, arena, &ret->uids, e));
	if (slash)
		return parse_map(slash + 1, arena, &ret->gids, e);
	ret->gids = ret->uids;
	return 0;
}

/* "size=N,uid=N,gid=N", of which auto knows the first alone. */
static bool parse_settings(const char *text, struct ids_wish *ret)
{
	bool keep = ret->mode == IDS_KEEP_ID;

	while (text && *text) {
		if (str_starts(text, "size=")) {
			text = number_to(text + 5, ',', &ret->size);
			if (!ret->size)
				return false;
		} else if (keep && str_starts(text, "uid=")) {
			ret->has_uid = true;
			text = number_to(text + 4, ',', &ret->uid);
		} else if (keep && str_starts(text, "gid=")) {
			ret->has_gid = true;
			text = number_to(text + 4, ',', &ret->gid);
		} else {
			return false;
		}
	}
	return text != NULL;
}

static int unknown(const char *text, struct err *e)
{
	return err_set(e,
		       "%.60s: expected single, shared, "
		       "keep-id[:uid=N,gid=N,size=N], nomap, auto[:size=N], "
		       "map=CONTAINER:HOST:COUNT[,...][/GIDS] or host",
		       *text ? text : "nothing");
}

int ids_parse(const char *text, struct oci_arena *arena, struct ids_wish *ret,
	      struct err *e)
{
	size_t n = strcspn(text, ":=");
	struct ids_wish w = { 0 };
	size_t i = 0;

	while (ids_words[i] &&
	       (strlen(ids_words[i]) != n || strncmp(ids_words[i], text, n) != 0))
		i++;
	if (!ids_words[i])
		return unknown(text, e);
	w.mode = (enum ids_mode)i;
	if (w.mode == IDS_MAP) {
		if (text[n] != '=')
			return bad_map(text, e);
		TRY(parse_maps(text + n + 1, arena, &w, e));
	} else if (text[n]) {
		if ((w.mode != IDS_AUTO && w.mode != IDS_KEEP_ID) || text[n] != ':' ||
		    !text[n + 1] || !parse_settings(text + n + 1, &w))
			return unknown(text, e);
	}
	*ret = w;
	return 0;
}
