/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.resources without the devices: one table from the specification's member to file,
 * format and conversion, for v1 and v2. Pure.
 *
 * What asks for nothing: an absent member, an empty object, false for disableOOMKiller, and
 * 0 where engines write it for "not set" (memory, shares, quota, period, weights, classID);
 * pids.limit 0 is a limit.
 */
#ifndef CGROUP_LIMIT_H
#define CGROUP_LIMIT_H

#include "base/err.h"
#include "cgroup/cgroup.h"

/* Where a controller can be used on this host. */
struct cgroup_seat {
	int dir; /* index in the plan's dirs; -1: nowhere */
	bool v2; /* for dir -1: this host has v2 alone */
	const char *why; /* for dir -1: completes "MEMBER: ", no full stop */
	const char *hint; /* for dir -1: the cure, or NULL */
};

struct cgroup_writes {
	size_t n, size;
	struct cgroup_write *v;
};

/* The controllers that the members ask for, as a mask. resources may be NULL. */
uint32_t cgroup_limits_demand(const struct oci_resources *r);

/* True when any member but the device rules asks for something. */
bool cgroup_limits_any(const struct oci_resources *r);

/*
 * The files to write, in order; seats has one entry per enum cgroup_controller, core is
 * where the files cgroup.* of v2 are. -1 with *e naming the member that cannot be met.
 */
int cgroup_limits_plan(const struct oci_resources *r, const struct cgroup_seat *seats,
		       const struct cgroup_seat *core, struct oci_arena *arena,
		       struct cgroup_writes *ret, struct err *e);

/*
 * The same for an update: of what is in force afterwards, only the members that `wanted`
 * asks for, and those that the kernel judges together with them (memory and swap; period,
 * quota and burst; the realtime pair). current may be NULL. *ret_merged is what is in force
 * afterwards: a new object in the arena that shares strings and elements with both; its
 * device rules are current's.
 */
int cgroup_limits_plan_update(const struct oci_resources *current,
			      const struct oci_resources *wanted,
			      const struct cgroup_seat *seats,
			      const struct cgroup_seat *core, struct oci_arena *arena,
			      struct oci_resources **ret_merged,
			      struct cgroup_writes *ret, struct err *e);

/* cpu.shares (2..262144) as cpu.weight (1..10000), with 1024 as 100: a quadratic curve. */
unsigned cgroup_shares_to_weight(uint64_t shares);

/* blkio.weight (10..1000) as io.weight (1..10000), linear. */
unsigned cgroup_blkio_to_io_weight(uint64_t weight);

#endif
