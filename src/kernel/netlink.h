/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The little of network configuration a runtime does: `lo` up in a new network namespace,
 * and requests to rtnetlink(7) for moving devices.
 */
#ifndef KERNEL_NETLINK_H
#define KERNEL_NETLINK_H

#include "base/err.h"
#include "base/str.h"

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Brings up `lo` in the caller's network namespace (three system calls, SIOCSIFFLAGS).
 * Needs CAP_NET_ADMIN over that namespace. netdevice(7).
 */
int netlink_lo_up(struct err *e);

/* ---- requests ---------------------------------------------------------------------- */

/* One request under construction: header, fixed part, attributes. */
struct netlink_request {
	size_t n;
	_Alignas(8) unsigned char bytes[1024];
};

/* Begins a request: type RTM_*, flags NLM_F_* (REQUEST and ACK are added). */
void netlink_begin(struct netlink_request *r, uint16_t type, uint16_t flags,
		   const void *fixed, size_t n_fixed);

/* Appends an attribute. The request has room for what this program sends (checked). */
void netlink_add(struct netlink_request *r, uint16_t type, const void *data, size_t n);

/*
 * Begins an attribute that holds a fixed part (n_fixed bytes, may be 0) and the attributes that
 * are added until netlink_nest_end() is given what this returns.
 */
size_t netlink_nest(struct netlink_request *r, uint16_t type, const void *fixed,
		    size_t n_fixed);
void netlink_nest_end(struct netlink_request *r, size_t nest);

/* A NETLINK_ROUTE socket of the caller's network namespace; close-on-exec. */
int netlink_open(struct err *e);

/*
 * Sends one request and reads its answers up to the acknowledgement; each message that is
 * not one is given to `each` (may be NULL). 0, or
 * -1 with errno, without struct err, so that the caller can name the thing.
 */
int netlink_talk(int fd, struct netlink_request *r,
		 void (*each)(const struct nlmsghdr *h, void *arg), void *arg);

/*
 * The attribute of that type among n bytes at a, or NULL. Its payload is at RTA_DATA(), of
 * RTA_PAYLOAD() bytes.
 */
const struct rtattr *netlink_find(const struct rtattr *a, size_t n, uint16_t type);

#endif
