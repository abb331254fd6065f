/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Updates: what is written and what is in force afterwards, as rows of JSON; old values as
 * they are written back; the order of dependent values; what happens to files when a later
 * write is refused. The kernel's side: tests/cli/cgroup-update.bats.
 */
#include "cgroup/cgroup.h"
#include "cgroup/driver.h"
#include "cgroup/update.h"

#include "base/file.h"
#include "base/mem.h"
#include "libocispec/oci.h"
#include "folder.h"

#include <errno.h>
#include <fcntl.h>

static struct oci_arena arena;
static struct err e;

static struct oci_resources *decode(const char *json)
{
	struct oci_resources *r = NULL;
	struct oci_error error;

	ck_assert_msg(oci_decode_resources(&arena, "r", json, strlen(json), &r, &error) ==
			      0,
		      "%s", error.text);
	return r;
}

static void done(void)
{
	oci_arena_free(&arena);
	memset(&e, 0, sizeof(e));
}

/* A container with everything: a v2 cgroup with all controllers, or one v1 hierarchy. */
static void container(struct cgroup *cg, struct cgroup_update_facts *facts, bool v2)
{
	*cg = (struct cgroup){ .n = 1 };
	cg->dirs[0] = (struct cgroup_dir){
		.mount = "/cg", .path = "/box", .v2 = v2, .base = -1, .fd = 0
	};
	facts->usable[0] = UINT32_MAX;
}

/* ---- plan -------------------------------------------------------------------------------- */

#define R "linux.resources."

