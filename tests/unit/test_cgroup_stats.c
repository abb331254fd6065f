/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics of a cgroup: folders with files as the kernel writes them -> the JSON that runc's
 * readers know; and the counting of memory that ran out. Some complete documents, then rows:
 * one file -> a part of the document.
 */
#include "cgroup/oom.h"
#include "cgroup/stats.h"

#include "folder.h"
#include "suite.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file {
	const char *name;
	const char *text;
};

static void put(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* A folder `name` with these files, as the cgroup of these v1 controllers (0: the v2 one). */
static struct cgroup_dir folder(const char *name, uint32_t controllers,
				const struct file *files)
{
	struct cgroup_dir dir = { .mount = "/x",
				  .path = "/y",
				  .v2 = !controllers,
				  .controllers = controllers,
				  .base = -1 };

	ck_assert_int_eq(mkdir(name, 0700), 0);
	dir.fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir.fd, 0);
	for (; files->name; files++)
		put(dir.fd, files->name, files->text);
	return dir;
}

#define PRESSURE                                                \
	"some avg10=1.50 avg60=0.00 avg300=12.34 total=68580\n" \
	"full avg10=0.10 avg60=100.00 avg300=0.00 total=55547\n"
#define PRESSURE_JSON                                                          \
	"\"psi\":{\"some\":{\"avg10\":1.5,\"avg60\":0,\"avg300\":12.34,"       \
	"\"total\":68580},\"full\":{\"avg10\":0.1,\"avg60\":100,\"avg300\":0," \
	"\"total\":55547}}"
#define NO_CPUSET                                                                 \
	"\"cpuset\":{\"cpu_exclusive\":0,\"mem_hardwall\":0,\"mem_exclusive\":0," \
	"\"memory_migrate\":0,\"memory_spread_page\":0,\"memory_spread_slab\":0," \
	"\"memory_pressure\":0,\"sched_load_balance\":0,"                         \
	"\"sched_relax_domain_level\":0}"
#define NO_MEMORY                                 \
	"\"usage\":{\"limit\":0,\"failcnt\":0},"  \
	"\"swap\":{\"limit\":0,\"failcnt\":0},"   \
	"\"kernel\":{\"limit\":0,\"failcnt\":0}," \
	"\"kernelTCP\":{\"limit\":0,\"failcnt\":0}"
#define TAIL "\"intel_rdt\":{},\"network_interfaces\":null}"

static const struct file v2_files[] = {
	{ "cpu.stat", "usage_usec 20557\nuser_usec 5162\nsystem_usec 15395\n"
		      "nr_periods 7\nnr_throttled 2\nthrottled_usec 31\n" },
	{ "cpu.pressure", PRESSURE },
	{ "memory.stat", "anon 4096\nfile 8192\nkernel 100\n" },
	{ "memory.current", "12288\n" },
	{ "memory.peak", "20480\n" },
	{ "memory.max", "104857600\n" },
	{ "memory.swap.current", "1000\n" },
	{ "memory.swap.max", "2000\n" },
	{ "memory.pressure", PRESSURE },
	{ "pids.current", "3\n" },
	{ "pids.max", "17\n" },
	{ "io.stat", "8:0 rbytes=90112 wbytes=0 rios=7 wios=0 dbytes=5 dios=1\n"
		     "254:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n" },
	{ "io.pressure", PRESSURE },
	{ "hugetlb.2MB.current", "4194304\n" },
	{ "hugetlb.2MB.max", "max\n" },
	{ "hugetlb.2MB.events", "max 9\n" },
	{ NULL, NULL },
};

