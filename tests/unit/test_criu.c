/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checkpoint and restore without criu: what it would be asked, as text; what it answers; the
 * reason in its log; which mounts come from outside; and every refusal before it is asked.
 */
#include "run/checkpoint.h"
#include "run/criu_log.h"

#include "base/proto.h"

#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct oci_arena arena;

static void teardown(void)
{
	oci_arena_free(&arena);
}

static struct oci_config *config_of(const char *text)
{
	struct oci_config *c = NULL;
	struct oci_error why;
	auto_str whole = { 0 };

	str_addf(&whole, "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"}%s%s}",
		 *text ? "," : "", text);
	ck_assert_msg(
		oci_decode_config(&arena, "config.json", whole.s, whole.n, &c, &why) == 0,
		"%s", why.text);
	return c;
}

/* ---- requests -------------------------------------------------------------------------- */

static char *const pipes[] = { (char *)"pipe:[11]", (char *)"pipe:[12]",
			       (char *)"pipe:[12]" };
static char *const files[] = { (char *)"file[18:4] /dev/null",
			       (char *)"file[1b:a8] /dev/null", (char *)"tty[8803:16]" };
static char *const odd[] = { (char *)"", (char *)"/x]", (char *)"pipe:[no end" };

static struct criu_facts facts_of(char *const streams[3])
{
	static struct oci_strings list;
	static const struct criu_mounts none;
	static const struct oci_map no_cgroups;

	list = (struct oci_strings){ 3, (char **)streams };
	return (struct criu_facts){ .images_fd = 5,
				    .work_fd = 6,
				    .log = "a.log",
				    .mounts = &none,
				    .streams = &list,
				    .cgroups = &no_cgroups,
				    .null_fds = { 17, 18, 19 },
				    .stream_fds = { 20, 21, 22 },
				    .root = "/b/rootfs",
				    .pid = 4711,
				    .self = 99 };
}

#define COMMON                                                          \
	"images_dir_fd 5\nwork_dir_fd 6\nlog_level 4\nlog_file a.log\n" \
	"notify_scripts 1\norphan_pts_master 1\n"
#define DUMP	"dump\npid 4711\n" COMMON
#define RESTORE "restore\nroot /b/rootfs\nrst_sibling 1\n" COMMON

static const struct {
	enum criu_type type;
	struct run_checkpoint_args args;
	char *const *streams;
	const char *text;
} plans[] = {
	{ CRIU_DUMP, { .id = "a" }, pipes, DUMP "manage_cgroups_mode 3\n" },
	{ CRIU_DUMP,
	  { .leave_running = true, .manage_cgroups = 1 },
	  pipes,
	  DUMP "manage_cgroups_mode 3\nleave_running 1\n" },
	{ CRIU_DUMP, { .manage_cgroups = 2 }, pipes, DUMP "manage_cgroups_mode 4\n" },
	{ CRIU_DUMP, { .manage_cgroups = 3 }, pipes, DUMP "manage_cgroups_mode 5\n" },
	{ CRIU_DUMP, { .manage_cgroups = 4 }, pipes, DUMP "manage_cgroups_mode 0\n" },
	{ CRIU_DUMP,
	  { .tcp_established = true,
	    .ext_unix_sk = true,
	    .shell_job = true,
	    .file_locks = true,
	    .auto_dedup = true,
	    .lazy_pages = true,
	    .empty_ns = 1,
	    .network_lock = 3,
	    .tcp_skip_in_flight = true,
	    .link_remap = true },
	  pipes,
	  DUMP "manage_cgroups_mode 3\ntcp_established 1\next_unix_sk 1\nshell_job 1\n"
	       "file_locks 1\nauto_dedup 1\nlazy_pages 1\nempty_ns 1073741824\n"
	       "network_lock 3\ntcp_skip_in_flight 1\nlink_remap 1\n" },
	{ CRIU_DUMP,
	  { .pre_dump = true },
	  pipes,
	  DUMP "manage_cgroups_mode 3\nleave_running 1\ntrack_mem 1\n" },
	{ CRIU_DUMP,
	  { .parent_path = "../pre", .page_server = "10.0.0.1:27" },
	  pipes,
	  DUMP "manage_cgroups_mode 3\nparent_img ../pre\ntrack_mem 1\n"
	       "ps 10.0.0.1 27\n" },
	{ CRIU_DUMP, { .id = "a" }, odd, DUMP "manage_cgroups_mode 3\n" },
	{ CRIU_DUMP,
	  { .id = "a" },
	  files,
	  DUMP "manage_cgroups_mode 3\nexternal file[18:4]\nexternal file[1b:a8]\n"
	       "external tty[8803:16]\n" },
	{ CRIU_RESTORE,
	  { .id = "a" },
	  pipes,
	  RESTORE "manage_cgroups_mode 3\ninherit_fd pipe:[11] 20\n"
		  "inherit_fd pipe:[12] 21\n" },
	{ CRIU_RESTORE,
	  { .tcp_close = true,
	    .lsm_profile = "apparmor:x",
	    .lsm_mount_context = "a_t:s0" },
	  files,
	  RESTORE "manage_cgroups_mode 3\ntcp_close 1\nlsm_profile apparmor:x\n"
		  "lsm_mount_context a_t:s0\ninherit_fd file[18:4] 17\n"
		  "inherit_fd file[1b:a8] 18\ninherit_fd tty[8803:16] 22\n" },
	{ CRIU_RESTORE, { .id = "a" }, odd, RESTORE "manage_cgroups_mode 3\n" },
};

