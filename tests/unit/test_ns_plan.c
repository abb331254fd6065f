/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ns/plan by rows: what the config says, who the caller is, and the plan as text or the error. */
#include "libocispec/oci.h"
#include "ns/plan.h"

#include <check.h>
#include <linux/capability.h>
#include <stdlib.h>

#define CAP(x) (1ULL << (x))
#define ALL    (~0ULL)

static const struct ns_facts root = { 0, 0, ALL, true, false, true };
static const struct ns_facts user = { 1000, 100, 0, true, false, true };
/* rootless Podman: euid 0 in its own user namespace */
static const struct ns_facts served = { .euid = 1000,
					.egid = 100,
					.initial_userns = true,
					.has_time_ns = true,
					.lent = true };
static const struct ns_facts podman = { 0, 0, ALL, false, false, true };
/* the same with one id only */
static const struct ns_facts podman_one = { 0, 0, ALL, false, true, true };
/* container root without CAP_SYS_ADMIN */
static const struct ns_facts weak_root = { 0,	 0,	CAP(CAP_SETUID) | CAP(CAP_SETGID),
					   true, false, true };
static const struct ns_facts old_kernel = { 0, 0, ALL, true, false, false };

#define MAP0(h, n)                                                               \
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":" h ",\"size\":" n "}]," \
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":" h ",\"size\":" n "}]"
#define OWN_MAP                                                             \
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1}]," \
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":100,\"size\":1}]"
#define NS(list) "\"namespaces\":[" list "]"
#define T(t)	 "{\"type\":\"" t "\"}"
#define P(t, p)	 "{\"type\":\"" t "\",\"path\":\"" p "\"}"

