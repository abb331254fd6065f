/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run/exec: which process is added and how it gets in, by rows: options and documents to a
 * process, a configuration to namespaces, both to the script that joins.
 */
#include "suite.h"

#include "run/exec.h"

#include "kernel/spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST(...)                                                                     \
	{                                                                             \
		(const char *const[]){ __VA_ARGS__ },                                 \
			sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *) \
	}

static struct oci_process *decode(struct oci_arena *arena, const char *text)
{
	struct oci_process *ret = NULL;
	struct oci_error error;

	if (!text)
		return NULL;
	if (oci_decode_process(arena, "test", text, strlen(text), &ret, &error) < 0)
		ck_abort_msg("%s", error.text);
	return ret;
}

/* ---- users ----------------------------------------------------------------------------- */

static const struct {
	const char *text;
	int64_t uid, gid; /* -1: refused; the group before is 7 */
} users[] = {
	{ "0", 0, 7 },
	{ "1", 1, 7 },
	{ "1:1", 1, 1 },
	{ "0:1", 0, 1 },
	{ "1000:1001", 1000, 1001 },
	{ "4294967294:4294967294", 4294967294, 4294967294 },
	{ "4294967295", -1, 0 },
	{ "0:4294967295", -1, 0 },
	{ "4294967296", -1, 0 },
	{ "18446744073709551616", -1, 0 },
	{ "-1", -1, 0 },
	{ "+1", -1, 0 },
	{ "1x", -1, 0 },
	{ " 1", -1, 0 },
	{ "0x1", -1, 0 },
	{ "", -1, 0 },
	{ ":", -1, 0 },
	{ "1:", -1, 0 },
	{ ":1", -1, 0 },
	{ "1:2:3", -1, 0 },
	{ "root", -1, 0 },
	{ "00000000000000000000", -1, 0 },
};

START_TEST(user)
{
	struct oci_user u = { .uid = 5, .gid = 7 };
	struct err e = { 0 };
	int rc = exec_parse_user(users[_i].text, &u, &e);

	if (users[_i].uid < 0) {
		ck_assert_int_eq(rc, -1);
		ck_assert_uint_eq(u.uid, 5);
		ck_assert_uint_eq(u.gid, 7);
		ck_assert_ptr_nonnull(strstr(e.text, "expected UID or UID:GID"));
	} else {
		ck_assert_msg(rc == 0, "%s", e.text);
		ck_assert_int_eq(u.uid, users[_i].uid);
		ck_assert_int_eq(u.gid, users[_i].gid);
	}
}
END_TEST

/* ---- the process ----------------------------------------------------------------------- */

static char *const sh[] = { (char[]){ "sh" }, (char[]){ "-c" }, NULL };

#define OWN                                                                              \
	"{\"terminal\":true,\"consoleSize\":{\"height\":3,\"width\":4},\"cwd\":\"/"      \
	"own\","                                                                         \
	"\"args\":[\"init\"],\"env\":[\"A=1\"],\"user\":{\"uid\":5,\"gid\":6,"           \
	"\"umask\":18,\"additionalGids\":[8]},\"noNewPrivileges\":true,"                 \
	"\"capabilities\":{\"bounding\":[\"CAP_KILL\"],\"inheritable\":[\"CAP_CHOWN\"]}" \
	","                                                                              \
	"\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":2}],"                \
	"\"apparmorProfile\":\"own\",\"selinuxLabel\":\"o:w:n\",\"oomScoreAdj\":7,"      \
	"\"execCPUAffinity\":{\"final\":\"0\"}}"
#define GIVEN "{\"cwd\":\"/given\",\"args\":[\"g\"],\"user\":{\"uid\":1,\"gid\":2}"

/* terminal cwd args env uid:gid umask gids nnp caps rlimits apparmor selinux oom affinity */
#define OWN_TAIL "1 own o:w:n 7 0"

