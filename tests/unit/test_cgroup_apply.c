/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done to a cgroup's files, on plain directories that look like cgroups: which
 * values are written in which order, what a missing file means, which processes are listed,
 * how events are waited for. The kernel's side is in tests/live/test_cgroup.c.
 */
#include "cgroup/cgroup.h"
#include "cgroup/dir.h"

#include "base/file.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/wolffia-unit-XXXXXX";
static struct cgroup cg;
static struct err e;

static void put(const char *path, const char *text)
{
	int fd = openat(cg.dirs[0].fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static const char *get(const char *path)
{
	static char text[256];

	if (file_read_value(cg.dirs[0].fd, path, text, sizeof(text)) < 0)
		return "(none)";
	return text;
}

static void setup(void)
{
	memcpy(root + strlen(root) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(root));
	memset(&e, 0, sizeof(e));
	cg = (struct cgroup){ .n = 1, .dirs = { { .mount = "/cg", .path = "/box" } } };
	cg.dirs[0].fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cg.dirs[0].base = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(cg.dirs[0].fd, 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void teardown(void)
{
	cgroup_close(&cg);
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- values ------------------------------------------------------------------------------ */

#define W(flags_, file_, value_)                                               \
	{                                                                      \
		.flags = flags_, .member = "linux.resources.m", .file = file_, \
		.value = value_                                                \
	}

static const struct {
	struct cgroup_write writes[3];
	const char *files; /* that exist: "a b" */
	const char *a, *b, *error; /* their content afterwards */
} applies[] = {
	{ { W(0, "a", "1"), W(0, "b", "2") }, "a b", "1", "2", NULL },
	{ { W(0, "a", "1"), W(0, "a", "2") }, "a b", "2", "", NULL }, /* in order */
	{ { W(0, "c", "1") },
	  "a b",
	  "",
	  "",
	  "linux.resources.m: the kernel has no file c in "
	  "/cg/box" },
	{ { W(0, "c", "1"), W(0, "a", "2") },
	  "a b",
	  "",
	  "",
	  "linux.resources.m: the kernel has no file c in /cg/box" },
	/* optional */
	{ { W(CGROUP_WRITE_OPTIONAL, "c", "1"), W(0, "b", "2") }, "a b", "", "2", NULL },
	{ { W(CGROUP_WRITE_OPTIONAL, "a", "1"), W(0, "b", "2") }, "a b", "1", "2", NULL },
	/* one or the other */
	{ { W(0, "a", "1"), W(CGROUP_WRITE_ELSE, "b", "2") }, "a b", "1", "", NULL },
	{ { W(0, "c", "1"), W(CGROUP_WRITE_ELSE, "b", "2") }, "a b", "", "2", NULL },
	{ { W(0, "c", "1"), W(CGROUP_WRITE_ELSE, "d", "2") },
	  "a b",
	  "",
	  "",
	  "linux.resources.m: the kernel has no file d in /cg/box" },
	{ { W(0, "c", "1"), W(CGROUP_WRITE_ELSE, "a", "2"),
	    W(CGROUP_WRITE_ELSE, "b", "3") },
	  "a b",
	  "2",
	  "",
	  NULL },
	/* later */
	{ { W(CGROUP_WRITE_LATE, "a", "0"), W(0, "b", "2") }, "a b", "", "2", NULL },
};

START_TEST(values)
{
	struct cgroup_plan plan = { .devices.dir = -1 };
	struct cgroup_write w[3];

	memcpy(w, applies[_i].writes, sizeof(w));
	while (plan.n_writes < 3 && w[plan.n_writes].file)
		plan.n_writes++;
	plan.writes = w;
	put("a", "");
	put("b", "");
	put("cgroup.procs", ""); /* without it the cgroup would be gone */
	if (applies[_i].error) {
		ck_assert_int_eq(cgroup_apply(&plan, &cg, &e), -1);
		ck_assert_str_eq(e.text, applies[_i].error);
	} else {
		ck_assert_msg(cgroup_apply(&plan, &cg, &e) == 0, "%s", e.text);
	}
	ck_assert_str_eq(get("a"), applies[_i].a);
	ck_assert_str_eq(get("b"), applies[_i].b);
}
END_TEST

START_TEST(late_values_and_device_lines)
{
	static const char *const lines[] = { "deny a", "allow c 1:3 rwm",
					     "allow c 1:5 rwm" };
	struct cgroup_write w[] = { W(0, "a", "1"), W(CGROUP_WRITE_LATE, "b", "0") };
	struct cgroup_plan plan = { .n_writes = 2, .writes = w };

	put("a", "");
	put("b", "");
	put("devices.allow", "");
	put("devices.deny", "");
	plan.devices.n_lines = ARRAY_SIZE(lines);
	plan.devices.lines = lines;
	ck_assert_int_eq(cgroup_devices_apply(&plan, &cg, &e), 0);
	ck_assert_str_eq(get("a"), "");
	ck_assert_str_eq(get("b"), "0");
	ck_assert_str_eq(get("devices.deny"), "a");
	ck_assert_str_eq(get("devices.allow"), "c 1:5 rwm");
}
END_TEST

START_TEST(device_line_refused)
{
	static const char *const lines[] = { "deny a" };
	struct cgroup_plan plan = { .devices = { .n_lines = 1, .lines = lines } };

	ck_assert_int_eq(cgroup_devices_apply(&plan, &cg, &e), -1);
	ck_assert_str_eq(e.text,
			 "linux.resources.devices: write \"a\" to devices.deny: it does "
			 "not exist");
}
END_TEST

/* ---- processes ------------------------------------------------------------------------------ */

START_TEST(pids_of_the_tree)
{
	static const pid_t expected[] = { 5, 70000, 12, 13 };
	pid_t *pids;

	put("cgroup.procs", "5\n0\n70000\n"); /* 0: of another pid namespace */
	ck_assert_int_eq(mkdirat(cg.dirs[0].fd, "sub", 0755), 0);
	ck_assert_int_eq(mkdirat(cg.dirs[0].fd, "sub/deep", 0755), 0);
	ck_assert_int_eq(mkdirat(cg.dirs[0].fd, "vanishing", 0755),
			 0); /* no cgroup.procs */
	put("sub/cgroup.procs", "12\n");
	put("sub/deep/cgroup.procs", "13\n");
	ck_assert_int_eq(cgroup_pids(&cg, &pids, &e), ARRAY_SIZE(expected));
	ck_assert_mem_eq(pids, expected, sizeof(expected));
	free(pids);
}
END_TEST

START_TEST(no_pids)
{
	pid_t *pids = NULL;

	put("cgroup.procs", "");
	ck_assert_int_eq(cgroup_pids(&cg, &pids, &e), 0);
	free(pids);
}
END_TEST

START_TEST(joining)
{
	put("cgroup.procs", "");
	ck_assert_int_eq(cgroup_join(&cg, 4711, false, &e), 0);
	ck_assert_str_eq(get("cgroup.procs"), "4711");
	/* born inside: nothing is written to the v2 cgroup */
	cg.dirs[0].v2 = true;
	ck_assert_int_eq(cgroup_join(&cg, 4712, true, &e), 0);
	ck_assert_str_eq(get("cgroup.procs"), "4711");
	ck_assert_int_eq(cgroup_join(&cg, 4713, false, &e), 0);
	ck_assert_str_eq(get("cgroup.procs"), "4713");
}
END_TEST

START_TEST(joining_fails)
{
	ck_assert_int_eq(cgroup_join(&cg, 4711, false, &e), -1);
	ck_assert_str_eq(e.text, "move process 4711 to /cg/box: it does not exist");
}
END_TEST

/* ---- freezing ----------------------------------------------------------------------------- */

START_TEST(freezing_v1)
{
	cg.dirs[0].controllers = 1u << CGROUP_FREEZER;
	put("freezer.state", "THAWED");
	put("freezer.self_freezing", "0\n");
	ck_assert_int_eq(cgroup_is_frozen(&cg, &e), 0);
	ck_assert_int_eq(cgroup_freeze(&cg, true, 100, &e), 0);
	ck_assert_str_eq(get("freezer.state"), "FROZEN");
	put("freezer.self_freezing", "1\n");
	ck_assert_int_eq(cgroup_is_frozen(&cg, &e), 1);
	/* a plain file keeps the longer rest of what stood there */
	put("freezer.state", "");
	ck_assert_int_eq(cgroup_freeze(&cg, false, 100, &e), 0);
	ck_assert_str_eq(get("freezer.state"), "THAWED");
}
END_TEST

START_TEST(freezing_times_out)
{
	cg.dirs[0].v2 = true;
	put("cgroup.freeze", "0");
	put("cgroup.events", "populated 1\nfrozen 0\n");
	ck_assert_int_eq(cgroup_freeze(&cg, true, 20, &e), -1);
	ck_assert_str_eq(e.text, "freeze /cg/box: Connection timed out");
	ck_assert_str_eq(get("cgroup.freeze"), "0"); /* taken back */
}
END_TEST

START_TEST(no_freezer)
{
	cg.dirs[0].controllers = 1u << CGROUP_PIDS;
	ck_assert_int_eq(cgroup_is_frozen(&cg, &e), 0);
	ck_assert_int_eq(cgroup_freeze(&cg, false, 20, &e), -1);
	ck_assert_str_eq(e.text, "the container has no cgroup that can thaw");
	ck_assert_str_eq(e.hint, "pausing needs cgroup v2 or the v1 controller freezer");
}
END_TEST

/* ---- directories ------------------------------------------------------------------------------ */

static const struct {
	const char *text, *key;
	int value;
} events[] = {
	{ "populated 1\nfrozen 0\n", "populated", 1 },
	{ "populated 0\nfrozen 1\n", "populated", 0 },
	{ "populated 0\nfrozen 1\n", "frozen", 1 },
	{ "populated 0\n", "frozen", -1 },
	{ "xfrozen 1\n", "frozen", -1 },
	{ "", "frozen", -1 },
};

START_TEST(event_values)
{
	put("cgroup.events", events[_i].text);
	ck_assert_int_eq(dir_event(cg.dirs[0].fd, events[_i].key), events[_i].value);
	if (events[_i].value >= 0) {
		ck_assert(dir_event_wait(cg.dirs[0].fd, events[_i].key, events[_i].value,
					 0));
		ck_assert(!dir_event_wait(cg.dirs[0].fd, events[_i].key,
					  !events[_i].value, 5));
	}
}
END_TEST

START_TEST(paths)
{
	struct cgroup_dir dir = { .mount = "/m", .path = "/a/bc/d" };
	char name[64];

	ck_assert_uint_eq(path_depth("/a"), 1);
	ck_assert_uint_eq(path_depth("/a/bc/d"), 3);
	ck_assert_uint_eq(path_prefix("/a/bc/d", 0), 0);
	ck_assert_uint_eq(path_prefix("/a/bc/d", 1), 2);
	ck_assert_uint_eq(path_prefix("/a/bc/d", 2), 5);
	ck_assert_uint_eq(path_prefix("/a/bc/d", 3), 7);
	ck_assert_str_eq(dir_name(&dir, 2, name, sizeof(name)), "/m/a/bc");
	ck_assert_str_eq(dir_name(&dir, 0, name, sizeof(name)), "/m");
}
END_TEST

/* A symlink is never followed, and nothing above the mount point is reached. */
START_TEST(opening_stays_beneath)
{
	struct cgroup_dir *dir = &cg.dirs[0];
	int fd;

	ck_assert_int_eq(mkdirat(dir->fd, "real", 0755), 0);
	ck_assert_int_eq(mkdirat(dir->fd, "real/in", 0755), 0);
	ck_assert_int_eq(symlinkat("real", dir->fd, "link"), 0);
	ck_assert_int_eq(symlinkat("/", dir->fd, "out"), 0);
	dir->path = "/real/in";
	fd = dir_open(dir, 2);
	ck_assert_int_ge(fd, 0);
	close(fd);
	dir->path = "/link/in";
	ck_assert_int_eq(dir_open(dir, 2), -1);
	ck_assert_int_eq(dir_open(dir, 1), -1);
	dir->path = "/out/tmp";
	ck_assert_int_eq(dir_open(dir, 2), -1);
	dir->path = "/../tmp";
	ck_assert_int_eq(dir_open(dir, 2), -1);
	dir->path = "/real/none";
	ck_assert_int_eq(dir_open(dir, 2), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* A mount point that is no cgroup filesystem is not entered at all. */
START_TEST(not_cgroupfs)
{
	struct cgroup_plan_dir at = { .mount = root, .path = "/x", .v2 = true };
	struct cgroup_plan plan = { .n_dirs = 1, .dirs = &at };
	struct cgroup other;
	char expected[80];

	snprintf(expected, sizeof(expected), "%s is not a cgroup2 filesystem", root);
	ck_assert_int_eq(cgroup_survey(&plan, &other, &e), -1);
	ck_assert_str_eq(e.text, expected);
	err_clear(&e);
	at.v2 = false;
	snprintf(expected, sizeof(expected), "%s is not a cgroup filesystem", root);
	ck_assert_int_eq(cgroup_survey(&plan, &other, &e), -1);
	ck_assert_str_eq(e.text, expected);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup_apply");
	TCase *t = tcase_create("apply");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, values, 0, ARRAY_SIZE(applies));
	tcase_add_test(t, late_values_and_device_lines);
	tcase_add_test(t, device_line_refused);
	tcase_add_test(t, pids_of_the_tree);
	tcase_add_test(t, no_pids);
	tcase_add_test(t, joining);
	tcase_add_test(t, joining_fails);
	tcase_add_test(t, freezing_v1);
	tcase_add_test(t, freezing_times_out);
	tcase_add_test(t, no_freezer);
	tcase_add_loop_test(t, event_values, 0, ARRAY_SIZE(events));
	tcase_add_test(t, paths);
	tcase_add_test(t, opening_stays_beneath);
	tcase_add_test(t, not_cgroupfs);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
