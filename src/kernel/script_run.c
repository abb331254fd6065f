/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out a script. Freestanding: this file is linked into wolffia and, with nothing
 * else, into the stage, so it uses no libc, no errno and no global. System calls are made
 * by the three instructions below; their results are -errno.
 */
#include "kernel/script.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#if defined(__x86_64__)
static long call(long nr, const uint64_t a[6])
{
	/* cppcheck-suppress constStatement */
	register uint64_t r10 __asm__("r10") = a[3];
	/* cppcheck-suppress constStatement */
	register uint64_t r8 __asm__("r8") = a[4];
	/* cppcheck-suppress constStatement */
	register uint64_t r9 __asm__("r9") = a[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static long call(long nr, const uint64_t a[6])
{
	register long x8 __asm__("x8") = nr;
	register uint64_t x0 __asm__("x0") = a[0];
	register uint64_t x1 __asm__("x1") = a[1];
	register uint64_t x2 __asm__("x2") = a[2];
	register uint64_t x3 __asm__("x3") = a[3];
	register uint64_t x4 __asm__("x4") = a[4];
	register uint64_t x5 __asm__("x5") = a[5];

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return (long)x0;
}
#elif defined(__riscv) && __riscv_xlen == 64
static long call(long nr, const uint64_t a[6])
{
	register long a7 __asm__("a7") = nr;
	register uint64_t a0 __asm__("a0") = a[0];
	register uint64_t a1 __asm__("a1") = a[1];
	register uint64_t a2 __asm__("a2") = a[2];
	register uint64_t a3 __asm__("a3") = a[3];
	register uint64_t a4 __asm__("a4") = a[4];
	register uint64_t a5 __asm__("a5") = a[5];

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "memory");
	return (long)a0;
}
#else
#error "src/kernel/script_run.c: add the system call instruction of this architecture"
#endif

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#define CALL(nr, ...) call((nr), (uint64_t[6]){ __VA_ARGS__ })
#define PTR(p)	      ((uint64_t)(uintptr_t)(p))

struct runner {
	char *base;
	const struct script_head *head;
	int32_t slots[SCRIPT_SLOTS];
};

/* byte by byte: a compiler that sees memcpy here would call libc's */
static void copy_text(char *to, const char *from, size_t size)
{
	size_t i = 0;

	for (; i + 1 < size && from[i]; i++)
		((volatile char *)to)[i] = from[i];
	((volatile char *)to)[i] = '\0';
}

/* True when it was sent. */
static bool report(struct runner *r, uint32_t kind, uint32_t op, long error, bool exec)
{
	const struct script_op *ops = (void *)(r->base + r->head->ops);
	struct script_report m;
	long sent;

	if (r->slots[SCRIPT_SLOT_REPORT] < 0)
		return false;
	m.magic = SCRIPT_MAGIC;
	m.kind = kind;
	m.error = (int32_t)error;
	m.op = op;
	m.exec = exec;
	for (size_t i = 0; i < sizeof(m.what); i++)
		((volatile char *)m.what)[i] = '\0';
	if (ops[op].what)
		copy_text(m.what, r->base + ops[op].what, sizeof(m.what));
	sent = CALL(SYS_sendto, (uint64_t)r->slots[SCRIPT_SLOT_REPORT], PTR(&m),
		    sizeof(m), MSG_NOSIGNAL, 0, 0);
	if (sent < 0) /* a seccomp filter may allow only write(2) */
		sent = CALL(SYS_write, (uint64_t)r->slots[SCRIPT_SLOT_REPORT], PTR(&m),
			    sizeof(m));
	return sent >= 0;
}

static _Noreturn void give_up(struct runner *r, uint32_t op, long error, bool exec)
{
	report(r, SCRIPT_FAILED, op, error, exec);
	CALL(SYS_exit_group, 1);
	CALL(SYS_exit, 1); /* a seccomp filter may have refused the first */
	for (;;)
		__builtin_trap();
}

static void relocate(struct runner *r)
{
	const uint32_t *at = (void *)(r->base + r->head->relocs);

	for (uint32_t i = 0; i < r->head->n_relocs; i++) {
		uint64_t *word = (void *)(r->base + at[i]);

		if (*word)
			*word += PTR(r->base);
	}
}

static void arguments(struct runner *r, const struct script_op *op, uint64_t args[6])
{
	for (int i = 0; i < 6; i++) {
		args[i] = op->args[i];
		if (op->data & (1u << i))
			args[i] = args[i] ? args[i] + PTR(r->base) : 0;
		else if (op->slots & (1u << i))
			args[i] = (uint64_t)(int64_t)r->slots[op->args[i]];
	}
}

static bool ignored(const struct script_op *op, long error)
{
	return op->ignore[0] == SCRIPT_IGNORE_ANY || op->ignore[0] == error ||
	       op->ignore[1] == error;
}

/* As execvp(3): what is missing is passed over, what may not be executed is remembered. */
static long execute(const uint64_t args[6])
{
	char *const *candidates = (void *)(uintptr_t)args[0];
	long worst = -ENOENT;

	for (; *candidates; candidates++) {
		long ret = CALL(SYS_execve, PTR(*candidates), args[1], args[2]);

		if (ret == -EACCES)
			worst = ret;
		else if (ret != -ENOENT && ret != -ENOTDIR)
			return ret;
	}
	return worst;
}

/*
 * Whether execute() would come to a program, as far as the kernel tells without running
 * it: faccessat2(2) (Linux 5.8) with the effective ids and capabilities.
 */
static long find(const uint64_t args[6])
{
	char *const *candidates = (void *)(uintptr_t)args[0];
	long worst = -ENOENT;

	for (; *candidates; candidates++) {
		long ret = CALL(SYS_faccessat2, (uint64_t)AT_FDCWD, PTR(*candidates),
				1 /* X_OK */, AT_EACCESS);
		long fd;

		if (ret == -EACCES)
			worst = ret;
		/* EPERM is no answer of the kernel: an outer filter does not know the call */
		if (ret < 0 && ret != -ENOSYS && ret != -EPERM)
			continue;
		fd = CALL(SYS_openat, (uint64_t)AT_FDCWD, PTR(*candidates),
			  O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		if (fd == -ENOTDIR)
			return 0;
		if (fd >= 0) {
			CALL(SYS_close, (uint64_t)fd);
			worst = -EISDIR;
		}
	}
	return worst;
}

static long open_gate(struct runner *r, long listener)
{
	long conn;

	do
		conn = CALL(SYS_accept4, (uint64_t)listener, 0, 0, SOCK_CLOEXEC);
	while (conn == -EINTR || conn == -ECONNABORTED);
	if (conn < 0)
		return conn;
	/* one start only: from now on nobody else can connect */
	CALL(SYS_close, (uint64_t)listener);
	r->slots[SCRIPT_SLOT_GATE] = -1;
	r->slots[SCRIPT_SLOT_REPORT] = (int32_t)conn;
	return 0;
}

static long send_with_fd(long sock, const void *text, size_t n, long fd)
{
	struct {
		struct cmsghdr head;
		int fd;
	} control = { { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS }, (int)fd };
	struct iovec iov = { (void *)(uintptr_t)text, n };
	struct msghdr msg = { 0, 0, &iov, 1, &control, CMSG_SPACE(sizeof(int)), 0 };

	return CALL(SYS_sendmsg, (uint64_t)sock, PTR(&msg), MSG_NOSIGNAL);
}

static long report_fd(struct runner *r, uint32_t kind, uint32_t op, long number, long fd)
{
	struct script_report m;

	for (size_t i = 0; i < sizeof(m); i++)
		((volatile char *)&m)[i] = '\0';
	m.magic = SCRIPT_MAGIC;
	m.kind = kind;
	m.op = op;
	m.error = (int32_t)number;
	return send_with_fd(r->slots[SCRIPT_SLOT_REPORT], &m, sizeof(m), fd);
}

/* With read(2), which a filter that lets any program run will know. */
static long hand_on(struct runner *r, uint32_t op, long fd)
{
	long n = report_fd(r, SCRIPT_LISTENER, op, 0, fd);
	char word;

	if (n < 0)
		return n;
	do
		n = CALL(SYS_read, (uint64_t)r->slots[SCRIPT_SLOT_REPORT], PTR(&word), 1);
	while (n == -EINTR);
	if (n == 0)
		return -EPIPE;
	return n < 0 ? n : 0;
}

static _Noreturn void end(long status)
{
	CALL(SYS_exit_group, (uint64_t)status);
	for (;;)
		__builtin_trap();
}

/*
 * clone(2) and not clone3: nothing that only the new one has is wanted, and filters around
 * us know it. The new process tells of itself, first of all: were it told of by the old one,
 * and that one killed in between, it would run the program and nobody would know it.
 */
static long give_birth(struct runner *r, uint32_t op)
{
	long pid = CALL(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0);
	long pidfd, sent;

	if (pid < 0)
		return pid;
	if (pid > 0)
		end(0);
	pidfd = CALL(SYS_pidfd_open, (uint64_t)CALL(SYS_getpid, 0), 0);
	if (pidfd < 0)
		return pidfd;
	sent = report_fd(r, SCRIPT_BORN, op, 0, pidfd);
	CALL(SYS_close, (uint64_t)pidfd);
	return sent < 0 ? sent : 0;
}

/* ---- the reaper: what is left of a process whose child is the program ------------------- */

/*
 * 128 and a number may also be what a program has ended with. Until we are reaped our name can
 * be read, and nobody but us can write it: proc_pid_comm(5).
 */
static _Noreturn void end_by(int signal)
{
	char name[] = SCRIPT_REAPER_SIGNAL "00";
	const int at = sizeof(SCRIPT_REAPER_SIGNAL) - 1;

	name[at] = (char)('0' + signal / 10);
	name[at + 1] = (char)('0' + signal % 10);
	CALL(SYS_prctl, PR_SET_NAME, PTR(name));
	end(128 + signal);
}

/*
 * Collects every child that has ended; the program's own end is ours. Ctrl-Z stops a program
 * for a shell that will continue it: there is none here.
 */
static void collect(long child, uint64_t flags)
{
	int status = 0;
	long pid;

	while ((pid = CALL(SYS_wait4, (uint64_t)-1, PTR(&status), flags)) > 0) {
		if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP && pid == child)
			CALL(SYS_kill, (uint64_t)child, SIGCONT);
		if (pid == child && WIFEXITED(status))
			end(WEXITSTATUS(status));
		if (pid == child && WIFSIGNALED(status))
			end_by(WTERMSIG(status));
	}
	if (pid == -ECHILD)
		end(125); /* cannot be: somebody else has waited for it */
}

/* All signals are blocked: even the first process of a pid namespace gets them then. */
static _Noreturn void reap(long child, const uint64_t *all)
{
	/* whoever waits for the end of a pipe waits for the program, not for us */
	CALL(SYS_close_range, 0, UINT32_MAX, 0);
	for (;;) {
		long sig = CALL(SYS_rt_sigtimedwait, PTR(all), 0, 0, sizeof(*all));

		if (sig == SIGCHLD)
			collect(child, WNOHANG | WUNTRACED | __WALL);
		else if (sig > 0)
			CALL(SYS_kill, (uint64_t)child, (uint64_t)sig);
		else if (sig != -EINTR) /* a filter forbids it: then without signals */
			collect(child, WUNTRACED | __WALL);
	}
}

static long become_reaper(bool terminal)
{
	const char name[] = "wolffia-init"; /* for top(1); it was the name of a memfd */
	uint64_t all = ~(uint64_t)0, none = 0;
	long dumpable, pid;
	int self;

	CALL(SYS_rt_sigprocmask, SIG_SETMASK, PTR(&all), 0, sizeof(all));
	/*
	 * The program is of the same ids: it shall neither trace nor stop us, nor read another
	 * name of ours, not even when it runs before we do.
	 */
	CALL(SYS_prctl, PR_SET_NAME, PTR(name));
	dumpable = CALL(SYS_prctl, PR_GET_DUMPABLE);
	CALL(SYS_prctl, PR_SET_DUMPABLE, 0);
	pid = CALL(SYS_clone, SIGCHLD);
	if (pid < 0)
		return pid;
	if (pid > 0)
		reap(pid, &all);
	CALL(SYS_prctl, PR_SET_DUMPABLE, (uint64_t)dumpable);
	/* a group of its own, or the keyboard's signals would come twice: from us as well */
	CALL(SYS_setpgid, 0, 0);
	self = (int)CALL(SYS_getpid, 0);
	if (terminal) /* SIGTTOU is blocked */
		CALL(SYS_ioctl, 0, TIOCSPGRP, PTR(&self));
	return CALL(SYS_rt_sigprocmask, SIG_SETMASK, PTR(&none), 0, sizeof(none));
}

/* Whatever but "no directory" means that it may be one. */
static bool is_no_directory(long fd)
{
	const char here[2] = { '.', '\0' };
	long inside = CALL(SYS_openat, (uint64_t)fd, PTR(here),
			   O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (inside >= 0)
		CALL(SYS_close, (uint64_t)inside);
	return inside == -ENOTDIR;
}

static long add_landlock_rule(const uint64_t args[6])
{
	struct {
		uint64_t access;
		int32_t fd;
	} __attribute__((packed)) rule = { args[2], (int32_t)args[3] };
	long fd = (int32_t)args[3], ret;

	if (args[1])
		fd = CALL(SYS_openat, (uint64_t)AT_FDCWD, args[1], O_PATH | O_CLOEXEC, 0);
	else if (!is_no_directory(fd))
		return 0; /* its rule would be for all that is below it */
	if (fd < 0)
		return fd;
	rule.fd = (int32_t)fd;
	ret = CALL(SYS_landlock_add_rule, args[0], 1 /* PATH_BENEATH */, PTR(&rule), 0);
	if (ret == -EINVAL) { /* no directory */
		rule.access = args[4];
		ret = CALL(SYS_landlock_add_rule, args[0], 1, PTR(&rule), 0);
	}
	if (args[1])
		CALL(SYS_close, (uint64_t)fd);
	return ret;
}

static long clear_bits(const uint64_t args[6])
{
	*(volatile uint32_t *)(uintptr_t)args[0] &= ~(uint32_t)args[1];
	return 0;
}

/* getcwd(2) answers "(unreachable)/..." for a directory outside the root: CVE-2024-21626. */
static long check_cwd(void)
{
	char buf[4096];
	long n;

	buf[0] = '\0';
	n = CALL(SYS_getcwd, PTR(buf), sizeof(buf));
	if (n < 0)
		return n;
	return buf[0] == '/' ? 0 : -ENOENT;
}

static long run_op(struct runner *r, uint32_t i, const struct script_op *op)
{
	uint64_t a[6];

	arguments(r, op, a);
	switch ((enum script_kind)op->kind) {
	case SCRIPT_SYS:
		return call(op->nr, a);
	case SCRIPT_GATE:
		return open_gate(r, (long)a[0]);
	case SCRIPT_EXEC:
		return execute(a);
	case SCRIPT_SEND_FD:
		return hand_on(r, i, (long)a[0]);
	case SCRIPT_PASS_FD:
		return send_with_fd((long)a[0], (const void *)(uintptr_t)a[2], a[3],
				    (long)a[1]);
	case SCRIPT_CHECK_CWD:
		return check_cwd();
	case SCRIPT_FIND:
		return find(a);
	case SCRIPT_REPORT:
		return report(r, (uint32_t)a[0], i, 0, false) || !a[1] ? 0 : -EPIPE;
	case SCRIPT_BIRTH:
		return give_birth(r, i);
	case SCRIPT_CLEAR:
		return clear_bits(a);
	case SCRIPT_LANDLOCK:
		return add_landlock_rule(a);
	case SCRIPT_REAPER:
		return become_reaper(a[0]);
	}
	return -ENOSYS;
}

_Noreturn void script_run(void *bytes)
{
	struct runner r = { .base = bytes, .head = bytes };
	const struct script_op *ops = (void *)(r.base + r.head->ops);

	for (int i = 0; i < SCRIPT_SLOTS; i++)
		r.slots[i] = r.head->slots[i];
	relocate(&r);
	for (uint32_t i = 0; i < r.head->n_ops; i++) {
		bool program = ops[i].kind == SCRIPT_EXEC || ops[i].kind == SCRIPT_FIND;
		long ret;

		if (ops[i].unless != SCRIPT_NO_SLOT && r.slots[ops[i].unless] >= 0)
			continue;
		ret = run_op(&r, i, &ops[i]);
		if (ret < 0 && ret >= -4095 && !ignored(&ops[i], -ret))
			give_up(&r, i, -ret, program);
		if (ops[i].save != SCRIPT_NO_SLOT)
			r.slots[ops[i].save] = (int32_t)ret;
	}
	give_up(&r, r.head->n_ops ? r.head->n_ops - 1 : 0, ENOEXEC, true);
}
