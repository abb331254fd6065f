/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sec/process by rows: the process section, facts, and the whole script as text, or the
 * error. The order of the lines is what these rows pin down.
 */
#include "suite.h"

#include "base/mem.h"
#include "libocispec/oci.h"
#include "sec/process.h"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#define ALL_CAPS ((CAPS_BIT(CAPS_KNOWN)) - 1)

/* A process with the least that it needs, and MORE members. */
#define PROCESS(more)                                                              \
	"{\"cwd\":\"/\",\"args\":[\"/bin/true\"],\"env\":[\"HOME=/root\",\"PATH=/" \
	"bin\"],"                                                                  \
	"\"user\":{\"uid\":0,\"gid\":0}" more "}"

/* What stands in each script: nothing of it depends on the config. */
#define KEYRING                                                                         \
	"new session keyring: keyctl(1, \"_ses.box\") or \"Function not implemented\" " \
	"or \"Disk quota exceeded\" -> $A\n"                                            \
	"permissions of the session keyring: keyctl(5, $A, 0x3f1b0000) or any error\n"
#define AFFINITY "reset the cpu affinity: sched_setaffinity(0, 1024) or any error\n"
#define SETSID	 "new session: setsid()\n"
#define GROUPS	 "process.user.additionalGids: setgroups(0, NULL)\n"
#define CWD                                                         \
	"process.cwd: /: chdir(\"/\") or \"Permission denied\" or " \
	"\"Operation not permitted\" -> $B\n"
#define ROOT_IDS                                    \
	"process.user.gid: 0: setresgid(0, 0, 0)\n" \
	"process.user.uid: 0: setresuid(0, 0, 0)\n"
#define NO_CAPS "process.capabilities: capset(version 3, {0, 0, 0, 0, 0, 0})\n"
#define CWD_USER                                    \
	"process.cwd: /: unless $B: chdir(\"/\")\n" \
	"process.cwd: /: look where it leads: CHECK_CWD\n"
#define SIGNALS "unblock all signals: rt_sigprocmask(2, {0})\n"
#define CLOEXEC "mark descriptors close-on-exec: close_range(3, 0xffffffff, 0x4)\n"
#define EXEC                                                                \
	"/bin/true: EXEC {\"/bin/true\"} {\"/bin/true\"} {\"HOME=/root\", " \
	"\"PATH=/bin\"}\n"

#define BEFORE_IDS KEYRING SETSID AFFINITY
#define AFTER_IDS  CWD_USER SIGNALS CLOEXEC EXEC

enum {
	USERNS = 1,
	GATE = 2,
	DENIED = 4,
	KEEP = 8,
	OUTSIDE = 16,
	NOKEY = 32,
	HIDE = 64,
	ISEXEC = 128,
	REAPER = 256
};

