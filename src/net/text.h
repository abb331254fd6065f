/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/resolv.conf, /etc/hosts and /etc/hostname as a container with a helper sees them. */
#ifndef NET_TEXT_H
#define NET_TEXT_H

#include "base/str.h"

#include <stdbool.h>

/* The addresses behind which a helper asks the machine's resolver of the same family. */
struct net_forwards {
	const char *v4, *v6; /* NULL: there is nothing of that family inside */
};

/*
 * Pure. host: the machine's resolv.conf, or NULL, of which search domains, options and the
 * servers that can be reached from inside (none on a loopback or a link) are taken over; what
 * is no address goes to *ret_bad instead, with commas between. False when there is no server
 * to ask at all. resolv.conf(5).
 */
bool net_text_resolv(const struct net_forwards *forwards, const char *host,
		     struct str *ret, struct str *ret_bad);

/* Pure. name: of the container, or NULL; host: the machine's address, or NULL. hosts(5). */
void net_text_hosts(const char *name, const char *host, struct str *ret);

#endif