static const struct {
	const char *linux_part; /* members of "linux"; NULL: no such member */
	const char *top; /* further members of the document, with a comma at the end */
	const struct ns_facts *facts;
	const char *plan; /* text, or */
	const char *error; /* the message */
} rows[] = {
	/* ---- nothing, and the plain cases */
	{ NULL, "", &root, "", NULL },
	{ "", "", &root, "", NULL },
	{ NULL, "", &user, "setgroups no\n", NULL },
	{ NS(T("pid") "," T("network") "," T("mount") "," T("ipc") "," T("uts") "," T(
		  "cgroup")),
	  "", &root, "birth ipc uts network pid mount\ninit cgroup\nlo up\n", NULL },
	{ NS(T("mount") "," T("pid")), "", &podman, "birth pid mount\n", NULL },
	{ NS(T("mount") "," T("pid")), "", &podman_one, "birth pid mount\nsetgroups no\n",
	  NULL },

	/* ---- privilege */
	{ NS(T("mount")), "", &user, NULL,
	  "linux.namespaces[0]: mount: making one needs CAP_SYS_ADMIN or a user "
	  "namespace" },
	{ NS(P("network", "/run/netns/x")), "", &user, NULL,
	  "linux.namespaces[0]: network: joining one needs CAP_SYS_ADMIN or a user "
	  "namespace" },
	{ NS(T("pid")), "", &weak_root, NULL,
	  "linux.namespaces[0]: pid: making one needs CAP_SYS_ADMIN or a user "
	  "namespace" },
	{ NS(T("pid") "," T("user")) "," MAP0("5000", "10"), "", &weak_root,
	  "birth user pid\nuid direct 0 5000 10\ngid direct 0 5000 10\nbecome 0:0\n",
	  NULL },

	/* ---- time */
	{ NS(T("time")), "", &root, "birth time\n", NULL },
	{ NS(T("time")) ",\"timeOffsets\":{}", "", &root, "birth time\n", NULL },
	{ NS(T("time")) ",\"timeOffsets\":{\"monotonic\":{\"secs\":5}}", "", &root,
	  "init time\n", NULL },
	{ NS(T("pid")) ",\"timeOffsets\":{\"monotonic\":{\"secs\":5}}", "", &root, NULL,
	  "linux.timeOffsets: needs a new time namespace" },
	{ NS(P("time", "/x")) ",\"timeOffsets\":{\"boottime\":{\"secs\":5}}", "", &root,
	  NULL, "linux.timeOffsets: needs a new time namespace" },
	{ NS(T("pid") "," T("time")), "", &old_kernel, NULL,
	  "linux.namespaces[1]: time: this kernel has no time namespaces" },

	/* ---- joins and who enters */
	{ NS(T("pid") "," P("network", "/n") "," P("ipc", "/i")), "", &root,
	  "birth pid\njoin ipc init /i\njoin network init /n\n", NULL },
	{ NS(P("mount", "/m") "," P("cgroup", "/c")), "", &root,
	  "join cgroup init /c\njoin mount init /m\n", NULL },
	{ NS(P("pid", "/p") "," P("mount", "/m") "," P("uts", "/u")), "", &root,
	  "join uts usher /u\njoin pid usher /p\njoin mount init /m\n", NULL },
	{ NS(P("network", "/n") "," P("user", "/u") "," T("mount") "," P("cgroup", "/c")),
	  "", &user,
	  "birth mount\njoin user usher /u\njoin cgroup init /c\njoin network usher /n\n",
	  NULL },
	{ NS(P("network", "/n") "," T("user") "," P("cgroup", "/c")) "," MAP0("100000",
									      "65536"),
	  "", &root,
	  "birth user\njoin cgroup usher /c\njoin network usher /n\n"
	  "uid direct 0 100000 65536\ngid direct 0 100000 65536\nbecome 0:0\n",
	  NULL },
	{ NS(P("network", "/n")), "", &podman, "join network init /n\n", NULL },
	/* engines list mappings with a joined user namespace: it has its own */
	{ NS(P("user", "/u")) "," MAP0("0", "1"), "", &root, "join user usher /u\n",
	  NULL },

	/* ---- id mappings */
	{ NS(T("user")), "", &root, NULL,
	  "linux.uidMappings: a new user namespace needs at least one entry" },
	{ NS(T("user")), "", &podman, NULL,
	  "linux.uidMappings: a new user namespace needs at least one entry" },
	{ NS(T("user")), "", &user,
	  "birth user\nuid own 0 1000 1\ngid own 0 100 1\nbecome 0:0\nsetgroups deny\n"
	  "warning linux.uidMappings and linux.gidMappings are missing: only the "
	  "caller's own "
	  "ids are mapped, as root\n",
	  NULL },
	{ NS(T("user")) ",\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1}"
			"]",
	  "", &user, NULL,
	  "linux.gidMappings: a new user namespace needs at least one entry" },
	{ NS(T("user")) "," OWN_MAP, "", &user,
	  "birth user\nuid own 0 1000 1\ngid own 0 100 1\nbecome 0:0\nsetgroups deny\n",
	  NULL },
	{ NS(T("user")) "," MAP0("100000", "65536"), "", &user,
	  "birth user\nuid helper 0 100000 65536\ngid helper 0 100000 65536\nbecome "
	  "0:0\n",
	  NULL },
	/* which ids systemd-nsresourced lends is not known yet */
	{ NS(T("user")) "," MAP0("4294836224", "65536"), "", &served,
	  "birth user\nuid lent 0 4294836224 65536\ngid lent 0 4294836224 65536\nbecome "
	  "0:0\n",
	  NULL },
	{ NS(T("user")) "," MAP0("1000", "1"), "", &user, /* the gid is not the own one */
	  "birth user\nuid own 0 1000 1\ngid helper 0 1000 1\nbecome 0:0\n", NULL },
	{ NS(T("user")) "," MAP0("1", "1024"), "", &podman,
	  "birth user\nuid direct 0 1 1024\ngid direct 0 1 1024\nbecome 0:0\n", NULL },
	{ NS(T("user")) "," MAP0("0", "1"), "", &podman_one,
	  "birth user\nuid direct 0 0 1\ngid direct 0 0 1\nbecome 0:0\nsetgroups no\n",
	  NULL },
	{ NS(T("user")) ",\"uidMappings\":[{\"containerID\":1000,\"hostID\":7,\"size\":1}"
			"],"
			"\"gidMappings\":[{\"containerID\":50,\"hostID\":8,\"size\":2},"
			"{\"containerID\":10,\"hostID\":3,\"size\":1}]",
	  "\"user\":1000,", &root,
	  "birth user\nuid direct 1000 7 1\ngid direct 50 8 2, 10 3 1\nbecome 1000:50\n",
	  NULL },
	{ NS(T("pid")) "," MAP0("0", "1"), "", &root, NULL,
	  "linux.uidMappings: needs a new user namespace" },
	{ "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]", "", &root,
	  NULL, "linux.gidMappings: needs a new user namespace" },
	{ NS(T("user")) "," MAP0("100000", "10"), "\"user\":1000,", &root, NULL,
	  "process.user.uid: 1000 is not mapped by linux.uidMappings" },
	{ NS(T("user")) "," MAP0("100000", "10"), "\"group\":1000,", &root, NULL,
	  "process.user.gid: 1000 is not mapped by linux.gidMappings" },
	{ NS(T("user")) "," MAP0("100000", "10"), "\"groups\":[3,1000],", &root, NULL,
	  "process.user.additionalGids[1]: 1000 is not mapped by linux.gidMappings" },
	{ NS(T("user")) "," OWN_MAP, "\"groups\":[0],", &user,
	  "birth user\nuid own 0 1000 1\ngid own 0 100 1\nbecome 0:0\nsetgroups deny\n",
	  NULL },

	/* ---- names */
	{ NS(T("uts")), "\"hostname\":\"a\",\"domainname\":\"b\",", &root,
	  "birth uts\nhostname a\ndomainname b\n", NULL },
	{ NS(P("uts", "/u")), "\"hostname\":\"a\",", &root,
	  "join uts init /u\nhostname a\nguard uts\n", NULL },
	{ NS(P("uts", "/u")), "", &root, "join uts init /u\n", NULL },
	{ NS(T("pid")), "\"hostname\":\"a\",", &root, NULL,
	  "hostname: needs a uts namespace: it would change the host's" },
	{ NULL, "\"domainname\":\"a\",", &root, NULL,
	  "domainname: needs a uts namespace: it would change the host's" },

	/* ---- sysctls */
	{ NS(T("ipc")) ",\"sysctl\":{\"kernel.shmmax\":\"1\",\"fs.mqueue.msg_max\":"
		       "\"2\"}",
	  "", &root, "birth ipc\nsysctl kernel.shmmax=1\nsysctl fs.mqueue.msg_max=2\n",
	  NULL },
	{ NS(P("ipc", "/i")) ",\"sysctl\":{\"kernel/shmmax\":\"1\"}", "", &root,
	  "join ipc init /i\nsysctl kernel/shmmax=1\nguard ipc\n", NULL },
	{ NS(T("pid")) ",\"sysctl\":{\"kernel.msgmax\":\"1\"}", "", &root, NULL,
	  "linux.sysctl: kernel.msgmax: needs a namespace of type ipc: it would change "
	  "the "
	  "host's" },
	{ NS(T("ipc")) ",\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"}", "", &root, NULL,
	  "linux.sysctl: net.ipv4.ip_forward: needs a namespace of type network: it "
	  "would change "
	  "the host's" },
	{ NS(T("ipc")) ",\"sysctl\":{\"vm.swappiness\":\"1\"}", "", &root, NULL,
	  "linux.sysctl: vm.swappiness: belongs to no namespace: it would change the "
	  "host" },
	{ NS(T("user")) "," MAP0("1",
				 "1") ",\"sysctl\":{\"user.max_pid_namespaces\":\"1\"}",
	  "", &root,
	  "birth user\nuid direct 0 1 1\ngid direct 0 1 1\nbecome 0:0\n"
	  "sysctl user.max_pid_namespaces=1\n",
	  NULL },
	{ NS(T("uts")) ",\"sysctl\":{\"kernel.domainname\":\"x\"}", "\"hostname\":\"a\",",
	  &root, "birth uts\nhostname a\nsysctl kernel.domainname=x\n", NULL },
	{ NS(T("uts")) ",\"sysctl\":{\"kernel.domainname\":\"x\"}",
	  "\"domainname\":\"a\",", &root, NULL,
	  "linux.sysctl: kernel.domainname: contradicts the member domainname" },
	{ NS(T("uts")) ",\"sysctl\":{\"kernel/hostname\":\"x\"}", "\"hostname\":\"a\",",
	  &root, NULL, "linux.sysctl: kernel/hostname: contradicts the member hostname" },

	/* ---- network devices */
	{ NS(T("pid")) ",\"netDevices\":{\"eth7\":{}}", "", &root, NULL,
	  "linux.netDevices: needs a network namespace" },
};

