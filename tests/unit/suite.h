/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test's main() does: one case of the given tests, one exit status. */
#ifndef TESTS_UNIT_SUITE_H
#define TESTS_UNIT_SUITE_H

#include <check.h>
#include <stdlib.h>

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Runs what fill() adds to a case. EXIT_SUCCESS when all of it passed. */
static inline int suite_run(const char *name, void (*fill)(TCase *t))
{
	Suite *s = suite_create(name);
	TCase *t = tcase_create(name);
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	fill(t);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
