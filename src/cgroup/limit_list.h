/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The members of linux.resources that are lists: per device, per page size, per interface,
 * free files. Used by limit.c only. Pure.
 */
#ifndef CGROUP_LIMIT_LIST_H
#define CGROUP_LIMIT_LIST_H

#include "cgroup/limit.h"

/* Where values are collected. */
struct limit_out {
	struct oci_arena *arena;
	struct cgroup_writes writes;
	const char *member; /* in the arena */
	unsigned dir;
	bool v2;
	const char *file; /* the version's file of the member */
};

/*
 * Turns to a member: its cgroup, version and file. -1 with *e when the controller is
 * nowhere or the version has no file for it.
 */
int limit_out_seat(struct limit_out *out, const char *member,
		   const struct cgroup_seat *seat, const char *v1, const char *v2,
		   struct err *e);

/* Appends a value for a file in the current cgroup. flags: enum cgroup_write_flag. Returns 0. */
int limit_out(struct limit_out *out, unsigned flags, const char *file, const char *fmt,
	      ...) __attribute__((format(printf, 4, 5)));

/*
 * A block weight for `device` ("8:0 ", or "" for the default): BFQ's own file where the
 * scheduler is there, else the common one, on v2 converted.
 */
int limit_block_weight(struct limit_out *out, const char *device, uint64_t weight,
		       struct err *e);

/* As cgroup_limits_demand() and cgroup_limits_plan(), for the lists. */
uint32_t limit_lists_demand(const struct oci_resources *r);
int limit_lists_plan(const struct oci_resources *r, const struct cgroup_seat *seats,
		     const struct cgroup_seat *core, struct limit_out *out,
		     struct err *e);

/*
 * Puts the lists of `wanted` over those in *r, which are current's: elements are matched by
 * their key and replaced or added; device rules stay. The lists of *r are made anew in the
 * arena. r->block_io and r->network are there when wanted has them, and r's own to change.
 */
void limit_lists_merge(struct oci_resources *r, const struct oci_resources *wanted,
		       struct oci_arena *arena);

#endif
