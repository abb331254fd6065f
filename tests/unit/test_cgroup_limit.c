/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.resources -> files and values, as rows of JSON, for v1 and v2; conversions; what
 * asks for nothing; what cannot be expressed.
 */
#include "cgroup/limit.h"
#include "libocispec/oci.h"

#include <check.h>
#include <stdlib.h>

static struct oci_arena arena;

/* Every controller is there, in the cgroup 0, on v1 or on v2. */
static void seats_fill(struct cgroup_seat *seats, bool v2)
{
	for (int c = 0; c < CGROUP_CONTROLLERS; c++)
		seats[c] = (struct cgroup_seat){ .dir = 0, .v2 = v2 };
}

/* "pids.max=1\n", with "maybe " and "else " as in plans; or the error. */
static void planned(const char *json, bool v2, struct str *ret)
{
	struct cgroup_seat seats[CGROUP_CONTROLLERS],
		core = { .dir = v2 ? 0 : -1, .v2 = true, .why = "no cgroup v2" };
	struct cgroup_writes w = { 0 };
	struct oci_resources *r = NULL;
	struct oci_error error;
	struct err e = { 0 };

	seats_fill(seats, v2);
	ck_assert_msg(oci_decode_resources(&arena, "r", json, strlen(json), &r, &error) ==
			      0,
		      "%s", error.text);
	if (cgroup_limits_plan(r, seats, &core, &arena, &w, &e) < 0)
		str_add(ret, e.text);
	for (size_t i = 0; i < w.n; i++)
		str_addf(ret, "%s%s%s=%s", i ? "; " : "",
			 w.v[i].flags & CGROUP_WRITE_ELSE	? "else "
			 : w.v[i].flags & CGROUP_WRITE_LATE	? "late "
			 : w.v[i].flags & CGROUP_WRITE_OPTIONAL ? "maybe "
								: "",
			 w.v[i].file, w.v[i].value);
	if (!ret->s)
		str_add(ret, "");
	/* what is written or refused was demanded, and nothing else */
	if (!v2)
		ck_assert_int_eq(cgroup_limits_any(r), ret->n > 0);
}

#define R "linux.resources."

