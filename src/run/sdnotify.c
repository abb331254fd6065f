/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The proxy of sd_notify; see sdnotify.h. The sender is not trusted: only lines of known
 * names go on, no descriptor but that of a barrier, and never more than one message is kept.
 */
#include "run/sdnotify.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/nsfd.h"
#include "run/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Linux 6.11, linux/nsfs.h */
#ifndef NS_GET_PID_FROM_PIDNS
#define NS_GET_PID_FROM_PIDNS _IOR(0xb7, 0x6, int)
#endif

/* ---- which lines go through --------------------------------------------------------------- */

enum verdict { PASS, TRANSLATE, DROP, REFUSE };

static const struct {
	const char *name;
	enum verdict verdict;
} words[] = {
	{ "READY", PASS },	    { "RELOADING", PASS },
	{ "STOPPING", PASS },	    { "STATUS", PASS },
	{ "ERRNO", PASS },	    { "BUSERROR", PASS },
	{ "VARLINKERROR", PASS },   { "EXIT_STATUS", PASS },
	{ "WATCHDOG", PASS },	    { "WATCHDOG_USEC", PASS },
	{ "BARRIER", PASS },	    { "EXTEND_TIMEOUT_USEC", PASS },
	{ "MONOTONIC_USEC", PASS }, { "MAINPID", TRANSLATE },
	{ "MAINPIDFDID", DROP },    { "MAINPIDFD", DROP },
};

static enum verdict judge(const char *line, size_t n)
{
	const char *equals = memchr(line, '=', n);
	size_t len = equals ? (size_t)(equals - line) : n;

	if (!equals || !len)
		return DROP;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].name) == len && memcmp(line, words[i].name, len) == 0)
			return words[i].verdict;
	return len > 2 && memcmp(line, "X_", 2) == 0 ? PASS : REFUSE;
}

static bool is_line(const char *line, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(line, text, n) == 0;
}

static int64_t number_of(const char *line, size_t n)
{
	char text[16] = "";
	uint64_t v = 0;
	size_t at = strlen("MAINPID=");

	if (n - at >= sizeof(text))
		return 0;
	memcpy(text, line + at, n - at);
	return str_to_u64(text, INT32_MAX, &v) ? (int64_t)v : 0;
}

static void take_line(const char *line, size_t n, struct sdnotify_text *ret)
{
	switch (judge(line, n)) {
	case PASS:
		if (ret->n)
			ret->text[ret->n++] = '\n';
		memcpy(ret->text + ret->n, line, n);
		ret->n += n;
		ret->ready = ret->ready || is_line(line, n, "READY=1");
		break;
	case TRANSLATE:
		ret->main_pid = number_of(line, n);
		break;
	case REFUSE:
		ret->refused = true;
		break;
	case DROP:
		break;
	}
}

void sdnotify_filter(const char *message, size_t n, struct sdnotify_text *ret)
{
	*ret = (struct sdnotify_text){ .n = 0 };
	if (n > SDNOTIFY_MAX)
		return;
	n = strnlen(message, n);
	while (n) {
		const char *end = memchr(message, '\n', n);
		size_t len = end ? (size_t)(end - message) : n;

		take_line(message, len, ret);
		message += len + (end != NULL);
		n -= len + (end != NULL);
	}
	ret->text[ret->n] = '\0';
	ret->barrier = is_line(ret->text, ret->n, "BARRIER=1");
	/* systemd takes a barrier only alone: mixed, it would be an error there */
	if (!ret->barrier && strstr(ret->text, "BARRIER="))
		ret->n = 0;
}

/* ---- sockets -------------------------------------------------------------------------------- */

const char *sdnotify_wanted(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (!path || !*path)
		return NULL;
	if ((path[0] == '/' || path[0] == '@') && path[1])
		return path;
	log_warning("NOTIFY_SOCKET: %s: neither a path nor an abstract socket; nobody is "
		    "told when the container is ready",
		    path);
	return NULL;
}

int sdnotify_make(int dirfd, struct err *e)
{
	if ((mkdirat(dirfd, SDNOTIFY_DIR, 0755) < 0 && errno != EEXIST) ||
	    fchmodat(dirfd, SDNOTIFY_DIR, 0755, 0) < 0)
		return err_sys_plain(e, "notify directory in the state directory");
	return 0;
}

static int bind_inside(int dirfd, struct err *e)
{
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (fd < 0)
		return err_sys(e, "socket");
	unlinkat(dirfd, SDNOTIFY_SOCKET, 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/" SDNOTIFY_SOCKET,
		 dirfd);
	/* the state directory is closed to others; in the container anybody may notify */
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    fchmodat(dirfd, SDNOTIFY_SOCKET, 0666, 0) < 0)
		return err_sys_plain(e, "notify socket in the state directory");
	return take_fd(&fd);
}

