/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be known before anything exists; see net_survey() in net.h. */
#include "base/fd.h"
#include "base/str.h"
#include "net/helper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

static int check_program(const struct net_request *rq, struct err *e)
{
	enum net_helper helpers[NET_HELPERS];
	size_t n = net_helpers_of(rq->mode, helpers);
	char path[NET_PATH_MAX];

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
	static const int on = 1;
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(p->host) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(p->host) };
	bool is_v4 = inet_pton(AF_INET, p->address, &v4.sin_addr) == 1;
	auto_close int fd = socket(is_v4 ? AF_INET : AF_INET6,
				   (p->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	int rc, code;

	if (fd < 0)
		return err_sys_plain(e, "socket");
	if (!is_v4)
		(void)inet_pton(AF_INET6, p->address, &v6.sin6_addr);
	/* connections that have just ended do not make a port busy; for udp it would share */
	if (!p->udp)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	rc = is_v4 ? bind(fd, (struct sockaddr *)&v4, sizeof(v4))
		   : bind(fd, (struct sockaddr *)&v6, sizeof(v6));
	if (rc == 0 && !p->udp)
		rc = listen(fd, 1);
	code = errno;
	if (rc == 0)
		return 0;
	err_sys_plain(e, "%s port %u of %s", p->udp ? "udp" : "tcp", p->host, p->address);
	if (code == EACCES || code == EPERM)
		return err_hint(e, "ports below net.ipv4.ip_unprivileged_port_start are "
				   "root's: choose a higher one");
	if (code == EADDRINUSE)
		return err_hint(e, "choose another port of the machine");
	return -1;
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