static const struct {
	const char *current, *wanted, *v1, *v2, *merged;
} plans[] = {
	/* nothing asked, nothing done */
	{ "{\"pids\":{\"limit\":5}}", "{}", "", "", "{\"pids\":{\"limit\":5}}" },
	{ "{\"pids\":{\"limit\":5}}", "{\"blockIO\":{},\"memory\":{},\"cpu\":{}}", "", "",
	  "{\"memory\":{},\"cpu\":{},\"pids\":{\"limit\":5},\"blockIO\":{}}" },
	/* device rules are left alone, whatever is sent */
	{ "{\"devices\":[{\"allow\":true,\"access\":\"r\"}]}",
	  "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}],\"pids\":{\"limit\":7}}",
	  "pids.max=7\n", "pids.max=7\n",
	  "{\"devices\":[{\"allow\":true,\"access\":\"r\"}],\"pids\":{\"limit\":7}}" },
	/* only what is asked for is written, the rest stays */
	{ "{\"pids\":{\"limit\":5},\"cpu\":{\"shares\":512,\"cpus\":\"0\"}}",
	  "{\"cpu\":{\"shares\":1024}}", "cpu.shares=1024\n", "cpu.weight=100\n",
	  "{\"cpu\":{\"shares\":1024,\"cpus\":\"0\"},\"pids\":{\"limit\":5}}" },
	{ "{}", "{\"pids\":{\"limit\":-1}}", "pids.max=max\n", "pids.max=max\n",
	  "{\"pids\":{\"limit\":-1}}" },
	{ "{}", "{\"pids\":{\"limit\":0}}", "pids.max=0\n", "pids.max=0\n",
	  "{\"pids\":{\"limit\":0}}" },
	{ "{\"cpu\":{\"shares\":512}}", "{\"cpu\":{\"shares\":0,\"cpus\":\"\"}}", "", "",
	  "{\"cpu\":{\"shares\":512}}" },
	/* memory and swap are judged together */
	{ "{\"memory\":{\"limit\":100,\"swap\":300}}", "{\"memory\":{\"limit\":200}}",
	  "memory.limit_in_bytes=200\nmemory.memsw.limit_in_bytes=300\n",
	  "memory.max=200\nmemory.swap.max=100\n",
	  "{\"memory\":{\"limit\":200,\"swap\":300}}" },
	{ "{\"memory\":{\"limit\":100,\"swap\":300}}", "{\"memory\":{\"limit\":400}}",
	  R "memory.swap: 300 is less than memory.limit 400",
	  R "memory.swap: 300 is less than memory.limit 400", NULL },
	{ "{\"memory\":{\"limit\":100}}", "{\"memory\":{\"swap\":300}}",
	  "memory.limit_in_bytes=100\nmemory.memsw.limit_in_bytes=300\n",
	  "memory.max=100\nmemory.swap.max=200\n",
	  "{\"memory\":{\"limit\":100,\"swap\":300}}" },
	{ "{\"memory\":{\"limit\":100,\"swap\":300}}", "{\"memory\":{\"limit\":-1}}",
	  "memory.limit_in_bytes=-1\nmaybe memory.memsw.limit_in_bytes=-1\n",
	  "memory.max=max\nmaybe memory.swap.max=max\n",
	  "{\"memory\":{\"limit\":-1,\"swap\":-1}}" },
	{ "{}", "{\"memory\":{\"swap\":300}}",
	  R
	  "memory.swap: it counts memory and swap together, so memory.limit must be set "
	  "too",
	  R
	  "memory.swap: it counts memory and swap together, so memory.limit must be set "
	  "too",
	  NULL },
	{ "{\"memory\":{\"checkBeforeUpdate\":true}}", "{\"memory\":{\"limit\":100}}",
	  "memory.limit_in_bytes=100\nif usage <= 100\n",
	  "memory.max=100\nif usage <= 100\n",
	  "{\"memory\":{\"limit\":100,\"checkBeforeUpdate\":true}}" },
	{ "{\"memory\":{\"checkBeforeUpdate\":true}}",
	  "{\"memory\":{\"limit\":100,\"checkBeforeUpdate\":false}}",
	  "memory.limit_in_bytes=100\n", "memory.max=100\n",
	  "{\"memory\":{\"limit\":100,\"checkBeforeUpdate\":false}}" },
	/* false takes back what was true, and asks for nothing otherwise */
	{ "{\"memory\":{\"disableOOMKiller\":true}}",
	  "{\"memory\":{\"disableOOMKiller\":false}}", "memory.oom_control=0\n",
	  R "memory.disableOOMKiller: cgroup v2 has nothing like it",
	  "{\"memory\":{\"disableOOMKiller\":false}}" },
	{ "{}", "{\"memory\":{\"disableOOMKiller\":false}}", "", "",
	  "{\"memory\":{\"disableOOMKiller\":false}}" },
	/* period, quota and burst */
	{ "{\"cpu\":{\"quota\":50000,\"period\":100000}}",
	  "{\"cpu\":{\"period\":200000}}",
	  "cpu.cfs_period_us=200000\ncpu.cfs_quota_us=50000\n", "cpu.max=50000 200000\n",
	  "{\"cpu\":{\"quota\":50000,\"period\":200000}}" },
	{ "{\"cpu\":{\"quota\":50000,\"burst\":9000}}", "{\"cpu\":{\"quota\":8000}}",
	  R "cpu.quota: 8000 is less than cpu.burst 9000",
	  R "cpu.quota: 8000 is less than cpu.burst 9000", NULL },
	{ "{\"cpu\":{\"quota\":50000}}", "{\"cpu\":{\"quota\":-1}}",
	  "cpu.cfs_quota_us=-1\n", "cpu.max=max\n", "{\"cpu\":{\"quota\":-1}}" },
	{ "{\"cpu\":{\"shares\":2}}", "{\"cpu\":{\"idle\":0}}", "maybe cpu.idle=0\n",
	  "maybe cpu.idle=0\n", "{\"cpu\":{\"shares\":2,\"idle\":0}}" },
	/* lists: replaced by their key, or added */
	{ "{\"blockIO\":{\"weight\":10,\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":"
	  "0,"
	  "\"rate\":1},{\"major\":8,\"minor\":16,\"rate\":2}]}}",
	  "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":16,\"rate\":0}"
	  ","
	  "{\"major\":9,\"minor\":0,\"rate\":4}]}}",
	  "blkio.throttle.read_bps_device=8:16 0\nblkio.throttle.read_bps_device=9:0 4\n",
	  "io.max=8:16 rbps=max\nio.max=9:0 rbps=4\n",
	  "{\"blockIO\":{\"weight\":10,\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":"
	  "0,"
	  "\"rate\":1},{\"major\":8,\"minor\":16,\"rate\":0},{\"major\":9,\"minor\":0,"
	  "\"rate\":4}]}}" },
	{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":20,"
	  "\"leafWeight\":30}]}}",
	  "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":40}]}}",
	  "blkio.bfq.weight_device=8:0 40\nelse blkio.weight_device=8:0 40\n",
	  "io.bfq.weight=8:0 40\nelse io.weight=8:0 304\n",
	  "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":40,"
	  "\"leafWeight\":30}]}}" },
	{ "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":1}]}",
	  "{\"hugepageLimits\":[{\"pageSize\":\"1GB\",\"limit\":2},{\"pageSize\":\"2MB\","
	  "\"limit\":3}]}",
	  "maybe hugetlb.1GB.rsvd.limit_in_bytes=2\nhugetlb.1GB.limit_in_bytes=2\n"
	  "maybe hugetlb.2MB.rsvd.limit_in_bytes=3\nhugetlb.2MB.limit_in_bytes=3\n",
	  "maybe hugetlb.1GB.rsvd.max=2\nhugetlb.1GB.max=2\n"
	  "maybe hugetlb.2MB.rsvd.max=3\nhugetlb.2MB.max=3\n",
	  "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":3},{\"pageSize\":\"1GB\","
	  "\"limit\":2}]}" },
	{ "{\"rdma\":{\"mlx\":{\"hcaHandles\":3,\"hcaObjects\":4}}}",
	  "{\"rdma\":{\"mlx\":{\"hcaObjects\":5}}}", "rdma.max=mlx hca_object=5\n",
	  "rdma.max=mlx hca_object=5\n",
	  "{\"rdma\":{\"mlx\":{\"hcaHandles\":3,\"hcaObjects\":5}}}" },
	{ "{\"unified\":{\"memory.high\":\"1\"}}",
	  "{\"unified\":{\"memory.high\":\"2\",\"memory.oom.group\":\"1\"}}",
	  R "unified: memory.high: invalid configuration: cgroup v1 has nothing like it",
	  "memory.high=2\nmemory.oom.group=1\n",
	  "{\"unified\":{\"memory.high\":\"2\",\"memory.oom.group\":\"1\"}}" },
	{ "{}",
	  "{\"network\":{\"classID\":1,\"priorities\":[{\"name\":\"lo\",\"priority\":2}"
	  "]}}",
	  "net_cls.classid=1\nnet_prio.ifpriomap=lo 2\n",
	  R "network.classID: cgroup v2 has nothing like it",
	  "{\"network\":{\"classID\":1,\"priorities\":[{\"name\":\"lo\",\"priority\":2}]}"
	  "}" },
};

