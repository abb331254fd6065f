/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of D-Bus, as much of it as asking systemd for a unit takes. It is our own because
 * the program is one static binary that loads nothing at run time, so libsystemd cannot be
 * opened, and because what is needed is small: a unix socket, the SASL mechanism EXTERNAL,
 * method calls with a few types, answers and one signal.
 *
 * Everything that comes in is taken for hostile: lengths are bounded, strings checked, a
 * message that breaks the rules ends the connection with an error. Nothing here waits without
 * a deadline (CLOCK_MONOTONIC in ms, as clock_ms() gives it).
 *
 * The D-Bus Specification 0.43 (wire format, SASL, the bus's own methods).
 */
#ifndef KERNEL_DBUS_H
#define KERNEL_DBUS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- values -------------------------------------------------------------------------- */

/*
 * One element of a value. Numbers of any width, booleans and indexes of descriptors are in
 * u (negative ones as two's complement), texts in s; of a struct the first text, the second
 * text and the number are taken in the order of its signature.
 */
struct dbus_item {
	const char *s[2];
	uint64_t u;
};

/*
 * A value: `type` is a basic type (one of y b n q i u x t h s o g), a struct of basic types in
 * parentheses, or 'a' and one of these: then v has n elements, else one.
 */
struct dbus_value {
	const char *type;
	size_t n;
	const struct dbus_item *v;
};

/* Appends a value to a message body. The body begins at an offset that is a multiple of 8. */
void dbus_put(struct str *body, const struct dbus_value *value);

/* The same for what is needed most. */
void dbus_put_string(struct str *body, const char *s);
void dbus_put_u32(struct str *body, uint32_t v);
void dbus_put_bool(struct str *body, bool v);

/* One element of an array a(sv): a name and a value of any type. */
void dbus_put_property(struct str *body, const char *name,
		       const struct dbus_value *value);

/*
 * An array whose elements begin at multiples of `align`: what is put between the two calls
 * are its elements. Returns what dbus_array_end() wants.
 */
size_t dbus_array_begin(struct str *body, size_t align);
/* A struct, "(...)": its members follow. */
void dbus_struct_begin(struct str *body);
void dbus_array_end(struct str *body, size_t begin, size_t align);

/* ---- messages -------------------------------------------------------------------------- */

enum dbus_type { DBUS_CALL = 1, DBUS_REPLY, DBUS_ERROR, DBUS_SIGNAL };

/* A message that has come in; what is absent is NULL or 0. Points into the receive buffer. */
struct dbus_message {
	enum dbus_type type;
	uint32_t serial, reply_serial;
	uint32_t n_fds;
	const char *path, *interface, *member, *error, *sender, *destination;
	const char *signature; /* "" when the body is empty */
	const unsigned char *body;
	size_t n_body;
};

/* The length limits: the largest message that is accepted (the specification has 128 MiB). */
enum { DBUS_MESSAGE_MAX = 4 << 20 };

/*
 * Pure. The first message of n bytes at p (p is aligned to 8): its length, 0 when more bytes
 * are needed, or -1 with *e for one that breaks the rules or is of the other byte order.
 */
ssize_t dbus_parse(const unsigned char *p, size_t n, struct dbus_message *ret,
		   struct err *e);

/* Reads a body from its beginning. */
struct dbus_reader {
	const unsigned char *p;
	size_t n, at;
};

/* At the beginning of a message's body. */
static inline struct dbus_reader dbus_reader_of(const struct dbus_message *m)
{
	return (struct dbus_reader){ .p = m->body, .n = m->n_body };
}

/*
 * The next value of a basic type: a text (pointing into the body) in ret->s[0] or a number in
 * ret->u. False when it does not fit, or is no valid value of that type.
 */
bool dbus_get(struct dbus_reader *r, char type, struct dbus_item *ret);

/* ---- the connection -------------------------------------------------------------------- */

struct dbus_call {
	const char *destination; /* NULL: the peer itself (a direct connection) */
	const char *path, *interface, *member;
	const char *signature; /* of the body; NULL or "": none */
};

struct dbus {
	int fd; /* -1: closed */
	bool direct; /* no bus in between: no names, no matches */
	bool ready; /* the peer has accepted us */
	bool passes_fds; /* it takes descriptors; valid once ready */
	bool auth_done;
	uint32_t serial;
	struct str out; /* not yet sent */
	struct str in; /* received */
	size_t used; /* of in: already handed out */
	size_t lines; /* of the answers to the authentication */
	const char *address; /* for messages; the caller's */
};

/*
 * Connects to the first address of a list that answers ("unix:path=/run/dbus/x;unix:..." with
 * %XX escapes; unix:abstract= too, other transports are passed over) and puts the beginning
 * of the conversation into the buffer: EXTERNAL without a name, so that the peer takes the
 * uid that the kernel tells it (which is right from within a user namespace too, where our
 * own number would be wrong), descriptors, and on a bus Hello. An address that ends with
 * "/systemd/private" is a manager itself, without a bus. Nothing is sent or waited for yet.
 *
 * address[i] of *ret points into addresses. -1 with *e naming all that were tried.
 */
int dbus_open(const char *addresses, struct dbus *ret, struct err *e);

/* The same over a connected socket, which *ret then owns. For tests. */
void dbus_open_fd(int fd, bool direct, struct dbus *ret);

/* Appends a call to the buffer; returns its serial, which the answer carries. */
uint32_t dbus_call(struct dbus *d, const struct dbus_call *call, const struct str *body,
		   uint32_t n_fds);

/*
 * Sends the buffer. Descriptors travel with its first byte, so they belong to a buffer of
 * their own that is sent once d->ready (a bus loses what comes before). At most `deadline`.
 */
int dbus_flush(struct dbus *d, const int *fds, size_t n_fds, int64_t deadline,
	       struct err *e);

/* Waits until the peer has accepted us. */
int dbus_wait_ready(struct dbus *d, int64_t deadline, struct err *e);

/*
 * The next message, valid until the next call. -1 with *e: refused, hung up, not D-Bus, or
 * `deadline` has passed (code ETIMEDOUT).
 */
int dbus_receive(struct dbus *d, int64_t deadline, struct dbus_message *ret,
		 struct err *e);

void dbus_close(struct dbus *d);

/*
 * The text of an error message for people: its first argument without control characters,
 * or the error's name. Valid as long as the message; buf is used when it must be changed.
 */
const char *dbus_error_text(const struct dbus_message *m, char *buf, size_t size);

#endif