/* The rows' short words for process.user. */
static void document(struct str *doc, const char *linux_part, const char *top)
{
	const char *user_part = "\"uid\":0,\"gid\":0";
	const char *rest = top;

	if (str_starts(top, "\"user\":1000,")) {
		user_part = "\"uid\":1000,\"gid\":50";
		rest = "";
	} else if (str_starts(top, "\"group\":1000,")) {
		user_part = "\"uid\":0,\"gid\":1000";
		rest = "";
	} else if (str_starts(top, "\"groups\":")) {
		user_part = str_starts(top, "\"groups\":[0]")
				    ? "\"uid\":0,\"gid\":0,\"additionalGids\":[0]"
				    : "\"uid\":0,\"gid\":0,\"additionalGids\":[3,1000]";
		rest = "";
	}
	str_addf(doc,
		 "{\"ociVersion\":\"1.3.0\",%s\"root\":{\"path\":\"r\"},"
		 "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{%s}}",
		 rest, user_part);
	if (linux_part)
		str_addf(doc, ",\"linux\":{%s}", linux_part);
	str_add(doc, "}");
}

START_TEST(plan_row)
{
	auto_str doc = { 0 }, text = { 0 };
	struct oci_arena arena = { 0 };
	struct oci_config *config;
	struct oci_error problem;
	struct ns_plan plan;
	struct err e = { 0 };
	int r;

	document(&doc, rows[_i].linux_part, rows[_i].top);
	ck_assert_msg(oci_decode_config(&arena, "config.json", doc.s, doc.n, &config,
					&problem) == 0,
		      "row %d: %s", _i, problem.text);
	r = ns_plan_make(config, rows[_i].facts, &plan, &e);
	if (rows[_i].error) {
		ck_assert_msg(r == -1, "row %d succeeds", _i);
		ck_assert_str_eq(e.text, rows[_i].error);
		ck_assert_ptr_null(e.scope);
	} else {
		ck_assert_msg(r == 0, "row %d: %s", _i, e.text);
		ns_plan_print(&plan, &text);
		ck_assert_str_eq(text.s ? text.s : "", rows[_i].plan);
	}
	oci_arena_free(&arena);
}
END_TEST