static const struct process_row {
	const char *own, *given;
	struct run_exec_args args;
	const char *text; /* summary, or the error */
} processes[] = {
	/* the container's own, with another program and without its terminal */
	{ OWN,
	  NULL,
	  { .argv = sh, .n_argv = 2 },
	  "- /own sh,-c A=1 5:6 22 8 nnp b:CAP_KILL,e:,p:,i:CAP_CHOWN,a: " OWN_TAIL },
	{ OWN,
	  NULL,
	  { .argv = sh,
	    .n_argv = 1,
	    .tty = true,
	    .cwd = "/x",
	    .user = "9",
	    .env = LIST("B=2", "A=3"),
	    .additional_gids = LIST("10", "11"),
	    .apparmor = "new",
	    .process_label = "n:e:w" },
	  "tty /x sh A=1,B=2,A=3 9:6 22 8,10,11 nnp b:CAP_KILL,e:,p:,i:CAP_CHOWN,a: "
	  "1 new n:e:w 7 0" },
	/* ambient only what inheritable has */
	{ OWN,
	  NULL,
	  { .argv = sh, .n_argv = 1, .caps = LIST("CAP_CHOWN", "CAP_FOWNER") },
	  "- /own sh A=1 5:6 22 8 nnp b:CAP_KILL,CAP_CHOWN,CAP_FOWNER,"
	  "e:CAP_CHOWN,CAP_FOWNER,p:CAP_CHOWN,CAP_FOWNER,i:CAP_CHOWN,a:CAP_"
	  "CHOWN " OWN_TAIL },
	/* a document: what it leaves out is the container's, but for what engines decide */
	{ OWN,
	  GIVEN "}",
	  { 0 },
	  "- /given g  1:2 22  - b:CAP_KILL,e:,p:,i:CAP_CHOWN,a: " OWN_TAIL },
	{ OWN,
	  GIVEN ",\"terminal\":true,\"capabilities\":{},\"apparmorProfile\":\"p\","
		"\"selinuxLabel\":\"\",\"oomScoreAdj\":0,\"rlimits\":[],"
		"\"execCPUAffinity\":{\"final\":\"1\"}}",
	  { 0 },
	  "tty /given g  1:2 22  - b:,e:,p:,i:,a: 1 p o:w:n 0 1" },
	/* options on top of it, words too */
	{ OWN,
	  GIVEN "}",
	  { .argv = sh,
	    .n_argv = 1,
	    .user = "3:4",
	    .no_new_privs = true,
	    .tty = true,
	    .env = LIST("C=3") },
	  "tty /given sh C=3 3:4 22  nnp b:CAP_KILL,e:,p:,i:CAP_CHOWN,a: " OWN_TAIL },
	/* a container without a process */
	{ NULL, NULL, { .argv = sh, .n_argv = 1 }, "- / sh  0:0 22  - none 0 - - - -" },
	{ NULL, GIVEN "}", { 0 }, "- /given g  1:2 22  - none 0 - - - -" },
	/* refused */
	{ OWN, NULL, { 0 }, "exec requires a program to run, or --process" },
	{ OWN,
	  NULL,
	  { .argv = sh, .n_argv = 1, .user = "root" },
	  "--user=root: expected UID or UID:GID" },
	{ OWN,
	  NULL,
	  { .argv = sh, .n_argv = 1, .additional_gids = LIST("4294967295") },
	  "--additional-gids=4294967295: expected a number" },
	{ OWN,
	  NULL,
	  { .argv = sh, .n_argv = 1, .additional_gids = LIST("1", "x") },
	  "--additional-gids=x: expected a number" },
};

static void add_words(const char *lead, const struct oci_strings *list, struct str *ret)
{
	str_add(ret, lead);
	for (size_t i = 0; i < list->n; i++)
		str_addf(ret, "%s%s", i ? "," : "", list->v[i]);
}

static void add_caps(const struct oci_capabilities *c, struct str *ret)
{
	if (!c) {
		str_add(ret, " none");
		return;
	}
	add_words(" b:", &c->bounding, ret);
	add_words(",e:", &c->effective, ret);
	add_words(",p:", &c->permitted, ret);
	add_words(",i:", &c->inheritable, ret);
	add_words(",a:", &c->ambient, ret);
}

