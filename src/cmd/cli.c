/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines; see cli.h. The parser walks argv once with a cursor. A word of one dash is
 * tried as a long option first (Go's callers write -no-subreaper), then letter by letter.
 */
#include "cmd/cli.h"

#include "base/mem.h"

#include <limits.h>

static const struct cli_option help_rows[] = {
	{ .name = "help", .letters = "h?", .help = "print this help" },
	{ .name = "usage", .help = "print a short usage message" },
	CLI_END,
};

struct cursor {
	const struct cli_option *table;
	char *values;
	char **next; /* the word after the current one */
	struct cli_args *ret;
	struct err *e;
};

static bool is_called(const char *spelling, const char *name, size_t n)
{
	return spelling && strlen(spelling) == n && memcmp(spelling, name, n) == 0;
}

static const struct cli_option *find_long(const struct cli_option *table,
					  const char *name, size_t n)
{
	for (; table->name; table++)
		if (is_called(table->name, name, n) || is_called(table->also, name, n))
			return table;
	return NULL;
}

static const struct cli_option *find_letter(const struct cli_option *table, char letter)
{
	for (; table->name; table++)
		if (letter && table->letters && strchr(table->letters, letter))
			return table;
	return NULL;
}

const struct cli_option *cli_find(const struct cli_option *table, const char *name)
{
	if (strlen(name) == 1)
		return find_letter(table, *name);
	return find_long(table, name, strlen(name));
}

/* ---- values ----------------------------------------------------------------------- */

static bool wants_value(const struct cli_option *o)
{
	return o->kind == CLI_K_TEXT || o->kind == CLI_K_NUMBER ||
	       o->kind == CLI_K_WORD || o->kind == CLI_K_LIST;
}

/* The truth values of Go's flag package, which callers of runc may write. */
static int truth(const char *text)
{
	static const char *const words[] = { "false", "true", "0",     "1",
					     "f",     "t",    "F",     "T",
					     "FALSE", "TRUE", "False", "True" };
	int i = str_index(words, ARRAY_SIZE(words), text);

	return i < 0 ? -1 : i & 1;
}

static int set_flag(struct cursor *c, const struct cli_option *o, const char *value)
{
	int on = value ? truth(value) : 1;

	if (on < 0)
		return err_set(c->e, "--%s=%s: expected true or false", o->name, value);
	if (o->kind == CLI_K_FLAG)
		*(bool *)(c->values + o->offset) = on;
	else if (o->kind == CLI_K_ALIAS && on)
		*(int *)(c->values + o->offset) = (int)o->max;
	return 0;
}

static int set_number(struct cursor *c, const struct cli_option *o, const char *value)
{
	uint64_t v;

	if (!str_to_u64(value, o->max, &v) || v < o->min)
		return err_set(c->e, "--%s=%s: expected a number from %u to %u", o->name,
			       value, o->min, o->max);
	*(uint32_t *)(c->values + o->offset) = (uint32_t)v;
	return 0;
}

static int set_word(struct cursor *c, const struct cli_option *o, const char *value)
{
	auto_str list = { 0 };

	for (int i = 0; o->words[i]; i++) {
		if (str_eq(o->words[i], value)) {
			*(int *)(c->values + o->offset) = i + 1;
			return 0;
		}
		str_addf(&list, "%s%s",
			 i == 0		   ? ""
			 : o->words[i + 1] ? ", "
					   : " or ",
			 o->words[i]);
	}
	return err_set(c->e, "--%s=%s: expected %s", o->name, value, list.s);
}

static int add_value(struct cursor *c, const struct cli_option *o, const char *value)
{
	struct cli_list *list = (struct cli_list *)(void *)(c->values + o->offset);

	list->v = xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	list->v[list->n++] = value;
	return 0;
}

static int set_value(struct cursor *c, const struct cli_option *o, const char *value)
{
	if (!wants_value(o))
		return set_flag(c, o, value);
	if (value && !*value && o->filled) {
		if (o->kind == CLI_K_TEXT) /* it was given: the exit status may depend */
			*(const char **)(c->values + o->offset) = value;
		return err_set(c->e, "--%s: its value is empty", o->name);
	}
	if (!value || (!*value && o->kind != CLI_K_TEXT))
		return 0;
	if (o->kind == CLI_K_NUMBER)
		return set_number(c, o, value);
	if (o->kind == CLI_K_WORD)
		return set_word(c, o, value);
	if (o->kind == CLI_K_LIST)
		return *value ? add_value(c, o, value) : 0;
	*(const char **)(c->values + o->offset) = *value ? value : NULL;
	return 0;
}

/* `value` is what stood in the same word, or NULL; then the next word is taken. */
static int apply(struct cursor *c, const struct cli_option *o, const char *value)
{
	if (o == &help_rows[0] || o == &help_rows[1]) {
		c->ret->help = o == help_rows ? CLI_HELP_FULL : CLI_HELP_USAGE;
		return 0;
	}
	if (wants_value(o) && !value) {
		if (!*c->next)
			return err_set(c->e, "--%s requires an argument", o->name);
		value = *c->next++;
	}
	return set_value(c, o, value);
}

/* ---- words ------------------------------------------------------------------------ */

static int unknown(struct cursor *c, const char *word, size_t n)
{
	if (!c->ret->unknown) {
		c->ret->unknown = word + strspn(word, "-");
		if (n == 1)
			c->ret->unknown = word;
	}
	if (n == 1)
		return err_set(c->e, "unknown option -%c", *word);
	return err_set(c->e, "unknown option %.*s", (int)n, word);
}

static const struct cli_option *known_long(struct cursor *c, const char *name, size_t n)
{
	const struct cli_option *o = find_long(c->table, name, n);

	return o ? o : find_long(help_rows, name, n);
}

/* -b DIR, -bDIR, -b=DIR, -aq. `word` is behind the dash. */
static int parse_letters(struct cursor *c, char *word)
{
	for (; *word; word++) {
		const struct cli_option *o = find_letter(c->table, *word);

		if (!o)
			o = find_letter(help_rows, *word);
		if (!o)
			return unknown(c, word, 1);
		if (word[1] == '=')
			return apply(c, o, word + 2);
		if (wants_value(o) && word[1])
			return apply(c, o, word + 1);
		if (apply(c, o, NULL) < 0 || wants_value(o))
			return err_is_set(c->e) ? -1 : 0;
	}
	return 0;
}

/* One word that begins with a dash and is not "-" or "--". */
static int parse_option(struct cursor *c, char *word)
{
	char *name = word + (word[1] == '-' ? 2 : 1);
	size_t n = strcspn(name, "=");
	const struct cli_option *o = n > 1 ? known_long(c, name, n) : NULL;

	if (o)
		return apply(c, o, name[n] ? name + n + 1 : NULL);
	if (word[1] == '-')
		return unknown(c, word, strcspn(word, "="));
	/* -no-such: named whole in the error, unless it begins with a letter we have */
	if (word[2] && word[2] != '=' && !find_letter(c->table, word[1]))
		return unknown(c, word, strcspn(word, "="));
	return parse_letters(c, name);
}

int cli_parse(const struct cli_option *table, char **argv, bool in_order, void *values,
	      struct cli_args *ret, struct err *e)
{
	struct cursor c = { table, values, argv, ret, e };
	bool only_words = false;

	*ret = (struct cli_args){ .v = argv };
	while (*c.next) {
		char *word = *c.next++;

		if (!only_words && str_eq(word, "--")) {
			only_words = true;
			continue;
		}
		if (!only_words && word[0] == '-' && word[1]) {
			(void)parse_option(&c, word);
			continue;
		}
		if (in_order) {
			ret->v = c.next - 1;
			while (ret->v[ret->n])
				ret->n++;
			return err_is_set(e) ? -1 : 0;
		}
		argv[ret->n++] = word;
	}
	argv[ret->n] = NULL;
	return err_is_set(e) ? -1 : 0;
}

void cli_free(const struct cli_option *table, void *values)
{
	for (const struct cli_option *o = table; o && o->name; o++)
		if (o->kind == CLI_K_LIST)
			free(((struct cli_list *)(void *)((char *)values + o->offset))
				     ->v);
}

/* ---- help ------------------------------------------------------------------------- */

enum { HELP_COLUMN = 32 };

static void help_row(const struct cli_option *o, struct str *ret)
{
	size_t start = ret->n;
	const char *letters = o->letters ? o->letters : "";

	str_add(ret, *letters ? "  " : "      ");
	for (; *letters; letters++)
		str_addf(ret, "-%c, ", *letters);
	str_addf(ret, "--%s", o->name);
	if (o->also)
		str_addf(ret, ", --%s", o->also);
	if (o->value)
		str_addf(ret, "=%s", o->value);
	if (ret->n - start > HELP_COLUMN - 2) {
		str_add(ret, "\n");
		start = ret->n;
	}
	str_addf(ret, "%*s%s\n", (int)(HELP_COLUMN - (ret->n - start)), "", o->help);
}

void cli_help_options(const struct cli_option *table, struct str *ret)
{
	for (; table->name; table++)
		help_row(table, ret);
	for (table = help_rows; table->name; table++)
		help_row(table, ret);
}

void cli_usage_options(const struct cli_option *table, struct str *ret)
{
	for (; table->name; table++) {
		str_add(ret, " [");
		for (const char *l = table->letters; l && *l; l++)
			str_addf(ret, "-%c|", *l);
		str_addf(ret, "--%s", table->name);
		if (table->value)
			str_addf(ret, "=%s", table->value);
		str_add(ret, "]");
	}
}
