/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log by its bytes: what engines parse, what people read, and which goes where. */
#include "base/log.h"

#include "base/file.h"

#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Standard error and the log file of a test. */
static int err_fd, log_fd;

static int temp_file(void)
{
	char path[] = "/tmp/wolffia-log.XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	return fd;
}

static void begin(bool to_file, enum log_format format, enum log_level level)
{
	err_fd = temp_file();
	log_fd = temp_file();
	dup2(err_fd, STDERR_FILENO);
	log_setup(to_file ? dup(log_fd) : -1, format, level);
}

/* What was written, each time in JSON replaced by T after a look at its form. */
static const char *content(int fd)
{
	static char buf[8192];
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);
	char *at = buf;

	buf[n < 0 ? 0 : n] = '\0';
	while ((at = strstr(at, "\"time\":\""))) {
		int year, month, day, hour, min, sec, us, end = 0;

		at += strlen("\"time\":\"");
		/* RFC 3339 in UTC, microseconds */
		ck_assert_int_eq(sscanf(at, "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ%n", &year,
					&month, &day, &hour, &min, &sec, &us, &end),
				 7);
		ck_assert_int_eq(end, 27);
		ck_assert(year >= 2024 && month >= 1 && month <= 12 && day >= 1);
		ck_assert(day <= 31 && hour <= 23 && min <= 59 && sec <= 60);
		*at = 'T';
		memmove(at + 1, at + end, strlen(at + end) + 1);
	}
	return buf;
}

static struct err failure(int code, const char *text, const char *hint)
{
	struct err e = { 0 };

	err_set(&e, "%s", text);
	if (hint)
		err_hint(&e, "%s", hint);
	e.code = code;
	return e;
}