static const char v2_json[] =
	"{\"cpu\":{\"usage\":{\"total\":20557000,\"kernel\":15395000,\"user\":5162000},"
	"\"throttling\":{\"periods\":7,\"throttledPeriods\":2,\"throttledTime\":31000}"
	"," PRESSURE_JSON "}," NO_CPUSET ",\"memory\":{\"cache\":8192,"
	"\"usage\":{\"limit\":104857600,\"usage\":12288,\"max\":20480,\"failcnt\":0},"
	"\"swap\":{\"limit\":104859600,\"usage\":13288,\"failcnt\":0},"
	"\"kernel\":{\"limit\":0,\"failcnt\":0},\"kernelTCP\":{\"limit\":0,"
	"\"failcnt\":0},\"raw\":{\"anon\":4096,\"file\":8192,\"kernel\":100}"
	"," PRESSURE_JSON
	"},\"pids\":{\"current\":3,\"limit\":17},\"blkio\":{\"ioServiceBytesRecursive\":["
	"{\"major\":8,\"op\":\"Read\",\"value\":90112},{\"major\":8,\"op\":\"Write\"},"
	"{\"major\":254,\"minor\":16,\"op\":\"Read\",\"value\":1},"
	"{\"major\":254,\"minor\":16,\"op\":\"Write\",\"value\":2}],"
	"\"ioServicedRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":7},"
	"{\"major\":8,\"op\":\"Write\"},"
	"{\"major\":254,\"minor\":16,\"op\":\"Read\",\"value\":3},"
	"{\"major\":254,\"minor\":16,\"op\":\"Write\",\"value\":4}]," PRESSURE_JSON
	"},\"hugetlb\":{\"2MB\":{\"usage\":4194304,\"failcnt\":9}}," TAIL;

static const struct file cpuacct_files[] = {
	{ "cpuacct.usage", "36872954\n" },
	{ "cpuacct.usage_percpu", "36777916 95038 \n" },
	{ "cpuacct.usage_all", "cpu user system\n0 8000000 16000000\n1 0 1\n" },
	{ "cpuacct.stat", "user 1\nsystem 2\n" },
	{ "cpu.stat", "nr_periods 2\nnr_throttled 1\nthrottled_time 55\n" },
	{ NULL, NULL },
};
static const struct file cpuset_files[] = {
	{ "cpuset.cpus", "0-2,5\n" },
	{ "cpuset.mems", "0\n" },
	{ "cpuset.cpu_exclusive", "1\n" },
	{ "cpuset.sched_load_balance", "1\n" },
	{ "cpuset.sched_relax_domain_level", "-1\n" },
	{ NULL, NULL },
};
static const struct file memory_files[] = {
	{ "memory.stat", "cache 4096\nrss 57344\n" },
	{ "memory.limit_in_bytes", "49999872\n" },
	{ "memory.usage_in_bytes", "561152\n" },
	{ "memory.max_usage_in_bytes", "3063808\n" },
	{ "memory.failcnt", "4\n" },
	{ "memory.memsw.limit_in_bytes", "9223372036854771712\n" },
	{ "memory.memsw.usage_in_bytes", "561153\n" },
	{ "memory.kmem.usage_in_bytes", "249856\n" },
	{ "memory.kmem.tcp.failcnt", "1\n" },
	{ NULL, NULL },
};
static const struct file other_files[] = {
	{ "pids.current", "1\n" },
	{ "pids.max", "max\n" },
	{ "blkio.throttle.io_service_bytes_recursive",
	  "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30\n" },
	{ "blkio.throttle.io_serviced_recursive", "Total 0\n" },
	{ "blkio.bfq.sectors_recursive", "8:16 7\n" },
	{ "blkio.sectors_recursive", "8:16 8\n" },
	{ "hugetlb.1GB.usage_in_bytes", "5\n" },
	{ "hugetlb.1GB.rsvd.usage_in_bytes", "6\n" },
	{ "hugetlb.1GB.rsvd.max_usage_in_bytes", "7\n" },
	{ "hugetlb.1GB.failcnt", "8\n" },
	{ NULL, NULL },
};

static const char v1_json[] =
	"{\"cpu\":{\"usage\":{\"total\":36872954,\"percpu\":[36777916,95038],"
	"\"percpu_kernel\":[16000000,1],\"percpu_user\":[8000000,0],\"kernel\":20000000,"
	"\"user\":10000000},\"throttling\":{\"periods\":2,\"throttledPeriods\":1,"
	"\"throttledTime\":55}},\"cpuset\":{\"cpus\":[0,1,2,5],\"cpu_exclusive\":1,"
	"\"mems\":[0],\"mem_hardwall\":0,\"mem_exclusive\":0,\"memory_migrate\":0,"
	"\"memory_spread_page\":0,\"memory_spread_slab\":0,\"memory_pressure\":0,"
	"\"sched_load_balance\":1,\"sched_relax_domain_level\":-1},"
	"\"memory\":{\"cache\":4096,\"usage\":{\"limit\":49999872,\"usage\":561152,"
	"\"max\":3063808,\"failcnt\":4},\"swap\":{\"limit\":9223372036854771712,"
	"\"usage\":561153,\"failcnt\":0},\"kernel\":{\"limit\":0,\"usage\":249856,"
	"\"failcnt\":0},\"kernelTCP\":{\"limit\":0,\"failcnt\":1},"
	"\"raw\":{\"cache\":4096,\"rss\":57344}},\"pids\":{\"current\":1},"
	"\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\","
	"\"value\":10},{\"major\":8,\"op\":\"Write\",\"value\":20},"
	"{\"major\":8,\"op\":\"Total\",\"value\":30}],"
	"\"sectorsRecursive\":[{\"major\":8,\"minor\":16,\"value\":7}]},"
	"\"hugetlb\":{\"1GB\":{\"usage\":6,\"max\":7,\"failcnt\":8}}," TAIL;

