/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a path of config.json back to line and column. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libocispec/oci.h"
#include "oci_sample.h"

#define N(array) ((int)(sizeof(array) / sizeof(*(array))))

static const char text[] = "{\n" /* 1 */
			   "  \"a\": 1,\n" /* 2 */
			   "  \"list\": [ 10, \"x\",\n" /* 3 */
			   "    { \"b\" : [[], [1, 2]] } ],\n" /* 4 */
			   "  \"s\": \"} ] , \\\" \\\\\", \"t\":true,\n" /* 5 */
			   "  \"map\": { \"a.b\": \"v\", \"c[0]\": null },\n" /* 6 */
			   "  \"empty\": [], \"last\": { }\n" /* 7 */
			   "}\n";

static const struct {
	const char *path;
	int result;
	unsigned line;
	unsigned column;
} rows[] = {
	{ "", 0, 1, 1 },
	{ "a", 0, 2, 8 },
	{ "list", 0, 3, 11 },
	{ "list[0]", 0, 3, 13 },
	{ "list[1]", 0, 3, 17 },
	{ "list[2]", 0, 4, 5 },
	{ "list[2].b", 0, 4, 13 },
	{ "list[2].b[0]", 0, 4, 14 },
	{ "list[2].b[1][1]", 0, 4, 22 },
	{ "list[2].b[1][2]", 1, 4, 18 },
	{ "list[3]", 1, 3, 11 },
	{ "list[99].x", 1, 3, 11 },
	{ "list.a", 1, 3, 11 },
	{ "s", 0, 5, 8 },
	{ "s.x", 1, 5, 8 },
	{ "t", 0, 5, 27 },
	{ "map[\"a.b\"]", 0, 6, 19 },
	{ "map[\"c[0]\"]", 0, 6, 32 },
	{ "map[\"no\"]", 1, 6, 10 },
	{ "map[0]", 1, 6, 10 },
	{ "empty[0]", 1, 7, 12 },
	{ "last", 0, 7, 24 },
	{ "last.x", 1, 7, 24 },
	{ "absent.x.y", 1, 1, 1 },
	{ "[\"a\"]", 0, 2, 8 },
	{ "[", 1, 1, 1 },
	{ "[\"a", 1, 1, 1 },
};

START_TEST(paths_are_found)
{
	unsigned line = 0, column = 0;
	int rc = oci_locate(text, strlen(text), rows[_i].path, &line, &column);

	ck_assert_int_eq(rc, rows[_i].result);
	ck_assert_uint_eq(line, rows[_i].line);
	ck_assert_uint_eq(column, rows[_i].column);
}
END_TEST

/* However the text is cut or broken, nothing beyond its end is looked at. */
START_TEST(broken_texts_are_survived)
{
	size_t len = strlen(sample_full);
	unsigned line, column;

	for (size_t n = 0; n <= len; n++) {
		char *cut = malloc(n + 1);

		ck_assert_ptr_nonnull(cut);
		memcpy(cut, sample_full, n);
		(void)oci_locate(cut, n, "linux.seccomp.syscalls[1].args[0].op", &line,
				 &column);
		if (n > 0) {
			cut[n / 2] = '"';
			(void)oci_locate(cut, n, "process.rlimits[1].soft", &line,
					 &column);
		}
		free(cut);
	}
}
END_TEST

START_TEST(no_object_is_refused)
{
	unsigned line = 7, column = 8;

	ck_assert_int_eq(oci_locate("", 0, "a", &line, &column), -1);
	ck_assert_int_eq(oci_locate("[1]", 3, "a", &line, &column), -1);
	ck_assert_int_eq(oci_locate(" \n", 2, "a", &line, &column), -1);
	ck_assert_uint_eq(line, 7);
	ck_assert_uint_eq(column, 8);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("locate");
	TCase *tc = tcase_create("locate");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, paths_are_found, 0, N(rows));
	tcase_add_test(tc, broken_texts_are_survived);
	tcase_add_test(tc, no_object_is_refused);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
