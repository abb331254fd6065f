/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wire format of protocol buffers, as far as a message of numbers, truth values, texts
 * and messages inside messages needs it: a sequence of fields, each a number (varint) or
 * counted bytes. What a field means is the caller's table. Pure.
 * protobuf.dev/programming-guides/encoding.
 */
#ifndef BASE_PROTO_H
#define BASE_PROTO_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Append one field. A negative int32 goes as the 64-bit number it is extended to. */
void proto_put_number(struct str *msg, uint32_t field, uint64_t value);
void proto_put_bytes(struct str *msg, uint32_t field, const void *bytes, size_t n);
void proto_put_text(struct str *msg, uint32_t field, const char *text);

/* One field of a message; bytes points into the message. */
struct proto_field {
	uint32_t number;
	bool is_number; /* else bytes, n */
	uint64_t value;
	const uint8_t *bytes;
	size_t n;
};

/* What is left of a message; begin with all of it. */
struct proto_reader {
	const uint8_t *at;
	size_t n;
};

/*
 * Takes the next field: 1, 0 at the end, -1 when the message is malformed (no struct err).
 * Fields of a fixed width are read as numbers.
 */
int proto_next(struct proto_reader *r, struct proto_field *ret);

#endif
