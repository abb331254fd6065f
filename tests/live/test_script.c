/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans of sec/process carried out for real, in a forked child and through the stage from a
 * sealed memfd: cat shows what the kernel says of the process that came out. Needs root.
 */
#include "../unit/suite.h"

#include "base/fd.h"
#include "base/mem.h"
#include "libocispec/oci.h"
#include "sec/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMBERS "\"cwd\":\"/tmp\",\"env\":[\"PATH=/usr/bin:/bin\",\"HOME=/\"],"
#define CAT                                                              \
	"\"args\":[\"cat\",\"/proc/self/status\",\"/proc/self/limits\"," \
	"\"/proc/self/oom_score_adj\",\"/proc/self/stat\"],"

enum { GATE = 1, FILTER = 2, LISTENER = 4, DIRTY = 8, NOBODY = 16, OLD_OUTER = 32 };

static const struct row {
	const char *process;
	int how;
	const char *shows[8]; /* in the output; or the one error */
	bool fails;
} rows[] = {
	{ "{" MEMBERS CAT "\"user\":{\"uid\":0,\"gid\":0}}",
	  DIRTY,
	  { "\nUid:\t0\t0\t0\t0\n", "\nGroups:\t \n", "\nSigBlk:\t0000000000000000\n",
	    "\nSigIgn:\t0000000000000000\n", "\nCapBnd:\t0000000000000000\n",
	    "\nCapEff:\t0000000000000000\n", "\nSeccomp:\t0\n" },
	  false },
	{ "{" MEMBERS CAT
	  "\"user\":{\"uid\":1000,\"gid\":1001,\"additionalGids\":[5,44]},"
	  "\"noNewPrivileges\":true,\"oomScoreAdj\":321,\"rlimits\":[{\"type\":\"RLIMIT_"
	  "NOFILE\","
	  "\"soft\":8,\"hard\":512},{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0}],"
	  "\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"permitted\":"
	  "[\"CAP_KILL\",\"CAP_CHOWN\"],\"effective\":[\"CAP_KILL\"],\"inheritable\":"
	  "[\"CAP_KILL\"],\"ambient\":[\"CAP_KILL\"]}}",
	  GATE | FILTER,
	  { "\nUid:\t1000\t1000\t1000\t1000\n", "\nGid:\t1001\t1001\t1001\t1001\n",
	    "\nGroups:\t5 44 \n", "\nCapInh:\t0000000000000020\n",
	    "\nCapPrm:\t0000000000000020\n", "\nCapBnd:\t0000000000000021\n",
	    "\nSeccomp:\t2\n", "Max open files            8                    512 " },
	  false },
	/* a filter without no_new_privs: CAP_SYS_ADMIN is gone after the exec */
	{ "{" MEMBERS CAT "\"user\":{\"uid\":1000,\"gid\":1001}}",
	  GATE | FILTER | LISTENER,
	  { "\nUid:\t1000", "\nCapPrm:\t0000000000000000\n",
	    "\nCapEff:\t0000000000000000\n", "\nCapBnd:\t0000000000000000\n",
	    "\nNoNewPrivs:\t0\n", "\nSeccomp:\t2\n" },
	  false },
	/* failures, with and without a gate */
	{ "{" MEMBERS CAT "\"user\":{\"uid\":0,\"gid\":0}}",
	  GATE | FILTER | LISTENER | NOBODY,
	  { "" },
	  true },
	{ "{" MEMBERS CAT "\"user\":{\"uid\":0,\"gid\":0}}",
	  FILTER | LISTENER | NOBODY,
	  { "" },
	  true },
	{ "{\"cwd\":\"/\",\"args\":[\"nosuch\"],\"user\":{\"uid\":0,\"gid\":0}}",
	  GATE,
	  { "exec: \"nosuch\": executable file not found in $PATH" },
	  true },
	{ "{\"cwd\":\"/\",\"args\":[\"/etc/passwd\"],\"user\":{\"uid\":0,\"gid\":0}}",
	  0,
	  { "exec: \"/etc/passwd\": permission denied" },
	  true },
	{ "{\"cwd\":\"/\",\"args\":[\"/etc/passwd\"],\"user\":{\"uid\":0,\"gid\":0}}",
	  GATE,
	  { "exec: \"/etc/passwd\": permission denied" },
	  true },
	{ "{\"cwd\":\"/\",\"args\":[\"/etc\"],\"user\":{\"uid\":0,\"gid\":0}}",
	  GATE,
	  { "exec: \"/etc\": is a directory: permission denied" },
	  true },
	{ "{\"cwd\":\"/nosuch/dir\",\"args\":[\"/bin/"
	  "cat\"],\"user\":{\"uid\":0,\"gid\":0}}",
	  GATE,
	  { "process.cwd: /nosuch/dir: it does not exist" },
	  true },
	/* an outer filter that does not know faccessat2(2), as older engines' do */
	{ "{" MEMBERS CAT "\"user\":{\"uid\":0,\"gid\":0}}",
	  GATE | OLD_OUTER,
	  { "\nUid:\t0" },
	  false },
	{ "{\"cwd\":\"/\",\"args\":[\"nosuch\"],\"user\":{\"uid\":0,\"gid\":0}}",
	  GATE | OLD_OUTER,
	  { "exec: \"nosuch\": executable file not found in $PATH" },
	  true },
	{ "{\"cwd\":\"/root\",\"args\":[\"/bin/cat\",\"/proc/self/status\"],"
	  "\"user\":{\"uid\":1000,\"gid\":0}}",
	  0,
	  { "\nUid:\t1000" },
	  false },
};

