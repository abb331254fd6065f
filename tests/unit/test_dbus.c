/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D-Bus: values into bytes and back, hostile bytes, and whole conversations with a scripted
 * peer at the other end of a socket pair.
 */
#include "kernel/dbus.h"

#include "base/clock.h"
#include "base/fd.h"
#include "tests/unit/dbus_peer.h"
#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>

/* ---- writing ------------------------------------------------------------------------- */

#define ITEM(...)                  \
	(const struct dbus_item[]) \
	{                          \
		__VA_ARGS__        \
	}
#define NUM(n)           \
	{                \
		.u = (n) \
	}
#define TEXT(t)            \
	{                  \
		.s = { t } \
	}

/* The bytes are those of a machine with the lowest byte first. */
static const struct {
	const char *type;
	size_t n;
	const struct dbus_item *items;
	const char *hex;
} values[] = {
	{ "y", 1, ITEM(NUM(0x41)), "41" },
	{ "b", 1, ITEM(NUM(1)), "01000000" },
	{ "n", 1, ITEM(NUM((uint64_t)-2)), "feff" },
	{ "u", 1, ITEM(NUM(0x01020304)), "04030201" },
	{ "t", 1, ITEM(NUM(0x0102030405060708)), "0807060504030201" },
	{ "i", 1, ITEM(NUM((uint64_t)-1)), "ffffffff" },
	{ "s", 1, ITEM(TEXT("ab")), "02000000616200" },
	{ "s", 1, ITEM(TEXT("")), "0000000000" },
	{ "g", 1, ITEM(TEXT("as")), "02617300" },
	{ "as", 0, NULL, "00000000" },
	{ "as", 2, ITEM(TEXT("a"), TEXT("b")),
	  "0e000000"
	  "010000006100"
	  "0000"
	  "010000006200" },
	{ "ay", 3, ITEM(NUM(1), NUM(2), NUM(3)),
	  "03000000"
	  "010203" },
	{ "au", 1, ITEM(NUM(7)),
	  "04000000"
	  "07000000" },
	/* elements of eight bytes: the padding is not counted */
	{ "at", 1, ITEM(NUM(7)),
	  "08000000"
	  "00000000"
	  "0700000000000000" },
	{ "at", 0, NULL,
	  "00000000"
	  "00000000" },
	{ "a(st)", 2, ITEM({ .s = { "x" }, .u = 1 }, { .s = { "y" }, .u = 2 }),
	  "20000000"
	  "00000000"
	  "01000000"
	  "7800"
	  "0000"
	  "0100000000000000"
	  "01000000"
	  "7900"
	  "0000"
	  "0200000000000000" },
	{ "a(ss)", 1, ITEM({ .s = { "p", "rw" } }),
	  "0f000000"
	  "00000000"
	  "01000000"
	  "7000"
	  "0000"
	  "02000000"
	  "727700" },
};

static void hex_of(const struct str *s, char *ret)
{
	for (size_t i = 0; i < s->n; i++)
		sprintf(ret + 2 * i, "%02x", (unsigned char)s->s[i]);
	ret[2 * s->n] = '\0';
}

START_TEST(written)
{
	const struct dbus_value v = { values[_i].type, values[_i].n, values[_i].items };
	auto_str s = { 0 };
	char hex[512];

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return;
	dbus_put(&s, &v);
	hex_of(&s, hex);
	ck_assert_str_eq(hex, values[_i].hex);
}
END_TEST

START_TEST(property_written)
{
	const struct dbus_item item = { .u = 1 };
	const struct dbus_value v = { "t", 1, &item };
	auto_str s = { 0 };
	char hex[512];

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return;
	dbus_put_bool(&s, true);
	dbus_put_property(&s, "N", &v);
	hex_of(&s, hex);
	ck_assert_str_eq(hex, "01000000"
			      "00000000"
			      "01000000"
			      "4e00"
			      "017400"
			      "00000000000000"
			      "0100000000000000");
}
END_TEST

/* ---- reading --------------------------------------------------------------------------- */

static const struct {
	char type;
	const char *bytes;
	size_t n;
	const char *text; /* NULL: refused */
} read_rows[] = {
	{ 'u', "\7\0\0\0", 4, "7" },
	{ 'u', "\7\0\0", 3, NULL },
	{ 'u', "", 0, NULL },
	{ 'b', "\1\0\0\0", 4, "1" },
	{ 'b', "\2\0\0\0", 4, NULL },
	{ 'y', "\xff", 1, "255" },
	{ 'q', "\1\2", 2, "513" },
	{ 't', "\1\0\0\0\0\0\0\0", 8, "1" },
	{ 't', "\1\0\0\0\0\0\0", 7, NULL },
	{ 's', "\2\0\0\0ab\0", 7, "ab" },
	{ 's', "\2\0\0\0ab", 6, NULL }, /* no end */
	{ 's', "\2\0\0\0abc", 7, NULL }, /* another byte at its end */
	{ 's', "\2\0\0\0\0b\0", 7, NULL }, /* an end inside */
	{ 's',
	  "\xff\xff\xff\xff"
	  "ab\0",
	  7, NULL },
	{ 's', "\0\0\0\0\0", 5, "" },
	{ 's', "\0\0\0\0", 4, NULL },
	{ 'g', "\1s\0", 3, "s" },
	{ 'g', "\3s\0", 3, NULL },
	{ 'z', "\1\0\0\0\0\0\0\0", 8, NULL },
	{ '\0', "\1", 1, NULL },
};

