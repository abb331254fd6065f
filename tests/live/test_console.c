/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal of a container, and the relay of a foreground `run`. */
#include "run/console.h"
#include "run/wait.h"

#include "base/fd.h"

#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static struct console open_console(const struct oci_box *size)
{
	struct console c = { -1, -1 };
	struct err e = { 0 };
	int pts = open("/dev/pts", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_msg(console_open(pts, size, false, &c, &e) == 0, "%s", e.text);
	close(pts);
	return c;
}

START_TEST(test_open)
{
	struct oci_box size = { .height = 25, .width = 133 };
	struct console c = open_console(&size);
	struct winsize w;
	struct termios t;
	char buf[16];

	ck_assert(fcntl(c.master, F_GETFD) & FD_CLOEXEC);
	ck_assert(fcntl(c.slave, F_GETFD) & FD_CLOEXEC);
	ck_assert(isatty(c.slave));
	ck_assert_int_eq(ioctl(c.slave, TIOCGWINSZ, &w), 0);
	ck_assert_int_eq(w.ws_row, 25);
	ck_assert_int_eq(w.ws_col, 133);
	ck_assert_int_eq(tcgetattr(c.slave, &t), 0);
	ck_assert(!(t.c_oflag & ONLCR));
	ck_assert(t.c_lflag & ECHO);
	/* no carriage return comes in between */
	ck_assert_int_eq(write(c.slave, "a\nb\n", 4), 4);
	ck_assert_int_eq(read(c.master, buf, sizeof(buf)), 4);
	ck_assert_mem_eq(buf, "a\nb\n", 4);
}
END_TEST

START_TEST(test_too_large)
{
	struct oci_box size = { .height = 65536, .width = 1 };
	int pts = open("/dev/pts", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct console c = { -1, -1 };
	struct err e = { 0 };

	ck_assert_int_eq(console_open(pts, &size, false, &c, &e), -1);
	ck_assert_str_eq(e.text, "process.consoleSize: more than 65535");
	ck_assert_int_eq(c.master, -1);
}
END_TEST

/* Not a devpts: an image must not give us something else for a terminal. */
START_TEST(test_no_devpts)
{
	int dir = open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct console c = { -1, -1 };
	struct err e = { 0 };

	ck_assert_int_eq(console_open(dir, NULL, false, &c, &e), -1);
	ck_assert_str_eq(e.text, "open the container's /dev/pts/ptmx: it does not exist");
}
END_TEST

START_TEST(test_send)
{
	struct console c = open_console(NULL);
	struct err e = { 0 };
	int s[2], got = -1;
	char name[32];
	size_t n;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	ck_assert_int_eq(console_send(s[0], c.master, &e), 0);
	ck_assert_int_gt(fd_receive(s[1], name, sizeof(name), &got, 1, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(write(c.slave, "x", 1), 1);
	ck_assert_int_eq(read(got, name, 1), 1);
	close(s[1]);
	ck_assert_int_eq(console_send(s[0], c.master, &e), -1);
	ck_assert_str_eq(e.text, "send the terminal over --console-socket: Broken pipe");
}
END_TEST

/* ---- the relay ------------------------------------------------------------------------------ */

/*
 * The relay in a process of its own between two pipes and a terminal, at whose other end a
 * shell runs. Exits with what the shell ended with.
 */
struct relay {
	pid_t pid;
	int in, out; /* our ends */
};

static _Noreturn void relay(const char *command, int in, int out)
{
	struct wait_job job;
	struct console c = open_console(NULL);
	struct err e = { 0 };
	int signals, status, held;
	struct termios t;
	pid_t child;

	tcgetattr(c.slave, &t);
	cfmakeraw(&t);
	tcsetattr(c.slave, TCSANOW, &t);
	child = fork();
	if (child == 0) {
		setsid();
		for (int fd = 0; fd < 3; fd++)
			dup2(c.slave, fd);
		ioctl(0, TIOCSCTTY, 0);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(c.slave);
	dup2(in, 0);
	dup2(out, 1);
	for (int fd = 3; fd < 100; fd++)
		if (fd != c.master)
			close(fd);
	held = console_hold(c.master);
	signals = wait_signals(&e);
	job = (struct wait_job){ .pidfd = (int)syscall(SYS_pidfd_open, child, 0),
				 .pid = child,
				 .signal_fd = signals,
				 .master = c.master,
				 .out = { -1, -1 } };
	if (held < 0 || signals < 0 || wait_child(&job, &status, &e) < 0)
		_exit(99);
	_exit(wait_exit_code(status));
}

static struct relay start(const char *command)
{
	int in[2], out[2];
	struct relay r;

	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	signal(SIGPIPE, SIG_IGN);
	r.pid = fork();
	if (r.pid == 0)
		relay(command, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	r.in = in[1];
	r.out = out[0];
	return r;
}

static int end_of(struct relay *r)
{
	int status;

	waitpid(r->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum { MUCH = 300000 };

static char much[MUCH], got[2 * MUCH];

/* Much to be written to a program that does not read, while it writes much: no deadlock. */
START_TEST(test_both_ways)
{
	struct relay r = start("head -c 200000 /dev/zero; head -c 300000 | wc -c");
	ssize_t n;
	pid_t writer;

	memset(much, 'y', sizeof(much));
	writer = fork();
	if (writer == 0)
		_exit(fd_write_all(r.in, much, sizeof(much)) < 0);
	n = fd_read_full(r.out, got, sizeof(got));
	ck_assert_int_eq(end_of(&r), 0);
	ck_assert_int_eq(n, 200000 + 7);
	ck_assert_str_eq(got + 200000, "300000\n");
	waitpid(writer, NULL, 0);
}
END_TEST

/* All that was written before the end arrives, also what does not fit in a pipe. */
START_TEST(test_last_bytes)
{
	struct relay r = start("head -c 250000 /dev/zero; printf END");
	ssize_t n;

	usleep(200000);
	n = fd_read_full(r.out, got, sizeof(got));
	ck_assert_int_eq(n, 250003);
	ck_assert_mem_eq(got + 250000, "END", 3);
	ck_assert_int_eq(end_of(&r), 0);
}
END_TEST

static const struct {
	const char *command;
	const char *output;
	int status;
} commands[] = {
	{ "printf hello", "hello", 0 },
	{ "exit 7", "", 7 },
	{ "kill -9 $$", "", 137 },
	/* an init system closes its terminal and opens it again */
	{ "t=$(tty); exec <&- >&- 2>&-; sleep 0.2; printf again >$t", "again", 0 },
	/* the end of our input is not the end of the program */
	{ "sleep 0.2; printf late", "late", 0 },
};

START_TEST(test_command)
{
	struct relay r = start(commands[_i].command);
	ssize_t n;

	close(r.in);
	n = fd_read_full(r.out, got, sizeof(got) - 1);
	got[n < 0 ? 0 : n] = '\0';
	ck_assert_str_eq(got, commands[_i].output);
	ck_assert_int_eq(end_of(&r), commands[_i].status);
}
END_TEST

/* Who reads our output has gone: the program goes on. */
START_TEST(test_reader_gone)
{
	struct relay r =
		start("for i in 1 2 3 4 5; do head -c 30000 /dev/zero; done; exit 5");

	close(r.out);
	ck_assert_int_eq(end_of(&r), 5);
}
END_TEST

START_TEST(test_signals)
{
	struct relay r =
		start("trap 'exit 42' TERM; printf ready; while :; do sleep 0.02; done");
	char word[8];

	ck_assert_int_eq(fd_read_full(r.out, word, 5), 5);
	kill(r.pid, SIGTERM);
	ck_assert_int_eq(end_of(&r), 42);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, test_open);
	tcase_add_test(t, test_too_large);
	tcase_add_test(t, test_no_devpts);
	tcase_add_test(t, test_send);
	tcase_add_test(t, test_both_ways);
	tcase_add_test(t, test_last_bytes);
	tcase_add_loop_test(t, test_command, 0, ROWS(commands));
	tcase_add_test(t, test_reader_gone);
	tcase_add_test(t, test_signals);
}

int main(void)
{
	int fd = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "skipped: /dev/pts/ptmx cannot be opened here\n");
		return 77;
	}
	close(fd);
	return suite_run("console", fill);
}