static struct oci_process *decode_process(struct oci_arena *arena, const char *text)
{
	struct oci_process *ret = NULL;
	struct oci_error error;

	if (oci_decode_process(arena, "test", text, strlen(text), &ret, &error) < 0)
		ck_abort_msg("%s", error.text);
	return ret;
}

/* Everything is allowed but mkdir; with a listener mkdir is told to it. */
static void make_filter(bool listener, struct seccomp_filter *ret)
{
	char *names[] = { (char[]){ "mkdir" }, NULL };
	struct oci_seccomp_syscall rule = { .names = { 1, names },
					    .action = listener ? OCI_ACT_NOTIFY
							       : OCI_ACT_ERRNO };
	struct oci_seccomp s = { .default_action = OCI_ACT_ALLOW,
				 .listener_path = listener ? (char[]){ "/x" } : NULL };
	struct err e = { 0 };

	s.syscalls.n = 1;
	s.syscalls.v = &rule;
	ck_assert_msg(
		seccomp_compile(&s, &(struct seccomp_options){ 0 }, ret, NULL, &e) == 0,
		"%s", e.text);
}

struct run {
	int report[2]; /* ours, the child's */
	int out[2];
	int gate;
	struct sockaddr_un address;
	socklen_t address_len;
	struct str script;
};

static void open_gate_socket(struct run *r)
{
	r->gate = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	r->address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	r->address_len = sizeof(r->address);
	ck_assert_int_eq(bind(r->gate, (void *)&r->address, sizeof(sa_family_t)), 0);
	ck_assert_int_eq(listen(r->gate, 1), 0);
	ck_assert_int_eq(getsockname(r->gate, (void *)&r->address, &r->address_len), 0);
}

static void make_script(const struct row *row, struct run *r)
{
	struct oci_arena arena = { 0 };
	struct process_facts f = { .id = "test",
				   .ready = true,
				   .gate = row->how & GATE,
				   .ignored = UINT64_MAX };
	auto_seccomp filter = { 0 };
	struct script s;
	struct err e = { 0 };

	ck_assert_int_eq(caps_read_facts(&f.caps, &e), 0);
	if (row->how & FILTER) {
		make_filter(row->how & LISTENER, &filter);
		f.filter = &filter;
	}
	script_init(&s);
	s.slots[SCRIPT_SLOT_REPORT] = r->report[1];
	s.slots[SCRIPT_SLOT_GATE] = r->gate;
	s.slots[SCRIPT_SLOT_PROC] = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_msg(
		process_plan(decode_process(&arena, row->process), &f, &s, NULL, &e) == 0,
		"%s", e.text);
	script_finish(&s, &r->script);
	script_free(&s);
	oci_arena_free(&arena);
}

