/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of id mappings as options; see ids_rows.h. What they mean is judged in run/ids_word.c. */
#include "cmd/ids_rows.h"

#include "run/ids.h"

/* CONTAINER:HOST:COUNT */
static bool is_row(const char *s)
{
	for (const char *end = "::";; end++) {
		size_t n = strspn(s, "0123456789");

		if (!n || s[n] != *end)
			return false;
		if (!*end)
			return true;
		s += n + 1;
	}
}

static bool can_be(const char *row, struct oci_arena *arena)
{
	struct ids_wish ignored = { 0 };
	struct err none = { 0 };
	auto_str word = { 0 };

	str_addf(&word, "map=%s", row);
	return is_row(row) && ids_parse(word.s, arena, &ignored, &none) == 0;
}

static int add_rows(const char *option, const struct cli_list *rows,
		    struct oci_arena *arena, struct str *word, struct err *e)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (!can_be(rows->v[i], arena))
			return err_set(e, "%s %.80s: expected CONTAINER:HOST:COUNT",
				       option, rows->v[i]);
		str_addf(word, "%s%s", i ? "," : "", rows->v[i]);
	}
	return 0;
}

int cmd_ids_word(const char *userns, const struct cli_list *uidmap,
		 const struct cli_list *gidmap, struct oci_arena *arena, const char **ret,
		 struct err *e)
{
	struct ids_wish wish = { 0 };
	auto_str word = { 0 };

	*ret = userns;
	if (!uidmap->n && !gidmap->n)
		return 0;
	if (userns) {
		err_set(e, "--userns %.60s: not together with --uidmap or --gidmap",
			userns);
		return err_hint(e, "these are rows of --userns map=...");
	}
	str_add(&word, "map=");
	TRY(add_rows(uidmap->n ? "--uidmap" : "--gidmap", uidmap->n ? uidmap : gidmap,
		     arena, &word, e));
	if (uidmap->n && gidmap->n) {
		str_add(&word, "/");
		TRY(add_rows("--gidmap", gidmap, arena, &word, e));
	}
	{
		WHERE_IN(e, uidmap->n ? "--uidmap" : "--gidmap", NULL);
		TRY(ids_parse(word.s, arena, &wish, e));
	}
	*ret = oci_strdup(arena, word.s);
	return *ret ? 0 : err_set(e, "out of memory");
}