START_TEST(every_kind_alone)
{
	struct oci_namespace ns = { .type = ns_kinds[_i].type };
	struct oci_id_mapping one = { 0, 0, 1 };
	struct oci_linux l = { 0 };
	struct oci_config c = { .linux = &l };
	struct ns_plan plan;
	struct err e = { 0 };

	l.namespaces.n = 1;
	l.namespaces.v = &ns;
	if (_i == NSFD_USER) {
		l.uid_mappings = (struct oci_id_mappings){ 1, &one };
		l.gid_mappings = (struct oci_id_mappings){ 1, &one };
	}
	ck_assert_int_eq(ns_plan_make(&c, &root, &plan, &e), 0);
	ck_assert_uint_eq(plan.birth_flags | plan.init_flags, ns_kinds[_i].flag);
	for (int k = 0; k < NSFD_KINDS; k++)
		ck_assert_int_eq(ns_plan_has(&plan, k), k == _i);
	ck_assert(!ns_plan_joins(&plan));
	ck_assert(!plan.usher);
	ns.path = (char *)"/x";
	ck_assert_int_eq(ns_plan_make(&c, &root, &plan, &e), 0);
	ck_assert_uint_eq(plan.birth_flags | plan.init_flags, 0);
	ck_assert(ns_plan_joins(&plan));
	ck_assert_int_eq(plan.usher, _i == NSFD_USER || _i == NSFD_PID);
	ck_assert_str_eq(plan.joins[0].path, "/x");
}
END_TEST

START_TEST(listed_twice)
{
	struct oci_namespace ns[2] = { { .type = OCI_NS_PID }, { .type = OCI_NS_PID } };
	struct oci_linux l = { 0 };
	struct oci_config c = { .linux = &l };
	struct ns_plan plan;
	struct err e = { 0 };

	l.namespaces.n = 2;
	l.namespaces.v = ns;
	ck_assert_int_eq(ns_plan_make(&c, &root, &plan, &e), -1);
	ck_assert_str_eq(e.text, "linux.namespaces[1]: pid: listed twice");
}
END_TEST

START_TEST(mapped_ids)
{
	struct oci_id_mapping v[] = { { 0, 5, 1 },
				      { 10, 100, 5 },
				      { 4294967290U, 200, 5 } };
	struct ns_map m = { .how = NS_MAP_DIRECT, .ids = { 3, v } };
	struct ns_map none = { 0 };
	struct ns_map own = { .how = NS_MAP_OWN, .own = { 3, 9, 1 }, .fallback = true };

	ck_assert(ns_map_has(&m, 0));
	ck_assert(!ns_map_has(&m, 1));
	ck_assert(ns_map_has(&m, 14));
	ck_assert(!ns_map_has(&m, 15));
	ck_assert(ns_map_has(&m, 4294967294U));
	ck_assert(!ns_map_has(&m, 4294967295U));
	ck_assert(ns_map_has(&none, 77));
	ck_assert(ns_map_has(&own, 3));
	ck_assert(!ns_map_has(&own, 0));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ns_plan");
	TCase *t = tcase_create("rows");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, plan_row, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(t, every_kind_alone, 0, NSFD_KINDS);
	tcase_add_test(t, listed_twice);
	tcase_add_test(t, mapped_ids);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