static const char nothing_json[] =
	"{\"cpu\":{\"usage\":{\"kernel\":0,\"user\":0},\"throttling\":{}}," NO_CPUSET
	",\"memory\":{" NO_MEMORY "},\"pids\":{},\"blkio\":{},\"hugetlb\":{}," TAIL;

START_TEST(test_v2)
{
	struct cgroup cg = { .n = 1 };
	auto_str json = { 0 };

	folder_make();
	cg.dirs[0] = folder("v2", 0, v2_files);
	cgroup_stats_json(&cg, &json);
	ck_assert_str_eq(json.s, v2_json);
}
END_TEST

START_TEST(test_v1)
{
	struct cgroup cg = { .n = 4 };
	auto_str json = { 0 };

	folder_make();
	cg.dirs[0] =
		folder("cpu", 1u << CGROUP_CPU | 1u << CGROUP_CPUACCT, cpuacct_files);
	cg.dirs[1] = folder("cpuset", 1u << CGROUP_CPUSET, cpuset_files);
	cg.dirs[2] = folder("memory", 1u << CGROUP_MEMORY, memory_files);
	cg.dirs[3] = folder("other",
			    1u << CGROUP_PIDS | 1u << CGROUP_IO | 1u << CGROUP_HUGETLB,
			    other_files);
	cgroup_stats_json(&cg, &json);
	ck_assert_str_eq(json.s, v1_json);
}
END_TEST

/* A hybrid host: each number from where its controller is; PSI is v2's. */
START_TEST(test_hybrid)
{
	static const struct file unified[] = {
		{ "cpu.stat", "usage_usec 99\n" },
		{ "memory.current", "99\n" },
		{ "memory.pressure", PRESSURE },
		{ "pids.current", "5\n" },
		{ NULL, NULL },
	};
	struct cgroup cg = { .n = 2 };
	auto_str json = { 0 };

	folder_make();
	cg.dirs[0] = folder("v2", 0, unified);
	cg.dirs[1] = folder("memory", 1u << CGROUP_MEMORY, memory_files);
	cgroup_stats_json(&cg, &json);
	ck_assert_ptr_nonnull(strstr(json.s, "\"total\":99000"));
	ck_assert_ptr_nonnull(strstr(json.s, "\"usage\":561152"));
	ck_assert_ptr_nonnull(strstr(json.s, "\"rss\":57344}," PRESSURE_JSON));
	ck_assert_ptr_nonnull(strstr(json.s, "\"pids\":{\"current\":5}"));
}
END_TEST

START_TEST(test_nothing)
{
	static const struct file none[] = { { NULL, NULL } };
	struct cgroup cg = { 0 };
	auto_str json = { 0 };

	folder_make();
	cgroup_stats_json(&cg, &json);
	ck_assert_str_eq(json.s, nothing_json);
	/* an empty cgroup, and one that is gone */
	cg.n = 2;
	cg.dirs[0] = folder("v2", 0, none);
	cg.dirs[1] = (struct cgroup_dir){ .controllers = UINT32_MAX, .fd = -1 };
	json.n = 0;
	cgroup_stats_json(&cg, &json);
	ck_assert_str_eq(json.s, nothing_json);
}
END_TEST

