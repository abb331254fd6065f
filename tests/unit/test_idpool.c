/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing ids that nobody else has, by rows (R10). */
#include "ns/idpool.h"

#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct oci_arena arena;

static void teardown(void)
{
	oci_arena_free(&arena);
}

/* "100000:65536 300000:1000" */
static struct subid_ranges ranges(const char *text)
{
	struct subid_ranges r = { 0 };

	while (*text) {
		char *end;
		struct subid_range one = { .start = strtoull(text, &end, 10) };
		struct subid_ranges list = { &one, 1 };

		one.count = strtoull(end + 1, &end, 10);
		subid_ranges_add(&r, &list);
		text = end + (*end == ' ');
	}
	return r;
}

static void print(const struct subid_ranges *r, struct str *ret)
{
	str_add(ret, "");
	for (size_t i = 0; i < r->n; i++)
		str_addf(ret, "%s%llu:%llu", i ? " " : "",
			 (unsigned long long)r->v[i].start,
			 (unsigned long long)r->v[i].count);
}

/* ---- what is free -------------------------------------------------------------------- */

static const struct {
	const char *pool, *used, *left;
} holes[] = {
	{ "", "", "" },
	{ "100:10", "", "100:10" },
	{ "100:10", "100:10", "" },
	{ "100:10", "0:1000", "" },
	{ "100:10", "104:2", "100:4 106:4" },
	{ "100:10", "90:12", "102:8" },
	{ "100:10", "108:12", "100:8" },
	{ "100:10", "50:50 110:50", "100:10" },
	{ "100:10 200:10", "105:100", "100:5 205:5" },
	{ "100:10", "101:1 103:1 105:5", "100:1 102:1 104:1" },
	/* the last id there is */
	{ "4294967000:295", "4294967290:5", "4294967000:290" },
};

START_TEST(test_free)
{
	auto_subid pool = ranges(holes[_i].pool), used = ranges(holes[_i].used);
	auto_subid left = { 0 };
	auto_str text = { 0 };

	idpool_free(&pool, &used, &left);
	print(&left, &text);
	ck_assert_str_eq(text.s, holes[_i].left);
}
END_TEST

/* ---- how many ------------------------------------------------------------------------ */

static const struct {
	const char *left;
	uint64_t highest, size;
} sizes[] = {
	{ "100000:131072", 0, 65536 },
	/* the last whole one is not given away unasked: others would have nothing */
	{ "100000:131071", 0, 1024 },
	{ "100000:65536", 0, 1024 },
	{ "100000:65536", 1022, 1024 },
	{ "100000:65536", 1023, 1024 },
	{ "100000:65536", 1024, 1025 }, /* an id needs the size above it */
	{ "100000:65536", 5000, 5001 },
	/* plenty, but in no piece */
	{ "100000:50000 300000:50000 500000:50000", 10, 1024 },
	{ "", 0, 1024 },
};

START_TEST(test_default)
{
	auto_subid left = ranges(sizes[_i].left);

	ck_assert_uint_eq(idpool_default(&left, sizes[_i].highest), sizes[_i].size);
}
END_TEST

/* ---- the choice ---------------------------------------------------------------------- */

static const struct {
	const char *pool, *used;
	uint64_t size;
	const char *map; /* or the error */
} choices[] = {
	/* from the top downwards */
	{ "100000:65536", "", 1000, "0:164536:1000" },
	{ "100000:65536", "164536:1000", 1000, "0:163536:1000" },
	{ "100000:65536", "", 65536, "0:100000:65536" },
	{ "100000:1000 300000:1000", "", 500, "0:300500:500" },
	{ "100000:1000 300000:100", "", 500, "0:100500:500" },
	/* whole ones at multiples of 65536, if there is such a place */
	{ "100000:200000", "", 65536, "0:196608:65536" },
	{ "100000:200000", "196608:65536", 65536, "0:131072:65536" },
	{ "100000:200000", "131072:131072", 1000, "0:299000:1000" },
	{ "524288:1000000", "", 131072, "0:1376256:131072" },
	/* in pieces, as few as possible, when there is none */
	{ "100000:1000 300000:1000 500000:100", "", 1500,
	  "0:100500:500 500:300000:1000" },
	{ "100000:1000", "100400:200", 800, "0:100000:400 400:100600:400" },
	/* the highest id that can be mapped */
	{ "4294967000:295", "", 10, "0:4294967285:10" },
	{ "100000:65536", "100000:65000", 1000,
	  "need 1000 uids, 536 of 65536 are free (largest piece 536)" },
	{ "100000:65536", "110000:1000 120000:45536", 60000,
	  "need 60000 uids, 19000 of 65536 are free (largest piece 10000)" },
	{ "", "", 1, "need 1 uids, 0 of 0 are free (largest piece 0)" },
	{ "1:4294967294", "", 4294967295,
	  "need 4294967295 uids, 4294967294 of 4294967294 are free (largest piece "
	  "4294967294)" },
};

