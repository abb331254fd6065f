/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options before the command, and where --log sends lines. */
#include "base/mem.h"
#include "cmd/global.h"
#include "cmd/log_dest.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *line;
	const char *meaning; /* or the error */
} rows[] = {
	{ "state x", "root=- cgroupfs rootless=-1 text warning" },
	{ "--root /r state x", "root=/r cgroupfs rootless=-1 text warning" },
	/* clients.md 3.1, 3.4 */
	{ "--log-format=json --log /l create x",
	  "root=- cgroupfs rootless=-1 json warning log=/l" },
	{ "--root /r --log /l --log-format json --systemd-cgroup create x",
	  "root=/r systemd rootless=-1 json warning log=/l" },
	{ "--log-format=json --log /l --cgroup-manager disabled create x",
	  "root=- disabled rootless=-1 json warning log=/l" },
	{ "--debug --rootless=true x", "root=- cgroupfs rootless=1 text debug" },
	{ "--rootless false x", "root=- cgroupfs rootless=0 text warning" },
	{ "--rootless=auto x", "root=- cgroupfs rootless=-1 text warning" },
	{ "-s x", "root=- systemd rootless=-1 text warning" },
	{ "--cgroup-manager=systemd x", "root=- systemd rootless=-1 text warning" },
	{ "--systemd-cgroup --cgroup-manager=cgroupfs x",
	  "root=- cgroupfs rootless=-1 text warning" },
	{ "--log-level=error x", "root=- cgroupfs rootless=-1 text error" },
	{ "--log-level debug x", "root=- cgroupfs rootless=-1 text debug" },
	{ "--log-level info x", "root=- cgroupfs rootless=-1 text info" },
	{ "-root /r x", "root=/r cgroupfs rootless=-1 text warning" },
	{ "--root / x", "--root=/: the state cannot lie in the root directory" },
	{ "--root // x", "--root=//: the state cannot lie in the root directory" },
	{ "--root=/./ x", "--root=/./: the state cannot lie in the root directory" },
	{ "--root=/.. x", "--root=/..: the state cannot lie in the root directory" },
	{ "--root=/. x", "--root=/.: the state cannot lie in the root directory" },
	{ "--root=/... x", "root=/... cgroupfs rootless=-1 text warning" },
	{ "--root=/.a x", "root=/.a cgroupfs rootless=-1 text warning" },
	{ "--root=. x", "root=. cgroupfs rootless=-1 text warning" },
	{ "--log-format xml x", "--log-format=xml: expected text or json" },
	{ "--log-level loud x",
	  "--log-level=loud: expected error, warning, info or debug" },
	{ "--rootless maybe x", "--rootless=maybe: expected false, true or auto" },
	{ "--cgroup-manager none x",
	  "--cgroup-manager=none: expected cgroupfs, systemd or disabled" },
};

static int parse(const char *line, struct global_values *v, struct err *e)
{
	auto_free char *text = xstrdup(line);
	static char kept[512];
	struct cli_args args;
	char *argv[16];
	size_t n = 0;

	snprintf(kept, sizeof(kept), "%s", text);
	for (char *s = strtok(kept, " "); s; s = strtok(NULL, " "))
		argv[n++] = s;
	argv[n] = NULL;
	return cli_parse(global_options, argv, true, v, &args, e);
}

START_TEST(test_meaning)
{
	static const char *const managers[] = { "cgroupfs", "systemd", "disabled" };
	static const char *const levels[] = { "error", "warning", "info", "debug" };
	struct global_values v = { 0 };
	struct run_context ctx;
	struct err e = { 0 };
	auto_str got = { 0 };

	if (parse(rows[_i].line, &v, &e) == 0 && global_context(&v, &ctx, &e) == 0) {
		str_addf(&got, "root=%s %s rootless=%d %s %s", ctx.root ? ctx.root : "-",
			 managers[ctx.cgroup_manager], ctx.rootless,
			 global_log_format(&v) == LOG_FORMAT_JSON ? "json" : "text",
			 levels[global_log_level(&v, false)]);
		if (v.log)
			str_addf(&got, " log=%s", v.log);
		ck_assert_int_eq(ctx.debug,
				 global_log_level(&v, false) == LOG_LEVEL_DEBUG);
	}
	ck_assert_str_eq(err_is_set(&e) ? e.text : got.s, rows[_i].meaning);
}
END_TEST

/* start, kill and delete: what they print reaches somebody else's terminal. */
START_TEST(test_silent)
{
	struct global_values none = { 0 };
	struct global_values to_log = { .log = "/l" };
	struct global_values asked = { .log_level = 1 + LOG_LEVEL_WARNING };
	struct global_values debug = { .debug = true };

	ck_assert_int_eq(global_log_level(&none, true), LOG_LEVEL_ERROR);
	ck_assert_int_eq(global_log_level(&to_log, true), LOG_LEVEL_WARNING);
	ck_assert_int_eq(global_log_level(&asked, true), LOG_LEVEL_WARNING);
	ck_assert_int_eq(global_log_level(&debug, true), LOG_LEVEL_DEBUG);
	ck_assert_int_eq(global_log_level(&none, false), LOG_LEVEL_WARNING);
}
END_TEST

