/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A helper's speed; see speed.h. One process has both ends of each connection and moves what it
 * can on either, so nothing need be agreed upon. What counts is what arrives. A bad upload is
 * measured again before it is believed: whatever else runs here may have been in its way.
 */
#include "net/speed.h"

#include "base/clock.h"
#include "base/fd.h"
#include "kernel/nsfd.h"
#include "kernel/pidfd.h"
#include "net/bed.h"
#include "net/holder.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PHASE_US = 1000000,
	CONNECT_MS = 5000,
	BLOCK = 256 << 10,
	HELD_BACK = 128 << 10, /* the kernel doubles it: socket(7) */
	SLOW = 10, /* times slower than the other way */
};

/* ---- deciding -------------------------------------------------------------------------- */

static bool is_slow(uint64_t up, uint64_t down)
{
	return up < down / SLOW;
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
			? accept4(bed->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)
			: -1;
	if (world < 0)
		return err_set(e, "it passes no connection on");
	*ret = (struct connection){ take_fd(&fd), world };
	return 0;
}

/* kbit/s that arrive in a second. What arrives is thrown away in the kernel: tcp(7) MSG_TRUNC. */
static uint64_t pump(int from, int to)
{
	static char block[BLOCK];
	struct pollfd p[] = { { from, POLLOUT, 0 }, { to, POLLIN, 0 } };
	int64_t begin = clock_us(), now = begin;
	uint64_t bytes = 0;

	while (now < begin + PHASE_US) {
		int left = (int)((begin + PHASE_US - now) / 1000) + 1;
		ssize_t n;

		if (poll(p, 2, left) < 0 && errno != EINTR)
			break;
		if (p[0].revents & POLLOUT)
			(void)!send(from, block, sizeof(block), MSG_NOSIGNAL);
		if (p[1].revents & (POLLIN | POLLHUP | POLLERR)) {
			n = recv(to, block, sizeof(block), MSG_TRUNC);
			if (n == 0 || (n < 0 && errno != EAGAIN))
				break;
			bytes += n > 0 ? (uint64_t)n : 0;
		}
		if (p[0].revents & (POLLHUP | POLLERR))
			break;
		now = clock_us();
	}
	now = clock_us();
	return bytes * 8000 / (uint64_t)(now > begin ? now - begin : 1);
}

enum way { UP, DOWN, UP_BOUNDED };

static int measure_way(const struct net_bed *bed, enum way way, uint64_t *ret,
		       struct err *e)
{
	struct connection c = { -1, -1 };

	TRY(connect_both(bed, way == UP_BOUNDED, &c, e));
	*ret = way == DOWN ? pump(c.world, c.inside) : pump(c.inside, c.world);
	fd_close(c.inside);
	fd_close(c.world);
	return 0;
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
