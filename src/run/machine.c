/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state machine; see machine.h. One row an operation, one column a status. */
#include "run/machine.h"

#include "run/record.h"

enum oci_status machine_status(const struct run_facts *f)
{
	if (f->phase == RUN_PHASE_NONE || f->phase == RUN_PHASE_CREATING)
		return f->busy ? OCI_STATUS_CREATING : OCI_STATUS_STOPPED;
	if (!f->alive)
		return OCI_STATUS_STOPPED;
	if (f->frozen)
		return OCI_STATUS_PAUSED;
	return f->phase == RUN_PHASE_CREATED ? OCI_STATUS_CREATED : OCI_STATUS_RUNNING;
}

/* NULL: allowed. %s is the id, then the word of the status. */
#define IN_CREATION "container %s is still being created (%s)"
#define NOT_RUNNING "container not running: %s is %s"
#define NOT_STOPPED "cannot delete container %s that is not stopped: %s"
#define STARTED	    "cannot start an already running container: %s is %s"
#define NO_EXEC	    "cannot exec in a stopped container: %s is %s"
#define NOT_PAUSED  "container not paused: %s is %s"

static const char *const refusal[RUN_OP_COUNT][OCI_STATUS_PAUSED + 1] = {
	[RUN_OP_START] = { [OCI_STATUS_CREATING] = IN_CREATION,
			   [OCI_STATUS_RUNNING] = STARTED,
			   [OCI_STATUS_PAUSED] = "cannot start a paused container: %s "
						 "is %s",
			   [OCI_STATUS_STOPPED] = "cannot start a container that has "
						  "stopped: %s is %s" },
	[RUN_OP_KILL] = { [OCI_STATUS_CREATING] = IN_CREATION,
			  [OCI_STATUS_STOPPED] = NOT_RUNNING },
	[RUN_OP_KILL_ALL] = { [OCI_STATUS_CREATING] = IN_CREATION },
	/* deleting a created container kills it first: not the specification's word, but
	 * Podman and containerd rely on it, and so do runc's and crun's users */
	[RUN_OP_DELETE] = { [OCI_STATUS_CREATING] = NOT_STOPPED,
			    [OCI_STATUS_RUNNING] = NOT_STOPPED,
			    [OCI_STATUS_PAUSED] = NOT_STOPPED },
	[RUN_OP_DELETE_FORCE] = { 0 },
	[RUN_OP_STATE] = { 0 },
	[RUN_OP_EXEC] = { [OCI_STATUS_CREATING] = IN_CREATION,
			  [OCI_STATUS_STOPPED] = NO_EXEC,
			  [OCI_STATUS_PAUSED] = "cannot exec in a paused container: %s "
						"is %s" },
	[RUN_OP_EXEC_PAUSED] = { [OCI_STATUS_CREATING] = IN_CREATION,
				 [OCI_STATUS_STOPPED] = NO_EXEC },
	/* a created one may be paused: its init waits in the cgroup already */
	[RUN_OP_PAUSE] = { [OCI_STATUS_CREATING] = IN_CREATION,
			   [OCI_STATUS_STOPPED] = NOT_RUNNING,
			   [OCI_STATUS_PAUSED] = "container already paused: %s is %s" },
	[RUN_OP_RESUME] = { [OCI_STATUS_CREATING] = IN_CREATION,
			    [OCI_STATUS_CREATED] = NOT_PAUSED,
			    [OCI_STATUS_RUNNING] = NOT_PAUSED,
			    [OCI_STATUS_STOPPED] = NOT_RUNNING },
	/* a stopped one may have processes left that share a pid namespace */
	[RUN_OP_PS] = { [OCI_STATUS_CREATING] = IN_CREATION },
	[RUN_OP_EVENTS] = { [OCI_STATUS_CREATING] = IN_CREATION,
			    [OCI_STATUS_STOPPED] = NOT_RUNNING },
	[RUN_OP_UPDATE] = { [OCI_STATUS_CREATING] = IN_CREATION,
			    [OCI_STATUS_STOPPED] = NOT_RUNNING },
	[RUN_OP_CHECKPOINT] = { [OCI_STATUS_CREATING] = IN_CREATION,
				[OCI_STATUS_CREATED] = NOT_RUNNING,
				[OCI_STATUS_STOPPED] = NOT_RUNNING },
	[RUN_OP_WAIT] = { [OCI_STATUS_CREATING] = IN_CREATION },
	[RUN_OP_MOUNTS] = { [OCI_STATUS_CREATING] = IN_CREATION,
			    [OCI_STATUS_STOPPED] = NOT_RUNNING },
};

int machine_check(enum run_operation op, enum oci_status status, const char *id,
		  struct err *e)
{
	const char *text = refusal[op][status];

	if (!text)
		return 0;
	return err_set(e, text, id, oci_word(oci_words_status, status));
}
