/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record: what is written is read again, phases, and every way it can be damaged. */
#include "run/record.h"

#include "base/fd.h"

#include "folder.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct statedir dir;
static struct oci_arena arena;

static void begin(void)
{
	struct err e = { 0 };

	folder_make();
	ck_assert_int_eq(statedir_reserve("r", "c1", &dir, &e), 0);
}

static struct run_record sample(void)
{
	static struct run_tree trees[] = { { "/v \"1\"", "u:o:t:s0:c1,c2", 64512,
					     UINT64_MAX } };
	static struct oci_pair cgroup[] = { { "v2", "/sys/fs/cgroup /a/\"b\"\n 1 2" } };

	return (struct run_record){ .version = RUN_RECORD_VERSION,
				    .id = "c1",
				    .bundle = "/b",
				    .rootfs = "/b/rootfs",
				    .created = "2026-11-22T03:12:08.123456789Z",
				    .uid = UINT32_MAX,
				    .boot_id = "f1e2",
				    .pid = { true, 4242 },
				    .start_time = { true, UINT64_MAX },
				    .inode = { true, 12 },
				    .handle = "000000fe0011",
				    .pidns_dev = { true, 4 },
				    .pidns_ino = { true, UINT64_MAX },
				    .home_ino = { true, 5 },
				    .cgroup = { .v = cgroup, .n = 1 },
				    .process_label = "u:r:t:s0:c1,c2",
				    .private_trees = { .v = trees, .n = 1 },
				    .reread = true };
}

