/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Passing on what comes to a socket, between the machine's network and the container's: a
 * process in one of them is given sockets that were made in the other (sockets.c). Streams
 * go through pipes in the kernel (splice(2)) unread, datagrams through forward_udp.h.
 */
#ifndef NET_FORWARD_H
#define NET_FORWARD_H

#include "net/net.h"

#include <sys/socket.h>

/* A bound socket that never blocks, a listening one unless it is udp's, and where to. */
struct net_listener {
	int fd;
	uint16_t port; /* of the loopback of whoever passes on */
	bool v6, udp;
};

/* What an event of epoll(7) is about; the first member of each such thing. */
struct forward_source {
	enum {
		FORWARD_INIT,
		FORWARD_LISTENER,
		FORWARD_CONNECTION,
		FORWARD_UDP,
		FORWARD_FLOW
	} kind;
};

/* The place that a listener leads to; its length. Pure. */
socklen_t net_loopback(const struct net_listener *l, struct sockaddr_storage *ret);

/*
 * Passes on what comes to n listeners, at most NET_PORTS_MAX, until pidfd is readable; gives
 * every privilege up first. Once in a process.
 */
void net_forward_run(const struct net_listener *v, size_t n, int pidfd);

/*
 * How much of it: so many connections, of all listeners together. When there are that many, one
 * that has had no event for silent_ms and has nothing on its way is closed for who wants to
 * connect, that silent longest; is there none, it is looked again after later_ms at most.
 */
struct net_forward_limits {
	size_t connections;
	int64_t silent_ms;
	int later_ms;
};

/* net_forward_run() with other limits than 512 connections, a minute and a second: for tests. */
void net_forward_within(const struct net_forward_limits *limits,
			const struct net_listener *v, size_t n, int pidfd);

#endif
