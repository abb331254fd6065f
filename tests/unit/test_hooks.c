/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks: their order, what they are given, how their failure reads, and what outlives it. */
#include "run/hooks.h"

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

#include "folder.h"
#include "suite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char *no_env[] = { NULL };

/* A hook that runs a shell command with an argv of its own. */
static struct oci_hook shell(char **argv, const char *command)
{
	argv[0] = "hook";
	argv[1] = "-c";
	argv[2] = (char *)command;
	argv[3] = NULL;
	return (struct oci_hook){ .path = "/bin/sh",
				  .args = { .n = 3, .v = argv },
				  .env = { .n = 0, .v = no_env } };
}

static const struct oci_state state = { .oci_version = "1.3.0",
					.id = "c\"1",
					.status = OCI_STATUS_CREATING,
					.pid = { true, 4242 },
					.bundle = "/b" };

static char *argvs[4][4];
static struct oci_hook hooks[4];

static struct oci_hook_list list_of(const char *const *commands)
{
	struct oci_hook_list list = { .v = hooks };

	for (; commands[list.n]; list.n++)
		hooks[list.n] = shell(argvs[list.n], commands[list.n]);
	return list;
}

static int run(const struct oci_hook_list *list, struct err *e)
{
	return hooks_run("createRuntime", list, &state, -1, e);
}

static const char *content(const char *name)
{
	static struct str text;
	struct err e = { 0 };

	str_free(&text);
	if (file_read(AT_FDCWD, name, 0, 1 << 16, &text, &e) < 0)
		return e.text[0] ? "(none)" : "";
	return text.s ? text.s : "";
}

static const struct {
	const char *commands[4];
	const char *error; /* NULL: none */
	const char *log; /* what they wrote to the file "log" */
} rows[] = {
	{ { NULL }, NULL, "(none)" },
	{ { "echo 1 >>log", "echo 2 >>log", "echo 3 >>log" }, NULL, "1\n2\n3\n" },
	{ { "echo 1 >>log", "echo no; echo more >&2; echo less; exit 3", "echo 3 >>log" },
	  "hooks.createRuntime[1]: /bin/sh: exit status 3: no / more",
	  "1\n" },
	{ { "kill -9 $$", "echo 2 >>log" },
	  "hooks.createRuntime[0]: /bin/sh: killed by signal 9",
	  "(none)" },
	/* it need not read the state, and may close its input at once */
	{ { "exec <&-; sleep 0.1; echo 1 >>log" }, NULL, "1\n" },
	/* nothing of the caller's environment, and no descriptor but three */
	{ { "echo \"$HOME$SECRET\" $(ls /proc/self/fd | wc -l) >>log" }, NULL, " 4\n" },
	{ { "echo $0 >>log" }, NULL, "hook\n" },
	{ { "printf '\\033[31mred\\n\\ttab'; exit 1" },
	  "hooks.createRuntime[0]: /bin/sh: exit status 1: ?[31mred / ?tab",
	  "(none)" },
};

START_TEST(test_row)
{
	struct oci_hook_list list = list_of(rows[_i].commands);
	struct err e = { 0 };

	folder_make();
	setenv("SECRET", "leaked", 1);
	(void)!open("/dev/null", O_RDONLY); /* not close-on-exec, as callers leak them */
	ck_assert_int_eq(run(&list, &e), rows[_i].error ? -1 : 0);
	ck_assert_str_eq(e.text, rows[_i].error ? rows[_i].error : "");
	ck_assert_str_eq(content("log"), rows[_i].log);
	ck_assert_ptr_null(e.scope);
}
END_TEST

START_TEST(test_state)
{
	static const char *const commands[] = { "cat >1", "cat >2", NULL };
	struct oci_hook_list list = list_of(commands);
	struct err e = { 0 };

	folder_make();
	ck_assert_msg(run(&list, &e) == 0, "%s", e.text);
	ck_assert_str_eq(
		content("1"),
		"{\"ociVersion\":\"1.3.0\",\"id\":\"c\\\"1\",\"pid\":4242,\"status\":"
		"\"creating\",\"bundle\":\"/b\"}");
	ck_assert_int_eq(system("cmp -s 1 2"), 0);
}
END_TEST

START_TEST(test_arguments)
{
	static char *env[] = { "A=1", "B= 2 ", NULL };
	struct oci_hook hook = { .path = "/bin/sh" };
	struct oci_hook_list list = { .n = 1, .v = &hook };
	struct err e = { 0 };
	static char *script[] = { "sh", "-c", "echo \"$A|$B|$1|$2|$#\" >log", "x", "a b",
				  "",	NULL };

	folder_make();
	hook.args = (struct oci_strings){ .n = 6, .v = script };
	hook.env = (struct oci_strings){ .n = 2, .v = env };
	ck_assert_msg(run(&list, &e) == 0, "%s", e.text);
	ck_assert_str_eq(content("log"), "1| 2 |a b||2\n");
}
END_TEST

START_TEST(test_directory)
{
	static const char *const commands[] = { "pwd >/proc/self/fd/1; exit 1", NULL };
	struct oci_hook_list list = list_of(commands);
	struct err e = { 0 };
	int dir = open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(hooks_run("createRuntime", &list, &state, dir, &e), -1);
	ck_assert_str_eq(e.text, "hooks.createRuntime[0]: /bin/sh: exit status 1: /usr");
}
END_TEST

