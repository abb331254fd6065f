/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be known before anything exists; see net_survey() in net.h. */
#include "base/fd.h"
#include "base/str.h"
#include "net/helper.h"
#include "net/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

static int check_program(const struct net_request *rq, struct err *e)
{
	enum net_helper helpers[NET_HELPERS];
	size_t n = net_helpers_of(rq->mode, helpers);
	char path[CHILD_PATH_MAX];

	for (size_t i = 0; i < n; i++)
		if (net_helper_find(helpers[i], path))
			return 0;
	if (rq->mode == NET_AUTO)
		err_set(e, "neither pasta nor slirp4netns is installed");
	else
		err_set(e, "%s is not installed", net_helpers[helpers[0]].program);
	return err_hint(e, "install the package %s, or --net none",
			net_helpers[helpers[0]].package);
}

/* Opening it makes no device. */
static int check_tun(struct err *e)
{
	auto_close int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int code = errno;

	if (fd >= 0)
		return 0;
	err_sys_plain(e, "/dev/net/tun, which the helper makes its device with");
	if (code == EACCES || code == EPERM)
		return err_hint(e, "as root: `chmod 0666 /dev/net/tun`");
	return err_hint(e, "as root: `modprobe tun`; in a container: "
			   "`--device /dev/net/tun`");
}

static int check_port(const struct net_port *p, struct err *e)
{
	int fd = net_port_bind(p, e);

	fd_close(fd);
	return fd < 0 ? -1 : 0;
}

/* Connecting a datagram socket asks the routes, and nothing else. */
static bool has_route(int family, const void *to, socklen_t n)
{
	auto_close int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, to, n) == 0;
}

/* Any address of global unicast will do: nobody is asked anything. */
bool net_has_ipv4(void)
{
	const struct sockaddr_in far = { .sin_family = AF_INET,
					 .sin_port = 9,
					 .sin_addr.s_addr = htonl(0x01000001) };

	return has_route(AF_INET, &far, sizeof(far));
}

bool net_has_ipv6(void)
{
	const struct sockaddr_in6 far = { .sin6_family = AF_INET6,
					  .sin6_port = 9,
					  .sin6_addr.s6_addr = { 0x20, 0x00, [15] = 1 } };

	return has_route(AF_INET6, &far, sizeof(far));
}

int net_survey(const struct net_request *rq, struct err *e)
{
	if (rq->mode == NET_NONE || rq->mode == NET_PROXY)
		return 0;
	TRY(check_program(rq, e));
	TRY(check_tun(e));
	for (size_t i = 0; i < rq->n_ports; i++)
		TRY(check_port(&rq->ports[i], e));
	return 0;
}