static const struct plan_row {
	const char *process;
	int facts;
	const char *script; /* or NULL */
	const char *other; /* warnings, or the error */
} plans[] = {
	/* the least */
	{ PROCESS(""), 0, BEFORE_IDS CWD GROUPS ROOT_IDS NO_CAPS AFTER_IDS, "" },
	/* what waits for start */
	{ PROCESS(""), GATE | NOKEY | HIDE,
	  SETSID AFFINITY CWD GROUPS ROOT_IDS NO_CAPS CWD_USER SIGNALS
	  "/bin/true: FIND {\"/bin/true\"}\n" CLOEXEC "forbid tracing: prctl(4, 0, 0)\n"
	  "ready: REPORT READY\n"
	  "wait for start: GATE\n"
	  "executing: REPORT EXECUTING\n" EXEC,
	  "" },
	/* a reaper: the last thing before the program, behind everything that restricts */
	{ PROCESS(""), NOKEY | REAPER,
	  SETSID AFFINITY CWD GROUPS ROOT_IDS NO_CAPS CWD_USER SIGNALS CLOEXEC
	  "the program behind a reaper: REAPER\n" EXEC,
	  "" },
	/* a terminal, a umask, no_new_privs, groups */
	{ PROCESS(",\"terminal\":true,\"noNewPrivileges\":true"), NOKEY,
	  SETSID "process.terminal: make it the controlling terminal: ioctl(0, 0x540e, "
		 "0) or \"Input/output error\"\n" AFFINITY CWD GROUPS ROOT_IDS NO_CAPS
		 "process.noNewPrivileges: prctl(38, 1, 0)\n" AFTER_IDS,
	  "" },
	{ "{\"cwd\":\"/w\",\"args\":[\"sh\",\"-c\",\"x\"],\"env\":[\"HOME=/\",\"PATH=/"
	  "bin::/sbin\"],"
	  "\"user\":{\"uid\":1000,\"gid\":100,\"umask\":18,\"additionalGids\":[5,7,5]}}",
	  NOKEY,
	  SETSID AFFINITY
	  "process.user.umask: umask(022)\n"
	  "process.cwd: /w: chdir(\"/w\") or \"Permission denied\" or "
	  "\"Operation not permitted\" -> $B\n"
	  "process.user.additionalGids: setgroups(3, {5, 7, 5})\n"
	  "process.user.gid: 100: setresgid(100, 100, 100)\n"
	  "process.user.uid: 1000: setresuid(1000, 1000, 1000)\n" NO_CAPS
	  "process.cwd: /w: unless $B: chdir(\"/w\")\n"
	  "process.cwd: /w: look where it leads: CHECK_CWD\n" SIGNALS CLOEXEC
	  "sh: EXEC {\"/bin/sh\", \"sh\", \"/sbin/sh\"} {\"sh\", \"-c\", \"x\"} "
	  "{\"HOME=/\", \"PATH=/bin::/sbin\"}\n",
	  "" },
	/* groups that cannot be set */
	{ PROCESS(""), NOKEY | DENIED, SETSID AFFINITY CWD ROOT_IDS NO_CAPS AFTER_IDS,
	  "" },
	{ PROCESS(""), NOKEY | KEEP, SETSID AFFINITY CWD ROOT_IDS NO_CAPS AFTER_IDS, "" },
	{ "{\"cwd\":\"/\",\"args\":[\"/bin/true\"],\"env\":[\"HOME=/root\",\"PATH=/"
	  "bin\"],"
	  "\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[1]}}",
	  NOKEY | DENIED, SETSID AFFINITY CWD ROOT_IDS NO_CAPS AFTER_IDS,
	  "process.user.additionalGids: left out, for setgroups is denied in this user "
	  "namespace\n" },
	/* limits; a small number of files only after the gate */
	{ PROCESS(",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0},"
		  "{\"type\":\"RLIMIT_NOFILE\",\"soft\":8,\"hard\":1024},"
		  "{\"type\":\"RLIMIT_CPU\",\"soft\":5,\"hard\":18446744073709551615}]"),
	  NOKEY,
	  SETSID AFFINITY
	  "process.rlimits[0]: RLIMIT_CORE: prlimit64(0, 4, {0, 0})\n"
	  "process.rlimits[1]: RLIMIT_NOFILE: prlimit64(0, 7, {64, 1024})\n"
	  "process.rlimits[2]: RLIMIT_CPU: prlimit64(0, 0, {5, unlimited})\n" CWD GROUPS
		  ROOT_IDS NO_CAPS CWD_USER SIGNALS CLOEXEC
	  "process.rlimits[1]: RLIMIT_NOFILE: prlimit64(0, 7, {8, 1024})\n" EXEC,
	  "" },
	/* oom score, priorities: in a new user namespace HOST has done them */
	{ PROCESS(",\"oomScoreAdj\":-5,\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\","
		  "\"priority\":3},\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"nice\":"
		  "4}"),
	  NOKEY,
	  SETSID AFFINITY
	  "process.ioPriority: ioprio_set(2, 0, 0x4003)\n"
	  "process.scheduler: sched_setattr(0, {policy 3, flags 0, nice 4, priority 0, "
	  "0/0/0})\n"
	  "process.oomScoreAdj: -5: openat($PROC, \"self/oom_score_adj\", 0x80001) -> "
	  "$A\n"
	  "process.oomScoreAdj: -5: write($A, \"-5\")\n"
	  "process.oomScoreAdj: -5: close($A)\n" CWD GROUPS ROOT_IDS NO_CAPS AFTER_IDS,
	  "" },
	{ PROCESS(",\"oomScoreAdj\":-5,\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\","
		  "\"priority\":3},\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"nice\":"
		  "4}"),
	  NOKEY | OUTSIDE, SETSID AFFINITY CWD GROUPS ROOT_IDS NO_CAPS AFTER_IDS, "" },
	/* cpus of an exec'ed process; of a container's first process they are not meant */
	{ PROCESS(",\"execCPUAffinity\":{\"initial\":\"0\",\"final\":\"0-1\"}"),
	  NOKEY | ISEXEC,
	  SETSID "process.execCPUAffinity.final: sched_setaffinity(0, 1024)\n" CWD GROUPS
		  ROOT_IDS NO_CAPS CWD_USER SIGNALS CLOEXEC
		 "may outlive the runtime: prctl(1, 0, 0)\n" EXEC,
	  "" },
	{ PROCESS(",\"execCPUAffinity\":{\"initial\":\"0\",\"final\":\"0-1\"}"), NOKEY,
	  SETSID AFFINITY CWD GROUPS ROOT_IDS NO_CAPS AFTER_IDS, "" },
	/* capabilities: the bounding set first, keepcaps around the ids */
	{ "{\"cwd\":\"/\",\"args\":[\"/bin/true\"],\"env\":[\"HOME=/root\",\"PATH=/"
	  "bin\"],"
	  "\"user\":{\"uid\":1,\"gid\":1},\"capabilities\":{\"bounding\":[\"CAP_CHOWN\","
	  "\"CAP_KILL\",\"CAP_NONSENSE\"],\"permitted\":[\"CAP_CHOWN\",\"CAP_KILL\"],"
	  "\"effective\":[\"CAP_CHOWN\"],\"inheritable\":[\"CAP_CHOWN\",\"CAP_KILL\"],"
	  "\"ambient\":[\"CAP_CHOWN\"]}}",
	  NOKEY | USERNS,
	  SETSID AFFINITY
	  "CAP_SETUID: prctl(24, 7, 0)\n" CWD GROUPS
	  "process.user.gid: 1: setresgid(1, 1, 1)\n"
	  "keep capabilities: prctl(8, 1, 0)\n"
	  "process.user.uid: 1: setresuid(1, 1, 1)\n"
	  "process.capabilities: capset(version 3, {1, 21, 21, 0, 0, 0})\n"
	  "process.capabilities.ambient: prctl(47, 4, 0)\n"
	  "process.capabilities.ambient: prctl(47, 2, 0)\n" AFTER_IDS,
	  "process.capabilities.bounding[2]: CAP_NONSENSE cannot be granted and is left "
	  "out: it is not known\n" },
	{ "{\"cwd\":\"/\",\"args\":[\"/bin/true\"],\"env\":[\"HOME=/root\",\"PATH=/"
	  "bin\"],"
	  "\"user\":{\"uid\":1,\"gid\":1},\"capabilities\":{\"bounding\":[\"CAP_CHOWN\","
	  "\"CAP_KILL\"],\"inheritable\":[\"CAP_CHOWN\"]}}",
	  NOKEY | USERNS,
	  SETSID AFFINITY
	  "CAP_SETUID: prctl(24, 7, 0)\n" CWD GROUPS
	  "process.user.gid: 1: setresgid(1, 1, 1)\n"
	  "keep capabilities: prctl(8, 1, 0)\n"
	  "process.user.uid: 1: setresuid(1, 1, 1)\n"
	  "process.capabilities: capset(version 3, {0, 0, 1, 0, 0, 0})\n" AFTER_IDS,
	  "" },
	/* what cannot work */
	{ PROCESS(",\"apparmorProfile\":\"box\""), 0, NULL,
	  "process.apparmorProfile: box: AppArmor is not enabled on this system" },
	{ PROCESS(",\"apparmorProfile\":\"unconfined\",\"selinuxLabel\":\"a:b:c:s0\""),
	  NOKEY, SETSID AFFINITY CWD GROUPS ROOT_IDS NO_CAPS AFTER_IDS, "" },
	{ PROCESS(",\"scheduler\":{\"policy\":\"SCHED_ISO\"}"), 0, NULL,
	  "process.scheduler: SCHED_ISO is reserved and not implemented by Linux" },
	{ PROCESS(",\"execCPUAffinity\":{\"final\":\"9999\"}"), ISEXEC, NULL,
	  "process.execCPUAffinity.final: \"9999\" is no list of numbers below 8192 as "
	  "in "
	  "\"0-3,7\"" },
};

