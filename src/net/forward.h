/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proxy:PORT. A socket that listens on the container's 127.0.0.1 is made by a process that
 * joins its namespaces and ends; what is accepted from it is connected to the same port of
 * the machine's 127.0.0.1, and bytes go through pipes in the kernel (splice(2)) unread. There
 * is no other way out: no device, no address, no resolver.
 */
#ifndef NET_FORWARD_H
#define NET_FORWARD_H

#include "net/holder.h"

/* The listening socket inside, or -1 with *e. Brings lo up there. */
int net_forward_listen(const struct net_target *target, uint16_t port, struct err *e);

/* Passes connections on until pidfd is readable; gives every privilege up first. */
void net_forward_run(int listener, uint16_t port, int pidfd);

#endif
