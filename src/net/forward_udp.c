/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams; see forward_udp.h. What cannot be passed on at once is lost, as datagrams may be.
 */
#include "net/forward_udp.h"

#include "base/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* At a time: the other sockets want their turn too. */
enum { DATAGRAM_MAX = 65536, BATCH = 64 };

/* Of one thread, between reading and writing. */
static char datagram[DATAGRAM_MAX];

void forward_udp_begin(struct forward_flows *t, int epoll)
{
	t->epoll = epoll;
	t->now = 0;
	for (size_t i = 0; i < FORWARD_FLOWS; i++)
		t->v[i] = (struct forward_flow){ .source = { FORWARD_FLOW }, .fd = -1 };
}

struct forward_flow *forward_udp_find(struct forward_flows *t,
				      const struct net_listener *l,
				      const struct sockaddr_storage *peer,
				      socklen_t peer_n, bool *ret_found)
{
	struct forward_flow *quiet = &t->v[0];

	for (size_t i = 0; i < FORWARD_FLOWS; i++) {
		struct forward_flow *f = &t->v[i];

		if (f->fd >= 0 && f->listener == l && f->peer_n == peer_n &&
		    memcmp(&f->peer, peer, peer_n) == 0) {
			*ret_found = true;
			return f;
		}
		if (f->used < quiet->used)
			quiet = f;
	}
	*ret_found = false;
	return quiet;
}

/* The socket inside. A closed one leaves the epoll set by itself. */
static bool open_flow(struct forward_flows *t, struct forward_flow *f)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = f };
	struct sockaddr_storage to;
	socklen_t n = net_loopback(f->listener, &to);

	fd_close(f->fd);
	f->fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (f->fd >= 0 && connect(f->fd, (struct sockaddr *)&to, n) == 0 &&
	    epoll_ctl(t->epoll, EPOLL_CTL_ADD, f->fd, &ev) == 0)
		return true;
	fd_close(f->fd);
	f->fd = -1;
	f->used = 0;
	return false;
}

/* Which address the datagram was sent to: the sender waits for an answer from there. */
static void remember_local(struct msghdr *m, union forward_local *ret)
{
	*ret = (union forward_local){ 0 };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&ret->v4, CMSG_DATA(c), sizeof(ret->v4));
			ret->v4.ipi_ifindex = 0; /* the route decides */
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			memcpy(&ret->v6, CMSG_DATA(c), sizeof(ret->v6));
	}
}

/* Room for one message, aligned as its head is. */
union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(union forward_local))];
};

static bool take_one(struct forward_flows *t, const struct net_listener *l)
{
	union control control = { 0 };
	struct sockaddr_storage peer = { 0 };
	struct iovec iov = { datagram, sizeof(datagram) };
	struct msghdr m = { .msg_name = &peer,
			    .msg_namelen = sizeof(peer),
			    .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(l->fd, &m, MSG_DONTWAIT);
	struct forward_flow *f;
	bool found;

	if (n < 0)
		return errno == EINTR;
	f = forward_udp_find(t, l, &peer, m.msg_namelen, &found);
	if (!found) {
		f->listener = l;
		f->peer = peer;
		f->peer_n = m.msg_namelen;
		if (!open_flow(t, f))
			return true;
	}
	remember_local(&m, &f->local);
	f->used = ++t->now;
	/* the second send tells of nobody having taken the first: it is sent all the same */
	if (send(f->fd, datagram, (size_t)n, MSG_DONTWAIT) < 0 && errno == ECONNREFUSED)
		(void)send(f->fd, datagram, (size_t)n, MSG_DONTWAIT);
	return true;
}

void forward_udp_take(struct forward_flows *t, const struct net_listener *l)
{
	for (int i = 0; i < BATCH && take_one(t, l); i++)
		;
}

static void answer_one(const struct forward_flow *f, size_t n)
{
	union control control = { 0 };
	struct sockaddr_storage peer = f->peer;
	struct iovec iov = { datagram, n };
	struct msghdr m = { .msg_name = &peer,
			    .msg_namelen = f->peer_n,
			    .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control };
	bool v6 = f->listener->v6;
	size_t size = v6 ? sizeof(f->local.v6) : sizeof(f->local.v4);

	m.msg_controllen = CMSG_SPACE(size);
	control.head.cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	control.head.cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
	control.head.cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(&control.head), &f->local, size);
	(void)sendmsg(f->listener->fd, &m, MSG_DONTWAIT);
}

void forward_udp_answer(struct forward_flows *t, struct forward_flow *f)
{
	for (int i = 0; i < BATCH && f->fd >= 0; i++) {
		ssize_t n = recv(f->fd, datagram, sizeof(datagram), MSG_DONTWAIT);

		if (n < 0 && errno != EINTR && errno != ECONNREFUSED)
			return;
		if (n < 0)
			continue;
		f->used = ++t->now;
		answer_one(f, (size_t)n);
	}
}
