/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding an existing container again: the recorded process and no other one, whatever the
 * record says; what state, kill and delete then do. The state root is a folder of ours; the
 * process that nobody may touch is a child of the test.
 */
#include "run/lookup.h"

#include "kernel/pidfd.h"
#include "kernel/procfs.h"

#include "tests/unit/folder.h"
#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct run_context ctx = { .root = "r", .cgroup_manager = RUN_CGROUP_DISABLED };
static struct run_record record;
static pid_t sleeper;
static char handle[128];

static void end_sleeper(void)
{
	kill(sleeper, SIGKILL);
}

static void start_sleeper(void)
{
	sleeper = fork();
	if (sleeper == 0) {
		pause();
		_exit(0);
	}
	atexit(end_sleeper);
}

/* A record of the sleeper as create writes it. */
static void identify(void)
{
	struct pidfd_identity id;
	struct err e = { 0 };
	int proc = procfs_open(&e), pidfd = (int)syscall(SYS_pidfd_open, sleeper, 0);
	static char boot_id[PIDFD_BOOT_ID_MAX];
	int at;

	ck_assert_msg(pidfd_identify(pidfd, sleeper, proc, &id, &e) == 0, "%s", e.text);
	close(proc);
	close(pidfd);
	strcpy(boot_id, id.boot_id);
	record = (struct run_record){ .version = RUN_RECORD_VERSION,
				      .id = "c1",
				      .bundle = "/b",
				      .rootfs = "/b/r",
				      .created = "2026-11-22T03:12:08Z",
				      .boot_id = boot_id,
				      .pid = { true, sleeper },
				      .start_time = { true, id.start_time },
				      .inode = { true, id.inode } };
	at = sprintf(handle, "%08x", (unsigned)id.handle_type);
	for (uint32_t i = 0; i < id.n_handle; i++)
		at += sprintf(handle + at, "%02x", id.handle[i]);
	record.handle = id.n_handle ? handle : NULL;
}

static void write_record(enum run_phase phase)
{
	struct statedir dir;
	struct err e = { 0 };

	ck_assert_msg(statedir_reserve(ctx.root, "c1", &dir, &e) == 0, "%s", e.text);
	ck_assert_int_eq(record_write(&dir, phase, &record, &e), 0);
	statedir_close(&dir);
}

static void begin(void)
{
	folder_make();
	start_sleeper();
	identify();
}

static bool sleeps(void)
{
	return waitpid(sleeper, NULL, WNOHANG) == 0;
}

static enum oci_status status_now(void)
{
	struct oci_arena arena = { 0 };
	struct oci_state state;
	struct err e = { 0 };

	ck_assert_msg(run_state(&ctx, "c1", &arena, &state, &e) == 0, "%s", e.text);
	ck_assert_int_eq(state.pid.v,
			 state.status == OCI_STATUS_STOPPED ? 0 : record.pid.v);
	return state.status;
}

/* ---- the right one ---------------------------------------------------------------------- */

START_TEST(test_found)
{
	struct err e = { 0 };

	begin();
	write_record(RUN_PHASE_RUNNING);
	ck_assert_int_eq(status_now(), OCI_STATUS_RUNNING);
	ck_assert_int_eq(run_kill(&ctx, "c1", SIGCONT, false, &e), 0);
	ck_assert_int_eq(run_delete(&ctx, "c1", false, &e), -1);
	ck_assert_str_eq(e.text,
			 "cannot delete container c1 that is not stopped: running");
	ck_assert(sleeps());
	err_clear(&e);
	ck_assert_int_eq(run_kill(&ctx, "c1", SIGUSR1, false, &e), 0);
	waitpid(sleeper, NULL, 0);
	ck_assert_int_eq(status_now(), OCI_STATUS_STOPPED);
	ck_assert_int_eq(run_kill(&ctx, "c1", SIGTERM, false, &e), -1);
	ck_assert_str_eq(e.text, "container not running: c1 is stopped");
	err_clear(&e);
	ck_assert_int_eq(run_delete(&ctx, "c1", false, &e), 0);
	ck_assert_int_eq(access("r/c1", F_OK), -1);
}
END_TEST