/* What no kernel writes must still give JSON. */
static const struct {
	bool v2;
	const char *name, *text;
	const char *part; /* of the document */
} rows[] = {
	{ true, "memory.max", "max\n", "\"usage\":{\"limit\":18446744073709551615," },
	{ true, "memory.swap.max", "max\n", "\"swap\":{\"limit\":18446744073709551615," },
	{ true, "memory.max", "", "\"usage\":{\"limit\":0," },
	{ true, "memory.max", "99999999999999999999999\n",
	  "\"usage\":{\"limit\":18446744073709551615," },
	{ true, "cpu.stat", "usage_usec 18446744073709551615\n",
	  "\"total\":18446744073709551615," },
	{ true, "cpu.stat", "xusage_usec 5\nusage_usecs 5\nusage_usec 6",
	  "\"usage\":{\"total\":6000," },
	{ true, "cpu.stat", "usage_usec\nnr_periods 3\n",
	  "\"throttling\":{\"periods\":3}" },
	{ true, "pids.max", "max\n", "\"pids\":{}" },
	{ true, "memory.stat", "a\"b 1\n 2\nc 3\nd\ne x\nf\\ 4\n\ng 5",
	  "\"raw\":{\"c\":3,\"g\":5}" },
	{ true, "cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
	  "\"psi\":{\"some\":{\"avg10\":0,\"avg60\":0,\"avg300\":0,\"total\":5},"
	  "\"full\":{\"avg10\":0,\"avg60\":0,\"avg300\":0,\"total\":0}}" },
	{ true, "cpu.pressure", "some avg10=0.00\n", "\"throttling\":{}}" },
	{ true, "cpu.pressure", "full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
	  "\"throttling\":{}}" },
	{ true, "io.stat", "8:0\n8: rbytes=1\n:0 rbytes=1\nx\n8:1 wbytes=5\n",
	  "\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"minor\":1,"
	  "\"op\":\"Write\",\"value\":5}]}" },
	{ true, "io.stat", "8:0 \n9:0 rios=1\n",
	  "\"ioServicedRecursive\":[{\"major\":9,\"op\":\"Read\",\"value\":1}]" },
	{ true, "hugetlb.64KB.rsvd.current", "5\n", "\"hugetlb\":{}" },
	{ true, "hugetlb.x\"y.current", "5\n", "\"hugetlb\":{}" },
	{ false, "cpuset.cpus", "\n", "\"cpuset\":{\"cpu_exclusive\":0" },
	{ false, "cpuset.cpus", "3-", "\"cpuset\":{\"cpu_exclusive\":0" },
	{ false, "cpuset.cpus", "5-3,7\n", "\"cpus\":[7]," },
	{ false, "cpuset.mems", "0-1\n", "\"mems\":[0,1]," },
	{ false, "cpuset.sched_relax_domain_level", "5\n",
	  "\"sched_relax_domain_level\":5" },
	{ false, "cpuacct.usage_all", "cpu user system\n0 1\n",
	  "\"usage\":{\"percpu_user\"" },
	{ false, "cpuacct.usage_percpu", "\n", "\"usage\":{\"kernel\"" },
	{ false, "blkio.io_wait_time_recursive", "8:0 Sync 5\n8:0\nTotal 5\n",
	  "\"blkio\":{\"ioWaitTimeRecursive\":[{\"major\":8,\"op\":\"Sync\","
	  "\"value\":5}]}" },
	{ false, "pids.max", "9\n", "\"pids\":{\"limit\":9}" },
};

START_TEST(test_row)
{
	const struct file files[] = { { rows[_i].name, rows[_i].text }, { NULL, NULL } };
	struct cgroup cg = { .n = 1 };
	auto_str json = { 0 };

	folder_make();
	cg.dirs[0] = folder("one", rows[_i].v2 ? 0 : UINT32_MAX, files);
	cgroup_stats_json(&cg, &json);
	ck_assert_msg(strstr(json.s, rows[_i].part) != NULL, "%s is not in %s",
		      rows[_i].part, json.s);
}
END_TEST

/* ---- out of memory ---------------------------------------------------------------- */

static const struct {
	const char *text; /* of memory.events; NULL: it is gone */
	uint64_t told;
} steps[] = {
	{ "low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\noom_group_kill 0\n", 0 },
	{ "low 0\nhigh 0\nmax 4\noom 2\noom_kill 3\noom_group_kill 0\n", 1 },
	{ "low 9\nhigh 0\nmax 4\noom 2\noom_kill 3\noom_group_kill 0\n", 0 },
	{ "max 4\noom 2\noom_kill 13\n", 10 },
	{ "oom_kill 5\n", 0 },
	{ "oom_kill x\n", 0 },
	{ "", 0 },
	{ "oom_kill 14", 1 },
};

