/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 3339 without the C library: rows, and the C library's own answer for many days. */
#include "base/clock.h"

#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct {
	int64_t seconds;
	long nanoseconds;
	int digits;
	const char *text;
} rows[] = {
	{ 0, 0, 6, "1970-01-01T00:00:00.000000Z" },
	{ 951782399, 999999999, 9, "2000-02-28T23:59:59.999999999Z" },
	{ 951782400, 1, 9, "2000-02-29T00:00:00.000000001Z" },
	{ 951868800, 123456789, 6, "2000-03-01T00:00:00.123456Z" },
	{ 1795319528, 500000000, 1, "2026-11-22T03:52:08.5Z" },
	{ 4107542399, 0, 3, "2100-02-28T23:59:59.000Z" },
	{ 4107542400, 0, 3, "2100-03-01T00:00:00.000Z" },
};

START_TEST(test_row)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(rows[_i].seconds, rows[_i].nanoseconds, rows[_i].digits, text);
	ck_assert_str_eq(text, rows[_i].text);
}
END_TEST

START_TEST(test_like_libc)
{
	for (time_t t = 0; t < 86400LL * 366 * 200; t += 86400LL * 13 + 12345) {
		char ours[CLOCK_TEXT_MAX], theirs[CLOCK_TEXT_MAX];
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S.0Z", &tm);
		clock_text(t, 0, 1, ours);
		ck_assert_str_eq(ours, theirs);
	}
}
END_TEST

static const struct {
	const char *text;
	int64_t ms; /* -1: refused */
} durations[] = {
	{ "5s", 5000 },
	{ "5", 5000 },
	{ "100ms", 100 },
	{ "1m30s", 90000 },
	{ "1h", 3600000 },
	{ "0.5s", 500 },
	{ "1.5s", 1500 },
	{ ".25s", 250 },
	{ "1500us", 1 },
	{ "1500\xc2\xb5s", 1 },
	{ "999ns", 0 },
	{ "0", 0 },
	{ "0s", 0 },
	{ "2h45m0.125s", 9900125 },
	{ "596h", 2145600000 },
	{ "", -1 },
	{ "s", -1 },
	{ "5x", -1 },
	{ "-5s", -1 },
	{ "5 s", -1 },
	{ "5s ", -1 },
	{ "1s5", -1 },
	{ "5.s.", -1 },
	{ ".", -1 },
	{ "597h", -1 },
	{ "99999999999999999999s", -1 },
	{ "4294967295h", -1 },
	{ "500h500h", -1 },
	{ "0.0000000009s", 0 },
	{ "0.00000000000000001s", 0 },
	{ "1.9999999999s", 1999 },
};

START_TEST(test_duration)
{
	uint32_t ms = 77;
	bool ok = clock_parse_ms(durations[_i].text, &ms);

	ck_assert_int_eq(ok, durations[_i].ms >= 0);
	ck_assert_int_eq((int64_t)ms, ok ? durations[_i].ms : 77);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, test_row, 0, ROWS(rows));
	tcase_add_test(t, test_like_libc);
	tcase_add_loop_test(t, test_duration, 0, ROWS(durations));
}

int main(void)
{
	return suite_run("clock", fill);
}