static struct oci_process *decode_process(struct oci_arena *arena, const char *text)
{
	struct oci_process *ret = NULL;
	struct oci_error error;

	if (oci_decode_process(arena, "test", text, strlen(text), &ret, &error) < 0)
		ck_abort_msg("%s", error.text);
	return ret;
}

static struct process_facts row_facts(int bits)
{
	struct process_facts f = {
		.id = "box",
		.no_new_keyring = bits & NOKEY,
		.ready = bits & GATE,
		.gate = bits & GATE,
		.hide = bits & HIDE,
		.exec = bits & ISEXEC,
		.reaper = bits & REAPER,
		.outside = bits & OUTSIDE,
		.setgroups_denied = bits & DENIED,
		.keep_groups = bits & KEEP,
		.caps = { 0, 0, CAPS_KNOWN - 1 },
	};

	if (bits & USERNS) /* of three capabilities one is to be dropped */
		f.caps = (struct caps_facts){ ALL_CAPS,
					      CAPS_BIT(CAP_CHOWN) | CAPS_BIT(CAP_KILL) |
						      CAPS_BIT(CAP_SETUID),
					      CAPS_KNOWN - 1 };
	return f;
}

START_TEST(plan)
{
	const struct plan_row *row = &plans[_i];
	struct oci_arena arena = { 0 };
	struct process_facts f = row_facts(row->facts);
	struct oci_process *p = decode_process(&arena, row->process);
	auto_str warnings = { 0 };
	auto_str text = { 0 };
	struct script s;
	struct err e = { 0 };

	script_init(&s);
	if (process_plan(p, &f, &s, &warnings, &e) < 0) {
		ck_assert_msg(row->script == NULL, "%s", e.text);
		ck_assert_str_eq(e.text, row->other);
	} else {
		script_print(&s, &text);
		ck_assert_str_eq(text.s, row->script ? row->script : "an error");
		ck_assert_str_eq(warnings.s ? warnings.s : "", row->other);
	}
	ck_assert_ptr_null(e.scope);
	script_free(&s);
	oci_arena_free(&arena);
}
END_TEST

