/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ns/netdev on a real kernel, between two network namespaces of the test's own: names,
 * templates, conflicts, and the addresses with label and broadcast.
 */
#include "ns/netdev.h"

#include "base/fd.h"
#include "base/str.h"
#include "kernel/netlink.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two namespaces: the process sits in the host's, `inside` is a descriptor of the other. */
struct world {
	int inside;
	int host;
	int proc;
};

static int own_net(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* Runs one ip(8)-like request, expected to work. */
static int make_veth(const char *name)
{
	struct netlink_request r;
	struct ifinfomsg i = { 0 };
	struct err e = { 0 };
	/* IFLA_LINKINFO { IFLA_INFO_KIND "veth" } by hand */
	struct {
		struct rtattr a;
		char kind[8];
	} info = { { RTA_LENGTH(5), IFLA_INFO_KIND }, "veth" };
	auto_close int sock = netlink_open(&e);

	netlink_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
	netlink_add(&r, IFLA_IFNAME, name, strlen(name) + 1);
	netlink_add(&r, IFLA_LINKINFO, &info, sizeof(info));
	return netlink_talk(sock, &r, NULL, NULL);
}

static void give_v4(const char *dev, const char *address, const char *broadcast,
		    const char *label)
{
	struct netlink_request r;
	struct ifaddrmsg m = { AF_INET, 24, 0, RT_SCOPE_UNIVERSE, if_nametoindex(dev) };
	struct in_addr a;
	struct err e = { 0 };
	auto_close int sock = netlink_open(&e);

	netlink_begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	inet_pton(AF_INET, address, &a);
	netlink_add(&r, IFA_LOCAL, &a, sizeof(a));
	netlink_add(&r, IFA_ADDRESS, &a, sizeof(a));
	if (broadcast) {
		inet_pton(AF_INET, broadcast, &a);
		netlink_add(&r, IFA_BROADCAST, &a, sizeof(a));
	}
	netlink_add(&r, IFA_LABEL, label, strlen(label) + 1);
	ck_assert_int_eq(netlink_talk(sock, &r, NULL, NULL), 0);
}

static void give_v6(const char *dev, const char *address, bool temporary)
{
	struct netlink_request r;
	struct ifaddrmsg m = { AF_INET6, 64, 0, RT_SCOPE_UNIVERSE, if_nametoindex(dev) };
	struct ifa_cacheinfo life = { 100, 200, 0, 0 };
	struct in6_addr a;
	struct err e = { 0 };
	auto_close int sock = netlink_open(&e);

	netlink_begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	inet_pton(AF_INET6, address, &a);
	netlink_add(&r, IFA_ADDRESS, &a, sizeof(a));
	if (temporary)
		netlink_add(&r, IFA_CACHEINFO, &life, sizeof(life));
	(void)netlink_talk(sock, &r, NULL, NULL); /* a kernel without IPv6 has none */
}

static bool make_world(struct world *w)
{
	struct err e = { 0 };

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		return false;
	w->inside = own_net();
	if (unshare(CLONE_NEWNET) < 0 || make_veth("probe0") < 0)
		return false; /* no veth devices in this kernel */
	w->host = own_net();
	w->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_str_eq(e.text, "");
	return true;
}

static void enter(int fd)
{
	ck_assert_int_eq(setns(fd, CLONE_NEWNET), 0);
}

static void print_address(const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const struct rtattr *local = netlink_find(IFA_RTA(m), IFA_PAYLOAD(h), IFA_LOCAL);
	const struct rtattr *peer = netlink_find(IFA_RTA(m), IFA_PAYLOAD(h), IFA_ADDRESS);
	const struct rtattr *brd =
		netlink_find(IFA_RTA(m), IFA_PAYLOAD(h), IFA_BROADCAST);
	const struct rtattr *label = netlink_find(IFA_RTA(m), IFA_PAYLOAD(h), IFA_LABEL);
	char text[64];

	if (h->nlmsg_type != RTM_NEWADDR || m->ifa_scope != RT_SCOPE_UNIVERSE)
		return;
	inet_ntop(m->ifa_family, RTA_DATA(local ? local : peer), text, sizeof(text));
	str_addf(arg, "%s/%u", text, m->ifa_prefixlen);
	if (brd) {
		inet_ntop(m->ifa_family, RTA_DATA(brd), text, sizeof(text));
		str_addf(arg, " brd %s", text);
	}
	str_addf(arg, " %s\n", label ? (const char *)RTA_DATA(label) : "");
}

static void addresses(struct str *ret)
{
	struct netlink_request r;
	struct ifaddrmsg m = { .ifa_family = AF_UNSPEC };
	struct err e = { 0 };
	auto_close int sock = netlink_open(&e);

	netlink_begin(&r, RTM_GETADDR, NLM_F_DUMP, &m, sizeof(m));
	ck_assert_int_eq(netlink_talk(sock, &r, print_address, ret), 0);
}

static bool is_up(const char *name)
{
	struct ifreq r = { 0 };
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFFLAGS, &r) == 0 && r.ifr_flags & IFF_UP;
}