START_TEST(test_choose)
{
	auto_subid pool = ranges(choices[_i].pool), used = ranges(choices[_i].used);
	struct oci_id_mappings map = { 0 };
	auto_subid left = { 0 };
	struct err e = { 0 };
	auto_str text = { 0 };

	idpool_free(&pool, &used, &left);
	if (idpool_choose(&pool, &left, choices[_i].size, "uid", &arena, &map, &e) < 0)
		str_add(&text, e.text);
	for (size_t i = 0; i < map.n; i++)
		str_addf(&text, "%s%u:%u:%u", i ? " " : "", map.v[i].container_id,
			 map.v[i].host_id, map.v[i].size);
	ck_assert_str_eq(text.s, choices[_i].map);
}
END_TEST

/* Until nothing is left: no two overlap, all lie within the pool, in whatever order. */
START_TEST(test_many)
{
	auto_subid pool = ranges("100000:30000 200000:12345 4000000000:1000"),
		   used = { 0 };
	struct err e = { 0 };
	uint64_t sum = 0;

	for (uint64_t size = 1 + (uint64_t)_i * 37;; size = size % 991 + 1) {
		struct oci_id_mappings map;
		auto_subid left = { 0 };

		idpool_free(&pool, &used, &left);
		if (idpool_choose(&pool, &left, size, "uid", &arena, &map, &e) < 0)
			break;
		for (size_t i = 0; i < map.n; i++) {
			struct subid_range one = { map.v[i].host_id, map.v[i].size };
			struct subid_ranges list = { &one, 1 };

			ck_assert_uint_eq(subid_overlap(&used, one.start, one.count), 0);
			ck_assert_uint_eq(subid_overlap(&pool, one.start, one.count),
					  one.count);
			subid_ranges_add(&used, &list);
		}
		sum += size;
	}
	ck_assert_uint_gt(sum, 43345 - 991);
}
END_TEST

/* ---- texts --------------------------------------------------------------------------- */

static const struct {
	const char *text;
	enum idpool_side side;
	const char *want;
} maps[] = {
	{ "", IDPOOL_OUTSIDE, "" },
	{ "         0     100000      65536\n", IDPOOL_OUTSIDE, "100000:65536" },
	{ "0 1000 1\n1 100000 65536", IDPOOL_OUTSIDE, "1000:1 100000:65536" },
	{ "0 1000 1\n1 100000 65536", IDPOOL_INSIDE, "0:65537" },
	{ "0 4294967295 1\n1 5 2\n", IDPOOL_OUTSIDE, "5:2" },
	{ "0 0 4294967295\n", IDPOOL_OUTSIDE, "0:4294967295" },
	{ "0 5\n1 x 2\n\n7 8 9\n", IDPOOL_OUTSIDE, "8:9" },
	{ "0 5 0\n99999999999 1 1\n", IDPOOL_OUTSIDE, "" },
};

START_TEST(test_map)
{
	auto_subid got = { 0 };
	auto_str text = { 0 };

	idpool_add_map(maps[_i].text, maps[_i].side, &got);
	print(&got, &text);
	ck_assert_str_eq(text.s, maps[_i].want);
}
END_TEST

static const struct {
	const char *text;
	uint32_t highest;
} files[] = {
	{ "", 0 },
	{ "root:x:0:0:::\nbin:x:2:2:::\nwww:x:33:33:::\n", 33 },
	{ "a:x:1000:1:::\nnobody:x:65534:65534:::\n", 1000 },
	{ "nobody:x:99:99:::\nnogroup:x:98:\na:x:5:5", 5 },
	{ "nobody2:x:99:99:::\n", 99 },
	{ "a:x:65533:1:::\nb:x:65535:1:::\nc:x:100000:1:::\n", 65533 },
	{ "a\nb:x\nc:x:\nd:x:-1\ne:x:7\n:::\n", 7 },
	{ "a:x:99999999999999999999:1\n", 0 },
};

START_TEST(test_highest)
{
	ck_assert_uint_eq(idpool_highest(files[_i].text, 2), files[_i].highest);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, test_free, 0, ROWS(holes));
	tcase_add_loop_test(t, test_default, 0, ROWS(sizes));
	tcase_add_loop_test(t, test_choose, 0, ROWS(choices));
	tcase_add_loop_test(t, test_many, 0, 10);
	tcase_add_loop_test(t, test_map, 0, ROWS(maps));
	tcase_add_loop_test(t, test_highest, 0, ROWS(files));
}

int main(void)
{
	return suite_run("idpool", fill);
}
