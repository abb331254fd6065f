/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signal names and numbers. */
#include "base/signame.h"
#include "base/str.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>

static const struct {
	const char *text;
	int number; /* 0: no signal */
} rows[] = {
	{ "TERM", SIGTERM },
	{ "SIGTERM", SIGTERM },
	{ "term", SIGTERM },
	{ "sigTerm", SIGTERM },
	{ "15", 15 },
	{ "9", 9 },
	{ "KILL", SIGKILL },
	{ "HUP", SIGHUP },
	{ "SIGWINCH", SIGWINCH },
	{ "USR1", SIGUSR1 },
	{ "SIGUSR2", SIGUSR2 },
	{ "IOT", SIGABRT },
	{ "POLL", SIGIO },
	{ "IO", SIGIO },
	{ "CLD", SIGCHLD },
	{ "UNUSED", SIGSYS },
	{ "STKFLT", SIGSTKFLT },
	{ "1", 1 },
	{ "64", 64 },
	{ "34", 34 },
	{ "RTMIN", 34 },
	{ "SIGRTMIN", 34 },
	{ "RTMIN+3", 37 },
	{ "SIGRTMIN+30", 64 },
	{ "rtmin+1", 35 },
	{ "RTMAX", 64 },
	{ "RTMAX-1", 63 },
	{ "SIGRTMAX-30", 34 },
	{ "0", 0 },
	{ "65", 0 },
	{ "-9", 0 },
	{ "+9", 0 },
	{ " 9", 0 },
	{ "9 ", 0 },
	{ "", 0 },
	{ "SIG", 0 },
	{ "SIG15", 0 },
	{ "SIGSIGTERM", 0 },
	{ "TERMX", 0 },
	{ "RTMIN+31", 0 },
	{ "RTMIN-1", 0 },
	{ "RTMAX+1", 0 },
	{ "RTMAX-31", 0 },
	{ "RTMIN+", 0 },
	{ "RTMINUS", 0 },
	{ "RTMIN+-1", 0 },
	{ "99999999999999999999", 0 },
};

START_TEST(test_parse)
{
	ck_assert_msg(signame_parse(rows[_i].text) == rows[_i].number,
		      "\"%s\" gives %d, expected %d", rows[_i].text,
		      signame_parse(rows[_i].text), rows[_i].number);
}
END_TEST

/* Our table agrees with the C library's for every classic signal. */
START_TEST(test_names)
{
	ck_assert_int_eq(signame_parse(sigabbrev_np(_i)), _i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signame");
	TCase *t = tcase_create("signame");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_parse, 0, (int)ARRAY_SIZE(rows));
	tcase_add_loop_test(t, test_names, 1, 32);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
