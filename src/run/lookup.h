/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An existing container, as every command after create finds it: the record, its phase and
 * one pidfd that was verified against the recorded identity. From then on the pid number
 * is never used again.
 */
#ifndef RUN_LOOKUP_H
#define RUN_LOOKUP_H

#include "base/err.h"
#include "cgroup/cgroup.h"
#include "libocispec/oci.h"
#include "run/machine.h"
#include "run/record.h"
#include "run/run.h"

struct lookup {
	struct oci_arena arena;
	struct statedir dir;
	enum run_phase phase;
	struct run_record *record; /* NULL: none was written, or it is damaged */
	struct err damage; /* why the record could not be read, if so */
	int proc_fd; /* trusted procfs, opened when needed */
	bool proc_borrowed; /* ... or given by a caller that looks up many */
	int pidfd; /* of the init, -1 when it is gone */
	bool elsewhere; /* ... or cannot be seen: it counts in a pid namespace not ours */
	struct cgroup cgroup; /* opened by lookup_cgroup() */
	bool has_cgroup;
	enum oci_status status;
};

/*
 * Finds a container. lock_ms >= 0 locks it first, waiting so long for other commands but not
 * for `create`: then it is an error at once. With `damaged_ok` a
 * record that cannot be read is no error (record is NULL, damage says why), nor is an init
 * that may live where it cannot be seen (elsewhere). Close with lookup_close(), also after -1.
 */
int lookup_open(const struct run_context *ctx, const char *id, int lock_ms,
		bool damaged_ok, struct lookup *ret, struct err *e);

/*
 * The second half of lookup_open() for a directory that is open already: reads record and
 * identity again, for instance once the lock is held.
 */
int lookup_refresh(struct lookup *l, bool damaged_ok, struct err *e);

/* The caller's pid namespace, for the record of a container that is made in it. */
struct oci_opt_uint lookup_home(int proc_fd);

/* What `list` keeps from one container to the next. */
struct lookup_many {
	int root; /* borrowed */
	int proc_fd; /* trusted procfs, borrowed */
	bool private; /* nobody else may write to the root */
	bool whole; /* annotations are wanted */
	struct cgroup_glance cgroup; /* .base -1 at first; the caller closes it */
};

/*
 * Record and status of a container that runs or waits for start, in eight system calls, nine
 * when it shall be whole. False (no struct err) for all others and when anything is odd: then
 * lookup_refresh() tells.
 */
bool lookup_glance(struct lookup_many *m, const char *id, struct oci_arena *arena,
		   struct run_record **ret, enum oci_status *ret_status);

/*
 * What an operation that does not lock has failed with, *e, may be that the container went
 * while it worked: a file or a cgroup was not there any more. Looks again, and when the
 * container does not exist or is in no state for `op`, that is the error. Ends the lookup:
 * only lookup_close() may follow.
 */
void lookup_explain(struct lookup *l, enum run_operation op, struct err *e);

/* Opens the recorded cgroups, once. Does nothing without a record. */
int lookup_cgroup(struct lookup *l, struct err *e);

/*
 * The same for who needs one that is there: -1 with *e also when the container lives and its
 * cgroups are gone (somebody has moved its processes out and removed them), which otherwise
 * looks like a cgroup without processes and limits.
 */
int lookup_cgroup_there(struct lookup *l, struct err *e);

/*
 * The snapshot of config.json with the limits of the last update in it, decoded into the
 * lookup's arena; NULL with *e when it cannot be read.
 */
struct oci_config *lookup_config(struct lookup *l, struct err *e);

/* Saves linux.resources beside the snapshot; lookup_config() has them from then on. */
int lookup_save_resources(struct lookup *l, const struct oci_resources *r, struct err *e);

/*
 * Thaws a paused container that was sent SIGKILL: on v1 a frozen process does not die. What
 * keeps it from thawing is a warning.
 */
void lookup_thaw(struct lookup *l);

/* Sends SIGKILL to the init and waits until it is gone; at most timeout_ms. */
int lookup_kill(struct lookup *l, int timeout_ms, struct err *e);

/*
 * Kills what is left, removes cgroups and the state directory, and runs the poststop hooks.
 * Goes on after a failure and reports the first. The directory must be locked.
 */
int lookup_destroy(struct lookup *l, struct err *e);

void lookup_close(struct lookup *l);

#endif
