/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.netDevices. The kernel drops a device's addresses when it changes its namespace, so
 * they are read before and given again after. A device moves under a name of ours that
 * cannot collide, is found again by it (its index may change), and then gets the wanted one.
 */
#include "ns/netdev.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "kernel/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

/* What of an address is its own; the rest the kernel makes. */
static const uint16_t kept[] = {
	IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_RT_PRIORITY, 11 /* IFA_PROTO, 5.18 */,
};
static const uint32_t kept_flags = IFA_F_NODAD | IFA_F_HOMEADDRESS |
				   IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE |
				   IFA_F_MCAUTOJOIN;

/* A link as RTM_NEWLINK describes it, index 0: none was found. */
struct link {
	int index;
	char name[IFNAMSIZ];
};

/* RTM_NEWADDR messages of one device, one after the other, each aligned. */
struct addresses {
	int index;
	struct str bytes;
};

struct places {
	int here; /* netlink socket of the host's namespace */
	int there; /* and of the container's */
	int target_fd;
};

void ns_netdev_label(const char *label, const char *from, const char *to, char ret[16])
{
	size_t n = strlen(from);

	if (strncmp(label, from, n) == 0 && (!label[n] || label[n] == ':'))
		snprintf(ret, IFNAMSIZ, "%s%s", to, label + n);
	else
		snprintf(ret, IFNAMSIZ, "%s", label);
}

/* ---- asking ------------------------------------------------------------------------------ */

static void take_link(const struct nlmsghdr *h, void *arg)
{
	struct link *l = arg;
	const struct ifinfomsg *i = NLMSG_DATA(h);
	const struct rtattr *a;

	if (h->nlmsg_type != RTM_NEWLINK || h->nlmsg_len < NLMSG_LENGTH(sizeof(*i)))
		return;
	l->index = i->ifi_index;
	a = netlink_find(IFLA_RTA(i), IFLA_PAYLOAD(h), IFLA_IFNAME);
	if (a)
		snprintf(l->name, sizeof(l->name), "%.*s", (int)RTA_PAYLOAD(a),
			 (const char *)RTA_DATA(a));
}

/* The link with that name, or (name NULL) that index. 0, or -1 with errno (ENODEV: none). */
static int get_link(int sock, const char *name, int index, struct link *ret)
{
	struct netlink_request r;
	struct ifinfomsg i = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	struct link l = { 0 };

	netlink_begin(&r, RTM_GETLINK, 0, &i, sizeof(i));
	if (name)
		netlink_add(&r, IFLA_IFNAME, name, strlen(name) + 1);
	if (netlink_talk(sock, &r, take_link, &l) < 0)
		return -1;
	*ret = l;
	return 0;
}

static uint32_t address_flags(const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const struct rtattr *a = netlink_find(IFA_RTA(m), IFA_PAYLOAD(h), IFA_FLAGS);
	uint32_t flags = m->ifa_flags;

	if (a && RTA_PAYLOAD(a) >= sizeof(flags))
		memcpy(&flags, RTA_DATA(a), sizeof(flags));
	return flags;
}

/* Keeps permanent global addresses of the one device. */
static void take_address(const struct nlmsghdr *h, void *arg)
{
	struct addresses *list = arg;
	const struct ifaddrmsg *m = NLMSG_DATA(h);

	if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)) ||
	    (int)m->ifa_index != list->index || m->ifa_scope != RT_SCOPE_UNIVERSE ||
	    !(address_flags(h) & IFA_F_PERMANENT))
		return;
	str_add_n(&list->bytes, h, h->nlmsg_len);
	while (list->bytes.n % NLMSG_ALIGNTO)
		str_add_n(&list->bytes, "", 1);
}

static int get_addresses(int sock, struct addresses *list)
{
	struct netlink_request r;
	struct ifaddrmsg m = { .ifa_family = AF_UNSPEC };

	netlink_begin(&r, RTM_GETADDR, NLM_F_DUMP, &m, sizeof(m));
	return netlink_talk(sock, &r, take_address, list);
}

/* ---- changing ----------------------------------------------------------------------------- */

static int move_link(const struct places *p, int index, const char *name)
{
	struct netlink_request r;
	struct ifinfomsg i = { .ifi_family = AF_UNSPEC, .ifi_index = index };

	netlink_begin(&r, RTM_NEWLINK, 0, &i, sizeof(i));
	netlink_add(&r, IFLA_NET_NS_FD, &p->target_fd, sizeof(p->target_fd));
	netlink_add(&r, IFLA_IFNAME, name, strlen(name) + 1);
	return netlink_talk(p->here, &r, NULL, NULL);
}

/* A new name (NULL: none), or up. */
static int change_link(int sock, int index, const char *name, unsigned flags)
{
	struct netlink_request r;
	struct ifinfomsg i = { .ifi_family = AF_UNSPEC,
			       .ifi_index = index,
			       .ifi_flags = flags,
			       .ifi_change = flags };

	netlink_begin(&r, RTM_NEWLINK, 0, &i, sizeof(i));
	if (name)
		netlink_add(&r, IFLA_IFNAME, name, strlen(name) + 1);
	return netlink_talk(sock, &r, NULL, NULL);
}