START_TEST(test_plan)
{
	struct criu_facts f = facts_of(plans[_i].streams);
	struct criu_options o = { 0 };
	auto_str request = { 0 }, text = { 0 };

	if (plans[_i].type == CRIU_DUMP)
		checkpoint_plan(&plans[_i].args, &f, &o);
	else
		restore_plan(&plans[_i].args, &f, &o);
	criu_request(&request, plans[_i].type, &o, false);
	str_free(&o.wire);
	ck_assert(criu_request_print(request.s, request.n, &text));
	ck_assert_str_eq(text.s, plans[_i].text);
}
END_TEST

/* What is not in the options: namespaces, cgroups, mounts, criu's configuration. */
START_TEST(test_plan_facts)
{
	static struct criu_mount mounts[] = { { "/etc/hosts", "/etc/hosts" },
					      { "/a b", "/x" } };
	static const struct criu_mounts list = { 2, mounts };
	static struct oci_pair pairs[] = { { (char *)"cpu", (char *)"/c" },
					   { (char *)"", (char *)"/u" } };
	static const struct oci_map cgroups = { 2, pairs };
	static const struct criu_joined joined[] = { { "net", 30 },
						     { "pid", 31 },
						     { "ipc", 32 } };
	const struct run_checkpoint_args none = { 0 };
	struct criu_facts f = facts_of(odd);
	struct criu_options dump = { 0 }, restore = { 0 };
	auto_str request = { 0 }, text = { 0 };

	f.mounts = &list;
	f.config_file = "/etc/criu/x.conf";
	f.freeze_cgroup = "/sys/fs/cgroup/c";
	f.net_inode = 4026531840;
	f.pid_inode = 7;
	checkpoint_plan(&none, &f, &dump);
	criu_request(&request, CRIU_DUMP, &dump, true);
	ck_assert(criu_request_print(request.s, request.n, &text));
	ck_assert_str_eq(text.s,
			 DUMP "manage_cgroups_mode 3\nconfig_file /etc/criu/x.conf\n"
			      "freeze_cgroup /sys/fs/cgroup/c\n"
			      "external net[4026531840]:extRootNetNS\n"
			      "external pid[7]:extRootPidNS\n"
			      "external mnt[/etc/hosts]:/etc/hosts\n"
			      "external mnt[/a b]:/x\nkeep_open\n");
	f.cgroups = &cgroups;
	f.joined = joined;
	f.n_joined = 3;
	text.n = 0;
	restore_plan(&none, &f, &restore);
	criu_request(&request, CRIU_RESTORE, &restore, false);
	ck_assert(criu_request_print(request.s, request.n, &text));
	ck_assert_str_eq(text.s, RESTORE
			 "manage_cgroups_mode 3\nconfig_file /etc/criu/x.conf\n"
			 "cg_root cpu /c\ncg_root  /u\ninherit_fd extRootNetNS 30\n"
			 "inherit_fd extRootPidNS 31\njoin_ns ipc /proc/99/fd/32\n"
			 "external mnt[/etc/hosts]:/etc/hosts\n"
			 "external mnt[/a b]:/x\n");
	str_free(&dump.wire);
	str_free(&restore.wire);
}
END_TEST

