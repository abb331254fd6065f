/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a request and facts to a config.json: id maps, mounts, environment, limits, what is
 * refused; that it is a valid document; and what the default filter answers.
 */
#include "run/direct.h"

#include "sec/seccomp.h"
#include "sec/seccomp_default.h"

#include "suite.h"

#include <check.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static struct oci_arena arena;

static void teardown(void)
{
	oci_arena_free(&arena);
}

/* ---- id maps ------------------------------------------------------------------------- */

static struct oci_id_mapping two[] = { { 0, 100000, 1000 }, { 0, 300000, 70000 } };
static struct oci_id_mapping one[] = { { 0, 100000, 65536 } };
static struct oci_id_mapping high[] = { { 0, 4294900000U, 60000 } };

#define SUBS(list)                     \
	{                              \
		ARRAY_SIZE(list), list \
	}

static const struct {
	enum ids_mode mode;
	uint32_t own, inside;
	struct oci_id_mappings subs;
	const char *map; /* or "error: ..." */
} maps[] = {
	{ IDS_SINGLE, 1000, 0, { 0 }, "0:1000:1" },
	{ IDS_SINGLE, 1000, 33, { 0 }, "33:1000:1" },
	{ IDS_SINGLE, 0, 0, SUBS(one), "0:0:1" },
	{ IDS_SHARED, 1000, 0, SUBS(one), "0:1000:1 1:100000:65536" },
	{ IDS_SHARED, 1000, 0, SUBS(two), "0:1000:1 1:100000:1000 1001:300000:70000" },
	{ IDS_SHARED, 1000, 0, SUBS(high), "0:1000:1 1:4294900000:60000" },
	{ IDS_KEEP_ID, 1000, 1000, SUBS(one),
	  "0:100000:1000 1000:1000:1 1001:101000:64536" },
	{ IDS_KEEP_ID, 5, 5, SUBS(two),
	  "0:100000:5 5:5:1 6:100005:995 1001:300000:70000" },
	{ IDS_KEEP_ID, 1500, 1500, SUBS(two),
	  "0:100000:1000 1000:300000:500 1500:1500:1 1501:300500:69500" },
	/* fewer subordinate ids than there are below the caller's own */
	{ IDS_KEEP_ID, 200000, 200000, SUBS(one), "0:100000:65536 200000:200000:1" },
	{ IDS_NOMAP, 1000, 0, SUBS(two), "0:100000:1000 1000:300000:70000" },
	{ IDS_SHARED,
	  1000,
	  0,
	  { 0 },
	  "error: the caller (uid 1000) has no subordinate ids in "
	  "/etc/subuid" },
	{ IDS_NOMAP,
	  1000,
	  0,
	  { 0 },
	  "error: the caller (uid 1000) has no subordinate ids in "
	  "/etc/subuid" },
};

START_TEST(test_map)
{
	struct oci_id_mappings got = { 0 };
	struct err e = { 0 };
	auto_str text = { 0 };

	if (ids_map(&arena, maps[_i].mode, maps[_i].own, maps[_i].inside, &maps[_i].subs,
		    "uid", &got, &e) < 0)
		str_addf(&text, "error: %s", e.text);
	for (size_t i = 0; i < got.n; i++)
		str_addf(&text, "%s%u:%u:%u", i ? " " : "", got.v[i].container_id,
			 got.v[i].host_id, got.v[i].size);
	ck_assert_str_eq(text.s, maps[_i].map);
}
END_TEST

/* ---- the whole config ------------------------------------------------------------------ */

static char *env_of_caller[] = { (char *)"TERM=vt100", (char *)"LANG=de", (char *)"A=1",
				 (char *)"HOME=/home/a", NULL };
static char *args[] = { (char *)"sh", (char *)"-c", (char *)"true", NULL };

static const struct direct_top tops[] = {
	{ "bin", true, false, false, false },  { "boot", false, false, false, false },
	{ "etc", false, false, true, false },  { "home", false, false, false, false },
	{ "opt", false, true, true, false },   { "proc", false, false, false, false },
	{ "run", false, false, false, false }, { "tmp", false, false, false, false },
	{ "usr", false, false, false, false }, { "var", false, false, false, false },
};

static const struct direct_facts user = {
	.uid = 1000,
	.gid = 100,
	.home = "/home/a",
	.cwd = "/home/a/project/sub",
	.env = env_of_caller,
	.tops = tops,
	.n_tops = ARRAY_SIZE(tops),
	.has_var_tmp = true,
	.sub_uids = SUBS(one),
	.sub_gids = SUBS(one),
};

/* Makes, encodes and decodes: what comes back is a valid document. */
static struct oci_config *make(const struct direct_request *rq,
			       const struct direct_facts *f, struct direct_plan *plan)
{
	struct oci_config *config;
	struct oci_error why;
	struct err e = { 0 };
	size_t n;
	char *text;

	ck_assert_msg(direct_config(&arena, rq, f, plan, &e) == 0, "%s", e.text);
	text = oci_encode(&arena, &oci_type_config, plan->config, 0, &n);
	ck_assert_ptr_nonnull(text);
	ck_assert_msg(oci_decode_config(&arena, "c", text, n, &config, &why) == 0, "%s",
		      why.text);
	return config;
}

