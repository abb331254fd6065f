/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams of a published port. Each peer outside is a *flow*: a socket of its own inside,
 * so that the program there tells peers apart and its answers find back. Nobody says when a
 * flow has ended: there is a fixed number of them, and a new peer gets the one that has been
 * quiet for longest.
 */
#ifndef NET_FORWARD_UDP_H
#define NET_FORWARD_UDP_H

#include "net/forward.h"

#include <netinet/in.h>

enum { FORWARD_FLOWS = 256 };

/* The address of the machine that a peer has written to, and is answered from. */
union forward_local {
	struct in_pktinfo v4;
	struct in6_pktinfo v6;
};

struct forward_flow {
	struct forward_source source;
	int fd; /* inside; -1: free */
	const struct net_listener *listener;
	struct sockaddr_storage peer;
	socklen_t peer_n;
	union forward_local local;
	uint64_t used; /* when, in datagrams */
};

struct forward_flows {
	int epoll;
	uint64_t now; /* datagrams so far */
	struct forward_flow v[FORWARD_FLOWS];
};

/* Flows are in this epoll set from now on, each as data.ptr; all are free. */
void forward_udp_begin(struct forward_flows *t, int epoll);

/* A published socket is readable: what came goes inside. l must stay where it is. */
void forward_udp_take(struct forward_flows *t, const struct net_listener *l);

/* The program has answered. Does nothing when the flow is another one's by now. */
void forward_udp_answer(struct forward_flows *t, struct forward_flow *f);

/* The flow of a peer of l; else the one to be taken for it: free, or quiet for longest. */
struct forward_flow *forward_udp_find(struct forward_flows *t,
				      const struct net_listener *l,
				      const struct sockaddr_storage *peer,
				      socklen_t peer_n, bool *ret_found);

#endif