static void planned(size_t i, bool v2, struct str *text, char **ret_merged)
{
	struct oci_resources *current = decode(plans[i].current);
	struct oci_resources *wanted = decode(plans[i].wanted);
	struct cgroup_update_facts facts = { 0 };
	struct cgroup_update u;
	struct cgroup cg;

	container(&cg, &facts, v2);
	if (cgroup_update_plan(&cg, &facts, current, wanted, &arena, &u, &e) < 0) {
		str_add(text, e.text);
		memset(&e, 0, sizeof(e));
		return;
	}
	str_add(text, "");
	cgroup_update_text(&u, text);
	*ret_merged = oci_encode(&arena, &oci_type_resources, u.merged, 0, NULL);
}

START_TEST(plan_and_merge)
{
	auto_str v1 = { 0 }, v2 = { 0 };
	char *merged = NULL;

	planned((size_t)_i, true, &v2, &merged);
	ck_assert_str_eq(v2.s, plans[_i].v2);
	planned((size_t)_i, false, &v1, &merged);
	ck_assert_str_eq(v1.s, plans[_i].v1);
	if (plans[_i].merged)
		ck_assert_str_eq(merged, plans[_i].merged);
	done();
}
END_TEST

/* Where the container has no cgroup for what is asked. */
static const struct {
	size_t n;
	bool v2;
	int fd;
	uint32_t usable;
	const char *text;
} seats[] = {
	{ 0, false, -1, 0, R "pids.limit: the container has no cgroup of its own" },
	{ 1, true, 3, 1u << CGROUP_IO,
	  R "pids.limit: the requested cgroup controller `pids` is not available in "
	    "/cg/box" },
	{ 1, false, 3, 1u << CGROUP_CPU,
	  R "pids.limit: the container has no cgroup with the controller pids" },
	{ 1, true, -1, 1u << CGROUP_PIDS,
	  R "pids.limit: the container's cgroup /cg/box is gone" },
};