/* ---- by hand: what no JSON says ---------------------------------------------------------- */

static void plan_text(const struct process_facts *f, const char *process, struct str *ret)
{
	struct oci_arena arena = { 0 };
	struct script s;
	struct err e = { 0 };

	script_init(&s);
	ck_assert_msg(process_plan(decode_process(&arena, process), f, &s, NULL, &e) == 0,
		      "%s", e.text);
	script_print(&s, ret);
	script_free(&s);
	oci_arena_free(&arena);
}

/* Each text stands in the script, in this order. */
static void assert_order(const char *script, const char *const *texts)
{
	const char *at = script;

	for (; *texts; texts++) {
		const char *next = strstr(at, *texts);

		ck_assert_msg(next != NULL, "\"%s\" is missing or too early in\n%s",
			      *texts, script);
		at = next;
	}
}

START_TEST(labels_come_before_no_new_privs)
{
	struct process_facts f = row_facts(GATE);
	auto_str text = { 0 };

	f.label = (struct label_facts){ SELINUX_ENFORCING, true, true };
	plan_text(&f,
		  PROCESS(",\"apparmorProfile\":\"box\",\"selinuxLabel\":\"u:r:t:s0\","
			  "\"noNewPrivileges\":true"),
		  &text);
	assert_order(text.s, (const char *const[]){
				     "\"self/attr/keycreate\"",
				     "write($A, \"u:r:t:s0\")",
				     "keyctl(1, \"_ses.box\")",
				     "\"self/attr/apparmor/exec\"",
				     "write($A, \"exec box\")",
				     "\"self/attr/exec\"",
				     "write($A, \"u:r:t:s0\")",
				     "setresuid(0",
				     "prctl(38, 1, 0)",
				     "close($PROC)",
				     "REPORT READY",
				     NULL,
			     });
}
END_TEST

