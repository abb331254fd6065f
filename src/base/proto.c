/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protocol buffers on the wire; see proto.h. */
#include "base/proto.h"

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

enum { VARINT_MAX = 10 }; /* bytes of a 64-bit number, 7 bits each */

static void put_varint(struct str *msg, uint64_t v)
{
	uint8_t bytes[VARINT_MAX];
	size_t n = 0;

	do {
		bytes[n] = (uint8_t)(v & 0x7f);
		v >>= 7;
		if (v)
			bytes[n] |= 0x80;
		n++;
	} while (v);
	str_add_n(msg, bytes, n);
}

static void put_tag(struct str *msg, uint32_t field, enum wire type)
{
	put_varint(msg, (uint64_t)field << 3 | (uint64_t)type);
}

void proto_put_number(struct str *msg, uint32_t field, uint64_t value)
{
	put_tag(msg, field, WIRE_VARINT);
	put_varint(msg, value);
}

void proto_put_bytes(struct str *msg, uint32_t field, const void *bytes, size_t n)
{
	put_tag(msg, field, WIRE_BYTES);
	put_varint(msg, n);
	str_add_n(msg, bytes, n);
}

void proto_put_text(struct str *msg, uint32_t field, const char *text)
{
	proto_put_bytes(msg, field, text, strlen(text));
}

static int take_varint(struct proto_reader *r, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < VARINT_MAX && i < r->n; i++) {
		v |= (uint64_t)(r->at[i] & 0x7f) << (7 * i);
		if (r->at[i] & 0x80)
			continue;
		r->at += i + 1;
		r->n -= i + 1;
		*ret = v;
		return 0;
	}
	return -1;
}

static int take_fixed(struct proto_reader *r, size_t width, uint64_t *ret)
{
	if (r->n < width)
		return -1;
	*ret = 0;
	for (size_t i = 0; i < width; i++)
		*ret |= (uint64_t)r->at[i] << (8 * i);
	r->at += width;
	r->n -= width;
	return 0;
}

static int take_bytes(struct proto_reader *r, struct proto_field *ret)
{
	uint64_t n;

	if (take_varint(r, &n) < 0 || n > r->n)
		return -1;
	ret->bytes = r->at;
	ret->n = (size_t)n;
	r->at += n;
	r->n -= (size_t)n;
	return 0;
}

int proto_next(struct proto_reader *r, struct proto_field *ret)
{
	uint64_t tag;
	int rc;

	if (!r->n)
		return 0;
	if (take_varint(r, &tag) < 0 || tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
		return -1;
	*ret = (struct proto_field){ .number = (uint32_t)(tag >> 3) };
	ret->is_number = (tag & 7) != WIRE_BYTES;
	switch (tag & 7) {
	case WIRE_VARINT:
		rc = take_varint(r, &ret->value);
		break;
	case WIRE_64:
		rc = take_fixed(r, 8, &ret->value);
		break;
	case WIRE_32:
		rc = take_fixed(r, 4, &ret->value);
		break;
	case WIRE_BYTES:
		rc = take_bytes(r, ret);
		break;
	default:
		return -1;
	}
	return rc < 0 ? -1 : 1;
}
