/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state directory: ids, roots that are refused, the lock between processes, removal. */
#include "run/record.h"
#include "run/run.h"

#include "base/fd.h"

#include "folder.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char long_id[260];

static const struct {
	const char *id;
	bool fine;
} ids[] = {
	{ "a", true },		{ "0", true },	       { "A-z_0.9+", true },
	{ "-x", true },		{ "...", true },       { ".x", true },
	{ "_", true },		{ "", false },	       { ".", false },
	{ "..", false },	{ "/", false },	       { "a/b", false },
	{ "../x", false },	{ "/etc", false },     { "a b", false },
	{ "a\nb", false },	{ "a\tb", false },     { "a:b", false },
	{ "a,b", false },	{ "a%b", false },      { "a*", false },
	{ "a\\b", false },	{ "\xc3\xa4", false }, { "a\x01", false },
	{ long_id + 4, true }, /* 255 characters */
	{ long_id + 3, false },
};

START_TEST(test_id)
{
	struct err e = { 0 };

	memset(long_id, 'x', sizeof(long_id) - 1);
	ck_assert_int_eq(run_check_id(ids[_i].id, &e), ids[_i].fine ? 0 : -1);
	ck_assert_int_eq(err_is_set(&e), !ids[_i].fine);
	ck_assert_int_eq(e.hint[0] != '\0', !ids[_i].fine);
	if (!ids[_i].fine) {
		struct statedir s;

		/* before any file is touched: this root cannot even be opened */
		ck_assert(strstr(e.text, "invalid container id"));
		err_clear(&e);
		ck_assert_int_eq(statedir_open("/nonexistent", ids[_i].id, &s, &e), -1);
		ck_assert(strstr(e.text, "invalid container id"));
		err_clear(&e);
		ck_assert_int_eq(statedir_reserve("/nonexistent", ids[_i].id, &s, &e),
				 -1);
		ck_assert(strstr(e.text, "invalid container id"));
	}
}
END_TEST

/* ---- roots -------------------------------------------------------------------------------- */