static void summarize(const struct oci_process *p, struct str *ret)
{
	str_addf(ret, "%s %s ", p->terminal ? "tty" : "-", p->cwd);
	add_words("", &p->args, ret);
	add_words(" ", &p->env, ret);
	str_addf(ret, " %u:%u ", p->user.uid, p->user.gid);
	if (p->user.umask.set)
		str_addf(ret, "%llo ", (unsigned long long)p->user.umask.v);
	else
		str_add(ret, "- ");
	for (size_t i = 0; i < p->user.additional_gids.n; i++)
		str_addf(ret, "%s%llu", i ? "," : "",
			 (unsigned long long)p->user.additional_gids.v[i]);
	str_add(ret, p->no_new_privileges ? " nnp" : " -");
	add_caps(p->capabilities, ret);
	str_addf(ret, " %zu %s %s ", p->rlimits.n,
		 p->apparmor_profile ? p->apparmor_profile : "-",
		 p->selinux_label ? p->selinux_label : "-");
	if (p->oom_score_adj.set)
		str_addf(ret, "%lld", (long long)p->oom_score_adj.v);
	else
		str_add(ret, "-");
	str_addf(ret, " %s", p->exec_cpu_affinity ? p->exec_cpu_affinity->final : "-");
}

START_TEST(process)
{
	const struct process_row *row = &processes[_i];
	struct oci_arena arena = { 0 };
	struct oci_process p = { 0 };
	auto_str text = { 0 };
	struct err e = { 0 };

	if (exec_process_make(&row->args, decode(&arena, row->own),
			      decode(&arena, row->given), &arena, &p, &e) < 0) {
		ck_assert_str_eq(e.text, row->text);
	} else {
		summarize(&p, &text);
		ck_assert_str_eq(text.s, row->text);
		/* execve wants its end */
		ck_assert_ptr_null(p.args.v[p.args.n]);
		ck_assert_msg(!p.console_size || row->given, "the container's own size");
	}
	oci_arena_free(&arena);
}
END_TEST

/* ---- joining --------------------------------------------------------------------------- */

#define CONFIG(linux) \
	"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":{" linux "}}"
#define NS(list) "\"namespaces\":[" list "]"
#define MAP(c)                                                                \
	",\"uidMappings\":[{\"containerID\":" c ",\"hostID\":9,\"size\":1}]," \
	"\"gidMappings\":[{\"containerID\":" c ",\"hostID\":9,\"size\":1}]"

static const struct {
	const char *config;
	bool same_user;
	uint64_t namespaces;
	bool birth, chroot;
	uint32_t id;
} joins[] = {
	{ CONFIG(NS("{\"type\":\"mount\"}")), false, CLONE_NEWNS, false, false, 0 },
	{ CONFIG(NS("{\"type\":\"mount\"},{\"type\":\"pid\"}")), false,
	  CLONE_NEWNS | CLONE_NEWPID, true, false, 0 },
	/* all of them; joined ones too, for the init is in them */
	{ CONFIG(NS("{\"type\":\"mount\"},{\"type\":\"pid\",\"path\":\"/p\"},"
		    "{\"type\":\"network\",\"path\":\"/n\"},{\"type\":\"ipc\"},"
		    "{\"type\":\"uts\"},{\"type\":\"cgroup\"},{\"type\":\"time\"}")),
	  false,
	  CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
		  CLONE_NEWCGROUP | CLONE_NEWTIME,
	  true, false, 0 },
	/* a user namespace cannot be entered by those who are in it */
	{ CONFIG(NS("{\"type\":\"mount\"},{\"type\":\"user\",\"path\":\"/u\"}")), true,
	  CLONE_NEWNS, false, false, 0 },
	{ CONFIG(NS("{\"type\":\"mount\"},{\"type\":\"user\",\"path\":\"/u\"}")), false,
	  CLONE_NEWNS | CLONE_NEWUSER, false, false, 0 },
	{ CONFIG(NS("{\"type\":\"mount\"},{\"type\":\"user\"}") MAP("0")), false,
	  CLONE_NEWNS | CLONE_NEWUSER, false, false, 0 },
	{ CONFIG(NS("{\"type\":\"mount\"},{\"type\":\"user\"}") MAP("5")), false,
	  CLONE_NEWNS | CLONE_NEWUSER, false, false, 5 },
	/* the root of a foreign mount namespace is not the container's */
	{ CONFIG(NS("{\"type\":\"mount\",\"path\":\"/m\"}")), false, CLONE_NEWNS, false,
	  true, 0 },
	{ CONFIG(NS("{\"type\":\"uts\"}")), false, CLONE_NEWUTS, false, true, 0 },
	{ "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"}}", false, 0, false, true,
	  0 },
};

