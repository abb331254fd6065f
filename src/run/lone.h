/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program behind Landlock alone (`do --sandbox=landlock-only`): for machines that refuse
 * namespaces. It is a process of the machine like any other, but for what Landlock (files, and
 * from ABI 6 signals) and a filter of system calls (sockets, shared memory) keep from it. No
 * record, no cgroup, no mount: who asks for it by name gets it, and nobody else does.
 *
 * Two processes: the WARDEN, outside the rules, bears the program, collects what that leaves
 * behind and ends as it does; when HOST dies, it kills all of them. HOST does the same when the
 * WARDEN has been killed, for both are subreapers (prctl(2); HOST finds them by lone_mark() if it
 * had children before it was executed). When both are killed at once the program dies
 * (PR_SET_PDEATHSIG); its children are found by `gc`, by that mark.
 */
#ifndef RUN_LONE_H
#define RUN_LONE_H

#include "run/direct.h"
#include "sec/landlock.h"

/* The least Landlock that is a sandbox at all: before ABI 3 (Linux 6.2) any file can be cut. */
enum { LONE_ABI_MIN = 3, LONE_ABI_SIGNALS = 6 };

/* What the program may reach: a path and how. */
struct lone_rules {
	const struct direct_request *rq;
	const struct direct_facts *facts;
	const char *own_dir; /* its HOME and TMPDIR are in it */
};

/*
 * The rules: what `do` shows of the machine, without what it hides there, and the volumes. Reads
 * the directories in which something is hidden. -1 with *e for volumes that cannot be had:
 * at another place, thrown away, read-only in a writable one, above what is hidden.
 */
int lone_rules_make(const struct lone_rules *in, int abi, struct oci_arena *arena,
		    struct landlock_plan *ret, struct err *e);

/* As direct_run(), without a container. Says at level warning what is not kept apart. */
int lone_run(const struct run_context *ctx, const struct direct_request *rq,
	     const char *id, struct run_watch *watch, int *ret_status, struct err *e);

#endif
