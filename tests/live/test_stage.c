/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From INIT to the program: which descriptors arrive, at which numbers, what is closed, both
 * when INIT runs the script itself and when the sealed stage does.
 */
#include "run/stage.h"

#include "base/fd.h"
#include "kernel/script.h"

#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- pure ------------------------------------------------------------------------------- */

static const struct {
	uint32_t preserve;
	bool gate, proc;
	int report, gate_slot, proc_slot;
} slots[] = {
	{ 0, false, false, 3, -1, -1 },		{ 0, true, true, 3, 4, 5 },
	{ 0, false, true, 3, -1, 5 },		{ 7, true, false, 10, 11, -1 },
	{ 1024, true, true, 1027, 1028, 1029 },
};

START_TEST(test_slots)
{
	int32_t got[SCRIPT_SLOTS] = { 0 };

	stage_slots(slots[_i].preserve, slots[_i].gate, slots[_i].proc, got);
	ck_assert_int_eq(got[SCRIPT_SLOT_REPORT], slots[_i].report);
	ck_assert_int_eq(got[SCRIPT_SLOT_GATE], slots[_i].gate_slot);
	ck_assert_int_eq(got[SCRIPT_SLOT_PROC], slots[_i].proc_slot);
}
END_TEST

/* The owner of this program is the one who is mapped or not. */
START_TEST(test_needed)
{
	struct oci_id_mapping m = { .size = 1 };
	struct oci_id_mappings map = { .n = 1, .v = &m }, none = { 0 };
	struct stat st;

	ck_assert_int_eq(stat("/proc/self/exe", &st), 0);
	ck_assert(stage_is_needed(NULL, false));
	ck_assert(stage_is_needed(NULL, true));
	ck_assert(stage_is_needed(&none, true));
	m.host_id = st.st_uid;
	ck_assert(stage_is_needed(&map, true));
	m.host_id = st.st_uid + 1;
	ck_assert(!stage_is_needed(&map, true));
	ck_assert(stage_is_needed(&map, false)); /* no user namespace of its own */
	m.size = UINT32_MAX - m.host_id;
	ck_assert(!stage_is_needed(&map, true));
}
END_TEST

