/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ids and categories of a container whose every process was killed are taken back by the next
 * who chooses; of one whose init or whose command lives, never. The command that owns the
 * container and its init are children of the test.
 */
#include "run/lost.h"

#include "kernel/pidfd.h"
#include "kernel/procfs.h"

#include "tests/unit/folder.h"
#include "tests/unit/suite.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum holds { NOTHING, IDS, LABEL };
enum lives { NOBODY = 0, OWNER = 1, INIT = 2 };

static const struct {
	const char *what;
	bool owned;
	enum holds holds;
	unsigned lives;
	bool locked; /* the state root, by who asks: for something else that is chosen */
	bool stays;
} rows[] = {
	{ "ids, all killed", true, IDS, NOBODY, false, false },
	{ "a label, all killed", true, LABEL, NOBODY, false, false },
	{ "the init lives", true, IDS, INIT, false, true },
	{ "the init lives, a label", true, LABEL, INIT, false, true },
	{ "its command is at work on the end", true, IDS, OWNER, false, true },
	{ "both live", true, IDS, OWNER | INIT, false, true },
	{ "created, or detached: somebody deletes it", false, IDS, NOBODY, false, true },
	{ "nothing to take", true, NOTHING, NOBODY, false, true },
	{ "not while something is chosen", true, IDS, NOBODY, true, true },
};

static pid_t children[2];

static void end(pid_t *child)
{
	if (*child > 0) {
		kill(*child, SIGKILL);
		waitpid(*child, NULL, 0);
	}
	*child = 0;
}

static void end_all(void)
{
	end(&children[0]);
	end(&children[1]);
}

/* ---- a container ---------------------------------------------------------------------------- */

static pid_t start_init(struct pidfd_identity *ret)
{
	struct err e = { 0 };
	int proc = procfs_open(&e), pidfd;
	pid_t pid = fork();

	if (pid == 0)
		_exit(pause());
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ck_assert_msg(pidfd_identify(pidfd, pid, proc, ret, &e) == 0, "%s", e.text);
	close(pidfd);
	close(proc);
	return pid;
}

/* What a foreground `run` does of all this; it goes on living. */
static _Noreturn void own(struct run_record *r, int ready)
{
	struct statedir dir;
	struct err e = { 0 };

	if (statedir_reserve("r", "c1", &dir, &e) < 0 ||
	    record_write(&dir, RUN_PHASE_RUNNING, r, &e) < 0)
		_exit(1);
	statedir_stay(&dir);
	_exit(write(ready, "", 1) != 1 || pause());
}

static void start(int row)
{
	struct oci_id_mapping range = { .host_id = 100000, .size = 5000 };
	struct pidfd_identity id;
	struct run_record r = { .version = RUN_RECORD_VERSION,
				.id = (char *)"c1",
				.bundle = (char *)"/b",
				.rootfs = (char *)"/b/r",
				.created = (char *)"2026-11-22T03:12:08Z",
				.owned = rows[row].owned };
	char byte;
	int p[2];

	children[0] = start_init(&id);
	r.boot_id = id.boot_id;
	r.pid = (struct oci_opt_int){ true, children[0] };
	r.start_time = (struct oci_opt_uint){ true, id.start_time };
	r.inode = (struct oci_opt_uint){ true, id.inode };
	if (rows[row].holds == IDS) {
		r.id_uids.v = r.id_gids.v = &range;
		r.id_uids.n = r.id_gids.n = 1;
	} else if (rows[row].holds == LABEL) {
		r.process_label = (char *)"system_u:system_r:container_t:s0:c1,c2";
	}
	ck_assert_int_eq(pipe(p), 0);
	children[1] = fork();
	if (children[1] == 0)
		own(&r, p[1]);
	close(p[1]);
	ck_assert_int_eq(read(p[0], &byte, 1), 1);
	close(p[0]);
}

/* ---- who asks -------------------------------------------------------------------------------- */

static int see(const struct run_record *r, void *arg, struct err *e)
{
	(void)e;
	ck_assert_str_eq(r->id, "c1");
	++*(int *)arg;
	return 0;
}

static void forget(void *arg)
{
	*(int *)arg = 0;
}

static int ask(int row)
{
	const struct run_context ctx = { .root = "r",
					 .cgroup_manager = RUN_CGROUP_DISABLED };
	const struct run_create_args args = { .id = "c2" };
	struct container c = { .ctx = &ctx, .args = &args, .ids_lock = -1 };
	int seen = 0;
	const struct lost_survey survey = { see, forget, &seen };
	struct err e = { 0 };

	if (rows[row].locked)
		c.ids_lock = used_lock("r", 0, &e);
	ck_assert_msg(lost_survey(&c, &survey, &e) == 0, "%s", e.text);
	ck_assert_int_ge(c.ids_lock, 0);
	close(c.ids_lock);
	oci_arena_free(&c.arena);
	return seen;
}

START_TEST(test_row)
{
	folder_make();
	atexit(end_all); /* of a row that fails, too */
	start(_i);
	ck_assert_msg(ask(_i) == 1, "%s: all live", rows[_i].what);
	if (!(rows[_i].lives & INIT))
		end(&children[0]);
	if (!(rows[_i].lives & OWNER))
		end(&children[1]);
	ck_assert_msg(ask(_i) == rows[_i].stays, "%s", rows[_i].what);
	ck_assert_msg((access("r/c1", F_OK) == 0) == rows[_i].stays, "%s", rows[_i].what);
}
END_TEST

static void tests(TCase *t)
{
	tcase_add_loop_test(t, test_row, 0, ROWS(rows));
}

int main(void)
{
	return suite_run("lost", tests);
}