/* "OLD>NEW" pairs, what exists inside before, and what is there afterwards. */
static const struct {
	struct oci_net_device v[3];
	size_t n;
	const char *before; /* a device inside, or NULL */
	const char *after; /* one of them, up */
	const char *error;
} rows[] = {
	{ { { "probe0", NULL } }, 1, NULL, "probe0", NULL },
	{ { { "probe0", "net0" } }, 1, NULL, "net0", NULL },
	{ { { "probe0", "net%d" } }, 1, NULL, "net0", NULL },
	{ { { "probe0", "net%d" } }, 1, "net0", "net1", NULL },
	{ { { "probe0", "net%d" }, { "probe1", "net%d" } }, 2, NULL, "net1", NULL },
	{ { { "probe0", "probe1" }, { "probe1", "probe0" } }, 2, NULL, "probe1", NULL },
	{ { { "probe0", "net0" } },
	  1,
	  "probe0",
	  "net0",
	  NULL }, /* only the old name is taken */
	{ { { "probe0", "net0" } },
	  1,
	  "net0",
	  NULL,
	  "linux.netDevices: probe0: the container's network namespace has a device net0 "
	  "already" },
	{ { { "probe0", NULL }, { "nosuch0", NULL } },
	  2,
	  NULL,
	  NULL,
	  "linux.netDevices: nosuch0: no such network device on the host" },
};

START_TEST(move_row)
{
	struct world w;
	struct err e = { 0 };
	int r;

	if (!make_world(&w))
		return;
	ck_assert_int_eq(make_veth("probe1"), 0);
	if (rows[_i].before) {
		enter(w.inside);
		ck_assert_int_eq(make_veth(rows[_i].before), 0);
		enter(w.host);
	}
	r = ns_netdevs_move(rows[_i].v, rows[_i].n, w.inside, w.proc, &e);
	ck_assert_str_eq(e.text, rows[_i].error ? rows[_i].error : "");
	ck_assert_int_eq(r, rows[_i].error ? -1 : 0);
	/* refused before anything moved; and we are where we were */
	ck_assert_int_eq(if_nametoindex("probe0") != 0, r < 0);
	enter(w.inside);
	if (r == 0)
		ck_assert(is_up(rows[_i].after));
}
END_TEST

