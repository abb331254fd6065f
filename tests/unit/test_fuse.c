/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers by fuse-overlayfs: the program's options, INIT's side against a holder that this test
 * plays, and the real holder with requests that are none. Whole layers: tests/cli/fuse.bats.
 */
#include "fs/fuse.h"

#include "base/fd.h"
#include "base/str.h"
#include "fs/fuse_holder.h"
#include "kernel/pidfd.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(options)
{
	struct fuse_request rq = { .upper = "u12", .work = "w12" };
	char text[FUSE_OPTIONS_MAX];

	fuse_options(&rq, text);
	ck_assert_str_eq(
		text,
		"lowerdir=/sys/lower,upperdir=/sys/layer/u12,workdir=/sys/layer/w12");
	memset(rq.upper, 'u', sizeof(rq.upper) - 1);
	memset(rq.work, 'w', sizeof(rq.work) - 1);
	fuse_options(&rq, text);
	ck_assert_uint_lt(strlen(text), sizeof(text) - 1);
}
END_TEST

/* ---- INIT's side --------------------------------------------------------------------------- */

static int ours, theirs;

static void make_pair(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ours = pair[0];
	theirs = pair[1];
}

static int refuse(void *arg, int *ret_user_fd, struct err *e)
{
	(void)arg;
	(void)ret_user_fd;
	return err_set(e, "the runtime is gone");
}

START_TEST(nobody_answers)
{
	struct fs_plan plan = { 0 };
	struct fs fs = { .plan = &plan, .ask_helper = refuse };
	struct fuse_place place = { .lower = -1, .dir = -1, .upper = "u", .work = "w" };
	struct err e = { 0 };

	ck_assert_int_eq(fuse_layer(&fs, &place, &e), -1);
	ck_assert_str_eq(e.text, "fuse-overlayfs: the runtime is gone");
}
END_TEST

/* ---- the holder ---------------------------------------------------------------------------- */

/* What INIT might send that is no request: the holder just ends. */
static const struct {
	size_t n;
	unsigned in_userns;
	size_t n_fds;
} odd[] = {
	{ 0, 0, 0 }, /* nothing: INIT has died */
	{ 3, 0, 2 }, /* too short */
	{ sizeof(struct fuse_request), 0, 1 }, /* a descriptor too few */
	{ sizeof(struct fuse_request), 1, 2 },
	{ sizeof(struct fuse_request), 0, 3 }, /* and one too many */
};

START_TEST(no_request)
{
	struct fuse_request rq = { .in_userns = odd[_i].in_userns };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), pidfd, self;
	int fds[] = { null, null, null };
	struct err e = { 0 };
	bool gone;
	char byte;

	make_pair();
	self = pidfd_of(getpid(), &gone, &e);
	ck_assert_int_ge(self, 0);
	if (odd[_i].n)
		ck_assert_int_eq(fd_send(ours, &rq, odd[_i].n, fds, odd[_i].n_fds), 0);
	pidfd = fuse_holder_start(self, theirs, -1, &e);
	ck_assert_int_ge(pidfd, 0);
	fd_close(theirs);
	if (!odd[_i].n)
		fd_close(take_fd(&ours));
	else
		ck_assert_int_le(fd_receive(ours, &byte, 1, NULL, 0, NULL), 0);
	ck_assert_int_eq(fd_wait_readable(pidfd, 30000), 1);
	fuse_holder_finish(pidfd);
	fd_close(ours);
	fd_close(self);
	fd_close(null);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fuse");
	TCase *t = tcase_create("fuse");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, options);
	tcase_add_test(t, nobody_answers);
	tcase_add_loop_test(t, no_request, 0, ARRAY_SIZE(odd));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