START_TEST(read_back)
{
	struct dbus_reader r = { (const unsigned char *)read_rows[_i].bytes,
				 read_rows[_i].n, 0 };
	struct dbus_item item = { 0 };
	char text[32];

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return;
	if (!dbus_get(&r, read_rows[_i].type, &item)) {
		ck_assert_ptr_null(read_rows[_i].text);
		ck_assert_uint_eq(r.at, 0); /* nothing was taken */
		return;
	}
	ck_assert_ptr_nonnull(read_rows[_i].text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)item.u);
	ck_assert_str_eq(item.s[0] ? item.s[0] : text, read_rows[_i].text);
	ck_assert_uint_eq(r.at, r.n);
}
END_TEST

START_TEST(padding_must_be_zero)
{
	struct dbus_reader r = { (const unsigned char *)"\1\0\0\1\7\0\0\0", 8, 0 };
	struct dbus_item item;

	ck_assert(dbus_get(&r, 'y', &item));
	ck_assert(!dbus_get(&r, 'u', &item));
}
END_TEST

/* A message, whole, cut at every byte, and with every byte changed: nothing is read outside. */
START_TEST(messages)
{
	auto_str s = { 0 };
	struct dbus_message m;
	struct err e = { 0 };
	int refused = 0;

	peer_signal(&s, ":1.0", "uoss", "/job/1", "a.scope", "done");
	ck_assert_int_eq(dbus_parse((unsigned char *)s.s, s.n, &m, &e), (ssize_t)s.n);
	ck_assert_int_eq(m.type, DBUS_SIGNAL);
	ck_assert_str_eq(m.member, "JobRemoved");
	ck_assert_str_eq(m.sender, ":1.0");
	ck_assert_str_eq(m.signature, "uoss");
	for (size_t n = 0; n < s.n; n++) {
		unsigned char *copy = malloc(n + 1);

		memcpy(copy, s.s, n);
		ck_assert_int_eq(dbus_parse(copy, n, &m, &e), 0);
		free(copy);
	}
	for (size_t i = 0; i < s.n; i++) {
		static const unsigned char changes[] = { 0, 1, 0x7f, 0x80, 0xff };

		for (size_t k = 0; k < sizeof(changes); k++) {
			unsigned char *copy = malloc(s.n);
			struct err why = { 0 };
			ssize_t n;

			memcpy(copy, s.s, s.n);
			copy[i] = changes[k];
			n = dbus_parse(copy, s.n, &m, &why);
			ck_assert(n <= (ssize_t)s.n);
			ck_assert_int_eq(n < 0, err_is_set(&why));
			refused += n < 0;
			free(copy);
		}
	}
	ck_assert_int_gt(refused, 50);
}
END_TEST

static const struct {
	size_t at;
	uint32_t word;
	const char *error;
} heads[] = {
	{ 4, 0x7fffffff, "a D-Bus message of 2147483799 bytes is too long" },
	{ 12, 0x7fffffff, "too long" },
	{ 8, 0, "the answer is no D-Bus message" },
	{ 0, 0x20545448, "the answer is no D-Bus message" },
	{ 12, 3, "a D-Bus message has a damaged header" },
};

START_TEST(bad_heads)
{
	auto_str s = { 0 };
	struct dbus_message m;
	struct err e = { 0 };

	peer_signal(&s, ":1.0", "uoss", "/job/1", "a.scope", "done");
	memcpy(s.s + heads[_i].at, &heads[_i].word, 4);
	ck_assert_int_eq(dbus_parse((unsigned char *)s.s, s.n, &m, &e), -1);
	ck_assert_msg(strstr(e.text, heads[_i].error) || _i == 0, "%s", e.text);
}
END_TEST