/* The descriptor, or -1 with errno. */
static int connect_outside(const char *path)
{
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (fd < 0)
		return -1;
	if (n >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(a.sun_path, path, n);
	if (a.sun_path[0] == '@')
		a.sun_path[0] = '\0';
	else
		n++;
	if (connect(fd, (struct sockaddr *)&a,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		return -1;
	return take_fd(&fd);
}

int sdnotify_open(int dirfd, const char *socket, struct sdnotify *ret, struct err *e)
{
	auto_close int in = bind_inside(dirfd, e);

	*ret = SDNOTIFY_NONE;
	if (in < 0)
		return -1;
	ret->out = connect_outside(socket);
	if (ret->out < 0) {
		log_warning("NOTIFY_SOCKET: %s: %s; nobody is told when the container is "
			    "ready",
			    socket, err_name(errno));
		return 0;
	}
	ret->in = take_fd(&in);
	return 0;
}

void sdnotify_close(struct sdnotify *n)
{
	fd_close(n->in);
	fd_close(n->out);
	fd_close(n->fd);
	*n = SDNOTIFY_NONE;
}

/* ---- passing on ------------------------------------------------------------------------------ */

struct pollfd sdnotify_poll(const struct sdnotify *n)
{
	if (n->pending.n)
		return (struct pollfd){ n->out, POLLOUT, 0 };
	return (struct pollfd){ n->in, POLLIN, 0 };
}

/* A pid as the container counts, as we count; the init's when that cannot be told. */
static pid_t translate(const struct sdnotify *n, int64_t pid)
{
	auto_close int ns = pid > 0 ? nsfd_of_process(n->pidfd, NSFD_PID) : -1;
	int ours = ns >= 0 ? ioctl(ns, NS_GET_PID_FROM_PIDNS, (int)pid) : -1;

	return ours > 0 ? ours : n->init;
}

/* A detached container's process is the service's from READY on; ours is about to end. */
static void add_main_pid(struct sdnotify *n)
{
	struct sdnotify_text *t = &n->pending;

	if (!n->init || !(t->ready || t->main_pid))
		return;
	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%sMAINPID=%d",
				 t->n ? "\n" : "", (int)translate(n, t->main_pid));
}

static void receive(struct sdnotify *n)
{
	char message[SDNOTIFY_MAX + 1];
	int fds[FD_PASS_MAX];
	size_t n_fds = 0;
	ssize_t len =
		fd_receive(n->in, message, sizeof(message), fds, FD_PASS_MAX, &n_fds);

	if (len < 0)
		return; /* too long: its descriptors are closed */
	sdnotify_filter(message, (size_t)len, &n->pending);
	add_main_pid(n);
	if (n->pending.barrier && n_fds)
		n->fd = fds[0];
	for (size_t i = n->fd >= 0; i < n_fds; i++)
		fd_close(fds[i]);
	if (n->pending.refused && !n->warned)
		log_warning("the container asked its service manager for more than "
			    "status: not passed on");
	n->warned = n->warned || n->pending.refused;
}

static void pass_on(struct sdnotify *n)
{
	if (fd_send(n->out, n->pending.text, n->pending.n, &n->fd, n->fd >= 0) < 0 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return; /* once more, when there is room */
	/* a manager that has gone away must not stop the container */
	n->ready = n->ready || n->pending.ready;
	n->pending.n = 0;
	fd_close(n->fd);
	n->fd = -1;
}

void sdnotify_step(struct sdnotify *n)
{
	if (n->in < 0)
		return;
	if (!n->pending.n)
		receive(n);
	if (n->pending.n)
		pass_on(n);
}

void sdnotify_drain(struct sdnotify *n)
{
	while (n->in >= 0 && !n->pending.n && fd_wait_readable(n->in, 0) > 0)
		sdnotify_step(n);
}

enum { BARRIER_MS = 5000 };

/* The manager closes the pipe when it has dealt with all that came before. */
static void barrier(const struct sdnotify *n)
{
	static const char text[] = "BARRIER=1";
	auto_close int ours = -1;
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return;
	ours = p[0];
	if (fd_send(n->out, text, sizeof(text) - 1, &p[1], 1) < 0) {
		fd_close(p[1]);
		return;
	}
	fd_close(p[1]);
	fd_wait_readable(ours, BARRIER_MS);
}

int sdnotify_until_ready(struct sdnotify *n, int interrupt_fd, struct err *e)
{
	bool over = false;

	while (n->in >= 0 && !n->ready && !over) {
		struct pollfd p[] = { { n->pidfd, POLLIN, 0 },
				      { interrupt_fd, POLLIN, 0 },
				      sdnotify_poll(n) };

		if (poll(p, ARRAY_SIZE(p), -1) < 0)
			continue;
		if (p[2].revents)
			sdnotify_step(n);
		if (p[1].revents)
			TRY(interrupt_check(interrupt_fd, e));
		over = p[0].revents != 0;
	}
	sdnotify_drain(n);
	if (n->ready)
		barrier(n);
	return 0;
}