START_TEST(test_force)
{
	struct err e = { 0 };
	int status;

	begin();
	write_record(_i == 0 ? RUN_PHASE_CREATED : RUN_PHASE_RUNNING);
	ck_assert_msg(run_delete(&ctx, "c1", true, &e) == 0, "%s", e.text);
	waitpid(sleeper, &status, 0);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(access("r/c1", F_OK), -1);
	ck_assert_int_eq(run_delete(&ctx, "c1", true, &e), 0); /* none is fine */
	ck_assert_int_eq(run_delete(&ctx, "c1", false, &e), -1);
	ck_assert_str_eq(e.text, "container c1 does not exist");
}
END_TEST

/* ---- another one ------------------------------------------------------------------------ */

/* The number now belongs to somebody else: each trace of that must be enough. */
enum lie { OTHER_START, OTHER_INODE, OTHER_BOOT, OTHER_HANDLE, NOTHING_KNOWN, LIES };

static void lie(enum lie how)
{
	switch (how) {
	case OTHER_START: /* a kernel without pidfs */
		record.handle = NULL;
		record.inode.v = 0;
		record.start_time.v++;
		break;
	case OTHER_INODE:
		record.handle = NULL;
		record.inode.v++;
		break;
	case OTHER_BOOT:
		record.boot_id = "00000000-0000-0000-0000-000000000000";
		break;
	case OTHER_HANDLE:
		if (record.handle)
			handle[10] ^= 1;
		record.inode.v++;
		break;
	case NOTHING_KNOWN:
		record.handle = NULL;
		record.inode.v = 0;
		record.start_time.v = 0;
		break;
	case LIES:
		break;
	}
}

START_TEST(test_recycled)
{
	struct err e = { 0 };

	begin();
	lie((enum lie)_i);
	write_record(RUN_PHASE_RUNNING);
	ck_assert_int_eq(status_now(), OCI_STATUS_STOPPED);
	ck_assert_int_eq(run_kill(&ctx, "c1", SIGKILL, false, &e), -1);
	err_clear(&e);
	(void)run_kill(&ctx, "c1", SIGKILL, true, &e);
	ck_assert(sleeps());
	err_clear(&e);
	ck_assert_msg(run_delete(&ctx, "c1", _i % 2, &e) == 0, "%s", e.text);
	usleep(10000);
	ck_assert(sleeps());
}
END_TEST

static const char *const bad_handles[] = {
	"",
	"x",
	"0000",
	"zzzzzzzzzz",
	"000000fe0",
	"000000fe0011g1",
	"-00000fe0011",
	"000000fe000102030405060708090a0b0c0d0e0f10111213"
	"1415161718191a1b1c1d1e1f202122232425262728"
};

/* A handle that is none is as good as none: the inode decides. */
START_TEST(test_bad_handle)
{
	begin();
	record.handle = (char *)bad_handles[_i];
	write_record(RUN_PHASE_RUNNING);
	ck_assert_int_eq(status_now(), OCI_STATUS_RUNNING);
}
END_TEST

/* ---- damaged, half made ------------------------------------------------------------------ */

