/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines: const tables of options become values of a struct, and --help. Accepted
 * is the union of what callers of runc (Go's flag) and of crun (argp) write:
 *
 *	--bundle=DIR  --bundle DIR  -bundle DIR  -b DIR  -b=DIR  -bDIR  -aq (two flags)  --
 *
 * An option name is matched whole, never by its beginning. A flag may be given a truth
 * value (--debug=false). An option given twice counts as given last, but for CLI_LIST; an
 * empty value as not given, as engines write --pid-file "" for none, unless the row says that
 * there must be something (a variable that a script forgot to set). Every table has --help,
 * -h, -? and --usage without naming them.
 */
#ifndef CMD_CLI_H
#define CMD_CLI_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_kind {
	CLI_K_FLAG, /* bool */
	CLI_K_TEXT, /* const char *, pointing into argv; NULL: not given */
	CLI_K_NUMBER, /* uint32_t, decimal, from min to max */
	CLI_K_WORD, /* int: 1 + the index in words; 0: not given */
	CLI_K_ALIAS, /* a flag that sets a CLI_K_WORD's int to max */
	CLI_K_IGNORED, /* a flag accepted for the sake of callers */
	CLI_K_LIST, /* struct cli_list: may be given many times */
};

/* The values of an option in their order; they point into argv. */
struct cli_list {
	const char **v;
	size_t n;
};

struct cli_option {
	const char *name; /* NULL ends the table */
	const char *also; /* another long spelling; NULL: none */
	const char *letters; /* short forms, each one character; NULL: none */
	uint8_t kind; /* enum cli_kind */
	bool filled; /* an empty value is an error */
	uint16_t offset; /* of the value in the struct */
	uint32_t min, max;
	const char *const *words; /* ends with NULL */
	const char *value; /* what --help calls the value */
	const char *help; /* one line, lower case, no full stop */
};

/* 0, but does not compile unless the member m of struct s has type t. */
#define CLI_CHECK_(s, m, t)                                                              \
	(0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((struct s *)0)->m), t) \
				 ? 1                                                     \
				 : -1]))
#define CLI_AT_(s, m, t) .offset = (uint16_t)(offsetof(struct s, m) + CLI_CHECK_(s, m, t))

/* The rows: struct tag, member, long name, letters or NULL, ... */
#define CLI_FLAG(s, m, long_, letters_, help_)                              \
	{                                                                   \
		.name = (long_), .letters = (letters_), .kind = CLI_K_FLAG, \
		CLI_AT_(s, m, bool), .help = help_                          \
	}
#define CLI_TEXT(s, m, long_, letters_, value_, help_)                        \
	{                                                                     \
		.name = (long_), .letters = (letters_), .kind = CLI_K_TEXT,   \
		CLI_AT_(s, m, const char *), .value = (value_), .help = help_ \
	}
#define CLI_LIST(s, m, long_, letters_, value_, help_)                           \
	{                                                                        \
		.name = (long_), .letters = (letters_), .kind = CLI_K_LIST,      \
		CLI_AT_(s, m, struct cli_list), .value = (value_), .help = help_ \
	}
#define CLI_NUMBER(s, m, long_, letters_, max_, help_)                              \
	{                                                                           \
		.name = (long_), .letters = (letters_), .kind = CLI_K_NUMBER,       \
		CLI_AT_(s, m, uint32_t), .max = (max_), .value = "N", .help = help_ \
	}
/* The same, and an empty value is an error. */
#define CLI_FILLED_TEXT(s, m, long_, letters_, value_, help_)                   \
	{                                                                       \
		.name = (long_), .letters = (letters_), .kind = CLI_K_TEXT,     \
		.filled = true, CLI_AT_(s, m, const char *), .value = (value_), \
		.help = help_                                                   \
	}
/* The same with another spelling of its name. */
#define CLI_FILLED_TEXT_ALSO(s, m, long_, also_, letters_, value_, help_)        \
	{                                                                        \
		.name = (long_), .also = (also_), .letters = (letters_),         \
		.kind = CLI_K_TEXT, .filled = true, CLI_AT_(s, m, const char *), \
		.value = (value_), .help = help_                                 \
	}
#define CLI_FILLED_LIST(s, m, long_, letters_, value_, help_)                      \
	{                                                                          \
		.name = (long_), .letters = (letters_), .kind = CLI_K_LIST,        \
		.filled = true, CLI_AT_(s, m, struct cli_list), .value = (value_), \
		.help = help_                                                      \
	}
#define CLI_FILLED_NUMBER(s, m, long_, letters_, min_, max_, help_)                    \
	{                                                                              \
		.name = (long_), .letters = (letters_), .kind = CLI_K_NUMBER,          \
		.filled = true, CLI_AT_(s, m, uint32_t), .min = (min_), .max = (max_), \
		.value = "N", .help = help_                                            \
	}
#define CLI_WORD(s, m, long_, letters_, words_, value_, help_)                          \
	{                                                                               \
		.name = (long_), .letters = (letters_), .kind = CLI_K_WORD,             \
		CLI_AT_(s, m, int), .words = (words_), .value = (value_), .help = help_ \
	}
#define CLI_ALIAS(s, m, long_, letters_, set_, help_)                        \
	{                                                                    \
		.name = (long_), .letters = (letters_), .kind = CLI_K_ALIAS, \
		CLI_AT_(s, m, int), .max = (set_), .help = help_             \
	}
#define CLI_IGNORED(long_, help_)                                       \
	{                                                               \
		.name = (long_), .kind = CLI_K_IGNORED, .help = (help_) \
	}
#define CLI_END   \
	{         \
		0 \
	}

enum cli_help { CLI_HELP_NONE, CLI_HELP_FULL, CLI_HELP_USAGE };

struct cli_args {
	char **v; /* the words that are no options, in argv itself; v[n] is NULL */
	size_t n;
	enum cli_help help; /* --help or --usage was among the options */
	const char *unknown; /* an option that the table does not have, without dashes */
};

/*
 * Parses the NULL-ended argv (without a program name) into *values, which the caller has
 * filled with the defaults, and *ret. argv is reordered: words move to its front.
 * in_order: the first word ends the options (what is left belongs to somebody else).
 * An error does not end the parsing, so that options after it, --log above all, still count:
 * 0, or -1 with the first error in *e and all values that could be read; *ret is always
 * filled in.
 */
int cli_parse(const struct cli_option *table, char **argv, bool in_order, void *values,
	      struct cli_args *ret, struct err *e);

/* Frees the lists in values, which cli_parse() has filled. */
void cli_free(const struct cli_option *table, void *values);

/* The row of an option by its long name or its letter as a string, or NULL. */
const struct cli_option *cli_find(const struct cli_option *table, const char *name);

/* The table as --help shows it, one line an option, --help itself included. */
void cli_help_options(const struct cli_option *table, struct str *ret);

/* The table as --usage shows it: " [-b|--bundle=DIR] [--no-pivot]". */
void cli_usage_options(const struct cli_option *table, struct str *ret);

#endif
