/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of /etc/subuid: the first line is the owner's name (or "#" for none), the rest
 * the file. Ranges come out sorted, apart and within 64 bits, whatever the file says.
 */
#include "fuzz.h"

#include "ns/subid.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size), *at = text;
	const char *name = fuzz_line(&at);
	struct subid_ranges r = { 0 };
	uint64_t all = 0;
	bool no_newline = false;

	subid_parse(at ? at : "", strcmp(name, "#") ? name : NULL, 1000, &r, &no_newline);
	for (size_t i = 0; i < r.n; i++) {
		must(r.v[i].count > 0 && r.v[i].start + r.v[i].count > r.v[i].start);
		must(i == 0 || r.v[i - 1].start + r.v[i - 1].count < r.v[i].start);
		must(subid_overlap(&r, r.v[i].start, r.v[i].count) == r.v[i].count);
		all += r.v[i].count;
	}
	must(subid_overlap(&r, 0, UINT32_MAX) <= all);
	must(subid_overlap(&r, 5, 0) == 0);
	subid_ranges_free(&r);
	free(text);
	return 0;
}
