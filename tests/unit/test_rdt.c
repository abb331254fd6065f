/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.intelRdt against a tree that behaves like resctrl: mkdir makes a group with its
 * files, rmdir takes both away. These two calls are replaced below for directories of the
 * tree; the plan and the comparison of schemata are tested as rows.
 */
#include "cgroup/rdt.h"

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "folder.h"
#include "libocispec/oci.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

static struct oci_arena arena;
static struct err e;
static const char *tree; /* the mount point */
static bool full; /* no class or monitoring id is left */

/* ---- a file system like resctrl ---------------------------------------------------------- */

static void put_at(int dir, const char *path, const char *text)
{
	int fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static const char default_schemata[] = "    MB:0=100;1=100\n    L3:0=fffff;1=fffff\n";

static void group_fill(int fd, bool monitoring)
{
	put_at(fd, "tasks", "");
	if (monitoring)
		return;
	put_at(fd, "schemata", default_schemata);
	ck_assert_int_eq((int)syscall(SYS_mkdirat, fd, "mon_groups", 0755), 0);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	int fd;

	if (full) {
		errno = ENOSPC;
		return -1;
	}
	if (syscall(SYS_mkdirat, dir, path, mode) < 0)
		return -1;
	fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	group_fill(fd, strstr(path, "mon_groups/"));
	close(fd);
	return 0;
}

int unlinkat(int dir, const char *path, int flags)
{
	char command[512];

	if (faccessat(dir, path, F_OK, 0) < 0)
		return -1;
	if (!(flags & AT_REMOVEDIR))
		return (int)syscall(SYS_unlinkat, dir, path, flags);
	snprintf(command, sizeof(command), "rm -r '%s/%s'", tree, path);
	return system(command);
}

static void put(const char *path, const char *text)
{
	put_at(AT_FDCWD, path, text);
}

static const char *get(const char *path)
{
	static char text[4][512];
	static int i;

	i = (i + 1) % 4;
	if (file_read_value(AT_FDCWD, path, text[i], sizeof(text[i])) < 0)
		return "(none)";
	return text[i];
}

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void setup(void)
{
	int fd;

	tree = folder_make();
	fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	group_fill(fd, false);
	close(fd);
	memset(&e, 0, sizeof(e));
	full = false;
	mkdir("info", 0755);
	put("info/last_cmd_status", "ok\n");
}

/* ---- the plan ----------------------------------------------------------------------------- */

static struct oci_intel_rdt *decode(const char *json)
{
	auto_str text = { 0 };
	struct oci_config *config = NULL;
	struct oci_error error;

	str_addf(&text,
		 "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":"
		 "{\"intelRdt\":%s}}",
		 json);
	ck_assert_msg(oci_decode_config(&arena, "c", text.s, text.n, &config, &error) ==
			      0,
		      "%s", error.text);
	return config->linux->intel_rdt;
}

static const struct {
	const char *json, *text;
} plans[] = {
	/* S131: no closID: the container's id, gone at delete */
	{ "{}", "own ID" },
	{ "{\"l3CacheSchema\":\"L3:0=f\"}", "own ID; L3:0=f\n" },
	/* S124 */
	{ "{\"closID\":\"/\"}", "default" },
	/* S134: alone: must exist */
	{ "{\"closID\":\"gold\"}", "gold must exist" },
	{ "{\"closID\":\"gold\",\"enableMonitoring\":true}",
	  "gold must exist; monitor ID" },
	{ "{\"closID\":\"gold\",\"enableMonitoring\":false}", "gold must exist" },
	{ "{\"closID\":\"gold\",\"enableMBM\":true}", "gold must exist; monitor ID" },
	{ "{\"closID\":\"gold\",\"enableCMT\":true,\"enableMonitoring\":false}",
	  "gold must exist" },
	/* S132 */
	{ "{\"closID\":\"gold\",\"memBwSchema\":\"MB:0=20\"}", "gold; MB:0=20\n" },
	/* S127: L3 first, MB last; an MB line of the former does not count then */
	{ "{\"memBwSchema\":\"MB:0=20\",\"l3CacheSchema\":\"L3:0=f\"}",
	  "own ID; L3:0=f\nMB:0=20\n" },
	{ "{\"memBwSchema\":\"MB:0=20\",\"l3CacheSchema\":\"L3:0=f\\nMB:0=30\"}",
	  "own ID; L3:0=f\nMB:0=20\n" },
	{ "{\"l3CacheSchema\":\"L3:0=f\\nMB:0=30\"}", "own ID; L3:0=f\nMB:0=30\n" },
	/* S129: schemata after the two others */
	{ "{\"schemata\":[\"L2:0=1\",\"MB:1=50\"],\"l3CacheSchema\":\"L3:0=f\"}",
	  "own ID; L3:0=f\n; L2:0=1\nMB:1=50\n" },
	{ "{\"closID\":\"a\",\"schemata\":[\"L2:0=1\"]}", "a; ; L2:0=1\n" },
	{ "{\"closID\":\"a\",\"schemata\":[]}", "a must exist" },
	{ "{\"closID\":\"info\"}",
	  "linux.intelRdt.closID: resctrl has a directory \"info\" of its own" },
	{ "{\"closID\":\"mon_groups\"}",
	  "linux.intelRdt.closID: resctrl has a directory \"mon_groups\" of its own" },
};

START_TEST(plan)
{
	struct rdt_plan p;
	auto_str text = { 0 };

	if (rdt_plan_make(decode(plans[_i].json), "ID", "/m", &arena, &p, &e) < 0) {
		ck_assert_str_eq(e.text, plans[_i].text);
		return;
	}
	ck_assert_str_eq(p.mount, "/m");
	str_addf(&text, "%s%s%s", p.ours ? "own " : "", *p.group ? p.group : "default",
		 p.must_exist && *p.group ? " must exist" : "");
	if (p.first || p.second)
		str_addf(&text, "; %s", p.first ?: "");
	if (p.second)
		str_addf(&text, "; %s", p.second);
	if (p.monitor)
		str_addf(&text, "; monitor %s", p.monitor);
	ck_assert_str_eq(text.s, plans[_i].text);
	oci_arena_free(&arena);
}
END_TEST

/* S122 A112, S123 */
START_TEST(not_mounted)
{
	struct oci_intel_rdt r = { 0 };
	struct oci_map record;
	struct rdt_plan p;
	struct rdt rdt;

	ck_assert_int_eq(rdt_plan_make(&r, "ID", NULL, &arena, &p, &e), -1);
	ck_assert_str_eq(e.text, "linux.intelRdt: the resctrl filesystem is not mounted");
	ck_assert_ptr_nonnull(strstr(e.hint, "mount -t resctrl"));
	memset(&e, 0, sizeof(e));
	/* nothing asked for: nothing is done, mounted or not */
	ck_assert_int_eq(rdt_plan_make(NULL, "ID", "/m", &arena, &p, &e), 0);
	ck_assert_int_eq(rdt_survey(&p, &rdt, &e), 0);
	rdt_record(&rdt, &arena, &record);
	ck_assert_uint_eq(record.n, 0);
	ck_assert_int_eq(rdt_prepare(&p, &rdt, &e), 0);
	ck_assert_int_eq(rdt_join(&rdt, 1, &e), 0);
	ck_assert_int_eq(rdt_remove(&rdt, &e), 0);
	ck_assert_int_eq(rdt_undo(&rdt, &e), 0);
	ck_assert_int_eq(rdt_update(&rdt, "L3:0=f", NULL, &e), -1);
	rdt_close(&rdt);
}
END_TEST

/* ---- schemata ------------------------------------------------------------------------------ */

static const char shown[] = "    MB:0= 90;1=100\n  L3:0=000ff;1=fff00\nL3CODE:0=3\n";

static const struct {
	const char *wanted;
	const char *differs; /* NULL: they match */
} matches[] = {
	{ "", NULL },
	{ "L3:0=ff\n", NULL },
	{ "L3:0=ff;1=fff00\nMB:0=90\n", NULL },
	{ "L3: 0 = FF ; 1=0fff00", NULL },
	{ "L3:0=ff;\n", NULL },
	{ "L3CODE:0=03\n", NULL },
	{ "L3:0=fe\n", "L3:0=fe" },
	{ "MB:0=90;1=90\n", "MB:0=90;1=90" },
	{ "MB:0=90\nMB:1=9\n", "MB:1=9" },
	{ "L3:2=ff\n", "L3:2=ff" },
	{ "L2:0=ff\n", "L2:0=ff" },
	{ "L3DATA:0=3\n", "L3DATA:0=3" },
	/* 90 is a number here and a mask there */
	{ "MB:0=5a\n", "MB:0=5a" },
	/* the last word counts */
	{ "L3:0=1\nL3:0=ff\n", NULL },
	{ "L3:0=ff\nL3:0=1\n", "L3:0=ff" },
	{ "L3\n", "L3" },
	{ "L3:\n", "L3:" },
	{ "L3:0\n", "L3:0" },
	{ "L3:0=\n", "L3:0=" },
	{ "L3:x=1\n", "L3:x=1" },
	{ ":0=1\n", ":0=1" },
	{ "L3:0=fffffffffffffffff\n", "L3:0=fffffffffffffffff" },
	{ "L3:0=ff junk\n", "L3:0=ff junk" },
};

START_TEST(schemata)
{
	const char *line = NULL;
	bool same = rdt_schemata_match(matches[_i].wanted, shown, &line);

	ck_assert_int_eq(same, !matches[_i].differs);
	if (!same)
		ck_assert_int_eq(
			strncmp(line, matches[_i].differs, strlen(matches[_i].differs)),
			0);
}
END_TEST

/* ---- the life of a container's groups -------------------------------------------------------- */

static struct rdt_plan p;
static struct rdt rdt;

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, e.text)

