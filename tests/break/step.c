/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stepper; see step.h. The tracer is a process of its own: when it ends, whatever it
 * still holds (the init that waits) is let go by the kernel.
 */
#include "step.h"

#include "box.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_PROCESSES = 64, CALL = SIGTRAP | 0x80 };

struct result {
	bool reached;
	bool breach;
	int status;
};

struct tracee {
	pid_t pid;
	int calls;
};

struct tracer {
	const struct step *s;
	struct result *result;
	struct tracee v[MAX_PROCESSES];
	int n;
	bool done;
	bool failing; /* the call that is under way will have failed */
};

static int index_of(struct tracer *t, pid_t pid)
{
	for (int i = 0; i < t->n; i++)
		if (t->v[i].pid == pid)
			return i;
	if (t->n == MAX_PROCESSES)
		_exit(125);
	t->v[t->n] = (struct tracee){ .pid = pid };
	return t->n++;
}

static void go_on(const struct tracer *t, pid_t pid, int signal)
{
	bool on = t->done && !t->s->watch;

	ptrace(on ? PTRACE_CONT : PTRACE_SYSCALL, pid, 0, signal);
}

/* Makes the call one that does not exist; false for those that cannot fail. */
static bool refuse(pid_t pid, unsigned long nr)
{
	struct user_regs_struct r;

	/* close(2) closes, whatever it says */
	if (nr == SYS_exit || nr == SYS_exit_group || nr == SYS_rt_sigreturn ||
	    nr == SYS_close || nr == SYS_close_range ||
	    ptrace(PTRACE_GETREGS, pid, 0, &r) < 0)
		return false;
	r.orig_rax = ~0ULL;
	return ptrace(PTRACE_SETREGS, pid, 0, &r) == 0;
}

/* ... and at its end tells the error. */
static void end_refusal(struct tracer *t, pid_t pid)
{
	struct user_regs_struct r;

	t->failing = false;
	t->done = true;
	if (ptrace(PTRACE_GETREGS, pid, 0, &r) < 0)
		return;
	r.rax = (unsigned long long)-t->s->error;
	ptrace(PTRACE_SETREGS, pid, 0, &r);
}

static void at_call(struct tracer *t, int i)
{
	struct tracee *p = &t->v[i];
	struct __ptrace_syscall_info info;

	if (t->failing && i == t->s->process) {
		end_refusal(t, p->pid);
		return;
	}
	if (t->done || i != t->s->process ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY || p->calls++ != t->s->nr)
		return;
	t->result->reached = true;
	if (t->s->error) {
		t->failing = refuse(p->pid, info.entry.nr);
		t->done = !t->failing;
		return;
	}
	t->done = true;
	if (t->s->act)
		t->s->act(t->s->arg);
	else
		kill(p->pid, SIGKILL);
}

static void stopped(struct tracer *t, pid_t pid, int status)
{
	int i = index_of(t, pid), signal = WSTOPSIG(status);

	if (t->done && t->s->watch && t->s->watch(pid, t->s->arg))
		t->result->breach = true;
	if (signal == CALL) {
		at_call(t, i);
		signal = 0;
	} else if (status >> 16) {
		/* what comes before the command's own execve is ours */
		if (status >> 16 == PTRACE_EVENT_EXEC && i == 0)
			t->v[0].calls = 0;
		signal = 0;
	} else if (signal == SIGSTOP || signal == SIGTRAP) {
		signal = 0;
	}
	go_on(t, pid, signal);
}

static _Noreturn void trace(struct tracer *t, char *argv[])
{
	unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;
	int status;
	pid_t pid = fork(), p;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		box_exec(argv);
	}
	alarm(60);
	if (t->s->process > 0 || t->s->watch)
		options |= PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
	if (waitpid(pid, &status, WUNTRACED) != pid ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, options) < 0)
		_exit(125);
	index_of(t, pid);
	go_on(t, pid, 0);
	for (;;) {
		p = waitpid(-1, &status, __WALL);
		if (p < 0)
			_exit(0);
		if (WIFSTOPPED(status)) {
			stopped(t, p, status);
		} else if (p == pid) {
			t->result->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
								: WEXITSTATUS(status);
			_exit(0);
		}
	}
}

static struct result *result;

bool step_breach(void)
{
	return result && result->breach;
}

void step_run(const struct step *s, const char *const words[], bool *ret_reached,
	      int *ret_status)
{
	char *argv[16] = { (char *)"wolffia" };
	int status;
	pid_t pid;

	if (!result)
		result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; words[i]; i++)
		argv[i + 1] = (char *)words[i];
	*result = (struct result){ .status = BOX_TIMEOUT };
	pid = fork();
	if (pid == 0) {
		struct tracer t = { .s = s, .result = result };

		trace(&t, argv);
	}
	waitpid(pid, &status, 0);
	*ret_reached = result->reached;
	*ret_status = result->status;
}