static int memfd_with(const void *bytes, size_t n)
{
	int fd = memfd_create("test", MFD_ALLOW_SEALING);

	if (fd_write_all(fd, bytes, n) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		_exit(90);
	return fd;
}

/* What the program inherits through the stage must not be close-on-exec; the script is. */
static _Noreturn void run_stage(const struct run *r)
{
	auto_str program = { 0 };
	int script = memfd_with(r->script.s, r->script.n);
	const struct script_head *head = (void *)r->script.s;
	auto_close int file = open(STAGE_PATH, O_RDONLY | O_CLOEXEC);
	char buf[65536];
	char number[12];
	ssize_t n = fd_read_full(file, buf, sizeof(buf));
	char *argv[] = { (char[]){ "init" }, number, NULL };
	char *envp[] = { NULL };

	for (int i = 0; i < SCRIPT_SLOTS; i++)
		if (head->slots[i] >= 0)
			fcntl(head->slots[i], F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", script);
	str_add_n(&program, buf, n > 0 ? (size_t)n : 0);
	fexecve(memfd_with(program.s, program.n), argv, envp);
	_exit(91);
}

static void refuse_faccessat2(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_faccessat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		_exit(92);
}

static _Noreturn void run_child(struct run *r, int how, bool stage)
{
	dup2(r->out[1], 1);
	close(r->report[0]);
	if (how & DIRTY) { /* what must not leak in */
		sigset_t all;

		signal(SIGPIPE, SIG_IGN);
		signal(SIGUSR2, SIG_IGN);
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		dup2(0, 77);
	}
	if (how & OLD_OUTER)
		refuse_faccessat2();
	if (stage)
		run_stage(r);
	script_run(r->script.s);
}

static struct script_report receive(int sock, int *ret_fd)
{
	struct script_report m = { 0 };
	size_t n = 0;
	ssize_t len = fd_receive(sock, &m, sizeof(m), ret_fd, ret_fd ? 1 : 0, &n);

	if (len == 0)
		return (struct script_report){ 0 };
	ck_assert_int_eq(len, sizeof(m));
	ck_assert_uint_eq(m.magic, SCRIPT_MAGIC);
	return m;
}

/* Talks to the child as create and start do. True: it has become its program. */
static bool follow(struct run *r, int how, struct err *e)
{
	auto_close int conn = -1;
	int from = r->report[0];
	int listener = -1;
	struct script_report m = receive(from, NULL);

	if (m.kind == SCRIPT_READY) {
		if (how & GATE) {
			conn = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
			ck_assert_int_eq(
				connect(conn, (void *)&r->address, r->address_len), 0);
			from = conn;
		}
		m = receive(from, NULL);
		ck_assert(m.kind == SCRIPT_EXECUTING || m.kind == SCRIPT_FAILED);
		if (m.kind == SCRIPT_EXECUTING)
			m = receive(from, &listener);
	}
	if (m.kind == SCRIPT_LISTENER) {
		ck_assert_int_ge(listener, 0);
		close(listener);
		if (how & NOBODY) { /* the end of the socket: the program must not run */
			shutdown(from, SHUT_RDWR);
			return false;
		}
		ck_assert_int_eq(fd_send(from, "", 1, NULL, 0), 0);
		m = receive(from, NULL);
	}
	if (m.kind == 0)
		return true;
	process_explain(&m, e);
	return false;
}

static void run_row(const struct row *row, bool stage)
{
	struct run r = { .gate = -1 };
	auto_str out = { 0 };
	struct err e = { 0 };
	char buf[4096];
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, r.report),
			 0);
	ck_assert_int_eq(pipe2(r.out, O_CLOEXEC), 0);
	if (row->how & GATE)
		open_gate_socket(&r);
	make_script(row, &r);
	pid = fork();
	if (pid == 0)
		run_child(&r, row->how, stage);
	close(r.report[1]);
	close(r.out[1]);
	fd_close(r.gate);
	ck_assert_msg(follow(&r, row->how, &e) != row->fails, "%s", e.text);
	while ((n = read(r.out[0], buf, sizeof(buf))) > 0)
		str_add_n(&out, buf, (size_t)n);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	if (row->fails) {
		ck_assert_str_eq(e.text, row->shows[0]);
		ck_assert_uint_eq(out.n, 0);
	}
	for (int i = 0; !row->fails && i < 8 && row->shows[i]; i++)
		ck_assert_msg(out.s && strstr(out.s, row->shows[i]),
			      "\"%s\" is not in\n%s", row->shows[i],
			      out.s ? out.s : "(nothing)");
	str_free(&r.script);
}

START_TEST(directly)
{
	run_row(&rows[_i], false);
}
END_TEST

START_TEST(through_the_stage)
{
	run_row(&rows[_i], true);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, directly, 0, ROWS(rows));
	tcase_add_loop_test(t, through_the_stage, 0, ROWS(rows));
}

int main(void)
{
	if (geteuid() != 0) {
		puts("skipped: needs root");
		return 77;
	}
	return suite_run("live script", fill);
}
