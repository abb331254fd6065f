/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this build can do, as the specification's features document. Fixed when it was
 * compiled, never probed (S198): a list names what is understood, "enabled" what is built in.
 */
#ifndef RUN_FEATURES_H
#define RUN_FEATURES_H

#include "libocispec/oci.h"

#include <stdbool.h>

/*
 * The document; *ret points to constants and to the arena. A member the runtime knows
 * nothing about yet is written as false or [] rather than left out (S199). An arena out of
 * memory shows in arena->failed.
 */
void run_features(struct oci_arena *arena, struct oci_features *ret);

/* A part of the build that --version names: "+SECCOMP" or "-SECCOMP". */
struct run_part {
	const char *name;
	bool built_in;
};

/* The parts in the order of printing; the last one has no name. */
extern const struct run_part run_parts[];

/* The version of the libseccomp that call names and numbers come from. */
const char *run_libseccomp_version(void);

/* Rows of the table of steps (life.c): tests/break goes through them. */
int run_rows(void);

#endif