static void print_mount(const struct oci_mount *m, struct str *ret)
{
	str_addf(ret, "%s %s %s", m->destination, m->type, m->source);
	for (size_t i = 0; i < m->options.n; i++)
		str_addf(ret, "%c%s", i ? ',' : ' ', m->options.v[i]);
	str_add(ret, "\n");
}

static const char *annotation(const struct oci_config *c, const char *key)
{
	for (size_t i = 0; i < c->annotations.n; i++)
		if (str_eq(c->annotations.v[i].key, key))
			return c->annotations.v[i].value;
	return "";
}

static bool has(const struct oci_strings *list, const char *word)
{
	return str_index((const char *const *)list->v, list->n, word) >= 0;
}

START_TEST(test_host)
{
	static const struct direct_volume volume = { "/home/a/project", "/home/a/project",
						     .readonly = true };
	const struct direct_request rq = { .args = args,
					   .volumes = &volume,
					   .n_volumes = 1 };
	struct direct_plan plan;
	struct oci_config *c = make(&rq, &user, &plan);
	auto_str text = { 0 };

	for (size_t i = 5; i < c->mounts.n; i++)
		print_mount(&c->mounts.v[i], &text);
	ck_assert_str_eq(
		text.s,
		"/bin bind /bin bind,copy-symlink\n"
		"/etc bind /etc bind,throw-away,nosuid,nodev\n"
		"/opt bind /opt rbind,rro,rnosuid,rnodev\n"
		"/run tmpfs tmpfs nosuid,nodev,mode=0755,size=1073741824\n"
		"/tmp tmpfs tmpfs nosuid,nodev,mode=1777,size=1073741824\n"
		"/usr bind /usr rbind,rro,rnosuid,rnodev\n"
		"/var bind /var rbind,rro,rnosuid,rnodev\n"
		"/var/tmp tmpfs tmpfs nosuid,nodev,mode=1777,size=1073741824\n"
		"/home/a tmpfs tmpfs nosuid,nodev,mode=0700,size=1073741824\n"
		"/home/a/project bind /home/a/project rbind,rro,rnosuid,rnodev\n");
	ck_assert_str_eq(annotation(c, "wolffia.root"), "empty");
	ck_assert_str_eq(c->process->cwd, "/home/a/project/sub");
	ck_assert(has(&c->process->env, "HOME=/home/a"));
	ck_assert(has(&c->process->env, "TERM=vt100"));
	ck_assert_uint_eq(c->process->env.n, 3);
	ck_assert(has(&c->linux->masked_paths, "/etc/shadow"));
	ck_assert(has(&c->linux->masked_paths, "/proc/kcore"));
}
END_TEST

/* What a link at the top leads to is empty, before what lies in it; the link is there. */
START_TEST(test_hidden)
{
	static const struct direct_top linked[] = {
		{ "home", true, .leads_to_hidden = true },
		{ "srv", true },
		{ "tmp", true, .leads_to_hidden = true },
		{ "var", false },
	};
	static const char *const hidden[] = { "/var/home", "/var/home/a" };
	const struct direct_request rq = { .args = args };
	struct direct_facts facts = user;
	struct direct_plan plan;
	struct oci_config *c;
	auto_str text = { 0 };

	facts.tops = linked;
	facts.n_tops = ARRAY_SIZE(linked);
	facts.hidden = hidden;
	facts.n_hidden = ARRAY_SIZE(hidden);
	facts.has_var_tmp = false;
	c = make(&rq, &facts, &plan);
	for (size_t i = 5; i < c->mounts.n; i++)
		print_mount(&c->mounts.v[i], &text);
	ck_assert_str_eq(
		text.s, "/home bind /home bind,copy-symlink\n"
			"/tmp tmpfs tmpfs nosuid,nodev,mode=1777,size=1073741824\n"
			"/var bind /var rbind,rro,rnosuid,rnodev\n"
			"/var/home tmpfs tmpfs nosuid,nodev,mode=0755,size=1073741824\n"
			"/var/home/a tmpfs tmpfs nosuid,nodev,mode=0755,size=1073741824\n"
			"/home/a tmpfs tmpfs nosuid,nodev,mode=0700,size=1073741824\n");
}
END_TEST

