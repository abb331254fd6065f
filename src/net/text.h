/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/resolv.conf, /etc/hosts and /etc/hostname as a container with a helper sees them. */
#ifndef NET_TEXT_H
#define NET_TEXT_H

#include "base/str.h"

/*
 * Pure. forward: the address behind which the helper asks the machine's resolver; host: the
 * machine's resolv.conf, of which search domains, options and the servers that can be
 * reached from inside (none on a loopback) are taken over. resolv.conf(5).
 */
void net_text_resolv(const char *forward, const char *host, struct str *ret);

/* Pure. name: of the container, or NULL; host: the machine's address, or NULL. hosts(5). */
void net_text_hosts(const char *name, const char *host, struct str *ret);

#endif
