/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slirp4netns' control socket: one request a connection, one line of JSON as the answer. */
#include "base/fd.h"
#include "net/helper.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MS = 5000, ANSWER_MAX = 512 };

static int ask(const char *path, const struct net_port *port, struct err *e)
{
	char text[256], answer[ANSWER_MAX];
	auto_close int fd = -1;
	size_t n = 0;
	ssize_t got;

	fd = fd_connect_unix(path, e);
	if (fd < 0)
		return -1;
	net_plan_forward(port, text, sizeof(text));
	if (fd_write_all(fd, text, strlen(text)) < 0 || shutdown(fd, SHUT_WR) < 0)
		return err_sys_plain(e, "its control socket");
	while (n < sizeof(answer) - 1 && fd_wait_readable(fd, ANSWER_MS) > 0) {
		got = read(fd, answer + n, sizeof(answer) - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	answer[n] = '\0';
	if (strstr(answer, "\"error\""))
		return err_set(e, "%.200s", answer);
	return n ? 0 : err_set(e, "no answer on its control socket");
}

int net_slirp_publish(const struct net_request *rq, const struct net_target *target,
		      struct err *e)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/" NET_API_SOCKET, target->dir_fd);
	for (size_t i = 0; i < rq->n_ports; i++) {
		const struct net_port *p = &rq->ports[i];
		char name[80];

		snprintf(name, sizeof(name), "%s port %s:%u", p->udp ? "udp" : "tcp",
			 p->address, p->host);
		WHERE_IN(e, "slirp4netns", name);
		TRY(ask(path, p, e));
	}
	return 0;
}
