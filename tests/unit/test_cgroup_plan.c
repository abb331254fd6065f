/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From /proc's texts to facts, and from facts and a request to the plan as text or to the
 * refusal.
 */
#include "cgroup/cgroup.h"
#include "libocispec/oci.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct oci_arena arena;

/* ---- facts --------------------------------------------------------------------------- */

#define M(id, root, point, type, options)                                      \
	id " 31 0:30 " root " " point " rw,relatime shared:1 - " type " " type \
	   " rw," options "\n"

static const char hybrid_mounts[] = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" M(
	"32", "/", "/sys/fs/cgroup/cpu,cpuacct", "cgroup",
	"cpu,cpuacct") M("33", "/", "/sys/fs/cgroup/memory", "cgroup",
			 "memory") M("34", "/", "/sys/fs/cgroup/pids", "cgroup", "pids")
	M("36", "/", "/sys/fs/cgroup/cpuset", "cgroup",
	  "cpuset") M("37", "/", "/sys/fs/cgroup/devices", "cgroup", "devices")
		M("38", "/", "/sys/fs/cgroup/freezer", "cgroup", "freezer") M(
			"39", "/", "/sys/fs/cgroup/systemd", "cgroup", "name=systemd")
			M("35", "/", "/sys/fs/cgroup/unified", "cgroup2", "nsdelegate");

static const char hybrid_own[] = "9:name=systemd:/\n8:pids:/user/me\n5:devices:/\n"
				 "1:cpuacct,cpu:/user\n3:cpuset:/\n0::/user.slice/a\n";

static const struct {
	const char *mounts, *own;
	const char *expected; /* mode, then "mount own controllers" per hierarchy */
} texts[] = {
	{ "", "", "none" },
	{ "garbage\n\n1 2 3\n", "x\n::\n0:\n0::relative\n", "none" },
	{ M("1", "/", "/sys/fs/cgroup", "cgroup2", "nsdelegate"), "0::/a/b\n",
	  "v2; /sys/fs/cgroup /a/b 0" },
	/* a part of the hierarchy, as in a container without a cgroup namespace */
	{ M("1", "/docker/1", "/sys/fs/cgroup", "cgroup2", "x"), "0::/docker/1\n",
	  "v2; /sys/fs/cgroup / 0" },
	{ M("1", "/docker/1", "/sys/fs/cgroup", "cgroup2", "x"), "0::/docker/1/in\n",
	  "v2; /sys/fs/cgroup /in 0" },
	{ M("1", "/docker/1", "/sys/fs/cgroup", "cgroup2", "x"), "0::/docker/12\n",
	  "v2; /sys/fs/cgroup - 0" },
	/* v1 below a v2 that was mounted over it, and the other way round */
	{ M("1", "/", "/sys/fs/cgroup/pids", "cgroup", "pids")
		  M("2", "/", "/sys/fs/cgroup/uni", "cgroup2", "x")
			  M("3", "/", "/sys/fs/cgroup", "cgroup2", "x"),
	  "3:pids:/x\n0::/y\n", "v2; /sys/fs/cgroup /y 0" },
	{ M("1", "/", "/sys/fs/cgroup", "cgroup2", "x")
		  M("2", "/", "/sys/fs/cgroup", "tmpfs", "x")
			  M("3", "/", "/sys/fs/cgroup/pids", "cgroup", "pids"),
	  "3:pids:/x\n0::/y\n", "v1; /sys/fs/cgroup/pids /x 20" },
	{ M("1", "/", "/sys/fs/cgroup", "cgroup2", "x") M("2", "/", "/sys", "sysfs", "x"),
	  "", "none" },
	{ M("1", "/", "/sys/fs/cgroup", "cgroup2", "x") M("2", "/", "/", "ext4", "x"), "",
	  "v2; /sys/fs/cgroup - 0" },
	/* outside of the cgroup namespace */
	{ M("1", "/", "/sys/fs/cgroup", "cgroup2", "x"), "0::/../other\n",
	  "v2; /sys/fs/cgroup - 0" },
	/* mounted twice: the usual place counts */
	{ M("1", "/", "/tmp/x", "cgroup2", "x")
		  M("2", "/", "/sys/fs/cgroup", "cgroup2", "x"),
	  "0::/\n", "v2; /sys/fs/cgroup / 0" },
	{ M("1", "/", "/sys/fs/cgroup/a\\040b", "cgroup", "pids"), "3:pids:/x\n",
	  "v1; /sys/fs/cgroup/a b /x 20" },
	{ hybrid_mounts, hybrid_own,
	  "hybrid; /sys/fs/cgroup/unified /user.slice/a 0; /sys/fs/cgroup/cpu,cpuacct "
	  "/user 3; "
	  "/sys/fs/cgroup/memory - 8; /sys/fs/cgroup/pids /user/me 20; "
	  "/sys/fs/cgroup/cpuset / 4; /sys/fs/cgroup/devices / 100; "
	  "/sys/fs/cgroup/freezer - 200" },
};

