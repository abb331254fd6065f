/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What yajl is too lax about (UTF-8, surrogates), integers, and lines and columns.
 */
#include "decode.h"

#include <string.h>

/* ---- UTF-8 (RFC 3629) ------------------------------------------------------------------ */

static bool ascii_word(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return (word & 0x8080808080808080u) == 0;
}

/* What must follow the lead byte C; false when C is none. */
static bool utf8_lead(struct oci_utf8 *s, unsigned char c)
{
	s->low = 0x80;
	s->high = 0xbf;
	if (c >= 0xc2 && c <= 0xdf) {
		s->need = 1;
	} else if (c >= 0xe0 && c <= 0xef) {
		s->need = 2;
		if (c == 0xe0)
			s->low = 0xa0; /* overlong */
		if (c == 0xed)
			s->high = 0x9f; /* surrogates */
	} else if (c >= 0xf0 && c <= 0xf4) {
		s->need = 3;
		if (c == 0xf0)
			s->low = 0x90; /* overlong */
		if (c == 0xf4)
			s->high = 0x8f; /* beyond U+10FFFF */
	} else {
		return false;
	}
	return true;
}

size_t oci_utf8_check(struct oci_utf8 *s, const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		unsigned char c = (unsigned char)text[i];

		if (s->need > 0) {
			if (c < s->low || c > s->high)
				return i;
			s->need--;
			s->low = 0x80;
			s->high = 0xbf;
			i++;
		} else if (len - i >= sizeof(uint64_t) && ascii_word(text + i)) {
			i += sizeof(uint64_t);
		} else if (c < 0x80 || utf8_lead(s, c)) {
			i++;
		} else {
			return i;
		}
	}
	return len;
}

/* ---- escapes --------------------------------------------------------------------- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of the escape (\u and four digits) at TEXT, or -1 when there is none. */
static int unit_at(const char *text, size_t len)
{
	int unit = 0;

	if (len < 6 || text[0] != '\\' || text[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		int digit = hex_value(text[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

bool oci_lone_surrogate(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int unit, low;

		if (text[i] != '\\')
			continue;
		unit = unit_at(text + i, len - i);
		if (unit < 0xd800 || unit > 0xdfff) {
			i += unit < 0 ? 1 : 5;
			continue;
		}
		low = len - i > 6 ? unit_at(text + i + 6, len - i - 6) : -1;
		if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
			return true;
		i += 11;
	}
	return false;
}

/* ---- numbers and places ---------------------------------------------------------- */

int oci_parse_integer(const char *text, size_t len, bool *ret_negative,
		      uint64_t *ret_value)
{
	bool negative = len > 0 && text[0] == '-';
	uint64_t value = 0;
	size_t i = negative ? 1 : 0;

	if (i == len)
		return -1;
	for (; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' ||
		    __builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
			return -1;
	}
	*ret_negative = negative;
	*ret_value = value;
	return 0;
}

void oci_advance(const char *text, size_t len, unsigned *line, unsigned *column)
{
	const char *end = text + len;
	const char *newline;

	while ((newline = memchr(text, '\n', (size_t)(end - text))) != NULL) {
		(*line)++;
		*column = 1;
		text = newline + 1;
	}
	*column += (unsigned)(end - text);
}
