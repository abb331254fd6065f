/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making sockets; see publish.h. */
#include "net/publish.h"

#include "base/fd.h"
#include "kernel/netlink.h"
#include "kernel/nsfd.h"
#include "kernel/spawn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BACKLOG = 64 };

static const int on = 1;

socklen_t net_loopback(const struct net_listener *l, struct sockaddr_storage *ret)
{
	*ret = (struct sockaddr_storage){ 0 };
	if (l->v6) {
		*(struct sockaddr_in6 *)ret =
			(struct sockaddr_in6){ .sin6_family = AF_INET6,
					       .sin6_port = htons(l->port),
					       .sin6_addr = IN6ADDR_LOOPBACK_INIT };
		return sizeof(struct sockaddr_in6);
	}
	*(struct sockaddr_in *)ret =
		(struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_port = htons(l->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return sizeof(struct sockaddr_in);
}

int net_publish_enter(const struct net_target *t, struct err *e)
{
	if (t->user_fd >= 0)
		TRY(nsfd_enter(t->user_fd, NSFD_USER, e));
	return nsfd_enter(t->net_fd, NSFD_NET, e);
}

/* ---- proxy ------------------------------------------------------------------------------- */

static int listen_there(const struct net_target *t, uint16_t port, struct err *e)
{
	const struct net_listener l = { .port = port };
	struct sockaddr_storage at;
	socklen_t n = net_loopback(&l, &at);
	auto_close int fd = -1;

	TRY(net_publish_enter(t, e));
	TRY(netlink_lo_up(e));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys_plain(e, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, BACKLOG) < 0)
		return err_sys_plain(e, "port %u of the container's loopback", port);
	return take_fd(&fd);
}

/* A message with a socket, or with the reason why there is none. */
static _Noreturn void make_there(const struct net_target *t, uint16_t port, int to)
{
	struct err e = { 0 };
	int fd = listen_there(t, port, &e);

	e.scope = NULL;
	(void)fd_send(to, &e, sizeof(e), &fd, fd >= 0 ? 1 : 0);
	_exit(0);
}

int net_proxy_listen(const struct net_target *target, uint16_t port,
		     struct net_listener *ret, struct err *e)
{
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned born = { .pidfd = -1 };
	auto_close int from = -1;
	struct err said = { 0 };
	int pair[2], fd = -1;
	size_t n_fds = 0;
	ssize_t n;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	from = pair[0];
	pid = spawn_process(&args, &born, e);
	if (pid == 0)
		make_there(target, port, pair[1]);
	fd_close(pair[1]);
	if (pid < 0)
		return -1;
	n = fd_receive(from, &said, sizeof(said), &fd, 1, &n_fds);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	fd_close(born.pidfd);
	if (n == (ssize_t)sizeof(said) && n_fds == 1) {
		*ret = (struct net_listener){ .fd = fd, .port = port };
		return 0;
	}
	if (n == (ssize_t)sizeof(said) && err_is_set(&said))
		return err_take(e, &said);
	return err_set(e, "the process that makes the proxy's socket died");
}

/* ---- ports ------------------------------------------------------------------------------- */

static int refuse_port(const struct net_port *p, struct err *e)
{
	int code = errno;

	err_sys_plain(e, "%s port %u of %s", p->udp ? "udp" : "tcp", p->host, p->address);
	if (code == EACCES || code == EPERM)
		return err_hint(e, "ports below net.ipv4.ip_unprivileged_port_start are "
				   "root's: choose a higher one");
	if (code == EADDRINUSE)
		return err_hint(e, "choose another port of the machine");
	if (code == EADDRNOTAVAIL)
		return err_hint(e, "no network device of the machine has this address");
	return -1;
}

/* Connections that have just ended do not make a port busy; for udp it would share it. */
static void set_options(int fd, bool v6, bool udp)
{
	if (!udp)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (v6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (udp && v6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	else if (udp)
		(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
}

int net_port_bind(const struct net_port *p, struct err *e)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(p->host) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(p->host) };
	bool is_v4 = inet_pton(AF_INET, p->address, &v4.sin_addr) == 1;
	auto_close int fd = -1;
	int rc;

	fd = socket(is_v4 ? AF_INET : AF_INET6,
		    (p->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	if (fd < 0)
		return refuse_port(p, e);
	if (!is_v4)
		(void)inet_pton(AF_INET6, p->address, &v6.sin6_addr);
	set_options(fd, !is_v4, p->udp);
	rc = is_v4 ? bind(fd, (struct sockaddr *)&v4, sizeof(v4))
		   : bind(fd, (struct sockaddr *)&v6, sizeof(v6));
	if (rc == 0 && !p->udp)
		rc = listen(fd, BACKLOG);
	return rc < 0 ? refuse_port(p, e) : take_fd(&fd);
}

int net_publish_bind(const struct net_request *rq, enum net_helper helper,
		     unsigned dropped, struct net_listener v[NET_PORTS_MAX],
		     struct err *e)
{
	int n = 0;

	for (size_t i = 0; i < rq->n_ports; i++) {
		const struct net_port *p = &rq->ports[i];
		int fd;

		if (!net_plan_passes_on(helper, dropped, p))
			continue;
		fd = net_port_bind(p, e);
		if (fd < 0) {
			while (n > 0)
				fd_close(v[--n].fd);
			return -1;
		}
		v[n++] = (struct net_listener){ .fd = fd,
						.port = p->inside,
						.v6 = strchr(p->address, ':') != NULL,
						.udp = p->udp };
	}
	return n;
}