START_TEST(facts_from_texts)
{
	static const char *const modes[] = { "none", "v1", "hybrid", "v2" };
	struct cgroup_facts f;
	auto_str s = { 0 };

	cgroup_facts_parse(texts[_i].mounts, texts[_i].own, &arena, &f);
	str_add(&s, modes[f.mode]);
	for (size_t i = 0; i < f.n; i++)
		str_addf(&s, "; %s %s %x", f.h[i].mount, f.h[i].own ?: "-",
			 f.h[i].controllers);
	ck_assert_str_eq(s.s, texts[_i].expected);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(too_many_hierarchies)
{
	struct cgroup_facts f;
	auto_str s = { 0 };

	/* different sets of controllers: the first ones count */
	for (int i = 1; i < 40; i++) {
		str_addf(&s, "1 1 0:1 / /m%d rw - cgroup c rw", i);
		for (int c = 0; c < 6; c++) {
			if (i & 1 << c)
				str_addf(&s, ",%s",
					 cgroup_controller_name((enum cgroup_controller)c,
								false));
		}
		str_add(&s, "\n");
	}
	cgroup_facts_parse(s.s, "", &arena, &f);
	ck_assert_uint_eq(f.n, CGROUP_HIERARCHIES_MAX);
	oci_arena_free(&arena);
}
END_TEST

/* What this machine has, whatever it is: consistent and without an error. */
START_TEST(facts_of_this_host)
{
	struct cgroup_request rq = { .id = "x", .unprivileged = true };
	struct cgroup_facts f;
	struct err e = { 0 };

	ck_assert_msg(cgroup_facts_read(&rq, &arena, &f, &e) == 0, "%s", e.text);
	ck_assert_int_eq(f.mode == CGROUP_NONE, f.n == 0);
	for (size_t i = 0; i < f.n; i++)
		ck_assert_int_eq(f.h[i].mount[0], '/');
	oci_arena_free(&arena);
}
END_TEST

/* ---- plans ------------------------------------------------------------------------------ */

enum {
	HAS = 1u << CGROUP_CPU | 1u << CGROUP_MEMORY | 1u << CGROUP_PIDS |
	      1u << CGROUP_CPUSET
};

#define V2(own_, writable_, beside_)                                    \
	{                                                               \
		.mode = CGROUP_V2, .n = 1,                              \
		.h = { { "/cg", true, HAS, own_, writable_, beside_ } } \
	}
#define V1(name_, mask_)                                     \
	{                                                    \
		"/cg/" name_, false, mask_, "/u/s", false, 0 \
	}
#define V1_ALL                                                                   \
	V1("cpu", 1u << CGROUP_CPU | 1u << CGROUP_CPUACCT),                      \
		V1("mem", 1u << CGROUP_MEMORY), V1("dev", 1u << CGROUP_DEVICES), \
		V1("frz", 1u << CGROUP_FREEZER), V1("pids", 1u << CGROUP_PIDS)

static const struct cgroup_facts none = { .mode = CGROUP_NONE };
static const struct cgroup_facts v2 = V2(NULL, false, 0);
static const struct cgroup_facts v2_delegated = V2("/u/s", true, 1u << CGROUP_PIDS);
static const struct cgroup_facts v2_top = V2("/", true, HAS);
static const struct cgroup_facts v2_foreign = V2("/u/s", false, HAS);
static const struct cgroup_facts v2_unseen = V2(NULL, false, 0);
static const struct cgroup_facts v1 = { .mode = CGROUP_V1, .n = 5, .h = { V1_ALL } };
static const struct cgroup_facts hybrid = {
	.mode = CGROUP_HYBRID,
	.n = 6,
	.h = { { "/cg/uni", true, 0, "/u/s", true, 0 }, V1_ALL }
};

enum { USER = 1, EVERY = 2, DISABLED = 4, SYSTEMD = 8 };

#define DENY	"{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}"
#define PIDS	"{\"pids\":{\"limit\":7}}"
#define BEYOND	"not delegated to the caller: its cgroup is "
#define A51	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG255 A51 A51 A51 A51 A51

static const struct plan_row {
	const struct cgroup_facts *facts;
	unsigned flags;
	const char *path, *resources;
	const char *expected; /* the plan, or the error */
} plans[] = {
	/* the path (S94-S98) */
	{ &v2, 0, NULL, NULL, "dir /cg/ID\n" },
	{ &v2, 0, "", NULL, "dir /cg/ID\n" },
	{ &v2, 0, "/a/b", NULL, "dir /cg/a/b\n" },
	{ &v2, 0, "a/b", NULL, "dir /cg/a/b\n" },
	{ &v2, 0, "//a/./b//", NULL, "dir /cg/a/b\n" },
	{ &v2, 0, "/a b/c", NULL, "dir /cg/a b/c\n" },
	{ &v2, 0, "/" LONG255, NULL, "dir /cg/" LONG255 "\n" },
	{ &v2, 0, "/a/../b", NULL, "linux.cgroupsPath: /a/../b: \"..\" is not allowed" },
	{ &v2, 0, "..", NULL, "linux.cgroupsPath: ..: \"..\" is not allowed" },
	{ &v2, 0, "/", NULL, "linux.cgroupsPath: /: this is the root of the hierarchy" },
	{ &v2, 0, "./.", NULL,
	  "linux.cgroupsPath: ./.: this is the root of the hierarchy" },
	{ &v2, 0, "/a\nb", NULL,
	  "linux.cgroupsPath: /a?b: control characters are not allowed" },
	{ &v2, 0, "user.slice:pod:1", NULL,
	  "linux.cgroupsPath: user.slice:pod:1: this is the form \"slice:prefix:name\" "
	  "of the "
	  "systemd manager" },
	{ &v2, 0, "/a:b:c", NULL, "dir /cg/a:b:c\n" },
	/* device rules and limits on v2 */
	{ &v2, 0, "/p", DENY, "dir /cg/p\ndevices program 29\n" },
	{ &v2, 0, "/p", "{\"memory\":{},\"blockIO\":{},\"devices\":[]}", "dir /cg/p\n" },
	{ &v2, 0, "/p", PIDS, "dir /cg/p enable pids\npids.max=7\n" },
	{ &v2, 0, "/p", "{\"pids\":{\"limit\":0},\"cpu\":{\"shares\":1024}}",
	  "dir /cg/p enable cpu,pids\ncpu.weight=100\nlate pids.max=0\n" },
	{ &v2, 0, "/p", "{\"unified\":{\"memory.high\":\"max\"}}",
	  "dir /cg/p enable memory\nmemory.high=max\n" },
	{ &v2, 0, "/p", "{\"rdma\":{\"x\":{\"hcaHandles\":1}}}",
	  "linux.resources.rdma: x: the requested cgroup controller `rdma` is not "
	  "available" },
	{ &v2, 0, "/p", "{\"memory\":{\"swappiness\":3}}",
	  "linux.resources.memory.swappiness: cgroup v2 has nothing like it" },
	/* v1: only what is needed, and the freezer */
	{ &v1, 0, NULL, NULL, "dir /cg/frz/ID\n" },
	{ &v1, 0, "/p", PIDS, "dir /cg/frz/p\ndir /cg/pids/p\npids.max=7\n" },
	{ &v1, EVERY, "/p", NULL,
	  "dir /cg/cpu/p\ndir /cg/mem/p\ndir /cg/dev/p\ndir /cg/frz/p\ndir "
	  "/cg/pids/p\n" },
	{ &v1, 0, "/p", "{\"devices\":[{\"allow\":true}]}",
	  "dir /cg/dev/p\ndir /cg/frz/p\ndevices allow a\n" },
	{ &v1, 0, "/p", "{\"unified\":{\"cgroup.max.depth\":\"1\"}}",
	  "linux.resources.unified: cgroup.max.depth: the container has no cgroup of "
	  "version 2" },
	{ &v1, 0, "/p", "{\"cpu\":{\"cpus\":\"0\"}}",
	  "linux.resources.cpu.cpus: the requested cgroup controller `cpuset` is not "
	  "available" },
	/* hybrid: v1 where the controllers are, the v2 tree for birth, kill and freeze */
	{ &hybrid, 0, NULL, NULL, "dir /cg/uni/ID\n" },
	{ &hybrid, 0, "/p", PIDS, "dir /cg/uni/p\ndir /cg/pids/p\npids.max=7\n" },
	{ &hybrid, 0, "/p", "{\"devices\":[{\"allow\":true}]}",
	  "dir /cg/uni/p\ndir /cg/dev/p\ndevices allow a\n" },
	{ &hybrid, 0, "/p", "{\"unified\":{\"memory.high\":\"1\"}}",
	  "linux.resources.unified: memory.high: invalid configuration: cgroup v1 has "
	  "nothing like it" },
	/* a plain user */
	{ &v2_delegated, USER, NULL, DENY, "dir /cg/u/ID\noptional\n" },
	{ &v2_delegated, USER, "rel/x", NULL, "dir /cg/u/rel/x\noptional\n" },
	{ &v2_delegated, USER, "/u/abs", NULL, "dir /cg/u/abs\noptional\n" },
	{ &v2_delegated, USER, NULL, PIDS, "dir /cg/u/ID enable pids\npids.max=7\n" },
	{ &v2_delegated, USER, NULL, "{\"memory\":{\"limit\":5}}",
	  "linux.resources.memory.limit: the controller memory is " BEYOND
	  "/u/s in /cg" },
	{ &v2_top, USER, NULL, NULL, "dir /cg/ID\noptional\n" },
	{ &v2_foreign, USER, NULL, DENY,
	  "remark no cgroup is delegated to the caller: the container stays in the "
	  "caller's "
	  "cgroup\n" },
	{ &v2_foreign, USER, NULL, PIDS,
	  "linux.resources.pids.limit: the controller pids is " BEYOND "/u/s in /cg" },
	{ &v2_unseen, USER, NULL, PIDS,
	  "linux.resources.pids.limit: the controller pids is " BEYOND
	  "out of sight in /cg" },
	{ &v1, USER, NULL, DENY,
	  "remark no cgroup is delegated to the caller: the container stays in the "
	  "caller's "
	  "cgroup\n" },
	{ &v1, USER, NULL, PIDS,
	  "linux.resources.pids.limit: the controller pids is " BEYOND
	  "/u/s in /cg/pids" },
	{ &hybrid, USER, NULL, DENY, "dir /cg/uni/u/ID\noptional\n" },
	/* no cgroups at all */
	{ &none, USER, NULL, DENY,
	  "remark no cgroup hierarchy is mounted: the container runs without a "
	  "cgroup\n" },
	{ &none, 0, NULL, PIDS,
	  "linux.resources.pids.limit: no cgroup hierarchy is mounted" },
	{ &none, 0, NULL, DENY,
	  "linux.resources.devices: no cgroup hierarchy is mounted" },
	{ &none, 0, NULL, "{}",
	  "remark no cgroup hierarchy is mounted: the container runs without a "
	  "cgroup\n" },
	{ &v2, DISABLED, "/p", DENY, "" },
	{ &v2, DISABLED, "user.slice:a:b", NULL, "" },
	{ &v2, DISABLED, NULL, PIDS,
	  "linux.resources.pids.limit: cgroups are switched off by --cgroup-manager "
	  "disabled" },
};

static void planned(const struct plan_row *row, struct str *ret)
{
	struct cgroup_request rq = {
		.manager = row->flags & DISABLED  ? CGROUP_MANAGER_DISABLED
			   : row->flags & SYSTEMD ? CGROUP_MANAGER_SYSTEMD
						  : CGROUP_MANAGER_CGROUPFS,
		.id = "ID",
		.path = row->path,
		.unprivileged = row->flags & USER,
		.every_hierarchy = row->flags & EVERY,
	};
	struct oci_resources *r = NULL;
	struct oci_error error;
	struct cgroup_plan plan;
	struct err e = { 0 };

	if (row->resources)
		ck_assert_msg(oci_decode_resources(&arena, "r", row->resources,
						   strlen(row->resources), &r,
						   &error) == 0,
			      "%s", error.text);
	rq.resources = r;
	str_add(ret, "");
	if (cgroup_plan_make(&rq, row->facts, &arena, &plan, &e) == 0)
		cgroup_plan_text(&plan, ret);
	else
		str_add(ret, e.text);
}

START_TEST(plan_rows)
{
	auto_str s = { 0 };

	planned(&plans[_i], &s);
	ck_assert_str_eq(s.s, plans[_i].expected);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(hints)
{
	static const struct {
		const struct cgroup_facts *facts;
		unsigned flags;
		const char *path, *hint;
	} rows[] = {
		{ &v2_foreign, USER, NULL, "systemctl edit user@.service" },
		{ &none, 0, NULL, "mount cgroup2" },
		{ &v2, 0, "a:b:c", "--cgroup-manager cgroupfs" },
		{ &v2, SYSTEMD, "/a/b",
		  HAVE_SYSTEMD ? "such as \"system.slice:wolffia:ID\""
			       : "cgroup_manager = \"cgroupfs\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_pids pids = { .limit = { true, 5 } };
		struct oci_resources r = { .pids = &pids };
		struct cgroup_request rq = { .id = "ID",
					     .path = rows[i].path,
					     .resources = &r,
					     .unprivileged = rows[i].flags & USER };
		struct cgroup_plan plan;
		struct err e = { 0 };

		if (rows[i].flags & SYSTEMD)
			rq.manager = CGROUP_MANAGER_SYSTEMD;
		ck_assert_int_eq(cgroup_plan_make(&rq, rows[i].facts, &arena, &plan, &e),
				 -1);
		ck_assert_ptr_nonnull(strstr(e.hint, rows[i].hint));
		oci_arena_free(&arena);
	}
}
END_TEST

START_TEST(path_too_long)
{
	struct cgroup_request rq = { .id = "ID" };
	struct cgroup_plan plan;
	struct err e = { 0 };
	auto_str path = { 0 };

	for (int i = 0; i < 2000; i++)
		str_add(&path, "/ab");
	rq.path = path.s;
	ck_assert_int_eq(cgroup_plan_make(&rq, &v2, &arena, &plan, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "linux.cgroupsPath: /ab/ab"));
	ck_assert_ptr_nonnull(strstr(e.text, "6000 bytes are too long"));
	err_clear(&e);
	rq.path = "/a" LONG255;
	ck_assert_int_eq(cgroup_plan_make(&rq, &v2, &arena, &plan, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "a component has 256 bytes, more than 255"));
	oci_arena_free(&arena);
}
END_TEST

/* ---- records -------------------------------------------------------------------------------- */

/* A damaged record is refused before anything is opened below the mount point. */
static const char *const damaged[] = {
	"",
	"1",
	"1 2 3",
	"1 0 14 /sys/fs/cgroup",
	"x 0 14 /sys/fs/cgroup/a",
	"1 -1 14 /sys/fs/cgroup/a",
	"1 0 99999999999999999999 /sys/fs/cgroup/a",
	"1 0 0 /sys/fs/cgroup/a",
	"1 0 14 sys/fs/cgroup//a",
	"2 0 14 /sys/fs/cgroup/a",
	"1 0 14 /sys/fs/cgroup/..",
	"1 0 14 /sys/fs/cgroup/a/../b",
	"1 0 14 /sys/fs/cgroup/a//b",
	"1 0 14 /sys/fs/cgroup/a/",
	"1 0 14 /sys/fs/cgroup/./b",
	"1 0 13 /sys/fs/cgroup/a",
	"1 0 14 /sys/fs/cgroupa",
};

START_TEST(damaged_record)
{
	struct oci_pair pair = { (char *)"v2", (char *)damaged[_i] };
	struct oci_map map = { 1, &pair };
	struct cgroup cg;
	struct err e = { 0 };

	ck_assert_int_eq(cgroup_from_record(&map, &arena, &cg, &e), -1);
	ck_assert_msg(strstr(e.text, "the state record is damaged: cgroup v2 is \"") !=
			      NULL,
		      "%s", e.text);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(record_outside_of_cgroupfs)
{
	struct oci_pair pair = { (char *)"v2", (char *)"1 0 4 /tmp/a" };
	struct oci_map map = { 1, &pair };
	struct cgroup cg;
	struct err e = { 0 };

	ck_assert_int_eq(cgroup_from_record(&map, &arena, &cg, &e), -1);
	ck_assert_str_eq(e.text, "/tmp is not a cgroup2 filesystem");
	oci_arena_free(&arena);
}
END_TEST

START_TEST(record_text)
{
	struct cgroup cg = { .n = 2,
			     .dirs = { { .mount = "/cg",
					 .path = "/a/ID",
					 .v2 = true,
					 .made = 2,
					 .id = 4711 },
				       { .mount = "/c pu",
					 .path = "/a/ID",
					 .controllers = 3,
					 .made = 1 } } };
	struct oci_map map;

	cgroup_record(&cg, &arena, &map);
	ck_assert_uint_eq(map.n, 2);
	ck_assert_str_eq(map.v[0].key, "v2");
	ck_assert_str_eq(map.v[0].value, "2 4711 3 /cg/a/ID");
	ck_assert_str_eq(map.v[1].key, "cpu,cpuacct");
	ck_assert_str_eq(map.v[1].value, "1 0 5 /c pu/a/ID");
	oci_arena_free(&arena);
}
END_TEST

/* No directories: every call does nothing and succeeds, but what needs a cgroup says so. */
START_TEST(without_cgroup)
{
	struct cgroup_plan plan = { .devices.dir = -1 };
	struct cgroup cg;
	struct oci_map map;
	struct err e = { 0 };
	pid_t *pids = NULL;

	ck_assert_int_eq(cgroup_survey(&plan, &cg, &e), 0);
	cgroup_record(&cg, &arena, &map);
	ck_assert_uint_eq(map.n, 0);
	ck_assert_int_eq(cgroup_prepare(&plan, &cg, &e), 0);
	ck_assert_int_eq(cgroup_v2_fd(&cg), -1);
	ck_assert_int_eq(cgroup_join(&cg, 1, false, &e), 0);
	ck_assert_int_eq(cgroup_apply(&plan, &cg, &e), 0);
	ck_assert_int_eq(cgroup_devices_apply(&plan, &cg, &e), 0);
	ck_assert_int_eq(cgroup_delegate(&cg, 1, &e), 0);
	ck_assert_int_eq(cgroup_signal(&cg, 9, &e), 0);
	ck_assert_int_eq(cgroup_pids(&cg, &pids, &e), 0);
	ck_assert_int_eq(cgroup_is_frozen(&cg, &e), 0);
	ck_assert_int_eq(cgroup_remove(&cg, 0, &e), 0);
	ck_assert_int_eq(cgroup_freeze(&cg, true, 0, &e), -1);
	ck_assert_str_eq(e.text, "the container has no cgroup that can freeze");
	cgroup_close(&cg);
	oci_arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup_plan");
	TCase *t = tcase_create("plan");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, facts_from_texts, 0, ARRAY_SIZE(texts));
	tcase_add_test(t, too_many_hierarchies);
	tcase_add_test(t, facts_of_this_host);
	tcase_add_loop_test(t, plan_rows, 0, ARRAY_SIZE(plans));
	tcase_add_test(t, hints);
	tcase_add_test(t, path_too_long);
	tcase_add_loop_test(t, damaged_record, 0, ARRAY_SIZE(damaged));
	tcase_add_test(t, record_outside_of_cgroupfs);
	tcase_add_test(t, record_text);
	tcase_add_test(t, without_cgroup);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
