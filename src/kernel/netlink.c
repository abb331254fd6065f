/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `lo` by the old ioctl (three calls; rtnetlink would need five), everything else by
 * rtnetlink requests that are acknowledged one at a time.
 */
#include "kernel/netlink.h"

#include "base/fd.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int netlink_lo_up(struct err *e)
{
	/* Any socket takes the interface ioctls; a unix one is there without IPv4 too. */
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	if (fd < 0)
		return err_sys(e, "socket");
	if (ioctl(fd, SIOCSIFFLAGS, &r) < 0)
		return err_sys_plain(e, "bring up lo");
	return 0;
}

/* ---- requests ---------------------------------------------------------------------- */

/* A request that does not fit is a fault of this program: stop at once. */
static void *reserve(struct netlink_request *r, size_t n)
{
	size_t at = r->n, next = at + NLMSG_ALIGN(n);

	if (next > sizeof(r->bytes) || next < at)
		abort();
	memset(r->bytes + at, 0, next - at);
	r->n = next;
	return r->bytes + at;
}

void netlink_begin(struct netlink_request *r, uint16_t type, uint16_t flags,
		   const void *fixed, size_t n_fixed)
{
	struct nlmsghdr *h;

	r->n = 0;
	h = reserve(r, sizeof(*h));
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST | NLM_F_ACK);
	memcpy(reserve(r, n_fixed), fixed, n_fixed);
}

void netlink_add(struct netlink_request *r, uint16_t type, const void *data, size_t n)
{
	struct rtattr *a = reserve(r, RTA_LENGTH(n));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(n);
	if (n)
		memcpy(RTA_DATA(a), data, n);
}

size_t netlink_nest(struct netlink_request *r, uint16_t type, const void *fixed,
		    size_t n_fixed)
{
	size_t at = r->n;

	netlink_add(r, type, fixed, n_fixed);
	return at;
}

void netlink_nest_end(struct netlink_request *r, size_t nest)
{
	struct rtattr *a = (struct rtattr *)(void *)(r->bytes + nest);

	a->rta_len = (unsigned short)(r->n - nest);
}

int netlink_open(struct err *e)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? err_sys(e, "netlink socket") : fd;
}

/* Goes through one datagram. 1: acknowledged, 0: more to come, -1 with errno. */
static int read_answers(const unsigned char *bytes, size_t n,
			void (*each)(const struct nlmsghdr *, void *), void *arg)
{
	for (const struct nlmsghdr *h = (const void *)bytes; NLMSG_OK(h, n);
	     h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *a = NLMSG_DATA(h);

			if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*a))) {
				errno = EBADMSG;
				return -1;
			}
			errno = -a->error;
			return a->error ? -1 : 1;
		}
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (each)
			each(h, arg);
	}
	return 0;
}

/* The next datagram of the kernel's; who has CAP_NET_ADMIN in this network can send some too. */
static ssize_t hear(int fd, void *buf, size_t size)
{
	struct sockaddr_nl from = { .nl_pid = 1 };
	socklen_t n_from;
	ssize_t n;

	do {
		n_from = sizeof(from);
		n = recvfrom(fd, buf, size, 0, (struct sockaddr *)&from, &n_from);
	} while (n < 0 ? errno == EINTR : from.nl_pid != 0);
	return n;
}

int netlink_talk(int fd, struct netlink_request *r,
		 void (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	_Alignas(8) unsigned char answer[16384];
	struct nlmsghdr *h = (struct nlmsghdr *)r->bytes;
	ssize_t n;
	int done = 0;

	h->nlmsg_len = (uint32_t)r->n;
	do
		n = send(fd, r->bytes, r->n, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	while (done == 0) {
		n = hear(fd, answer, sizeof(answer));
		if (n < 0)
			return -1;
		done = read_answers(answer, (size_t)n, each, arg);
	}
	return done < 0 ? -1 : 0;
}

const struct rtattr *netlink_find(const struct rtattr *a, size_t n, uint16_t type)
{
	for (; RTA_OK(a, n); a = RTA_NEXT(a, n))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}
