/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings: strict numbers, the growable buffer, lists of words. */
#include "base/str.h"

#include "suite.h"

static const struct {
	const char *text;
	uint64_t max;
	bool ok;
	uint64_t value;
} u64_rows[] = {
	{ "0", 10, true, 0 },
	{ "10", 10, true, 10 },
	{ "11", 10, false, 0 },
	{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
	{ "18446744073709551616", UINT64_MAX, false, 0 },
	{ "", 10, false, 0 },
	{ " 1", 10, false, 0 },
	{ "1 ", 10, false, 0 },
	{ "+1", 10, false, 0 },
	{ "-1", 10, false, 0 },
	{ "0x1", 10, false, 0 },
	{ "1e1", 100, false, 0 },
};

START_TEST(test_u64)
{
	uint64_t v = 77;

	ck_assert_int_eq(str_to_u64(u64_rows[_i].text, u64_rows[_i].max, &v),
			 u64_rows[_i].ok);
	ck_assert_uint_eq(v, u64_rows[_i].ok ? u64_rows[_i].value : 77);
}
END_TEST

static const struct {
	const char *text;
	int64_t min, max;
	bool ok;
	int64_t value;
} i64_rows[] = {
	{ "-5", -5, 5, true, -5 },
	{ "-6", -5, 5, false, 0 },
	{ "5", -5, 5, true, 5 },
	{ "--5", -5, 5, false, 0 },
	{ "-", -5, 5, false, 0 },
	{ "9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX },
	{ "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
};

START_TEST(test_i64)
{
	int64_t v = 77;

	ck_assert_int_eq(
		str_to_i64(i64_rows[_i].text, i64_rows[_i].min, i64_rows[_i].max, &v),
		i64_rows[_i].ok);
	ck_assert_int_eq(v, i64_rows[_i].ok ? i64_rows[_i].value : 77);
}
END_TEST

static const struct {
	const char *path, *name;
} base_rows[] = {
	{ "a", "a" },	{ "/a", "a" }, { "/a/b", "b" },
	{ "a/b/", "" }, { "/", "" },   { "", "" },
};

START_TEST(test_basename)
{
	ck_assert_str_eq(str_basename(base_rows[_i].path), base_rows[_i].name);
}
END_TEST

START_TEST(test_buffer)
{
	auto_str b = { 0 };

	ck_assert_ptr_null(b.s);
	str_add(&b, "");
	ck_assert_str_eq(b.s, "");
	for (int i = 0; i < 1000; i++)
		str_addf(&b, "%d,", i);
	ck_assert_uint_eq(b.n, strlen(b.s));
	ck_assert(str_starts(b.s, "0,1,2,"));
	str_add_n(&b, "\0x", 2);
	ck_assert_uint_eq(b.n, strlen(b.s) + 2);
}
END_TEST

static const struct {
	const char *text;
	size_t width;
	const char *want;
} pads[] = {
	{ "", 0, "<" },	    { "", 3, "<   " },	  { "ab", 0, "<ab" },
	{ "ab", 2, "<ab" }, { "ab", 4, "<ab  " }, { "abc", 2, "<abc" },
};

START_TEST(test_pad)
{
	auto_str b = { 0 };

	str_add(&b, "<");
	str_pad(&b, pads[_i].text, pads[_i].width);
	ck_assert_str_eq(b.s, pads[_i].want);
	ck_assert_uint_eq(b.n, strlen(b.s));
}
END_TEST

static const struct {
	const char *dir, *name;
	const char *want; /* NULL: no room in eight bytes */
} paths[] = {
	{ "a", "b", "a/b" },	     { "", "b", "/b" },
	{ "abc", "def", "abc/def" }, { "abc", "defg", NULL },
	{ "abcdefgh", "", NULL },    { "", "abcdefgh", NULL },
	{ "abcdef", "", "abcdef/" }, { "", "", "/" },
};

START_TEST(test_path)
{
	char buf[8] = "x";

	ck_assert_int_eq(str_path(buf, sizeof(buf), paths[_i].dir, paths[_i].name),
			 paths[_i].want != NULL);
	ck_assert_str_eq(buf, paths[_i].want ? paths[_i].want : "");
}
END_TEST

START_TEST(test_index)
{
	static const char *const words[] = { "a", NULL, "c" };

	ck_assert_int_eq(str_index(words, 3, "c"), 2);
	ck_assert_int_eq(str_index(words, 3, "b"), -1);
	ck_assert_int_eq(str_index(words, 0, "a"), -1);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, test_u64, 0, ROWS(u64_rows));
	tcase_add_loop_test(t, test_i64, 0, ROWS(i64_rows));
	tcase_add_loop_test(t, test_basename, 0, ROWS(base_rows));
	tcase_add_test(t, test_buffer);
	tcase_add_loop_test(t, test_pad, 0, ROWS(pads));
	tcase_add_loop_test(t, test_path, 0, ROWS(paths));
	tcase_add_test(t, test_index);
}

int main(void)
{
	return suite_run("str", fill);
}