static const struct {
	const char *text;
	const char *address; /* NULL: refused */
	uint16_t port;
} servers[] = {
	{ "1.2.3.4:80", "1.2.3.4", 80 },
	{ "host:65535", "host", 65535 },
	{ "[::1]:27", "::1", 27 },
	{ "1.2.3.4", NULL, 0 },
	{ ":80", NULL, 0 },
	{ "a:0", NULL, 0 },
	{ "a:65536", NULL, 0 },
	{ "a:8x", NULL, 0 },
	{ "a:", NULL, 0 },
};

START_TEST(test_server)
{
	struct err e = { 0 };
	char address[64];
	uint16_t port;
	int rc = checkpoint_parse_server(servers[_i].text, address, sizeof(address),
					 &port, &e);

	ck_assert_int_eq(rc, servers[_i].address ? 0 : -1);
	if (rc < 0) {
		ck_assert_ptr_nonnull(strstr(e.text, "expected ADDRESS:PORT"));
		return;
	}
	ck_assert_str_eq(address, servers[_i].address);
	ck_assert_uint_eq(port, servers[_i].port);
}
END_TEST

/* ---- answers --------------------------------------------------------------------------- */

START_TEST(test_answer)
{
	struct criu_answer a;
	struct err e = { 0 };
	auto_str m = { 0 }, inner = { 0 };

	proto_put_number(&m, 1, CRIU_NOTIFY);
	proto_put_number(&m, 2, 1);
	proto_put_text(&inner, 1, "post-restore");
	proto_put_number(&inner, 2, 77);
	proto_put_bytes(&m, 5, inner.s, inner.n);
	ck_assert_int_eq(criu_answer_parse(m.s, m.n, &a, &e), 0);
	ck_assert_int_eq(a.type, CRIU_NOTIFY);
	ck_assert(a.success);
	ck_assert_str_eq(a.script, "post-restore");
	ck_assert_int_eq(a.pid, 77);
	/* a failure, with reason and errno */
	m.n = inner.n = 0;
	proto_put_number(&m, 1, CRIU_DUMP);
	proto_put_number(&m, 2, 0);
	proto_put_number(&m, 7, 16);
	proto_put_text(&m, 9, "Can't");
	ck_assert_int_eq(criu_answer_parse(m.s, m.n, &a, &e), 0);
	ck_assert(!a.success);
	ck_assert_int_eq(a.code, 16);
	ck_assert_str_eq(a.message, "Can't");
	/* 4.2.1, and a git version without a sublevel */
	m.n = inner.n = 0;
	proto_put_number(&m, 1, CRIU_VERSION);
	proto_put_number(&m, 2, 1);
	proto_put_number(&inner, 1, 4);
	proto_put_number(&inner, 2, 2);
	proto_put_text(&inner, 3, "gabcd");
	proto_put_number(&inner, 4, 1);
	proto_put_bytes(&m, 10, inner.s, inner.n);
	ck_assert_int_eq(criu_answer_parse(m.s, m.n, &a, &e), 0);
	ck_assert_uint_eq(a.version, 40201);
	ck_assert(!err_is_set(&e));
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
} broken[] = {
	{ "", 0 },
	{ "\x10\x01", 2 },
	{ "\x08", 1 },
	{ "\x08\x06\x2a\x05\x0a", 5 },
	{ "GET / HTTP", 10 },
};

