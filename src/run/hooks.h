/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks: each kind in the listed order, the container's state as one line of JSON on
 * standard input, a timeout that kills the whole hook, its output in the error.
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

/*
 * The same for hooks of a container whose init waits for them: they are killed when it dies
 * (init_fd: its pidfd), so that a forced delete need not wait for a hook that hangs.
 */
int hooks_run_for(const char *kind, const struct oci_hook_list *hooks,
		  const struct oci_state *state, int cwd_fd, int init_fd, struct err *e);

/* The same for poststop: a failing hook is a warning, the next one runs (S173). */
void hooks_run_all(const char *kind, const struct oci_hook_list *hooks,
		   const struct oci_state *state, int cwd_fd);

/* Whether a list of hooks has any; hooks may be NULL. */
#define hooks_any(hooks, kind) ((hooks) && (hooks)->kind.n > 0)

#endif
