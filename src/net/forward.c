/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forwarder; see forward.h. Nothing here waits but epoll_wait(2). A direction is read
 * from only while its pipe is empty, so a full pipe and a quiet socket are never mistaken
 * for one another, and a side that does not read stops only its own connection.
 */
#include "net/forward.h"

#include "base/fd.h"
#include "base/mem.h"
#include "kernel/netlink.h"
#include "kernel/nsfd.h"
#include "kernel/spawn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 512, EVENTS = 32, CHUNK = 65536, BACKLOG = 64 };

/* ---- the socket inside --------------------------------------------------------------------- */

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int listen_there(const struct net_target *t, uint16_t port, struct err *e)
{
	static const int on = 1;
	struct sockaddr_in at = loopback(port);
	auto_close int fd = -1;

	if (t->user_fd >= 0)
		TRY(nsfd_enter(t->user_fd, NSFD_USER, e));
	TRY(nsfd_enter(t->net_fd, NSFD_NET, e));
	TRY(netlink_lo_up(e));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys_plain(e, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, BACKLOG) < 0)
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

int net_forward_listen(const struct net_target *target, uint16_t port, struct err *e)
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
	if (n == (ssize_t)sizeof(said) && n_fds == 1)
		return fd;
	if (n == (ssize_t)sizeof(said) && err_is_set(&said))
		return err_take(e, &said);
	return err_set(e, "the process that makes the proxy's socket died");
}

/* ---- connections -------------------------------------------------------------------------- */

/* One direction: what was read from `from` and is not yet written to `to` is in the pipe. */
struct half {
	int from, to;
	int pipe[2];
	size_t held;
	bool ended; /* nothing more comes */
	bool closed; /* and the other side knows */
};

struct connection {
	int fd[2]; /* inside, outside */
	struct half half[2]; /* outwards, inwards */
	uint32_t wanted[2]; /* events that are waited for */
	bool connecting;
	bool dead;
	struct connection *next_dead;
};

struct forward {
	int epoll, listener;
	uint16_t port;
	size_t n;
	bool accepting;
	struct connection *dead; /* freed when no event can name them any more */
};

static void bury(struct forward *f, struct connection *c)
{
	if (c->dead)
		return;
	for (int i = 0; i < 2; i++) {
		fd_close(c->fd[i]);
		fd_close(c->half[i].pipe[0]);
		fd_close(c->half[i].pipe[1]);
	}
	c->dead = true;
	c->next_dead = f->dead;
	f->dead = c;
	f->n--;
}

/* As much as goes without waiting; false when the connection is broken. */
static bool pump(struct half *h)
{
	const unsigned flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

	for (;;) {
		ssize_t n = 0;

		if (!h->held && !h->ended) {
			n = splice(h->from, NULL, h->pipe[1], NULL, CHUNK, flags);
			if (n < 0)
				return errno == EAGAIN || errno == EINTR;
			h->held = (size_t)n;
			h->ended = n == 0;
		}
		if (h->held) {
			n = splice(h->pipe[0], NULL, h->to, NULL, h->held, flags);
			if (n < 0)
				return errno == EAGAIN || errno == EINTR;
			h->held -= (size_t)n;
		}
		if (!h->ended || h->held)
			continue;
		if (!h->closed)
			(void)shutdown(h->to, SHUT_WR);
		h->closed = true;
		return true;
	}
}

static uint32_t wanted(const struct connection *c, int side)
{
	const struct half *reads = &c->half[side], *writes = &c->half[!side];

	if (c->connecting)
		return side == 1 ? EPOLLOUT : 0;
	return (!reads->held && !reads->ended ? (uint32_t)EPOLLIN : 0) |
	       (writes->held ? (uint32_t)EPOLLOUT : 0);
}

static bool ask(struct forward *f, struct connection *c, int op)
{
	for (int side = 0; side < 2; side++) {
		struct epoll_event ev = { .events = wanted(c, side), .data.ptr = c };

		if (op == EPOLL_CTL_MOD && ev.events == c->wanted[side])
			continue;
		if (epoll_ctl(f->epoll, op, c->fd[side], &ev) < 0)
			return false;
		c->wanted[side] = ev.events;
	}
	return true;
}