START_TEST(test_answer_broken)
{
	struct criu_answer a = { .pid = 5 };
	struct err e = { 0 };

	ck_assert_int_eq(criu_answer_parse(broken[_i].bytes, broken[_i].n, &a, &e), -1);
	ck_assert_str_eq(e.text, "criu sent a message that cannot be understood");
	ck_assert_int_eq(a.pid, 5);
}
END_TEST

/* ---- reasons --------------------------------------------------------------------------- */

static const struct {
	const char *log;
	const char *text;
	const char *hint; /* contained, or NULL: none */
} logs[] = {
	{ "", "", NULL },
	{ "(00.000001) Version: 4.2\n(00.2) Warn  (criu/x.c:1): Error of somebody\n", "",
	  NULL },
	/* the first line of a machine without CAP_SYS_RESOURCE, and the last one, say nothing */
	{ "(00.10) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: "
	  "Operation not permitted\n(00.43) Error (criu/cr-dump.c:1975): Dumping FAILED.",
	  "", NULL },
	{ "(00.3) Error (criu/files-reg.c:1790): Can't lookup mount=24\n"
	  "(00.4) Error (criu/cr-dump.c:1545): Dump files (pid: 2) failed with -1\n"
	  "(00.5) Error (criu/cr-dump.c:1546): a third\n",
	  "Can't lookup mount=24; Dump files (pid: 2) failed with -1", NULL },
	{ "(00.3)      1: Error (criu/sk-inet.c:191): inet: Connected TCP socket, "
	  "consider "
	  "using --tcp-established option.\n",
	  "inet: Connected TCP socket, consider using --tcp-established option.",
	  "--tcp-established" },
	{ "(00.3) Error (criu/file-lock.c:108): Some file locks are hold by dumping "
	  "tasks! "
	  "You can try --file-locks to dump them.\n",
	  "Some file locks are hold by dumping tasks! You can try --file-locks to dump "
	  "them.",
	  "--file-locks" },
	/* words that engines would take for a missing or forbidden command */
	{ "Error (criu/x.c:1): /a: No such file or directory\nError (criu/x.c:1): "
	  "Permission denied: Operation not permitted!\n",
	  "/a: it does not exist; not allowed: not allowed!", NULL },
	{ "Error (criu/x.c:1): a\tb\033[31m\n", "a?b?[31m", NULL },
	/* standard output that is root's own, in a user namespace */
	{ "(00.07)      1: Error (criu/files-reg.c:2263): Can't open file fd/13 on "
	  "restore: "
	  "Permission denied\n",
	  "Can't open file fd/13 on restore: not allowed",
	  "a file that this one may open" },
	{ "Error (criu/files-reg.c:2263): Can't open file etc/x on restore: Permission "
	  "denied\n",
	  "Can't open file etc/x on restore: not allowed", NULL },
	{ "Error (criu/x.c:1): iptables-restore: not found\n",
	  "iptables-restore: not found", "--network-lock" },
};

START_TEST(test_reason)
{
	struct criu_reason r = { 0 };

	for (const char *at = logs[_i].log; *at;) {
		size_t n = strcspn(at, "\n");

		criu_reason_line(&r, at, n);
		at += n + (at[n] == '\n');
	}
	ck_assert_str_eq(r.text, logs[_i].text);
	ck_assert(!logs[_i].hint == !r.hint);
	if (r.hint)
		ck_assert_ptr_nonnull(strstr(r.hint, logs[_i].hint));
}
END_TEST

/* ---- mounts ---------------------------------------------------------------------------- */

#define ROOT "1 0 8:1 /b/rootfs / rw - ext4 /dev/x rw\n"
#define PROC "2 1 0:5 / /proc rw - proc proc rw\n"
#define DEV \
	"3 1 0:6 / /dev rw - tmpfs tmpfs rw\n4 3 0:7 / /dev/pts rw - devpts devpts rw\n"

