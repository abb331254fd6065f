/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tap that helpers attach to; see tap.h. */
#include "net/tap.h"

#include "base/clock.h"
#include "base/fd.h"
#include "kernel/netlink.h"
#include "kernel/spawn.h"
#include "net/plan.h"
#include "net/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IPV6_MS = 1000, STATUS_FAILED = 1, STATUS_BUSY = 2 };

/*
 * slirp4netns' network is learnt from its announcements: without this the container would wait
 * two seconds for IPv6 that is said to be ready. Where /proc/sys is read-only it does.
 */
static void hurry_ipv6(void)
{
	static const char *const names[] = { "accept_dad", "router_solicitation_delay" };
	char path[96];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		auto_close int fd = -1;

		snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/" NET_TAP "/%s",
			 names[i]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0)
			(void)!write(fd, "0", 1);
	}
}

/*
 * Up, with nobody at its other end: then the kernel acts at once when the helper attaches. The
 * coming of a link to a device that is down is seen up to a second later, and until then there is
 * no IPv6 on it (net/core/link_watch.c).
 */
static int bring_up(int tun, struct err *e)
{
	struct ifreq r = { .ifr_name = NET_TAP };
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	fd_close(tun);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &r) < 0)
		return err_sys_plain(e, NET_TAP);
	r.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &r) < 0 ? err_sys_plain(e, NET_TAP) : 0;
}

/* The device belongs to the network namespace in which /dev/net/tun was opened. */
static int make_here(const struct net_target *t, struct err *e)
{
	struct ifreq wanted = { .ifr_name = NET_TAP, .ifr_flags = IFF_TAP | IFF_NO_PI };
	auto_close int fd = -1;

	(void)t;
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	/* without an owner anybody inside could attach to it when the helper has died */
	if (fd < 0 || ioctl(fd, TUNSETIFF, &wanted) < 0 ||
	    ioctl(fd, TUNSETOWNER, 0UL) < 0 || ioctl(fd, TUNSETPERSIST, 1UL) < 0)
		return err_sys_plain(e, "/dev/net/tun");
	hurry_ipv6();
	return bring_up(take_fd(&fd), e);
}

/* Does it in a child that enters the target's network; STATUS_*, or 0. */
static int do_there(const struct net_target *target,
		    int (*what)(const struct net_target *, struct err *))
{
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned born = { .pidfd = -1 };
	struct err ignored = { 0 };
	pid_t pid = spawn_process(&args, &born, &ignored);
	int status = 0;

	if (pid == 0 && net_publish_enter(target, &ignored) == 0 &&
	    what(target, &ignored) == 0)
		_exit(0);
	if (pid == 0)
		_exit(ignored.code == EBUSY ? STATUS_BUSY : STATUS_FAILED);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	fd_close(born.pidfd);
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_FAILED;
}

int net_tap_make(const struct net_target *target, struct err *e)
{
	if (do_there(target, make_here) != STATUS_BUSY)
		return 0;
	err_set(e, "the container has a network already: a helper has its " NET_TAP);
	return err_hint(e, "one of the annotation wolffia.net and the hooks is enough");
}

/* Each change of routes or addresses is a message; what it says is not looked at. */
static int await_here(const struct net_target *t, struct err *e)
{
	struct sockaddr_nl changes = { .nl_family = AF_NETLINK,
				       .nl_groups =
					       RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE };
	auto_close int fd = netlink_open(e);
	struct pollfd p[] = { { fd, POLLIN, 0 }, { t->pidfd, POLLIN, 0 } };
	int64_t end = clock_ms() + IPV6_MS;
	char message[4096];

	if (fd < 0 || bind(fd, (struct sockaddr *)&changes, sizeof(changes)) < 0)
		return -1;
	while (!net_has_ipv6()) {
		int64_t left = end - clock_ms();

		if (left <= 0 || poll(p, 2, (int)left) <= 0 || p[1].revents)
			return -1;
		(void)!recv(fd, message, sizeof(message), MSG_DONTWAIT);
	}
	return 0;
}

void net_tap_await_ipv6(const struct net_target *target)
{
	(void)do_there(target, await_here);
}