START_TEST(no_seat)
{
	struct cgroup_update_facts facts = { 0 };
	struct cgroup_update u;
	struct cgroup cg;

	container(&cg, &facts, seats[_i].v2);
	cg.n = seats[_i].n;
	cg.dirs[0].fd = seats[_i].fd;
	facts.usable[0] = seats[_i].usable;
	ck_assert_int_eq(cgroup_update_plan(&cg, &facts, NULL,
					    decode("{\"pids\":{\"limit\":5}}"), &arena,
					    &u, &e),
			 -1);
	ck_assert_str_eq(e.text, seats[_i].text);
	/* nothing asked: nothing needed */
	memset(&e, 0, sizeof(e));
	ck_assert_int_eq(cgroup_update_plan(&cg, &facts, NULL, decode("{\"blockIO\":{}}"),
					    &arena, &u, &e),
			 0);
	ck_assert_int_eq(cgroup_update_apply(&u, &cg, &e), 0);
	done();
}
END_TEST

/* ---- old values ---------------------------------------------------------------------------- */

static const struct {
	const char *file, *value, *content, *old;
} olds[] = {
	{ "pids.max", "5", "max\n", "max" },
	{ "cpu.max", "5 6", "max 100000\n", "max 100000" },
	{ "cpuset.cpus", "0", "\n", "\n" },
	{ "cpuset.cpus", "0", "", "\n" },
	{ "cpuset.cpus", "0", "0-3\n", "0-3" },
	{ "memory.oom_control", "1", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n",
	  "0" },
	{ "io.max", "8:0 rbps=1", "", "8:0 rbps=max wbps=max riops=max wiops=max" },
	{ "io.max", "8:0 rbps=1", "8:01 rbps=9\n8:0 rbps=2 wbps=3 riops=max wiops=max\n",
	  "8:0 rbps=2 wbps=3 riops=max wiops=max" },
	{ "io.weight", "50", "default 100\n8:0 7\n", "default 100" },
	{ "io.weight", "8:0 50", "default 100\n8:0 7\n", "8:0 7" },
	{ "io.weight", "8:16 50", "default 100\n8:0 7\n", "8:16 default" },
	{ "io.bfq.weight", "50", "default 100\n", "default 100" },
	{ "blkio.weight", "50", "500\n", "500" },
	{ "blkio.throttle.read_bps_device", "8:0 5", "", "8:0 0" },
	{ "blkio.throttle.read_bps_device", "8:0 5", "8:0 77\n", "8:0 77" },
	{ "rdma.max", "mlx hca_object=3", "x hca_handle=1 hca_object=2\n",
	  "mlx hca_handle=max hca_object=max" },
	{ "rdma.max", "mlx hca_object=3", "mlx hca_handle=1 hca_object=2\n",
	  "mlx hca_handle=1 hca_object=2" },
	{ "net_prio.ifpriomap", "lo 5", "lo 0\neth0 3\n", "lo 0" },
	{ "misc.max", "sev 5", "", "sev max" },
	{ "io.latency", "8:0 target=5", "", "8:0 target=0" },
};

START_TEST(old_value)
{
	struct cgroup_write w = { .file = olds[_i].file, .value = olds[_i].value };
	auto_free char *old = update_old_value(&w, olds[_i].content);

	ck_assert_str_eq(old, olds[_i].old);
}
END_TEST

/* ---- order ------------------------------------------------------------------------------------ */

