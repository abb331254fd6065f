/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the specification -> numbers of the kernel: rlimits, scheduler, io priority,
 * memory policy; and lists of numbers as in "0-3,7". Pure.
 */
#ifndef SEC_LIMITS_H
#define SEC_LIMITS_H

#include "base/err.h"
#include "libocispec/runtime.h"

#include <stddef.h>
#include <stdint.h>

enum { LIMITS_CPUS_MAX = 8192, LIMITS_NODES_MAX = 1024 };

/* A set of CPUs or of NUMA nodes as the kernel wants it: bit n of word n / 64. */
struct limits_cpus {
	uint64_t bits[LIMITS_CPUS_MAX / 64];
};
struct limits_nodes {
	uint64_t bits[LIMITS_NODES_MAX / 64];
};

/* struct sched_attr of sched_setattr(2), version 1 (Linux 5.3); old libcs lack it. */
struct limits_sched {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime; /* nanoseconds */
	uint64_t deadline;
	uint64_t period;
	uint32_t util_min;
	uint32_t util_max;
};

/* RLIMIT_* of "RLIMIT_NOFILE", or -1. getrlimit(2). */
int limits_resource(const char *type);

/*
 * Sets the bits that a list such as "0-3,7" names in `bits` (n_bits of them, zeroed here).
 * "" is the empty set. -1 with *e set for what is no list or beyond n_bits.
 */
int limits_list(const char *list, uint64_t *bits, size_t n_bits, struct err *e);

/* The kernel's struct for process.scheduler; ranges are the kernel's: refused here, by name. */
int limits_scheduler(const struct oci_scheduler *s, struct limits_sched *ret,
		     struct err *e);

/* The value for ioprio_set(2); priority 0..7. */
int limits_io_priority(const struct oci_io_priority *p, int *ret, struct err *e);

/*
 * Mode with flags and the nodes for set_mempolicy(2); *ret_n is its maxnode argument, 0 for
 * no nodes at all.
 */
int limits_memory_policy(const struct oci_memory_policy *m, int *ret_mode,
			 struct limits_nodes *ret, size_t *ret_n, struct err *e);

#endif
