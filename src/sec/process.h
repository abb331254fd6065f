/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last steps of a container's process as a script (kernel/script.h): from "the root
 * filesystem is ready" to execve. Everything here is decided before the process exists;
 * the table in process.c says in which order things happen and why.
 *
 * What can fail because of the config happens before the report READY, so that `create`
 * fails and not `start` (S183). After the gate stand only the filter and execve, so that
 * `start` is short.
 */
#ifndef SEC_PROCESS_H
#define SEC_PROCESS_H

#include "base/err.h"
#include "base/str.h"
#include "kernel/script.h"
#include "libocispec/runtime.h"
#include "sec/caps.h"
#include "sec/label.h"
#include "sec/landlock.h"
#include "sec/seccomp.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * All that a plan depends on besides the config's process. A zeroed struct plus `caps`,
 * `filter` and `id` is an ordinary `run` as root.
 */
struct process_facts {
	const char *id; /* names the session keyring, "_ses.ID" */
	bool no_new_keyring; /* keep the caller's session keyring */
	/* `exec`: execCPUAffinity.final counts, else it is ignored (A51); process_join_plan()
	 * comes before, and nothing runs when the runtime is gone */
	bool exec;

	/* How the process talks: slots of the finished script are src/run's business. */
	bool ready; /* report READY before the gate (needs SCRIPT_SLOT_REPORT) */
	bool gate; /* wait for `start` (SCRIPT_SLOT_GATE); the program is looked for before */
	bool die_with_parent; /* PR_SET_PDEATHSIG SIGKILL, for whoever is its parent now */
	bool hide; /* PR_SET_DUMPABLE 0 while waiting: others of the container cannot trace it */
	bool reaper; /* a reaper of ours is the first process, the program its child */

	/* What leaked in from the caller. */
	bool keep_affinity; /* direct use: what taskset(1) before it has said stays */
	uint64_t ignored; /* bit n-1: signal n is ignored; process_ignored_signals() */

	/* What may be done. */
	struct caps_facts caps; /* of the process that runs the script, not of HOST */
	bool outside; /* HOST has called process_outside(): leave those out */
	bool setgroups_denied; /* /proc/PID/setgroups says deny (R8) */
	bool keep_groups; /* run.oci.keep_original_groups=1 */
	struct label_facts label; /* needed only when a label is asked for */

	/* What comes from other places. */
	unsigned
		stdio; /* bit i: make the user the owner of descriptor i; process_stdio() */
	bool raw_terminal; /* `exec`: a terminal in raw mode shows the container's */
	unsigned
		extra_fds; /* descriptors 3.. that stay open: --preserve-fds + LISTEN_FDS */
	unsigned listen_fds; /* of them: socket activation; 0: none */
	const char *listen_fdnames; /* LISTEN_FDNAMES, or NULL */
	int64_t listen_pid; /* LISTEN_PID: the process's own pid as it sees it; 0: 1 */
	const char *home; /* passwd_home(); used only when the environment has no HOME */
	const struct oci_memory_policy *memory_policy; /* or NULL */
	const struct oci_personality *personality; /* or NULL */
	const struct landlock_plan *landlock; /* or NULL */
	const struct seccomp_filter *filter; /* NULL or n == 0: none */
};

/* Does the script need SCRIPT_SLOT_PROC (a directory of a trusted procfs)? */
bool process_needs_proc(const struct oci_process *p, const struct process_facts *f);

/* Will the listener arrive at SCRIPT_SLOT_REPORT's other end (SCRIPT_LISTENER)? */
bool process_sends_listener(const struct process_facts *f);

/*
 * Appends every step to *ret (script_init()ed by the caller, who fills in the slots REPORT,
 * GATE and PROC). Lines about what is done differently from what was asked go to *warnings,
 * each ending in a newline (may be NULL). Pure. -1 with *e set and the place in the config
 * for what cannot work.
 */
int process_plan(const struct oci_process *p, const struct process_facts *f,
		 struct script *ret, struct str *warnings, struct err *e);

