/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Id maps: the input is a list of extents, 12 bytes each. The text for the kernel says what
 * the list says, its length is what ns_map_check() judges, and ns_map_has() counts right.
 */
#include "fuzz.h"

#include "ns/userns.h"

#include <stdio.h>

enum { EXTENTS = 500 };

static void check_text(struct oci_id_mappings ids, const char *text)
{
	for (size_t i = 0; i < ids.n; i++) {
		unsigned inside, outside, size;
		int used = 0;

		must(sscanf(text, "%u %u %u\n%n", &inside, &outside, &size, &used) == 3);
		must(inside == ids.v[i].container_id && outside == ids.v[i].host_id);
		must(size == ids.v[i].size);
		text += used;
	}
	must(*text == '\0');
}

static void check_members(const struct ns_map *m, uint32_t id)
{
	bool in = m->how == NS_MAP_NONE;

	for (size_t i = 0; i < m->ids.n; i++) {
		uint64_t first = m->ids.v[i].container_id;

		in = in || (id >= first && id < first + m->ids.v[i].size);
	}
	must(ns_map_has(m, id) == in);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct oci_id_mapping *v = calloc(EXTENTS, sizeof(*v));
	struct oci_id_mappings ids = { .v = v };
	struct ns_map m = { .how = NS_MAP_DIRECT };
	auto_str text = { 0 };
	struct err e = { 0 };
	bool fits;

	for (; size >= 12 && ids.n < EXTENTS; data += 12, size -= 12) {
		uint32_t n[3];

		memcpy(n, data, sizeof(n));
		v[ids.n++] = (struct oci_id_mapping){ .container_id = n[0],
						      .host_id = n[1],
						      .size = n[2] };
	}
	m.ids = ids;
	str_add(&text, "");
	ns_map_text(ids, &text);
	check_text(ids, text.s);
	fits = ids.n <= NS_MAP_EXTENTS_MAX && text.n <= NS_MAP_BYTES_MAX;
	must((ns_map_check(ids, &e) == 0) == fits && err_is_set(&e) == !fits);
	for (size_t i = 0; i < ids.n && i < 20; i++) {
		check_members(&m, v[i].container_id);
		check_members(&m, v[i].container_id - 1);
		check_members(&m, v[i].container_id + v[i].size);
		check_members(&m, v[i].container_id + v[i].size - 1);
	}
	check_members(&m, 0);
	check_members(&m, UINT32_MAX);
	free(v);
	return 0;
}
