/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every rule of the specification that a document alone can break: one row per breach, with
 * the whole error text, and rows of what must be accepted.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "libocispec/oci.h"

#define N(array) ((int)(sizeof(array) / sizeof(*(array))))

/* Where the text of a row is put. */
enum part { CONFIG, PROCESS, LINUX, RESOURCES, SECCOMP, DOCUMENT };

static const char *const frames[] = {
	[CONFIG] = "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},%s}",
	[PROCESS] = "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},"
		    "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],%s}}",
	[LINUX] = "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"linux\":{%s}}",
	[RESOURCES] = "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},"
		      "\"linux\":{\"resources\":{%s}}}",
	[SECCOMP] = "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"linux\":{"
		    "\"seccomp\":"
		    "{\"defaultAction\":\"SCMP_ACT_ERRNO\",%s}}}",
	[DOCUMENT] = "%s",
};

static int decode(enum part part, const char *text, struct oci_error *error)
{
	struct oci_arena arena = { 0 };
	struct oci_config *config;
	char document[2000];
	int n = snprintf(document, sizeof(document), frames[part], text);
	int rc;

	ck_assert_int_lt(n, (int)sizeof(document));
	rc = oci_decode_config(&arena, "c", document, (size_t)n, &config, error);
	oci_arena_free(&arena);
	return rc;
}

/* ---- refused ------------------------------------------------------------------------- */

struct bad_row {
	enum part part;
	const char *text;
	const char *error; /* without "c:LINE:COLUMN: " */
};

#define VERSION(v) "{\"ociVersion\":\"" v "\",\"root\":{\"path\":\"r\"}}"
#define NOT_VERSION(v) \
	"ociVersion: got \"" v "\", expected a SemVer 2.0.0 version 1.MINOR.PATCH"
#define RLIMIT(t, s, h)	 "{\"type\":\"" t "\",\"soft\":" s ",\"hard\":" h "}"
#define MAPPING(c, h, n) "{\"containerID\":" c ",\"hostID\":" h ",\"size\":" n "}"
#define SYSCALL(rest)	 "\"syscalls\":[{\"names\":[\"a\"]," rest "}]"
#define ARG(rest)                                                        \
	"\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_KILL\"," \
	"\"args\":[{" rest "}]}]"
#define DEVICE(rest) "\"devices\":[{\"path\":\"/dev/x\"," rest "}]"

