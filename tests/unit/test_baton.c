/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The baton: what is sent arrives; what is not ours is refused and leaves nothing open. */
#include "run/baton.h"

#include "base/fd.h"

#include "suite.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int pair[2];
static struct baton_msg m;
static struct script_report report;
static int fd;
static struct err e;

static void begin(void)
{
	ck_assert_int_eq(baton_pair(pair, &e), 0);
	ck_assert(fcntl(pair[0], F_GETFD) & FD_CLOEXEC);
	ck_assert(fcntl(pair[1], F_GETFD) & FD_CLOEXEC);
}

static int receive(void)
{
	return baton_receive(pair[1], &m, &report, &fd, &e);
}

START_TEST(test_pass)
{
	begin();
	ck_assert_int_eq(baton_pass(pair[0], 17, &e), 0);
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_PASS);
	ck_assert_uint_eq(m.row, 17);
	ck_assert_int_eq(fd, -1);
}
END_TEST

START_TEST(test_error)
{
	struct err sent = { 0 };

	begin();
	{
		WHERE(&sent, "mounts", 3, "/sys");
		err_code(&sent, 1, "mount sysfs");
		err_hint(&sent, "do not");
		ck_assert_int_eq(baton_error(pair[0], 5, &sent), 0);
	}
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_ERROR);
	ck_assert_uint_eq(m.row, 5);
	ck_assert_str_eq(m.err.text,
			 "mounts[3]: /sys: mount sysfs: Operation not permitted");
	ck_assert_str_eq(m.err.hint, "do not");
	ck_assert_int_eq(m.err.code, 1);
	ck_assert_ptr_null(
		m.err.scope); /* a pointer of the sender's means nothing here */
}
END_TEST

START_TEST(test_remark)
{
	char longer[3000];

	begin();
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(baton_remark(pair[0], LOG_LEVEL_INFO, "hello"), 0);
	ck_assert_int_eq(baton_remark(pair[0], LOG_LEVEL_WARNING, longer), 0);
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_REMARK);
	ck_assert_int_eq(m.level, LOG_LEVEL_INFO);
	ck_assert_str_eq(m.err.text, "hello");
	ck_assert_int_eq(receive(), 0);
	ck_assert_uint_eq(strlen(m.err.text), ERR_TEXT_MAX - 1);
}
END_TEST

START_TEST(test_network)
{
	int p[2];

	begin();
	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(baton_network(pair[0], p[0], &e), 0);
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_NETWORK);
	ck_assert_int_ge(fd, 0);
	close(fd);
	close(p[0]);
	close(p[1]);
}
END_TEST

START_TEST(test_born)
{
	int p[2];
	char c;

	begin();
	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(baton_born(pair[0], 4242, p[0], &e), 0);
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_BORN);
	ck_assert_int_eq(m.pid, 4242);
	ck_assert_int_ge(fd, 0);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(write(p[1], "x", 1), 1);
	ck_assert_int_eq(read(fd, &c, 1), 1);
}
END_TEST

START_TEST(test_report)
{
	struct script_report sent = {
		.magic = SCRIPT_MAGIC, .kind = SCRIPT_FAILED, .error = 2, .op = 9
	};

	begin();
	memset(sent.what, 'w', sizeof(sent.what)); /* not terminated */
	ck_assert_int_eq(fd_send(pair[0], &sent, sizeof(sent), NULL, 0), 0);
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_REPORT);
	ck_assert_int_eq(report.kind, SCRIPT_FAILED);
	ck_assert_uint_eq(strlen(report.what), SCRIPT_WHAT_MAX - 1);
}
END_TEST

START_TEST(test_end)
{
	begin();
	ck_assert_int_eq(baton_pass(pair[0], 1, &e), 0);
	close(pair[0]);
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_PASS); /* what was said before counts */
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_END);
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_END);
}
END_TEST

/* The other side ends with a message of ours unread: its last words still arrive. */
START_TEST(test_end_with_reset)
{
	struct err sent = { 0 };

	begin();
	err_set(&sent, "the cause");
	ck_assert_int_eq(baton_pass(pair[1], 3, &e), 0);
	ck_assert_int_eq(baton_error(pair[0], 1, &sent), 0);
	close(pair[0]);
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_ERROR);
	ck_assert_str_eq(m.err.text, "the cause");
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_END);
}
END_TEST