START_TEST(test_text_error)
{
	struct err e = failure(1, "mounts[3]: /sys: Operation not permitted", NULL);
	struct err hinted = failure(0, "no", "say yes");

	begin(false, LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
	log_error(&e);
	ck_assert_str_eq(content(err_fd),
			 "error: mounts[3]: /sys: Operation not permitted\n");
	begin(false, LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
	log_error(&hinted);
	ck_assert_str_eq(content(err_fd), "error: no\n  hint: say yes\n");
}
END_TEST

/* With a log file both get it: the engine its format, the user the text. */
START_TEST(test_error_to_file)
{
	struct err e = failure(ENOENT, "x: it does not exist", "make it");

	begin(true, LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
	log_error(&e);
	ck_assert_str_eq(content(err_fd),
			 "error: x: it does not exist\n  hint: make it\n");
	ck_assert_str_eq(content(log_fd),
			 "error: x: it does not exist\n  hint: make it\n");
	begin(true, LOG_FORMAT_JSON, LOG_LEVEL_WARNING);
	log_error(&e);
	ck_assert_str_eq(content(err_fd),
			 "error: x: it does not exist\n  hint: make it\n");
	ck_assert_str_eq(content(log_fd),
			 "{\"level\":\"error\",\"msg\":\"x: it does not exist\","
			 "\"time\":\"T\",\"errno\":2,\"hint\":\"make it\"}\n");
}
END_TEST

START_TEST(test_json_on_stderr)
{
	struct err e = failure(0, "no", NULL);

	begin(false, LOG_FORMAT_JSON, LOG_LEVEL_WARNING);
	log_error(&e);
	ck_assert_str_eq(content(err_fd),
			 "{\"level\":\"error\",\"msg\":\"no\",\"time\":\"T\"}\n");
}
END_TEST

/* Podman reads the whole file as one object. */
START_TEST(test_one_object_for_a_failure)
{
	struct err e = failure(0, "no", NULL);

	begin(true, LOG_FORMAT_JSON, LOG_LEVEL_WARNING);
	log_warning("first \"%d\"", 1);
	log_warning("second");
	ck_assert_str_eq(content(log_fd), "");
	log_error(&e);
	ck_assert_str_eq(content(log_fd),
			 "{\"level\":\"error\",\"msg\":\"no\",\"time\":\"T\","
			 "\"warnings\":[\"first \\\"1\\\"\",\"second\"]}\n");
}
END_TEST

START_TEST(test_warnings_of_a_success)
{
	begin(true, LOG_FORMAT_JSON, LOG_LEVEL_WARNING);
	log_finish();
	ck_assert_str_eq(content(log_fd), "");
	log_warning("first");
	log_warning("second");
	log_finish();
	ck_assert_str_eq(content(log_fd),
			 "{\"level\":\"warning\",\"msg\":\"first\",\"time\":\"T\"}\n"
			 "{\"level\":\"warning\",\"msg\":\"second\",\"time\":\"T\"}\n");
	log_finish(); /* once only */
	ck_assert_ptr_null(strstr(strstr(content(log_fd), "second") + 1, "second"));
	ck_assert_str_eq(content(err_fd), "");
}
END_TEST

START_TEST(test_text_warning_at_once)
{
	begin(false, LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
	log_warning("%s has no %s", "this", "effect");
	ck_assert_str_eq(content(err_fd), "warning: this has no effect\n");
	log_finish();
	ck_assert_str_eq(content(err_fd), "warning: this has no effect\n");
}
END_TEST

/* One remark is one line, whatever is in it. */
START_TEST(test_one_line)
{
	begin(false, LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
	log_warning("a\nerror: %s\x1b[1m", "b\r");
	ck_assert_str_eq(content(err_fd), "warning: a?error: b??[1m\n");
}
END_TEST

static const char *const level_output[] = {
	[LOG_LEVEL_ERROR] = "",
	[LOG_LEVEL_WARNING] = "warning: w\n",
	[LOG_LEVEL_INFO] = "warning: w\ninfo: i\n",
	[LOG_LEVEL_DEBUG] = "warning: w\ninfo: i\ndebug: d\n",
};

START_TEST(test_level)
{
	begin(true, LOG_FORMAT_TEXT, (enum log_level)_i);
	log_warning("w");
	log_info("i");
	log_debug("d");
	ck_assert_str_eq(content(log_fd), level_output[_i]);
	for (int l = 0; l < ROWS(level_output); l++)
		ck_assert_int_eq(log_wants((enum log_level)l), l <= _i);
}
END_TEST

static const struct {
	const char *text, *json;
} strings[] = {
	{ "plain", "plain" },
	{ "a\"b\\c", "a\\\"b\\\\c" },
	{ "\b\t\n\f\r\x01\x1f\x7f", "\\b\\t\\n\\f\\r\\u0001\\u001f\\u007f" },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
	{ "\xe2\x82\xac \xf0\x9f\x8c\x8d", "\xe2\x82\xac \xf0\x9f\x8c\x8d" },
	/* what is no UTF-8: alone, cut, too long a form, surrogates, beyond the last */
	{ "a\xff"
	  "b",
	  "a\\ufffdb" },
	{ "\x80", "\\ufffd" },
	{ "cut\xe2\x82", "cut\\ufffd\\ufffd" },
	{ "cut\xf0\x9f\x8c", "cut\\ufffd\\ufffd\\ufffd" },
	{ "\xc3", "\\ufffd" },
	{ "\xc0\xaf", "\\ufffd\\ufffd" },
	{ "\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd" },
	{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" },
	{ "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" },
	{ "\xf5", "\\ufffd" },
};

START_TEST(test_json_string)
{
	char want[256];

	begin(true, LOG_FORMAT_JSON, LOG_LEVEL_INFO);
	log_remark(LOG_LEVEL_INFO, strings[_i].text);
	snprintf(want, sizeof(want),
		 "{\"level\":\"info\",\"msg\":\"%s\",\"time\":\"T\"}\n",
		 strings[_i].json);
	ck_assert_str_eq(content(log_fd), want);
}
END_TEST

/* ---- elsewhere --------------------------------------------------------------------------- */

static char sunk[256];

static void sink(enum log_level level, const char *text)
{
	snprintf(sunk + strlen(sunk), sizeof(sunk) - strlen(sunk), "%d:%s;", (int)level,
		 text);
}

START_TEST(test_sink)
{
	begin(true, LOG_FORMAT_JSON, LOG_LEVEL_INFO);
	log_set_sink(sink);
	log_warning("w%d", 1);
	log_info("i");
	log_debug("unwanted");
	log_set_sink(NULL);
	ck_assert_str_eq(sunk, "1:w1;2:i;");
	ck_assert_str_eq(content(log_fd), "");
	log_finish();
	ck_assert_str_eq(content(log_fd), "");
}
END_TEST

static void writer(int fd, enum log_level level, const char *line, size_t n)
{
	dprintf(fd, "<%d>%.*s", (int)level, (int)n, line);
}

START_TEST(test_writer)
{
	struct err e = failure(0, "no", NULL);

	begin(true, LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
	log_set_writer(writer);
	log_warning("w");
	log_error(&e);
	ck_assert_str_eq(content(log_fd), "<1>warning: w\n<0>error: no\n");
	ck_assert_str_eq(content(err_fd), "error: no\n");
}
END_TEST

/* A log that cannot be written to is no reason to fail, or to hang. */
START_TEST(test_full)
{
	struct err e = failure(0, "no", NULL);

	begin(false, LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
	log_setup(open("/dev/full", O_WRONLY), LOG_FORMAT_JSON, LOG_LEVEL_WARNING);
	log_error(&e);
	ck_assert_str_eq(content(err_fd), "error: no\n");
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, test_text_error);
	tcase_add_test(t, test_error_to_file);
	tcase_add_test(t, test_json_on_stderr);
	tcase_add_test(t, test_one_object_for_a_failure);
	tcase_add_test(t, test_warnings_of_a_success);
	tcase_add_test(t, test_text_warning_at_once);
	tcase_add_test(t, test_one_line);
	tcase_add_loop_test(t, test_level, 0, ROWS(level_output));
	tcase_add_loop_test(t, test_json_string, 0, ROWS(strings));
	tcase_add_test(t, test_sink);
	tcase_add_test(t, test_writer);
	tcase_add_test(t, test_full);
}

int main(void)
{
	return suite_run("log", fill);
}