START_TEST(policies_and_streams)
{
	struct oci_memory_policy mempolicy = { OCI_MPOL_BIND,
					       (char[]){ "0,2" },
					       { 0, NULL } };
	struct oci_personality personality = { OCI_PER_LINUX32, { 0, NULL } };
	struct process_facts f = row_facts(0);
	auto_str text = { 0 };

	f.memory_policy = &mempolicy;
	f.personality = &personality;
	f.stdio = 5;
	f.extra_fds = 4;
	f.ignored = 1 << (13 - 1); /* SIGPIPE */
	plan_text(&f, "{\"cwd\":\"/\",\"args\":[\"/a\"],\"user\":{\"uid\":7,\"gid\":8}}",
		  &text);
	assert_order(text.s, (const char *const[]){
				     "setsid()",
				     "fchown(0, 7, -1) or any error",
				     "fchown(2, 7, -1) or any error",
				     "personality(0x8)",
				     "set_mempolicy(0x2, {5}, 4)",
				     "reset an ignored signal: call 13(13,",
				     "rt_sigprocmask(2, {0})",
				     "close_range(7, 0xffffffff, 0x4)",
				     "{\"HOME=/\"}",
				     NULL,
			     });
	ck_assert_ptr_null(strstr(text.s, "fchown(1"));
}
END_TEST

/* ---- filter -------------------------------------------------------------------------------- */

#define RET(action)                           \
	{                                     \
		BPF_RET | BPF_K, 0, 0, action \
	}
#define LOAD_NR                                   \
	{                                         \
		BPF_LD | BPF_W | BPF_ABS, 0, 0, 0 \
	}
#define IF_NR(nr)                                   \
	{                                           \
		BPF_JMP | BPF_JEQ | BPF_K, 0, 1, nr \
	}

START_TEST(filter_is_last)
{
	struct sock_filter allow[] = { RET(SECCOMP_RET_ALLOW) };
	struct seccomp_filter filter = { allow, 1, 0, true };
	struct process_facts f = row_facts(GATE);
	auto_str text = { 0 };

	f.filter = &filter;
	f.caps.permitted = CAPS_BIT(CAP_SYS_ADMIN);
	plan_text(&f, "{\"cwd\":\"/\",\"args\":[\"/a\"],\"user\":{\"uid\":7,\"gid\":8}}",
		  &text);
	assert_order(text.s, (const char *const[]){
				     "prctl(8, 1, 0)", /* keepcaps, for CAP_SYS_ADMIN */
				     "capset(version 3, {200000, 200000, 0, 0, 0, 0})",
				     "GATE",
				     "REPORT EXECUTING",
				     "seccomp(1, 0x0, {1 instructions}) -> $LISTENER",
				     "SEND_FD $LISTENER",
				     "EXEC",
				     NULL,
			     });
	ck_assert(process_sends_listener(&f));
}
END_TEST

/* A filter that lets our own calls pass is loaded before the gate: start waits for less. */
START_TEST(filter_is_early)
{
	static struct sock_filter allow[] = { RET(SECCOMP_RET_ALLOW) };
	static struct sock_filter no_accept[] = { LOAD_NR, IF_NR(288),
						  RET(SECCOMP_RET_ERRNO | 1),
						  RET(SECCOMP_RET_ALLOW) };
	static const char *const early[] = { "seccomp(1",	 "REPORT READY", "GATE",
					     "REPORT EXECUTING", "EXEC",	 NULL };
	static const char *const late[] = { "REPORT READY", "GATE", "REPORT EXECUTING",
					    "seccomp(1",    "EXEC", NULL };
	struct seccomp_filter filters[] = { { allow, 1, 0, false },
					    { no_accept, 4, 0, false } };

	for (int i = 0; i < 2; i++) {
		struct process_facts f = row_facts(GATE);
		auto_str text = { 0 };

		f.filter = &filters[i];
		f.caps.permitted = CAPS_BIT(CAP_SYS_ADMIN);
		plan_text(&f, "{\"cwd\":\"/\",\"args\":[\"/a\"]}", &text);
		assert_order(text.s, i ? late : early);
		ck_assert_ptr_null(strstr(strstr(text.s, "seccomp(1") + 1, "seccomp(1"));
	}
}
END_TEST

