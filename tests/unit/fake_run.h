/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Link-time double of src/run for tests of the commands: records what it was asked for, as
 * text, and answers with what the test has put here.
 */
#ifndef TESTS_UNIT_FAKE_RUN_H
#define TESTS_UNIT_FAKE_RUN_H

#include "base/str.h"
#include "run/run.h"

struct fake_run {
	struct str calls; /* one line a call: "kill t1 15 all" */
	const char *fail_id; /* operations on this id fail with "no good" */
	int status; /* what run_run() gives as the exit status */
	struct oci_state *states; /* what run_list() gives; run_state() the first */
	size_t n_states;
	const char *ids[8]; /* what run_match() gives; NULL-ended */
};

extern struct fake_run fake_run;

/* Empties it for the next test. */
void fake_run_reset(void);

#endif
