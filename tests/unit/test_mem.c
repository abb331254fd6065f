/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is never NULL, and what happens when there is none. */
#include "base/mem.h"

#include "suite.h"

#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(test_copies)
{
	auto_free char *a = xstrdup("abc");
	auto_free char *b = xstrndup("abcdef", 3);
	auto_free char *c = xstrndup("ab", 10);
	auto_free char *d = xasprintf("%s-%d", "x", 42);
	auto_free char *none = xstrdup(NULL);

	ck_assert_str_eq(a, "abc");
	ck_assert_str_eq(b, "abc");
	ck_assert_str_eq(c, "ab");
	ck_assert_str_eq(d, "x-42");
	ck_assert_ptr_null(none);
	ck_assert_ptr_null(xstrndup(NULL, 3));
}
END_TEST

START_TEST(test_calloc)
{
	auto_free unsigned char *p = xcalloc(100, 7);
	auto_free char *nothing = xcalloc(0, 8);
	auto_free char *of_nothing = xcalloc(8, 0);

	for (int i = 0; i < 700; i++)
		ck_assert_int_eq(p[i], 0);
	ck_assert_ptr_nonnull(nothing);
	ck_assert_ptr_nonnull(of_nothing);
}
END_TEST

START_TEST(test_realloc)
{
	auto_free int *v = NULL;

	for (size_t n = 1; n <= 1000; n++) {
		v = xreallocarray(v, n, sizeof(*v));
		v[n - 1] = (int)n;
	}
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(v[i], i + 1);
}
END_TEST

START_TEST(test_take)
{
	auto_free char *mine = xstrdup("x");
	char *given = take_ptr(&mine);

	ck_assert_ptr_null(mine);
	ck_assert_str_eq(given, "x");
	free(given);
}
END_TEST

/* ---- exhaustion: in a child, for it ends the process ------------------------------------ */

static const struct {
	size_t n, size;
} impossible[] = {
	{ SIZE_MAX / 2, 4 }, /* the product overflows */
	{ SIZE_MAX / 8, 1 }, /* it does not, but there is not so much */
};

static void exit_42(size_t size)
{
	(void)size;
	_exit(42);
}

static int status_of(void (*handler)(size_t size), int row, int grow)
{
	int status, null_fd;
	pid_t pid = fork();

	if (pid == 0) {
		null_fd = dup(2);
		close(2);
		(void)null_fd;
		mem_on_exhaustion(handler);
		if (grow)
			xreallocarray(NULL, impossible[row].n, impossible[row].size);
		else
			xcalloc(impossible[row].n, impossible[row].size);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(test_exhaustion)
{
	ck_assert_int_eq(status_of(exit_42, _i, 0), 42);
	ck_assert_int_eq(status_of(exit_42, _i, 1), 42);
	ck_assert_int_eq(status_of(NULL, _i, 0), 1);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, test_copies);
	tcase_add_test(t, test_calloc);
	tcase_add_test(t, test_realloc);
	tcase_add_test(t, test_take);
	tcase_add_loop_test(t, test_exhaustion, 0, ROWS(impossible));
}

int main(void)
{
	return suite_run("mem", fill);
}
