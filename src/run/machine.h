/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine of runtime.md as one table: which operation is allowed in which status,
 * and the sentence that refuses the others. Pure.
 */
#ifndef RUN_MACHINE_H
#define RUN_MACHINE_H

#include "base/err.h"
#include "libocispec/oci.h"

#include <stdbool.h>

enum run_operation {
	RUN_OP_START,
	RUN_OP_KILL,
	RUN_OP_KILL_ALL, /* engines send it after the end and expect success */
	RUN_OP_DELETE,
	RUN_OP_DELETE_FORCE,
	RUN_OP_STATE,
	RUN_OP_EXEC,
	RUN_OP_EXEC_PAUSED, /* exec --ignore-paused: it waits for resume */
	RUN_OP_PAUSE,
	RUN_OP_RESUME,
	RUN_OP_PS,
	RUN_OP_EVENTS,
	RUN_OP_UPDATE,
	RUN_OP_CHECKPOINT,
	RUN_OP_WAIT,
	RUN_OP_MOUNTS,
	RUN_OP_COUNT,
};

/* What is known of a container when its status is asked for. */
struct run_facts {
	int phase; /* enum run_phase */
	bool busy; /* some command holds the lock */
	bool alive; /* the init is there: a verified pidfd that is not readable */
	bool frozen;
};

/*
 * The status: `creating` only while create is at work, `stopped` as soon as the init is
 * gone, whatever the record says.
 */
enum oci_status machine_status(const struct run_facts *f);

/*
 * 0 when the operation may go on in this status, else -1 with the sentence that engines
 * know ("container not running", "cannot delete container X that is not stopped: running").
 */
int machine_check(enum run_operation op, enum oci_status status, const char *id,
		  struct err *e);

#endif