/*
 * HOST's part for a process in a new user namespace, where it cannot raise anything any
 * more: limits, oom score, scheduler, io priority of `pid`, a child not yet waited for.
 * Call it once, before the child runs the script (when its id maps are written), and set
 * facts.outside. proc_fd: HOST's own procfs. Only for a HOST that has the privileges.
 */
int process_outside(const struct oci_process *p, pid_t pid, int proc_fd, struct err *e);

/* ---- exec ------------------------------------------------------------------------------ */

enum { PROCESS_LIMITS_MAX = 16 };

/* How a process gets into a container that is there. */
struct process_join {
	uint64_t
		namespaces; /* CLONE_NEW*, entered with one setns(2) of SCRIPT_SLOT_TARGET */
	bool birth; /* the pid namespace is one of them */
	bool chroot; /* and then SCRIPT_SLOT_ROOT becomes the root */
	uint32_t uid, gid; /* taken in a user namespace that is entered */
	uint64_t limits[PROCESS_LIMITS_MAX][2]; /* process_join_limits(): soft, hard */
};

/* What the reports of these two ops begin with, for who has to tell them from others. */
#define PROCESS_JOIN_WHAT  "enter the container's namespaces"
#define PROCESS_BIRTH_WHAT "new process in the container's pid namespace"

/*
 * Appends what comes before process_plan()'s steps for a process of `exec` (facts.exec):
 * joining, being born, the terminal. The script is to be run in the stage, by a child that
 * is in the container's cgroups already. Pure. Slots: TARGET, PROC (for the oom score),
 * CONSOLE (for a terminal), ROOT (for chroot).
 */
int process_join_plan(const struct oci_process *p, const struct process_facts *f,
		      const struct process_join *join, struct script *ret, struct err *e);

/* Fills in join.limits from this process; needed with facts.outside only. prlimit(2). */
int process_join_limits(const struct oci_process *p, struct process_join *ret,
			struct err *e);

/* Whether the scheduler of p outlasts a fork(2). Pure. */
bool process_scheduler_is_inherited(const struct oci_process *p);

/* As script_explain(), with the remedies that the steps of a plan need. Returns -1. */
int process_explain(const struct script_report *r, struct err *e);

/* ---- environment and program ------------------------------------------------------- */

/*
 * The environment of the program, NULL-ended, in one piece of memory (free() it): config
 * order, of names given twice the last value, HOME added when missing, LISTEN_* replaced
 * when there are such descriptors. An element that is no NAME=value is refused by index.
 */
int process_env(const struct oci_process *p, const struct process_facts *f, char ***ret,
		struct err *e);

/*
 * Does a filter around this process refuse keyctl(2), as Docker's and containerd's do? Its
 * children have that filter too, so a session keyring of their own cannot be had.
 */
bool process_keys_refused(void);

/*
 * The signals that this process ignores and its children would: clone3(2)'s
 * CLONE_CLEAR_SIGHAND leaves ignored ones ignored, and so does execve(2). proc_fd: a procfs.
 * All of them when it cannot be read.
 */
uint64_t process_ignored_signals(int proc_fd);

/* Is facts.home worth finding out (no HOME in the config's environment)? */
bool process_wants_home(const struct oci_process *p);

/* The candidates that execvp(3) would try with the PATH in env; free() the array and [0]. */
char **process_candidates(const char *program, char *const *env);

/*
 * LISTEN_FDS of our own environment as systemd passes it: the number when LISTEN_PID is
 * `self`, else 0. *ret_names is LISTEN_FDNAMES or NULL (not a copy).
 */
unsigned process_listen_fds(char *const *environment, pid_t self, const char **ret_names);

/* Which of descriptors 0..2 shall belong to the container's user: pipes, sockets, terminals. */
unsigned process_stdio(void);

/*
 * CPU affinity of `pid` (0: the caller) from a list as in execCPUAffinity.initial; checked
 * by limits_list(). sched_setaffinity(2).
 */
int process_set_affinity(pid_t pid, const char *list, struct err *e);

#endif
