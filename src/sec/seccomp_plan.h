/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside src/sec: what seccomp.c (which call gets which verdict) hands to seccomp_emit.c
 * (the program that says so). All lists are indices into arrays that grow.
 */
#ifndef SEC_SECCOMP_PLAN_H
#define SEC_SECCOMP_PLAN_H

#include "sec/seccomp.h"

/* One comparison: (argument & mask) op datum, unsigned. */
struct seccomp_test {
	uint8_t index;
	uint8_t op; /* enum oci_seccomp_op; MASKED_EQ has become EQ with a mask */
	uint64_t mask;
	uint64_t datum;
};

/*
 * What happens to a call number. Verdict 0 is the default action. With tests: when all of
 * them hold the action, else what the parent says (the rules before this one).
 */
struct seccomp_verdict_row {
	uint32_t action;
	uint32_t n; /* tests; 0: the action in any case, no parent */
	uint32_t first; /* into tests */
	uint32_t parent;
};

/* Calls from `start` up to the next range's start have the same verdict. */
struct seccomp_range {
	uint32_t start;
	uint32_t verdict;
};

enum { SECCOMP_BLOCK_MAX = 24 };

/* The ranges of one architecture; the first starts at 0. */
struct seccomp_block {
	uint32_t token; /* AUDIT_ARCH_* as the kernel gives it: x32 has x86_64's */
	bool wide; /* 64-bit arguments */
	bool x32;
	uint32_t first; /* into ranges */
	uint32_t n;
};

struct seccomp_plan {
	struct seccomp_test *tests;
	size_t n_tests, size_tests;
	struct seccomp_verdict_row *verdicts;
	size_t n_verdicts, size_verdicts;
	struct seccomp_range *ranges;
	size_t n_ranges, size_ranges;
	struct seccomp_block blocks[SECCOMP_BLOCK_MAX];
	size_t n_blocks;
	uint32_t default_action;
};

/* Makes room for one more element of an array {v, n, size}; returns its index. */
#define SECCOMP_GROW(plan, list)                                                        \
	({                                                                              \
		if ((plan)->n_##list == (plan)->size_##list) {                          \
			(plan)->size_##list =                                           \
				(plan)->size_##list ? (plan)->size_##list * 2 : 64;     \
			(plan)->list = xreallocarray((plan)->list, (plan)->size_##list, \
						     sizeof(*(plan)->list));            \
		}                                                                       \
		(plan)->n_##list++;                                                     \
	})

/* Writes the program of a finished plan; -1 with *e set when it would be too long. */
int seccomp_emit(const struct seccomp_plan *p, struct seccomp_filter *ret, struct err *e);

#endif
