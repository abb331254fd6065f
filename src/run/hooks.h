/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks: each kind in the listed order, the container's state as one line of JSON on
 * standard input, a timeout that kills the whole hook, its output in the error or, with the
 * annotations run.oci.hooks.stdout and run.oci.hooks.stderr, at the end of a file.
 */
#ifndef RUN_HOOKS_H
#define RUN_HOOKS_H

#include "base/err.h"
#include "libocispec/oci.h"

/*
 * Runs the hooks of one kind ("createRuntime") in the caller's namespaces, with the state
 * as runtime.md has it. Stops at the first that fails: -1 with *e, in the scope
 * "hooks.KIND[i]". cwd_fd is where they start (the bundle; the root directory for
 * startContainer; -1: stay). Their output is quoted in the error, up to 4 KiB are kept.
 */
int hooks_run(const char *kind, const struct oci_hook_list *hooks,
	      const struct oci_state *state, int cwd_fd, struct err *e);

/* Files that the output of hooks is appended to; -1: it is collected for the error. */
struct hooks_output {
	int out;
	int err;
};
#define HOOKS_OUTPUT_NONE            \
	(struct hooks_output)        \
	{                            \
		.out = -1, .err = -1 \
	}

/*
 * Opens what the annotations name, in the caller's mount namespace and with its ids; files
 * are made (0600). Close with hooks_output_close(), also after -1.
 */
int hooks_output_open(const struct oci_map *annotations, struct hooks_output *ret,
		      struct err *e);
void hooks_output_close(struct hooks_output *o);

/* What hooks of a birth need besides. */
struct hooks_how {
	int cwd_fd; /* as above */
	int init_fd; /* pidfd: hooks are killed when the init that waits for them dies; 0: none */
	int interrupt_fd; /* ... or when a signal comes (run/interrupt.h); 0 or -1: none */
	struct hooks_output output;
	char *const *
		env; /* of hooks that name none (startContainer: the process's); or NULL */
};

/* The same for hooks of a container whose init waits for them, or whose user may not. */
int hooks_run_for(const char *kind, const struct oci_hook_list *hooks,
		  const struct oci_state *state, const struct hooks_how *how,
		  struct err *e);

/* The same for poststop: a failing hook is a warning, the next one runs (S173). */
void hooks_run_all(const char *kind, const struct oci_hook_list *hooks,
		   const struct oci_state *state, int cwd_fd);

/* Whether a list of hooks has any; hooks may be NULL. */
#define hooks_any(hooks, kind) ((hooks) && (hooks)->kind.n > 0)

#endif