START_TEST(join)
{
	const char *text = joins[_i].config;
	struct oci_arena arena = { 0 };
	struct oci_config *config = NULL;
	struct oci_error error;
	struct process_join j;

	if (oci_decode_config(&arena, "test", text, strlen(text), &config, &error) < 0)
		ck_abort_msg("%s", error.text);
	exec_plan_join(config, joins[_i].same_user, &j);
	ck_assert_uint_eq(j.namespaces, joins[_i].namespaces);
	ck_assert_int_eq(j.birth, joins[_i].birth);
	ck_assert_int_eq(j.chroot, joins[_i].chroot);
	ck_assert_uint_eq(j.uid, joins[_i].id);
	ck_assert_uint_eq(j.gid, joins[_i].id);
	oci_arena_free(&arena);
}
END_TEST

/* ---- the script ------------------------------------------------------------------------ */

#define GUARD "end with the runtime: prctl(1, 9, 0)\n"
#define HIDE  "forbid tracing: prctl(4, 0, 0)\n"
#define CLOSE "close the init's descriptor: close($TARGET)\n"
#define SETNS(flags) \
	HIDE "enter the container's namespaces: setns($TARGET, " flags ")\n" CLOSE
#define BIRTH "new process in the container's pid namespace: BIRTH\n" GUARD
#define IDS(id)                                                                    \
	"become root of the user namespace: setresgid(" id ", " id ", " id ") or " \
	"\"Invalid argument\"\n"                                                   \
	"become root of the user namespace: setresuid(" id ", " id ", " id ") or " \
	"\"Invalid argument\"\n"
#define OOM                                                                              \
	"process.oomScoreAdj: 3: openat($PROC, \"self/oom_score_adj\", 0x80001) -> $A\n" \
	"process.oomScoreAdj: 3: write($A, \"3\")\n"                                     \
	"process.oomScoreAdj: 3: close($A)\n"
#define P(more) "{\"cwd\":\"/\",\"args\":[\"x\"],\"user\":{\"uid\":4,\"gid\":0}" more "}"