START_TEST(test_oom)
{
	const struct file files[] = { { "memory.events", steps[0].text },
				      { NULL, NULL } };
	struct cgroup cg = { .n = 1 };
	struct cgroup_oom oom;
	struct err e = { 0 };

	folder_make();
	cg.dirs[0] = folder("v2", 0, files);
	ck_assert_int_eq(cgroup_oom_open(&cg, &oom, &e), 0);
	ck_assert_int_ge(oom.fd, 0);
	ck_assert_int_eq(oom.events, POLLPRI);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		put(cg.dirs[0].fd, "memory.events", steps[i].text);
		ck_assert_uint_eq(cgroup_oom_take(&oom), steps[i].told);
	}
	cgroup_oom_close(&oom);
	ck_assert_uint_eq(cgroup_oom_take(&oom), 0);
}
END_TEST

/*
 * The end of a watch. `own` is the file as the watch begins and `then` what was told of it;
 * afterwards it is `end`, or gone (NULL: a folder that cannot be read has taken its place).
 */
static const struct {
	bool v2;
	const char *own, *then, *end;
	const char *up[2]; /* the cgroup above, as the watch begins and at its end */
	const char *left; /* by who removed it */
	bool suspected;
	uint64_t last;
	unsigned machine; /* so many died on the machine since */
} ends[] = {
	/* it is there: nothing else counts */
	{ true,
	  "oom_kill 2",
	  "oom_kill 2",
	  "oom_kill 5",
	  { "oom_kill 9", "oom_kill 20" },
	  "77",
	  true,
	  3 },
	{ true, "oom_kill 2", "oom_kill 4", "oom_kill 4", { NULL, NULL }, NULL, true, 0 },
	/* gone, and its last value was left */
	{ true, "oom_kill 2", "oom_kill 2", NULL, { NULL, NULL }, "5", false, 3 },
	{ true, "oom_kill 2", "oom_kill 4", NULL, { NULL, NULL }, "5", true, 1 },
	{ true,
	  "oom_kill 2",
	  "oom_kill 4",
	  NULL,
	  { "oom_kill 0", "oom_kill 9" },
	  "4",
	  true,
	  0 },
	{ true, "oom_kill 2", "oom_kill 2", NULL, { NULL, NULL }, "1", true, 0 },
	/* gone, nothing left: the cgroup above, if it looks like that */
	{ true,
	  "oom_kill 0",
	  "oom_kill 0",
	  NULL,
	  { "oom_kill 7", "oom_kill 8" },
	  NULL,
	  true,
	  1 },
	{ true,
	  "oom_kill 0",
	  "oom_kill 0",
	  NULL,
	  { "oom_kill 7", "oom_kill 8" },
	  NULL,
	  false,
	  0 },
	{ true,
	  "oom_kill 0",
	  "oom_kill 0",
	  NULL,
	  { "oom_kill 7", "oom_kill 7" },
	  NULL,
	  true,
	  0 },
	{ true, "oom_kill 0", "oom_kill 0", NULL, { NULL, NULL }, NULL, true, 0 },
	{ true, "oom_kill 0", "oom_kill 0", NULL, { NULL, NULL }, NULL, true, 1, 3 },
	{ true, "oom_kill 0", "oom_kill 0", NULL, { NULL, NULL }, NULL, false, 0, 3 },
	{ true,
	  "oom_kill 0",
	  "oom_kill 0",
	  NULL,
	  { "oom_kill 7", "oom_kill 7" },
	  NULL,
	  true,
	  0,
	  3 },
	/* v1 counts by an eventfd, which the removal signals too */
	{ false, "oom_kill 2", NULL, NULL, { NULL, NULL }, "5", false, 3 },
	{ false,
	  "oom_kill 2",
	  NULL,
	  NULL,
	  { "oom_kill 0", "oom_kill 9" },
	  NULL,
	  true,
	  0 },
	{ false,
	  "oom_kill_disable 0\nunder_oom 0\noom_kill 1",
	  NULL,
	  NULL,
	  { NULL, NULL },
	  "2",
	  true,
	  1 },
};