static const struct bad_row bad[] = {
	/* ociVersion: S1 */
	{ DOCUMENT, VERSION("2.0.0"), NOT_VERSION("2.0.0") },
	{ DOCUMENT, VERSION("0.9.0"), NOT_VERSION("0.9.0") },
	{ DOCUMENT, VERSION("99.0.0"), NOT_VERSION("99.0.0") },
	{ DOCUMENT, VERSION("10.0.0"), NOT_VERSION("10.0.0") },
	{ DOCUMENT, VERSION(""), NOT_VERSION("") },
	{ DOCUMENT, VERSION("1"), NOT_VERSION("1") },
	{ DOCUMENT, VERSION("1.0"), NOT_VERSION("1.0") },
	{ DOCUMENT, VERSION("v1.0.0"), NOT_VERSION("v1.0.0") },
	{ DOCUMENT, VERSION("1.0.0.0"), NOT_VERSION("1.0.0.0") },
	{ DOCUMENT, VERSION("1.00.0"), NOT_VERSION("1.00.0") },
	{ DOCUMENT, VERSION("1.0.01"), NOT_VERSION("1.0.01") },
	{ DOCUMENT, VERSION("1.0.0-"), NOT_VERSION("1.0.0-") },
	{ DOCUMENT, VERSION("1.0.0-rc.01"), NOT_VERSION("1.0.0-rc.01") },
	{ DOCUMENT, VERSION("1.0.0-a..b"), NOT_VERSION("1.0.0-a..b") },
	{ DOCUMENT, VERSION("1.0.0+"), NOT_VERSION("1.0.0+") },
	{ DOCUMENT, VERSION("1.0.0 "), NOT_VERSION("1.0.0 ") },
	{ DOCUMENT, VERSION("not-semver"), NOT_VERSION("not-semver") },
	/* root, hostname, annotations: S2, S61 */
	{ DOCUMENT, "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"\"}}",
	  "root.path: got \"\", expected a non-empty string" },
	{ CONFIG, "\"hostname\":\"\"", "hostname: got \"\", expected 1 to 64 bytes" },
	{ CONFIG,
	  "\"domainname\":\"01234567890123456789012345678901234567890123456789"
	  "012345678901234\"",
	  "domainname: got \"01234567890123456789012345678901234567890123456789"
	  "0123456789...\", expected 1 to 64 bytes" },
	{ CONFIG, "\"annotations\":{\"\":\"x\"}",
	  "annotations[\"\"]: wrong name, expected a non-empty string" },
	/* mounts: S19 */
	{ CONFIG, "\"mounts\":[{\"destination\":\"\"}]",
	  "mounts[0].destination: got \"\", expected a non-empty string" },
	{ CONFIG,
	  "\"mounts\":[{\"destination\":\"/\",\"uidMappings\":[" MAPPING("0", "0",
									 "1") "]}]",
	  "mounts[0].uidMappings: given alone, expected uidMappings and gidMappings "
	  "together" },
	{ CONFIG,
	  "\"mounts\":[{\"destination\":\"/\",\"gidMappings\":[" MAPPING("0", "0",
									 "1") "]}]",
	  "mounts[0].gidMappings: given alone, expected uidMappings and gidMappings "
	  "together" },
	/* hooks: S42, S43 */
	{ CONFIG, "\"hooks\":{\"poststop\":[{\"path\":\"bin/x\"}]}",
	  "hooks.poststop[0].path: got \"bin/x\", expected an absolute path" },
	{ CONFIG, "\"hooks\":{\"prestart\":[{\"path\":\"/x\",\"timeout\":0}]}",
	  "hooks.prestart[0].timeout: got 0, expected an integer from 1 to 2147483647" },
	{ CONFIG, "\"hooks\":{\"prestart\":[{\"path\":\"/x\",\"timeout\":-1}]}",
	  "hooks.prestart[0].timeout: got -1, expected an integer from 1 to 2147483647" },
	{ CONFIG, "\"hooks\":{\"createRuntime\":[{\"path\":\"/x\",\"env\":[\"A\"]}]}",
	  "hooks.createRuntime[0].env[0]: got \"A\", expected NAME=VALUE" },
	{ CONFIG, "\"hooks\":{\"createRuntime\":[{\"args\":[]}]}",
	  "hooks.createRuntime[0].path: missing, expected a string" },
	/* process: S24 to S27, S31, S32 */
	{ CONFIG, "\"process\":{\"args\":[\"a\"]}",
	  "process.cwd: missing, expected a string" },
	{ CONFIG, "\"process\":{\"cwd\":\"/\"}",
	  "process.args: missing, expected a list of strings" },
	{ CONFIG, "\"process\":{\"cwd\":\"/\",\"args\":[]}",
	  "process.args: empty, expected at least one element" },
	{ CONFIG, "\"process\":{\"cwd\":\"/\",\"args\":[\"\",\"x\"]}",
	  "process.args[0]: empty, expected a program" },
	{ CONFIG, "\"process\":{\"cwd\":\"tmp\",\"args\":[\"a\"]}",
	  "process.cwd: got \"tmp\", expected an absolute path" },
	{ CONFIG, "\"process\":{\"cwd\":\"\",\"args\":[\"a\"]}",
	  "process.cwd: got \"\", expected an absolute path" },
	{ PROCESS, "\"env\":[\"A=1\",\"NOTHING\"]",
	  "process.env[1]: got \"NOTHING\", expected NAME=VALUE" },
	{ PROCESS, "\"env\":[\"=x\"]",
	  "process.env[0]: got \"=x\", expected NAME=VALUE" },
	{ PROCESS, "\"env\":[\"\"]", "process.env[0]: got \"\", expected NAME=VALUE" },
	{ PROCESS, "\"consoleSize\":{\"height\":1}",
	  "process.consoleSize.width: missing, expected an integer from 0 to "
	  "4294967295" },
	{ PROCESS, "\"terminal\":true,\"consoleSize\":{\"height\":65536,\"width\":1}",
	  "process.consoleSize.height: got 65536, expected at most 65535" },
	{ PROCESS, "\"user\":{\"uid\":0}",
	  "process.user.gid: missing, expected an integer from 0 to 4294967294" },
	{ PROCESS, "\"user\":{\"uid\":4294967295,\"gid\":0}",
	  "process.user.uid: got 4294967295, expected an integer from 0 to 4294967294" },
	{ PROCESS, "\"user\":{\"uid\":0,\"gid\":4294967295}",
	  "process.user.gid: got 4294967295, expected an integer from 0 to 4294967294" },
	{ PROCESS, "\"user\":{\"uid\":-1,\"gid\":0}",
	  "process.user.uid: got -1, expected an integer from 0 to 4294967294" },
	{ PROCESS, "\"user\":{\"uid\":0,\"gid\":0,\"umask\":512}",
	  "process.user.umask: got 512, expected an integer from 0 to 511" },
	{ PROCESS, "\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[1,4294967295]}",
	  "process.user.additionalGids[1]: got 4294967295, "
	  "expected an integer from 0 to 4294967294" },
	{ PROCESS, "\"rlimits\":[" RLIMIT("RLIMIT_FOO", "1", "1") "]",
	  "process.rlimits[0].type: got \"RLIMIT_FOO\", "
	  "expected a limit of Linux such as RLIMIT_NOFILE" },
	{ PROCESS, "\"rlimits\":[" RLIMIT("nofile", "1", "1") "]",
	  "process.rlimits[0].type: got \"nofile\", "
	  "expected a limit of Linux such as RLIMIT_NOFILE" },
	{ PROCESS,
	  "\"rlimits\":[" RLIMIT("RLIMIT_CPU", "1", "1") "," RLIMIT(
		  "RLIMIT_AS", "1", "1") "," RLIMIT("RLIMIT_CPU", "1", "1") "]",
	  "process.rlimits[2].type: RLIMIT_CPU is given twice, expected it once" },
	{ PROCESS, "\"rlimits\":[" RLIMIT("RLIMIT_CPU", "2", "1") "]",
	  "process.rlimits[0].soft: got 2, expected at most the hard limit 1" },
	{ PROCESS, "\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1}]",
	  "process.rlimits[0].hard: missing, expected an integer from 0 to "
	  "18446744073709551615" },
	{ PROCESS, "\"capabilities\":{\"ambient\":[\"\"]}",
	  "process.capabilities.ambient[0]: got \"\", expected a non-empty string" },
	{ PROCESS, "\"oomScoreAdj\":1001",
	  "process.oomScoreAdj: got 1001, expected an integer from -1000 to 1000" },
	{ PROCESS, "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":8}",
	  "process.ioPriority.priority: got 8, expected an integer from 0 to 7" },
	{ PROCESS, "\"ioPriority\":{\"class\":\"RT\",\"priority\":1}",
	  "process.ioPriority.class: got \"RT\", expected one of IOPRIO_CLASS_RT, "
	  "IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE" },
	{ PROCESS, "\"execCPUAffinity\":{\"initial\":\"0-\"}",
	  "process.execCPUAffinity.initial: got \"0-\", "
	  "expected a list of numbers such as 0-3,7" },
	{ PROCESS, "\"execCPUAffinity\":{\"final\":\"3-1\"}",
	  "process.execCPUAffinity.final: got \"3-1\", "
	  "expected a list of numbers such as 0-3,7" },
	{ PROCESS, "\"execCPUAffinity\":{\"final\":\"1,\"}",
	  "process.execCPUAffinity.final: got \"1,\", "
	  "expected a list of numbers such as 0-3,7" },
	{ PROCESS, "\"execCPUAffinity\":{\"final\":\"a\"}",
	  "process.execCPUAffinity.final: got \"a\", "
	  "expected a list of numbers such as 0-3,7" },
	{ PROCESS, "\"execCPUAffinity\":{\"final\":\"1000000\"}",
	  "process.execCPUAffinity.final: got \"1000000\", "
	  "expected a list of numbers such as 0-3,7" },
	/* scheduler: S37 */
	{ PROCESS, "\"scheduler\":{}",
	  "process.scheduler.policy: missing, expected a string" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"OTHER\"}",
	  "process.scheduler.policy: got \"OTHER\", expected one of SCHED_OTHER, "
	  "SCHED_FIFO, "
	  "SCHED_RR, SCHED_BATCH, SCHED_ISO, SCHED_IDLE, SCHED_DEADLINE" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":20}",
	  "process.scheduler.nice: got 20, expected an integer from -20 to 19" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":-21}",
	  "process.scheduler.nice: got -21, expected an integer from -20 to 19" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"SCHED_FIFO\"}",
	  "process.scheduler.priority: got 0, expected 1 to 99 with this policy" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":100}",
	  "process.scheduler.priority: got 100, expected an integer from 0 to 99" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"priority\":1}",
	  "process.scheduler.priority: got 1, expected 0 with this policy" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"SCHED_IDLE\",\"runtime\":1}",
	  "process.scheduler.policy: runtime, deadline and period are set, "
	  "expected SCHED_DEADLINE" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"deadline\":1}",
	  "process.scheduler.runtime: missing, expected it with SCHED_DEADLINE" },
	{ PROCESS,
	  "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2,\"deadline\":1}",
	  "process.scheduler.deadline: got 1, expected at least the runtime 2" },
	{ PROCESS,
	  "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2,\"deadline\":4,"
	  "\"period\":3}",
	  "process.scheduler.period: got 3, expected at least the deadline 4" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"flags\":[\"X\"]}",
	  "process.scheduler.flags[0]: got \"X\", expected one of "
	  "SCHED_FLAG_RESET_ON_FORK, "
	  "SCHED_FLAG_RECLAIM, SCHED_FLAG_DL_OVERRUN, SCHED_FLAG_KEEP_POLICY, "
	  "SCHED_FLAG_KEEP_PARAMS, SCHED_FLAG_UTIL_CLAMP_MIN, "
	  "SCHED_FLAG_UTIL_CLAMP_MAX" },
	/* namespaces and ids: S73, S78, S79 */
	{ LINUX, "\"namespaces\":[{}]",
	  "linux.namespaces[0].type: missing, expected a string" },
	{ LINUX, "\"namespaces\":[{\"type\":\"net\"}]",
	  "linux.namespaces[0].type: got \"net\", expected one of pid, network, mount, "
	  "ipc, "
	  "uts, user, cgroup, time" },
	{ LINUX,
	  "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"pid\"}]",
	  "linux.namespaces[2].type: pid is given twice, expected it once" },
	{ LINUX, "\"namespaces\":[{\"type\":\"network\",\"path\":\"run/x\"}]",
	  "linux.namespaces[0].path: got \"run/x\", expected an absolute path" },
	{ LINUX, "\"uidMappings\":[" MAPPING("0", "0", "0") "]",
	  "linux.uidMappings[0].size: got 0, expected an integer from 1 to 4294967295" },
	{ LINUX, "\"uidMappings\":[" MAPPING("1", "0", "4294967295") "]",
	  "linux.uidMappings[0].containerID: 1 + 4294967295 is beyond the last id, "
	  "expected at most 4294967295" },
	{ LINUX, "\"gidMappings\":[" MAPPING("0", "4294967294", "2") "]",
	  "linux.gidMappings[0].hostID: 4294967294 + 2 is beyond the last id, "
	  "expected at most 4294967295" },
	{ LINUX,
	  "\"gidMappings\":[" MAPPING("0", "0", "2") "," MAPPING("1", "9", "2") "]",
	  "linux.gidMappings[1].containerID: overlaps gidMappings[0], "
	  "expected ranges of their own" },
	{ LINUX,
	  "\"gidMappings\":[" MAPPING("5", "9", "2") "," MAPPING("1", "8", "2") "]",
	  "linux.gidMappings[1].hostID: overlaps gidMappings[0], "
	  "expected ranges of their own" },
	{ LINUX, "\"gidMappings\":[{\"containerID\":0,\"size\":1}]",
	  "linux.gidMappings[0].hostID: missing, expected an integer from 0 to "
	  "4294967294" },
	{ LINUX, "\"timeOffsets\":{\"boottime\":{\"secs\":1,\"nanosecs\":1000000000}}",
	  "linux.timeOffsets.boottime.nanosecs: got 1000000000, "
	  "expected an integer from 0 to 999999999" },
	/* paths and words: S154, S155, S156, A70, A84 */
	{ LINUX, "\"maskedPaths\":[\"/a\",\"b\"]",
	  "linux.maskedPaths[1]: got \"b\", expected an absolute path" },
	{ LINUX, "\"readonlyPaths\":[\"\"]",
	  "linux.readonlyPaths[0]: got \"\", expected an absolute path" },
	{ LINUX, "\"rootfsPropagation\":\"bogus\"",
	  "linux.rootfsPropagation: got \"bogus\", expected one of private, rprivate, "
	  "shared, "
	  "rshared, slave, rslave, unbindable, runbindable" },
	{ LINUX, "\"rootfsPropagation\":\"\"",
	  "linux.rootfsPropagation: got \"\", expected one of private, rprivate, shared, "
	  "rshared, slave, rslave, unbindable, runbindable" },
	{ LINUX, "\"cgroupsPath\":\"/a/../b\"",
	  "linux.cgroupsPath: got \"/a/../b\", expected a path without \"..\"" },
	{ LINUX, "\"cgroupsPath\":\"..\"",
	  "linux.cgroupsPath: got \"..\", expected a path without \"..\"" },
	{ LINUX, "\"cgroupsPath\":\"\"", "linux.cgroupsPath: got \"\", expected a path" },
	{ LINUX, "\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"X\"]}",
	  "linux.personality.flags[0]: got \"X\", expected nothing: no flag is defined" },
	{ LINUX, "\"personality\":{\"domain\":\"linux\"}",
	  "linux.personality.domain: got \"linux\", expected one of LINUX, LINUX32" },
	{ LINUX, "\"personality\":{}",
	  "linux.personality.domain: missing, expected a string" },
	{ LINUX, "\"sysctl\":{\"\":\"1\"}",
	  "linux.sysctl[\"\"]: wrong name, expected the name of a sysctl such as "
	  "net.ipv4.ip_forward" },
	{ LINUX, "\"sysctl\":{\"net/../kernel/x\":\"1\"}",
	  "linux.sysctl[\"net/../kernel/x\"]: wrong name, expected the name of a sysctl "
	  "such as "
	  "net.ipv4.ip_forward" },
	/* devices: S82, A83 */
	{ LINUX, DEVICE("\"type\":\"x\""),
	  "linux.devices[0].type: got \"x\", expected one of c, b, u, p" },
	{ LINUX, DEVICE("\"type\":\"\""),
	  "linux.devices[0].type: got \"\", expected one of c, b, u, p" },
	{ LINUX, DEVICE("\"type\":\"c\",\"minor\":1"),
	  "linux.devices[0].major: missing, expected it for a device of type c" },
	{ LINUX, DEVICE("\"type\":\"b\",\"major\":1"),
	  "linux.devices[0].minor: missing, expected it for a device of type b" },
	{ LINUX, DEVICE("\"type\":\"c\",\"major\":4096,\"minor\":1"),
	  "linux.devices[0].major: got 4096, expected an integer from 0 to 4095" },
	{ LINUX, DEVICE("\"type\":\"c\",\"major\":1,\"minor\":-1"),
	  "linux.devices[0].minor: got -1, expected an integer from 0 to 1048575" },
	{ LINUX, DEVICE("\"type\":\"p\",\"fileMode\":65536"),
	  "linux.devices[0].fileMode: got 65536, expected an integer from 0 to 65535" },
	{ LINUX, "\"devices\":[{\"path\":\"dev/x\"}]",
	  "linux.devices[0].path: got \"dev/x\", expected an absolute path" },
	{ LINUX, "\"netDevices\":{\"\":{}}",
	  "linux.netDevices[\"\"]: wrong name, expected the name of a network device "
	  "(1 to 15 bytes)" },
	{ LINUX, "\"netDevices\":{\"a\":{\"name\":\"a/b\"}}",
	  "linux.netDevices[\"a\"].name: got \"a/b\", expected the name of a network "
	  "device "
	  "(1 to 15 bytes)" },
	{ LINUX, "\"netDevices\":{\"a\":{\"name\":\"0123456789abcdef\"}}",
	  "linux.netDevices[\"a\"].name: got \"0123456789abcdef\", expected the name of "
	  "a "
	  "network device (1 to 15 bytes)" },
	{ LINUX, "\"netDevices\":{\"a\":{\"name\":\"e%s\"}}",
	  "linux.netDevices[\"a\"].name: got \"e%s\", "
	  "expected at most one %d and no other % in the name" },
	{ LINUX, "\"netDevices\":{\"a\":{\"name\":\"e%d%d\"}}",
	  "linux.netDevices[\"a\"].name: got \"e%d%d\", "
	  "expected at most one %d and no other % in the name" },
	/* resources: S107 to S116 */
	{ RESOURCES, "\"devices\":[{}]",
	  "linux.resources.devices[0].allow: missing, expected true or false" },
	{ RESOURCES, "\"devices\":[{\"allow\":true,\"type\":\"u\"}]",
	  "linux.resources.devices[0].type: got \"u\", expected one of a, c, b" },
	{ RESOURCES, "\"devices\":[{\"allow\":true,\"access\":\"rr\"}]",
	  "linux.resources.devices[0].access: got \"rr\", "
	  "expected some of the letters r, w, m, each once" },
	{ RESOURCES, "\"devices\":[{\"allow\":true,\"access\":\"\"}]",
	  "linux.resources.devices[0].access: got \"\", "
	  "expected some of the letters r, w, m, each once" },
	{ RESOURCES, "\"devices\":[{\"allow\":true,\"major\":-2}]",
	  "linux.resources.devices[0].major: got -2, expected an integer from -1 to "
	  "4095" },
	{ RESOURCES, "\"memory\":{\"limit\":-2}",
	  "linux.resources.memory.limit: got -2, expected an integer from -1 to "
	  "9223372036854775807" },
	{ RESOURCES, "\"memory\":{\"swappiness\":201}",
	  "linux.resources.memory.swappiness: got 201, expected an integer from 0 to "
	  "200" },
	{ RESOURCES, "\"cpu\":{\"shares\":-1}",
	  "linux.resources.cpu.shares: got -1, expected an integer from 0 to "
	  "18446744073709551615" },
	{ RESOURCES, "\"cpu\":{\"quota\":10,\"burst\":11}",
	  "linux.resources.cpu.burst: got 11, expected at most the quota 10" },
	{ RESOURCES, "\"cpu\":{\"idle\":2}",
	  "linux.resources.cpu.idle: got 2, expected an integer from 0 to 1" },
	{ RESOURCES, "\"blockIO\":{\"weight\":65536}",
	  "linux.resources.blockIO.weight: got 65536, expected an integer from 0 to "
	  "65535" },
	{ RESOURCES, "\"blockIO\":{\"weightDevice\":[{\"major\":1,\"minor\":2}]}",
	  "linux.resources.blockIO.weightDevice[0]: empty, expected weight or "
	  "leafWeight" },
	{ RESOURCES,
	  "\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":1,\"minor\":2}]}",
	  "linux.resources.blockIO.throttleReadBpsDevice[0].rate: missing, "
	  "expected an integer from 0 to 18446744073709551615" },
	{ RESOURCES, "\"hugepageLimits\":[{\"pageSize\":\"2M\",\"limit\":1}]",
	  "linux.resources.hugepageLimits[0].pageSize: got \"2M\", "
	  "expected a size such as 64KB, 2MB or 1GB" },
	{ RESOURCES, "\"hugepageLimits\":[{\"pageSize\":\"02MB\",\"limit\":1}]",
	  "linux.resources.hugepageLimits[0].pageSize: got \"02MB\", "
	  "expected a size such as 64KB, 2MB or 1GB" },
	{ RESOURCES, "\"hugepageLimits\":[{\"pageSize\":\"2MB\"}]",
	  "linux.resources.hugepageLimits[0].limit: missing, expected an integer from 0 "
	  "to "
	  "18446744073709551615" },
	{ RESOURCES, "\"network\":{\"classID\":4294967296}",
	  "linux.resources.network.classID: got 4294967296, "
	  "expected an integer from 0 to 4294967295" },
	{ RESOURCES, "\"network\":{\"priorities\":[{\"name\":\"e\"}]}",
	  "linux.resources.network.priorities[0].priority: missing, "
	  "expected an integer from 0 to 4294967295" },
	{ RESOURCES, "\"pids\":{\"limit\":-2}",
	  "linux.resources.pids.limit: got -2, expected an integer from -1 to "
	  "9223372036854775807" },
	{ RESOURCES, "\"rdma\":{\"mlx\":{}}",
	  "linux.resources.rdma[\"mlx\"]: empty, expected hcaHandles or hcaObjects" },
	{ RESOURCES, "\"unified\":{\"../x\":\"1\"}",
	  "linux.resources.unified[\"../x\"]: wrong name, "
	  "expected the name of a cgroup file such as memory.high" },
	/* resctrl and NUMA: S126, S138 */
	{ LINUX, "\"intelRdt\":{\"closID\":\"a/b\"}",
	  "linux.intelRdt.closID: got \"a/b\", expected \"/\" or the name of a "
	  "directory" },
	{ LINUX, "\"intelRdt\":{\"closID\":\"..\"}",
	  "linux.intelRdt.closID: got \"..\", expected \"/\" or the name of a "
	  "directory" },
	{ LINUX, "\"intelRdt\":{\"memBwSchema\":\"L3:0\"}",
	  "linux.intelRdt.memBwSchema: got \"L3:0\", expected one line that begins with "
	  "MB:" },
	{ LINUX, "\"intelRdt\":{\"schemata\":[\"a\\nb\"]}",
	  "linux.intelRdt.schemata[0]: got \"a\\u000ab\", expected text without a "
	  "newline" },
	{ LINUX, "\"memoryPolicy\":{}",
	  "linux.memoryPolicy.mode: missing, expected a string" },
	{ LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"\"}",
	  "linux.memoryPolicy.nodes: empty, expected nodes with MPOL_BIND" },
	{ LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\",\"nodes\":\"1\"}",
	  "linux.memoryPolicy.nodes: got nodes, expected none with MPOL_LOCAL" },
	{ LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"x\"}",
	  "linux.memoryPolicy.nodes: got \"x\", expected a list of numbers such as "
	  "0-3,7" },
	{ LINUX,
	  "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"1\",\"flags\":"
	  "[\"MPOL_F_STATIC_NODES\",\"MPOL_F_RELATIVE_NODES\"]}",
	  "linux.memoryPolicy.flags: got both MPOL_F_STATIC_NODES and "
	  "MPOL_F_RELATIVE_NODES, "
	  "expected one of them" },
	/* seccomp: S139 to S150 */
	{ LINUX, "\"seccomp\":{}",
	  "linux.seccomp.defaultAction: missing, expected a string" },
	{ LINUX, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}",
	  "linux.seccomp.defaultAction: got SCMP_ACT_NOTIFY, "
	  "expected an action that needs no answer" },
	{ LINUX,
	  "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1}",
	  "linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW has no errno, "
	  "expected SCMP_ACT_ERRNO or SCMP_ACT_TRACE" },
	{ SECCOMP, "\"defaultErrnoRet\":4096",
	  "linux.seccomp.defaultErrnoRet: got 4096, expected at most 4095" },
	{ SECCOMP, "\"architectures\":[\"SCMP_ARCH_VAX\"]",
	  "linux.seccomp.architectures[0]: got \"SCMP_ARCH_VAX\", expected one of " },
	{ SECCOMP, "\"flags\":[\"SECCOMP_FILTER_FLAG_NEW_LISTENER\"]",
	  "linux.seccomp.flags[0]: got \"SECCOMP_FILTER_FLAG_NEW_LISTENER\", expected "
	  "one of "
	  "SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG, "
	  "SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" },
	{ SECCOMP, "\"listenerMetadata\":\"x\"",
	  "linux.seccomp.listenerMetadata: given alone, expected listenerPath with it" },
	{ SECCOMP, "\"listenerPath\":\"\"",
	  "linux.seccomp.listenerPath: got \"\", expected a non-empty string" },
	{ SECCOMP, SYSCALL("\"action\":\"SCMP_ACT_NOTIFY\""),
	  "linux.seccomp.syscalls[0].action: SCMP_ACT_NOTIFY without a listener, "
	  "expected linux.seccomp.listenerPath" },
	{ SECCOMP, "\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_KILL\"}]",
	  "linux.seccomp.syscalls[0].names: empty, expected at least one element" },
	{ SECCOMP, "\"syscalls\":[{\"names\":[\"\"],\"action\":\"SCMP_ACT_KILL\"}]",
	  "linux.seccomp.syscalls[0].names[0]: got \"\", expected a non-empty string" },
	{ SECCOMP, "\"syscalls\":[{\"action\":\"SCMP_ACT_KILL\"}]",
	  "linux.seccomp.syscalls[0].names: missing, expected a list of strings" },
	{ SECCOMP, "\"syscalls\":[{\"names\":[\"a\"]}]",
	  "linux.seccomp.syscalls[0].action: missing, expected a string" },
	{ SECCOMP, SYSCALL("\"action\":\"SCMP_ACT_KILL\",\"errnoRet\":1"),
	  "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_KILL has no errno, "
	  "expected SCMP_ACT_ERRNO or SCMP_ACT_TRACE" },
	{ SECCOMP, SYSCALL("\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":65536"),
	  "linux.seccomp.syscalls[0].errnoRet: got 65536, expected at most 65535" },
	{ SECCOMP, ARG("\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\""),
	  "linux.seccomp.syscalls[0].args[0].index: got 6, expected an integer from 0 to "
	  "5" },
	{ SECCOMP, ARG("\"index\":1,\"value\":1"),
	  "linux.seccomp.syscalls[0].args[0].op: missing, expected a string" },
	{ SECCOMP, ARG("\"index\":1,\"op\":\"SCMP_CMP_EQ\""),
	  "linux.seccomp.syscalls[0].args[0].value: missing, expected an integer from 0 "
	  "to "
	  "18446744073709551615" },
	{ SECCOMP, ARG("\"index\":1,\"value\":1,\"op\":\"==\""),
	  "linux.seccomp.syscalls[0].args[0].op: got \"==\", expected one of "
	  "SCMP_CMP_NE, "
	  "SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT, "
	  "SCMP_CMP_MASKED_EQ" },
};