START_TEST(error_texts)
{
	struct dbus_message m = { .type = DBUS_ERROR, .error = "a.b.C", .signature = "" };
	auto_str body = { 0 };
	char buf[16];

	ck_assert_str_eq(dbus_error_text(&m, buf, sizeof(buf)), "a.b.C");
	dbus_put_string(&body, "bad\nthing: \x1b[1m which is long");
	m.signature = "s";
	m.body = (unsigned char *)body.s;
	m.n_body = body.n;
	ck_assert_str_eq(dbus_error_text(&m, buf, sizeof(buf)), "bad?thing: ?[1m");
	m.n_body = 6; /* cut */
	ck_assert_str_eq(dbus_error_text(&m, buf, sizeof(buf)), "a.b.C");
	m.error = "ends.";
	ck_assert_str_eq(dbus_error_text(&m, buf, sizeof(buf)), "ends");
}
END_TEST

/* ---- conversations ------------------------------------------------------------------------- */

static const struct {
	const char *says; /* what the peer answers, then it waits or hangs up */
	bool stays;
	const char *error; /* NULL: we are ready */
	bool fds;
} logins[] = {
	{ "DATA\r\nOK 12ab\r\nAGREE_UNIX_FD\r\n", true, NULL, true },
	{ "OK 12ab\r\nAGREE_UNIX_FD\r\n", true, NULL, true },
	{ "DATA\r\nOK 12ab\r\nERROR no\r\n", true, NULL, false },
	{ "REJECTED EXTERNAL\r\n", true, "the peer refuses this user", false },
	{ "DATA\r\nOK 12ab\r\n", true, "the peer does not answer: Connection timed out",
	  false },
	{ "", true, "the peer does not answer: Connection timed out", false },
	{ "", false, "the peer hung up", false },
	{ "DATA\r\nOK", false, "the peer hung up", false },
	{ "HTTP/1.1 400 Bad Request\r\n\r\n", true, "the peer does not speak D-Bus",
	  false },
	{ "DATA\r\nDATA\r\nDATA\r\nDATA\r\nDATA\r\nDATA\r\nDATA\r\nDATA\r\nDATA\r\n",
	  true, "the peer does not speak D-Bus", false },
};

START_TEST(authentication)
{
	struct err e = { 0 };
	struct dbus d;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	dbus_open_fd(pair[0], false, &d);
	ck_assert_int_eq(dbus_flush(&d, NULL, 0, clock_ms() + 1000, &e), 0);
	ck_assert_int_eq(write(pair[1], logins[_i].says, strlen(logins[_i].says)),
			 (ssize_t)strlen(logins[_i].says));
	if (!logins[_i].stays) {
		char sink[512];

		/* read what was sent: else the kernel says "reset" */
		ck_assert_int_gt(read(pair[1], sink, sizeof(sink)), 0);
		close(pair[1]);
	}
	if (logins[_i].error) {
		ck_assert_int_eq(dbus_wait_ready(&d, clock_ms() + 30, &e), -1);
		ck_assert_str_eq(e.text, logins[_i].error);
	} else {
		ck_assert_int_eq(dbus_wait_ready(&d, clock_ms() + 1000, &e), 0);
		ck_assert_int_eq(d.passes_fds, logins[_i].fds);
	}
	dbus_close(&d);
	if (logins[_i].stays)
		close(pair[1]);
}
END_TEST

/* Without an answer to anything, the authentication, Hello and more are in one piece. */
START_TEST(one_piece)
{
	static const char begin[] =
		"\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";
	const struct dbus_call call = { NULL, "/p", "i.f", "Member", NULL };
	struct dbus_message m;
	struct err e = { 0 };
	struct dbus d;
	_Alignas(8) unsigned char buf[1024];
	int pair[2];
	ssize_t n, first;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	dbus_open_fd(pair[0], false, &d);
	ck_assert_uint_eq(dbus_call(&d, &call, NULL, 0), 2);
	ck_assert_int_eq(dbus_flush(&d, NULL, 0, clock_ms() + 1000, &e), 0);
	n = read(pair[1], buf, sizeof(buf));
	ck_assert_int_gt(n, (ssize_t)sizeof(begin));
	ck_assert_int_eq(memcmp(buf, begin, sizeof(begin) - 1), 0);
	n -= (ssize_t)sizeof(begin) - 1;
	memmove(buf, buf + sizeof(begin) - 1, (size_t)n);
	first = dbus_parse(buf, (size_t)n, &m, &e);
	ck_assert_int_gt(first, 0);
	ck_assert_str_eq(m.member, "Hello");
	ck_assert_str_eq(m.destination, "org.freedesktop.DBus");
	memmove(buf, buf + first, (size_t)(n - first));
	ck_assert_int_eq(dbus_parse(buf, (size_t)(n - first), &m, &e), n - first);
	ck_assert_str_eq(m.member, "Member");
	ck_assert_ptr_null(m.destination);
	ck_assert_uint_eq(m.serial, 2);
	dbus_close(&d);
	close(pair[1]);
}
END_TEST

