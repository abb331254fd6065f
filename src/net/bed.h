/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Networks to try a helper in: one plays the machine, one the world that it has a route to, one
 * the container. All end with the processes and descriptors in them, and nothing of them is seen
 * from outside.
 */
#ifndef NET_BED_H
#define NET_BED_H

#include "base/err.h"

#include <stdint.h>

struct net_bed {
	int listener; /* a TCP socket in the world, non-blocking, at NET_BED_WORLD */
	uint16_t port; /* its port */
	int inside_fd; /* the container's network namespace, with nothing in it */
};

/* Addresses that are nobody's (RFC 5737); no helper has them either. */
#define NET_BED_MACHINE 0xc0000201u /* 192.0.2.1 */
#define NET_BED_WORLD	0xc0000202u /* 192.0.2.2 */

/*
 * For a process of its own (one thread, CAP_SYS_ADMIN and CAP_NET_ADMIN over its network
 * namespace, which is new and becomes the world): afterwards it is in the machine's. proc_fd is a
 * trusted procfs. The descriptors are the caller's. -1 with *e and the cure; what was made goes
 * with the process. veth(4), rtnetlink(7).
 */
int net_bed_make(int proc_fd, struct net_bed *ret, struct err *e);

#endif