static const struct {
	const char *process;
	struct process_join join;
	bool outside;
	const char *script;
} scripts[] = {
	{ P(""), { .namespaces = CLONE_NEWNS }, false, GUARD SETNS("0x20000") },
	{ P(""),
	  { .namespaces = CLONE_NEWNS | CLONE_NEWPID, .birth = true },
	  false,
	  GUARD SETNS("0x20020000") BIRTH },
	{ P(",\"oomScoreAdj\":3"),
	  { .namespaces = CLONE_NEWUSER, .uid = 5, .gid = 5 },
	  true,
	  GUARD OOM SETNS("0x10000000") IDS("5") },
	/* a hard limit is raised before the right to is gone; what is lower stays for later */
	{ P(",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":20},"
	    "{\"type\":\"RLIMIT_NOFILE\",\"soft\":1,\"hard\":2}]"),
	  { .namespaces = CLONE_NEWUSER, .limits = { [4] = { 5, 6 }, [7] = { 9, 9 } } },
	  true,
	  GUARD "process.rlimits[0]: RLIMIT_CORE: prlimit64(0, 4, {5, 20})\n" SETNS(
		  "0x10000000") IDS("0") },
	{ P(",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":20}]"),
	  { .namespaces = CLONE_NEWNS },
	  false,
	  GUARD SETNS("0x20000") },
	{ P(",\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"nice\":-3}"),
	  { .namespaces = CLONE_NEWUSER },
	  true,
	  GUARD "process.scheduler: sched_setattr(0, {policy 3, flags 0, nice -3, "
		"priority 0, 0/0/0})\n" SETNS("0x10000000") IDS("0") },
	/* what a fork would undo is left to the one who is born */
	{ P(",\"scheduler\":{\"policy\":\"SCHED_BATCH\","
	    "\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\"]}"),
	  { .namespaces = CLONE_NEWUSER },
	  true,
	  GUARD SETNS("0x10000000") IDS("0") },
	{ P(""),
	  { .chroot = true },
	  false,
	  GUARD HIDE CLOSE "go to the container's root: fchdir($ROOT)\n"
			   "make the container's root ours: chroot(\".\")\n"
			   "close the container's root: close($ROOT)\n" },
	{ P(",\"terminal\":true,\"consoleSize\":{\"height\":2,\"width\":3}"),
	  { .namespaces = CLONE_NEWNS },
	  false,
	  GUARD SETNS(
		  "0x20000") "process.terminal: open the container's /dev/pts/ptmx: "
			     "openat2(-100, \"/dev/pts/ptmx\", {0xa0102, resolve 0x4}) "
			     "-> $A\n"
			     "process.terminal: unlock it: ioctl($A, 0x40045431, {...})\n"
			     "process.terminal: open the other end: ioctl($A, 0x5441, "
			     "524546) -> $B\n"
			     "process.terminal: read its settings: ioctl($B, 0x5401, "
			     "{...})\n"
			     "process.terminal: settings: CLEAR 0x4\n"
			     "process.terminal: write its settings: ioctl($B, 0x5402, "
			     "{...})\n"
			     "process.consoleSize: ioctl($B, 0x5414, {...})\n"
			     "process.terminal: give it to the user: fchown($B, 4, -1) "
			     "or \"Operation not "
			     "permitted\" or \"Invalid argument\"\n"
			     "process.terminal: standard streams: dup3($B, 0, 0x0)\n"
			     "process.terminal: standard streams: dup3($B, 1, 0x0)\n"
			     "process.terminal: standard streams: dup3($B, 2, 0x0)\n"
			     "process.terminal: send it: PASS_FD $A to $CONSOLE\n"
			     "process.terminal: close: close($A)\n"
			     "process.terminal: close: close($B)\n"
			     "process.terminal: close the socket: close($CONSOLE)\n" },
};

START_TEST(script)
{
	struct oci_arena arena = { 0 };
	struct oci_process *p = decode(&arena, scripts[_i].process);
	struct process_facts f = { .id = "box",
				   .exec = true,
				   .outside = scripts[_i].outside };
	auto_str text = { 0 };
	struct err e = { 0 };
	struct script s;

	script_init(&s);
	ck_assert_msg(process_join_plan(p, &f, &scripts[_i].join, &s, &e) == 0, "%s",
		      e.text);
	script_print(&s, &text);
	ck_assert_str_eq(text.s, scripts[_i].script);
	/* the procfs is there exactly when something is written to it */
	ck_assert_int_eq(process_needs_proc(p, &f), p->oom_score_adj.set);
	script_free(&s);
	oci_arena_free(&arena);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, user, 0, ROWS(users));
	tcase_add_loop_test(t, process, 0, ROWS(processes));
	tcase_add_loop_test(t, join, 0, ROWS(joins));
	tcase_add_loop_test(t, script, 0, ROWS(scripts));
}

int main(void)
{
	return suite_run("exec", fill);
}