static void damage(const char *text)
{
	int fd = open("r/c1/running", O_WRONLY | O_TRUNC);

	ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

static const char *const damages[] = { "", "{}", "null", "{\"version\":1", "[[[[[[" };

/* The spare record finds what the damaged one cannot. */
START_TEST(test_damaged)
{
	struct oci_arena arena = { 0 };
	struct oci_state state, *list;
	struct err e = { 0 };
	size_t n = 0;
	int status;

	begin();
	write_record(RUN_PHASE_RUNNING);
	damage(damages[_i]);
	ck_assert_int_eq(run_state(&ctx, "c1", &arena, &state, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "damaged state record"));
	err_clear(&e);
	ck_assert_int_eq(run_kill(&ctx, "c1", SIGKILL, false, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "damaged state record"));
	ck_assert(sleeps());
	err_clear(&e);
	ck_assert_msg(run_list(&ctx, false, &arena, &list, &n, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(run_delete(&ctx, "c1", false, &e), -1);
	err_clear(&e);
	ck_assert_msg(run_delete(&ctx, "c1", true, &e) == 0, "%s", e.text);
	waitpid(sleeper, &status, 0);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(access("r/c1", F_OK), -1);
}
END_TEST

/* A create that was killed at once has left a directory, with or without a lock in it. */
START_TEST(test_half_made)
{
	struct err e = { 0 };

	folder_make();
	ck_assert_int_eq(mkdir("r", 0700), 0);
	ck_assert_int_eq(mkdir("r/c1", 0700), 0);
	if (_i & 1)
		close(open("r/c1/lock", O_CREAT | O_WRONLY, 0600));
	if (_i & 2)
		close(open("r/c1/.creating.77", O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(status_now(), OCI_STATUS_STOPPED);
	ck_assert_int_eq(run_start(&ctx, "c1", &e), -1);
	err_clear(&e);
	ck_assert_msg(run_delete(&ctx, "c1", _i >= 4, &e) == 0, "%s", e.text);
	ck_assert_int_eq(access("r/c1", F_OK), -1);
}
END_TEST

/* While create is at work (it holds the lock) only `state` and a forced delete answer. */
START_TEST(test_creating)
{
	struct statedir dir;
	struct err e = { 0 };
	int p[2];
	char c;
	pid_t creator;

	begin();
	record.pid = (struct oci_opt_int){ 0 };
	ck_assert_int_eq(pipe(p), 0);
	creator = fork();
	if (creator == 0) {
		if (statedir_reserve(ctx.root, "c1", &dir, &e) < 0)
			_exit(1);
		record_write(&dir, RUN_PHASE_CREATING, &record, &e);
		(void)!write(p[1], "x", 1);
		pause();
	}
	ck_assert_int_eq(read(p[0], &c, 1), 1);
	ck_assert_int_eq(status_now(), OCI_STATUS_CREATING);
	ck_assert_int_eq(run_kill(&ctx, "c1", SIGTERM, false, &e), -1);
	ck_assert_str_eq(e.text, "container c1 is still being created (creating)");
	err_clear(&e);
	kill(creator, SIGKILL);
	waitpid(creator, NULL, 0);
	ck_assert_int_eq(status_now(), OCI_STATUS_STOPPED);
	ck_assert_int_eq(run_delete(&ctx, "c1", true, &e), 0);
	ck_assert(sleeps());
}
END_TEST

/* Opened, then deleted by another command: no `stopped`, but nothing. */
START_TEST(test_deleted_meanwhile)
{
	struct lookup l = { .dir = STATEDIR_CLOSED, .pidfd = -1 };
	struct err e = { 0 };

	begin();
	write_record(RUN_PHASE_RUNNING);
	ck_assert_int_eq(statedir_open(ctx.root, "c1", &l.dir, &e), 0);
	ck_assert_int_eq(run_delete(&ctx, "c1", true, &e), 0);
	ck_assert_int_eq(lookup_refresh(&l, false, &e), -1);
	ck_assert_str_eq(e.text, "container c1 does not exist");
	ck_assert_int_eq(e.code, ENOENT);
	lookup_close(&l);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, test_found);
	tcase_add_loop_test(t, test_force, 0, 2);
	tcase_add_loop_test(t, test_recycled, 0, LIES);
	tcase_add_loop_test(t, test_bad_handle, 0, ROWS(bad_handles));
	tcase_add_loop_test(t, test_damaged, 0, ROWS(damages));
	tcase_add_loop_test(t, test_half_made, 0, 8);
	tcase_add_test(t, test_creating);
	tcase_add_test(t, test_deleted_meanwhile);
}

int main(void)
{
	struct err e = { 0 };
	int proc = procfs_open(&e);

	if (proc < 0) {
		fprintf(stderr, "skipped: no procfs of our own: %s\n", e.text);
		return 77;
	}
	close(proc);
	return suite_run("lookup", fill);
}
