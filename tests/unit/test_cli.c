/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines to values: what callers of runc (Go's flag) and of crun (argp) write. */
#include "cmd/cli.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

struct values {
	const char *bundle;
	const char *file;
	uint32_t number;
	int word;
	bool all;
	bool quiet;
	struct cli_list env;
	const char *some;
	struct cli_list list;
	uint32_t from;
};

static const char *const words[] = { "red", "green", "blue", NULL };

static const struct cli_option table[] = {
	CLI_TEXT(values, bundle, "bundle", "b", "DIR", "where"),
	CLI_TEXT(values, file, "file-with-a-very-long-name", NULL, "FILE", "which"),
	CLI_NUMBER(values, number, "preserve-fds", "n", 1000, "how many"),
	CLI_WORD(values, word, "color", "c", words, "COLOR", "which color"),
	CLI_ALIAS(values, word, "blue", NULL, 3, "the same as --color=blue"),
	CLI_FLAG(values, all, "all", "a", "everything"),
	CLI_FLAG(values, quiet, "quiet", "qQ", "less"),
	CLI_IGNORED("no-subreaper", "nothing"),
	CLI_LIST(values, env, "env", "e", "NAME=VALUE", "a variable"),
	CLI_FILLED_TEXT(values, some, "some", NULL, "TEXT", "what must not be empty"),
	CLI_FILLED_LIST(values, list, "list", NULL, "TEXT", "the same, many times"),
	CLI_FILLED_NUMBER(values, from, "from", NULL, 2, 9, "from two on"),
	CLI_END,
};

static const struct {
	const char *argv; /* separated by one blank; "" stands for an empty word: '' */
	const char *values; /* or "error: ..." */
	bool in_order;
} rows[] = {
	{ "", "[]", false },
	{ "t1", "[t1]", false },
	{ "--bundle /b t1", "bundle=/b [t1]", false },
	{ "--bundle=/b t1", "bundle=/b [t1]", false },
	{ "-bundle /b t1", "bundle=/b [t1]", false },
	{ "-bundle=/b t1", "bundle=/b [t1]", false },
	{ "-b /b t1", "bundle=/b [t1]", false },
	{ "-b=/b t1", "bundle=/b [t1]", false },
	{ "-b/b t1", "bundle=/b [t1]", false },
	{ "-b = t1", "bundle== [t1]", false },
	{ "--bundle=a=b t1", "bundle=a=b [t1]", false },
	{ "--bundle -x t1", "bundle=-x [t1]", false },
	{ "--bundle -- t1", "bundle=-- [t1]", false },
	{ "t1 --bundle /b", "bundle=/b [t1]", false },
	{ "--bundle /a -b /b", "bundle=/b []", false },
	{ "--bundle= t1", "[t1]", false },
	{ "--bundle '' t1", "[t1]", false },
	{ "-b /a --bundle '' t1", "[t1]", false },
	{ "'' t1", "[,t1]", false },
	{ "--file-with-a-very-long-name f", "file=f []", false },
	{ "--all t1 9", "all [t1,9]", false },
	{ "t1 9 --all", "all [t1,9]", false },
	{ "t1 --all 9", "all [t1,9]", false },
	{ "-a t1 9", "all [t1,9]", false },
	{ "-all", "all []", false },
	{ "--all=true", "all []", false },
	{ "--all=1", "all []", false },
	{ "--all=T", "all []", false },
	{ "-a=true", "all []", false },
	{ "--all --all=false", "[]", false },
	{ "--all=FALSE", "[]", false },
	{ "--all=0", "[]", false },
	{ "-aq", "all quiet []", false },
	{ "-qa x", "all quiet [x]", false },
	{ "-Q", "quiet []", false },
	{ "-aqb /b", "all bundle=/b quiet []", false },
	{ "-aqb/b", "all bundle=/b quiet []", false },
	{ "-aqb=/b", "all bundle=/b quiet []", false },
	{ "-a-b", "error: unknown option --", false },
	{ "-no-subreaper t1", "[t1]", false },
	{ "--no-subreaper t1", "[t1]", false },
	{ "--no-subreaper=true t1", "[t1]", false },
	{ "--no-subreaper=maybe", "error: --no-subreaper=maybe: expected true or false",
	  false },
	{ "--preserve-fds 3", "number=3 []", false },
	{ "--preserve-fds=1000", "number=1000 []", false },
	{ "--preserve-fds=", "[]", false },
	{ "--preserve-fds 1001",
	  "error: --preserve-fds=1001: expected a number from 0 to 1000", false },
	{ "--preserve-fds -1",
	  "error: --preserve-fds=-1: expected a number from 0 to 1000", false },
	{ "--preserve-fds 0x1",
	  "error: --preserve-fds=0x1: expected a number from 0 to 1000", false },
	{ "-n 99999999999999999999",
	  "error: --preserve-fds=99999999999999999999: expected a number from 0 to 1000",
	  false },
	{ "--color=red", "word=1 []", false },
	{ "-c blue", "word=3 []", false },
	{ "--blue", "word=3 []", false },
	{ "--blue=false", "[]", false },
	{ "--color red --blue", "word=3 []", false },
	{ "--blue --color red", "word=1 []", false },
	{ "--color=Red", "error: --color=Red: expected red, green or blue", false },
	{ "--all=maybe", "error: --all=maybe: expected true or false", false },
	{ "--bundle", "error: --bundle requires an argument", false },
	{ "t1 -b", "error: --bundle requires an argument", false },
	{ "-ab", "error: --bundle requires an argument", false },
	{ "--color", "error: --color requires an argument", false },
	{ "--nope", "error: unknown option --nope", false },
	{ "--nope=7", "error: unknown option --nope", false },
	{ "-nope", "error: --preserve-fds=ope: expected a number from 0 to 1000", false },
	{ "-xyz", "error: unknown option -xyz", false },
	{ "-x", "error: unknown option -x", false },
	{ "-ax", "error: unknown option -x", false },
	{ "--bund /b", "error: unknown option --bund", false },
	{ "--bundlex=1", "error: unknown option --bundlex", false },
	{ "--b=/b", "error: unknown option --b", false },
	{ "--=x", "error: unknown option --", false },
	{ "---bundle x", "error: unknown option ---bundle", false },
	{ "-", "[-]", false },
	{ "- -a", "all [-]", false },
	{ "-- --all -b", "[--all,-b]", false },
	{ "-a -- -- x", "all [--,x]", false },
	{ "x -- -a", "[x,-a]", false },
	{ "--help", "[] help", false },
	{ "-h", "[] help", false },
	{ "-?", "[] help", false },
	{ "-help", "[] help", false },
	{ "--usage", "[] usage", false },
	{ "-ah t1", "all [t1] help", false },
	{ "-a exec -q", "all [exec,-q]", true },
	{ "exec -a", "[exec,-a]", true },
	{ "-b /b exec --bundle /c", "bundle=/b [exec,--bundle,/c]", true },
	{ "-a -- -q x", "all [-q,x]", true },
	{ "-e A=1 --env=B=2 x -eC --env D", "env=A=1 env=B=2 env=C env=D [x]", false },
	{ "--env= -e '' x", "[x]", false },
	{ "x --env", "error: --env requires an argument", false },
	{ "--some a x", "[x]", false },
	{ "--some '' x", "error: --some: its value is empty", false },
	{ "--some= x", "error: --some: its value is empty", false },
	{ "--list a --list '' x", "error: --list: its value is empty", false },
	{ "--from 2 --from 9 x", "[x]", false },
	{ "--from 1", "error: --from=1: expected a number from 2 to 9", false },
	{ "--from 10", "error: --from=10: expected a number from 2 to 9", false },
	{ "--from= x", "error: --from: its value is empty", false },
	/* the first error counts, and options behind it are still read */
	{ "--nope --also --bundle /b x", "error: unknown option --nope", false },
};

/* Splits at blanks; '' is an empty word. */
static char **split(char *text)
{
	static char *argv[16];
	size_t n = 0;

	for (char *s = strtok(text, " "); s; s = strtok(NULL, " "))
		argv[n++] = strcmp(s, "''") == 0 ? s + 2 : s;
	argv[n] = NULL;
	return argv;
}

static void print_values(const struct values *v, const struct cli_args *args,
			 struct str *ret)
{
	if (v->all)
		str_add(ret, "all ");
	if (v->bundle)
		str_addf(ret, "bundle=%s ", v->bundle);
	if (v->file)
		str_addf(ret, "file=%s ", v->file);
	if (v->number)
		str_addf(ret, "number=%u ", v->number);
	if (v->word)
		str_addf(ret, "word=%d ", v->word);
	if (v->quiet)
		str_add(ret, "quiet ");
	for (size_t i = 0; i < v->env.n; i++)
		str_addf(ret, "env=%s ", v->env.v[i]);
	str_add(ret, "[");
	for (size_t i = 0; i < args->n; i++)
		str_addf(ret, "%s%s", i ? "," : "", args->v[i]);
	str_add(ret, "]");
	if (args->help)
		str_add(ret, args->help == CLI_HELP_FULL ? " help" : " usage");
}

START_TEST(test_parse)
{
	char text[256];
	struct values v = { 0 };
	struct cli_args args;
	struct err e = { 0 };
	auto_str got = { 0 };
	int rc;

	snprintf(text, sizeof(text), "%s", rows[_i].argv);
	rc = cli_parse(table, split(text), rows[_i].in_order, &v, &args, &e);
	if (rc < 0)
		str_addf(&got, "error: %s", e.text);
	else
		print_values(&v, &args, &got);
	ck_assert_msg(strcmp(got.s, rows[_i].values) == 0,
		      "row %d: %s\n gives    %s\n expected %s", _i, rows[_i].argv, got.s,
		      rows[_i].values);
	ck_assert_int_eq(rc < 0, err_is_set(&e));
	free(v.env.v); /* a command keeps them to its end */
	free(v.list.v);
}
END_TEST

/* The log must be found even when the line has an error before it. */
START_TEST(test_goes_on_after_error)
{
	char text[] = "--nope --color=pink --bundle /b --all x";
	struct values v = { 0 };
	struct cli_args args;
	struct err e = { 0 };

	ck_assert_int_eq(cli_parse(table, split(text), true, &v, &args, &e), -1);
	ck_assert_str_eq(e.text, "unknown option --nope");
	ck_assert_str_eq(args.unknown, "nope");
	ck_assert_str_eq(v.bundle, "/b");
	ck_assert(v.all);
	ck_assert_uint_eq(args.n, 1);
	ck_assert_ptr_null(args.v[1]);
}
END_TEST

START_TEST(test_find)
{
	ck_assert_str_eq(cli_find(table, "all")->name, "all");
	ck_assert_str_eq(cli_find(table, "Q")->name, "quiet");
	ck_assert_ptr_null(cli_find(table, "al"));
	ck_assert_ptr_null(cli_find(table, "x"));
	ck_assert_ptr_null(cli_find(table, ""));
}
END_TEST

START_TEST(test_help)
{
	auto_str help = { 0 };
	auto_str usage = { 0 };

	cli_help_options(table, &help);
	ck_assert_str_eq(help.s,
			 "  -b, --bundle=DIR              where\n"
			 "      --file-with-a-very-long-name=FILE\n"
			 "                                which\n"
			 "  -n, --preserve-fds=N          how many\n"
			 "  -c, --color=COLOR             which color\n"
			 "      --blue                    the same as --color=blue\n"
			 "  -a, --all                     everything\n"
			 "  -q, -Q, --quiet               less\n"
			 "      --no-subreaper            nothing\n"
			 "  -e, --env=NAME=VALUE          a variable\n"
			 "      --some=TEXT               what must not be empty\n"
			 "      --list=TEXT               the same, many times\n"
			 "      --from=N                  from two on\n"
			 "  -h, -?, --help                print this help\n"
			 "      --usage                   print a short usage message\n");
	cli_usage_options(table + 4, &usage);
	ck_assert_str_eq(usage.s, " [--blue] [-a|--all] [-q|-Q|--quiet] [--no-subreaper] "
				  "[-e|--env=NAME=VALUE] [--some=TEXT] [--list=TEXT] "
				  "[--from=N]");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli");
	TCase *t = tcase_create("cli");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_parse, 0, (int)ARRAY_SIZE(rows));
	tcase_add_test(t, test_goes_on_after_error);
	tcase_add_test(t, test_find);
	tcase_add_test(t, test_help);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