/* R12, R21, R22: annotations, variables, and a namespace of its own in any case. */
START_TEST(test_networks)
{
	static const char *const ports[] = { "8080:80", "[::1]:53:53/udp" };
	static const char *const env[] = { "http_proxy=mine" };
	struct direct_request rq = { .args = args,
				     .rootfs = "/r",
				     .net = DIRECT_NET_HELPER,
				     .net_word = "auto:ipv4",
				     .publish = ports,
				     .n_publish = 2 };
	struct direct_plan plan;
	struct oci_config *c = make(&rq, &user, &plan);
	struct err e = { 0 };

	ck_assert_str_eq(annotation(c, "wolffia.net"), "auto:ipv4");
	ck_assert_str_eq(annotation(c, "wolffia.publish"), "8080:80,[::1]:53:53/udp");
	ck_assert_uint_eq(c->linux->namespaces.n, 7);
	rq.net_word = "proxy:8888";
	ck_assert_int_eq(direct_config(&arena, &rq, &user, &plan, &e), -1);
	ck_assert_ptr_nonnull(
		strstr(e.text, "cannot be published with the network proxy"));
	rq.n_publish = 0;
	rq.env = env;
	rq.n_env = 1;
	c = make(&rq, &user, &plan);
	ck_assert_str_eq(annotation(c, "wolffia.net"), "proxy:8888");
	ck_assert(has(&c->process->env, "https_proxy=http://127.0.0.1:8888"));
	ck_assert(has(&c->process->env, "http_proxy=mine"));
	ck_assert(!has(&c->process->env, "http_proxy=http://127.0.0.1:8888"));
	rq.net = DIRECT_NET_NONE;
	c = make(&rq, &user, &plan);
	ck_assert_str_eq(annotation(c, "wolffia.net"), "");
	ck_assert(!has(&c->process->env, "https_proxy=http://127.0.0.1:8888"));
}
END_TEST

START_TEST(test_sysctls)
{
	static const char *const good[] = { "net.ipv4.tcp_wmem=4096 16384 262144",
					    "kernel.domainname=a=b" };
	static const char *const bad[] = { "net.ipv4.ip_forward", "=1", "" };
	static const char *const own[] = { "net.ipv4.ping_group_range=1 0" };
	struct direct_request rq = {
		.args = args, .rootfs = "/r", .sysctls = good, .n_sysctls = 2
	};
	struct direct_plan plan;
	struct oci_config *c = make(&rq, &user, &plan);

	ck_assert_uint_eq(c->linux->sysctl.n, 2);
	ck_assert_str_eq(c->linux->sysctl.v[0].key, "net.ipv4.tcp_wmem");
	ck_assert_str_eq(c->linux->sysctl.v[0].value, "4096 16384 262144");
	ck_assert_str_eq(c->linux->sysctl.v[1].value, "a=b");
	rq.net = DIRECT_NET_HELPER;
	rq.net_word = "auto";
	rq.has_user = true;
	rq.uid = rq.gid = 7;
	c = make(&rq, &user, &plan);
	ck_assert_uint_eq(c->linux->sysctl.n, 3);
	ck_assert_str_eq(c->linux->sysctl.v[2].key, "net.ipv4.ping_group_range");
	ck_assert_str_eq(c->linux->sysctl.v[2].value, "7 7");
	rq.sysctls = own;
	rq.n_sysctls = 1;
	c = make(&rq, &user, &plan);
	ck_assert_uint_eq(c->linux->sysctl.n, 1);
	ck_assert_str_eq(c->linux->sysctl.v[0].value, "1 0");
	rq.net_word = "proxy:80";
	rq.sysctls = good;
	ck_assert_uint_eq(make(&rq, &user, &plan)->linux->sysctl.n, 1);
	rq.net = DIRECT_NET_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = { 0 };

		rq.sysctls = &bad[i];
		ck_assert_int_eq(direct_config(&arena, &rq, &user, &plan, &e), -1);
		ck_assert_ptr_nonnull(strstr(e.text, ": expected NAME=VALUE"));
	}
}
END_TEST

START_TEST(test_locked)
{
	const struct direct_request rq = { .args = args, .rootfs = "/r" };
	struct direct_plan plan;
	struct oci_config *c = make(&rq, &user, &plan);

	ck_assert(c->process->no_new_privileges);
	ck_assert_uint_eq(c->process->capabilities->bounding.n, 8);
	ck_assert(!has(&c->process->capabilities->bounding, "CAP_SYS_ADMIN"));
	ck_assert_uint_eq(c->process->capabilities->inheritable.n, 0);
	ck_assert_uint_eq(c->process->capabilities->ambient.n, 0);
	ck_assert_ptr_nonnull(c->linux->seccomp);
	ck_assert_uint_eq(c->linux->namespaces.n, 7);
	ck_assert_uint_eq(c->linux->uid_mappings.n, 1);
	ck_assert_uint_eq(c->linux->uid_mappings.v[0].host_id, 1000);
	ck_assert_uint_eq(c->linux->gid_mappings.v[0].host_id, 100);
	ck_assert_str_eq(annotation(c, "wolffia.root"), "overlay");
	ck_assert_str_eq(annotation(c, "wolffia.overlay-size"), "1073741824");
	ck_assert_str_eq(c->process->cwd, "/");
	ck_assert(!has(&c->linux->masked_paths, "/etc/shadow"));
	/* without a cgroup: limits of the process or none, and remarks */
	ck_assert_uint_eq(c->process->rlimits.n, 2);
	ck_assert_str_eq(c->process->rlimits.v[1].type, "RLIMIT_NPROC");
	ck_assert_uint_eq(plan.n_remarks, 2);
	for (size_t i = 0; i < plan.n_remarks; i++) /* the defaults: nobody asked */
		ck_assert(!plan.remarks[i].asked);
}
END_TEST