START_TEST(test_write_and_read)
{
	struct run_record r = sample(), *got = NULL;
	enum run_phase phase = RUN_PHASE_NONE;
	struct err e = { 0 };
	struct stat st;

	begin();
	ck_assert_int_eq(record_read(&dir, &arena, &got, &phase, &e), 0);
	ck_assert_ptr_null(got);
	ck_assert_int_eq(phase, RUN_PHASE_NONE);
	ck_assert_int_eq(record_write(&dir, RUN_PHASE_CREATING, &r, &e), 0);
	ck_assert_int_eq(stat("r/c1/creating", &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_msg(record_read(&dir, &arena, &got, &phase, &e) == 0, "%s", e.text);
	ck_assert_int_eq(phase, RUN_PHASE_CREATING);
	ck_assert_str_eq(got->id, "c1");
	ck_assert_str_eq(got->bundle, "/b");
	ck_assert_str_eq(got->rootfs, "/b/rootfs");
	ck_assert_str_eq(got->created, r.created);
	ck_assert_uint_eq(got->uid, UINT32_MAX);
	ck_assert_int_eq(got->pid.v, 4242);
	ck_assert_uint_eq(got->start_time.v, UINT64_MAX);
	ck_assert_uint_eq(got->inode.v, 12);
	ck_assert_str_eq(got->handle, r.handle);
	ck_assert_uint_eq(got->pidns_dev.v, 4);
	ck_assert_uint_eq(got->pidns_ino.v, UINT64_MAX);
	ck_assert_uint_eq(got->home_ino.v, 5);
	ck_assert_str_eq(got->cgroup.v[0].value, r.cgroup.v[0].value);
	ck_assert(got->reread && !got->no_process);
	ck_assert_str_eq(got->process_label, "u:r:t:s0:c1,c2");
	ck_assert_ptr_null(got->mount_label);
	ck_assert_uint_eq(got->private_trees.n, 1);
	ck_assert_str_eq(got->private_trees.v[0].path, "/v \"1\"");
	ck_assert_uint_eq(got->private_trees.v[0].ino, UINT64_MAX);
}
END_TEST

START_TEST(test_without_pid)
{
	struct run_record r = sample(), *got = NULL;
	enum run_phase phase;
	struct err e = { 0 };

	begin();
	r.pid.set = false;
	r.handle = NULL;
	ck_assert_int_eq(record_write(&dir, RUN_PHASE_CREATING, &r, &e), 0);
	ck_assert_int_eq(record_read(&dir, &arena, &got, &phase, &e), 0);
	ck_assert(!got->pid.set);
	ck_assert_ptr_null(got->handle);
}
END_TEST

START_TEST(test_phases)
{
	struct run_record r = sample(), *got = NULL;
	enum run_phase phase;
	struct err e = { 0 };

	begin();
	ck_assert_int_eq(record_write(&dir, RUN_PHASE_CREATING, &r, &e), 0);
	ck_assert_int_eq(record_advance(&dir, RUN_PHASE_CREATING, RUN_PHASE_CREATED, &e),
			 0);
	ck_assert_int_eq(record_read(&dir, &arena, &got, &phase, &e), 0);
	ck_assert_int_eq(phase, RUN_PHASE_CREATED);
	ck_assert_int_eq(record_advance(&dir, RUN_PHASE_CREATED, RUN_PHASE_RUNNING, &e),
			 0);
	ck_assert_int_eq(record_read(&dir, &arena, &got, &phase, &e), 0);
	ck_assert_int_eq(phase, RUN_PHASE_RUNNING);
	ck_assert_int_eq(record_advance(&dir, RUN_PHASE_CREATED, RUN_PHASE_RUNNING, &e),
			 -1);
	ck_assert_str_eq(e.text,
			 "state record: from created to running: it does not exist");
}
END_TEST

/* ---- damage ----------------------------------------------------------------------------------- */

#define GOOD                                                                 \
	"\"version\":1,\"id\":\"c1\",\"bundle\":\"/b\",\"rootfs\":\"/b/r\"," \
	"\"created\":\"x\",\"uid\":0,\"bootId\":\"\""

static const struct {
	const char *text;
	const char *error; /* a part of it; NULL: none */
} texts[] = {
	{ "{" GOOD "}", NULL },
	{ "{" GOOD ",\"added\":[{\"later\":1}]}", NULL },
	{ "", "damaged state record: " },
	{ " \n", "damaged state record: " },
	{ "{}", "missing" },
	{ "null", "damaged state record: " },
	{ "[]", "damaged state record: " },
	{ "0", "damaged state record: " },
	{ "{" GOOD, "damaged state record: " }, /* cut */
	{ "{" GOOD "}}", "damaged state record: " },
	{ "\xff\xfe{}", "damaged state record: " },
	{ "{" GOOD ",\"pid\":-1}", "pid" },
	{ "{" GOOD ",\"pid\":0}", "pid" },
	{ "{" GOOD ",\"pid\":\"1\"}", "pid" },
	{ "{" GOOD ",\"pid\":99999999999}", "pid" },
	{ "{" GOOD ",\"startTime\":-1}", "startTime" },
	{ "{" GOOD ",\"uid\":1}", "uid" }, /* twice */
	{ "{" GOOD ",\"cgroup\":[]}", "cgroup" },
	{ "{" GOOD ",\"pidNamespaceInode\":\"4\"}", "pidNamespaceInode" },
	/* of an older version of ours */
	{ "{" GOOD ",\"namespaces\":[{\"type\":\"pid\",\"dev\":1,\"ino\":1}]}", NULL },
	{ "{\"version\":2,\"id\":\"c1\",\"bundle\":\"/b\",\"rootfs\":\"/r\","
	  "\"created\":\"x\",\"uid\":0,\"bootId\":\"\"}",
	  "version" },
	{ "{\"version\":1,\"id\":\"c2\",\"bundle\":\"/b\",\"rootfs\":\"/r\","
	  "\"created\":\"x\",\"uid\":0,\"bootId\":\"\"}",
	  "it belongs to container c2" },
	{ "{\"version\":1,\"id\":\"c1\",\"bundle\":\"b\",\"rootfs\":\"/r\","
	  "\"created\":\"x\",\"uid\":0,\"bootId\":\"\"}",
	  "bundle" },
};

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_eq(fd_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void expect_damaged(const char *part)
{
	struct run_record *got = NULL;
	enum run_phase phase = RUN_PHASE_NONE;
	struct err e = { 0 };

	ck_assert_int_eq(record_read(&dir, &arena, &got, &phase, &e), -1);
	ck_assert_int_eq(e.code, EBADMSG);
	ck_assert_msg(strstr(e.text, part) != NULL, "%s", e.text);
	ck_assert_int_eq(strncmp(e.text, "damaged state record: ", 22), 0);
	ck_assert_str_eq(e.hint, "`delete --force` removes the container");
	ck_assert_ptr_null(got);
}

START_TEST(test_text)
{
	struct run_record *got = NULL;
	enum run_phase phase;
	struct err e = { 0 };

	begin();
	put("r/c1/running", texts[_i].text);
	if (texts[_i].error) {
		expect_damaged(texts[_i].error);
		return;
	}
	ck_assert_msg(record_read(&dir, &arena, &got, &phase, &e) == 0, "%s", e.text);
	ck_assert_str_eq(got->rootfs, "/b/r");
}
END_TEST

/* Every beginning of a good record is a damaged one. */
START_TEST(test_truncated)
{
	struct run_record r = sample();
	struct err e = { 0 };
	struct stat st;

	begin();
	ck_assert_int_eq(record_write(&dir, RUN_PHASE_RUNNING, &r, &e), 0);
	ck_assert_int_eq(stat("r/c1/running", &st), 0);
	for (off_t n = st.st_size - 2; n >= 0; n--) {
		ck_assert_int_eq(truncate("r/c1/running", n), 0);
		expect_damaged("");
	}
}
END_TEST

enum odd { A_DIRECTORY, A_FIFO, A_LINK, A_LOOP, TOO_LONG, ODD_KINDS };

/* None of these may block, be followed or crash. */
START_TEST(test_odd_file)
{
	begin();
	switch ((enum odd)_i) {
	case A_DIRECTORY:
		ck_assert_int_eq(mkdir("r/c1/running", 0700), 0);
		break;
	case A_FIFO:
		ck_assert_int_eq(mkfifo("r/c1/running", 0600), 0);
		break;
	case A_LINK:
		put("r/good", "{" GOOD "}");
		ck_assert_int_eq(symlink("../good", "r/c1/running"), 0);
		break;
	case A_LOOP:
		ck_assert_int_eq(symlink("running", "r/c1/running"), 0);
		break;
	case TOO_LONG:
		put("r/c1/running", "{");
		ck_assert_int_eq(truncate("r/c1/running", 1 << 30), 0);
		break;
	case ODD_KINDS:
		break;
	}
	expect_damaged("running");
}
END_TEST

/* The copy is of use when the record is not. */
START_TEST(test_spare)
{
	struct run_record r = sample(), *got = NULL;
	struct err e = { 0 };

	begin();
	ck_assert_int_eq(record_write(&dir, RUN_PHASE_CREATING, &r, &e), 0);
	r.pid.v = 4243; /* written again: the copy is the last one */
	ck_assert_int_eq(record_write(&dir, RUN_PHASE_RUNNING, &r, &e), 0);
	put("r/c1/running", "{}");
	expect_damaged("missing");
	ck_assert_msg(record_read_spare(&dir, &arena, &got, &e) == 0, "%s", e.text);
	ck_assert_int_eq(got->pid.v, 4243);
	ck_assert_str_eq(got->cgroup.v[0].key, "v2");
	ck_assert_uint_eq(got->annotations.n, 0);
	ck_assert_uint_eq(got->pidns_ino.v, UINT64_MAX);
}
END_TEST

static const struct {
	enum run_phase phase;
	const char *missing; /* taken away before */
	bool whole;
	int annotations; /* that are seen; -1: nothing is */
} glances[] = {
	{ RUN_PHASE_RUNNING, NULL, false, 0 },
	{ RUN_PHASE_RUNNING, NULL, true, 1 },
	{ RUN_PHASE_CREATED, NULL, false, 0 },
	{ RUN_PHASE_CREATED, NULL, true, 1 },
	{ RUN_PHASE_CREATED, "spare", false, 1 },
	{ RUN_PHASE_RUNNING, "spare", true, 1 },
	{ RUN_PHASE_CREATING, NULL, false, -1 },
	{ RUN_PHASE_CREATING, NULL, true, -1 },
	{ RUN_PHASE_RUNNING, "running", false, -1 },
	{ RUN_PHASE_RUNNING, "running", true, -1 },
};

START_TEST(test_glance)
{
	static struct oci_pair annotation[] = { { "a", "b" } };
	struct run_record r = sample(), *got = NULL;
	enum run_phase phase = RUN_PHASE_NONE;
	int root, expected = glances[_i].annotations;
	struct err e = { 0 };
	bool seen;

	begin();
	r.annotations = (struct oci_map){ 1, annotation };
	ck_assert_int_eq(record_write(&dir, glances[_i].phase, &r, &e), 0);
	if (glances[_i].missing)
		ck_assert_int_eq(unlinkat(dir.dir, glances[_i].missing, 0), 0);
	root = open("r", O_RDONLY | O_DIRECTORY);
	seen = record_glance(root, "c1", glances[_i].whole, &arena, &got, &phase);
	ck_assert_int_eq(seen, expected >= 0);
	if (!seen)
		return;
	ck_assert_int_eq(phase, glances[_i].phase);
	ck_assert_str_eq(got->id, "c1");
	ck_assert_int_eq(got->annotations.n, expected);
	/* it must be the record of that id */
	ck_assert_int_eq(rename("r/c1", "r/c2"), 0);
	ck_assert(!record_glance(root, "c2", glances[_i].whole, &arena, &got, &phase));
	close(root);
}
END_TEST

static const struct {
	const char *target; /* of the link that is the copy; NULL: there is none */
	const char *error;
} spares[] = {
	{ NULL, "spare state record: it does not exist" },
	{ "{}", "damaged state record: spare:1:1: version: missing, " },
	{ "elsewhere", "damaged state record: " },
};

START_TEST(test_damaged_spare)
{
	struct run_record *got = NULL;
	struct err e = { 0 };

	begin();
	if (spares[_i].target)
		ck_assert_int_eq(symlink(spares[_i].target, "r/c1/spare"), 0);
	ck_assert_int_eq(record_read_spare(&dir, &arena, &got, &e), -1);
	ck_assert_msg(strncmp(e.text, spares[_i].error, strlen(spares[_i].error)) == 0,
		      "%s", e.text);
	ck_assert_ptr_null(got);
}
END_TEST

/* What has no room in a link has no copy; that is no reason to fail. */
START_TEST(test_no_room_for_a_spare)
{
	struct run_record r = sample(), *got = NULL;
	enum run_phase phase;
	struct err e = { 0 };
	char longer[4096];

	begin();
	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	r.bundle = longer;
	ck_assert_int_eq(record_write(&dir, RUN_PHASE_RUNNING, &r, &e), 0);
	ck_assert_int_eq(record_read(&dir, &arena, &got, &phase, &e), 0);
	ck_assert_str_eq(got->bundle, longer);
	ck_assert_int_eq(record_read_spare(&dir, &arena, &got, &e), -1);
}
END_TEST

START_TEST(test_nowhere_to_write)
{
	struct run_record r = sample();
	struct err e = { 0 };

	begin();
	ck_assert_int_eq(mkdir("r/c1/creating", 0700), 0);
	ck_assert_int_eq(record_write(&dir, RUN_PHASE_CREATING, &r, &e), -1);
	ck_assert_str_eq(e.text, "state record: c1: write creating: Is a directory");
	err_clear(&e);
	ck_assert_int_eq(rmdir("r/c1/creating"), 0);
	ck_assert_int_eq(statedir_remove(&dir, &e), 0);
	ck_assert_int_eq(record_write(&dir, RUN_PHASE_CREATING, &r, &e), -1);
	ck_assert_str_eq(e.text, "state record: c1: create creating: it does not exist");
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, test_write_and_read);
	tcase_add_test(t, test_without_pid);
	tcase_add_test(t, test_phases);
	tcase_add_loop_test(t, test_text, 0, ROWS(texts));
	tcase_add_test(t, test_truncated);
	tcase_add_loop_test(t, test_odd_file, 0, ODD_KINDS);
	tcase_add_test(t, test_spare);
	tcase_add_loop_test(t, test_glance, 0, ROWS(glances));
	tcase_add_loop_test(t, test_damaged_spare, 0, ROWS(spares));
	tcase_add_test(t, test_no_room_for_a_spare);
	tcase_add_test(t, test_nowhere_to_write);
}

int main(void)
{
	return suite_run("record", fill);
}
