/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D-Bus's wire format: values into bytes by the letters of their signature, bytes into
 * messages. Pure. Invariant of the reading half: no offset is used before it was compared
 * with the number of bytes that there are, and every text ends inside the message.
 */
#include "kernel/dbus.h"

#include <endian.h>

/* ---- the basic types ------------------------------------------------------------------ */

static const struct basic {
	char type;
	unsigned char size; /* of the number; of a text: of its length */
	bool text;
} basics[] = {
	{ 'y', 1, false }, { 'b', 4, false }, { 'n', 2, false }, { 'q', 2, false },
	{ 'i', 4, false }, { 'u', 4, false }, { 'x', 8, false }, { 't', 8, false },
	{ 'h', 4, false }, { 's', 4, true },  { 'o', 4, true },	 { 'g', 1, true },
};

static const struct basic *basic_of(char type)
{
	for (size_t i = 0; i < ARRAY_SIZE(basics); i++)
		if (basics[i].type == type)
			return &basics[i];
	return NULL;
}

static size_t align_up(size_t at, size_t align)
{
	return (at + align - 1) / align * align;
}

/* ---- writing ---------------------------------------------------------------------------- */

static void put_padding(struct str *b, size_t align)
{
	static const char zeros[8];

	str_add_n(b, zeros, align_up(b->n, align) - b->n);
}

/* The low `size` bytes of v, at a multiple of size, in the machine's byte order. */
static void put_number(struct str *b, uint64_t v, size_t size)
{
	const uint8_t v8 = (uint8_t)v;
	const uint16_t v16 = (uint16_t)v;
	const uint32_t v32 = (uint32_t)v;
	const void *from = size == 1   ? (const void *)&v8
			   : size == 2 ? (const void *)&v16
			   : size == 4 ? (const void *)&v32
				       : (const void *)&v;

	put_padding(b, size);
	str_add_n(b, from, size);
}

static void put_basic(struct str *b, const struct basic *type, const char *s, uint64_t u)
{
	size_t n;

	if (!type->text) {
		put_number(b, u, type->size);
		return;
	}
	n = strlen(s);
	put_number(b, n, type->size);
	str_add_n(b, s, n + 1);
}

/* One element; returns how much of the signature it was. */
static size_t put_item(struct str *b, const char *type, const struct dbus_item *item)
{
	size_t n = 0, texts = 0;

	if (*type != '(') {
		put_basic(b, basic_of(*type), item->s[0], item->u);
		return 1;
	}
	put_padding(b, 8);
	while (type[++n] != ')') {
		const struct basic *basic = basic_of(type[n]);

		put_basic(b, basic, basic->text ? item->s[texts] : NULL, item->u);
		texts += basic->text;
	}
	return n + 1;
}

size_t dbus_array_begin(struct str *body, size_t align)
{
	size_t begin;

	put_number(body, 0, 4);
	begin = body->n;
	/* the padding before the first element does not count */
	put_padding(body, align);
	return begin;
}

void dbus_array_end(struct str *body, size_t begin, size_t align)
{
	uint32_t n = (uint32_t)(body->n - align_up(begin, align));

	memcpy(body->s + begin - sizeof(n), &n, sizeof(n));
}

void dbus_put(struct str *body, const struct dbus_value *value)
{
	const char *type = value->type;
	size_t align, begin;

	if (*type != 'a') {
		put_item(body, type, value->v);
		return;
	}
	align = type[1] == '(' ? 8 : basic_of(type[1])->size;
	begin = dbus_array_begin(body, align);
	for (size_t i = 0; i < value->n; i++)
		put_item(body, type + 1, &value->v[i]);
	dbus_array_end(body, begin, align);
}

void dbus_put_string(struct str *body, const char *s)
{
	put_basic(body, basic_of('s'), s, 0);
}

void dbus_put_u32(struct str *body, uint32_t v)
{
	put_number(body, v, 4);
}

void dbus_put_bool(struct str *body, bool v)
{
	put_number(body, v, 4);
}

void dbus_struct_begin(struct str *body)
{
	put_padding(body, 8);
}

void dbus_put_property(struct str *body, const char *name, const struct dbus_value *value)
{
	put_padding(body, 8);
	dbus_put_string(body, name);
	put_basic(body, basic_of('g'), value->type, 0);
	dbus_put(body, value);
}

/* ---- reading ------------------------------------------------------------------------------ */

static bool get_padding(struct dbus_reader *r, size_t align)
{
	size_t to = align_up(r->at, align);

	if (to > r->n)
		return false;
	for (; r->at < to; r->at++) {
		if (r->p[r->at])
			return false;
	}
	return true;
}

static bool get_number(struct dbus_reader *r, size_t size, uint64_t *ret)
{
	uint16_t v16;
	uint32_t v32;

	if (!get_padding(r, size) || r->n - r->at < size)
		return false;
	switch (size) {
	case 1:
		*ret = r->p[r->at];
		break;
	case 2:
		memcpy(&v16, r->p + r->at, size);
		*ret = v16;
		break;
	case 4:
		memcpy(&v32, r->p + r->at, size);
		*ret = v32;
		break;
	default:
		memcpy(ret, r->p + r->at, size);
	}
	r->at += size;
	return true;
}

