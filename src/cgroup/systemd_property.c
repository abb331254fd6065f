/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Properties of a unit, and annotations that set them. The text format is GVariant's, of
 * which numbers, truth values, texts and lists of these are understood; strictly, for a
 * property that was misread would be one that nobody asked for. Pure.
 */
#include "cgroup/systemd.h"

#include "cgroup/text.h"

#include <inttypes.h>

/* ---- the list -------------------------------------------------------------------------- */

static struct unit_property *property_slot(struct unit_properties *list,
					   struct oci_arena *arena, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i].name, name))
			return &list->v[i];
	if (list->n == list->size) {
		size_t size = list->size ? 2 * list->size : 32;
		struct unit_property *v = cgroup_alloc(arena, size * sizeof(*v));

		if (list->n)
			memcpy(v, list->v, list->n * sizeof(*v));
		list->v = v;
		list->size = size;
	}
	return &list->v[list->n++];
}

void unit_property_set(struct unit_properties *list, struct oci_arena *arena,
		       const char *name, const char *type, size_t n,
		       const struct dbus_item *items)
{
	struct dbus_item *copy = cgroup_alloc(arena, (n + 1) * sizeof(*copy));

	if (n)
		memcpy(copy, items, n * sizeof(*copy));
	*property_slot(list, arena, name) = (struct unit_property){
		.name = cgroup_textf(arena, "%s", name),
		.value = { .type = cgroup_textf(arena, "%s", type), .n = n, .v = copy },
	};
}

void unit_property_text(struct unit_properties *list, struct oci_arena *arena,
			const char *name, const char *value)
{
	const struct dbus_item item = { .s = { value } };

	unit_property_set(list, arena, name, "s", 1, &item);
}

void unit_property_number(struct unit_properties *list, struct oci_arena *arena,
			  const char *name, char type, uint64_t value)
{
	const struct dbus_item item = { .u = value };
	const char text[2] = { type };

	unit_property_set(list, arena, name, text, 1, &item);
}

static void item_text(const char *type, const struct dbus_item *item, struct str *ret)
{
	size_t texts = 0;

	for (; *type && *type != ')'; type++) {
		if (strchr("sog", *type))
			str_addf(ret, " '%s'", item->s[texts++]);
		else if (*type != '(')
			str_addf(ret, " %" PRIu64, item->u);
	}
}

void unit_properties_text(const struct unit_properties *list, struct str *ret)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct dbus_value *v = &list->v[i].value;

		str_addf(ret, "property %s=%s", list->v[i].name, v->type);
		for (size_t k = 0; k < v->n; k++)
			item_text(v->type + (*v->type == 'a'), &v->v[k], ret);
		str_add(ret, "\n");
	}
}

/* ---- the text format ---------------------------------------------------------------------- */

/* The types that can be named, with the range of the numbers. */
static const struct type {
	const char *word;
	char type;
	int64_t min;
	uint64_t max;
} types[] = {
	{ "boolean", 'b', 0, 1 },
	{ "byte", 'y', 0, UINT8_MAX },
	{ "int16", 'n', INT16_MIN, INT16_MAX },
	{ "uint16", 'q', 0, UINT16_MAX },
	{ "int32", 'i', INT32_MIN, INT32_MAX },
	{ "uint32", 'u', 0, UINT32_MAX },
	{ "int64", 'x', INT64_MIN, INT64_MAX },
	{ "uint64", 't', 0, UINT64_MAX },
	{ "string", 's', 0, 0 },
	{ "objectpath", 'o', 0, 0 },
};

struct parser {
	const char *at;
	struct oci_arena *arena;
	bool seconds; /* the value is a time in seconds: fractions are fine, microseconds wanted */
};

static const struct type *type_of(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == letter)
			return &types[i];
	return NULL;
}

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t\n");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A word made of letters and digits, taken if it is there. */
static bool take_word(struct parser *p, const char *word)
{
	size_t n = strlen(word);
	char next;

	if (strncmp(p->at, word, n) != 0)
		return false;
	next = p->at[n];
	if (is_digit(next) || is_letter(next))
		return false;
	p->at += n;
	return true;
}

