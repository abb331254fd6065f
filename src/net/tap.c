/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tap that helpers attach to; see tap.h. */
#include "net/tap.h"

#include "base/fd.h"
#include "kernel/nsfd.h"
#include "kernel/spawn.h"
#include "net/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The device belongs to the network namespace in which /dev/net/tun was opened. */
static int make_here(const struct net_target *t, struct err *e)
{
	struct ifreq wanted = { .ifr_name = NET_TAP, .ifr_flags = IFF_TAP | IFF_NO_PI };
	auto_close int fd = -1;

	if (t->user_fd >= 0)
		TRY(nsfd_enter(t->user_fd, NSFD_USER, e));
	TRY(nsfd_enter(t->net_fd, NSFD_NET, e));
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	/* without an owner anybody inside could attach to it when the helper has died */
	if (fd < 0 || ioctl(fd, TUNSETIFF, &wanted) < 0 ||
	    ioctl(fd, TUNSETOWNER, 0UL) < 0 || ioctl(fd, TUNSETPERSIST, 1UL) < 0)
		return err_sys_plain(e, "/dev/net/tun");
	return 0;
}

void net_tap_make(const struct net_target *target)
{
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned born = { .pidfd = -1 };
	struct err ignored = { 0 };
	pid_t pid = spawn_process(&args, &born, &ignored);

	if (pid == 0)
		_exit(make_here(target, &ignored) < 0);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	fd_close(born.pidfd);
}
