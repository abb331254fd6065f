/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capabilities as bits: names, sets, and what of a wanted set can be granted. libcap is the
 * authority on names and numbers; a unit test compares our table with it, so that the
 * running program needs neither its library nor its memory. capabilities(7).
 */
#ifndef SEC_CAPS_H
#define SEC_CAPS_H

#include "base/err.h"
#include "base/str.h"
#include "libocispec/runtime.h"

#include <stdint.h>

enum { CAPS_KNOWN = 41 }; /* CAP_CHOWN .. CAP_CHECKPOINT_RESTORE, Linux 5.9 */

#define CAPS_BIT(cap) ((uint64_t)1 << (cap))

/* The five sets of a process; bit n is capability n. */
struct caps {
	uint64_t bounding;
	uint64_t effective;
	uint64_t inheritable;
	uint64_t permitted;
	uint64_t ambient;
};

/* What the process that becomes the container's has, and the kernel knows. */
struct caps_facts {
	uint64_t permitted; /* also what can become inheritable or effective */
	uint64_t bounding;
	int last; /* the highest number the kernel knows; -1: as CAPS_KNOWN */
};

/* The number of "CAP_CHOWN" (upper or lower case, "CAP_" may be missing), or -1. */
int caps_number(const char *name);

/* The name of a number, or NULL when it is not known here. */
const char *caps_name(int number);

/*
 * The sets that `want` (NULL: nothing at all) asks for, reduced to what the kernel will
 * grant. Each word that is unknown or cannot be granted adds one line to *warnings
 * ("process.capabilities.ambient: CAP_SYS_ADMIN is not ...\n"); S33 forbids an error.
 */
void caps_plan(const struct oci_capabilities *want, const struct caps_facts *have,
	       struct caps *ret, struct str *warnings);

/*
 * The facts of this process by capget(2) and prctl(2) PR_CAPBSET_READ.
 * -1 with *e set when the kernel refuses.
 */
int caps_read_facts(struct caps_facts *ret, struct err *e);

#endif
