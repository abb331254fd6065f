/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mount options, one a line: what is set is not cleared at the same time, what is data of
 * the filesystem has a name, and no known word is.
 */
#include "fuzz.h"

#include "fs/option.h"
#include "libocispec/oci.h"

enum { WORDS = 200, ATIME_FIELD = 0x70 };

static bool is_known(const char *key, const char *value)
{
	const char *const *names = option_names();

	while (*names && strcmp(*names, key) != 0)
		names++;
	return *names && !value;
}

static void print(struct oci_arena *arena, const struct oci_strings *words,
		  struct str *ret)
{
	struct option_set o;

	option_parse(arena, words, &o);
	for (size_t i = 0; i < o.n_data; i++)
		must(o.data[i].key && !is_known(o.data[i].key, o.data[i].value));
	must((o.n_data > 0) == (o.first_data != NULL));
	must(!o.first_data || o.first_data_index < words->n);
	/* mount_setattr(2): of the access times the whole field is cleared */
	must((o.attr.set & o.attr.clear & ~(uint64_t)ATIME_FIELD) == 0);
	must((o.attr.rec_set & o.attr.rec_clear & ~(uint64_t)ATIME_FIELD) == 0);
	must(o.attr.userns_fd == -1);
	option_print(&o, ret);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size), *at = text, *word;
	char *v[WORDS + 1];
	struct oci_strings words = { .v = v };
	struct oci_arena arena = { 0 };
	auto_str out = { 0 };

	while (words.n < WORDS && (word = fuzz_line(&at)))
		v[words.n++] = word;
	v[words.n] = NULL;
	print(&arena, &words, &out);
	oci_arena_free(&arena);
	free(text);
	return 0;
}