/* file old new, in the planner's order -> the order of writing */
static const struct {
	const char *v[4][3];
	const char *order;
} orders[] = {
	{ { { "memory.limit_in_bytes", "100", "200" },
	    { "memory.memsw.limit_in_bytes", "150", "300" } },
	  "300 200" },
	{ { { "memory.limit_in_bytes", "100", "50" },
	    { "memory.memsw.limit_in_bytes", "150", "60" } },
	  "50 60" },
	{ { { "memory.limit_in_bytes", "100", "-1" },
	    { "memory.memsw.limit_in_bytes", "150", "-1" } },
	  "-1 -1" },
	{ { { "memory.limit_in_bytes", "9223372036854771712", "50" },
	    { "memory.memsw.limit_in_bytes", "9223372036854771712", "60" } },
	  "50 60" },
	{ { { "cpu.cfs_period_us", "100000", "10000" },
	    { "cpu.cfs_quota_us", "50000", "5000" } },
	  "5000 10000" },
	{ { { "cpu.cfs_period_us", "10000", "100000" },
	    { "cpu.cfs_quota_us", "5000", "50000" } },
	  "100000 50000" },
	{ { { "cpu.cfs_period_us", "100000", "10000" },
	    { "cpu.cfs_quota_us", "50000", "5000" },
	    { "cpu.cfs_burst_us", "7000", "4000" } },
	  "4000 5000 10000" },
	{ { { "cpu.cfs_period_us", "1000", "2000" },
	    { "cpu.cfs_quota_us", "50000", "60000" },
	    { "cpu.cfs_burst_us", "7000", "8000" } },
	  "2000 60000 8000" },
	{ { { "cpu.max", "max 100000", "5000 100000" },
	    { "cpu.max.burst", "0", "4000" } },
	  "4000 5000 100000" },
	{ { { "cpu.max", "5000 100000", "max" }, { "cpu.max.burst", "0", "9000" } },
	  "max 9000" },
	{ { { "cpu.weight", "1", "50" }, { "cpu.idle", "1", "0" } }, "0 50" },
	{ { { "cpu.weight", "10", "50" }, { "cpu.idle", "0", "1" } }, "50 1" },
	/* what is unrelated keeps its order */
	{ { { "pids.max", "1", "2" }, { "io.max", "", "3" }, { "pids.max", "1", "4" } },
	  "2 3 4" },
};

START_TEST(order)
{
	struct update_step steps[4] = { 0 };
	struct cgroup_write w[4] = { 0 };
	auto_str got = { 0 };
	size_t n = 0;

	for (; n < 4 && orders[_i].v[n][0]; n++) {
		w[n] = (struct cgroup_write){ .file = orders[_i].v[n][0],
					      .value = orders[_i].v[n][2] };
		steps[n].w = &w[n];
		steps[n].old = xstrdup(orders[_i].v[n][1]);
	}
	update_order(steps, n);
	for (size_t i = 0; i < n; i++) {
		str_addf(&got, "%s%s", i ? " " : "", steps[i].w->value);
		free(steps[i].old);
	}
	ck_assert_str_eq(got.s, orders[_i].order);
}
END_TEST

/* ---- on files --------------------------------------------------------------------------------- */

static struct cgroup box;

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static const char *get(const char *path)
{
	static char text[64];

	return file_read_value(AT_FDCWD, path, text, sizeof(text)) < 0 ? "(none)" : text;
}

static void box_make(void)
{
	folder_make();
	box = (struct cgroup){ .n = 1, .dirs = { { .mount = "/cg", .path = "/box" } } };
	box.dirs[0].fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(box.dirs[0].fd, 0);
	put("cgroup.procs", "");
}

static struct cgroup_write writes[] = {
	{ .member = "a", .file = "pids.max", .value = "222" },
	{ .member = "b", .file = "cpu.weight", .value = "333" },
	{ .member = "c", .file = "refused", .value = "444" },
};