static const struct row {
	const char *json, *v1, *v2;
} rows[] = {
	/* nothing demanded */
	{ "{}", "", "" },
	{ "{\"memory\":{},\"cpu\":{},\"blockIO\":{},\"pids\":{},\"network\":{}}", "",
	  "" },
	{ "{\"memory\":{\"disableOOMKiller\":false},\"blockIO\":{\"weight\":0}}", "",
	  "" },
	{ "{\"cpu\":{\"shares\":0,\"quota\":0,\"period\":0,\"cpus\":\"\"}}", "", "" },
	{ "{\"memory\":{\"limit\":0,\"swap\":0,\"reservation\":0,\"kernel\":-1}}", "",
	  "" },
	{ "{\"memory\":{\"checkBeforeUpdate\":true}}", "", "" },
	{ "{\"devices\":[{\"allow\":false}]}", "", "" },
	/* pids */
	{ "{\"pids\":{\"limit\":100}}", "pids.max=100", "pids.max=100" },
	{ "{\"pids\":{\"limit\":0}}", "late pids.max=0", "late pids.max=0" },
	{ "{\"pids\":{\"limit\":-1}}", "pids.max=max", "pids.max=max" },
	/* memory */
	{ "{\"memory\":{\"limit\":67108864}}", "memory.limit_in_bytes=67108864",
	  "memory.max=67108864" },
	{ "{\"memory\":{\"limit\":-1}}", "memory.limit_in_bytes=-1", "memory.max=max" },
	{ "{\"memory\":{\"reservation\":4096}}", "memory.soft_limit_in_bytes=4096",
	  "memory.low=4096" },
	{ "{\"memory\":{\"limit\":100,\"swap\":300}}",
	  "memory.limit_in_bytes=100; memory.memsw.limit_in_bytes=300",
	  "memory.max=100; memory.swap.max=200" },
	{ "{\"memory\":{\"limit\":100,\"swap\":100}}",
	  "memory.limit_in_bytes=100; memory.memsw.limit_in_bytes=100",
	  "memory.max=100; memory.swap.max=0" },
	{ "{\"memory\":{\"limit\":100,\"swap\":-1}}",
	  "memory.limit_in_bytes=100; maybe memory.memsw.limit_in_bytes=-1",
	  "memory.max=100; maybe memory.swap.max=max" },
	{ "{\"memory\":{\"swap\":-1}}", "maybe memory.memsw.limit_in_bytes=-1",
	  "maybe memory.swap.max=max" },
	{ "{\"memory\":{\"swap\":300}}",
	  R "memory.swap: it counts memory and swap together, so memory.limit must be "
	    "set too",
	  R
	  "memory.swap: it counts memory and swap together, so memory.limit must be set "
	  "too" },
	{ "{\"memory\":{\"limit\":300,\"swap\":200}}",
	  R "memory.swap: 200 is less than memory.limit 300",
	  R "memory.swap: 200 is less than memory.limit 300" },
	{ "{\"memory\":{\"kernel\":5}}", "memory.kmem.limit_in_bytes=5",
	  R "memory.kernel: cgroup v2 has nothing like it" },
	{ "{\"memory\":{\"kernelTCP\":5}}", "memory.kmem.tcp.limit_in_bytes=5",
	  R "memory.kernelTCP: cgroup v2 has nothing like it" },
	{ "{\"memory\":{\"swappiness\":0}}", "memory.swappiness=0",
	  R "memory.swappiness: cgroup v2 has nothing like it" },
	{ "{\"memory\":{\"disableOOMKiller\":true}}", "memory.oom_control=1",
	  R "memory.disableOOMKiller: cgroup v2 has nothing like it" },
	{ "{\"memory\":{\"useHierarchy\":true}}", "memory.use_hierarchy=1", "" },
	{ "{\"memory\":{\"useHierarchy\":false}}", "memory.use_hierarchy=0",
	  R "memory.useHierarchy: cgroup v2 is always hierarchical" },
	/* cpu */
	{ "{\"cpu\":{\"shares\":512}}", "cpu.shares=512", "cpu.weight=59" },
	{ "{\"cpu\":{\"quota\":50000,\"period\":100000}}",
	  "cpu.cfs_period_us=100000; cpu.cfs_quota_us=50000", "cpu.max=50000 100000" },
	{ "{\"cpu\":{\"quota\":50000}}", "cpu.cfs_quota_us=50000", "cpu.max=50000" },
	{ "{\"cpu\":{\"period\":20000}}", "cpu.cfs_period_us=20000",
	  "cpu.max=max 20000" },
	{ "{\"cpu\":{\"quota\":-1}}", "cpu.cfs_quota_us=-1", "cpu.max=max" },
	{ "{\"cpu\":{\"quota\":50000,\"burst\":1000}}",
	  "cpu.cfs_quota_us=50000; cpu.cfs_burst_us=1000",
	  "cpu.max=50000; cpu.max.burst=1000" },
	{ "{\"cpu\":{\"cpus\":\"0-1\",\"mems\":\"0\"}}", "cpuset.cpus=0-1; cpuset.mems=0",
	  "cpuset.cpus=0-1; cpuset.mems=0" },
	{ "{\"cpu\":{\"idle\":1,\"shares\":2}}", "cpu.shares=2; cpu.idle=1",
	  "cpu.weight=1; cpu.idle=1" },
	{ "{\"cpu\":{\"realtimeRuntime\":950,\"realtimePeriod\":1000}}",
	  "cpu.rt_period_us=1000; cpu.rt_runtime_us=950",
	  R "cpu.realtimePeriod: cgroup v2 has nothing like it" },
	{ "{\"cpu\":{\"realtimeRuntime\":950}}", "cpu.rt_runtime_us=950",
	  R "cpu.realtimeRuntime: cgroup v2 has nothing like it" },
	{ "{\"cpu\":{\"idle\":0}}", "maybe cpu.idle=0", "maybe cpu.idle=0" },
	{ "{\"cpu\":{\"burst\":0}}", "maybe cpu.cfs_burst_us=0",
	  "maybe cpu.max.burst=0" },
	/* blockIO */
	{ "{\"blockIO\":{\"weight\":10}}", "blkio.bfq.weight=10; else blkio.weight=10",
	  "io.bfq.weight=10; else io.weight=1" },
	{ "{\"blockIO\":{\"weight\":5}}", R "blockIO.weight: 5: expected 10 to 1000",
	  R "blockIO.weight: 5: expected 10 to 1000" },
	{ "{\"blockIO\":{\"leafWeight\":300}}", "blkio.leaf_weight=300",
	  R "blockIO.leafWeight: cgroup v2 has nothing like it" },
	{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":500}]}}",
	  "blkio.bfq.weight_device=8:0 500; else blkio.weight_device=8:0 500",
	  "io.bfq.weight=8:0 500; else io.weight=8:0 4950" },
	{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"leafWeight\":500}]}"
	  "}",
	  "blkio.leaf_weight_device=8:0 500",
	  R "blockIO.weightDevice[0]: cgroup v2 has nothing like leafWeight" },
	{ "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":"
	  "600}],"
	  "\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":16,\"rate\":3}]}}",
	  "blkio.throttle.read_bps_device=8:0 600; blkio.throttle.write_iops_device=8:16 "
	  "3",
	  "io.max=8:0 rbps=600; io.max=8:16 wiops=3" },
	{ "{\"blockIO\":{\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1}"
	  "],"
	  "\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":2}]}}",
	  "blkio.throttle.write_bps_device=8:0 1; blkio.throttle.read_iops_device=8:0 2",
	  "io.max=8:0 wbps=1; io.max=8:0 riops=2" },
	/* 0 takes a limit away, which v2 says otherwise */
	{ "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":0}]"
	  "}}",
	  "blkio.throttle.read_bps_device=8:0 0", "io.max=8:0 rbps=max" },
	/* huge pages */
	{ "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]}",
	  "maybe hugetlb.2MB.rsvd.limit_in_bytes=4194304; "
	  "hugetlb.2MB.limit_in_bytes=4194304",
	  "maybe hugetlb.2MB.rsvd.max=4194304; hugetlb.2MB.max=4194304" },
	/* network, rdma */
	{ "{\"network\":{\"classID\":1048577}}", "net_cls.classid=1048577",
	  R "network.classID: cgroup v2 has nothing like it" },
	{ "{\"network\":{\"priorities\":[{\"name\":\"eth0\",\"priority\":5}]}}",
	  "net_prio.ifpriomap=eth0 5",
	  R "network.priorities[0]: eth0: cgroup v2 has nothing like it" },
	{ "{\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000}}}",
	  "rdma.max=mlx5_1 hca_handle=3 hca_object=10000",
	  "rdma.max=mlx5_1 hca_handle=3 hca_object=10000" },
	{ "{\"rdma\":{\"ocrdma1\":{\"hcaObjects\":20}}}",
	  "rdma.max=ocrdma1 hca_object=20", "rdma.max=ocrdma1 hca_object=20" },
	/* unified */
	{ "{\"unified\":{\"memory.high\":\"1024\",\"cgroup.max.depth\":\"3\"}}",
	  R "unified: memory.high: invalid configuration: cgroup v1 has nothing like it",
	  "memory.high=1024; cgroup.max.depth=3" },
	{ "{\"unified\":{\"cgroup.max.depth\":\"3\"}}",
	  R "unified: cgroup.max.depth: no cgroup v2", "cgroup.max.depth=3" },
	{ "{\"unified\":{\"io.max\":\"8:0 rbps=1\\n8:16 wbps=2\\n\"}}",
	  R "unified: io.max: invalid configuration: cgroup v1 has nothing like it",
	  "io.max=8:0 rbps=1; io.max=8:16 wbps=2" },
	{ "{\"unified\":{\"memory.new.file\":\"7\"}}",
	  R "unified: memory.new.file: invalid configuration: cgroup v1 has nothing like "
	    "it",
	  "memory.new.file=7" },
	{ "{\"unified\":{\"cgroup.procs\":\"1\"}}",
	  R "unified: cgroup.procs: this file holds no limit",
	  R "unified: cgroup.procs: this file holds no limit" },
	{ "{\"unified\":{\"nosuch.max\":\"1\"}}",
	  R "unified: nosuch.max: the requested cgroup controller `nosuch` is not "
	    "available",
	  R "unified: nosuch.max: the requested cgroup controller `nosuch` is not "
	    "available" },
	{ "{\"unified\":{\"pids.max\":\"0\"}}",
	  R "unified: pids.max: invalid configuration: cgroup v1 has nothing like it",
	  "late pids.max=0" },
	{ "{\"unified\":{\"memory.oom.group\":\"1\"}}",
	  R "unified: memory.oom.group: invalid configuration: cgroup v1 has nothing "
	    "like it",
	  "memory.oom.group=1" },
	/* the file's own name has the last word */
	{ "{\"unified\":{\"pids.max\":\"7\"},\"pids\":{\"limit\":5}}",
	  R "unified: pids.max: invalid configuration: cgroup v1 has nothing like it",
	  "pids.max=5; pids.max=7" },
};

