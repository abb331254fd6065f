/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three networks and a veth; see bed.h. Nothing is asked back: both ends of the veth get an index
 * of our choice, which a new network has free.
 */
#include "net/bed.h"

#include "base/fd.h"
#include "kernel/netlink.h"
#include "kernel/spawn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* Above those of lo and of the tunnels that some kernels put into every network. */
enum { INDEX = 100, PREFIX = 24 };

/* ---- requests -------------------------------------------------------------------------- */

/* Makes both ends: "machine" here, "world" in the network of peer_fd. */
static int add_veth(int sock, int peer_fd)
{
	struct ifinfomsg i = { .ifi_family = AF_UNSPEC, .ifi_index = INDEX };
	struct netlink_request r;
	size_t info, data, peer;

	netlink_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
	netlink_add(&r, IFLA_IFNAME, "machine", sizeof("machine"));
	info = netlink_nest(&r, IFLA_LINKINFO, NULL, 0);
	netlink_add(&r, IFLA_INFO_KIND, "veth", sizeof("veth"));
	data = netlink_nest(&r, IFLA_INFO_DATA, NULL, 0);
	peer = netlink_nest(&r, VETH_INFO_PEER, &i, sizeof(i));
	netlink_add(&r, IFLA_IFNAME, "world", sizeof("world"));
	netlink_add(&r, IFLA_NET_NS_FD, &peer_fd, sizeof(peer_fd));
	netlink_nest_end(&r, peer);
	netlink_nest_end(&r, data);
	netlink_nest_end(&r, info);
	return netlink_talk(sock, &r, NULL, NULL);
}

static int add_address(int sock, uint32_t address)
{
	struct ifaddrmsg a = { .ifa_family = AF_INET,
			       .ifa_prefixlen = PREFIX,
			       .ifa_index = INDEX };
	struct netlink_request r;

	address = htonl(address);
	netlink_begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a));
	netlink_add(&r, IFA_LOCAL, &address, sizeof(address));
	netlink_add(&r, IFA_ADDRESS, &address, sizeof(address));
	return netlink_talk(sock, &r, NULL, NULL);
}

static int set_up(int sock)
{
	struct ifinfomsg i = { .ifi_family = AF_UNSPEC,
			       .ifi_index = INDEX,
			       .ifi_flags = IFF_UP,
			       .ifi_change = IFF_UP };
	struct netlink_request r;

	netlink_begin(&r, RTM_NEWLINK, 0, &i, sizeof(i));
	return netlink_talk(sock, &r, NULL, NULL);
}

/* Helpers want to know where the world is. */
static int add_default_route(int sock, uint32_t gateway)
{
	struct rtmsg m = { .rtm_family = AF_INET,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_STATIC,
			   .rtm_scope = RT_SCOPE_UNIVERSE,
			   .rtm_type = RTN_UNICAST };
	struct netlink_request r;
	int index = INDEX;

	gateway = htonl(gateway);
	netlink_begin(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	netlink_add(&r, RTA_GATEWAY, &gateway, sizeof(gateway));
	netlink_add(&r, RTA_OIF, &index, sizeof(index));
	return netlink_talk(sock, &r, NULL, NULL);
}

/* ---- networks -------------------------------------------------------------------------- */

static int open_own(int proc_fd, struct err *e)
{
	int fd = openat(proc_fd, "self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys_plain(e, "a new network namespace") : fd;
}

/* The socket was made in the world, wherever the process is now. */
static int listen_there(int fd, uint16_t *ret_port, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(NET_BED_WORLD) };
	socklen_t n = sizeof(at);

	if (bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		return err_sys_plain(e, "listen in a new network");
	*ret_port = ntohs(at.sin_port);
	return 0;
}

static int join_both(int machine, int world, int world_fd, struct err *e)
{
	if (add_veth(machine, world_fd) < 0) {
		err_sys_plain(e, "veth");
		return e->code == EOPNOTSUPP ? err_hint(e, "`modprobe veth`, as root")
					     : -1;
	}
	if (add_address(machine, NET_BED_MACHINE) < 0 || set_up(machine) < 0 ||
	    add_address(world, NET_BED_WORLD) < 0 || set_up(world) < 0 ||
	    add_default_route(machine, NET_BED_WORLD) < 0)
		return err_sys_plain(e, "an address for a veth");
	return 0;
}

int net_bed_make(int proc_fd, struct net_bed *ret, struct err *e)
{
	auto_close int world_fd = -1, inside_fd = -1, world = -1, machine = -1, fd = -1;
	uint16_t port = 0;

	world_fd = TRY(open_own(proc_fd, e));
	world = TRY(netlink_open(e));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys_plain(e, "socket");
	TRY(spawn_unshare(CLONE_NEWNET, e));
	inside_fd = TRY(open_own(proc_fd, e));
	TRY(spawn_unshare(CLONE_NEWNET, e));
	TRY(netlink_lo_up(e));
	machine = TRY(netlink_open(e));
	TRY(join_both(machine, world, world_fd, e));
	TRY(listen_there(fd, &port, e));
	*ret = (struct net_bed){ take_fd(&fd), port, take_fd(&inside_fd) };
	return 0;
}