bool dbus_get(struct dbus_reader *r, char type, struct dbus_item *ret)
{
	const struct basic *basic = basic_of(type);
	struct dbus_reader at = *r;
	uint64_t v;

	if (!basic || !get_number(&at, basic->size, &v))
		return false;
	if (!basic->text) {
		if (type == 'b' && v > 1)
			return false;
		*ret = (struct dbus_item){ .u = v };
		*r = at;
		return true;
	}
	/* the text, its end, and no other one in it */
	if (at.n - at.at <= v || at.p[at.at + v] || memchr(at.p + at.at, 0, v))
		return false;
	*ret = (struct dbus_item){ .s = { (const char *)at.p + at.at } };
	at.at += v + 1;
	*r = at;
	return true;
}

/* ---- messages -------------------------------------------------------------------------------- */

enum { HEADER = 16 };

/* The codes of header fields, with the only type that each may have. */
static const struct field {
	char type;
	bool text;
	size_t at; /* offset in struct dbus_message */
} fields[] = {
	[1] = { 'o', true, offsetof(struct dbus_message, path) },
	[2] = { 's', true, offsetof(struct dbus_message, interface) },
	[3] = { 's', true, offsetof(struct dbus_message, member) },
	[4] = { 's', true, offsetof(struct dbus_message, error) },
	[5] = { 'u', false, offsetof(struct dbus_message, reply_serial) },
	[6] = { 's', true, offsetof(struct dbus_message, destination) },
	[7] = { 's', true, offsetof(struct dbus_message, sender) },
	[8] = { 'g', true, offsetof(struct dbus_message, signature) },
	[9] = { 'u', false, offsetof(struct dbus_message, n_fds) },
};

/* A field of a code that is not known: any basic type is passed over, others are refused. */
static bool get_field(struct dbus_reader *r, struct dbus_message *m)
{
	const struct field *f = NULL;
	struct dbus_item code, type, value;
	uint32_t number;

	if (!get_padding(r, 8) || !dbus_get(r, 'y', &code) || !dbus_get(r, 'g', &type) ||
	    !type.s[0] || strlen(type.s[0]) != 1 || !dbus_get(r, type.s[0][0], &value))
		return false;
	if (code.u < ARRAY_SIZE(fields) && fields[code.u].type)
		f = &fields[code.u];
	if (!f)
		return code.u != 0;
	if (f->type != type.s[0][0])
		return false;
	if (f->text) {
		memcpy((char *)m + f->at, &value.s[0], sizeof(value.s[0]));
	} else {
		number = (uint32_t)value.u;
		memcpy((char *)m + f->at, &number, sizeof(number));
	}
	return true;
}

/* What the specification requires for each type. */
static bool is_complete(const struct dbus_message *m)
{
	switch (m->type) {
	case DBUS_CALL:
		return m->path && m->member;
	case DBUS_REPLY:
		return m->reply_serial;
	case DBUS_ERROR:
		return m->reply_serial && m->error;
	case DBUS_SIGNAL:
		return m->path && m->interface && m->member;
	}
	return true; /* of a type that is not known: to be passed over */
}

ssize_t dbus_parse(const unsigned char *p, size_t n, struct dbus_message *ret,
		   struct err *e)
{
	const char order = __BYTE_ORDER == __LITTLE_ENDIAN ? 'l' : 'B';
	struct dbus_message m = { .signature = "" };
	struct dbus_reader r = { .p = p, .n = n, .at = HEADER };
	uint32_t words[3]; /* body length, serial, length of the fields */
	uint64_t head;

	if (n < HEADER)
		return 0;
	memcpy(words, p + 4, sizeof(words));
	if (p[0] != order || p[3] != 1 || !p[1] || !words[1])
		return err_set(e, "the answer is no D-Bus message");
	head = align_up(HEADER + (uint64_t)words[2], 8);
	if (head + words[0] > DBUS_MESSAGE_MAX)
		return err_set(e, "a D-Bus message of %llu bytes is too long",
			       (unsigned long long)(head + words[0]));
	if (n < head + words[0])
		return 0;
	m.type = (enum dbus_type)p[1];
	m.serial = words[1];
	m.body = p + head;
	m.n_body = words[0];
	r.n = HEADER + words[2];
	while (r.at < r.n) {
		if (!get_field(&r, &m))
			return err_set(e, "a D-Bus message has a damaged header");
	}
	if (!is_complete(&m))
		return err_set(e, "a D-Bus message lacks a header field");
	*ret = m;
	return (ssize_t)(head + words[0]);
}

const char *dbus_error_text(const struct dbus_message *m, char *buf, size_t size)
{
	struct dbus_reader r = dbus_reader_of(m);
	struct dbus_item text;
	const char *from = m->error ? m->error : "an error without a name";
	size_t n = 0;

	if (m->signature[0] == 's' && dbus_get(&r, 's', &text) && text.s[0] &&
	    text.s[0][0])
		from = text.s[0];
	for (; from[n] && n + 1 < size; n++)
		buf[n] = (unsigned char)from[n] < ' ' || from[n] == 0x7f ? '?' : from[n];
	while (n && buf[n - 1] == '.')
		n--;
	buf[n] = '\0';
	return buf;
}
