/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a helper: its input, output, end, timeout, and what it must not inherit. */
#include "base/child.h"

#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct child_spec shell(char *const argv[])
{
	return (struct child_spec){ .path = "/bin/sh",
				    .argv = argv,
				    .cwd_fd = -1,
				    .timeout_ms = -1,
				    .output_limit = 4096,
				    .output_fd = -1 };
}

static const struct {
	const char *script;
	const char *input;
	const char *output;
	const char *error; /* of child_check(), "" for success */
} rows[] = {
	{ "true", "", "", "" },
	{ "echo out; echo err >&2", "", "out\nerr\n", "" },
	{ "cat", "hello", "hello", "" },
	/* it need not read its input */
	{ "exit 0", "hello", "", "" },
	{ "exit 3", "", "", "/bin/sh: exit status 3" },
	{ "echo because >&2; exit 1", "", "because\n",
	  "/bin/sh: exit status 1: because" },
	{ "echo a; echo b; echo c; exit 1", "", "a\nb\nc\n",
	  "/bin/sh: exit status 1: a / b" },
	{ "kill -9 $$", "", "", "/bin/sh: killed by signal 9" },
	{ "echo env=$HOME$PATH_X", "", "env=\n", "" },
};

START_TEST(test_row)
{
	char *argv[] = { "sh", "-c", (char *)rows[_i].script, NULL };
	struct child_spec spec = shell(argv);
	struct child_result r = { 0 };
	struct err e = { 0 };

	spec.input = rows[_i].input;
	spec.n_input = strlen(rows[_i].input);
	ck_assert_int_eq(child_run(&spec, &r, &e), 0);
	ck_assert_str_eq(r.output.s ? r.output.s : "", rows[_i].output);
	child_check(&r, &spec, &e);
	ck_assert_str_eq(e.text, rows[_i].error);
	str_free(&r.output);
}
END_TEST

START_TEST(test_find)
{
	char path[CHILD_PATH_MAX];

	ck_assert(child_find("sh", path));
	ck_assert(path[0] == '/' && access(path, X_OK) == 0);
	ck_assert(!child_find("no-such-program", path));
	ck_assert(!child_find("../../etc/passwd", path)); /* nothing that can be run */
}
END_TEST

START_TEST(test_missing)
{
	struct child_spec spec = shell(NULL);
	struct child_result r = { 0 };
	struct err e = { 0 };

	spec.path = "/nonexistent/hook";
	ck_assert_int_eq(child_run(&spec, &r, &e), -1);
	ck_assert_str_eq(e.text, "/nonexistent/hook: No such file or directory");
	ck_assert_int_eq(e.code, ENOENT);
}
END_TEST

/* The whole group dies, also what the helper started. */
/* The kernel then reaps it, and nobody knows how it ended: that is no success. */
START_TEST(test_reaped_by_another)
{
	char *argv[] = { "sh", "-c", "exit 3", NULL };
	struct child_spec spec = shell(argv);
	struct child_result r = { 0 };
	struct err e = { 0 };

	signal(SIGCHLD, SIG_IGN);
	ck_assert_int_eq(child_run(&spec, &r, &e), -1);
	ck_assert_str_eq(e.text, "/bin/sh: how it has ended cannot be known: No child "
				 "processes");
}
END_TEST

START_TEST(test_timeout)
{
	char *argv[] = { "sh", "-c", "sleep 60 & echo $!; wait", NULL };
	struct child_spec spec = shell(argv);
	struct child_result r = { 0 };
	struct err e = { 0 };
	pid_t grandchild;

	spec.timeout_ms = 300;
	ck_assert_int_eq(child_run(&spec, &r, &e), 0);
	ck_assert(r.timed_out);
	grandchild = (pid_t)atoi(r.output.s);
	ck_assert_int_gt(grandchild, 1);
	for (int i = 0; i < 100 && kill(grandchild, 0) == 0; i++)
		usleep(10000);
	spec.timeout_ms = 2000;
	child_check(&r, &spec, &e);
	ck_assert(str_starts(e.text, "/bin/sh: timed out after 2 s"));
	str_free(&r.output);
}
END_TEST

/* A daemon left behind keeps the pipe open, but the helper is over. */
START_TEST(test_daemon_does_not_hold)
{
	char *argv[] = { "sh", "-c", "sleep 5 & echo done", NULL };
	struct child_spec spec = shell(argv);
	struct child_result r = { 0 };
	struct err e = { 0 };

	spec.timeout_ms = 3000;
	ck_assert_int_eq(child_run(&spec, &r, &e), 0);
	ck_assert(!r.timed_out);
	ck_assert_str_eq(r.output.s, "done\n");
	str_free(&r.output);
}
END_TEST

START_TEST(test_no_descriptors)
{
	char *argv[] = { "sh", "-c", "ls /proc/self/fd | wc -l; pwd", NULL };
	struct child_spec spec = shell(argv);
	struct child_result r = { 0 };
	struct err e = { 0 };
	int leaked = open("/dev/null", O_RDONLY);

	spec.cwd_fd = open("/usr", O_PATH | O_DIRECTORY | O_CLOEXEC);
	spec.envp = (char *[]){ "PATH=/usr/bin:/bin", NULL };
	ck_assert_int_eq(child_run(&spec, &r, &e), 0);
	/* 0, 1, 2 and the directory that ls itself opens */
	ck_assert_str_eq(r.output.s, "4\n/usr\n");
	close(leaked);
	close(spec.cwd_fd);
	str_free(&r.output);
}
END_TEST

START_TEST(test_output_limit)
{
	char *argv[] = { "sh", "-c",
			 "i=0; while [ $i -lt 9999 ]; do echo xxxxxxxxx; "
			 "i=$((i+1)); done",
			 NULL };
	struct child_spec spec = shell(argv);
	struct child_result r = { 0 };
	struct err e = { 0 };

	spec.output_limit = 100;
	ck_assert_int_eq(child_run(&spec, &r, &e), 0);
	ck_assert_int_eq(WEXITSTATUS(r.status), 0);
	ck_assert_uint_eq(r.output.n, 100);
	str_free(&r.output);
}
END_TEST

START_TEST(test_signals_are_default)
{
	char *argv[] = { "sh", "-c", "grep -E 'Sig(Blk|Ign)' /proc/self/status", NULL };
	struct child_spec spec = shell(argv);
	struct child_result r = { 0 };
	struct err e = { 0 };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGUSR1, SIG_IGN);
	ck_assert_int_eq(child_run(&spec, &r, &e), 0);
	ck_assert_str_eq(r.output.s, "SigBlk:\t0000000000000000\n"
				     "SigIgn:\t0000000000000000\n");
	str_free(&r.output);
}
END_TEST

static void fill(TCase *t)
{
	signal(SIGPIPE, SIG_IGN);
	tcase_add_loop_test(t, test_row, 0, ROWS(rows));
	tcase_add_test(t, test_find);
	tcase_add_test(t, test_missing);
	tcase_add_test(t, test_reaped_by_another);
	tcase_add_test(t, test_timeout);
	tcase_add_test(t, test_daemon_does_not_hold);
	tcase_add_test(t, test_no_descriptors);
	tcase_add_test(t, test_output_limit);
	tcase_add_test(t, test_signals_are_default);
}

int main(void)
{
	return suite_run("child", fill);
}