static const struct {
	const char *config;
	const char *points; /* true mount points of mounts[i], separated by blanks */
	const char *mountinfo;
	const char *text;
} dumps[] = {
	{ "", "", ROOT PROC DEV, "" },
	/* masks and the console are parts of what the container has anyway */
	{ "", "",
	  ROOT PROC DEV "5 2 0:6 /null /proc/kcore rw - tmpfs tmpfs rw\n"
			"6 2 0:5 /sys /proc/sys ro - proc proc rw\n"
			"7 3 0:7 /0 /dev/console rw - devpts devpts rw\n",
	  "" },
	/* a mask of the machine's /dev/null, a device in a user namespace */
	{ "", "", ROOT PROC "5 2 0:9 /null /proc/kcore rw - devtmpfs d rw\n",
	  "/proc/kcore=/proc/kcore\n" },
	/* binds go by their destination, where they really are; also whole filesystems */
	{ "\"mounts\":[{\"destination\":\"/var/run/x\",\"source\":\"/"
	  "s\",\"type\":\"bind\","
	  "\"options\":[\"rbind\"]},{\"destination\":\"/proc\",\"type\":\"proc\"}]",
	  "/run/x /proc",
	  ROOT PROC "5 1 8:2 / /run/x rw - xfs /dev/y rw\n"
		    "6 5 8:3 / /run/x/sub\\040dir rw - xfs /dev/z rw\n",
	  "/run/x=/var/run/x\n/run/x/sub dir=/run/x/sub dir\n" },
	/* a bind of the filesystem on which the root lies, but not below it */
	{ "\"mounts\":[{\"destination\":\"/d\",\"source\":\"/"
	  "s\",\"options\":[\"bind\"]}]",
	  "/d", ROOT "5 1 8:1 /vol /d rw - ext4 /dev/x rw\n", "/d=/d\n" },
	/* cgroups: criu's work in a cgroup namespace, bound without one */
	{ "\"linux\":{\"namespaces\":[{\"type\":\"cgroup\"}]}", "",
	  ROOT "5 1 0:36 /c1 /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n", "" },
	{ "\"linux\":{}", "",
	  ROOT "5 1 0:36 /c1 /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n",
	  "/sys/fs/cgroup/pids=/sys/fs/cgroup/pids\n" },
	{ "", "", "nonsense\n1 2 3\n\n", "" },
};

static void print_mounts(const struct criu_mounts *m, struct str *ret)
{
	str_add(ret, "");
	for (size_t i = 0; i < m->n; i++)
		str_addf(ret, "%s=%s\n", m->v[i].key, m->v[i].value);
}

START_TEST(test_mounts_dump)
{
	struct oci_config *c = config_of(dumps[_i].config);
	auto_str text = { 0 };
	struct criu_mounts got;
	char points[256];
	const char *list[4];
	size_t n = 0;

	snprintf(points, sizeof(points), "%s", dumps[_i].points);
	for (char *at = strtok(points, " "); at; at = strtok(NULL, " "))
		list[n++] = at;
	ck_assert_uint_eq(n, c->mounts.n);
	criu_mounts_of_dump(&arena, c, list, dumps[_i].mountinfo, &got);
	print_mounts(&got, &text);
	ck_assert_str_eq(text.s ? text.s : "", dumps[_i].text);
}
END_TEST

static const struct {
	const char *config;
	const char *text; /* contained */
} restores[] = {
	{ "", "/dev/null=/dev/null\n" },
	{ "\"mounts\":[{\"destination\":\"/"
	  "d\",\"source\":\"vol\",\"options\":[\"bind\"]}]",
	  "/d=/b/vol\n" },
	{ "\"mounts\":[{\"destination\":\"/d\",\"source\":\"/"
	  "s\",\"options\":[\"rbind\"]}]",
	  "/d=/s\n/d/sub=/s/sub\n" },
	{ "\"mounts\":[{\"destination\":\"/d\",\"source\":\"/"
	  "s\",\"options\":[\"bind\"]}]",
	  "/d=/s\n/sys/fs/cgroup/pids=/sys/fs/cgroup/pids/c1\n" },
	{ "\"linux\":{\"maskedPaths\":[\"/proc/kcore\"],\"devices\":[{\"path\":\"/dev/"
	  "x\","
	  "\"type\":\"c\",\"major\":1,\"minor\":2}]}",
	  "/proc/kcore=/dev/null\n/dev/x=/dev/x\n" },
};