START_TEST(addresses_are_kept)
{
	struct world w;
	struct err e = { 0 };
	struct oci_net_device d = { "probe0", "net%d" };
	auto_str text = { 0 };
	bool v6;

	if (!make_world(&w))
		return;
	give_v4("probe0", "192.0.2.7", "192.0.2.255", "probe0");
	give_v4("probe0", "192.0.2.8", NULL, "probe0:x");
	give_v4("probe0", "198.51.100.1", "198.51.100.99", "other");
	give_v6("probe0", "2001:db8::7", false);
	give_v6("probe0", "2001:db8::8", true); /* not permanent: stays behind */
	v6 = access("/proc/sys/net/ipv6", F_OK) == 0;
	ck_assert_msg(ns_netdevs_move(&d, 1, w.inside, w.proc, &e) == 0, "%s", e.text);
	enter(w.inside);
	addresses(&text);
	ck_assert_str_eq(text.s, v6 ? "192.0.2.7/24 brd 192.0.2.255 net0\n"
				      "198.51.100.1/24 brd 198.51.100.99 other\n"
				      "192.0.2.8/24 net0:x\n"
				      "2001:db8::7/64 \n"
				    : "192.0.2.7/24 brd 192.0.2.255 net0\n"
				      "198.51.100.1/24 brd 198.51.100.99 other\n"
				      "192.0.2.8/24 net0:x\n");
}
END_TEST

START_TEST(target)
{
	struct ns_joins joins = { 0 };
	struct err e = { 0 };
	struct nsfd_id a, b;
	int net = own_net(), fd, proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	joins.v[0] = (struct ns_join_fd){ .fd = net, .kind = NSFD_NET };
	joins.n = 1;
	fd = ns_netdev_target(&joins, -1, 0, proc, &e);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(fd, net);
	ck_assert_int_eq(nsfd_id_of(net, &a) + nsfd_id_of(fd, &b), 0);
	ck_assert_uint_eq(a.ino, b.ino);
	joins.n = 0;
	ck_assert_int_eq(ns_netdev_target(&joins, -1, 0, proc, &e), -1);
	ck_assert_str_eq(e.text, "linux.netDevices: network namespace of init: Bad file "
				 "descriptor");
}
END_TEST

/* Who may administer a network can write to our sockets in it: only the kernel is heard. */
START_TEST(a_strangers_answer)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr body;
	} lie = { { .nlmsg_len = NLMSG_LENGTH(sizeof(lie.body)),
		    .nlmsg_type = NLMSG_ERROR },
		  { .error = -EPERM } };
	struct ifinfomsg lo = { .ifi_index = 1 };
	struct sockaddr_nl at = { .nl_family = AF_NETLINK };
	socklen_t n = sizeof(at);
	struct netlink_request r;
	struct err e = { 0 };
	auto_close int sock = -1, stranger = -1;

	if (unshare(CLONE_NEWNET) < 0)
		return; /* main() has said so */
	sock = netlink_open(&e);
	stranger = netlink_open(&e);
	ck_assert_int_eq(bind(sock, (struct sockaddr *)&at, n), 0);
	ck_assert_int_eq(getsockname(sock, (struct sockaddr *)&at, &n), 0);
	ck_assert_int_eq(
		sendto(stranger, &lie, sizeof(lie), 0, (struct sockaddr *)&at, n),
		sizeof(lie));
	netlink_begin(&r, RTM_GETLINK, 0, &lo, sizeof(lo));
	ck_assert_int_eq(netlink_talk(sock, &r, NULL, NULL), 0);
}
END_TEST

static const struct {
	const char *label, *from, *to, *want;
} labels[] = {
	{ "eth0", "eth0", "net0", "net0" },
	{ "eth0:1", "eth0", "net0", "net0:1" },
	{ "eth01", "eth0", "net0", "eth01" },
	{ "other", "eth0", "net0", "other" },
	{ "eth0:12345678", "eth0", "longname0123", "longname0123:12" },
};

START_TEST(label_row)
{
	char got[16];

	ns_netdev_label(labels[_i].label, labels[_i].from, labels[_i].to, got);
	ck_assert_str_eq(got, labels[_i].want);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("netdev");
	TCase *t = tcase_create("live");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, move_row, 0, ARRAY_SIZE(rows));
	tcase_add_test(t, addresses_are_kept);
	tcase_add_test(t, target);
	tcase_add_test(t, a_strangers_answer);
	tcase_add_loop_test(t, label_row, 0, ARRAY_SIZE(labels));
	suite_add_tcase(s, t);
	if (geteuid() != 0)
		puts("skipped: what needs root");
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