/* Files of cgroupfs cannot be read any more when it is gone; this one is emptied. */
static void end_of_file(int dir, const char *name, const char *text)
{
	put(dir, name, text ? text : "");
}

START_TEST(test_oom_last)
{
	const char *name = ends[_i].v2 ? "memory.events" : "memory.oom_control";
	const struct file files[] = { { name, ends[_i].own },
				      { "cgroup.event_control", "" },
				      { NULL, NULL } };
	const struct file above[] = { { name, ends[_i].up[0] }, { NULL, NULL } };
	static const struct file none[] = { { NULL, NULL } };
	struct cgroup cg = { .n = 1 };
	struct cgroup_oom oom;
	uint64_t left, count;
	char text[32];
	struct err e = { 0 };

	folder_make();
	cg.dirs[0] = folder("top", ends[_i].v2 ? 0 : 1u << CGROUP_MEMORY, none);
	cg.dirs[0].base = open("top", O_PATH | O_DIRECTORY | O_CLOEXEC);
	close(folder("top/up", 1, ends[_i].up[0] ? above : none).fd);
	close(cg.dirs[0].fd);
	cg.dirs[0].fd = folder("top/up/own", 1, files).fd;
	cg.dirs[0].path = "/up/own";
	ck_assert_int_eq(cgroup_oom_open(&cg, &oom, &e), 0);
	/* instead of /proc/vmstat, where tests that run beside this one are counted too */
	close(oom.above[CGROUP_OOM_ABOVE - 1]);
	put(AT_FDCWD, "vmstat", "nr_free_pages 4\noom_kill 100\nunevictable 1\n");
	oom.above[CGROUP_OOM_ABOVE - 1] = open("vmstat", O_RDONLY | O_CLOEXEC);
	oom.above_seen[CGROUP_OOM_ABOVE - 1] = 100;
	if (ends[_i].then) {
		put(cg.dirs[0].fd, name, ends[_i].then);
		(void)cgroup_oom_take(&oom);
	}
	end_of_file(cg.dirs[0].fd, name, ends[_i].end);
	ck_assert_int_eq(cgroup_oom_count(&cg, &count), !!ends[_i].end);
	if (ends[_i].up[1])
		put(cg.dirs[0].fd, ends[_i].v2 ? "../memory.events" : "../x",
		    ends[_i].up[1]);
	snprintf(text, sizeof(text), "oom_kill %u\n", 100 + ends[_i].machine);
	put(AT_FDCWD, "vmstat", text);
	if (ends[_i].left)
		ck_assert(str_to_u64(ends[_i].left, UINT64_MAX, &left));
	ck_assert_uint_eq(
		cgroup_oom_last(&oom, ends[_i].left ? &left : NULL, ends[_i].suspected),
		ends[_i].last);
	cgroup_oom_close(&oom);
	ck_assert_uint_eq(cgroup_oom_take(&oom), 0);
}
END_TEST

START_TEST(test_oom_without_controller)
{
	static const struct file none[] = { { NULL, NULL } };
	struct cgroup cg = { .n = 1 };
	struct cgroup_oom oom;
	struct err e = { 0 };

	folder_make();
	cg.dirs[0] = folder("v2", 0, none);
	ck_assert_int_eq(cgroup_oom_open(&cg, &oom, &e), 0);
	ck_assert_int_eq(oom.fd, -1);
	ck_assert_uint_eq(cgroup_oom_take(&oom), 0);
	/* v1: the hierarchy is there, so its files must be */
	cg.dirs[0].v2 = false;
	cg.dirs[0].controllers = 1u << CGROUP_MEMORY;
	ck_assert_int_eq(cgroup_oom_open(&cg, &oom, &e), -1);
	ck_assert_str_eq(e.text, "open memory.oom_control: it does not exist");
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, test_v2);
	tcase_add_test(t, test_v1);
	tcase_add_test(t, test_hybrid);
	tcase_add_test(t, test_nothing);
	tcase_add_loop_test(t, test_row, 0, ROWS(rows));
	tcase_add_test(t, test_oom);
	tcase_add_loop_test(t, test_oom_last, 0, ROWS(ends));
	tcase_add_test(t, test_oom_without_controller);
}

int main(void)
{
	return suite_run("cgroup_stats", fill);
}
