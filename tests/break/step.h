/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a command up to its k-th system call (ptrace), to kill it, to change the world or
 * to let the call fail there. The call itself has not been carried out then.
 */
#ifndef BREAK_STEP_H
#define BREAK_STEP_H

#include <stdbool.h>
#include <sys/types.h>

struct step {
	int process; /* 0: the command itself; n: the n-th process it makes */
	int nr; /* which of its system calls, from 0 */
	int error; /* not 0: the call is not made and fails with this errno */
	void (*act)(void *arg); /* what to do there; NULL: SIGKILL for the process */
	/*
	 * Asked at every later system call of the command's processes: true is a breach, which
	 * step_breach() then tells. NULL: nobody looks.
	 */
	bool (*watch)(pid_t pid, void *arg);
	void *arg;
};

/*
 * Runs wolffia with words. An error is not given to calls that cannot fail (exit, ...). *ret_reached: the process got that far; *ret_status: how the
 * command ended as box_run() says it. With a `process` of 0 children are not traced, for
 * newuidmap loses its rights under ptrace.
 */
void step_run(const struct step *s, const char *const words[], bool *ret_reached,
	      int *ret_status);

/* Whether the last step_run()'s watch has seen a breach. */
bool step_breach(void);

#endif
