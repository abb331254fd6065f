/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times of day as text; see clock.h. */
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
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