/* ---- destinations ----------------------------------------------------------------- */

static char dir[] = "/tmp/wolffia-log-XXXXXX";

static void enter(void)
{
	snprintf(dir, sizeof(dir), "/tmp/wolffia-log-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	umask(022);
}

static void leave(void)
{
	log_setup(-1, LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
	unlink("log");
	ck_assert_int_eq(chdir("/"), 0);
	rmdir(dir);
}

static void content(const char *name, char *buf, size_t size)
{
	int fd = open(name, O_RDONLY);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	n = read(fd, buf, size - 1);
	ck_assert_int_ge(n, 0);
	buf[n] = '\0';
	close(fd);
}

START_TEST(test_file)
{
	static const char *const names[] = { "log", "file:log" };
	struct err e = { 0 };
	struct err told = { 0 };
	struct stat st;
	char text[512];
	int saved = dup(STDERR_FILENO);
	int null = open("/dev/null", O_WRONLY);

	ck_assert_int_eq(log_dest_open(names[_i], LOG_FORMAT_JSON, LOG_LEVEL_ERROR, &e),
			 0);
	err_set(&told, "it broke");
	dup2(null, STDERR_FILENO);
	log_error(&told);
	log_error(&told);
	dup2(saved, STDERR_FILENO);
	content("log", text, sizeof(text));
	ck_assert(str_starts(text,
			     "{\"level\":\"error\",\"msg\":\"it broke\",\"time\":\""));
	/* appended, each on one line */
	ck_assert_ptr_nonnull(strstr(text, "}\n{\"level\""));
	ck_assert_int_eq(stat("log", &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0644);
}
END_TEST

static const struct {
	const char *dest;
	const char *error;
} bad[] = {
	{ "no/such/dir", "--log: open no/such/dir: it does not exist" },
	{ "file:no/such", "--log: open no/such: it does not exist" },
	{ ".", "--log: open .: Is a directory" },
	{ "fifo", "--log: open fifo: No such device or address" },
};

START_TEST(test_bad_file)
{
	struct err e = { 0 };

	mkfifo("fifo", 0600);
	ck_assert_int_eq(
		log_dest_open(bad[_i].dest, LOG_FORMAT_TEXT, LOG_LEVEL_ERROR, &e), -1);
	unlink("fifo");
	ck_assert_str_eq(e.text, bad[_i].error);
}
END_TEST

START_TEST(test_stderr)
{
	struct err e = { 0 };

	ck_assert_int_eq(log_dest_open(NULL, LOG_FORMAT_TEXT, LOG_LEVEL_ERROR, &e), 0);
	ck_assert_int_eq(
		log_dest_open("/dev/stderr", LOG_FORMAT_TEXT, LOG_LEVEL_ERROR, &e), 0);
	ck_assert_int_eq(access("log", F_OK), -1);
}
END_TEST

START_TEST(test_journal)
{
	static const char expected[] =
		"PRIORITY=3\nSYSLOG_IDENTIFIER\n\2\0\0\0\0\0\0\0me\n"
		"MESSAGE\n\3\0\0\0\0\0\0\0a\nb\n";
	auto_str b = { 0 };

	log_dest_journal(&b, "me", LOG_LEVEL_ERROR, "a\nb\n", 4);
	ck_assert_uint_eq(b.n, sizeof(expected) - 1);
	ck_assert_mem_eq(b.s, expected, b.n);
}
END_TEST

START_TEST(test_syslog)
{
	auto_str b = { 0 };
	char expected[64];

	snprintf(expected, sizeof(expected), "<12>me[%d]: text", (int)getpid());
	log_dest_syslog(&b, "me", LOG_LEVEL_WARNING, "text\n", 5);
	ck_assert_str_eq(b.s, expected);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("global");
	TCase *t = tcase_create("options");
	TCase *d = tcase_create("destinations");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, test_meaning, 0, (int)ARRAY_SIZE(rows));
	tcase_add_test(t, test_silent);
	tcase_add_checked_fixture(d, enter, leave);
	tcase_add_loop_test(d, test_file, 0, 2);
	tcase_add_loop_test(d, test_bad_file, 0, (int)ARRAY_SIZE(bad));
	tcase_add_test(d, test_stderr);
	tcase_add_test(d, test_journal);
	tcase_add_test(d, test_syslog);
	suite_add_tcase(s, t);
	suite_add_tcase(s, d);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
