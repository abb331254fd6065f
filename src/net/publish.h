/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets between two networks, for the forwarder (forward.h): made in one, used in the other.
 *
 *	proxy:PORT	listens on the container's loopback, made by a process that joins its
 *			namespaces and ends; whoever passes on stays outside
 *	ports		listen on the machine, made here with the caller's rights; whoever
 *			passes on goes inside
 *
 * There is no other way between them: no device, no address, no resolver.
 */
#ifndef NET_PUBLISH_H
#define NET_PUBLISH_H

#include "net/forward.h"
#include "net/holder.h"
#include "net/plan.h"

/* proxy: the listening socket inside. Brings lo up there. */
int net_proxy_listen(const struct net_target *target, uint16_t port,
		     struct net_listener *ret, struct err *e);

/*
 * A port of the machine: a bound socket, a listening one unless it is udp's. -1 with *e and the
 * cure: "tcp port 80 of 127.0.0.1: Address already in use".
 */
int net_port_bind(const struct net_port *port, struct err *e);

/*
 * The ports that a helper leaves to us (net_plan_passes_on()). How many are in v; -1 with *e,
 * and none stays open.
 */
int net_publish_bind(const struct net_request *rq, enum net_helper helper,
		     unsigned dropped, struct net_listener v[NET_PORTS_MAX],
		     struct err *e);

/* Joins the namespaces of the target: the caller's user namespace and network change. */
int net_publish_enter(const struct net_target *target, struct err *e);

#endif
