/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors; see fd.h. */
#include "base/fd.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

void fd_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

int fd_write_all(int fd, const void *buf, size_t n)
{
	const char *at = buf;

	while (n) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

ssize_t fd_read_full(int fd, void *buf, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = read(fd, (char *)buf + have, n - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

int fd_wait_readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t end = timeout_ms < 0 ? 0 : clock_ms() + timeout_ms;

	for (;;) {
		int64_t left = timeout_ms < 0 ? -1 : end - clock_ms();
		int n = poll(&p, 1, timeout_ms < 0 ? -1 : left < 0 ? 0 : (int)left);

		if (n >= 0)
			return n;
		if (errno != EINTR)
			return -1;
	}
}

bool fd_wait_unless(int fd, int instead)
{
	struct pollfd p[] = { { fd, POLLIN, 0 },
			      { instead > 0 ? instead : -1, POLLIN, 0 } };

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	return p[0].revents || !p[1].revents;
}

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int) * FD_PASS_MAX)];
};

int fd_send(int sock, const void *buf, size_t n, const int *fds, size_t n_fds)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf, .iov_len = n };
	union control control = { 0 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	if (n_fds > FD_PASS_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (n_fds) {
		struct cmsghdr *c = &control.head;

		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
	}
	do
		sent = sendmsg(sock, &m, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

/* Keeps the first max descriptors of a control message and closes the rest. */
static size_t keep_fds(struct msghdr *m, int *fds, size_t max)
{
	size_t kept = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (kept < max)
				fds[kept++] = fd;
			else
				fd_close(fd);
		}
	}
	return kept;
}

ssize_t fd_receive(int sock, void *buf, size_t n, int *fds, size_t max_fds,
		   size_t *ret_n_fds)
{
	struct iovec iov = { .iov_base = buf, .iov_len = n };
	union control control;
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t got;
	size_t kept;

	do
		got = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	kept = keep_fds(&m, fds, max_fds);
	/* MSG_CTRUNC: we may have no more descriptors, and some are lost */
	if (m.msg_flags & MSG_TRUNC || (m.msg_flags & MSG_CTRUNC && kept < max_fds)) {
		for (size_t i = 0; i < kept; i++)
			fd_close(fds[i]);
		errno = m.msg_flags & MSG_TRUNC ? EMSGSIZE : EMFILE;
		return -1;
	}
	if (ret_n_fds)
		*ret_n_fds = kept;
	return got;
}

/* Fills a with path, or with a short way to it through the descriptor of its directory. */
static int unix_address(const char *path, struct sockaddr_un *a, int *ret_dir,
			struct err *e)
{
	const char *name = str_basename(path);
	char dir[4096];
	size_t n = (size_t)(name - path);

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) < sizeof(a->sun_path)) {
		memcpy(a->sun_path, path, strlen(path) + 1);
		return 0;
	}
	if (n == 0 || n >= sizeof(dir) || strlen(name) > 64)
		return err_set(e, "the path of the socket is too long: %s", path);
	memcpy(dir, path, n);
	dir[n] = '\0';
	*ret_dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_dir < 0)
		return err_sys(e, "%s", dir);
	snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s", *ret_dir, name);
	return 0;
}

/* An engine accepts at once. */
enum { CONNECT_MS = 10000 };

/* Gives up after timeout_ms: a peer may have gone to sleep with its socket open. */
static int connect_unix(const struct sockaddr_un *a, socklen_t n, const char *path,
			int timeout_ms, struct err *e)
{
	const struct timeval t = { .tv_sec = timeout_ms / 1000,
				   .tv_usec = timeout_ms % 1000 * 1000L };
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(e, "socket");
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	if (connect(fd, (const struct sockaddr *)a, n) == 0)
		return take_fd(&fd);
	if (errno == EAGAIN)
		return err_code(e, ETIMEDOUT, "connect to %s", path);
	return err_sys_plain(e, "connect to %s", path);
}

int fd_connect_unix_within(const char *path, int timeout_ms, struct err *e)
{
	auto_close int dir = -1;
	struct sockaddr_un a;
	socklen_t n = sizeof(a);

	if (path[0] == '@' && strlen(path) >= sizeof(a.sun_path))
		return err_set(e, "the path of the socket is too long: %s", path);
	TRY(unix_address(path, &a, &dir, e));
	if (path[0] == '@') {
		a.sun_path[0] = '\0';
		n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	}
	return connect_unix(&a, n, path, timeout_ms, e);
}

int fd_connect_unix(const char *path, struct err *e)
{
	auto_close int dir = -1;
	struct sockaddr_un a;
	int fd;

	TRY(unix_address(path, &a, &dir, e));
	fd = connect_unix(&a, sizeof(a), path, CONNECT_MS, e);
	if (fd < 0 && e->code == ETIMEDOUT)
		err_hint(e, "its owner has not accepted a connection for %d s",
			 CONNECT_MS / 1000);
	return fd;
}

bool fd_path(int fd, char *buf, size_t size)
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, size);
	if (n > 0 && (size_t)n < size && buf[0] == '/') {
		buf[n] = '\0';
		return true;
	}
	if (n >= 0)
		errno = ENAMETOOLONG;
	return false;
}

void fd_keep_only(const int *fds, size_t n)
{
	unsigned from = 3;
	int null;

	for (;;) {
		int next = -1;

		for (size_t i = 0; i < n; i++)
			if (fds[i] >= (int)from && (next < 0 || fds[i] < next))
				next = fds[i];
		if (next < 0)
			break;
		if ((unsigned)next > from)
			syscall(SYS_close_range, from, (unsigned)next - 1, 0U);
		from = (unsigned)next + 1;
	}
	syscall(SYS_close_range, from, ~0U, 0U);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		(void)dup2(null, fd);
	fd_close(null);
}