/* Digits, decimal or 0x. False: none, or too many of them. */
static bool take_digits(struct parser *p, uint64_t *ret)
{
	unsigned base = str_starts(p->at, "0x") ? 16 : 10;
	const char *digits = base == 16 ? "0123456789abcdef" : "0123456789";
	const char *begin;
	uint64_t v = 0;

	p->at += base == 16 ? 2 : 0;
	if (base == 10 && p->at[0] == '0' && is_digit(p->at[1]))
		return false; /* octal to some, decimal to others */
	begin = p->at;
	for (;; p->at++) {
		char lower = base == 16 ? (char)(*p->at | 0x20) : *p->at;
		const char *digit =
			*p->at ? strchr(digits, is_digit(*p->at) ? *p->at : lower) : NULL;

		if (!digit)
			break;
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(digit - digits), &v))
			return false;
	}
	*ret = v;
	return p->at > begin;
}

/* Up to six digits behind a point, as microseconds. False: there is more. */
static bool take_fraction(struct parser *p, uint64_t *ret)
{
	uint64_t v = 0, unit = 100000;

	if (*p->at != '.' || !is_digit(p->at[1]))
		return false;
	for (p->at++; is_digit(*p->at); p->at++) {
		v += unit * (uint64_t)(*p->at - '0');
		if (!unit && *p->at != '0')
			return false;
		unit /= 10;
	}
	*ret = v;
	return true;
}

/* Seconds, whole or not, as microseconds. */
static int take_seconds(struct parser *p, uint64_t *ret, struct err *e)
{
	uint64_t whole, fraction = 0;

	if (!take_digits(p, &whole) || (*p->at == '.' && !take_fraction(p, &fraction)))
		return err_set(e, "expected a number of seconds at \"%s\"", p->at);
	if (__builtin_mul_overflow(whole, (uint64_t)1000000, &whole) ||
	    __builtin_add_overflow(whole, fraction, &whole))
		return err_set(e, "the time is out of range");
	*ret = whole;
	return 0;
}

static int take_number(struct parser *p, const struct type *type, uint64_t *ret,
		       struct err *e)
{
	bool minus = *p->at == '-';
	uint64_t v;

	p->at += minus || *p->at == '+';
	if (!take_digits(p, &v))
		return err_set(e, "expected a number at \"%s\"", p->at);
	if (*p->at == '.')
		return err_set(e, "floating point numbers are not supported");
	if (minus ? v > (uint64_t) - (type->min + 1) + 1 || (v && !type->min)
		  : v > type->max)
		return err_set(e, "%s%" PRIu64 " is out of range for %s",
			       minus ? "-" : "", v, type->word);
	*ret = minus ? -v : v;
	return 0;
}

static int take_string(struct parser *p, const char **ret, struct err *e)
{
	static const char escapes[] = "nrt\\'\"", meant[] = "\n\r\t\\'\"";
	char quote = *p->at;
	char *text = cgroup_alloc(p->arena, strlen(p->at) + 1);
	size_t n = 0;

	for (p->at++; *p->at && *p->at != quote; p->at++) {
		const char *escape;

		text[n++] = *p->at;
		if (*p->at != '\\')
			continue;
		escape = p->at[1] ? strchr(escapes, p->at[1]) : NULL;
		if (!escape)
			return err_set(e, "the escape \"\\%.1s\" is not supported",
				       p->at + 1);
		text[n - 1] = meant[escape - escapes];
		p->at++;
	}
	if (!*p->at)
		return err_set(e, "the text is not closed with %c", quote);
	p->at++;
	*ret = text;
	return 0;
}

/* The type of what stands here, when no name says it. */
static char type_guess(const struct parser *p)
{
	struct parser copy = *p;

	if (*p->at == '\'' || *p->at == '"')
		return 's';
	if (take_word(&copy, "true") || take_word(&copy, "false"))
		return 'b';
	return 'i';
}

static const struct type *take_type(struct parser *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (take_word(p, types[i].word)) {
			skip_blanks(p);
			return &types[i];
		}
	}
	return NULL;
}

/* A basic value of a known type. */
static int take_basic(struct parser *p, const struct type *type, struct dbus_item *ret,
		      struct err *e)
{
	*ret = (struct dbus_item){ 0 };
	if (p->seconds)
		return take_seconds(p, &ret->u, e);
	switch (type->type) {
	case 'b':
		ret->u = take_word(p, "true");
		if (!ret->u && !take_word(p, "false"))
			return err_set(e, "expected true or false at \"%s\"", p->at);
		return 0;
	case 's':
	case 'o':
		if (*p->at != '\'' && *p->at != '"')
			return err_set(e, "expected a text in quotes at \"%s\"", p->at);
		TRY(take_string(p, &ret->s[0], e));
		if (type->type == 'o' && ret->s[0][0] != '/')
			return err_set(e, "\"%s\" is no object path", ret->s[0]);
		return 0;
	default:
		return take_number(p, type, &ret->u, e);
	}
}

