/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors: short and interrupted transfers, messages with descriptors, socket paths. */
#include "base/fd.h"

#include "folder.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static bool is_cloexec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

START_TEST(test_close_keeps_errno)
{
	errno = ENOENT;
	fd_close(-1);
	fd_close(1000);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(test_scope)
{
	int seen, given;

	{
		auto_close int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		auto_close int gift = dup(fd);

		seen = fd;
		given = take_fd(&gift);
		ck_assert_int_eq(gift, -1);
	}
	ck_assert(!is_open(seen));
	ck_assert(is_open(given));
	close(given);
}
END_TEST

/* A signal every few milliseconds, handled without SA_RESTART, cuts what blocks. */
static void on_alarm(int sig)
{
	(void)sig;
}

static void keep_interrupting(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 3000 }, { 0, 3000 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void stop_interrupting(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
}

enum { BIG = 1 << 20 };

START_TEST(test_through_a_pipe)
{
	char *sent = calloc(1, BIG), *got = calloc(1, BIG + 1);
	int p[2], status;
	pid_t child;

	for (int i = 0; i < BIG; i++)
		sent[i] = (char)(i * 7);
	ck_assert_int_eq(pipe(p), 0);
	child = fork();
	if (child == 0) {
		close(p[0]);
		keep_interrupting();
		_exit(fd_write_all(p[1], sent, BIG) < 0);
	}
	close(p[1]);
	usleep(20000);
	keep_interrupting();
	/* asking for more than there is: the end of the file ends it */
	ck_assert_int_eq(fd_read_full(p[0], got, BIG + 1), BIG);
	stop_interrupting();
	ck_assert_int_eq(memcmp(sent, got, BIG), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	free(sent);
	free(got);
}
END_TEST

START_TEST(test_failures)
{
	char c;

	ck_assert_int_eq(fd_read_full(-1, &c, 1), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(fd_write_all(-1, &c, 1), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(fd_write_all(-1, &c, 0), 0);
	ck_assert_int_eq(fd_receive(-1, &c, 1, NULL, 0, NULL), -1);
}
END_TEST

START_TEST(test_wait)
{
	int p[2];

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(fd_wait_readable(p[0], 0), 0);
	keep_interrupting();
	ck_assert_int_eq(fd_wait_readable(p[0], 50), 0);
	stop_interrupting();
	ck_assert_int_eq(write(p[1], "x", 1), 1);
	ck_assert_int_eq(fd_wait_readable(p[0], -1), 1);
	ck_assert_int_eq(read(p[0], &(char){ 0 }, 1), 1);
	close(p[1]);
	ck_assert_int_eq(fd_wait_readable(p[0], -1), 1); /* hung up */
}
END_TEST

static const int socket_types[] = { SOCK_STREAM, SOCK_SEQPACKET };

START_TEST(test_message)
{
	int s[2], p[2], got[2] = { -1, -1 };
	char buf[16];
	size_t n = 99;

	ck_assert_int_eq(socketpair(AF_UNIX, socket_types[_i], 0, s), 0);
	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(fd_send(s[0], "hello", 5, p, 2), 0);
	ck_assert_int_eq(fd_receive(s[1], buf, sizeof(buf), got, 2, &n), 5);
	ck_assert_mem_eq(buf, "hello", 5);
	ck_assert_uint_eq(n, 2);
	ck_assert(is_cloexec(got[0]) && is_cloexec(got[1]));
	ck_assert_int_eq(write(got[1], "y", 1), 1);
	ck_assert_int_eq(read(p[0], buf, 1), 1);
	/* none with it; then the end */
	ck_assert_int_eq(fd_send(s[0], "z", 1, NULL, 0), 0);
	ck_assert_int_eq(fd_receive(s[1], buf, sizeof(buf), got, 2, &n), 1);
	ck_assert_uint_eq(n, 0);
	close(s[0]);
	ck_assert_int_eq(fd_receive(s[1], buf, sizeof(buf), NULL, 0, NULL), 0);
}
END_TEST

static int lowest_free(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* Descriptors nobody asked for, and those of a message that was cut, are closed. */
START_TEST(test_unwanted_fds)
{
	int s[2], three[3] = { 0, 1, 2 }, got[1] = { -1 }, free_before;
	char buf[4];
	size_t n;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	free_before = lowest_free();
	ck_assert_int_eq(fd_send(s[0], "abc", 3, three, 3), 0);
	ck_assert_int_eq(fd_receive(s[1], buf, sizeof(buf), got, 1, &n), 3);
	ck_assert_uint_eq(n, 1);
	close(got[0]);
	ck_assert_int_eq(lowest_free(), free_before);
	ck_assert_int_eq(fd_send(s[0], "too long", 8, three, 3), 0);
	ck_assert_int_eq(fd_receive(s[1], buf, sizeof(buf), got, 1, &n), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_int_eq(lowest_free(), free_before);
}
END_TEST

/* Whoever waits for one must not wait for ever. */
START_TEST(test_lost_fds)
{
	struct rlimit before, few;
	int s[2], one = 0, got[1] = { -1 };
	char c;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	ck_assert_int_eq(fd_send(s[0], "a", 1, &one, 1), 0);
	ck_assert_int_eq(fd_send(s[0], "b", 1, &one, 1), 0);
	few = (struct rlimit){ (rlim_t)lowest_free(), before.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(fd_receive(s[1], &c, 1, got, 1, &(size_t){ 0 }), -1);
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_int_eq(fd_receive(s[1], &c, 1, NULL, 0, NULL), 1);
	ck_assert_int_eq(c, 'b');
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

START_TEST(test_send_failures)
{
	int many[FD_PASS_MAX + 1] = { 0 };
	int s[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	ck_assert_int_eq(fd_send(s[0], "x", 1, many, FD_PASS_MAX + 1), -1);
	ck_assert_int_eq(errno, E2BIG);
	ck_assert_int_eq(fd_send(s[0], "x", 1, many, FD_PASS_MAX), 0);
	ck_assert_int_eq(fd_receive(s[1], &(char){ 0 }, 1, NULL, 0, NULL), 1);
	close(s[1]);
	/* no SIGPIPE, whatever its disposition is */
	ck_assert_int_eq(fd_send(s[0], "x", 1, NULL, 0), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

/* ---- paths of sockets ------------------------------------------------------------------ */

/* Listens at NAME in a folder of our own that makes the whole path `length` bytes long. */
static int listen_at(const char *name, size_t length, char *ret_path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(ret_path, folder_make());
	while (strlen(ret_path) + strlen(name) + 1 < length) {
		size_t left = length - strlen(ret_path) - strlen(name) - 2;

		sprintf(ret_path + strlen(ret_path), "/%.*s",
			(int)(left > 50 ? 40 : left),
			"dddddddddddddddddddddddddddddddddddddddddddddddddd");
		ck_assert_int_eq(mkdir(ret_path, 0700), 0);
	}
	ck_assert_int_eq(chdir(ret_path), 0);
	strcpy(a.sun_path, name);
	ck_assert_int_eq(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(s, 1), 0);
	sprintf(ret_path + strlen(ret_path), "/%s", name);
	return s;
}

static const size_t lengths[] = { 40, 106, 107, 108, 109, 200, 1000 };

START_TEST(test_connect)
{
	char path[4096];
	struct err e = { 0 };
	int s = listen_at("sock", lengths[_i], path), c;

	ck_assert_uint_eq(strlen(path), lengths[_i]);
	c = fd_connect_unix(path, &e);
	ck_assert_msg(c >= 0, "%s", e.text);
	ck_assert(is_cloexec(c));
	close(c);
	c = fd_connect_unix("sock", &e); /* relative */
	ck_assert_msg(c >= 0, "%s", e.text);
	close(c);
	close(s);
	ck_assert_int_eq(fd_connect_unix(path, &e), -1); /* nobody listens */
	ck_assert_int_eq(e.code, ECONNREFUSED);
}
END_TEST

START_TEST(test_connect_failures)
{
	char dir[64], longer[5000];
	struct err e = { 0 };

	ck_assert_int_eq(fd_connect_unix("/nonexistent/sock", &e), -1);
	ck_assert_str_eq(e.text, "connect to /nonexistent/sock: it does not exist");
	err_clear(&e);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(fd_connect_unix(longer, &e), -1);
	err_clear(&e);
	for (size_t i = 0; i < sizeof(longer) - 1; i += 2)
		longer[i] = '/';
	ck_assert_int_eq(fd_connect_unix(longer, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "path of the socket is too long"));
	err_clear(&e);
	ck_assert_int_eq(fd_connect_unix(strcpy(dir, "/tmp"), &e), -1);
	ck_assert_int_eq(e.code, ECONNREFUSED);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, test_close_keeps_errno);
	tcase_add_test(t, test_scope);
	tcase_add_test(t, test_through_a_pipe);
	tcase_add_test(t, test_failures);
	tcase_add_test(t, test_wait);
	tcase_add_loop_test(t, test_message, 0, ROWS(socket_types));
	tcase_add_test(t, test_unwanted_fds);
	tcase_add_test(t, test_lost_fds);
	tcase_add_test(t, test_send_failures);
	tcase_add_loop_test(t, test_connect, 0, ROWS(lengths));
	tcase_add_test(t, test_connect_failures);
}

int main(void)
{
	return suite_run("fd", fill);
}
