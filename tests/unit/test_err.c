/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors: composition from scopes, first one wins, one line, hints, taking over. */
#include "base/err.h"

#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_plain)
{
	struct err e = { 0 };

	ck_assert(!err_is_set(&e));
	ck_assert_int_eq(err_set(&e, "no %s", "luck"), -1);
	ck_assert(err_is_set(&e));
	ck_assert_str_eq(e.text, "no luck");
	ck_assert_int_eq(e.code, 0);
}
END_TEST

static int fail_inside(struct err *e)
{
	WHERE(e, "mounts", 3, "/sys");
	errno = EPERM;
	return err_sys(e, "mount %s", "sysfs");
}

START_TEST(test_scopes)
{
	struct err e = { 0 };

	{
		WHERE_IN(&e, "linux", NULL);
		ck_assert_int_eq(fail_inside(&e), -1);
	}
	ck_assert_str_eq(e.text, "linux: mounts[3]: /sys: mount sysfs: "
				 "Operation not permitted");
	ck_assert_int_eq(e.code, EPERM);
	ck_assert_ptr_null(e.scope);
}
END_TEST

START_TEST(test_scope_is_popped)
{
	struct err e = { 0 };

	{
		WHERE_IN(&e, "process", "sh");
		ck_assert_ptr_nonnull(e.scope);
	}
	err_set(&e, "later");
	ck_assert_str_eq(e.text, "later");
}
END_TEST

START_TEST(test_first_wins)
{
	struct err e = { 0 };

	err_set(&e, "cause");
	errno = ENOENT;
	err_sys(&e, "consequence");
	ck_assert_str_eq(e.text, "cause");
	ck_assert_int_eq(e.code, 0);
	e.status = 126;
	e.no_userns = true;
	err_clear(&e);
	ck_assert(!e.no_userns && !e.status);
	err_code(&e, EBUSY, "again");
	ck_assert_str_eq(e.text, "again: Device or resource busy");
}
END_TEST

/* What engines take for "command not found" must not appear by accident. */
static const struct {
	int code;
	const char *text;
} plain[] = {
	{ ENOENT, "/x: it does not exist" },
	{ EPERM, "/x: not allowed" },
	{ EACCES, "/x: not allowed" },
	{ EBUSY, "/x: Device or resource busy" },
};

START_TEST(test_sys_plain)
{
	struct err e = { 0 };

	errno = plain[_i].code;
	err_sys_plain(&e, "/x");
	ck_assert_str_eq(e.text, plain[_i].text);
	ck_assert_int_eq(e.code, plain[_i].code);
}
END_TEST

START_TEST(test_one_line)
{
	struct err e = { 0 };

	err_set(&e, "a\nb\tc\x7f");
	ck_assert_str_eq(e.text, "a?b?c?");
	err_hint(&e, "x\ny");
	ck_assert_str_eq(e.hint, "x?y");
	err_hint(&e, "second");
	ck_assert_str_eq(e.hint, "x?y");
}
END_TEST

START_TEST(test_descriptors)
{
	struct err e = { 0 };

	errno = EMFILE;
	err_sys(&e, "open x");
	ck_assert_str_eq(e.text, "open x: Too many open files");
	ck_assert_str_eq(e.hint,
			 "the limit of open files is reached: `ulimit -n 64`, or more");
}
END_TEST

START_TEST(test_long_is_cut)
{
	struct err e = { 0 };
	char big[2 * ERR_TEXT_MAX];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	{
		WHERE(&e, big, 1, big);
		err_set(&e, "%s", big);
	}
	ck_assert_uint_eq(strlen(e.text), ERR_TEXT_MAX - 1);
}
END_TEST

START_TEST(test_take)
{
	struct err from = { 0 };
	struct err e = { 0 };

	err_set(&from, "inner");
	from.code = EIO;
	from.status = 126;
	memset(from.hint, 'h', sizeof(from.hint)); /* not terminated by its sender */
	{
		WHERE_IN(&e, "hooks", NULL);
		ck_assert_int_eq(err_take(&e, &from), -1);
	}
	ck_assert_str_eq(e.text, "hooks: inner");
	ck_assert_int_eq(e.code, EIO);
	ck_assert_int_eq(e.status, 126);
	ck_assert_uint_eq(strlen(e.hint), ERR_HINT_MAX - 1);
}
END_TEST

START_TEST(test_take_nothing)
{
	struct err from = { 0 };
	struct err e = { 0 };

	err_take(&e, &from);
	ck_assert(err_is_set(&e));
}
END_TEST

static int returns(int value, struct err *e)
{
	int v = TRY(value < 0 ? err_set(e, "negative") : value);

	return v + 1;
}

START_TEST(test_try)
{
	struct err e = { 0 };

	ck_assert_int_eq(returns(4, &e), 5);
	ck_assert_int_eq(returns(-4, &e), -1);
	ck_assert_str_eq(e.text, "negative");
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, test_plain);
	tcase_add_test(t, test_scopes);
	tcase_add_test(t, test_scope_is_popped);
	tcase_add_test(t, test_first_wins);
	tcase_add_loop_test(t, test_sys_plain, 0, ROWS(plain));
	tcase_add_test(t, test_one_line);
	tcase_add_test(t, test_descriptors);
	tcase_add_test(t, test_long_is_cut);
	tcase_add_test(t, test_take);
	tcase_add_test(t, test_take_nothing);
	tcase_add_test(t, test_try);
}

int main(void)
{
	return suite_run("err", fill);
}