static void begin(const char *json)
{
	OK(rdt_plan_make(decode(json), "ID", tree, &arena, &p, &e));
	OK(rdt_survey(&p, &rdt, &e));
}

static void refused_by_survey(const char *json, const char *text)
{
	OK(rdt_plan_make(decode(json), "ID", tree, &arena, &p, &e));
	ck_assert_int_eq(rdt_survey(&p, &rdt, &e), -1);
	ck_assert_msg(strstr(e.text, text), "%s", e.text);
	memset(&e, 0, sizeof(e));
}

/* What delete does: another process, from the record. */
static void remove_recorded(const struct oci_map *record)
{
	struct rdt again;

	OK(rdt_from_record(record, &again, &e));
	OK(rdt_remove(&again, &e));
	OK(rdt_remove(&again, &e)); /* gone already */
	rdt_close(&again);
}

START_TEST(own_class)
{
	struct oci_map before, after;

	begin("{\"l3CacheSchema\":\"L3:0=f\",\"memBwSchema\":\"MB:0=20\",\"schemata\":"
	      "[\"L3:1=1\"],\"enableMonitoring\":true}");
	rdt_record(&rdt, &arena, &before);
	ck_assert(!there("ID"));
	OK(rdt_prepare(&p, &rdt, &e));
	/* two writes, the second over the first: a plain file keeps the longer one's tail */
	ck_assert_int_eq(strncmp(get("ID/schemata"), "L3:1=1\nMB:0=20", 14), 0);
	OK(rdt_join(&rdt, 4711, &e));
	ck_assert_str_eq(get("ID/tasks"), "4711");
	ck_assert_str_eq(get("ID/mon_groups/ID/tasks"), "4711");
	ck_assert_str_eq(get("tasks"), "");
	rdt_record(&rdt, &arena, &after);
	ck_assert_uint_eq(before.n, after.n);
	OK(rdt_update(&rdt, "L3:0=7", "MB:0=10", &e));
	ck_assert_int_eq(strncmp(get("ID/schemata"), "L3:0=7\nMB:0=10", 14), 0);
	remove_recorded(&before);
	ck_assert(!there("ID"));
	rdt_close(&rdt);
}
END_TEST