static struct sock_filter forbids_execve[] = { LOAD_NR, IF_NR(59),
					       RET(SECCOMP_RET_ERRNO | 1),
					       RET(SECCOMP_RET_ALLOW) };
static struct sock_filter notifies_sendmsg[] = { LOAD_NR, IF_NR(46),
						 RET(SECCOMP_RET_USER_NOTIF),
						 RET(SECCOMP_RET_ALLOW) };
static struct sock_filter forbids_read[] = { LOAD_NR, IF_NR(0),
					     RET(SECCOMP_RET_ERRNO | 1),
					     RET(SECCOMP_RET_ALLOW) };
static struct sock_filter allows[] = { RET(SECCOMP_RET_ALLOW) };

static const struct {
	struct seccomp_filter filter;
	bool admin;
	const char *error;
} filter_refusals[] = {
	{ { forbids_execve, 4, 0, false },
	  true,
	  "linux.seccomp: the filter forbids execve, the call that starts the program" },
	{ { notifies_sendmsg, 4, 0, true },
	  true,
	  "linux.seccomp: the filter does not allow sendmsg, the call that hands its "
	  "listener "
	  "to the agent" },
	{ { forbids_read, 4, 0, true },
	  true,
	  "linux.seccomp: the filter does not allow read, the call that waits until the "
	  "agent has its listener" },
	{ { allows, 1, 0, false },
	  false,
	  "linux.seccomp: a filter needs CAP_SYS_ADMIN, which we do not have, or "
	  "process.noNewPrivileges" },
};

START_TEST(filter_refused)
{
#if defined(__x86_64__)
	struct oci_arena arena = { 0 };
	struct oci_process *p = decode_process(&arena, PROCESS(""));
	struct process_facts f = row_facts(0);
	struct script s;
	struct err e = { 0 };

	f.filter = &filter_refusals[_i].filter;
	f.caps.permitted = filter_refusals[_i].admin ? ALL_CAPS : 0;
	script_init(&s);
	ck_assert_int_eq(process_plan(p, &f, &s, NULL, &e), -1);
	ck_assert_str_eq(e.text, filter_refusals[_i].error);
	ck_assert(e.hint[0] != '\0');
	script_free(&s);
	oci_arena_free(&arena);
#endif
}
END_TEST

/* ---- environment ---------------------------------------------------------------------------- */

static const struct {
	const char *env; /* JSON list */
	const char *home;
	unsigned listen;
	const char *names;
	const char *result; /* joined by blanks; or the error */
} envs[] = {
	{ "[]", NULL, 0, NULL, "HOME=/" },
	{ "[]", "/home/x", 0, NULL, "HOME=/home/x" },
	{ "[\"HOME=\",\"A=1\"]", "/home/x", 0, NULL, "HOME=/home/x A=1" },
	{ "[\"A=1\",\"HOME=/h\",\"A=2\",\"B=\",\"AB=3\",\"A=4\"]", NULL, 0, NULL,
	  "A=4 HOME=/h B= AB=3" },
	{ "[\"HOME=/h\",\"LISTEN_FDS=9\"]", NULL, 2, NULL,
	  "HOME=/h LISTEN_FDS=2 LISTEN_PID=1" },
	{ "[\"HOME=/h\"]", NULL, 1, "web",
	  "HOME=/h LISTEN_PID=1 LISTEN_FDS=1 LISTEN_FDNAMES=web" },
	{ "[\"HOME=/h\",\"NOTIFY_SOCKET=/n\"]", NULL, 0, NULL,
	  "HOME=/h NOTIFY_SOCKET=/n" },
	{ "[\"HOME=/h\",\"LISTEN_FDS=9\"]", NULL, 0, NULL, "HOME=/h LISTEN_FDS=9" },
};

