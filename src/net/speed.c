/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A helper's speed; see speed.h. One process makes both ends of each connection and a child of
 * it sends, so nothing need be agreed upon. What counts is what arrives. A bad upload is
 * measured again before it is believed: whatever else runs here may have been in its way.
 */
#include "net/speed.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "kernel/nsfd.h"
#include "kernel/pidfd.h"
#include "kernel/spawn.h"
#include "net/bed.h"
#include "net/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The world is at the end of a line as many people have: what is faster than the helper's own
 * side hides the fault, which is what becomes of data that cannot go on at once.
 */
enum {
	LINE_MBIT = 1000,
	FILL_US = 300000, /* buffers take that much; it does not count */
	COUNT_US = 1000000,
	CONNECT_MS = 5000,
	BLOCK = 1 << 20,
	BLOCK_US = BLOCK * 8 / LINE_MBIT,
	HELD_BACK = 128 << 10, /* the kernel doubles it: socket(7) */
	SLOW = 10, /* times slower than the other way */
};

/* ---- deciding -------------------------------------------------------------------------- */

static bool is_slow(uint64_t up, uint64_t down)
{
	return up * SLOW < down;
}

enum net_speed_verdict net_speed_judge(const struct net_speed *s)
{
	if (!s->up || !s->down)
		return NET_SPEED_NOTHING;
	return is_slow(s->up, s->down) ? NET_SPEED_SLOW : NET_SPEED_OK;
}

/* Gbit/s with two digits, rounded. */
static void add_speed(uint64_t kbit, struct str *ret)
{
	uint64_t hundredths = (kbit + 5000) / 10000;

	str_addf(ret, "%llu.%02llu", (unsigned long long)(hundredths / 100),
		 (unsigned long long)(hundredths % 100));
}

void net_speed_text(const struct net_speed *s, struct str *ret)
{
	add_speed(s->up, ret);
	str_addf(ret, " Gbit/s up, ");
	add_speed(s->down, ret);
	str_addf(ret, " down");
}

void net_speed_cure(const struct net_speed *s, enum net_mode mode, struct str *ret)
{
	if (!is_slow(s->bounded, s->down)) {
		str_addf(ret, "--sysctl 'net.ipv4.tcp_wmem=4096 16384 262144': ");
		add_speed(s->bounded, ret);
		str_addf(ret, " up here");
	} else {
		str_addf(ret, "a newer %s, or --net %s",
			 mode == NET_PASTA ? "pasta" : "slirp4netns",
			 mode == NET_PASTA ? "slirp4netns" : "pasta");
	}
}

/* ---- one connection -------------------------------------------------------------------- */

struct connection {
	int inside, world;
};

static int finish_connect(int fd, struct err *e)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	int code = 0, n;
	socklen_t size = sizeof(code);

	do
		n = poll(&p, 1, CONNECT_MS);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		code = ETIMEDOUT;
	else if (n < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
		code = errno;
	return code ? err_code(e, code, "it passes no connection on") : 0;
}

/* In the container's network. The connection's descriptors are the caller's. */
static int connect_both(const struct net_bed *bed, bool bounded, struct connection *ret,
			struct err *e)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
					.sin_port = htons(bed->port),
					.sin_addr.s_addr = htonl(NET_BED_WORLD) };
	const int held_back = HELD_BACK;
	auto_close int fd =
		socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int world;

	if (fd < 0 || (bounded && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &held_back,
					     sizeof(held_back)) < 0))
		return err_sys_plain(e, "socket");
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 &&
	    errno != EINPROGRESS)
		return err_sys_plain(e, "it passes no connection on");
	TRY(finish_connect(fd, e));
	/* a helper may say yes to the one before it has asked the other */
	world = fd_wait_readable(bed->listener, CONNECT_MS) > 0
			? accept4(bed->listener, NULL, NULL, SOCK_CLOEXEC)
			: -1;
	if (world < 0)
		return err_set(e, "it passes no connection on");
	(void)fcntl(fd, F_SETFL, 0); /* it blocks from here on */
	*ret = (struct connection){ take_fd(&fd), world };
	return 0;
}

