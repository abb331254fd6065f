/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts of memory; see size.h. */
#include "base/size.h"

#include <string.h>

/* The power of 1024 in front of "iB", "B" or nothing; -1 when that is not what stands there. */
static int unit_of(const char *text)
{
	static const char units[] = "kmgtp";
	int power = 0;
	const char *at = *text ? strchr(units, *text | 0x20) : NULL;

	if (at) {
		power = (int)(at - units) + 1;
		text++;
		text += (*text | 0x20) == 'i';
	}
	text += (*text | 0x20) == 'b';
	return *text ? -1 : power;
}

bool size_parse(const char *text, int64_t *ret)
{
	unsigned __int128 value = 0, scale = 1;
	bool any = false, point = false;
	int power;

	for (; (*text >= '0' && *text <= '9') || (*text == '.' && !point); text++) {
		if (*text == '.') {
			point = true;
			continue;
		}
		any = true;
		/* digits that cannot matter: 2^-50 is less than 10^-15 */
		if (point && scale >= 1000000000000000)
			continue;
		value = value * 10 + (unsigned)(*text - '0');
		scale *= point ? 10 : 1;
		if (value / scale > INT64_MAX)
			return false;
	}
	text += any && *text == ' ';
	power = unit_of(text);
	if (!any || power < 0)
		return false;
	value = (value << (10 * power)) / scale;
	if (value > INT64_MAX)
		return false;
	*ret = (int64_t)value;
	return true;
}
