/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ns/userns by rows: extents, the kernel's limits, the text of a map. */
#include "ns/userns.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	struct oci_id_mapping v[3];
	size_t n;
	const char *text;
} rows[] = {
	{ { { 0, 1000, 1 } }, 1, "0 1000 1\n" },
	{ { { 0, 1000, 1 }, { 1, 100000, 65536 } }, 2, "0 1000 1\n1 100000 65536\n" },
	{ { { 0, 0, 4294967295U } }, 1, "0 0 4294967295\n" },
	{ { { 4294967294U, 3000000000U, 1 } }, 1, "4294967294 3000000000 1\n" },
};

START_TEST(map_row)
{
	struct oci_id_mappings ids = { rows[_i].n, (struct oci_id_mapping *)rows[_i].v };
	struct err e = { 0 };
	auto_str text = { 0 };

	ck_assert_msg(ns_map_check(ids, &e) == 0, "%s", e.text);
	ns_map_text(ids, &text);
	ck_assert_str_eq(text.s, rows[_i].text);
}
END_TEST

/* n extents with container ids from `from` on, two apart, hosts `base` higher. */
static struct oci_id_mappings many(size_t n, uint32_t from, uint32_t base)
{
	struct oci_id_mapping *v = calloc(n, sizeof(*v));

	for (uint32_t i = 0; i < n; i++)
		v[i] = (struct oci_id_mapping){ from + 2 * i, base + 2 * i, 1 };
	return (struct oci_id_mappings){ n, v };
}

static const struct {
	size_t n;
	uint32_t from, base;
	const char *error;
} limits[] = {
	{ 1, 0, 0, NULL },
	{ 340, 0, 1, NULL },
	{ 341, 0, 1, "341 extents exceed the kernel's limit of 340" },
	{ 5000, 0, 1, "5000 extents exceed the kernel's limit of 340" },
	/* lines of 15 bytes: 273 * 15 = 4095 */
	{ 273, 100000, 10000, NULL },
	{ 274, 100000, 10000,
	  "4110 bytes in 274 extents exceed the kernel's limit of 4095 bytes" },
};

START_TEST(limit_row)
{
	struct oci_id_mappings ids = many(limits[_i].n, limits[_i].from, limits[_i].base);
	struct err e = { 0 };
	auto_str text = { 0 };
	int r = ns_map_check(ids, &e);

	ck_assert_int_eq(r, limits[_i].error ? -1 : 0);
	ck_assert_str_eq(e.text, limits[_i].error ? limits[_i].error : "");
	ns_map_text(ids, &text);
	ck_assert_int_eq(r == 0,
			 ids.n <= NS_MAP_EXTENTS_MAX && text.n <= NS_MAP_BYTES_MAX);
	free(ids.v);
}
END_TEST

START_TEST(kept_user_namespace_is_left_alone)
{
	struct ns_plan plan = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(ns_become_root(&plan, &e), 0);
	ck_assert_int_eq(ns_userns_map(&plan, 1, -1, &e), 0); /* nothing to write */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("userns");
	TCase *t = tcase_create("rows");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, map_row, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(t, limit_row, 0, ARRAY_SIZE(limits));
	tcase_add_test(t, kept_user_namespace_is_left_alone);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
