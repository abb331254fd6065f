/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/pidfd: an identity finds its process again and never another one. The pid is
 * recycled on purpose (clone3 with set_tid) in a pid namespace of the test's own.
 */
#include "kernel/pidfd.h"

#include "base/fd.h"
#include "base/str.h"
#include "kernel/procfs.h"
#include "kernel/spawn.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_proc(void)
{
	int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

/* A child that sleeps; set_tid 0: any pid. */
static struct spawned sleeper(pid_t set_tid)
{
	struct spawn_args args = { .cgroup_fd = -1, .set_tid = set_tid };
	struct spawned c = { 0 };
	struct err e = { 0 };

	if (spawn_process(&args, &c, &e) == 0) {
		pause();
		_exit(0);
	}
	if (err_is_set(&e))
		c.pid = -1;
	return c;
}

static void end(struct spawned *c)
{
	struct err e = { 0 };
	int status;

	ck_assert_int_eq(pidfd_signal(c->pidfd, SIGKILL, &e), 1);
	ck_assert_int_eq(pidfd_wait(c->pidfd, true, &status, &e), 1);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

START_TEST(identity_survives)
{
	struct spawned c = sleeper(0);
	struct pidfd_identity id;
	struct err e = { 0 };
	int proc = open_proc(), again = -1;

	ck_assert_msg(pidfd_identify(c.pidfd, c.pid, proc, &id, &e) == 0, "%s", e.text);
	ck_assert_int_eq(id.pid, c.pid);
	ck_assert_uint_gt(id.start_time, 0);
	ck_assert_uint_eq(strlen(id.boot_id), 36);
	close(c.pidfd);
	ck_assert_msg(pidfd_recover(&id, proc, &again, &e) == 1, "%s", e.text);
	ck_assert(fcntl(again, F_GETFD) & FD_CLOEXEC);
	ck_assert(pidfd_alive(again));
	ck_assert_int_eq(pidfd_pid(again, proc, &e), c.pid);
	c.pidfd = again;
	end(&c);
	ck_assert(!pidfd_alive(again));
	again = -1;
	ck_assert_int_eq(pidfd_recover(&id, proc, &again, &e), 0);
	ck_assert_int_eq(again, -1);
	ck_assert_str_eq(e.text, "");
}
END_TEST

/* What the older kernels know must be enough alone, and each lie must be noticed. */
static const struct {
	const char *what;
	bool no_handle, no_inode, no_start, no_boot;
	int lie; /* 1 inode, 2 start time, 3 boot id, 4 handle, 5 pid of init, 6 pid namespace, 7 it was hidden */
	int found;
} rows[] = {
	{ "all", false, false, false, false, 0, 1 },
	{ "handle alone", false, true, true, false, 0, 1 },
	{ "inode", true, false, true, false, 0, 1 },
	{ "start time", true, true, false, false, 0, 1 },
	{ "start time, boot unknown", true, true, false, true, 0, 1 },
	{ "boot unknown", false, false, false, true, 0, 1 },
	{ "boot and start time unknown", false, false, true, true, 0, 0 },
	{ "nothing", true, true, true, true, 0, 0 },
	{ "other inode", true, false, false, false, 1, 0 },
	{ "other inode, boot unknown", false, false, false, true, 1, 0 },
	{ "other start", true, true, false, false, 2, 0 },
	{ "other start, boot unknown", false, false, false, true, 2, 0 },
	{ "other boot", false, false, false, false, 3, 0 },
	{ "stale handle", false, false, false, false, 4, 0 },
	{ "another's number", true, false, false, false, 5, 0 },
	{ "another's number, start time only", true, true, false, false, 5, 0 },
	{ "other pid namespace, no pidfs", true, true, false, false, 6, 0 },
	{ "pid namespace was hidden, no pidfs", true, true, false, false, 7, 1 },
	{ "pidfs says enough", false, false, false, false, 6, 1 },
};

START_TEST(recover_row)
{
	struct spawned c;
	struct pidfd_identity id;
	struct err e = { 0 };
	int proc = open_proc(), again = -1, r;
	bool pidfs, handles;

	if (rows[_i].lie == 5)
		usleep(30000); /* a clock tick later than this process itself */
	c = sleeper(0);
	ck_assert_int_eq(pidfd_identify(c.pidfd, c.pid, proc, &id, &e), 0);
	pidfs = id.inode != 0;
	handles = id.n_handle != 0;
	if (rows[_i].no_handle)
		id.n_handle = 0;
	if (rows[_i].no_inode)
		id.inode = 0;
	if (rows[_i].no_start)
		id.start_time = 0;
	if (rows[_i].no_boot)
		id.boot_id[0] = '\0';
	if (rows[_i].lie == 1)
		id.inode++;
	else if (rows[_i].lie == 2)
		id.start_time++;
	else if (rows[_i].lie == 3)
		id.boot_id[0] = id.boot_id[0] == '0' ? '1' : '0';
	else if (rows[_i].lie == 4 && handles)
		id.handle[id.n_handle - 1] ^= 0x55; /* the low bytes are a neighbour's */
	else if (rows[_i].lie == 5)
		id.pid = getpid();
	else if (rows[_i].lie == 6)
		id.pidns_ino++;
	else if (rows[_i].lie == 7)
		id.pidns_ino = 0;
	r = pidfd_recover(&id, proc, &again, &e);
	if ((pidfs || rows[_i].no_inode) && (handles || rows[_i].lie != 4))
		ck_assert_msg(r == rows[_i].found, "%s: %d %s", rows[_i].what, r, e.text);
	end(&c);
}
END_TEST

START_TEST(zombie_is_gone)
{
	struct spawned c = sleeper(0);
	struct pidfd_identity id;
	struct err e = { 0 };
	int proc = open_proc(), again = -1, status = 0;

	ck_assert_int_eq(pidfd_identify(c.pidfd, c.pid, proc, &id, &e), 0);
	ck_assert_int_eq(pidfd_wait(c.pidfd, false, &status, &e), 0);
	ck_assert_int_eq(pidfd_signal(c.pidfd, SIGKILL, &e), 1);
	while (pidfd_alive(c.pidfd))
		usleep(1000);
	ck_assert_int_eq(pidfd_recover(&id, proc, &again, &e), 0);
	/* unreaped: the number is still its own, so it can be identified */
	ck_assert_int_eq(pidfd_identify(c.pidfd, c.pid, proc, &id, &e), 0);
	ck_assert_int_eq(pidfd_wait(c.pidfd, false, &status, &e), 1);
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	ck_assert_int_eq(pidfd_signal(c.pidfd, SIGKILL, &e), 0);
	ck_assert_str_eq(e.text, "");
	ck_assert_int_eq(pidfd_identify(c.pidfd, c.pid, proc, &id, &e), -1);
	err_clear(&e);
	ck_assert_int_eq(pidfd_wait(c.pidfd, false, &status, &e), -1);
	ck_assert_int_eq(e.code, ECHILD);
	if (pidfd_exit_status(c.pidfd, &status)) /* Linux 6.15 */
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}
END_TEST

/* Runs in a pid namespace of its own with its own /proc; exit status 0: all as it should. */
static int recycle(void)
{
	struct spawned first, second;
	struct pidfd_identity id, old;
	struct err e = { 0 };
	int proc, again = -1, status;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		return 77;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	first = sleeper(100);
	if (first.pid != 100 || pidfd_identify(first.pidfd, 100, proc, &id, &e) < 0)
		return 2;
	pidfd_signal(first.pidfd, SIGKILL, &e);
	pidfd_wait(first.pidfd, true, &status, &e);
	usleep(20000); /* another clock tick, or the start time may be the same */
	second = sleeper(100);
	if (second.pid != 100)
		return 3;
	/* the decoy has the number: whatever is recorded, it must not be found */
	for (int i = 0; i < 5; i++) {
		old = id;
		if (i >= 1)
			old.n_handle = 0;
		if (i >= 2)
			old.inode = 0;
		if (i >= 3)
			old.boot_id[0] = '\0';
		if (i >= 4)
			old.start_time = 0;
		if (pidfd_recover(&old, proc, &again, &e) != 0 || again != -1)
			return 10 + i;
	}
	if (pidfd_signal(first.pidfd, SIGKILL, &e) != 0 || !pidfd_alive(second.pidfd))
		return 4;
	if (pidfd_identify(first.pidfd, 100, proc, &old, &e) != -1)
		return 5; /* reads the decoy's stat, must notice */
	return err_is_set(&e) ? 0 : 6;
}

START_TEST(recycled_pid_is_refused)
{
	struct spawn_args args = { .flags = CLONE_NEWPID | CLONE_NEWNS, .cgroup_fd = -1 };
	struct spawned c;
	struct err e = { 0 };
	int status;

	if (geteuid() != 0)
		return;
	if (spawn_process(&args, &c, &e) == 0)
		_exit(recycle());
	ck_assert_str_eq(e.text, "");
	ck_assert_int_eq(pidfd_wait(c.pidfd, true, &status, &e), 1);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) != 77)
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(descriptors_and_numbers)
{
	struct spawned c = sleeper(0);
	struct err e = { 0 };
	bool gone = false;
	int fd = pidfd_of(c.pid, &gone, &e);

	ck_assert_int_ge(fd, 0);
	end(&c);
	ck_assert_int_eq(pidfd_of(c.pid, &gone, &e), -1);
	ck_assert(gone);
	ck_assert_str_eq(e.text, "");
	ck_assert_int_eq(pidfd_pid(fd, open_proc(), &e), -1);
	ck_assert(err_is_set(&e));
}
END_TEST

static const struct {
	const char *stat;
	bool ok;
	uint64_t start;
} stats[] = {
	{ "1 (a) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 77 5 6 7", true, 77 },
	{ "1 (a) b) (c) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 78 5", true, 78 },
	{ "1 (a ) S 9 9) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 79\n", true, 79 },
	{ "1 (a) S 0 1 1", false, 0 },
	{ "1 (a)", false, 0 },
	{ "", false, 0 },
	{ "1 a S 0", false, 0 },
	{ "1 (a) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 x 5", false, 0 },
	{ "1 (a) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 18446744073709551615 5", true,
	  UINT64_MAX },
	{ "1 (a) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99999999999999999999999999 5",
	  false, 0 },
};

/* Field 9: flags, field 31: signals that wait, as the kernel of Linux 6.18 wrote them. */
static const struct {
	const char *stat;
	bool ends;
} ending[] = {
	{ "7 (sh) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 9 9 9 9 1 1 1 0 0 0 0 0 "
	  "0 0",
	  false },
	{ "7 (sh) S 1 7 7 0 -1 4194564 1 0 0 0 0 0 0 0 20 0 1 0 9 9 9 9 1 1 1 0 0 0 0 0 "
	  "0 0",
	  true },
	{ "7 (sh) R 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 9 9 9 9 1 1 1 0 0 256 0 "
	  "0",
	  true },
	{ "7 (sh) R 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 9 9 9 9 1 1 1 0 0 16384 "
	  "0",
	  false },
	{ "7 (sh) R 1 7 7 0 -1 4194564 1 0 0 0", false },
	{ "", false },
};

START_TEST(ends_row)
{
	ck_assert_int_eq(pidfd_stat_ends(ending[_i].stat), ending[_i].ends);
}
END_TEST

START_TEST(stat_row)
{
	uint64_t start = 0;

	ck_assert_int_eq(pidfd_stat_start_time(stats[_i].stat, &start), stats[_i].ok);
	ck_assert_uint_eq(start, stats[_i].start);
}
END_TEST

/* Groups stand before the line that is looked for. */
START_TEST(inner_number_of_who_has_many_groups)
{
	gid_t groups[2000];

	for (unsigned i = 0; i < 2000; i++)
		groups[i] = 1000000000U + i;
	if (setgroups(2000, groups) < 0)
		return; /* main() has said so */
	ck_assert_int_eq(procfs_inner_pid(open_proc(), getpid()), getpid());
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pidfd");
	TCase *t = tcase_create("live");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, ends_row, 0, (int)(sizeof(ending) / sizeof(*ending)));
	tcase_add_test(t, identity_survives);
	tcase_add_loop_test(t, recover_row, 0, ARRAY_SIZE(rows));
	tcase_add_test(t, zombie_is_gone);
	tcase_add_test(t, recycled_pid_is_refused);
	tcase_add_test(t, descriptors_and_numbers);
	tcase_add_test(t, inner_number_of_who_has_many_groups);
	tcase_add_loop_test(t, stat_row, 0, ARRAY_SIZE(stats));
	suite_add_tcase(s, t);
	if (geteuid() != 0)
		puts("skipped: what needs root");
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
