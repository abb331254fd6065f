/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec, inside src/run: which process (exec_process.c), how it gets in (exec_plan.c), and
 * the doing of it (exec.c, exec_birth.c). The container is known by its saved configuration
 * and by one verified pidfd, never by a number (run/lookup.h).
 */
#ifndef RUN_EXEC_H
#define RUN_EXEC_H

#include "base/err.h"
#include "kernel/spawn.h"
#include "libocispec/oci.h"
#include "run/lookup.h"
#include "run/run.h"
#include "run/stage.h"
#include "sec/process.h"
#include "sec/seccomp.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- which process (pure) ----------------------------------------------------------- */

/*
 * What --user, --cwd, --env and the like make of the container's own process, or of the one
 * that --process names: *ret, borrowing from all of them and the arena. What a --process
 * document leaves out (capabilities, limits, labels, umask, ...) is the container's.
 * `own` may be NULL (a container without a process), `given` too. -1 with *e.
 */
int exec_process_make(const struct run_exec_args *args, const struct oci_process *own,
		      const struct oci_process *given, struct oci_arena *arena,
		      struct oci_process *ret, struct err *e);

/* "1000" or "1000:100", strictly decimal, below 2^32 - 1. The gid stays without ":". */
int exec_parse_user(const char *text, struct oci_user *user, struct err *e);

/* ---- how it gets in ------------------------------------------------------------------ */

/*
 * Pure: the namespaces to enter are those of config.json that are the container's own or
 * joined. same_user: the init's user namespace is the caller's, which cannot be entered.
 */
void exec_plan_join(const struct oci_config *config, bool same_user,
		    struct process_join *ret);

/* The capabilities, limits and so on of the caller and the kernel; -1 with *e. */
struct exec;
int exec_facts_read(struct exec *x, struct err *e);

/* Writes the script to x->script_fd. */
int exec_script_write(struct exec *x, struct err *e);

/* ---- the command --------------------------------------------------------------------- */

struct exec {
	const struct run_context *ctx;
	const struct run_exec_args *args;

	/* what was read and decided */
	struct lookup l;
	struct oci_config *config; /* as it was at create */
	struct oci_process process;
	struct process_facts facts;
	struct process_join join;
	const char *receiver; /* where the seccomp listener goes, or NULL */
	char *home; /* in the container's /etc/passwd */

	/* descriptors; -1: none */
	int report, report_peer; /* the joining processes' reports come here */
	int script_fd, stage_fd;
	int root_fd; /* of the init; only where it must be entered */
	int console_fd, console_peer;
	struct oci_box console_size; /* of our own terminal */
	int pidfd_sock;
	int pid_dir; /* where the pid file goes */
	const char *pid_name;
	int interrupt_fd; /* Ctrl-C until the program runs; then the program gets it */

	/* what exists */
	struct spawned
		usher; /* joins; without a pid namespace it is the process itself */
	bool usher_reaped;
	pid_t pid; /* of the process, 0: not born */
	int pidfd;
	int agent; /* takes the seccomp listener: connected before the birth, or -1 */
	int listener; /* arrived before we knew the pid */
	bool made_pid_file;
};

/* Gives birth to the joining process, in the container's cgroup; it runs the script. */
int exec_birth(struct exec *x, struct err *e);

/* Follows the reports until the program runs: 0, or -1 with *e, and nobody is left. */
int exec_follow(struct exec *x, struct err *e);

/* Ends what was born, as the undo of both. */
void exec_kill(struct exec *x);

#endif