START_TEST(is_refused)
{
	const struct bad_row *row = &bad[_i];
	struct oci_error error;
	const char *message;

	ck_assert_msg(decode(row->part, row->text, &error) < 0, "accepted: %s",
		      row->text);
	ck_assert_uint_ge(error.line, 1);
	ck_assert_uint_ge(error.column, 1);
	message = strstr(error.text, ": ");
	ck_assert_ptr_nonnull(message);
	if (strncmp(message + 2, row->error, strlen(row->error)) != 0)
		ck_assert_str_eq(message + 2, row->error);
}
END_TEST

/* ---- accepted ----------------------------------------------------------------------------- */

static const struct {
	enum part part;
	const char *text;
} good[] = {
	{ PROCESS, "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\"}" },
	{ LINUX, "\"namespaces\":[{\"type\":\"network\",\"path\":\"\"}]" },
	{ DOCUMENT, VERSION("1.0.0") },
	{ DOCUMENT, VERSION("1.3.0") },
	{ DOCUMENT, VERSION("1.99.7") },
	{ DOCUMENT, VERSION("1.0.2-dev") },
	{ DOCUMENT, VERSION("1.1.0+dev") },
	{ DOCUMENT, VERSION("1.2.1-rc.1+b.01") },
	{ DOCUMENT, VERSION("1.0.0-0a.-") },
	{ CONFIG, "\"hostname\":\"a.b\"" },
	{ CONFIG, "\"annotations\":{\"a\":\"\"}" },
	{ CONFIG,
	  "\"mounts\":[{\"destination\":\"relative\",\"source\":\"\",\"options\":[]}]" },
	{ CONFIG, "\"hooks\":{}" },
	{ CONFIG, "\"linux\":{}" },
	{ CONFIG, "\"process\":{\"cwd\":\"/\",\"args\":[\"a\",\"\"]}" },
	{ PROCESS, "\"consoleSize\":{\"height\":4294967295,\"width\":0}" },
	{ PROCESS,
	  "\"commandLine\":\"x\",\"user\":{\"uid\":0,\"gid\":0,\"username\":\"x\"}" },
	{ PROCESS,
	  "\"rlimits\":[" RLIMIT("RLIMIT_NICE", "0", "18446744073709551615") "]" },
	{ PROCESS, "\"capabilities\":{\"bounding\":[\"CAP_OF_TOMORROW\"]}" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":99}" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"nice\":-20}" },
	{ PROCESS, "\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":1,\"nice\":19}" },
	{ PROCESS,
	  "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1,\"deadline\":1}" },
	{ PROCESS,
	  "\"execCPUAffinity\":{\"initial\":\" 0 - 3 , 7\",\"final\":\"65535\"}" },
	{ LINUX, "\"uidMappings\":[" MAPPING("0", "0", "4294967295") "]" },
	{ LINUX,
	  "\"uidMappings\":[" MAPPING("0", "1", "1") "," MAPPING("1", "0", "1") "]" },
	{ LINUX, "\"maskedPaths\":[\"/a\",\"/a\"]" },
	{ LINUX, "\"cgroupsPath\":\"system.slice:prefix:name..x\"" },
	{ LINUX, "\"cgroupsPath\":\"a..b/...\"" },
	{ LINUX, "\"sysctl\":{\"net/ipv4/conf/eth0.100/x\":\"\"}" },
	{ LINUX, DEVICE("\"type\":\"p\",\"major\":0,\"minor\":0") },
	{ LINUX, DEVICE("\"type\":\"u\",\"major\":4095,\"minor\":1048575") },
	{ LINUX, "\"netDevices\":{\"eth0\":{},\"eth1\":{\"name\":\"\\u00e4%d\"}}" },
	{ LINUX, "\"personality\":{\"domain\":\"LINUX\",\"flags\":[]}" },
	{ LINUX, "\"intelRdt\":{\"closID\":\"/\",\"enableMonitoring\":false}" },
	{ LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED\",\"nodes\":\"\"}" },
	{ LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_DEFAULT\"}" },
	{ RESOURCES, "\"pids\":{\"limit\":0}" },
	{ RESOURCES, "\"pids\":{}" },
	{ RESOURCES,
	  "\"devices\":[{\"allow\":true,\"type\":\"a\",\"major\":-1,\"minor\":-1}]" },
	{ RESOURCES, "\"cpu\":{\"quota\":-1,\"burst\":5}" },
	{ RESOURCES, "\"hugepageLimits\":[{\"pageSize\":\"1GB\",\"limit\":0}]" },
	{ RESOURCES, "\"rdma\":{\"a\":{\"hcaHandles\":0}}" },
	{ SECCOMP, "\"listenerPath\":\"/x\"," SYSCALL("\"action\":\"SCMP_ACT_NOTIFY\"") },
	{ SECCOMP, SYSCALL("\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":0") },
	{ SECCOMP, "\"defaultErrnoRet\":4095,\"syscalls\":[]" },
	{ CONFIG,
	  "\"annotations\":{\"run.oci.seccomp.receiver\":\"/x\"},\"linux\":{\"seccomp\":"
	  "{\"defaultAction\":\"SCMP_ACT_ALLOW\"," SYSCALL(
		  "\"action\":\"SCMP_ACT_NOTIFY\"") "}}" },
};

START_TEST(is_accepted)
{
	struct oci_error error;

	ck_assert_msg(decode(good[_i].part, good[_i].text, &error) == 0, "%s: %s",
		      good[_i].text, error.text);
}
END_TEST

/* Every word of every enum is known under its number. */
START_TEST(words_are_known)
{
	ck_assert_str_eq(oci_word(oci_words_seccomp_arch, OCI_ARCH_RISCV64),
			 "SCMP_ARCH_RISCV64");
	ck_assert_str_eq(oci_word(oci_words_status, OCI_STATUS_PAUSED), "paused");
	ck_assert_ptr_null(oci_word(oci_words_status, 0));
	ck_assert_ptr_null(oci_word(oci_words_status, -1));
	ck_assert_ptr_null(oci_word(oci_words_status, OCI_STATUS_PAUSED + 1));
	ck_assert_int_eq(oci_word_value(oci_words_namespace, "uts"), OCI_NS_UTS);
	ck_assert_int_eq(oci_word_value(oci_words_namespace, "UTS"), 0);
	ck_assert_uint_eq(oci_words_list(oci_words_seccomp_arch).n, 23);
	ck_assert_uint_eq(oci_words_list(oci_words_hook).n, 6);
	ck_assert_uint_eq(oci_words_list(oci_words_rlimit).n, 16);
	ck_assert_ptr_null(oci_words_list(oci_words_hook).v[6]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("validate");
	TCase *tc = tcase_create("validate");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, is_refused, 0, N(bad));
	tcase_add_loop_test(tc, is_accepted, 0, N(good));
	tcase_add_test(tc, words_are_known);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