START_TEST(own_class_exists)
{
	mkdirat(AT_FDCWD, "ID", 0755);
	refused_by_survey("{}", "linux.intelRdt: the class ");
	ck_assert(there("ID"));
}
END_TEST

START_TEST(default_class)
{
	struct oci_map record;

	begin("{\"closID\":\"/\",\"enableMonitoring\":true}");
	OK(rdt_prepare(&p, &rdt, &e));
	OK(rdt_join(&rdt, 4711, &e));
	ck_assert_str_eq(get("tasks"), "4711");
	ck_assert_str_eq(get("mon_groups/ID/tasks"), "4711");
	ck_assert_str_eq(get("schemata"), "    MB:0=100;1=100\n    L3:0=fffff;1=fffff");
	rdt_record(&rdt, &arena, &record);
	remove_recorded(&record);
	ck_assert(!there("mon_groups/ID") && there("schemata"));
	rdt_close(&rdt);
	refused_by_survey("{\"closID\":\"/\",\"memBwSchema\":\"MB:0=20\"}",
			  "schemata differ from \"MB:0=20\"");
}
END_TEST

START_TEST(given_class)
{
	struct oci_map record;

	/* S134: alone, it must be there */
	refused_by_survey("{\"closID\":\"gold\"}", "linux.intelRdt.closID: there is no");
	/* S132: with schemata it is made */
	begin("{\"closID\":\"gold\",\"l3CacheSchema\":\"L3:0=fffff;1=fffff\"}");
	OK(rdt_prepare(&p, &rdt, &e));
	OK(rdt_join(&rdt, 4711, &e));
	ck_assert_str_eq(get("gold/tasks"), "4711");
	/* S136: and never removed by delete */
	rdt_record(&rdt, &arena, &record);
	remove_recorded(&record);
	ck_assert(there("gold"));
	/* in use, it is not removed by a failing creation either */
	OK(rdt_undo(&rdt, &e));
	ck_assert(there("gold"));
	put("gold/tasks", "");
	OK(rdt_undo(&rdt, &e));
	ck_assert(!there("gold"));
	rdt_close(&rdt);
}
END_TEST