START_TEST(test_long_home)
{
	const struct direct_request rq = { .args = args };
	struct direct_facts facts = user;
	struct direct_plan plan;
	auto_str home = { 0 }, want = { 0 };

	for (int i = 0; i < 60; i++)
		str_add(&home, "/0123456789");
	str_addf(&want, "HOME=%s", home.s);
	facts.home = home.s;
	ck_assert(has(&make(&rq, &facts, &plan)->process->env, want.s));
}
END_TEST

/* --double-rootless: the caller's own group by way of a name in /etc/group, too (R46). */
START_TEST(test_stranger)
{
	static const uint32_t others[] = { 5, 6 }, own[] = { 5, 100 };
	struct direct_request rq = { .args = args,
				     .rootfs = "/r",
				     .stranger = true,
				     .has_user = true,
				     .uid = 7,
				     .gid = 7,
				     .groups = others,
				     .n_groups = 2,
				     .ids.mode = IDS_KEEP_ID };
	struct direct_plan plan;
	struct err e = { 0 };

	ck_assert_uint_eq(make(&rq, &user, &plan)->process->user.additional_gids.n, 2);
	rq.groups = own;
	ck_assert_int_eq(direct_config(&arena, &rq, &user, &plan, &e), -1);
	ck_assert_str_eq(e.text,
			 "--double-rootless: --user 7:7 is the caller outside, or "
			 "of his group");
	rq.stranger = false;
	make(&rq, &user, &plan);
}
END_TEST

START_TEST(test_user_has_no_caps)
{
	const struct direct_request rq = {
		.args = args, .rootfs = "/r", .has_user = true, .uid = 33, .gid = 44
	};
	struct direct_plan plan;
	struct oci_config *c = make(&rq, &user, &plan);

	ck_assert_uint_eq(c->process->capabilities->bounding.n, 0);
	ck_assert_uint_eq(c->process->user.uid, 33);
	ck_assert_uint_eq(c->linux->uid_mappings.v[0].container_id, 33);
	ck_assert_uint_eq(c->linux->gid_mappings.v[0].container_id, 44);
}
END_TEST

START_TEST(test_limits)
{
	const struct direct_request rq = { .args = args,
					   .rootfs = "/r",
					   .memory = 256 << 20,
					   .pids = 7,
					   .cpus = 1500,
					   .oom_group = true,
					   .file_size = 99 };
	struct direct_facts f = user;
	struct direct_plan plan;
	struct oci_config *c;

	f.can_pids = f.can_memory = f.can_cpu = true;
	c = make(&rq, &f, &plan);
	ck_assert_int_eq(c->linux->resources->pids->limit.v, 7);
	ck_assert_int_eq(c->linux->resources->memory->limit.v, 256 << 20);
	ck_assert_int_eq(c->linux->resources->cpu->quota.v, 150000);
	ck_assert_str_eq(c->linux->resources->unified.v[0].key, "memory.oom.group");
	ck_assert_str_eq(annotation(c, "wolffia.overlay-size"), "134217728");
	ck_assert_uint_eq(c->process->rlimits.n, 2);
	ck_assert_uint_eq(c->process->rlimits.v[1].hard, 99);
	ck_assert_uint_eq(plan.n_remarks, 0);
	ck_assert_str_eq(plan.pids_by, "cgroup");
	ck_assert_str_eq(plan.memory_by, "cgroup");
	ck_assert_str_eq(plan.cpu_by, "cgroup");
	c = make(&rq, &user, &plan);
	ck_assert_uint_eq(c->process->rlimits.n, 4);
	ck_assert_uint_eq(plan.n_remarks, 4);
	for (size_t i = 0; i < plan.n_remarks; i++)
		ck_assert_msg(plan.remarks[i].asked, "%s", plan.remarks[i].line);
	ck_assert_str_eq(plan.pids_by, "rlimit");
	ck_assert_str_eq(plan.memory_by, "rlimit");
	ck_assert_str_eq(plan.cpu_by, "none");
}
END_TEST

/* ---- limits that the caller has himself -------------------------------------------------- */

static const struct {
	uint32_t pids; /* asked for, or 0 */
	struct direct_ceiling own;
	uint64_t got;
	unsigned said; /* warnings about it */
} ceilings[] = {
	{ 0, { 0 }, DIRECT_PIDS, 0 },
	{ 0, { true, UINT64_MAX, UINT64_MAX }, DIRECT_PIDS, 0 },
	{ 0, { true, 300, UINT64_MAX }, 300, 0 },
	{ 0, { true, 300, 400 }, 300, 0 },
	{ 350, { true, 300, 400 }, 350, 1 },
	{ 500, { true, 300, 400 }, 400, 2 },
	{ 500, { true, 0, 0 }, 0, 2 },
};

