/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts of memory by rows. */
#include "base/size.h"

#include "suite.h"

static const struct {
	const char *text;
	int64_t bytes; /* -1: refused */
} rows[] = {
	{ "0", 0 },
	{ "1", 1 },
	{ "1048576", 1048576 },
	{ "1b", 1 },
	{ "1B", 1 },
	{ "64k", 65536 },
	{ "64K", 65536 },
	{ "64kb", 65536 },
	{ "64KiB", 65536 },
	{ "64 KiB", 65536 },
	{ "64ki", 65536 },
	{ "100M", 104857600 },
	{ "1.5g", 1610612736 },
	{ ".5k", 512 },
	{ "1.k", 1024 },
	{ "2t", 2199023255552 },
	{ "1P", 1125899906842624 },
	{ "0.3", 0 },
	{ "1.0000000000000000000000000000000000001k", 1024 },
	{ "9223372036854775807", INT64_MAX },
	{ "9223372036854775808", -1 },
	{ "8191P", 8191 * 1125899906842624 },
	{ "8192P", -1 },
	{ "99999999999999999999999999999999999999999999999999", -1 },
	{ "", -1 },
	{ "k", -1 },
	{ ".", -1 },
	{ "1e3", -1 },
	{ "1kk", -1 },
	{ "1ik", -1 },
	{ "-1", -1 },
	{ "+1", -1 },
	{ " 1", -1 },
	{ "1 ", 1 },
	{ "1  k", -1 },
	{ "1.2.3k", -1 },
	{ "0x10", -1 },
	{ "1x", -1 },
};

START_TEST(test_row)
{
	int64_t bytes = 77;
	bool ok = size_parse(rows[_i].text, &bytes);

	ck_assert_int_eq(ok, rows[_i].bytes >= 0);
	ck_assert_int_eq(bytes, ok ? rows[_i].bytes : 77);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, test_row, 0, ROWS(rows));
}

int main(void)
{
	return suite_run("size", fill);
}