/* The third one fails: the first two have their old values again. */
START_TEST(undone)
{
	struct cgroup_update u = { .n_writes = 3, .writes = writes, .usage_max = -1 };

	box_make();
	put("pids.max", "100");
	put("cpu.weight", "200");
	ck_assert_int_eq(symlink("/dev/full", "refused"), 0);
	/* /dev/full cannot be read as a file: nothing has been written yet */
	ck_assert_int_eq(cgroup_update_apply(&u, &box, &e), -1);
	ck_assert_str_eq(get("pids.max"), "100");
	memset(&e, 0, sizeof(e));
	/* what even root can read and not write */
	ck_assert_int_eq(unlink("refused"), 0);
	ck_assert_int_eq(symlink("/proc/sys/kernel/ostype", "refused"), 0);
	ck_assert_int_eq(cgroup_update_apply(&u, &box, &e), -1);
	ck_assert_msg(strstr(e.text, "c: write \"444\" to refused of /cg/box"), "%s",
		      e.text);
	ck_assert_str_eq(get("pids.max"), "100");
	ck_assert_str_eq(get("cpu.weight"), "200");
	ck_assert_str_eq(e.hint, "");
	memset(&e, 0, sizeof(e));
	/* and what is missing is known before anything is written */
	ck_assert_int_eq(unlink("refused"), 0);
	ck_assert_int_eq(cgroup_update_apply(&u, &box, &e), -1);
	ck_assert_str_eq(e.text, "c: the kernel has no file refused in /cg/box");
	ck_assert_str_eq(get("pids.max"), "100");
	done();
}
END_TEST

START_TEST(pair_else)
{
	struct cgroup_write pair[] = {
		{ .member = "w", .file = "io.bfq.weight", .value = "333" },
		{ .member = "w",
		  .file = "io.weight",
		  .value = "444",
		  .flags = CGROUP_WRITE_ELSE },
		{ .member = "o",
		  .file = "absent",
		  .value = "1",
		  .flags = CGROUP_WRITE_OPTIONAL },
	};
	struct cgroup_update u = { .n_writes = 3, .writes = pair, .usage_max = -1 };

	box_make();
	put("io.weight", "default 100\n");
	ck_assert_msg(cgroup_update_apply(&u, &box, &e) == 0, "%s", e.text);
	ck_assert_int_eq(strncmp(get("io.weight"), "444", 3), 0);
	put("io.weight", "default 100\n");
	put("io.bfq.weight", "default 100\n");
	ck_assert_msg(cgroup_update_apply(&u, &box, &e) == 0, "%s", e.text);
	ck_assert_int_eq(strncmp(get("io.bfq.weight"), "333", 3), 0);
	ck_assert_str_eq(get("io.weight"), "default 100");
	done();
}
END_TEST

START_TEST(usage)
{
	struct cgroup_write w = { .member = "linux.resources.memory.limit",
				  .file = "memory.limit_in_bytes",
				  .value = "100" };
	struct cgroup_update u = { .n_writes = 1, .writes = &w, .usage_max = 100 };

	box_make();
	put("memory.limit_in_bytes", "999");
	put("memory.usage_in_bytes", "101\n");
	ck_assert_int_eq(cgroup_update_apply(&u, &box, &e), -1);
	ck_assert_str_eq(e.text,
			 R "memory.limit: 101 bytes are in use, more than the new "
			   "limit 100 (checkBeforeUpdate)");
	ck_assert_str_eq(get("memory.limit_in_bytes"), "999");
	memset(&e, 0, sizeof(e));
	put("memory.usage_in_bytes", "100\n");
	ck_assert_msg(cgroup_update_apply(&u, &box, &e) == 0, "%s", e.text);
	ck_assert_str_eq(get("memory.limit_in_bytes"), "100");
	done();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup_update");
	TCase *t = tcase_create("update");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, plan_and_merge, 0, ARRAY_SIZE(plans));
	tcase_add_loop_test(t, no_seat, 0, ARRAY_SIZE(seats));
	tcase_add_loop_test(t, old_value, 0, ARRAY_SIZE(olds));
	tcase_add_loop_test(t, order, 0, ARRAY_SIZE(orders));
	tcase_add_test(t, undone);
	tcase_add_test(t, pair_else);
	tcase_add_test(t, usage);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
