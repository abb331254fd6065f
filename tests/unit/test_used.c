/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the records of all containers say, and the lock around choosing. */
#include "run/used.h"

#include "base/fd.h"

#include "folder.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void make(const char *id, enum run_phase phase)
{
	struct statedir dir;
	struct err e = { 0 };
	struct run_record r = { .version = RUN_RECORD_VERSION,
				.bundle = "/b",
				.rootfs = "/b/rootfs",
				.created = "2026-11-22T03:12:08Z",
				.boot_id = "" };

	r.id = (char *)id;
	ck_assert_msg(statedir_reserve("r", id, &dir, &e) == 0, "%s", e.text);
	if (phase != RUN_PHASE_NONE)
		ck_assert_int_eq(record_write(&dir, phase, &r, &e), 0);
	statedir_close(&dir);
}

static void damage(const char *path)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	ck_assert_int_eq(write(fd, "{", 1), 1);
	close(fd);
}

static int collect(const struct run_record *r, void *arg, struct err *e)
{
	char *text = arg;

	(void)e;
	/* in no order: a letter for each */
	text[r->id[0] - 'a'] = r->id[0];
	return 0;
}

static int refuse(const struct run_record *r, void *arg, struct err *e)
{
	(void)arg;
	return err_set(e, "no %c", r->id[0] ? 'x' : 'y');
}

START_TEST(test_each)
{
	char text[8] = "......";
	struct err e = { 0 };
	int root;

	folder_make();
	root = used_lock("r", USED_WAIT_MS, &e);
	ck_assert_msg(root >= 0, "%s", e.text); /* it is made */
	ck_assert_int_eq(used_each(root, USED_ALIVE, NULL, collect, text, &e), 0);
	ck_assert_str_eq(text, "......");
	make("a", RUN_PHASE_CREATING);
	make("b", RUN_PHASE_CREATED);
	make("c", RUN_PHASE_RUNNING);
	make("d", RUN_PHASE_NONE);
	make("e", RUN_PHASE_RUNNING);
	make("f", RUN_PHASE_RUNNING);
	damage("r/e/running");
	damage("r/f/running");
	ck_assert_int_eq(unlink("r/f/spare"), 0);
	ck_assert_int_eq(close(open("r/file", O_CREAT | O_WRONLY, 0600)), 0);
	ck_assert_int_eq(used_each(root, USED_ALIVE, NULL, collect, text, &e), 0);
	/* the create of a is dead; e by its copy; of d and f nothing is known */
	ck_assert_str_eq(text, ".bc.e.");
	/* what it has made may be there all the same */
	ck_assert_int_eq(used_each(root, USED_ALL, NULL, collect, text, &e), 0);
	ck_assert_str_eq(text, "abc.e.");
	strcpy(text, "......");
	ck_assert_int_eq(used_each(root, USED_ALIVE, "b", collect, text, &e), 0);
	ck_assert_str_eq(text, "..c.e.");
	ck_assert_int_eq(used_each(root, USED_ALIVE, NULL, refuse, NULL, &e), -1);
	ck_assert_str_eq(e.text, "no x");
	close(root);
}
END_TEST

/* A create that is at work holds the lock of its directory. */
START_TEST(test_birth)
{
	char text[8] = "......", byte;
	struct err e = { 0 };
	int root, p[2];
	pid_t pid;

	folder_make();
	make("a", RUN_PHASE_CREATING);
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct statedir dir;

		_exit(statedir_open("r", "a", &dir, &e) < 0 ||
		      statedir_lock(&dir, 0, &e) < 0 || write(p[1], "", 1) != 1 ||
		      pause());
	}
	ck_assert_int_eq(read(p[0], &byte, 1), 1);
	root = used_lock("r", USED_WAIT_MS, &e);
	ck_assert_int_eq(used_each(root, USED_ALIVE, NULL, collect, text, &e), 0);
	ck_assert_str_eq(text, "a.....");
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	strcpy(text, "......");
	ck_assert_int_eq(used_each(root, USED_ALIVE, NULL, collect, text, &e), 0);
	ck_assert_str_eq(text, "......");
	close(root);
}
END_TEST

