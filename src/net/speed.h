/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast a helper is here, both ways, between networks made for that (bed.h) and to the end of a
 * line of 1 Gbit/s. Uploads through some pastas collapse when the kernel gives them more at once
 * than can go on: the other direction tells that from a machine that is slow or busy.
 */
#ifndef NET_SPEED_H
#define NET_SPEED_H

#include "base/str.h"
#include "net/net.h"

/* kbit/s, as it arrives. */
struct net_speed {
	bool tried; /* the networks could be made: what failed after that is the helper's fault */
	uint64_t up, down;
	uint64_t
		bounded; /* up from a socket that holds back at 256 KiB; 0: not measured */
};

enum net_speed_verdict {
	NET_SPEED_OK,
	NET_SPEED_SLOW, /* up is less than a tenth of down */
	NET_SPEED_NOTHING, /* arrives at all, in one direction or in both */
};

/* Pure. */
enum net_speed_verdict net_speed_judge(const struct net_speed *s);

/* Pure: "4.53 Gbit/s up, 4.29 down". */
void net_speed_text(const struct net_speed *s, struct str *ret);

/* Pure: what can be done about NET_SPEED_SLOW with that mode, a line. */
void net_speed_cure(const struct net_speed *s, enum net_mode mode, struct str *ret);

/*
 * Measures rq->mode, NET_PASTA or NET_SLIRP, started as for a container. For a process of its own
 * as net_bed_make() wants it, which ends afterwards, and with it its network namespaces, helper
 * and holder. Three to six seconds. *ret is right as far as it came also when -1 is returned with
 * *e set.
 */
int net_speed_measure(const struct net_request *rq, int proc_fd, struct net_speed *ret,
		      struct err *e);

#endif
