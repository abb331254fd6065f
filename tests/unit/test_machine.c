/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state machine: the whole matrix of operation and status, and how a status is found. */
#include "run/machine.h"
#include "run/record.h"

#include "suite.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * One line an operation; '.' allowed, 'x' refused. Columns: creating created running
 * stopped paused.
 */
static const struct {
	enum run_operation op;
	const char *allowed;
} matrix[] = {
	{ RUN_OP_START, "x.xxx" },	  { RUN_OP_KILL, "x..x." },
	{ RUN_OP_KILL_ALL, "x...." },	  { RUN_OP_DELETE, "x.x.x" },
	{ RUN_OP_DELETE_FORCE, "....." }, { RUN_OP_STATE, "....." },
	{ RUN_OP_EXEC, "x..xx" },	  { RUN_OP_EXEC_PAUSED, "x..x." },
	{ RUN_OP_PAUSE, "x..xx" },	  { RUN_OP_RESUME, "xxxx." },
	{ RUN_OP_PS, "x...." },		  { RUN_OP_EVENTS, "x..x." },
	{ RUN_OP_UPDATE, "x..x." },	  { RUN_OP_CHECKPOINT, "xx.x." },
	{ RUN_OP_WAIT, "x...." },	  { RUN_OP_MOUNTS, "x..x." },
};
static_assert(ROWS(matrix) == RUN_OP_COUNT, "a row an operation");

START_TEST(test_matrix)
{
	static const enum oci_status columns[] = { OCI_STATUS_CREATING,
						   OCI_STATUS_CREATED, OCI_STATUS_RUNNING,
						   OCI_STATUS_STOPPED,
						   OCI_STATUS_PAUSED };

	for (int i = 0; i < 5; i++) {
		struct err e = { 0 };
		int rc = machine_check(matrix[_i].op, columns[i], "c1", &e);

		ck_assert_int_eq(rc, matrix[_i].allowed[i] == '.' ? 0 : -1);
		ck_assert_int_eq(err_is_set(&e), rc < 0);
	}
}
END_TEST

/* The sentences that engines match (clients.md 3.7). */
static const struct {
	enum run_operation op;
	enum oci_status status;
	const char *text;
} sentences[] = {
	{ RUN_OP_KILL, OCI_STATUS_STOPPED, "container not running: c1 is stopped" },
	{ RUN_OP_DELETE, OCI_STATUS_RUNNING,
	  "cannot delete container c1 that is not stopped: running" },
	{ RUN_OP_DELETE, OCI_STATUS_PAUSED,
	  "cannot delete container c1 that is not stopped: paused" },
	{ RUN_OP_START, OCI_STATUS_RUNNING,
	  "cannot start an already running container: c1 is running" },
	{ RUN_OP_START, OCI_STATUS_STOPPED,
	  "cannot start a container that has stopped: c1 is stopped" },
	{ RUN_OP_START, OCI_STATUS_PAUSED,
	  "cannot start a paused container: c1 is paused" },
	{ RUN_OP_START, OCI_STATUS_CREATING,
	  "container c1 is still being created (creating)" },
	{ RUN_OP_EXEC, OCI_STATUS_STOPPED,
	  "cannot exec in a stopped container: c1 is stopped" },
	{ RUN_OP_EXEC, OCI_STATUS_PAUSED,
	  "cannot exec in a paused container: c1 is paused" },
	{ RUN_OP_PAUSE, OCI_STATUS_STOPPED, "container not running: c1 is stopped" },
	{ RUN_OP_PAUSE, OCI_STATUS_PAUSED, "container already paused: c1 is paused" },
	{ RUN_OP_RESUME, OCI_STATUS_RUNNING, "container not paused: c1 is running" },
	{ RUN_OP_RESUME, OCI_STATUS_STOPPED, "container not running: c1 is stopped" },
	{ RUN_OP_UPDATE, OCI_STATUS_STOPPED, "container not running: c1 is stopped" },
	{ RUN_OP_EVENTS, OCI_STATUS_STOPPED, "container not running: c1 is stopped" },
};

START_TEST(test_sentence)
{
	struct err e = { 0 };

	ck_assert_int_eq(machine_check(sentences[_i].op, sentences[_i].status, "c1", &e),
			 -1);
	ck_assert_str_eq(e.text, sentences[_i].text);
}
END_TEST

static const struct {
	int phase;
	bool busy, alive, frozen;
	enum oci_status status;
} facts[] = {
	{ RUN_PHASE_NONE, true, false, false, OCI_STATUS_CREATING },
	{ RUN_PHASE_NONE, false, false, false, OCI_STATUS_STOPPED },
	{ RUN_PHASE_CREATING, true, true, false, OCI_STATUS_CREATING },
	/* create was killed: its init is on its way out, or waits for ever */
	{ RUN_PHASE_CREATING, false, true, false, OCI_STATUS_STOPPED },
	{ RUN_PHASE_CREATED, false, true, false, OCI_STATUS_CREATED },
	{ RUN_PHASE_CREATED, true, true, false, OCI_STATUS_CREATED },
	{ RUN_PHASE_CREATED, false, false, false, OCI_STATUS_STOPPED },
	{ RUN_PHASE_RUNNING, false, true, false, OCI_STATUS_RUNNING },
	{ RUN_PHASE_RUNNING, false, true, true, OCI_STATUS_PAUSED },
	{ RUN_PHASE_RUNNING, false, false, true, OCI_STATUS_STOPPED },
};

START_TEST(test_status)
{
	struct run_facts f = { facts[_i].phase, facts[_i].busy, facts[_i].alive,
			       facts[_i].frozen };

	ck_assert_int_eq(machine_status(&f), facts[_i].status);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, test_matrix, 0, ROWS(matrix));
	tcase_add_loop_test(t, test_sentence, 0, ROWS(sentences));
	tcase_add_loop_test(t, test_status, 0, ROWS(facts));
}

int main(void)
{
	return suite_run("machine", fill);
}
