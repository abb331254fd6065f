/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The holder: one process per container with a user-mode network, born by the runtime and
 * outliving it. It has the container's namespaces and its init's pidfd as descriptors and
 * nothing else; starts the helper, gives up all capabilities but CAP_KILL, says whether the helper
 * is ready, and waits. When the init ends, however that happens, it ends the helper, and so does
 * its own death. So no record, no pid file and no delete is needed for nothing to be left.
 */
#ifndef NET_HOLDER_H
#define NET_HOLDER_H

#include "net/net.h"

/* What a network is made for; descriptors of the caller's. */
struct net_target {
	int pidfd; /* whose end is the end of the network */
	int user_fd; /* user namespace that owns net_fd; -1: the caller's own */
	int net_fd;
};

struct net_holder {
	pid_t pid;
	int pidfd; /* -1: there is none */
	int report; /* readable when there is something to receive */
};

#define NET_HOLDER_NONE                      \
	(struct net_holder)                  \
	{                                    \
		0, .pidfd = -1, .report = -1 \
	}

/* What has become of it. */
struct net_ready {
	enum net_mode mode; /* what NET_AUTO was decided to be */
	bool ipv4, ipv6; /* lead anywhere inside */
	char remark[160]; /* why not the better one, or "" */
};

/* Starts it; returns at once. Its network is there when net_holder_receive() says so. */
int net_holder_start(const struct net_request *rq, const struct net_target *target,
		     struct net_holder *ret, struct err *e);

/* Waits for its one message: the network is there, or -1 with *e. */
int net_holder_receive(struct net_holder *h, struct net_ready *ret, struct err *e);

/*
 * For its parent, once the init is dead: waits for its end, at most three seconds, and reaps
 * it. Idempotent.
 */
void net_holder_finish(struct net_holder *h);

/* The container stays, and so does the holder; this process forgets it. */
void net_holder_leave(struct net_holder *h);

#endif