static bool is_connected(struct connection *c)
{
	socklen_t n = sizeof(int);
	int code = 0;

	if (!c->connecting)
		return true;
	if (getsockopt(c->fd[1], SOL_SOCKET, SO_ERROR, &code, &n) < 0 || code)
		return false;
	c->connecting = false;
	return true;
}

/* False: there is nothing more to do, or nothing more can be done. */
static bool go_on(struct forward *f, struct connection *c, uint32_t events)
{
	/* not connected yet, and the program inside has gone */
	if (c->connecting && !(events & (EPOLLOUT | EPOLLERR)))
		return false;
	if (!is_connected(c) || !pump(&c->half[0]) || !pump(&c->half[1]))
		return false;
	if (c->half[0].closed && c->half[1].closed)
		return false;
	/* level-triggered: a side that has hung up would be told for ever */
	if (events & (EPOLLERR | EPOLLHUP) && !c->half[0].held && !c->half[1].held)
		return false;
	return ask(f, c, EPOLL_CTL_MOD);
}

static void serve(struct forward *f, struct connection *c, uint32_t events)
{
	if (!c->dead && !go_on(f, c, events))
		bury(f, c);
}

static bool open_other_side(struct forward *f, struct connection *c)
{
	static const int on = 1;
	struct sockaddr_in to = loopback(f->port);

	c->fd[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd[1] < 0 || pipe2(c->half[0].pipe, O_CLOEXEC | O_NONBLOCK) < 0 ||
	    pipe2(c->half[1].pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return false;
	for (int i = 0; i < 2; i++) {
		(void)setsockopt(c->fd[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		c->half[i].from = c->fd[i];
		c->half[i].to = c->fd[!i];
	}
	c->connecting = connect(c->fd[1], (struct sockaddr *)&to, sizeof(to)) < 0;
	return (!c->connecting || errno == EINPROGRESS) && ask(f, c, EPOLL_CTL_ADD);
}

static void set_accepting(struct forward *f, bool on)
{
	struct epoll_event ev = { .events = on ? EPOLLIN : 0, .data.ptr = f };

	if (on != f->accepting)
		(void)epoll_ctl(f->epoll, EPOLL_CTL_MOD, f->listener, &ev);
	f->accepting = on;
}

static void accept_all(struct forward *f)
{
	while (f->n < CONNECTIONS_MAX) {
		int fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		struct connection *c;

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd < 0)
			break; /* descriptors: when a connection ends there are some */
		c = xcalloc(1, sizeof(*c));
		c->fd[0] = fd;
		c->fd[1] = -1;
		for (int i = 0; i < 2; i++)
			c->half[i].pipe[0] = c->half[i].pipe[1] = -1;
		f->n++;
		if (!open_other_side(f, c))
			bury(f, c);
	}
	set_accepting(f, false);
}

static void bury_for_good(struct forward *f)
{
	while (f->dead) {
		struct connection *c = f->dead;

		f->dead = c->next_dead;
		free(c);
		set_accepting(f, true);
	}
}

/* It reads what a container sends, if only to pass it on: it needs no power for that. */
static void give_up_privileges(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)syscall(SYS_capset, &head, none);
}

void net_forward_run(int listener, uint16_t port, int pidfd)
{
	struct forward f = { .listener = listener, .port = port, .accepting = true };
	struct epoll_event of_listener = { .events = EPOLLIN, .data.ptr = &f };
	struct epoll_event of_init = { .events = EPOLLIN, .data.ptr = NULL };
	struct epoll_event events[EVENTS];

	give_up_privileges();
	f.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f.epoll < 0 || epoll_ctl(f.epoll, EPOLL_CTL_ADD, pidfd, &of_init) < 0 ||
	    epoll_ctl(f.epoll, EPOLL_CTL_ADD, listener, &of_listener) < 0)
		return;
	for (;;) {
		int n = epoll_wait(f.epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (!events[i].data.ptr)
				return; /* the container has ended */
			if (events[i].data.ptr == &f)
				accept_all(&f);
			else
				serve(&f, events[i].data.ptr, events[i].events);
		}
		bury_for_good(&f);
	}
}
