/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules: what one string must look like. Each returns NULL or what it expects.
 */
#include "validate.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(const char *const *words, const char *text)
{
	return oci_word_value(words, text) != 0;
}

OCI_RULE(oci_rule_some)
{
	return text[0] != '\0' ? NULL : "a non-empty string";
}

OCI_RULE(oci_rule_absolute)
{
	return text[0] == '/' ? NULL : "an absolute path";
}

/* ---- SemVer 2.0.0 ---------------------------------------------------------------- */

/* A number without leading zeros; moves *TEXT behind it. */
static bool skip_number(const char **text)
{
	const char *t = *text;
	bool zero = *t == '0';
	const char *start = t;

	while (is_digit(*t))
		t++;
	*text = t;
	return t > start && (!zero || t == start + 1);
}

/* Identifiers separated by dots; in a pre-release a number has no leading zeros. */
static bool skip_identifiers(const char **text, bool prerelease)
{
	const char *t = *text;

	for (;;) {
		size_t len = strspn(t, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz-");

		if (len == 0)
			return false;
		if (prerelease && len > 1 && t[0] == '0' &&
		    strspn(t, "0123456789") >= len)
			return false;
		t += len;
		if (*t != '.')
			break;
		t++;
	}
	*text = t;
	return true;
}

OCI_RULE(oci_rule_version)
{
	static const char expected[] = "a SemVer 2.0.0 version 1.MINOR.PATCH";

	if (text[0] != '1' || text[1] != '.')
		return expected;
	text += 2;
	if (!skip_number(&text) || *text++ != '.' || !skip_number(&text))
		return expected;
	if (*text == '-') {
		text++;
		if (!skip_identifiers(&text, true))
			return expected;
	}
	if (*text == '+') {
		text++;
		if (!skip_identifiers(&text, false))
			return expected;
	}
	return *text == '\0' ? NULL : expected;
}

/* ---- process --------------------------------------------------------------------- */

OCI_RULE(oci_rule_env)
{
	const char *equals = strchr(text, '=');

	return equals != NULL && equals != text ? NULL : "NAME=VALUE";
}

/* Linux keeps 64 bytes (__NEW_UTS_LEN). */
OCI_RULE(oci_rule_hostname)
{
	size_t len = strlen(text);

	return len > 0 && len <= 64 ? NULL : "1 to 64 bytes";
}

OCI_RULE(oci_rule_rlimit)
{
	return is_word(oci_words_rlimit, text) ? NULL
					       : "a limit of Linux such as RLIMIT_NOFILE";
}

/* A number of at most five digits; moves *TEXT behind it. */
static int list_number(const char **text)
{
	const char *t = *text;
	int value = 0;

	while (is_digit(*t) && t - *text < 5)
		value = value * 10 + (*t++ - '0');
	if (t == *text || is_digit(*t))
		return -1;
	*text = t;
	return value;
}

static void skip_blanks(const char **text)
{
	*text += strspn(*text, " ");
}

OCI_RULE(oci_rule_numlist)
{
	static const char expected[] = "a list of numbers such as 0-3,7";
	int first, last;

	skip_blanks(&text);
	while (*text != '\0') {
		first = last = list_number(&text);
		skip_blanks(&text);
		if (first >= 0 && *text == '-') {
			text++;
			skip_blanks(&text);
			last = list_number(&text);
			skip_blanks(&text);
		}
		if (first < 0 || last < first)
			return expected;
		if (*text == '\0')
			break;
		if (*text++ != ',')
			return expected;
		skip_blanks(&text);
		if (*text == '\0')
			return expected;
	}
	return NULL;
}

/* ---- devices and cgroups --------------------------------------------------------- */

static bool one_of(const char *text, const char *letters)
{
	return text[0] != '\0' && text[1] == '\0' && strchr(letters, text[0]) != NULL;
}

OCI_RULE(oci_rule_device_type)
{
	return one_of(text, "cbup") ? NULL : "one of c, b, u, p";
}

OCI_RULE(oci_rule_cgroup_device_type)
{
	return one_of(text, "acb") ? NULL : "one of a, c, b";
}

OCI_RULE(oci_rule_access)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (strchr("rwm", text[i]) == NULL ||
		    strchr(text + i + 1, text[i]) != NULL)
			len = 0;
	}
	return len > 0 ? NULL : "some of the letters r, w, m, each once";
}

OCI_RULE(oci_rule_page_size)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && text[0] != '0' && text[digits] != '\0' &&
			       strchr("KMG", text[digits]) != NULL &&
			       strcmp(text + digits + 1, "B") == 0
		       ? NULL
		       : "a size such as 64KB, 2MB or 1GB";
}

/* The name of a file of the cgroup's own directory. */
OCI_RULE(oci_rule_file_name)
{
	return text[0] != '\0' && text[0] != '.' && strchr(text, '/') == NULL
		       ? NULL
		       : "the name of a cgroup file such as memory.high";
}

OCI_RULE(oci_rule_cgroups_path)
{
	const char *t = text;

	while ((t = strstr(t, "..")) != NULL) {
		if ((t == text || t[-1] == '/') && (t[2] == '\0' || t[2] == '/'))
			return "a path without \"..\"";
		t += 2;
	}
	return text[0] != '\0' ? NULL : "a path";
}

/* ---- the rest -------------------------------------------------------------------- */

/* Parts are separated by dots or slashes; none is empty, so none is "..". */
OCI_RULE(oci_rule_sysctl)
{
	static const char expected[] = "the name of a sysctl such as net.ipv4.ip_forward";
	bool separator = true;

	for (; *text != '\0'; text++) {
		bool now = *text == '.' || *text == '/';

		if (separator && now)
			return expected;
		separator = now;
	}
	return separator ? expected : NULL;
}

/* What the kernel takes as a device's name (dev_valid_name()). */
OCI_RULE(oci_rule_netdev)
{
	size_t len = strlen(text);

	return len > 0 && len < 16 && strcspn(text, "/: \t\n\v\f\r") == len &&
			       strcmp(text, ".") != 0 && strcmp(text, "..") != 0
		       ? NULL
		       : "the name of a network device (1 to 15 bytes)";
}

/* The same, or a template for which the kernel finds a number. */
OCI_RULE(oci_rule_netdev_name)
{
	const char *percent = strchr(text, '%');

	if (percent != NULL && (percent[1] != 'd' || strchr(percent + 1, '%') != NULL))
		return "at most one %d and no other % in the name";
	return oci_rule_netdev(text);
}

OCI_RULE(oci_rule_one_line)
{
	return strchr(text, '\n') == NULL ? NULL : "text without a newline";
}

OCI_RULE(oci_rule_clos_id)
{
	if (strcmp(text, "/") == 0)
		return NULL;
	return text[0] != '\0' && strcspn(text, "/\n") == strlen(text) &&
			       strcmp(text, ".") != 0 && strcmp(text, "..") != 0
		       ? NULL
		       : "\"/\" or the name of a directory";
}

OCI_RULE(oci_rule_mb_schema)
{
	return strncmp(text, "MB:", 3) == 0 && strchr(text, '\n') == NULL
		       ? NULL
		       : "one line that begins with MB:";
}

OCI_RULE(oci_rule_no_flag)
{
	(void)text;
	return "nothing: no flag is defined";
}
