/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection: authentication, sending, receiving. Everything that can be said without an
 * answer is put into one buffer and sent in one piece: the authentication, Hello and what
 * the caller adds. Invariant: d->in holds the bytes from the first one that was not handed
 * out, at an offset that is a multiple of 8 once the answers to the authentication are off.
 */
#include "kernel/dbus.h"

#include "base/clock.h"
#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, ADDRESS_MAX = 512 };

/* ---- addresses ------------------------------------------------------------------------- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of "key=" among the pairs of one address, unescaped. False: not there. */
static bool address_value(const char *pairs, size_t n, const char *key, char *ret,
			  size_t size)
{
	size_t len = strlen(key), at = 0, to = 0;

	while (at < n && strncmp(pairs + at, key, len) != 0) {
		while (at < n && pairs[at] != ',')
			at++;
		at += at < n;
	}
	if (at >= n)
		return false;
	for (at += len; at < n && pairs[at] != ','; at++) {
		int high = -1, low = -1;

		if (to + 1 >= size)
			return false;
		if (pairs[at] == '%' && at + 2 < n) {
			high = hex_digit(pairs[at + 1]);
			low = hex_digit(pairs[at + 2]);
		}
		ret[to++] = high >= 0 && low >= 0 ? (char)(high << 4 | low) : pairs[at];
		at += high >= 0 && low >= 0 ? 2 : 0;
	}
	ret[to] = '\0';
	return to > 0;
}

static int connect_to(const char *address, size_t n, bool *ret_direct, struct err *e)
{
	static const char direct[] = "/systemd/private";
	char path[ADDRESS_MAX];
	size_t len;

	if (n < 5 || strncmp(address, "unix:", 5) != 0)
		return err_set(e, "%.*s: only unix: addresses are supported", (int)n,
			       address);
	path[0] = '@';
	if (!address_value(address + 5, n - 5, "path=", path, sizeof(path)) &&
	    !address_value(address + 5, n - 5, "abstract=", path + 1, sizeof(path) - 1))
		return err_set(e, "%.*s: not a valid address", (int)n, address);
	len = strlen(path);
	*ret_direct = len >= sizeof(direct) &&
		      str_eq(path + len - (sizeof(direct) - 1), direct);
	return fd_connect_unix_within(path, CONNECT_MS, e);
}

/* ---- opening ----------------------------------------------------------------------------- */

static const struct dbus_call hello = { "org.freedesktop.DBus", "/org/freedesktop/DBus",
					"org.freedesktop.DBus", "Hello", NULL };

void dbus_open_fd(int fd, bool direct, struct dbus *ret)
{
	*ret = (struct dbus){ .fd = fd, .direct = direct, .address = "the peer" };
	/* a byte 0 begins; the uid is left to the kernel: an empty answer to the challenge */
	str_add_n(&ret->out, "", 1);
	str_add(&ret->out, "AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n");
	if (!direct)
		dbus_call(ret, &hello, NULL, 0);
}

int dbus_open(const char *addresses, struct dbus *ret, struct err *e)
{
	auto_str tried = { 0 };
	const char *at = addresses;

	while (*at) {
		size_t n = strcspn(at, ";");
		struct err why = { 0 };
		bool direct = false;
		int fd = -1;

		if (n)
			fd = connect_to(at, n, &direct, &why);
		if (fd >= 0) {
			dbus_open_fd(fd, direct, ret);
			ret->address = at;
			return 0;
		}
		if (n)
			str_addf(&tried, "%s%s", tried.n ? "; " : "", why.text);
		at += n + (at[n] == ';');
	}
	return err_set(e, "%s", tried.n ? tried.s : "no address is known");
}

void dbus_close(struct dbus *d)
{
	fd_close(d->fd);
	str_free(&d->out);
	str_free(&d->in);
	*d = (struct dbus){ .fd = -1 };
}

/* ---- sending ----------------------------------------------------------------------------- */

/* The address we talk to, for messages: up to the ';' of its list. */
static int address_length(const struct dbus *d)
{
	return (int)strcspn(d->address, ";");
}

static int failed(const struct dbus *d, const char *what, struct err *e)
{
	return err_sys_plain(e, "%s %.*s", what, address_length(d), d->address);
}

static int late(const struct dbus *d, struct err *e)
{
	return err_code(e, ETIMEDOUT, "%.*s does not answer", address_length(d),
			d->address);
}

static void put_field(struct str *b, uint8_t code, const char *type, const char *s,
		      uint64_t u)
{
	const struct dbus_item code_item = { .u = code };
	const struct dbus_item type_item = { .s = { type } };
	const struct dbus_item item = { .s = { s }, .u = u };
	static const char zeros[8];

	str_add_n(b, zeros, -b->n % 8);
	dbus_put(b, &(struct dbus_value){ "y", 1, &code_item });
	dbus_put(b, &(struct dbus_value){ "g", 1, &type_item });
	dbus_put(b, &(struct dbus_value){ type, 1, &item });
}