START_TEST(test_ceiling)
{
	const struct direct_request rq = { .args = args, .pids = ceilings[_i].pids };
	struct direct_facts f = user;
	struct direct_plan plan;
	struct oci_config *c;
	unsigned said = 0;

	f.processes = ceilings[_i].own;
	c = make(&rq, &f, &plan);
	ck_assert_str_eq(c->process->rlimits.v[1].type, "RLIMIT_NPROC");
	ck_assert_uint_eq(c->process->rlimits.v[1].hard, ceilings[_i].got);
	ck_assert_uint_eq(c->process->rlimits.v[1].soft, ceilings[_i].got);
	for (size_t i = 0; i < plan.n_remarks; i++)
		said += plan.remarks[i].asked;
	ck_assert_uint_eq(said, ceilings[_i].said);
}
END_TEST

/* Whom RLIMIT_NPROC binds: not the machine's root, whatever he is called inside. */
static const struct {
	bool machine_root;
	enum ids_mode mode;
	uint32_t uid;
	const char *by;
} counted[] = {
	{ false, IDS_SINGLE, 0, "rlimit" }, { true, IDS_SINGLE, 0, "none" },
	{ true, IDS_SINGLE, 7, "none" },    { true, IDS_SHARED, 0, "none" },
	{ true, IDS_SHARED, 7, "rlimit" },  { true, IDS_HOST, 0, "none" },
	{ true, IDS_AUTO, 0, "rlimit" },    { true, IDS_NOMAP, 0, "rlimit" },
};

START_TEST(test_counted)
{
	const struct direct_request rq = { .args = args,
					   .rootfs = "/r",
					   .ids.mode = counted[_i].mode,
					   .has_user = true,
					   .memory_max = true,
					   .uid = counted[_i].uid };
	struct direct_facts f = user;
	struct direct_plan plan;
	struct oci_config *c;

	f.machine_root = f.privileged = counted[_i].machine_root;
	c = make(&rq, &f, &plan);
	ck_assert_str_eq(plan.pids_by, counted[_i].by);
	ck_assert_uint_eq(c->process->rlimits.n, counted[_i].by[0] == 'r' ? 2 : 1);
	ck_assert_uint_eq(plan.n_remarks, 1);
}
END_TEST

/* What nobody has asked for: three quarters of what there is, where a cgroup is at hand. */
static const struct {
	uint64_t around;
	uint64_t asked;
	bool max;
	int64_t limit; /* 0: none */
	const char *by;
	size_t remarks;
} memories[] = {
	{ 24ULL << 30, 0, false, 18LL << 30, "cgroup", 0 },
	{ 1000000001, 0, false, 749993984, "cgroup", 0 },
	{ 512 << 20, 0, false, 512 << 20, "cgroup", 0 },
	{ 100 << 20, 0, false, 512 << 20, "cgroup", 0 },
	{ 0, 0, false, 0, "none", 1 },
	{ 0, 0, true, 0, "not asked for", 0 },
	{ 24ULL << 30, 0, true, 0, "not asked for", 0 },
	{ 0, 64 << 20, false, 64 << 20, "cgroup", 0 },
};

START_TEST(test_memory_default)
{
	const struct direct_request rq = { .args = args,
					   .rootfs = "/r",
					   .memory = memories[_i].asked,
					   .memory_max = memories[_i].max };
	struct direct_facts f = user;
	struct direct_plan plan;
	struct oci_config *c;
	const struct oci_memory *m;

	f.can_pids = true;
	f.can_memory = memories[_i].asked > 0;
	f.memory_around = memories[_i].around;
	c = make(&rq, &f, &plan);
	m = c->linux->resources->memory;
	ck_assert_str_eq(plan.memory_by, memories[_i].by);
	ck_assert_int_eq(m != NULL, memories[_i].limit != 0);
	if (m)
		ck_assert_int_eq(m->limit.v, memories[_i].limit);
	/* swap is limited with what was asked for only */
	ck_assert_int_eq(m && m->swap.set, memories[_i].asked > 0);
	ck_assert_uint_eq(plan.memory_default,
			  m && !memories[_i].asked ? (uint64_t)m->limit.v : 0);
	ck_assert_uint_eq(plan.n_remarks, memories[_i].remarks);
	ck_assert(!plan.n_remarks || !plan.remarks[0].asked);
	/* no limit of a process takes its place, and the layers are as large as ever */
	ck_assert_uint_eq(c->process->rlimits.n, 1);
	if (!memories[_i].asked)
		ck_assert_str_eq(annotation(c, "wolffia.overlay-size"), "1073741824");
}
END_TEST