static int add_address(int sock, const struct nlmsghdr *h, int index, const char *from,
		       const char *to)
{
	struct netlink_request r;
	struct ifaddrmsg m = *(const struct ifaddrmsg *)NLMSG_DATA(h);
	const struct rtattr *all = IFA_RTA(NLMSG_DATA(h)), *a;
	size_t n = IFA_PAYLOAD(h);
	uint32_t flags = address_flags(h) & kept_flags;
	char label[IFNAMSIZ];

	m.ifa_index = (uint32_t)index;
	m.ifa_flags = (uint8_t)flags;
	netlink_begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		a = netlink_find(all, n, kept[i]);
		if (a)
			netlink_add(&r, kept[i], RTA_DATA(a), RTA_PAYLOAD(a));
	}
	netlink_add(&r, IFA_FLAGS, &flags, sizeof(flags));
	a = netlink_find(all, n, IFA_LABEL);
	if (a && m.ifa_family == AF_INET) {
		ns_netdev_label(RTA_DATA(a), from, to, label);
		netlink_add(&r, IFA_LABEL, label, strlen(label) + 1);
	}
	return netlink_talk(sock, &r, NULL, NULL);
}

static int add_addresses(int sock, const struct addresses *list, int index,
			 const char *from, const char *to)
{
	size_t n = list->bytes.n;

	for (const struct nlmsghdr *h = (const void *)list->bytes.s;
	     n > 0 && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
		/* EEXIST: the kernel gave it again by itself */
		if (add_address(sock, h, index, from, to) < 0 && errno != EEXIST)
			return -1;
	return 0;
}

/* ---- one device ---------------------------------------------------------------------------- */

static const char *name_inside(const struct oci_net_device *d)
{
	return d->name && *d->name ? d->name : d->key;
}

static int check_device(const struct places *p, const struct oci_net_device *d,
			struct err *e)
{
	WHERE_IN(e, "linux.netDevices", d->key);
	const char *name = name_inside(d);
	struct link l;

	if (get_link(p->here, d->key, 0, &l) < 0)
		return errno == ENODEV ? err_set(e, "no such network device on the host")
				       : err_sys_plain(e, "look for it");
	if (strchr(name, '%'))
		return 0;
	if (get_link(p->there, name, 0, &l) == 0)
		return err_set(
			e, "the container's network namespace has a device %s already",
			name);
	return errno == ENODEV ? 0 : err_sys_plain(e, "look for %s", name);
}

/* It is there, under a name of ours: name it, set it up, give it its addresses. */
static int settle_device(const struct places *p, const struct oci_net_device *d,
			 const char *temp, const struct addresses *list, struct err *e)
{
	const char *name = name_inside(d);
	struct link l;

	if (get_link(p->there, temp, 0, &l) < 0)
		return err_sys_plain(e, "find it in the container");
	if (change_link(p->there, l.index, name, 0) < 0)
		return err_sys_plain(e, "name it %s", name);
	if (get_link(p->there, NULL, l.index, &l) < 0) /* %d has become a number */
		return err_sys_plain(e, "find it in the container");
	if (change_link(p->there, l.index, NULL, IFF_UP) < 0)
		return err_sys_plain(e, "set it up");
	if (add_addresses(p->there, list, l.index, d->key, l.name) < 0)
		return err_sys_plain(e, "give it its addresses again");
	return 0;
}

static int move_device(const struct places *p, const struct oci_net_device *d, size_t i,
		       struct err *e)
{
	WHERE_IN(e, "linux.netDevices", d->key);
	struct addresses list = { 0 };
	char temp[IFNAMSIZ];
	struct link l;
	int r;

	snprintf(temp, sizeof(temp), "w%u.%u", (unsigned)getpid(), (unsigned)i % 10000);
	if (get_link(p->here, d->key, 0, &l) < 0)
		return err_sys_plain(e, "look for it");
	list.index = l.index;
	if (get_addresses(p->here, &list) < 0)
		r = err_sys_plain(e, "read its addresses");
	else if (move_link(p, l.index, temp) < 0)
		r = err_sys_plain(e, "move it into the container");
	else
		r = settle_device(p, d, temp, &list, e);
	str_free(&list.bytes);
	return r;
}

/* ---- all ------------------------------------------------------------------------------------ */

int ns_netdev_target(const struct ns_joins *joins, int init_pidfd, pid_t init_pid,
		     int proc_fd, struct err *e)
{
	char path[32];
	int fd;

	for (size_t i = 0; i < joins->n; i++)
		if (joins->v[i].kind == NSFD_NET) {
			fd = fcntl(joins->v[i].fd, F_DUPFD_CLOEXEC, 3);
			return fd < 0 ? err_sys(e, "linux.netDevices: duplicate") : fd;
		}
	fd = nsfd_of_process(init_pidfd, NSFD_NET);
	if (fd < 0 && (errno == ENOTTY || errno == EINVAL)) {
		snprintf(path, sizeof(path), "%d/ns/net", (int)init_pid);
		fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	}
	return fd < 0 ? err_sys_plain(e, "linux.netDevices: network namespace of init")
		      : fd;
}

/* A netlink socket keeps to the namespace it was made in: go there, make it, come back. */
static int open_there(int target_fd, int proc_fd, struct err *e)
{
	auto_close int own = openat(proc_fd, "self/ns/net", O_RDONLY | O_CLOEXEC);
	auto_close int sock = -1;

	if (own < 0)
		return err_sys_plain(e, "own network namespace");
	TRY(nsfd_enter(target_fd, NSFD_NET, e));
	sock = netlink_open(e);
	TRY(nsfd_enter(own, NSFD_NET, e));
	return sock < 0 ? -1 : take_fd(&sock);
}

int ns_netdevs_move(const struct oci_net_device *devices, size_t n, int target_fd,
		    int proc_fd, struct err *e)
{
	auto_close int here = -1, there = -1;
	struct places p = { .target_fd = target_fd };

	here = TRY(netlink_open(e));
	there = TRY(open_there(target_fd, proc_fd, e));
	p.here = here;
	p.there = there;
	for (size_t i = 0; i < n; i++)
		TRY(check_device(&p, &devices[i], e));
	for (size_t i = 0; i < n; i++)
		TRY(move_device(&p, &devices[i], i, e));
	return 0;
}