/* S133: a class that is there is compared, not changed. */
START_TEST(existing_class)
{
	mkdirat(AT_FDCWD, "gold", 0755);
	refused_by_survey("{\"closID\":\"gold\",\"memBwSchema\":\"MB:0=20\"}",
			  "/gold exists and its schemata differ from \"MB:0=20\"");
	begin("{\"closID\":\"gold\",\"memBwSchema\":\"MB:0=100\",\"enableMonitoring\":"
	      "true}");
	OK(rdt_prepare(&p, &rdt, &e));
	ck_assert_str_eq(get("gold/schemata"),
			 "    MB:0=100;1=100\n    L3:0=fffff;1=fffff");
	ck_assert(there("gold/mon_groups/ID"));
	OK(rdt_undo(&rdt, &e));
	ck_assert(there("gold") && !there("gold/mon_groups/ID"));
	rdt_close(&rdt);
	/* S130: without schemata none are written */
	begin("{\"closID\":\"gold\"}");
	OK(rdt_prepare(&p, &rdt, &e));
	ck_assert_str_eq(get("gold/schemata"),
			 "    MB:0=100;1=100\n    L3:0=fffff;1=fffff");
	rdt_close(&rdt);
}
END_TEST

/* S137 A111: a MON group that cannot be made is an error, and the class goes too. */
START_TEST(failures)
{
	mkdirat(AT_FDCWD, "gold", 0755);
	mkdirat(AT_FDCWD, "gold/mon_groups/ID", 0755);
	refused_by_survey("{\"closID\":\"gold\",\"enableMonitoring\":true}",
			  "linux.intelRdt.enableMonitoring: the group ");
	full = true;
	begin("{}");
	put("info/last_cmd_status", "Out of CLOSIDs\n");
	ck_assert_int_eq(rdt_prepare(&p, &rdt, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "No space left on device"));
	ck_assert_ptr_nonnull(strstr(e.hint, "no more classes of service"));
	OK(rdt_undo(&rdt, &e));
	rdt_close(&rdt);
	full = false;
	memset(&e, 0, sizeof(e));
	begin("{\"schemata\":[\"L3:9=1\"]}");
	OK(rdt_prepare(&p, &rdt, &e));
	unlink("ID/tasks");
	ck_assert_int_eq(rdt_join(&rdt, 4711, &e), -1);
	ck_assert_str_eq(e.hint, "resctrl: Out of CLOSIDs");
	memset(&e, 0, sizeof(e));
	OK(rdt_undo(&rdt, &e));
	ck_assert(!there("ID"));
	rdt_close(&rdt);
}
END_TEST

/* ---- records ------------------------------------------------------------------------------- */

static const char *const damaged[][6] = {
	{ "mount", "/m" }, /* no class */
	{ "own", "a" }, /* no mount */
	{ "mount", "m", "own", "a" },
	{ "mount", "/m", "own", "" },
	{ "mount", "/m", "own", ".." },
	{ "mount", "/m", "own", "a/b" },
	{ "mount", "/m", "class", "a", "monitor", "../b" },
	{ "mount", "/m", "class", "a", "monitor", "" },
	{ "mount", "/m", "class", "a", "other", "b" },
};

START_TEST(damaged_record)
{
	struct oci_pair pairs[3];
	struct oci_map record = { .v = pairs };
	struct rdt got;

	for (; record.n < 3 && damaged[_i][2 * record.n]; record.n++)
		pairs[record.n] =
			(struct oci_pair){ (char *)damaged[_i][2 * record.n],
					   (char *)damaged[_i][2 * record.n + 1] };
	ck_assert_int_eq(rdt_from_record(&record, &got, &e), -1);
	ck_assert_str_eq(e.text, "the state record is damaged: resctrl");
}
END_TEST

START_TEST(resctrl_gone)
{
	struct oci_pair pairs[2] = { { (char *)"mount", (char *)"/nowhere/at/all" },
				     { (char *)"own", (char *)"ID" } };
	struct oci_map record = { 2, pairs };
	struct rdt got;

	OK(rdt_from_record(&record, &got, &e));
	OK(rdt_remove(&got, &e));
	rdt_close(&got);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rdt");
	TCase *pure = tcase_create("plan"), *life = tcase_create("life");
	SRunner *r;
	int failed;

	tcase_add_loop_test(pure, plan, 0, ARRAY_SIZE(plans));
	tcase_add_test(pure, not_mounted);
	tcase_add_loop_test(pure, schemata, 0, ARRAY_SIZE(matches));
	tcase_add_loop_test(pure, damaged_record, 0, ARRAY_SIZE(damaged));
	tcase_add_test(pure, resctrl_gone);
	tcase_add_checked_fixture(life, setup, NULL);
	tcase_add_test(life, own_class);
	tcase_add_test(life, own_class_exists);
	tcase_add_test(life, default_class);
	tcase_add_test(life, given_class);
	tcase_add_test(life, existing_class);
	tcase_add_test(life, failures);
	suite_add_tcase(s, pure);
	suite_add_tcase(s, life);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