uint32_t dbus_call(struct dbus *d, const struct dbus_call *call, const struct str *body,
		   uint32_t n_fds)
{
	const uint8_t order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B';
	const uint8_t begin[4] = { order, DBUS_CALL, 0, 1 };
	static const char zeros[8];
	auto_str head = { 0 };
	size_t fields;

	str_add_n(&head, begin, sizeof(begin));
	dbus_put_u32(&head, body ? (uint32_t)body->n : 0);
	dbus_put_u32(&head, ++d->serial);
	fields = dbus_array_begin(&head, 8);
	put_field(&head, 1, "o", call->path, 0);
	put_field(&head, 2, "s", call->interface, 0);
	put_field(&head, 3, "s", call->member, 0);
	if (call->destination)
		put_field(&head, 6, "s", call->destination, 0);
	if (call->signature && *call->signature)
		put_field(&head, 8, "g", call->signature, 0);
	if (n_fds)
		put_field(&head, 9, "u", NULL, n_fds);
	dbus_array_end(&head, fields, 8);
	str_add_n(&head, zeros, -head.n % 8);
	str_add_n(&d->out, head.s, head.n);
	if (body)
		str_add_n(&d->out, body->s, body->n);
	return d->serial;
}

/* Waits for `events`; 0: deadline. */
static int wait_for(const struct dbus *d, short events, int64_t deadline)
{
	struct pollfd p = { .fd = d->fd, .events = events };
	int64_t left;
	int rc;

	do {
		left = deadline - clock_ms();
		rc = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (rc < 0 && errno == EINTR);
	return rc;
}

/* As fd_send(), but of a part, and never waiting. */
static ssize_t send_some(const struct dbus *d, const char *p, size_t n, const int *fds,
			 size_t n_fds)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_PASS_MAX * sizeof(int))] = {
		0
	};
	struct iovec v = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (n_fds) {
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	return sendmsg(d->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int dbus_flush(struct dbus *d, const int *fds, size_t n_fds, int64_t deadline,
	       struct err *e)
{
	size_t at = 0;

	if (n_fds > FD_PASS_MAX)
		return err_set(e, "too many descriptors");
	while (at < d->out.n) {
		ssize_t n = send_some(d, d->out.s + at, d->out.n - at, fds, n_fds);

		if (n >= 0) {
			at += (size_t)n;
			n_fds = 0;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return failed(d, "send to", e);
		if (wait_for(d, POLLOUT, deadline) <= 0)
			return late(d, e);
	}
	d->out.n = 0;
	return 0;
}

/* ---- receiving ---------------------------------------------------------------------------- */

/* More bytes into d->in; what was handed out is dropped first. */
static int receive_some(struct dbus *d, int64_t deadline, struct err *e)
{
	char buf[8192];
	ssize_t n;

	if (d->used && d->in.s) {
		d->in.n -= d->used;
		memmove(d->in.s, d->in.s + d->used, d->in.n);
		d->used = 0;
	}
	for (;;) {
		/* the clock is asked too: a peer that never stops talking is late as well */
		if (clock_ms() >= deadline || wait_for(d, POLLIN, deadline) <= 0)
			return late(d, e);
		/* descriptors are not asked for: the kernel closes them */
		n = recv(d->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0)
			break;
		if (n == 0)
			return err_set(e, "%.*s hung up", address_length(d), d->address);
		if (errno != EINTR && errno != EAGAIN)
			return failed(d, "receive from", e);
	}
	str_add_n(&d->in, buf, (size_t)n);
	return 0;
}

/* One line of the answers to AUTH, DATA and NEGOTIATE_UNIX_FD. */
static int auth_line(struct dbus *d, const char *line, struct err *e)
{
	if (str_starts(line, "OK ")) {
		d->auth_done = true;
	} else if (str_starts(line, "REJECTED")) {
		err_set(e, "%.*s refuses this user", address_length(d), d->address);
		return err_hint(e, "the manager of another user cannot be used: is "
				   "XDG_RUNTIME_DIR or DBUS_SESSION_BUS_ADDRESS that of "
				   "another one?");
	} else if (d->auth_done) {
		d->passes_fds = str_eq(line, "AGREE_UNIX_FD");
		d->ready = true;
	} else if (!str_starts(line, "DATA")) {
		return err_set(e, "%.*s does not speak D-Bus", address_length(d),
			       d->address);
	}
	return 0;
}

int dbus_wait_ready(struct dbus *d, int64_t deadline, struct err *e)
{
	enum { LINES_MAX = 8, LINE_MAX_BYTES = 1024 };

	while (!d->ready) {
		char *line = d->in.n ? d->in.s + d->used : NULL;
		char *end = line ? memchr(line, '\n', d->in.n - d->used) : NULL;

		if (!end) {
			if (d->in.n - d->used > LINE_MAX_BYTES)
				return err_set(e, "%.*s does not speak D-Bus",
					       address_length(d), d->address);
			TRY(receive_some(d, deadline, e));
			continue;
		}
		d->used += (size_t)(end + 1 - line);
		*end = '\0';
		if (end > line && end[-1] == '\r')
			end[-1] = '\0';
		if (++d->lines > LINES_MAX)
			return err_set(e, "%.*s does not speak D-Bus", address_length(d),
				       d->address);
		TRY(auth_line(d, line, e));
	}
	return 0;
}

int dbus_receive(struct dbus *d, int64_t deadline, struct dbus_message *ret,
		 struct err *e)
{
	TRY(dbus_wait_ready(d, deadline, e));
	for (;;) {
		ssize_t n = 0;

		/* to the buffer's beginning, which malloc(3) has aligned: numbers are read there */
		if (d->used && d->used <= d->in.n) {
			d->in.n -= d->used;
			memmove(d->in.s, d->in.s + d->used, d->in.n);
			d->used = 0;
		}
		if (d->in.n)
			n = dbus_parse((const unsigned char *)d->in.s, d->in.n, ret, e);
		if (n < 0)
			return -1;
		if (n > 0) {
			d->used = (size_t)n;
			return 0;
		}
		TRY(receive_some(d, deadline, e));
	}
}
