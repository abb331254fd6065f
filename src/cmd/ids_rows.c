/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of id mappings as options; see ids_rows.h. What they mean is judged in run/ids_word.c. */
#include "cmd/ids_rows.h"

#include "run/ids.h"

static int add_rows(const char *option, const struct cli_list *rows, struct str *word,
		    struct err *e)
{
	for (size_t i = 0; i < rows->n; i++) {
		/* a slash would begin the gids */
		if (strcspn(rows->v[i], "/") != strlen(rows->v[i]))
			return err_set(e, "%s %s: expected CONTAINER:HOST:COUNT", option,
				       rows->v[i]);
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
	TRY(add_rows("--uidmap", uidmap->n ? uidmap : gidmap, &word, e));
	if (uidmap->n && gidmap->n) {
		str_add(&word, "/");
		TRY(add_rows("--gidmap", gidmap, &word, e));
	}
	{
		WHERE_IN(e, uidmap->n ? "--uidmap" : "--gidmap", NULL);
		TRY(ids_parse(word.s, arena, &wish, e));
	}
	*ret = oci_strdup(arena, word.s);
	return *ret ? 0 : err_set(e, "out of memory");
}