/* ---- places ----------------------------------------------------------------------------- */

static const struct {
	const char *text, *want;
} places[] = {
	{ "mounts[19]: /v: odd: thing", "--volume: /v: odd: thing" },
	{ "mounts[3]: /t: mount tmpfs: x", "--tmpfs: /t: mount tmpfs: x" },
	{ "mounts[3]: /sys: mount sysfs: x", "mounts[3]: /sys: mount sysfs: x" },
	{ "mounts[x", "mounts[x" },
	{ "process.cwd: /w: it does not exist", "--workdir: /w: it does not exist" },
	{ "process.user.uid: 7 is not mapped", "--user: 7 is not mapped" },
	{ "root.path: /r: root filesystem: x", "--rootfs: /r: root filesystem: x" },
	{ "linux.sysctl: a.b: x", "--sysctl: a.b: x" },
	{ "linux.gidMappings: newgidmap: x", "--userns: newgidmap: x" },
	{ "linux.namespaces[5]: network: /n: x", "--net: /n: x" },
	{ "linux.namespaces[5]: /n: enter the net namespace: x",
	  "--net: /n: enter the net namespace: x" },
	{ "annotations: wolffia.overlay: /o: x", "--overlay: /o: x" },
	{ "annotations: wolffia.overlay-size: x", "--overlay-size: x" },
	{ "linux.namespaces[5]: ipc: x", "linux.namespaces[5]: ipc: x" },
	{ "linux.resources.memory.limit: x", "--memory: x" },
	{ "linux.resources.cpu.quota: x", "linux.resources.cpu.quota: x" },
	{ "the configuration:1:87: process.args[0]: x", "process.args[0]: x" },
	{ "the configuration:1:87: process.cwd: x", "--workdir: x" },
	{ "process.cwdx: x", "process.cwdx: x" },
	{ "the configuration:1:87: process.args[1]: not valid JSON: the text is not "
	  "valid UTF-8",
	  "process.args[1]: not valid UTF-8" },
	{ "exec: \"x\": not found", "exec: \"x\": not found" },
	{ "", "" },
};

START_TEST(test_place)
{
	const struct direct_request rq = {
		.rootfs = "/r",
		.cwd = "/w",
		.has_user = true,
		.n_sysctls = 1,
		.net_word = "/n",
		.net_path = "/n",
		.overlay = "/o",
		.overlay_size = 1,
		.memory = 1 << 20,
		.volumes = &(const struct direct_volume){ "/s", "/v" },
		.n_volumes = 1,
		.tmpfs = &(const struct direct_tmpfs){ "/t", NULL },
		.n_tmpfs = 1,
	};
	const struct direct_request nothing_given = { 0 };
	struct err e = { 0 };

	snprintf(e.text, sizeof(e.text), "%s", places[_i].text);
	direct_place(&rq, &e);
	ck_assert_str_eq(e.text, places[_i].want);
	/* what was not on the command line keeps its name */
	snprintf(e.text, sizeof(e.text), "process.user.uid: x");
	direct_place(&nothing_given, &e);
	ck_assert_str_eq(e.text, "process.user.uid: x");
	snprintf(e.text, sizeof(e.text), "process.cwd: /x");
	direct_place(&nothing_given, &e);
	ck_assert_str_eq(e.text, "the caller's directory: /x");
}
END_TEST

START_TEST(test_choices)
{
	static const char *const env[] = { "A", "B=2", "NONE", "PATH=/p", "TERM=x" };
	const struct direct_request rq = { .args = args,
					   .rootfs = "/r",
					   .rootfs_rw = true,
					   .env = env,
					   .n_env = 5,
					   .cwd = "/w",
					   .hostname = "h",
					   .net = DIRECT_NET_HOST,
					   .ids.mode = IDS_KEEP_ID,
					   .unconfined = true };
	struct direct_plan plan;
	struct oci_config *c = make(&rq, &user, &plan);

	ck_assert_uint_eq(c->process->env.n, 4);
	ck_assert(has(&c->process->env, "A=1"));
	ck_assert(has(&c->process->env, "B=2"));
	ck_assert(has(&c->process->env, "TERM=x"));
	ck_assert_str_eq(c->process->cwd, "/w");
	ck_assert_str_eq(c->hostname, "h");
	ck_assert_str_eq(annotation(c, "wolffia.root"), "");
	ck_assert_uint_eq(c->process->user.uid, 1000);
	ck_assert_uint_eq(c->process->user.gid, 100);
	ck_assert_uint_eq(c->linux->namespaces.n, 6);
	ck_assert_ptr_null(c->linux->seccomp);
}
END_TEST

/* What becomes of groups 33, 50, 70000 of a user whose own group is 33. */
static const struct {
	struct ids_wish ids;
	const char *gids;
	size_t remarks;
} groups[] = {
	{ { .mode = IDS_SINGLE }, "", 1 },
	{ { .mode = IDS_SHARED }, "50 ", 1 },
	{ { .mode = IDS_AUTO }, "50 70000 ", 0 },
	{ { .mode = IDS_AUTO, .size = 60 }, "50 ", 1 },
	{ { .mode = IDS_AUTO, .size = 70000 }, "50 ", 1 },
};