/* As a program does that has much to send. */
static _Noreturn void send_for_ever(int to, pid_t parent)
{
	char *block = xcalloc(1, BLOCK);

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	while (getppid() == parent && send(to, block, BLOCK, MSG_NOSIGNAL) > 0)
		;
	_exit(0);
}

/* Bytes that arrive within so many microseconds. The line is busy for a while with each block. */
static uint64_t receive(int from, int64_t us, char *block)
{
	struct pollfd p = { from, POLLIN, 0 };
	int64_t now = clock_us(), end = now + us, free_at = now;
	uint64_t bytes = 0;
	ssize_t n;

	for (; now < end; now = clock_us()) {
		if (now < free_at) {
			usleep((unsigned)(free_at - now));
			continue;
		}
		if (poll(&p, 1, (int)((end - now) / 1000) + 1) <= 0)
			continue;
		n = recv(from, block, BLOCK, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			break; /* it has hung up: the time counts */
		if (n < 0)
			continue;
		bytes += (uint64_t)n;
		/* who comes late by a block catches up, and no later */
		if (free_at < now - BLOCK_US)
			free_at = now;
		free_at += n * 8 / LINE_MBIT;
	}
	return bytes;
}

/* The sender is a process of its own, which nothing holds back but the connection. */
static int pump(int to, int from, uint64_t *ret, struct err *e)
{
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned born = { .pidfd = -1 };
	pid_t self = getpid(), pid = spawn_process(&args, &born, e);
	char *block;
	int status;

	if (pid < 0)
		return -1;
	if (pid == 0)
		send_for_ever(to, self);
	block = xcalloc(1, BLOCK);
	(void)receive(from, FILL_US, block);
	*ret = receive(from, COUNT_US, block) * 8000 / COUNT_US;
	free(block);
	(void)pidfd_signal(born.pidfd, SIGKILL, e);
	(void)pidfd_wait(born.pidfd, true, &status, e);
	fd_close(born.pidfd);
	return err_is_set(e) ? -1 : 0;
}

enum way { UP, DOWN, UP_BOUNDED };

static int measure_way(const struct net_bed *bed, enum way way, uint64_t *ret,
		       struct err *e)
{
	struct connection c = { -1, -1 };
	int rc;

	TRY(connect_both(bed, way == UP_BOUNDED, &c, e));
	rc = way == DOWN ? pump(c.world, c.inside, ret, e)
			 : pump(c.inside, c.world, ret, e);
	fd_close(c.inside);
	fd_close(c.world);
	return rc;
}

/* ---- the whole ------------------------------------------------------------------------- */

static int measure_all(const struct net_bed *bed, struct net_speed *ret, struct err *e)
{
	uint64_t again;

	TRY(measure_way(bed, UP, &ret->up, e));
	TRY(measure_way(bed, DOWN, &ret->down, e));
	if (!is_slow(ret->up, ret->down))
		return 0;
	TRY(measure_way(bed, UP, &again, e));
	if (again > ret->up)
		ret->up = again;
	return is_slow(ret->up, ret->down)
		       ? measure_way(bed, UP_BOUNDED, &ret->bounded, e)
		       : 0;
}

int net_speed_measure(const struct net_request *rq, int proc_fd, struct net_speed *ret,
		      struct err *e)
{
	struct net_holder holder = NET_HOLDER_NONE;
	struct net_target target = { .user_fd = -1 };
	struct net_ready ready;
	struct net_bed bed;
	bool gone = false;

	*ret = (struct net_speed){ 0 };
	TRY(net_bed_make(proc_fd, &bed, e));
	ret->tried = true;
	/* the holder stays as long as this process does */
	target.net_fd = bed.inside_fd;
	target.pidfd = TRY(pidfd_of(getpid(), &gone, e));
	TRY(net_holder_start(rq, &target, &holder, e));
	TRY(net_holder_receive(&holder, &ready, e));
	TRY(nsfd_enter(bed.inside_fd, NSFD_NET, e));
	return measure_all(&bed, ret, e);
}
