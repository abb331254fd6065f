/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Durations, and times of day as text without the C library's time zones (which would be a
 * tenth of a static program).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT_MAX = 40 };

/*
 * Seconds and nanoseconds since 1970 as RFC 3339 in UTC with `digits` (1..9) digits behind
 * the second: "2026-11-22T03:12:08.123456Z". Years 1970 to 9999.
 */
void clock_text(int64_t seconds, long nanoseconds, int digits, char ret[CLOCK_TEXT_MAX]);

/* The same for now (clock_gettime(2), CLOCK_REALTIME). */
void clock_text_now(int digits, char ret[CLOCK_TEXT_MAX]);

/*
 * A duration as Go programs write it ("5s", "1m30s", "0.5s", "100ms"; units h m s ms us ns),
 * or a plain number of seconds, in milliseconds, rounded down. False for everything else and
 * for more than 24 days.
 */
bool clock_parse_ms(const char *text, uint32_t *ret_ms);

/* Milli- and microseconds of CLOCK_MONOTONIC, for timeouts and durations. */
int64_t clock_ms(void);
int64_t clock_us(void);

#endif
