/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the script is run: in INIT itself, or in the stage (kernel/script.h) when a process
 * of the container could get at the host's binary through /proc/self/exe (CVE-2019-5736).
 */
#ifndef RUN_STAGE_H
#define RUN_STAGE_H

#include "base/err.h"
#include "base/str.h"
#include "libocispec/oci.h"

#include <stdbool.h>
#include <stdint.h>

/* The descriptors that INIT hands to the script; -1: none. */
struct stage_fds {
	int report;
	int gate;
	int proc;
	int script; /* memfd */
	const struct stage_exec_fds *exec; /* those of exec, or NULL */
};

/* What `exec` needs besides (kernel/script.h); -1: none. */
struct stage_exec_fds {
	int target;
	int console;
	int root;
};

/* The numbers inside the script, from 3 + preserve on: those stage_run() gives. */
void stage_slots(uint32_t preserve, bool gate, bool proc, int32_t slots[]);
void stage_slots_exec(uint32_t preserve, const struct stage_exec_fds *fds,
		      int32_t slots[]);

/*
 * True when the stage is needed: unless the container's user namespace leaves the owner of
 * our binary unmapped, in which case nobody inside may write to it. map may be NULL or empty
 * (no user namespace of its own).
 */
bool stage_is_needed(const struct oci_id_mappings *uid_map, bool new_userns);

/* The sealed memfd that holds the stage. The descriptor, or -1 with *e. memfd_create(2). */
int stage_open(struct err *e);

/* A memfd for the script; HOST fills it with stage_write() while INIT mounts. */
int stage_script_fd(struct err *e);
int stage_write(int script_fd, const struct str *bytes, struct err *e);

/*
 * Puts the descriptors at their numbers, closes all others but 0-2 and the preserved ones,
 * and runs the script: in the stage when stage_fd >= 0. Returns only with an error.
 */
int stage_run(const struct stage_fds *fds, int stage_fd, uint32_t preserve,
	      struct err *e);

#endif