START_TEST(test_gone)
{
	begin();
	close(pair[1]);
	ck_assert_int_eq(baton_pass(pair[0], 1, &e), -1);
	ck_assert_str_eq(e.text, "the other half of the runtime is gone: Broken pipe");
	err_clear(&e);
	ck_assert_int_eq(baton_born(pair[0], 1, 0, &e), -1);
	ck_assert_int_eq(baton_remark(pair[0], LOG_LEVEL_INFO, "x"), -1);
}
END_TEST

/* ---- what a hostile init could send --------------------------------------------------- */

enum { MAGIC = 0x77666261 };

static const struct {
	size_t size; /* of what is sent of a message */
	uint32_t magic, kind;
} odd[] = {
	{ 1, MAGIC, BATON_PASS },
	{ sizeof(struct baton_msg) - 1, MAGIC, BATON_PASS },
	{ sizeof(struct baton_msg) + 1, MAGIC, BATON_PASS },
	{ sizeof(struct baton_msg), MAGIC ^ 1, BATON_PASS },
	{ sizeof(struct baton_msg), 0, BATON_PASS },
	{ sizeof(struct baton_msg), SCRIPT_MAGIC, BATON_PASS },
	{ sizeof(struct baton_msg), MAGIC, 0 },
	{ sizeof(struct baton_msg), MAGIC, BATON_REPORT }, /* only received ones */
	{ sizeof(struct baton_msg), MAGIC, BATON_END },
	{ sizeof(struct baton_msg), MAGIC, BATON_END + 1 },
	{ sizeof(struct baton_msg), MAGIC, UINT32_MAX },
	{ sizeof(struct script_report), MAGIC, BATON_PASS },
	{ 100000, MAGIC, BATON_PASS },
};

static int lowest_free(void)
{
	int n = dup(0);

	close(n);
	return n;
}

START_TEST(test_odd)
{
	static struct {
		struct baton_msg m;
		char more[100000];
	} sent;
	int before;

	begin();
	before = lowest_free();
	sent.m.magic = odd[_i].magic;
	sent.m.kind = odd[_i].kind;
	ck_assert_int_eq(fd_send(pair[0], &sent, odd[_i].size, (int[]){ 0 }, 1), 0);
	ck_assert_int_eq(receive(), -1);
	ck_assert(err_is_set(&e));
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(lowest_free(), before);
}
END_TEST

START_TEST(test_not_terminated)
{
	struct baton_msg sent = { .magic = MAGIC, .kind = BATON_ERROR };

	begin();
	memset(sent.err.text, 't', sizeof(sent.err.text));
	memset(sent.err.hint, 'h', sizeof(sent.err.hint));
	sent.err.scope = (void *)1;
	ck_assert_int_eq(fd_send(pair[0], &sent, sizeof(sent), NULL, 0), 0);
	ck_assert_int_eq(receive(), 0);
	ck_assert_uint_eq(strlen(m.err.text), ERR_TEXT_MAX - 1);
	ck_assert_uint_eq(strlen(m.err.hint), ERR_HINT_MAX - 1);
	ck_assert_ptr_null(m.err.scope);
}
END_TEST

/* An empty message with descriptors is the end, and they are closed. */
START_TEST(test_empty_with_fds)
{
	int before;

	begin();
	before = lowest_free();
	ck_assert_int_eq(fd_send(pair[0], "", 0, (int[]){ 0, 1, 2 }, 3), 0);
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_eq(m.kind, BATON_END);
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(lowest_free(), before);
}
END_TEST

START_TEST(test_many_fds)
{
	int before, many[FD_PASS_MAX] = { 0 };
	struct baton_msg sent = { .magic = MAGIC, .kind = BATON_PASS };

	begin();
	before = lowest_free();
	ck_assert_int_eq(fd_send(pair[0], &sent, sizeof(sent), many, FD_PASS_MAX), 0);
	ck_assert_int_eq(receive(), 0);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(lowest_free(), before);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, test_pass);
	tcase_add_test(t, test_error);
	tcase_add_test(t, test_remark);
	tcase_add_test(t, test_born);
	tcase_add_test(t, test_network);
	tcase_add_test(t, test_report);
	tcase_add_test(t, test_end);
	tcase_add_test(t, test_end_with_reset);
	tcase_add_test(t, test_gone);
	tcase_add_loop_test(t, test_odd, 0, ROWS(odd));
	tcase_add_test(t, test_not_terminated);
	tcase_add_test(t, test_empty_with_fds);
	tcase_add_test(t, test_many_fds);
}

int main(void)
{
	return suite_run("baton", fill);
}