START_TEST(test_lock)
{
	struct err e = { 0 };
	int first, other;

	folder_make();
	first = used_lock("r", USED_WAIT_MS, &e);
	ck_assert_int_ge(first, 0);
	other = open("r", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), -1);
	ck_assert_int_eq(errno, EWOULDBLOCK);
	close(first);
	ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
}
END_TEST

/* ---- who holds it ------------------------------------------------------------------------- */

static const struct {
	const char *text;
	uint64_t pid;
} holders[] = {
	{ "", 0 },
	{ "1: FLOCK  ADVISORY  WRITE 1234 00:1b:5678 0 EOF\n", 1234 },
	{ "1: POSIX  ADVISORY  WRITE 9 00:1b:5678 0 EOF\n"
	  "2: OFDLCK ADVISORY  WRITE -1 00:1b:5678 0 EOF\n"
	  "12: FLOCK  ADVISORY  WRITE 77 00:1b:5678 0 EOF\n",
	  77 },
	/* another file, another disk, who waits, nobody that can be seen from here */
	{ "1: FLOCK  ADVISORY  WRITE 1234 00:1b:567 0 EOF\n", 0 },
	{ "1: FLOCK  ADVISORY  WRITE 1234 00:1b:56789 0 EOF\n", 0 },
	{ "1: FLOCK  ADVISORY  WRITE 1234 01:1b:5678 0 EOF\n", 0 },
	{ "1: -> FLOCK  ADVISORY  WRITE 1234 00:1b:5678 0 EOF\n", 0 },
	{ "1: FLOCK  ADVISORY  WRITE 0 00:1b:5678 0 EOF\n", 0 },
	/* what is cut off, or was never of the kernel */
	{ "1: FLOCK  ADVISORY  WRITE 1234 00:1b:5678", 1234 },
	{ "1: FLOCK  ADVISORY  WRITE 1234", 0 },
	{ "FLOCK\n\n\n 1234 00:1b:5678", 0 },
	{ "1: FLOCK  ADVISORY  WRITE 123456789012345678901234567890123456789 00:1b:5678",
	  0 },
};

START_TEST(test_holder)
{
	ck_assert_uint_eq(used_lock_holder(holders[_i].text, makedev(0, 0x1b), 5678),
			  holders[_i].pid);
}
END_TEST

/* A command that was stopped while it chose: who comes waits for it, and is told. */
START_TEST(test_stopped_holder)
{
	char text[256], byte;
	struct err e = { 0 };
	int p[2], fd;
	pid_t pid;

	folder_make();
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		_exit(used_lock("r", 0, &e) < 0 || write(p[1], "", 1) != 1 ||
		      raise(SIGSTOP) || pause());
	ck_assert_int_eq(read(p[0], &byte, 1), 1);
	ck_assert_int_eq(used_lock("r", 30, &e), -1);
	snprintf(text, sizeof(text),
		 "the state root %s/r is locked by another command, for more than 30 ms",
		 folder_path);
	ck_assert_str_eq(e.text, text);
	snprintf(text, sizeof(text),
		 "process %d holds it: `kill -CONT %d` if it was stopped, else `kill %d`",
		 (int)pid, (int)pid, (int)pid);
	/* a filesystem whose files do not have its own number (overlay): not told */
	if (strstr(e.hint, "fuser"))
		snprintf(text, sizeof(text),
			 "`fuser %s/r` names it; it has been stopped or hangs: end it",
			 folder_path);
	ck_assert_str_eq(e.hint, text);
	err_clear(&e);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	fd = used_lock("r", 0, &e);
	ck_assert_msg(fd >= 0, "%s", e.text);
	close(fd);
}
END_TEST

static void tests(TCase *t)
{
	tcase_add_loop_test(t, test_holder, 0, ROWS(holders));
	tcase_add_test(t, test_stopped_holder);
	tcase_add_test(t, test_each);
	tcase_add_test(t, test_birth);
	tcase_add_test(t, test_lock);
}

int main(void)
{
	return suite_run("used", tests);
}