START_TEST(test_missing)
{
	struct oci_hook hook = { .path = "/nonexistent/hook" };
	struct oci_hook_list list = { .n = 1, .v = &hook };
	struct err e = { 0 };

	ck_assert_int_eq(run(&list, &e), -1);
	ck_assert_ptr_nonnull(
		strstr(e.text, "hooks.createRuntime[0]: /nonexistent/hook"));
}
END_TEST

/* A state longer than a pipe, for a hook that does not read it and one that does. */
START_TEST(test_long_state)
{
	static const char *const commands[] = { "sleep 0.1", "wc -c >log", NULL };
	struct oci_hook_list list = list_of(commands);
	struct oci_state big = state;
	char *longer = malloc(300000);
	struct err e = { 0 };

	folder_make();
	memset(longer, 'x', 299999);
	longer[299999] = '\0';
	big.bundle = longer;
	ck_assert_msg(hooks_run("createRuntime", &list, &big, -1, &e) == 0, "%s", e.text);
	ck_assert_int_gt(atoi(content("log")), 299999);
	free(longer);
}
END_TEST

/* Output is limited, and a flood of it blocks nothing. */
START_TEST(test_flood)
{
	static const char *const commands[] = {
		"head -c 3000000 /dev/zero | tr '\\0' x; exit 1", NULL
	};
	struct oci_hook_list list = list_of(commands);
	struct err e = { 0 };

	ck_assert_int_eq(run(&list, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "exit status 1: xxxx"));
	ck_assert_uint_lt(strlen(e.text), ERR_TEXT_MAX);
}
END_TEST

static const char *const slow[] = {
	"sleep 600",
	"sleep 600 & wait",
	"trap '' TERM INT HUP; sleep 600",
	"cat >/dev/null; exec 0<&- 1>&- 2>&-; sleep 600",
};

START_TEST(test_timeout)
{
	const char *const commands[] = { slow[_i], NULL };
	struct oci_hook_list list = list_of(commands);
	struct err e = { 0 };
	time_t begin = time(NULL);

	list.v[0].timeout = (__typeof__(list.v[0].timeout)){ true, 1 };
	ck_assert_int_eq(run(&list, &e), -1);
	ck_assert_str_eq(e.text, "hooks.createRuntime[0]: /bin/sh: timed out after 1 s");
	ck_assert_int_lt(time(NULL) - begin, 10);
}
END_TEST

/* A hook may leave something behind that keeps its output open: the hook itself counts. */
START_TEST(test_daemon)
{
	static const char *const commands[] = { "sleep 6 & exit 0", NULL };
	struct oci_hook_list list = list_of(commands);
	struct err e = { 0 };
	time_t begin = time(NULL);

	ck_assert_int_eq(run(&list, &e), 0);
	ck_assert_int_lt(time(NULL) - begin, 5);
}
END_TEST

/* Nobody waits for a hook whose container has died. */
START_TEST(test_given_up)
{
	static const char *const commands[] = { "sleep 600 & sleep 600", NULL };
	struct oci_hook_list list = list_of(commands);
	struct err e = { 0 };
	time_t begin = time(NULL);
	struct hooks_how how = { .cwd_fd = -1, .output = HOOKS_OUTPUT_NONE };
	int p[2];

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	how.init_fd = p[0];
	if (fork() == 0) {
		usleep(200000);
		_exit(0); /* the last one who could write: the pipe ends */
	}
	close(p[1]);
	ck_assert_int_eq(hooks_run_for("createRuntime", &list, &state, &how, &e), -1);
	ck_assert_str_eq(e.text, "hooks.createRuntime[0]: /bin/sh: given up");
	ck_assert_int_lt(time(NULL) - begin, 10);
}
END_TEST

/* poststop: each is run, what fails is a warning. */
START_TEST(test_run_all)
{
	static const char *const commands[] = { "echo 1 >>log; exit 1", "kill -9 $$",
						"echo 3 >>log", NULL };
	struct oci_hook_list list = list_of(commands);
	int fd;

	folder_make();
	fd = open("err", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	log_setup(fd, LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
	hooks_run_all("poststop", &list, &state, -1);
	ck_assert_str_eq(content("log"), "1\n3\n");
	ck_assert_ptr_nonnull(strstr(content("err"), "warning: hooks.poststop"));
	ck_assert_ptr_nonnull(strstr(content("err"), "exit status 1"));
	ck_assert_ptr_nonnull(strstr(content("err"), "killed by signal 9"));
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, test_row, 0, ROWS(rows));
	tcase_add_test(t, test_state);
	tcase_add_test(t, test_arguments);
	tcase_add_test(t, test_directory);
	tcase_add_test(t, test_missing);
	tcase_add_test(t, test_long_state);
	tcase_add_test(t, test_flood);
	tcase_add_loop_test(t, test_timeout, 0, ROWS(slow));
	tcase_add_test(t, test_daemon);
	tcase_add_test(t, test_given_up);
	tcase_add_test(t, test_run_all);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as main() of wolffia does */
	return suite_run("hooks", fill);
}
