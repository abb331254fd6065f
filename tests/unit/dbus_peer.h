/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other end of a D-Bus connection, for tests: messages that only a server sends. */
#ifndef TESTS_UNIT_DBUS_PEER_H
#define TESTS_UNIT_DBUS_PEER_H

#include "base/str.h"
#include "kernel/dbus.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void peer_pad(struct str *s, size_t from)
{
	static const char zeros[8];

	str_add_n(s, zeros, (8 - (s->n - from) % 8) % 8);
}

static inline void peer_field(struct str *s, uint8_t code, const char *type,
			      const char *text, uint32_t number)
{
	const struct dbus_item items[] = { { .u = code },
					   { .s = { type } },
					   { .s = { text }, .u = number } };

	peer_pad(s, 0);
	dbus_put(s, &(struct dbus_value){ "y", 1, &items[0] });
	dbus_put(s, &(struct dbus_value){ "g", 1, &items[1] });
	dbus_put(s, &(struct dbus_value){ type, 1, &items[2] });
}

/* A message of a type; texts that are NULL and a reply serial of 0 are left out. */
static inline void peer_message(struct str *ret, enum dbus_type type, const char *sender,
				uint32_t reply, const char *error, const char *member,
				const char *signature, const struct str *body)
{
	const unsigned char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B';
	const unsigned char begin[4] = { order, (unsigned char)type, 0, 1 };
	auto_str s = { 0 };
	size_t fields;

	str_add_n(&s, begin, sizeof(begin));
	dbus_put_u32(&s, body ? (uint32_t)body->n : 0);
	dbus_put_u32(&s, 77);
	fields = dbus_array_begin(&s, 8);
	if (member) {
		peer_field(&s, 1, "o", "/org/freedesktop/systemd1", 0);
		peer_field(&s, 2, "s", "org.freedesktop.systemd1.Manager", 0);
		peer_field(&s, 3, "s", member, 0);
	}
	if (error)
		peer_field(&s, 4, "s", error, 0);
	if (reply)
		peer_field(&s, 5, "u", NULL, reply);
	if (sender)
		peer_field(&s, 7, "s", sender, 0);
	if (signature)
		peer_field(&s, 8, "g", signature, 0);
	dbus_array_end(&s, fields, 8);
	peer_pad(&s, 0);
	str_add_n(ret, s.s, s.n);
	if (body)
		str_add_n(ret, body->s, body->n);
}

/* JobRemoved(1, job, unit, result) */
static inline void peer_signal(struct str *ret, const char *sender, const char *signature,
			       const char *job, const char *unit, const char *result)
{
	auto_str body = { 0 };

	dbus_put_u32(&body, 1);
	dbus_put_string(&body, job);
	dbus_put_string(&body, unit);
	dbus_put_string(&body, result);
	peer_message(ret, DBUS_SIGNAL, sender, 0, NULL, "JobRemoved", signature, &body);
}

#endif
