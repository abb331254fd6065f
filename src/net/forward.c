/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forwarder; see forward.h. Nothing here waits but epoll_wait(2). A direction is read
 * from only while its pipe is empty, so a full pipe and a quiet socket are never mistaken
 * for one another, and a side that does not read stops only its own connection. Connections are
 * in a list by when something was heard of them, so that those who say nothing do not hold a port
 * for ever. All that a connection needs is had before it is accepted: what is missing makes
 * others wait in the kernel's queue, and nobody is accepted only to be hung up on.
 */
#include "net/forward.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/forward_udp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 512, EVENTS = 32, CHUNK = 65536, LATER_MS = 1000 };
enum { SILENT_MS = 60000 };

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
	struct forward_source source;
	int fd[2]; /* accepted, connected by us */
	struct half half[2]; /* from the accepted one, to it */
	uint32_t wanted[2]; /* events that are waited for */
	bool connecting;
	bool dead;
	struct connection *next_dead;
	int family; /* of fd[1] */
	struct connection *earlier, *later; /* by heard */
	int64_t heard; /* when there was an event */
};

struct listener {
	struct forward_source source;
	struct net_listener at;
};

struct forward {
	int epoll;
	struct listener listeners[NET_PORTS_MAX];
	size_t n_listeners;
	struct net_forward_limits limits;
	struct connection *first, *last; /* heard of longest ago, and just now */
	size_t n;
	int64_t now; /* clock_ms() */
	bool accepting;
	int64_t try_at; /* accepting again, whatever happens */
	struct connection *spare; /* for the next one, all but fd[0]; or NULL */
	struct connection *dead; /* freed when no event can name them any more */
};

static void leave_list(struct forward *f, struct connection *c)
{
	*(c->earlier ? &c->earlier->later : &f->first) = c->later;
	*(c->later ? &c->later->earlier : &f->last) = c->earlier;
}

static void join_list(struct forward *f, struct connection *c)
{
	c->heard = f->now;
	c->earlier = f->last;
	c->later = NULL;
	*(f->last ? &f->last->later : &f->first) = c;
	f->last = c;
}

static void close_all(struct connection *c)
{
	for (int i = 0; i < 2; i++) {
		fd_close(c->fd[i]);
		fd_close(c->half[i].pipe[0]);
		fd_close(c->half[i].pipe[1]);
	}
}