START_TEST(test_mounts_restore)
{
	static struct fs_row rows[] = { { .kind = FS_NEW, .destination = "/proc" },
					{ .kind = FS_BIND,
					  .destination = "/sys/fs/cgroup/pids",
					  .source = "/sys/fs/cgroup/pids/c1" } };
	const struct fs_plan plan = { .rows = rows, .n_rows = 2 };
	struct oci_config *c = config_of(restores[_i].config);
	auto_str text = { 0 };
	struct criu_mounts got;

	criu_mounts_of_restore(&arena, c, &plan, "/b",
			       ROOT "5 1 8:2 / /s rw - xfs y rw\n"
				    "6 5 8:3 / /s/sub rw - xfs z rw\n"
				    "7 5 8:4 / /sother rw - xfs z rw\n",
			       &got);
	print_mounts(&got, &text);
	ck_assert_msg(strstr(text.s, restores[_i].text) != NULL, "%s", text.s);
	ck_assert_ptr_null(strstr(text.s, "other"));
}
END_TEST

/* ---- refusals -------------------------------------------------------------------------- */

static const struct {
	const char *config;
	const char *text; /* NULL: fine */
} checks[] = {
	{ "\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}", NULL },
	{ "\"linux\":{\"namespaces\":[{\"type\":\"pid\"}]}",
	  "linux.namespaces: criu cannot save a container without a mount namespace of "
	  "its "
	  "own" },
	{ "\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/n\"},"
	  "{\"type\":\"ipc\",\"path\":\"/i\"},{\"type\":\"mount\"}]}",
	  NULL },
	{ "\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"mount\","
	  "\"path\":\"/m\"}]}",
	  "linux.namespaces[1]: /m: criu cannot put a container back into an existing "
	  "mount namespace" },
	{ "\"linux\":{\"namespaces\":[{\"type\":\"user\",\"path\":\"/u\"},"
	  "{\"type\":\"mount\"}]}",
	  "linux.namespaces[0]: /u: criu cannot put a container back into an existing "
	  "user namespace" },
	{ "\"mounts\":[{\"destination\":\"/a\",\"source\":\"/s\",\"type\":\"bind\","
	  "\"options\":[\"rbind\",\"idmap\"]}],"
	  "\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}",
	  "mounts[0]: /a: criu cannot restore an id-mapped mount" },
};

START_TEST(test_check)
{
	struct err e = { 0 };
	int rc = checkpoint_check(config_of(checks[_i].config), &e);

	ck_assert_int_eq(rc, checks[_i].text ? -1 : 0);
	ck_assert_str_eq(e.text, checks[_i].text ? checks[_i].text : "");
}
END_TEST

/* org.criu.config: the annotation counts, also when it says "none". */
START_TEST(test_config_file)
{
	struct oci_pair pair = { (char *)"org.criu.config", (char *)"/c" };
	const struct oci_map one = { 1, &pair };

	ck_assert_str_eq(checkpoint_config_file(&one), "/c");
	pair.value = (char *)"";
	ck_assert_ptr_null(checkpoint_config_file(&one));
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, test_plan, 0, ROWS(plans));
	tcase_add_test(t, test_plan_facts);
	tcase_add_loop_test(t, test_server, 0, ROWS(servers));
	tcase_add_test(t, test_answer);
	tcase_add_loop_test(t, test_answer_broken, 0, ROWS(broken));
	tcase_add_loop_test(t, test_reason, 0, ROWS(logs));
	tcase_add_loop_test(t, test_mounts_dump, 0, ROWS(dumps));
	tcase_add_loop_test(t, test_mounts_restore, 0, ROWS(restores));
	tcase_add_loop_test(t, test_check, 0, ROWS(checks));
	tcase_add_test(t, test_config_file);
}

int main(void)
{
	return suite_run("criu", fill);
}
