/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forwarder on the loopback: a child of the test passes on between a client and a server
 * that are both the test's.
 */
#include "base/fd.h"
#include "net/forward.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;
static const struct net_forward_limits *limits; /* NULL: the usual ones */
static int server, front; /* what it leads to, where it listens */

static int listen_somewhere(uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, n), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static int connect_to(int listener)
{
	struct sockaddr_in a;
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, n), 0);
	return fd;
}

static void make_listeners(struct net_listener *ret)
{
	*ret = (struct net_listener){ .udp = false };
	server = listen_somewhere(&ret->port);
	front = listen_somewhere(&(uint16_t){ 0 });
	ck_assert_int_eq(fcntl(front, F_SETFL, O_NONBLOCK), 0);
	ret->fd = front;
}

/* A child that may have descriptors below `limit` only, and shares ours (CLONE_FILES). */
static void pass_on(const struct net_listener *l, rlim_t limit)
{
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	struct rlimit few = { limit, limit };

	ck_assert_int_ge(pidfd, 0);
	child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		setrlimit(RLIMIT_NOFILE, &few);
		if (limits)
			net_forward_within(limits, l, 1, pidfd);
		else
			net_forward_run(l, 1, pidfd);
		_exit(0);
	}
	ck_assert_int_gt(child, 0);
}

static void start(void)
{
	struct net_listener l;

	make_listeners(&l);
	pass_on(&l, 1000);
}

static void stop(void)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(server);
	close(front);
}

static int64_t cpu_ms(void)
{
	struct timespec t;
	clockid_t clock;

	ck_assert_int_eq(clock_getcpuclockid(child, &clock), 0);
	ck_assert_int_eq(clock_gettime(clock, &t), 0);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* As much as goes; returns when nothing has gone for a while. */
static void fill(int fd)
{
	static char bytes[65536];
	struct pollfd p = { fd, POLLOUT, 0 };

	while (poll(&p, 1, 200) > 0)
		ck_assert_int_gt(send(fd, bytes, sizeof(bytes), MSG_DONTWAIT), 0);
}

START_TEST(test_hung_up)
{
	const struct linger reset = { 1, 0 };
	int64_t before;
	int client, peer;

	start();
	client = connect_to(front);
	peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(peer, 0);
	/* it reads nothing; what is on its way to it waits, whatever the sender has become */
	ck_assert_int_eq(shutdown(peer, SHUT_WR), 0);
	fill(client);
	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(client);
	usleep(100000);
	before = cpu_ms();
	usleep(500000);
	ck_assert_int_lt(cpu_ms() - before, 50);
	close(peer);
	stop();
}
END_TEST

START_TEST(test_both_ends)
{
	char text[8] = "";
	int client, peer;

	start();
	client = connect_to(front);
	peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_eq(write(client, "abc", 3), 3);
	ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
	ck_assert_int_eq(fd_read_full(peer, text, sizeof(text)), 3);
	ck_assert_str_eq(text, "abc");
	/* the other direction is open as long as it likes */
	ck_assert_int_eq(write(peer, "defg", 4), 4);
	close(peer);
	ck_assert_int_eq(fd_read_full(client, text, sizeof(text)), 4);
	ck_assert_int_eq(memcmp(text, "defg", 4), 0);
	close(client);
	stop();
}
END_TEST

/*
 * What is missing may be there later, and nobody says when. _i descriptors are there for a
 * connection, which needs six: with none of them it is accepted and then dropped.
 */
START_TEST(test_no_descriptors)
{
	enum { PLUGS = 8 };
	struct net_listener l;
	struct pollfd p;
	int client, plugs[PLUGS];

	make_listeners(&l);
	client = connect_to(front);
	for (int i = 0; i < PLUGS; i++)
		plugs[i] = dup(front);
	pass_on(&l, (rlim_t)plugs[PLUGS - 1] + 3 + (rlim_t)_i); /* its pidfd, its epoll */
	p = (struct pollfd){ server, POLLIN, 0 };
	ck_assert_int_eq(poll(&p, 1, 300), 0);
	p.fd = client;
	ck_assert_msg(poll(&p, 1, 0) == 0, "accepted, and hung up on");
	p.fd = server;
	for (int i = 0; i < PLUGS; i++)
		close(plugs[i]);
	ck_assert_int_eq(poll(&p, 1, 20000), 1);
	close(client);
	stop();
}
END_TEST

/* ---- a full table ---------------------------------------------------------------------- */

enum { FULL = 4, LONG_MS = 20000 };

struct ends {
	int client, peer;
};

static bool is_readable(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, ms) == 1;
}

/* There and back, so that it is the one that was heard of last. */
static void talk(const struct ends *c)
{
	char got = 0;

	ck_assert_int_eq(write(c->client, "a", 1), 1);
	ck_assert(is_readable(c->peer, LONG_MS));
	ck_assert_int_eq(read(c->peer, &got, 1), 1);
	ck_assert_int_eq(write(c->peer, "b", 1), 1);
	ck_assert(is_readable(c->client, LONG_MS));
	ck_assert_int_eq(read(c->client, &got, 1), 1);
	ck_assert_int_eq(got, 'b');
}

static struct ends open_both(void)
{
	struct ends c = { connect_to(front), -1 };

	ck_assert_msg(is_readable(server, LONG_MS), "it is not passed on");
	c.peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(c.peer, 0);
	return c;
}

static void fill_table(struct ends v[FULL])
{
	start();
	for (int i = 0; i < FULL; i++)
		v[i] = open_both();
	/* what is sent to it is never read: it is silent, and not through */
	fill(v[1].client);
	talk(&v[2]);
	talk(&v[3]);
	talk(&v[0]);
}

static void hang_up(const struct ends *v, int n)
{
	for (int i = 0; i < n; i++) {
		close(v[i].client);
		close(v[i].peer);
	}
	stop();
}

START_TEST(test_silent_make_room)
{
	static const struct net_forward_limits short_ones = { FULL, 200, 50 };
	struct ends v[FULL + 1];
	char got;

	limits = &short_ones;
	fill_table(v);
	v[FULL] = open_both();
	talk(&v[FULL]);
	/* not the first, nor that with data, but that after them */
	ck_assert(is_readable(v[2].client, LONG_MS));
	ck_assert_int_eq(read(v[2].client, &got, 1), 0);
	ck_assert(is_readable(v[2].peer, LONG_MS));
	ck_assert_int_eq(read(v[2].peer, &got, 1), 0);
	ck_assert_int_eq(read(v[1].peer, &got, 1), 1);
	talk(&v[0]);
	talk(&v[3]);
	hang_up(v, FULL + 1);
}
END_TEST

START_TEST(test_others_wait)
{
	static const struct net_forward_limits long_one = { FULL, 3600000, 50 };
	struct ends v[FULL], late = { -1, -1 };

	limits = &long_one;
	fill_table(v);
	late.client = connect_to(front);
	ck_assert(!is_readable(server, 300));
	talk(&v[0]);
	talk(&v[2]);
	talk(&v[3]);
	close(v[0].client);
	close(v[0].peer);
	ck_assert(is_readable(server, LONG_MS));
	late.peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	talk(&late);
	v[0] = late;
	hang_up(v, FULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("forward");
	SRunner *r = srunner_create(s);
	TCase *t = tcase_create("forward");
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_hung_up);
	tcase_add_test(t, test_both_ends);
	tcase_add_loop_test(t, test_no_descriptors, 0, 6);
	tcase_add_test(t, test_silent_make_room);
	tcase_add_test(t, test_others_wait);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
