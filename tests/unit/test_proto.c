/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protocol buffers on the wire: bytes of the specification's examples, and damage. */
#include "base/proto.h"

#include "suite.h"

#include <string.h>

/* The examples of protobuf.dev/programming-guides/encoding. */
START_TEST(test_examples)
{
	auto_str m = { 0 };

	proto_put_number(&m, 1, 150);
	proto_put_text(&m, 2, "testing");
	ck_assert_uint_eq(m.n, 12);
	ck_assert_mem_eq(m.s, "\x08\x96\x01\x12\x07testing", 12);
}
END_TEST

static const uint64_t numbers[] = { 0,	   1,	       127,	     128,	16383,
				    16384, UINT32_MAX, (uint64_t)-1, 1ull << 63 };

START_TEST(test_number)
{
	struct proto_reader r;
	struct proto_field f;
	auto_str m = { 0 };

	proto_put_number(&m, 64, numbers[_i]);
	r = (struct proto_reader){ (const uint8_t *)m.s, m.n };
	ck_assert_int_eq(proto_next(&r, &f), 1);
	ck_assert_uint_eq(f.number, 64);
	ck_assert(f.is_number);
	ck_assert(f.value == numbers[_i]);
	ck_assert_int_eq(proto_next(&r, &f), 0);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
	const char *fields; /* "1=5 2:abc", or NULL: malformed */
} rows[] = {
	{ "", 0, "" },
	{ "\x08\x05", 2, "1=5 " },
	{ "\x12\x03"
	  "abc",
	  5, "2:abc " },
	{ "\x12\x00\x08\x01", 4, "2: 1=1 " },
	/* fixed64 and fixed32 are numbers too */
	{ "\x09\x01\0\0\0\0\0\0\0", 9, "1=1 " },
	{ "\x0d\x02\x01\0\0", 5, "1=258 " },
	/* cut anywhere, or longer than it says */
	{ "\x08", 1, NULL },
	{ "\x08\x80", 2, NULL },
	{ "\x12\x03"
	  "ab",
	  4, NULL },
	{ "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, NULL },
	{ "\x09\x01\0\0", 4, NULL },
	/* field 0, groups, unknown wire types, a varint that does not end */
	{ "\x00\x01", 2, NULL },
	{ "\x0b", 1, NULL },
	{ "\x0e\x01", 2, NULL },
	{ "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12, NULL },
};

START_TEST(test_read)
{
	struct proto_reader r = { (const uint8_t *)rows[_i].bytes, rows[_i].n };
	struct proto_field f;
	auto_str got = { 0 };
	int rc;

	while ((rc = proto_next(&r, &f)) > 0) {
		if (f.is_number)
			str_addf(&got, "%u=%llu ", f.number, (unsigned long long)f.value);
		else
			str_addf(&got, "%u:%.*s ", f.number, (int)f.n,
				 (const char *)f.bytes);
	}
	ck_assert_int_eq(rc, rows[_i].fields ? 0 : -1);
	if (rows[_i].fields)
		ck_assert_str_eq(got.s ? got.s : "", rows[_i].fields);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, test_examples);
	tcase_add_loop_test(t, test_number, 0, ROWS(numbers));
	tcase_add_loop_test(t, test_read, 0, ROWS(rows));
}

int main(void)
{
	return suite_run("proto", fill);
}