/* Nobody inside can change what its process is executed from. */
START_TEST(test_sealed)
{
	struct err e = { 0 };
	int fd = stage_open(&e);
	struct stat st;

	ck_assert_msg(fd >= 0, "%s", e.text);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK |
							 F_SEAL_GROW | F_SEAL_WRITE |
							 (fcntl(fd, F_GET_SEALS) & 0x20));
	ck_assert_int_eq(write(fd, "x", 1), -1);
	ck_assert_int_eq(ftruncate(fd, 0), -1);
	ck_assert_ptr_eq(mmap(NULL, 1, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_gt(st.st_size, 500);
	ck_assert_int_lt(st.st_size, 20000); /* it stays small */
}
END_TEST

/* ---- running it ----------------------------------------------------------------------------- */

/* A script that reports and becomes a shell, which says what it has. */
static int make_script(uint32_t preserve, bool gate, const char *command)
{
	char *argv[] = { "sh", "-c", (char *)command, NULL };
	char *envp[] = { "PATH=/usr/bin:/bin", NULL };
	char *candidates[] = { "/bin/sh", NULL };
	auto_str bytes = { 0 };
	struct script s;
	struct err e = { 0 };
	int fd = stage_script_fd(&e);

	script_init(&s);
	stage_slots(preserve, gate, false, s.slots);
	script_sys(&s, "mark", SYS_close_range, 0, 0, 3 + (uint64_t)preserve, UINT32_MAX,
		   4 /* CLOSE_RANGE_CLOEXEC */);
	if (gate)
		script_add(&s, SCRIPT_GATE, "gate", 0, (uint64_t[6]){ SCRIPT_SLOT_GATE })
			->slots = 1;
	script_add(&s, SCRIPT_REPORT, "sh", 0, (uint64_t[6]){ SCRIPT_EXECUTING });
	script_add(&s, SCRIPT_EXEC, "sh", 0,
		   (uint64_t[6]){ script_strings(&s, candidates),
				  script_strings(&s, argv), script_strings(&s, envp) })
		->data = 7;
	script_finish(&s, &bytes);
	ck_assert_msg(fd >= 0 && stage_write(fd, &bytes, &e) == 0, "%s", e.text);
	script_free(&s);
	return fd;
}

struct trial {
	bool stage;
	uint32_t preserve;
	int report_at; /* where INIT happens to have it; -1: anywhere */
	int leaked; /* a descriptor without close-on-exec there; -1: none */
	const char *fds; /* what the program has open */
};

static const struct trial trials[] = {
	{ false, 0, -1, -1, "0 1 2" },
	{ true, 0, -1, -1, "0 1 2" },
	/* where one of ours must go there is another one of ours */
	{ false, 0, 6, -1, "0 1 2" },
	{ true, 0, 6, -1, "0 1 2" },
	{ true, 0, 7, -1, "0 1 2" },
	{ true, 0, 3, -1, "0 1 2" },
	/* leaked ones: among the wanted numbers, beyond them, far beyond them */
	{ false, 0, -1, 4, "0 1 2" },
	{ true, 0, -1, 4, "0 1 2" },
	{ true, 0, -1, 8, "0 1 2" },
	{ false, 0, -1, 900, "0 1 2" },
	{ true, 0, -1, 900, "0 1 2" },
	/* preserved ones stay, and nothing else does */
	{ false, 1, -1, 3, "0 1 2 3" },
	{ true, 1, -1, 3, "0 1 2 3" },
	{ true, 1, -1, 4, "0 1 2" },
	{ true, 20, -1, 22, "0 1 2 22" },
	{ true, 20, 5, 22, "0 1 2 22" },
	{ true, 20, -1, 23, "0 1 2" },
};

/* The child: arranges its descriptors as the row says and does what INIT does. */
static _Noreturn void be_init(const struct trial *t, int report, int out)
{
	struct stage_fds fds = { .gate = -1, .proc = -1 };
	struct err e = { 0 };
	int stage = t->stage ? stage_open(&e) : -1;

	fds.script = make_script(
		t->preserve, false,
		"cd /proc/self/fd; for i in *; do [ -e $i ] && echo -n \"$i \"; done");
	fds.report = report;
	if (t->report_at >= 0) {
		/* what stands there already moves out of the way, as it would have */
		if (fds.script == t->report_at)
			fds.script = fcntl(fds.script, F_DUPFD_CLOEXEC, 50);
		if (stage == t->report_at)
			stage = fcntl(stage, F_DUPFD_CLOEXEC, 50);
		if (out == t->report_at)
			out = fcntl(out, F_DUPFD_CLOEXEC, 50);
		fds.report = dup3(report, t->report_at, O_CLOEXEC);
		if (fds.report < 0)
			fds.report = report;
	}
	dup2(out, 1);
	if (t->leaked >= 0) {
		if (fds.script == t->leaked)
			fds.script = fcntl(fds.script, F_DUPFD_CLOEXEC, 60);
		if (stage == t->leaked)
			stage = fcntl(stage, F_DUPFD_CLOEXEC, 60);
		if (fds.report == t->leaked)
			fds.report = fcntl(fds.report, F_DUPFD_CLOEXEC, 60);
		dup2(0, t->leaked);
	}
	stage_run(&fds, stage, t->preserve, &e);
	fprintf(stderr, "%s\n", e.text);
	_exit(9);
}

START_TEST(test_trial)
{
	struct script_report r = { 0 };
	char text[400] = "";
	int s[2], p[2], status;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s), 0);
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		/* what libcheck has open is no part of this */
		for (int fd = 3; fd < 100; fd++)
			if (fd != s[1] && fd != p[1])
				close(fd);
		be_init(&trials[_i], s[1], p[1]);
	}
	close(s[1]);
	close(p[1]);
	ck_assert_int_eq(fd_read_full(s[0], &r, sizeof(r)), sizeof(r));
	ck_assert_int_eq(r.kind, SCRIPT_EXECUTING);
	ck_assert_str_eq(r.what, "sh");
	/* the end comes with execve: the report's descriptor did not get through */
	ck_assert_int_eq(recv(s[0], &r, sizeof(r), 0), 0);
	n = fd_read_full(p[0], text, sizeof(text) - 1);
	waitpid(pid, &status, 0);
	ck_assert_int_gt((int)n, 0);
	/* the shell's own descriptor of the folder it lists is gone when it looks */
	text[n - 1] = '\0';
	ck_assert_str_eq(text, trials[_i].fds);
}
END_TEST

/* The stage waits at the gate with nothing of the caller's, and a second start is late. */
START_TEST(test_gate)
{
	struct script_report r = { 0 };
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	struct err e = { 0 };
	int s[2], listener, conn, second;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s), 0);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	/* an abstract name that the kernel chooses */
	ck_assert_int_eq(bind(listener, &(struct sockaddr){ .sa_family = AF_UNIX },
			      sizeof(sa_family_t)),
			 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &len), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	pid = fork();
	if (pid == 0) {
		struct stage_fds fds = { s[1], listener, -1,
					 make_script(0, true, "exit 7") };

		stage_run(&fds, stage_open(&e), 0, &e);
		_exit(9);
	}
	close(listener);
	close(s[1]);
	conn = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(conn, (struct sockaddr *)&a, len), 0);
	ck_assert_int_eq(recv(conn, &r, sizeof(r), 0), sizeof(r));
	ck_assert_int_eq(r.kind, SCRIPT_EXECUTING);
	ck_assert_int_eq(recv(conn, &r, sizeof(r), 0), 0);
	second = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(second, (struct sockaddr *)&a, len), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	waitpid(pid, NULL, 0);
}
END_TEST

/* A script that HOST has not finished writing is not run. */
START_TEST(test_incomplete)
{
	struct err e = { 0 };
	struct stage_fds fds = { -1, -1, -1, stage_script_fd(&e) };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		stage_run(&fds, -1, 0, &e);
		_exit(strcmp(e.text, "the script is not complete") != 0);
	}
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, test_slots, 0, ROWS(slots));
	tcase_add_test(t, test_needed);
	tcase_add_test(t, test_sealed);
	tcase_add_loop_test(t, test_trial, 0, ROWS(trials));
	tcase_add_test(t, test_gate);
	tcase_add_test(t, test_incomplete);
}

int main(void)
{
	return suite_run("stage", fill);
}