START_TEST(members)
{
	auto_str v1 = { 0 }, v2 = { 0 };

	planned(rows[_i].json, false, &v1);
	ck_assert_str_eq(v1.s, rows[_i].v1);
	planned(rows[_i].json, true, &v2);
	ck_assert_str_eq(v2.s, rows[_i].v2);
	oci_arena_free(&arena);
}
END_TEST

/* burst above quota: also the decoder may refuse it, so it is given as a struct */
START_TEST(burst_above_quota)
{
	struct oci_cpu cpu = { .quota = { true, 1000 }, .burst = { true, 2000 } };
	struct oci_resources r = { .cpu = &cpu };
	struct cgroup_seat seats[CGROUP_CONTROLLERS], core = { .dir = 0, .v2 = true };
	struct cgroup_writes w;
	struct err e = { 0 };

	seats_fill(seats, true);
	ck_assert_int_eq(cgroup_limits_plan(&r, seats, &core, &arena, &w, &e), -1);
	ck_assert_str_eq(e.text, R "cpu.quota: 1000 is less than cpu.burst 2000");
	oci_arena_free(&arena);
}
END_TEST

/* The decoder refuses these already; they become names of files here. */
START_TEST(names_checked_again)
{
	static const struct {
		const char *page, *file, *error;
	} bad[] = {
		{ "../2MB", NULL,
		  "hugepageLimits[0]: ../2MB: expected a size such as 2MB or 1GB" },
		{ "2M", NULL,
		  "hugepageLimits[0]: 2M: expected a size such as 2MB or 1GB" },
		{ "MB", NULL,
		  "hugepageLimits[0]: MB: expected a size such as 2MB or 1GB" },
		{ NULL, "../memory.max",
		  "unified: ../memory.max: the specified key has not the form "
		  "CONTROLLER.VALUE `../memory.max`" },
		{ NULL, "memory.x/../y",
		  "unified: memory.x/../y: the specified key has not the form "
		  "CONTROLLER.VALUE `memory.x/../y`" },
		{ NULL, "memory",
		  "unified: memory: the specified key has not the form CONTROLLER.VALUE "
		  "`memory`" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct oci_hugepage_limit h = { (char *)bad[i].page, 1 };
		struct oci_pair pair = { (char *)bad[i].file, (char *)"1" };
		struct oci_resources r = { .hugepage_limits = { bad[i].page != NULL, &h },
					   .unified = { bad[i].file != NULL, &pair } };
		struct cgroup_seat seats[CGROUP_CONTROLLERS],
			core = { .dir = 0, .v2 = true };
		struct cgroup_writes w;
		struct err e = { 0 };

		seats_fill(seats, true);
		ck_assert_int_eq(cgroup_limits_plan(&r, seats, &core, &arena, &w, &e),
				 -1);
		ck_assert_str_eq(e.text + strlen(R), bad[i].error);
		oci_arena_free(&arena);
	}
}
END_TEST

/* A controller that is nowhere: the reason and the cure are the seat's. */
START_TEST(controller_missing)
{
	struct oci_pids pids = { .limit = { true, 5 } };
	struct oci_resources r = { .pids = &pids };
	struct cgroup_seat seats[CGROUP_CONTROLLERS], core = { .dir = -1 };
	struct cgroup_writes w;
	struct err e = { 0 };

	seats_fill(seats, true);
	seats[CGROUP_PIDS] =
		(struct cgroup_seat){ .dir = -1, .why = "gone", .hint = "find it" };
	ck_assert_int_eq(cgroup_limits_plan(&r, seats, &core, &arena, &w, &e), -1);
	ck_assert_str_eq(e.text, R "pids.limit: gone");
	ck_assert_str_eq(e.hint, "find it");
	oci_arena_free(&arena);
}
END_TEST

START_TEST(demand)
{
	struct oci_pids pids = { .limit = { true, 5 } };
	struct oci_cpu cpu = { .cpus = (char *)"0", .shares = { true, 5 } };
	struct oci_pair high = { (char *)"memory.high", (char *)"1" };
	struct oci_resources r = { .pids = &pids, .cpu = &cpu, .unified = { 1, &high } };

	ck_assert_uint_eq(cgroup_limits_demand(NULL), 0);
	ck_assert_uint_eq(cgroup_limits_demand(&r), 1u << CGROUP_PIDS | 1u << CGROUP_CPU |
							    1u << CGROUP_CPUSET |
							    1u << CGROUP_MEMORY);
}
END_TEST

static const struct {
	uint64_t shares;
	unsigned weight;
} weights[] = {
	{ 0, 1 },	{ 2, 1 },	   { 100, 17 },	      { 512, 59 },
	{ 1000, 99 },	{ 1024, 100 },	   { 2048, 174 },     { 4096, 303 },
	{ 10240, 639 }, { 262144, 10000 }, { 262143, 10000 }, { 999999, 10000 },
};

START_TEST(shares_to_weight)
{
	ck_assert_uint_eq(cgroup_shares_to_weight(weights[_i].shares),
			  weights[_i].weight);
}
END_TEST

START_TEST(shares_to_weight_is_monotonic)
{
	unsigned last = 1;

	/* every value would take seconds on a busy machine */
	for (uint64_t shares = 2; shares < 262144; shares += 1 + shares / 256) {
		unsigned w = cgroup_shares_to_weight(shares);

		ck_assert_uint_ge(w, last);
		ck_assert_uint_le(w, 10000);
		last = w;
	}
	ck_assert_uint_eq(cgroup_shares_to_weight(262144), 10000);
}
END_TEST

START_TEST(block_weight)
{
	ck_assert_uint_eq(cgroup_blkio_to_io_weight(10), 1);
	ck_assert_uint_eq(cgroup_blkio_to_io_weight(500), 4950);
	ck_assert_uint_eq(cgroup_blkio_to_io_weight(1000), 10000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup_limit");
	TCase *t = tcase_create("limit");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, members, 0, ARRAY_SIZE(rows));
	tcase_add_test(t, burst_above_quota);
	tcase_add_test(t, names_checked_again);
	tcase_add_test(t, controller_missing);
	tcase_add_test(t, demand);
	tcase_add_loop_test(t, shares_to_weight, 0, ARRAY_SIZE(weights));
	tcase_add_test(t, shares_to_weight_is_monotonic);
	tcase_add_test(t, block_weight);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
