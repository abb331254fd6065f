/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `doctor`: what of this machine a container can have. Each layer is tried in a child of its
 * own and not guessed from a setting; nothing is left afterwards. A finding names what is
 * missing, why, what for it would be, and what to do.
 */
#ifndef RUN_DOCTOR_H
#define RUN_DOCTOR_H

#include "base/err.h"
#include "base/str.h"
#include "libocispec/oci.h"
#include "run/run.h"

#include <stddef.h>

enum doctor_state { DOCTOR_OK, DOCTOR_DEGRADED, DOCTOR_MISSING };

/* What the lack of a layer means. */
enum doctor_need {
	DOCTOR_REQUIRED, /* without it nothing runs */
	DOCTOR_WANTED, /* without it something that people count on is not there */
	DOCTOR_EXTRA, /* good to have; never counts */
};

enum doctor_verdict { DOCTOR_USABLE, DOCTOR_RESTRICTED, DOCTOR_UNUSABLE };

struct doctor_finding {
	const char *name; /* one word, the same for ever: "userns" */
	const char *why; /* what the layer is for, a clause */
	enum doctor_need need;
	enum doctor_state state;
	const char *found; /* what was seen; NULL: nothing to tell */
	const char *cause; /* NULL when it is ok */
	const char *cure; /* NULL: none is known, or none is needed */
};

enum { DOCTOR_FINDINGS_MAX = 32 };

struct doctor_report {
	struct doctor_finding v[DOCTOR_FINDINGS_MAX];
	size_t n;
	enum doctor_verdict verdict;
};

/*
 * Tries everything; with net_speed also how fast helpers are, which takes seconds. Texts live in
 * the arena. Without a procfs that is the only finding. -1 with *e when memory is out.
 */
int doctor_examine(const struct run_context *ctx, bool net_speed, struct oci_arena *arena,
		   struct doctor_report *ret, struct err *e);

/* Pure: the verdict of so many findings. */
enum doctor_verdict doctor_judge(const struct doctor_finding *v, size_t n);

/*
 * Pure: an AppArmor profile that lets the program at this path, and no other, make user
 * namespaces where kernel.apparmor_restrict_unprivileged_userns is 1.
 */
void doctor_profile(const char *program, struct str *ret);

/* The absolute path of this program, in the arena; NULL with *e. */
char *doctor_program(struct oci_arena *arena, struct err *e);

#endif