START_TEST(environment)
{
	struct oci_arena arena = { 0 };
	struct process_facts f = { .home = envs[_i].home,
				   .listen_fds = envs[_i].listen,
				   .listen_fdnames = envs[_i].names };
	auto_str json = { 0 };
	auto_str got = { 0 };
	auto_free char **env = NULL;
	struct err e = { 0 };

	str_addf(&json,
		 "{\"cwd\":\"/"
		 "\",\"args\":[\"a\"],\"user\":{\"uid\":0,\"gid\":0},\"env\":%s}",
		 envs[_i].env);
	ck_assert_int_eq(process_env(decode_process(&arena, json.s), &f, &env, &e), 0);
	for (char **v = env; *v; v++)
		str_addf(&got, "%s%s", v == env ? "" : " ", *v);
	ck_assert_str_eq(got.s, envs[_i].result);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(environment_refused)
{
	char *bad[] = { (char[]){ "A=1" }, (char[]){ "nonsense" }, NULL };
	struct oci_process p = { .env = { 2, bad } };
	struct process_facts f = { 0 };
	char **env = NULL;
	struct err e = { 0 };

	ck_assert_int_eq(process_env(&p, &f, &env, &e), -1);
	ck_assert_str_eq(e.text, "process.env[1]: \"nonsense\" is no NAME=value");
	bad[1] = (char[]){ "=x" };
	e = (struct err){ 0 };
	ck_assert_int_eq(process_env(&p, &f, &env, &e), -1);
}
END_TEST

static const struct {
	const char *program;
	const char *path; /* NULL: none */
	const char *candidates;
} candidates[] = {
	{ "/bin/sh", "PATH=/x", "/bin/sh" },
	{ "./sh", "PATH=/x", "./sh" },
	{ "sh", "PATH=/x:/y", "/x/sh /y/sh" },
	{ "sh", "PATH=:/y:", "sh /y/sh sh" },
	{ "sh", "PATH=", "sh" },
	{ "sh", "XPATH=/x",
	  "/usr/local/sbin/sh /usr/local/bin/sh /usr/sbin/sh /usr/bin/sh /sbin/sh "
	  "/bin/sh" },
	{ "", "PATH=/x", "" },
};

START_TEST(program_candidates)
{
	char *env[] = { (char *)(uintptr_t)candidates[_i].path, NULL };
	char **got = process_candidates(candidates[_i].program, env);
	auto_str text = { 0 };

	for (char **v = got; *v; v++)
		str_addf(&text, "%s%s", v == got ? "" : " ", *v);
	ck_assert_str_eq(text.s, candidates[_i].candidates);
	free(got[0]);
	free(got);
}
END_TEST

static const struct {
	const char *pid, *fds;
	unsigned n;
} activations[] = {
	{ "LISTEN_PID=10", "LISTEN_FDS=2", 2 }, { "LISTEN_PID=11", "LISTEN_FDS=2", 0 },
	{ "LISTEN_PID=", "LISTEN_FDS=2", 0 },	{ "X=10", "LISTEN_FDS=2", 0 },
	{ "LISTEN_PID=10", "LISTEN_FDS=x", 0 }, { "LISTEN_PID=10", "LISTEN_FDS=0", 0 },
};

START_TEST(socket_activation)
{
	char *env[] = { (char *)(uintptr_t)activations[_i].pid,
			(char *)(uintptr_t)activations[_i].fds,
			(char[]){ "LISTEN_FDNAMES=n" }, NULL };
	const char *names = "x";

	ck_assert_uint_eq(process_listen_fds(env, 10, &names), activations[_i].n);
	if (activations[_i].n)
		ck_assert_str_eq(names, "n");
	else
		ck_assert_ptr_null(names);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, plan, 0, ROWS(plans));
	tcase_add_test(t, labels_come_before_no_new_privs);
	tcase_add_test(t, policies_and_streams);
	tcase_add_test(t, filter_is_last);
	tcase_add_test(t, filter_is_early);
	tcase_add_loop_test(t, filter_refused, 0, ROWS(filter_refusals));
	tcase_add_loop_test(t, environment, 0, ROWS(envs));
	tcase_add_test(t, environment_refused);
	tcase_add_loop_test(t, program_candidates, 0, ROWS(candidates));
	tcase_add_loop_test(t, socket_activation, 0, ROWS(activations));
}

int main(void)
{
	return suite_run("process", fill);
}