/* A peer that talks without end, and one that does not read: the deadline holds. */
START_TEST(deadlines)
{
	auto_str s = { 0 }, big = { 0 };
	const struct dbus_call call = { NULL, "/p", "i.f", "M", "s" };
	struct dbus_message m;
	struct err e = { 0 };
	struct dbus d;
	int pair[2];
	int64_t end;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		str_add(&s, "OK 1\r\nAGREE_UNIX_FD\r\n");
		ck_assert_int_eq(write(pair[1], s.s, s.n), (ssize_t)s.n);
		s.n = 0;
		peer_signal(&s, ":1.0", "uoss", "/job/1", "a.scope", "done");
		while (write(pair[1], s.s, s.n) > 0)
			;
		_exit(0);
	}
	close(pair[1]);
	dbus_open_fd(pair[0], true, &d);
	end = clock_ms() + 200;
	while (dbus_receive(&d, end, &m, &e) == 0)
		ck_assert_int_lt(clock_ms(), end + 3000);
	ck_assert_int_eq(e.code, ETIMEDOUT);
	err_clear(&e);
	for (int i = 0; i < 1 << 20; i++)
		str_add(&big, "xxxx");
	s.n = 0;
	dbus_put_string(&s, big.s);
	dbus_call(&d, &call, &s, 0);
	ck_assert_int_eq(dbus_flush(&d, NULL, 0, clock_ms() + 50, &e), -1);
	ck_assert_int_eq(e.code, ETIMEDOUT);
	dbus_close(&d);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	str_free(&big);
}
END_TEST

/* ---- addresses ---------------------------------------------------------------------------------- */

START_TEST(addresses)
{
	char name[64], list[256];
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct err e = { 0 };
	struct dbus d;
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = (size_t)snprintf(name, sizeof(name), "wolffia test,%d", (int)getpid());

	memcpy(a.sun_path + 1, name, n);
	ck_assert_int_eq(
		bind(sock, (struct sockaddr *)&a,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)),
		0);
	ck_assert_int_eq(listen(sock, 1), 0);
	snprintf(list, sizeof(list),
		 "tcp:host=x;unix:path=/nonexistent/a;;"
		 "unix:guid=1,abstract=wolffia%%20test%%2c%d,x=y;unix:path=/never",
		 (int)getpid());
	ck_assert_int_eq(dbus_open(list, &d, &e), 0);
	ck_assert(str_starts(d.address, "unix:guid=1"));
	ck_assert(!d.direct);
	dbus_close(&d);
	close(sock);
	ck_assert_int_eq(dbus_open("tcp:host=x;unix:path=/nonexistent/a", &d, &e), -1);
	ck_assert_str_eq(e.text,
			 "tcp:host=x: only unix: addresses are supported; connect to "
			 "/nonexistent/a: it does not exist");
	err_clear(&e);
	ck_assert_int_eq(dbus_open("unix:tmpdir=/tmp", &d, &e), -1);
	ck_assert_str_eq(e.text, "unix:tmpdir=/tmp: not a valid address");
	err_clear(&e);
	ck_assert_int_eq(dbus_open(";", &d, &e), -1);
	ck_assert_str_eq(e.text, "no address is known");
}
END_TEST

/* The manager's own socket: no Hello. And one whose queue is full: late, not for ever. */
START_TEST(direct_address)
{
	char dir[] = "/tmp/dbus.XXXXXX", path[64], list[160];
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct err e = { 0 };
	struct dbus d;
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/systemd", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/systemd/private", dir);
	snprintf(list, sizeof(list), "unix:path=%s", a.sun_path);
	ck_assert_int_eq(bind(sock, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(sock, 0), 0);
	ck_assert_int_eq(dbus_open(list, &d, &e), 0);
	ck_assert(d.direct);
	ck_assert_uint_eq(d.serial, 0);
	ck_assert_int_eq(fd_connect_unix_within(a.sun_path, 50, &e), -1);
	ck_assert_int_eq(e.code, ETIMEDOUT);
	dbus_close(&d);
	close(sock);
	unlink(a.sun_path);
	rmdir(path);
	rmdir(dir);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, written, 0, ROWS(values));
	tcase_add_test(t, property_written);
	tcase_add_loop_test(t, read_back, 0, ROWS(read_rows));
	tcase_add_test(t, padding_must_be_zero);
	tcase_add_test(t, messages);
	tcase_add_loop_test(t, bad_heads, 0, ROWS(heads));
	tcase_add_test(t, error_texts);
	tcase_add_loop_test(t, authentication, 0, ROWS(logins));
	tcase_add_test(t, one_piece);
	tcase_add_test(t, deadlines);
	tcase_add_test(t, addresses);
	tcase_add_test(t, direct_address);
}

int main(void)
{
	return suite_run("dbus", fill);
}
