/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User-mode networks: what a new network namespace is connected to, without root. pasta(1)
 * and slirp4netns(1) are programs of others that move packets between a tap device inside
 * and ordinary sockets outside; both are started locked down. A proxy is ours (forward.h):
 * one port of the machine's loopback, and nothing else.
 *
 * Everything here is done by one process per container, the *holder* (holder.h).
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum net_mode {
	NET_NONE, /* nothing: lo alone */
	NET_AUTO, /* pasta, and where that cannot work slirp4netns */
	NET_PASTA,
	NET_SLIRP,
	NET_PROXY, /* lo, and one port of the machine's loopback */
	NET_MODES,
};

enum { NET_ADDRESS_MAX = 46, NET_PORTS_MAX = 32, NET_READY_S = 10 };

/* A port of the machine that leads to one of the container. */
struct net_port {
	char address[NET_ADDRESS_MAX]; /* of the machine, numeric */
	uint16_t host;
	uint16_t inside;
	bool udp;
};

struct net_request {
	enum net_mode mode;
	bool host_access; /* the machine's loopback can be reached, at a name of its own */
	bool ipv4_only;
	uint32_t mtu; /* 0: the largest */
	uint32_t wait_s; /* for the helper to be ready; 0: NET_READY_S */
	uint16_t proxy; /* port */
	struct net_port ports[NET_PORTS_MAX];
	size_t n_ports;
};

/* ---- words (pure) ------------------------------------------------------------------------ */

/* "none", "auto", "pasta", ...: as users write it. */
const char *net_mode_name(enum net_mode mode);

/*
 * none | auto[:OPT,...] | pasta[:OPT,...] | slirp4netns[:OPT,...] | proxy:PORT, with the
 * options host-access, ipv4, mtu=N and wait=SECONDS. Leaves the ports of *ret alone.
 */
int net_parse_mode(const char *text, struct net_request *ret, struct err *e);

/*
 * [IP:]HOST:INSIDE[/tcp|/udp], IPv6 addresses in brackets; no IP is 127.0.0.1; HOST and INSIDE
 * are a port or FIRST-LAST, of the same length. Appended to the ports of *ret; an error when
 * one is there already.
 */
int net_parse_port(const char *text, struct net_request *ret, struct err *e);

/* The same, several with commas between them. */
int net_parse_ports(const char *list, struct net_request *ret, struct err *e);

/* What mode and ports together cannot be: ports without a helper. */
int net_check(const struct net_request *rq, struct err *e);

/* ---- looking before anything exists ------------------------------------------------------ */

/*
 * Can it work here? A helper is installed, /dev/net/tun can be opened, each port can be
 * bound by the caller (it is bound and freed again). -1 with *e and the cure.
 */
int net_survey(const struct net_request *rq, struct err *e);

/* Is there a route to the world of that family in the caller's network? Nothing is sent. */
bool net_has_ipv4(void);
bool net_has_ipv6(void);

#endif