enum { LIST_MAX = 256 };

struct list {
	size_t n;
	struct dbus_item items[LIST_MAX];
};

/* "[1, 2]"; type: of the elements, or NULL: the first one says it. */
static int take_list(struct parser *p, const struct type **type, struct list *list,
		     struct err *e)
{
	p->at++;
	skip_blanks(p);
	while (*p->at != ']') {
		const struct type *named = take_type(p);

		if (!*type)
			*type = named ? named : type_of(type_guess(p));
		if (named && named != *type)
			return err_set(e, "a list of %s and %s", (*type)->word,
				       named->word);
		if (list->n == LIST_MAX)
			return err_set(e, "a list of more than %d elements", LIST_MAX);
		TRY(take_basic(p, *type, &list->items[list->n++], e));
		skip_blanks(p);
		if (*p->at != ',' && *p->at != ']')
			return err_set(e, "expected , or ] at \"%s\"", p->at);
		p->at += *p->at == ',';
		skip_blanks(p);
	}
	p->at++;
	if (!*type)
		return err_set(e, "an empty list needs its type: @as []");
	return 0;
}

/* "@t", "@as": a type by its letters. */
static int take_letters(struct parser *p, bool *ret_list, const struct type **ret,
			struct err *e)
{
	p->at++;
	*ret_list = *p->at == 'a';
	p->at += *ret_list;
	*ret = type_of(*p->at);
	if (!*ret || !strchr(" \t\n", p->at[1]) || !p->at[1])
		return err_set(e, "the type \"%s\" is not supported",
			       p->at - 1 - *ret_list);
	p->at++;
	skip_blanks(p);
	return 0;
}

static int take_value(struct parser *p, const struct type **type, bool *ret_list,
		      struct list *list, struct err *e)
{
	bool want_list = false;

	skip_blanks(p);
	if (*p->at == '@')
		TRY(take_letters(p, &want_list, type, e));
	else
		*type = take_type(p);
	*ret_list = *p->at == '[';
	if (want_list && !*ret_list)
		return err_set(e, "expected a list at \"%s\"", p->at);
	if (*ret_list && *type && !want_list)
		return err_set(e, "expected one value, not a list");
	if (*p->at && strchr("({<", *p->at))
		return err_set(e, "structures, dictionaries and variants are not "
				  "supported");
	if (*ret_list)
		return take_list(p, type, list, e);
	if (!*type)
		*type = type_of(p->seconds ? 't' : type_guess(p));
	list->n = 1;
	return take_basic(p, *type, &list->items[0], e);
}

/* ---- annotations ------------------------------------------------------------------------------ */

static bool has_suffix(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && str_eq(s + n - m, end);
}

static int name_check(const char *name, struct err *e)
{
	/* what the container stands on */
	static const char *const ours[] = { "PIDs", "PIDFDs", "Slice", "Delegate" };
	size_t letters = 0;

	while (is_letter(name[letters]))
		letters++;
	if (letters < 3 || name[letters])
		return err_set(e, "the name of a property has three letters or more, and "
				  "nothing else");
	if (str_index(ours, ARRAY_SIZE(ours), name) >= 0)
		return err_set(e, "this property is set for every container");
	return 0;
}

int unit_property_parse(const char *name, const char *text, struct oci_arena *arena,
			struct unit_properties *list, struct err *e)
{
	struct parser p = { .at = text, .arena = arena };
	const struct type *type = NULL;
	struct list found = { 0 };
	bool is_list;
	char letters[3];

	TRY(name_check(name, e));
	p.seconds = has_suffix(name, "Sec") && !has_suffix(name, "USec");
	TRY(take_value(&p, &type, &is_list, &found, e));
	skip_blanks(&p);
	if (*p.at)
		return err_set(e, "nothing is expected at \"%s\"", p.at);
	if (p.seconds && (is_list || strchr("bso", type->type)))
		return err_set(e, "expected a number of seconds");
	if (p.seconds) {
		name = cgroup_textf(arena, "%.*sUSec", (int)strlen(name) - 3, name);
		type = type_of('t');
	}
	letters[0] = is_list ? 'a' : type->type;
	letters[1] = is_list ? type->type : '\0';
	letters[2] = '\0';
	unit_property_set(list, arena, name, letters, found.n, found.items);
	property_slot(list, arena, name)->asked = true;
	return 0;
}
