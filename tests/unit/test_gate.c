/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate: what `start` makes of each story that an init can tell. */
#include "run/gate.h"

#include "base/fd.h"
#include "run/baton.h"

#include "folder.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A story is a word a message; then the init's end is closed. */
static const struct {
	const char *story;
	const char *error; /* NULL: the program runs */
} rows[] = {
	{ "X", NULL },
	{ "RX", NULL },
	{ "RwLX", NULL },
	{ "", "the container's init died before it could run the program" },
	{ "R", "the container's init died before it could run the program" },
	{ "L", "the container's init died before it could run the program" },
	{ "Xn", "exec: \"nothing\": executable file not found in $PATH" },
	{ "X/", "exec: \"/no/thing\": no such file or directory" },
	{ "Xp", "exec: \"nothing\": permission denied" },
	{ "Xf", "exec: \"nothing\": exec format error" },
	{ "F", "process.cwd: it does not exist" }, /* no missing command, this */
	{ "E", "hooks.startContainer[0]: /bin/h: exit status 1" },
	{ "P", "the container's init sent a message out of turn" },
	{ "B", "the container's init sent a message out of turn" },
	{ "Z", "the container's init sent a report that is not ours" },
	{ "?", "the container's init sent a message that is not ours" },
	{ "X?", "the container's init sent a message that is not ours" },
};

static void say_report(int sock, uint32_t kind, int error, bool exec, const char *what)
{
	struct script_report r = {
		.magic = SCRIPT_MAGIC, .kind = kind, .error = error, .exec = exec
	};

	strcpy(r.what, what);
	/* SCRIPT_LISTENER carries one */
	ck_assert_int_eq(fd_send(sock, &r, sizeof(r), (int[]){ 0 },
				 kind == SCRIPT_LISTENER ? 1 : 0),
			 0);
}

static void say(int sock, char word)
{
	struct err hook = { 0 };
	struct err e = { 0 };

	switch (word) {
	case 'R':
		return say_report(sock, SCRIPT_READY, 0, false, "");
	case 'X':
		return say_report(sock, SCRIPT_EXECUTING, 0, false, "");
	case 'L':
		return say_report(sock, SCRIPT_LISTENER, 0, false, "");
	case 'n':
		return say_report(sock, SCRIPT_FAILED, ENOENT, true, "nothing");
	case '/':
		return say_report(sock, SCRIPT_FAILED, ENOENT, true, "/no/thing");
	case 'p':
		return say_report(sock, SCRIPT_FAILED, EACCES, true, "nothing");
	case 'f':
		return say_report(sock, SCRIPT_FAILED, ENOEXEC, true, "nothing");
	case 'F':
		return say_report(sock, SCRIPT_FAILED, ENOENT, false, "process.cwd");
	case 'Z':
		return say_report(sock, 77, 0, false, "");
	case 'E':
		err_set(&hook, "hooks.startContainer[0]: /bin/h: exit status 1");
		ck_assert_int_eq(baton_error(sock, 1, &hook), 0);
		return;
	case 'w':
		ck_assert_int_eq(baton_remark(sock, LOG_LEVEL_DEBUG, "remark"), 0);
		return;
	case 'P':
		ck_assert_int_eq(baton_pass(sock, 1, &e), 0);
		return;
	case 'B':
		ck_assert_int_eq(baton_born(sock, 1, 0, &e), 0);
		return;
	default:
		ck_assert_int_eq(fd_send(sock, &word, 1, NULL, 0), 0);
	}
}

START_TEST(test_story)
{
	struct err e = { 0 };
	int s[2], rc;

	ck_assert_int_eq(baton_pair(s, &e), 0);
	for (const char *word = rows[_i].story; *word; word++)
		say(s[1], *word);
	close(s[1]);
	rc = gate_follow(s[0], NULL, NULL, &e);
	ck_assert_str_eq(e.text, rows[_i].error ? rows[_i].error : "");
	ck_assert_int_eq(rc, rows[_i].error ? -1 : 0);
}
END_TEST

/* ---- the listener -------------------------------------------------------------------------- */

static int taken;

static int take(int fd, void *arg, struct err *e)
{
	taken++;
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	return arg ? err_set(e, "nobody takes it") : 0;
}

START_TEST(test_listener)
{
	struct err e = { 0 };
	char word;
	int s[2];

	ck_assert_int_eq(baton_pair(s, &e), 0);
	for (const char *story = "RLX"; *story; story++)
		say(s[1], *story);
	ck_assert_int_eq(shutdown(s[1], SHUT_WR), 0);
	ck_assert_int_eq(gate_follow(s[0], take, NULL, &e), 0);
	ck_assert_int_eq(taken, 1);
	/* the program may go on */
	ck_assert_int_eq(read(s[1], &word, 1), 1);
}
END_TEST

START_TEST(test_listener_refused)
{
	struct err e = { 0 };
	char word;
	int s[2];

	ck_assert_int_eq(baton_pair(s, &e), 0);
	say(s[1], 'L');
	say(s[1], 'X');
	ck_assert_int_eq(gate_follow(s[0], take, &e, &e), -1);
	ck_assert_str_eq(e.text, "nobody takes it");
	ck_assert_int_eq(taken, 1);
	close(s[0]);
	ck_assert_int_le(read(s[1], &word, 1), 0);
}
END_TEST

/* ---- the socket ---------------------------------------------------------------------------- */

START_TEST(test_connect)
{
	struct err e = { 0 };
	int dir, gate, conn, other;

	folder_make();
	/* longer than a socket's address may be */
	for (int i = 0; i < 4; i++) {
		char name[61] = { 0 };

		memset(name, 'd', 60);
		ck_assert_int_eq(mkdir(name, 0700), 0);
		ck_assert_int_eq(chdir(name), 0);
	}
	dir = open(".", O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(gate_connect(dir, "c1", &e), -1);
	ck_assert_str_eq(e.text, "container not running: c1 has lost its init");
	ck_assert_int_eq(e.code, ECONNREFUSED);
	err_clear(&e);
	gate = gate_make(dir, &e);
	ck_assert_msg(gate >= 0, "%s", e.text);
	ck_assert(fcntl(gate, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(gate_make(dir, &e), -1); /* once only */
	err_clear(&e);
	conn = gate_connect(dir, "c1", &e);
	ck_assert_msg(conn >= 0, "%s", e.text);
	ck_assert(fcntl(conn, F_GETFD) & FD_CLOEXEC);
	other = accept(gate, NULL, NULL);
	say(other, 'X');
	close(other);
	close(gate);
	ck_assert_int_eq(gate_follow(conn, NULL, NULL, &e), 0);
	ck_assert_int_eq(gate_connect(dir, "c1", &e), -1);
	ck_assert_int_eq(e.code, ECONNREFUSED);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, test_story, 0, ROWS(rows));
	tcase_add_test(t, test_listener);
	tcase_add_test(t, test_listener_refused);
	tcase_add_test(t, test_connect);
}

int main(void)
{
	return suite_run("gate", fill);
}