START_TEST(test_groups)
{
	static const uint32_t list[] = { 33, 50, 70000 };
	const struct direct_request rq = { .args = args,
					   .ids = groups[_i].ids,
					   .memory_max = true,
					   .has_user = true,
					   .uid = 33,
					   .gid = 33,
					   .user_name = "www",
					   .groups = list,
					   .n_groups = 3 };
	struct direct_facts f = user;
	struct direct_plan plan;
	const struct oci_uints *got;
	char text[64] = "";

	f.can_pids = true;
	got = &make(&rq, &f, &plan)->process->user.additional_gids;
	for (size_t i = 0; i < got->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u ",
			 (unsigned)got->v[i]);
	ck_assert_str_eq(text, groups[_i].gids);
	ck_assert_uint_eq(plan.n_remarks, groups[_i].remarks);
	if (plan.n_remarks)
		ck_assert_ptr_nonnull(
			strstr(plan.remarks[0].line, "of its groups have no id"));
}
END_TEST

static char *nothing[] = { NULL };
static char *unnamed[] = { (char *)"", NULL };

static const struct {
	struct direct_request rq;
	const char *text;
} refused[] = {
	{ { .args = nothing }, "there is no program to run" },
	{ { .args = unnamed }, "the program's name is empty" },
	{ { .args = args, .hostname = "" },
	  "--hostname : expected 1 to 64 bytes, no blanks" },
	{ { .args = args,
	    .hostname = "0123456789012345678901234567890123456789012345678901234567890"
			"1234" },
	  "--hostname 0123456789012345678901234567890123456789012345678901234567890"
	  "1234: expected 1 to 64 bytes, no blanks" },
	{ { .args = args, .hostname = "a\nb" },
	  "--hostname a?b: expected 1 to 64 bytes, no blanks" },
	{ { .args = args, .cwd = "x" }, "--workdir x: not an absolute path" },
	{ { .args = args, .ids.mode = IDS_HOST },
	  "--userns host: only root can do without a user namespace" },
	{ { .args = args,
	    .ids.mode = IDS_SHARED,
	    .has_user = true,
	    .uid = 70000,
	    .gid = 1 },
	  "--user 70000:1: these ids do not exist in the container" },
	{ { .args = args,
	    .volumes = &(const struct direct_volume){ "/a", "b" },
	    .n_volumes = 1 },
	  "--volume: b is not an absolute path" },
	{ { .args = args,
	    .volumes = &(const struct direct_volume){ "/a", "/./." },
	    .n_volumes = 1 },
	  "--volume: the root itself cannot be replaced" },
	{ { .args = args,
	    .tmpfs = &(const struct direct_tmpfs){ "/", NULL },
	    .n_tmpfs = 1 },
	  "--tmpfs: the root itself cannot be replaced" },
};

START_TEST(test_refused)
{
	struct direct_plan plan;
	struct err e = { 0 };

	ck_assert_int_eq(direct_config(&arena, &refused[_i].rq, &user, &plan, &e), -1);
	ck_assert_str_eq(e.text, refused[_i].text);
}
END_TEST

/* ---- the default filter ------------------------------------------------------------------ */

#define ERRNO(n) (SECCOMP_RET_ERRNO | (n))

