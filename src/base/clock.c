/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times of day as text; see clock.h. */
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct date {
	int year;
	int month; /* from 1 */
	int day; /* from 1 */
};

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01 as a date: counted off, a few dozen steps. */
static struct date date_of(int64_t days)
{
	static const int lengths[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	struct date d = { 1970, 1, 1 };

	for (; days >= 365 + is_leap(d.year); d.year++)
		days -= 365 + is_leap(d.year);
	for (; d.month < 12; d.month++) {
		int length = lengths[d.month - 1] + (d.month == 2 && is_leap(d.year));

		if (days < length)
			break;
		days -= length;
	}
	d.day = (int)days + 1;
	return d;
}

void clock_text(int64_t seconds, long nanoseconds, int digits, char ret[CLOCK_TEXT_MAX])
{
	struct date d = date_of(seconds / 86400);
	int rest = (int)(seconds % 86400);
	long fraction = nanoseconds;

	for (int i = digits; i < 9; i++)
		fraction /= 10;
	snprintf(ret, CLOCK_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%0*ldZ", d.year,
		 d.month, d.day, rest / 3600, rest / 60 % 60, rest % 60, digits,
		 fraction);
}

void clock_text_now(int digits, char ret[CLOCK_TEXT_MAX])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_text(now.tv_sec, now.tv_nsec, digits, ret);
}

/* A number with a fraction, in billionths; digits behind the ninth do not count. */
static bool take_number(const char **text, uint64_t *ret_nano)
{
	enum { BILLION = 1000000000 };
	const char *p = *text;
	uint64_t whole = 0, part = 0, unit = BILLION;
	bool any = false;

	for (; *p >= '0' && *p <= '9'; p++, any = true) {
		whole = whole * 10 + (uint64_t)(*p - '0');
		if (whole > UINT32_MAX)
			return false;
	}
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, any = true) {
			unit /= 10;
			part += (uint64_t)(*p - '0') * unit;
		}
	*text = p;
	*ret_nano = whole * BILLION + part;
	return any;
}

/* The unit at *text, which is moved behind it; in nanoseconds, 0: none. */
static uint64_t take_unit(const char **text)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = { { "ms", 1000000 },  { "us", 1000 },	  { "\xc2\xb5s", 1000 },
		      { "ns", 1 },	  { "h", 3600000000000 }, { "m", 60000000000 },
		      { "s", 1000000000 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].name);

		if (strncmp(*text, units[i].name, n) == 0) {
			*text += n;
			return units[i].ns;
		}
	}
	return 0;
}

bool clock_parse_ms(const char *text, uint32_t *ret_ms)
{
	static const uint64_t second = 1000000000, millisecond = 1000000;
	uint64_t total = 0;
	bool alone = true; /* a number without a unit has to be */

	if (!*text)
		return false;
	for (; *text; alone = false) {
		uint64_t number, unit;

		if (!take_number(&text, &number))
			return false;
		unit = take_unit(&text);
		if (!unit && !(alone && !*text))
			return false;
		unit = unit ? unit : second;
		/* billionths times nanoseconds: 128 bits hold every pair of them */
		total += (uint64_t)((unsigned __int128)number * unit / second);
		if (total / millisecond > INT32_MAX)
			return false;
	}
	*ret_ms = (uint32_t)(total / millisecond);
	return true;
}

int64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_ms(void)
{
	return clock_us() / 1000;
}