START_TEST(test_root_is_made)
{
	struct err e = { 0 };
	struct stat st;
	int fd;

	folder_make();
	umask(0);
	ck_assert_int_eq(statedir_root("a/b/c", false, &e), -1);
	ck_assert_int_eq(e.code, ENOENT);
	err_clear(&e);
	fd = statedir_root("a/b/c", true, &e);
	ck_assert_msg(fd >= 0, "%s", e.text);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(stat("a/b", &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0755);
	ck_assert_int_eq(stat("a/b/c", &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	close(fd);
	fd = statedir_root("a/b/c/", false, &e);
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

static const struct {
	const char *path;
	mode_t mode; /* 0: is not made */
	const char *error; /* how it ends; NULL: none */
} roots[] = {
	{ "r", 0700, NULL },
	{ "r", 0755, NULL },
	{ "r", 01777, NULL },
	{ "r", 0777, ": others may write to it (mode 777)" },
	{ "r", 0770, ": others may write to it (mode 770)" },
	{ "r", 0702, ": others may write to it (mode 702)" },
	{ "/", 0, "state root /: the root directory cannot hold states" },
	{ "/.", 0, ": the root directory cannot hold states" },
	{ "/tmp/..", 0, ": the root directory cannot hold states" },
	{ "/proc/self/root", 0, ": the root directory cannot hold states" },
	{ "/dev/null", 0, "state root /dev/null: Not a directory" },
	{ "file", 0, "state root file: Not a directory" },
	{ "file/below", 0, ": Not a directory" },
	{ "/proc/nowhere", 0, "" },
};

START_TEST(test_root)
{
	bool odd_create = roots[_i].error && !roots[_i].error[0];

	folder_make();
	umask(0);
	close(open("file", O_CREAT | O_WRONLY, 0600));
	if (roots[_i].mode)
		ck_assert_int_eq(mkdir("r", roots[_i].mode), 0);
	for (int create = odd_create; create < 2; create++) {
		struct err e = { 0 };
		int fd = statedir_root(roots[_i].path, create, &e);
		size_t n = strlen(e.text), m = strlen(roots[_i].error ?: "");

		ck_assert_msg((fd >= 0) == !roots[_i].error, "%s", e.text);
		if (fd < 0)
			ck_assert_msg(n >= m && strcmp(e.text + n - m, roots[_i].error) ==
							0,
				      "%s", e.text);
		fd_close(fd);
	}
}
END_TEST

static const struct {
	const char *runtime_dir; /* of a plain user; NULL: unset */
	const char *root;
} defaults[] = {
	{ "/x/y", "/x/y/wolffia" },
	{ "relative", "/run/user/1234/wolffia" },
	{ "", "/run/user/1234/wolffia" },
	{ NULL, "/run/user/1234/wolffia" },
};

START_TEST(test_default_root)
{
	struct err e = { 0 };
	const char *root;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(seteuid(1234), 0);
	if (defaults[_i].runtime_dir)
		setenv("XDG_RUNTIME_DIR", defaults[_i].runtime_dir, 1);
	else
		unsetenv("XDG_RUNTIME_DIR");
	root = run_default_root(&e);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_str_eq(root, defaults[_i].root);
}
END_TEST

START_TEST(test_default_root_too_long)
{
	struct err e = { 0 };
	const char *root;
	char longer[600];

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(seteuid(1234), 0);
	memset(longer, '/', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	setenv("XDG_RUNTIME_DIR", longer, 1);
	root = run_default_root(&e);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_ptr_null(root);
	ck_assert_str_eq(e.text, "XDG_RUNTIME_DIR is too long");
}
END_TEST

/* In a root like /tmp, or of his own, a stranger can put a container of his own. */
static const struct {
	mode_t mode;
	uid_t root, dir;
	bool fine;
} owners[] = {
	{ 01777, 0, 1234, false },   { 01777, 0, 0, true },
	{ 01777, 1234, 0, true },    { 0700, 0, 1234, true },
	{ 0700, 1234, 1234, false }, { 0755, 1234, 1234, false },
	{ 0700, 1234, 0, true },
};

START_TEST(test_foreign_owner)
{
	struct statedir s = STATEDIR_CLOSED;
	struct err e = { 0 };
	int rc;

	if (geteuid() != 0)
		return;
	folder_make();
	umask(0);
	ck_assert_int_eq(mkdir("r", owners[_i].mode), 0);
	ck_assert_int_eq(mkdir("r/c1", 0755), 0);
	ck_assert_int_eq(chown("r/c1", owners[_i].dir, 1234), 0);
	ck_assert_int_eq(chown("r", owners[_i].root, 1234), 0);
	rc = statedir_open("r", "c1", &s, &e);
	ck_assert_int_eq(rc, owners[_i].fine ? 0 : -1);
	if (rc < 0)
		ck_assert_str_eq(e.text, "container c1 belongs to another user (1234)");
	statedir_close(&s);
}
END_TEST

/* ---- making, opening ---------------------------------------------------------------------- */

START_TEST(test_reserve)
{
	struct statedir s, again = STATEDIR_CLOSED;
	struct err e = { 0 };
	struct stat st;

	folder_make();
	umask(0);
	ck_assert_int_eq(statedir_open("r", "c1", &s, &e), -1);
	ck_assert_str_eq(e.text, "container c1 does not exist");
	ck_assert_int_eq(e.code, ENOENT);
	err_clear(&e);
	ck_assert_int_eq(statedir_reserve("r", "c1", &s, &e), 0);
	ck_assert_str_eq(s.id, "c1");
	ck_assert_int_eq(stat("r/c1", &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(stat("r/c1/lock", &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(statedir_reserve("r", "c1", &again, &e), -1);
	ck_assert_str_eq(e.text, "container with given ID already exists: c1");
	err_clear(&e);
	ck_assert_int_eq(statedir_open("r", "c1", &again, &e), 0);
	ck_assert_int_eq(again.lock, -1);
	statedir_close(&again);
	ck_assert_int_eq(again.dir, -1);
	ck_assert_int_eq(statedir_remove(&s, &e), 0);
	ck_assert_int_eq(access("r/c1", F_OK), -1);
	ck_assert_int_eq(statedir_remove(&s, &e), 0); /* gone is gone */
	statedir_close(&s);
}
END_TEST

/* What is no directory of ours is no container, and is not followed. */
START_TEST(test_odd_entries)
{
	struct statedir s;
	struct err e = { 0 };

	folder_make();
	ck_assert_int_eq(mkdir("r", 0700), 0);
	ck_assert_int_eq(mkdir("elsewhere", 0700), 0);
	ck_assert_int_eq(symlink("../elsewhere", "r/link"), 0);
	ck_assert_int_eq(mkfifo("r/fifo", 0600), 0);
	ck_assert_int_eq(statedir_open("r", "link", &s, &e), -1);
	ck_assert_str_eq(e.text, "container link does not exist");
	err_clear(&e);
	ck_assert_int_eq(statedir_open("r", "fifo", &s, &e), -1);
	ck_assert_str_eq(e.text, "container fifo does not exist");
	err_clear(&e);
	ck_assert_int_eq(statedir_reserve("r", "link", &s, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "already exists"));
}
END_TEST

/* ---- the lock ------------------------------------------------------------------------------- */

/* Another process that does one thing with the container and says how it went: 0 or 1. */
static int in_other(int (*thing)(struct statedir *s, struct err *e))
{
	struct statedir s;
	struct err e = { 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (statedir_open("r", "c1", &s, &e) < 0)
			_exit(9);
		_exit(thing(&s, &e) < 0);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int try_to_lock(struct statedir *s, struct err *e)
{
	return statedir_lock(s, 20, e);
}

/* Who it is, and the cure. */
static int is_told_who(struct statedir *s, struct err *e)
{
	char want[80];

	snprintf(want, sizeof(want), "process %d is at work on it: `kill -CONT %d`",
		 (int)getppid(), (int)getppid());
	return statedir_lock(s, 5, e) < 0 &&
			       strstr(e->text, "in use by another command") &&
			       strstr(e->hint, want)
		       ? 0
		       : -1;
}

static int is_busy(struct statedir *s, struct err *e)
{
	(void)e;
	return statedir_use(s) == STATEDIR_BUSY ? 0 : -1;
}

static int is_going(struct statedir *s, struct err *e)
{
	if (statedir_use(s) != STATEDIR_GOING)
		return 0;
	return statedir_exists(s, e) < 0 && e->code == ENOENT ? -1 : 0;
}

/* Whoever opened the directory before it is removed sees that it is. */
START_TEST(test_removal_is_seen)
{
	struct statedir s;
	struct err e = { 0 };

	folder_make();
	ck_assert_int_eq(statedir_reserve("r", "c1", &s, &e), 0);
	ck_assert_int_eq(in_other(is_going), 0);
	ck_assert_int_eq(ftruncate(s.lock, 1), 0);
	ck_assert_int_eq(in_other(is_going), 1);
	/* a runtime that was killed there holds nothing */
	statedir_close(&s);
	ck_assert_int_eq(in_other(is_going), 0);
}
END_TEST

START_TEST(test_lock)
{
	struct statedir s;
	struct err e = { 0 };

	folder_make();
	ck_assert_int_eq(statedir_reserve("r", "c1", &s, &e), 0);
	ck_assert_int_eq(in_other(try_to_lock), 1);
	ck_assert_int_eq(in_other(is_told_who), 0);
	ck_assert_int_eq(in_other(is_busy), 0);
	statedir_close(&s);
	ck_assert_int_eq(in_other(is_busy), 1);
	ck_assert_int_eq(in_other(try_to_lock), 0);
	/* its holder has ended, however: no lock survives its owner */
	ck_assert_int_eq(statedir_open("r", "c1", &s, &e), 0);
	ck_assert_int_eq(statedir_lock(&s, 0, &e), 0);
	statedir_close(&s);
}
END_TEST

static int has_owner(struct statedir *s, struct err *e)
{
	(void)e;
	return statedir_has_owner(s) ? 0 : -1;
}

static int has_owner_locked(struct statedir *s, struct err *e)
{
	if (statedir_lock(s, 0, e) < 0 || !statedir_has_owner(s))
		return -1;
	/* looking has not given it away */
	return in_other(try_to_lock) ? 0 : -1;
}

/* Who will delete it is seen to live, and others may work on it meanwhile. */
START_TEST(test_owner)
{
	struct statedir s;
	struct err e = { 0 };

	folder_make();
	ck_assert_int_eq(statedir_reserve("r", "c1", &s, &e), 0);
	ck_assert_int_eq(in_other(has_owner), 0);
	statedir_stay(&s);
	ck_assert_int_eq(s.dir, -1);
	ck_assert_int_eq(in_other(has_owner), 0);
	ck_assert_int_eq(in_other(is_busy), 1);
	ck_assert_int_eq(in_other(try_to_lock), 0);
	ck_assert_int_eq(in_other(has_owner_locked), 0);
	statedir_close(&s);
	ck_assert_int_eq(in_other(has_owner), 1);
	/* a command that only works on it is none */
	ck_assert_int_eq(statedir_open("r", "c1", &s, &e), 0);
	ck_assert_int_eq(statedir_lock(&s, 0, &e), 0);
	ck_assert_int_eq(in_other(has_owner), 1);
	statedir_close(&s);
}
END_TEST

/* A child of the holder (the init) does not hold it on. */
START_TEST(test_lock_is_not_inherited)
{
	struct statedir s;
	struct err e = { 0 };
	pid_t pid;

	folder_make();
	ck_assert_int_eq(statedir_reserve("r", "c1", &s, &e), 0);
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	statedir_close(&s);
	ck_assert_int_eq(in_other(try_to_lock), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

/* Who waits while the holder deletes is told that there is nothing any more. */
START_TEST(test_deleted_while_waiting)
{
	struct statedir s, waiter;
	struct err e = { 0 };
	int status;
	pid_t pid;

	folder_make();
	ck_assert_int_eq(statedir_reserve("r", "c1", &s, &e), 0);
	pid = fork();
	if (pid == 0) {
		ck_assert_int_eq(statedir_open("r", "c1", &waiter, &e), 0);
		if (statedir_lock(&waiter, 5000, &e) == 0)
			_exit(1);
		_exit(e.code == ENOENT && strstr(e.text, "does not exist") ? 0 : 2);
	}
	usleep(50000);
	ck_assert_int_eq(statedir_exists(&s, &e), 0);
	ck_assert_int_eq(statedir_remove(&s, &e), 0);
	ck_assert_int_eq(statedir_exists(&s, &e), -1);
	ck_assert_int_eq(e.code, ENOENT);
	statedir_close(&s);
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

enum { RACERS = 12, ROUNDS = 40 };

/* Many delete one container at once, some of them with the directory open for long. */
START_TEST(test_parallel_removal)
{
	struct statedir s;
	struct err e = { 0 };

	folder_make();
	for (int round = 0; round < ROUNDS; round++) {
		ck_assert_int_eq(statedir_reserve("r", "c1", &s, &e), 0);
		for (int i = 0; i < RACERS; i++) {
			if (fork() != 0)
				continue;
			statedir_close(&s);
			if (statedir_open("r", "c1", &s, &e) == 0 &&
			    statedir_lock(&s, 5000, &e) == 0)
				statedir_remove(&s, &e);
			_exit(err_is_set(&e) && e.code != ENOENT);
		}
		statedir_close(&s);
		for (int i = 0, status; i < RACERS; i++) {
			ck_assert_int_gt(wait(&status), 0);
			ck_assert_int_eq(status, 0);
		}
		ck_assert_int_eq(access("r/c1", F_OK), -1);
	}
}
END_TEST

/* Many make one container at once: one of them has it. */
START_TEST(test_parallel_reserve)
{
	struct err e = { 0 };
	struct statedir s;
	int go[2], won = 0;

	folder_make();
	ck_assert_int_eq(pipe(go), 0);
	for (int i = 0; i < 50; i++) {
		if (fork() != 0)
			continue;
		close(go[1]);
		fd_wait_readable(go[0], -1);
		if (statedir_reserve("r", "c1", &s, &e) == 0)
			_exit(7);
		_exit(strstr(e.text, "already exists") == NULL);
	}
	close(go[1]);
	for (int i = 0, status; i < 50; i++) {
		wait(&status);
		ck_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 7);
		won += WEXITSTATUS(status) == 7;
	}
	ck_assert_int_eq(won, 1);
}
END_TEST

/* ---- removal ---------------------------------------------------------------------------------- */

static void put(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(test_remove_all_of_ours)
{
	static const char *const ours[] = { "r/c1/creating",	 "r/c1/created",
					    "r/c1/running",	 "r/c1/spare",
					    "r/c1/config.json",	 "r/c1/gate",
					    "r/c1/.running.123", "r/c1/.spare.99999" };
	struct statedir s;
	struct err e = { 0 };

	folder_make();
	ck_assert_int_eq(statedir_reserve("r", "c1", &s, &e), 0);
	for (int i = 0; i < ROWS(ours); i++)
		put(ours[i]);
	ck_assert_int_eq(statedir_remove(&s, &e), 0);
	ck_assert_int_eq(access("r/c1", F_OK), -1);
	statedir_close(&s);
}
END_TEST

/* What we did not make stays, and is named by nobody else's removal. */
START_TEST(test_remove_keeps_foreign)
{
	struct statedir s;
	struct err e = { 0 };

	folder_make();
	ck_assert_int_eq(statedir_reserve("r", "c1", &s, &e), 0);
	put("r/c1/notes.txt");
	put("r/c1/running");
	ck_assert_int_eq(mkdir("r/c1/config.json", 0700), 0);
	ck_assert_int_eq(statedir_remove(&s, &e), -1);
	ck_assert_str_eq(e.text, "remove state directory of c1: Directory not empty");
	ck_assert_int_eq(access("r/c1/notes.txt", F_OK), 0);
	ck_assert_int_eq(access("r/c1/config.json", F_OK), 0);
	ck_assert_int_eq(access("r/c1/running", F_OK), -1);
	statedir_close(&s);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, test_id, 0, ROWS(ids));
	tcase_add_test(t, test_root_is_made);
	tcase_add_loop_test(t, test_root, 0, ROWS(roots));
	tcase_add_loop_test(t, test_default_root, 0, ROWS(defaults));
	tcase_add_test(t, test_default_root_too_long);
	tcase_add_loop_test(t, test_foreign_owner, 0, ROWS(owners));
	tcase_add_test(t, test_reserve);
	tcase_add_test(t, test_odd_entries);
	tcase_add_test(t, test_lock);
	tcase_add_test(t, test_removal_is_seen);
	tcase_add_test(t, test_owner);
	tcase_add_test(t, test_lock_is_not_inherited);
	tcase_add_test(t, test_deleted_while_waiting);
	tcase_add_test(t, test_parallel_removal);
	tcase_add_test(t, test_parallel_reserve);
	tcase_add_test(t, test_remove_all_of_ours);
	tcase_add_test(t, test_remove_keeps_foreign);
}

int main(void)
{
	return suite_run("statedir", fill);
}