static const struct {
	int nr;
	uint64_t args[6];
	uint32_t verdict;
} calls[] = {
	{ SYS_read, { 0 }, SECCOMP_RET_ALLOW },
	{ SYS_execve, { 0 }, SECCOMP_RET_ALLOW },
	{ SYS_ioctl, { 0 }, SECCOMP_RET_ALLOW },
	{ SYS_ptrace, { 0 }, SECCOMP_RET_ALLOW },
	{ SYS_clone, { SIGCHLD }, SECCOMP_RET_ALLOW },
	{ SYS_clone, { CLONE_VM | CLONE_FS | CLONE_THREAD }, SECCOMP_RET_ALLOW },
	{ SYS_clone, { CLONE_NEWUSER | SIGCHLD }, ERRNO(EPERM) },
	{ SYS_clone, { CLONE_NEWNET | SIGCHLD }, ERRNO(EPERM) },
	{ SYS_clone, { CLONE_NEWPID | CLONE_NEWCGROUP }, ERRNO(EPERM) },
	{ SYS_unshare, { CLONE_NEWUTS | CLONE_FILES }, ERRNO(EPERM) },
	{ SYS_clone3, { 0 }, ERRNO(ENOSYS) },
	{ SYS_unshare, { CLONE_FS }, SECCOMP_RET_ALLOW },
	{ SYS_unshare, { CLONE_NEWUSER }, ERRNO(EPERM) },
	{ SYS_unshare, { CLONE_NEWNS }, ERRNO(EPERM) },
	{ SYS_unshare, { 0x80 /* CLONE_NEWTIME */ }, ERRNO(EPERM) },
	{ SYS_unshare, { 1ULL << 32 | CLONE_NEWUSER }, ERRNO(EPERM) },
	{ SYS_setns, { 0 }, ERRNO(EPERM) },
	{ SYS_mount, { 0 }, ERRNO(EPERM) },
	{ SYS_umount2, { 0 }, ERRNO(EPERM) },
	{ SYS_pivot_root, { 0 }, ERRNO(EPERM) },
	{ SYS_bpf, { 0 }, ERRNO(EPERM) },
	{ SYS_perf_event_open, { 0 }, ERRNO(EPERM) },
	{ SYS_userfaultfd, { 0 }, ERRNO(EPERM) },
	{ SYS_io_uring_setup, { 0 }, ERRNO(EPERM) },
	{ SYS_add_key, { 0 }, ERRNO(EPERM) },
	{ SYS_request_key, { 0 }, ERRNO(EPERM) },
	{ SYS_keyctl, { 0 }, ERRNO(EPERM) },
	{ SYS_open_by_handle_at, { 0 }, ERRNO(EPERM) },
	{ SYS_init_module, { 0 }, ERRNO(EPERM) },
	{ SYS_kexec_load, { 0 }, ERRNO(EPERM) },
	{ SYS_clock_settime, { 0 }, ERRNO(EPERM) },
	{ SYS_syslog, { 0 }, ERRNO(EPERM) },
	{ SYS_personality, { 0 }, SECCOMP_RET_ALLOW },
	{ SYS_personality, { 0xffffffff }, SECCOMP_RET_ALLOW },
	{ SYS_personality, { 0x0040000 /* ADDR_NO_RANDOMIZE */ }, SECCOMP_RET_ALLOW },
	{ SYS_personality, { 0x0040008 }, SECCOMP_RET_ALLOW },
	{ SYS_personality, { 0x0440000 /* READ_IMPLIES_EXEC too */ }, ERRNO(ENOSYS) },
	{ SYS_socket, { AF_UNIX }, SECCOMP_RET_ALLOW },
	{ SYS_socket, { AF_INET6 }, SECCOMP_RET_ALLOW },
	{ SYS_socket, { AF_NETLINK }, SECCOMP_RET_ALLOW },
	{ SYS_socket, { AF_PACKET }, ERRNO(EAFNOSUPPORT) },
	{ SYS_socket, { 38 /* AF_ALG */ }, ERRNO(EAFNOSUPPORT) },
	{ SYS_socket, { 40 /* AF_VSOCK */ }, ERRNO(EAFNOSUPPORT) },
	{ SYS_socket, { 1ULL << 32 | 40 }, ERRNO(EAFNOSUPPORT) },
	{ SYS_socket, { AF_AX25 }, ERRNO(ENOSYS) },
	{ SYS_landlock_create_ruleset, { 0 }, SECCOMP_RET_ALLOW },
	{ 999, { 0 }, ERRNO(ENOSYS) },
};

START_TEST(test_filter)
{
	struct seccomp_options o = { 0 };
	auto_seccomp filter = { 0 };
	struct err e = { 0 };
	uint32_t got;

	ck_assert_msg(seccomp_compile(seccomp_default(), &o, &filter, NULL, &e) == 0,
		      "%s", e.text);
	got = seccomp_verdict(&filter, seccomp_native_arch(), calls[_i].nr,
			      calls[_i].args);
	ck_assert_msg(got == calls[_i].verdict, "call %d (%llx): %x, not %x",
		      calls[_i].nr, (unsigned long long)calls[_i].args[0], got,
		      calls[_i].verdict);
}
END_TEST

static void fill(TCase *c)
{
	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_add_loop_test(c, test_map, 0, ROWS(maps));
	tcase_add_test(c, test_host);
	tcase_add_test(c, test_hidden);
	tcase_add_test(c, test_locked);
	tcase_add_test(c, test_long_home);
	tcase_add_test(c, test_stranger);
	tcase_add_test(c, test_user_has_no_caps);
	tcase_add_test(c, test_limits);
	tcase_add_loop_test(c, test_ceiling, 0, ROWS(ceilings));
	tcase_add_loop_test(c, test_memory_default, 0, ROWS(memories));
	tcase_add_loop_test(c, test_counted, 0, ROWS(counted));
	tcase_add_loop_test(c, test_place, 0, ROWS(places));
	tcase_add_test(c, test_choices);
	tcase_add_test(c, test_networks);
	tcase_add_test(c, test_sysctls);
	tcase_add_loop_test(c, test_groups, 0, ROWS(groups));
	tcase_add_loop_test(c, test_refused, 0, ROWS(refused));
	tcase_add_loop_test(c, test_filter, 0, ROWS(calls));
}

int main(void)
{
	return suite_run("direct", fill);
}