static void bury(struct forward *f, struct connection *c)
{
	if (c->dead)
		return;
	leave_list(f, c);
	close_all(c);
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

/* A side that waits for nothing is not in the set: its hanging up would be told for ever. */
static bool ask(struct forward *f, struct connection *c)
{
	for (int side = 0; side < 2; side++) {
		struct epoll_event ev = { .events = wanted(c, side), .data.ptr = c };
		int op = !c->wanted[side] ? EPOLL_CTL_ADD
			 : ev.events	  ? EPOLL_CTL_MOD
					  : EPOLL_CTL_DEL;

		if (ev.events == c->wanted[side])
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
static bool go_on(struct forward *f, struct connection *c)
{
	if (!is_connected(c) || !pump(&c->half[0]) || !pump(&c->half[1]))
		return false;
	if (c->half[0].closed && c->half[1].closed)
		return false;
	return ask(f, c);
}

static void serve(struct forward *f, struct connection *c)
{
	if (c->dead)
		return;
	leave_list(f, c);
	join_list(f, c);
	if (!go_on(f, c))
		bury(f, c);
}

/* With us, or in a socket: not yet read, or not yet taken by who it is for. */
static bool has_data(const struct connection *c)
{
	for (int i = 0; i < 2; i++) {
		int in = 0, out = 0;

		if (c->half[i].held || ioctl(c->fd[i], SIOCINQ, &in) < 0 ||
		    ioctl(c->fd[i], SIOCOUTQ, &out) < 0 || in || out)
			return true;
	}
	return false;
}

/* Of those that have been silent for long, the one that has been so the longest has to go. */
static bool make_room(struct forward *f)
{
	struct connection *c = f->first;

	while (c && f->now - c->heard >= f->limits.silent_ms && has_data(c))
		c = c->later;
	if (!c || f->now - c->heard < f->limits.silent_ms)
		return false;
	bury(f, c);
	return true;
}

/* The spare one is there, for this family. False: no descriptors, no memory. */
static bool make_spare(struct forward *f, int family)
{
	struct connection *c = f->spare;

	if (c && c->family == family)
		return true;
	if (!c)
		c = xcalloc(1, sizeof(*c));
	else
		close_all(c);
	f->spare = NULL;
	*c = (struct connection){ .source.kind = FORWARD_CONNECTION,
				  .fd = { -1, -1 },
				  .half = { { .pipe = { -1, -1 } },
					    { .pipe = { -1, -1 } } },
				  .family = family };
	c->fd[1] = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd[1] >= 0 && pipe2(c->half[0].pipe, O_CLOEXEC | O_NONBLOCK) == 0 &&
	    pipe2(c->half[1].pipe, O_CLOEXEC | O_NONBLOCK) == 0) {
		f->spare = c;
		return true;
	}
	close_all(c);
	free(c);
	return false;
}

static bool begin_connection(struct forward *f, struct connection *c,
			     const struct sockaddr *to, socklen_t to_n)
{
	static const int on = 1;

	for (int i = 0; i < 2; i++) {
		(void)setsockopt(c->fd[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		c->half[i].from = c->fd[i];
		c->half[i].to = c->fd[!i];
	}
	c->connecting = connect(c->fd[1], to, to_n) < 0;
	return (!c->connecting || errno == EINPROGRESS) && ask(f, c);
}

static void set_accepting(struct forward *f, bool on)
{
	for (size_t i = 0; i < f->n_listeners && on != f->accepting; i++) {
		struct listener *l = &f->listeners[i];
		struct epoll_event ev = { .events = on ? EPOLLIN : 0, .data.ptr = l };

		if (!l->at.udp)
			(void)epoll_ctl(f->epoll, EPOLL_CTL_MOD, l->at.fd, &ev);
	}
	f->accepting = on;
	f->try_at = f->now + f->limits.later_ms;
}

/* Called when somebody wants to connect. */
static void accept_all(struct forward *f, const struct listener *l)
{
	struct sockaddr_storage to;
	socklen_t to_n = net_loopback(&l->at, &to);

	if (f->n >= f->limits.connections && !make_room(f)) {
		set_accepting(f, false);
		return;
	}
	while (f->n < f->limits.connections) {
		struct connection *c;
		int fd;

		if (!make_spare(f, to.ss_family)) {
			set_accepting(f, false);
			return;
		}
		fd = accept4(l->at.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd < 0) { /* no descriptors, no memory: later there may be some */
			set_accepting(f, false);
			return;
		}
		c = f->spare;
		f->spare = NULL;
		c->fd[0] = fd;
		f->n++;
		join_list(f, c);
		if (!begin_connection(f, c, (struct sockaddr *)&to, to_n))
			bury(f, c);
	}
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

/* As many as there are descriptors for; six a connection, and some for the rest. */
static size_t most_connections(size_t wanted)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur / 8 >= wanted)
		return wanted;
	return files.rlim_cur < 16 ? 1 : files.rlim_cur / 8;
}

/* It reads what a container sends, if only to pass it on: it needs no power for that. */
static void give_up_privileges(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)syscall(SYS_capset, &head, none);
}

static bool begin(struct forward *f, const struct net_listener *v, size_t n, int pidfd,
		  struct forward_source *init)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = init };

	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll < 0 || epoll_ctl(f->epoll, EPOLL_CTL_ADD, pidfd, &ev) < 0)
		return false;
	for (size_t i = 0; i < n && i < ARRAY_SIZE(f->listeners); i++) {
		struct listener *l = &f->listeners[f->n_listeners++];

		l->source.kind = v[i].udp ? FORWARD_UDP : FORWARD_LISTENER;
		l->at = v[i];
		ev.data.ptr = l;
		if (epoll_ctl(f->epoll, EPOLL_CTL_ADD, l->at.fd, &ev) < 0)
			return false;
	}
	return true;
}

/* False: the container has ended. */
static bool handle(struct forward *f, struct forward_flows *flows, struct epoll_event *ev)
{
	struct forward_source *s = ev->data.ptr;

	switch (s->kind) {
	case FORWARD_INIT:
		return false;
	case FORWARD_LISTENER:
		accept_all(f, (struct listener *)s);
		break;
	case FORWARD_CONNECTION:
		serve(f, (struct connection *)s);
		break;
	case FORWARD_UDP:
		forward_udp_take(flows, &((struct listener *)s)->at);
		break;
	case FORWARD_FLOW:
		forward_udp_answer(flows, (struct forward_flow *)s);
		break;
	}
	return true;
}

void net_forward_run(const struct net_listener *v, size_t n, int pidfd)
{
	const struct net_forward_limits usual = { CONNECTIONS_MAX, SILENT_MS, LATER_MS };

	net_forward_within(&usual, v, n, pidfd);
}

void net_forward_within(const struct net_forward_limits *limits,
			const struct net_listener *v, size_t n, int pidfd)
{
	static struct forward f; /* large, and there is one in a process */
	static struct forward_flows flows;
	struct forward_source init = { FORWARD_INIT };
	struct epoll_event events[EVENTS];

	give_up_privileges();
	f.accepting = true;
	f.limits = *limits;
	f.limits.connections = most_connections(limits->connections);
	if (!begin(&f, v, n, pidfd, &init))
		return;
	forward_udp_begin(&flows, f.epoll);
	for (;;) {
		int got = epoll_wait(f.epoll, events, EVENTS,
				     f.accepting ? -1 : limits->later_ms);

		f.now = clock_ms();
		for (int i = 0; i < got; i++)
			if (!handle(&f, &flows, &events[i]))
				return;
		bury_for_good(&f);
		if (!f.accepting && f.now >= f.try_at)
			set_accepting(&f, true);
	}
}
