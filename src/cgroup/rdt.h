/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.intelRdt: classes of service (cache ways, memory bandwidth) and monitoring groups in
 * the resctrl filesystem. Not part of the cgroup tree, but used the same way: a plan, what
 * the record must hold, making, joining, removing. What a creator calls, in this order:
 *
 *	rdt_mount_find()   where resctrl is mounted
 *	rdt_plan_make()    pure: the class, the lines for its schemata; or the refusal
 *	rdt_survey()       what exists; makes nothing
 *	rdt_record()       -> state record, written before anything is made
 *	rdt_prepare()      makes the groups, writes schemata
 *	rdt_join()         the process
 *	rdt_close()
 *
 * Everybody else begins with rdt_from_record(). A struct rdt without a mount (no intelRdt in
 * config.json) is fine for every call: nothing is done, no file of resctrl is touched.
 *
 * runtime-spec config-linux.md "IntelRdt"; Documentation/filesystems/resctrl.rst
 */
#ifndef CGROUP_RDT_H
#define CGROUP_RDT_H

#include "base/err.h"
#include "libocispec/arena.h"
#include "libocispec/runtime.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct rdt_plan {
	const char *mount; /* "/sys/fs/resctrl"; NULL: nothing is asked for */
	const char *group; /* the class's directory; "": the default class */
	bool ours; /* no closID: the class is made for this container, and goes with it */
	bool must_exist; /* a closID alone: somebody else has made the class */
	/* for the file schemata, each with newlines: NULL or l3CacheSchema and memBwSchema,
	 * NULL or the lines of "schemata", which are written after them */
	const char *first, *second;
	const char *monitor; /* the MON group's name, or NULL */
};

/* The container's groups, as planned or recorded. */
struct rdt {
	const char *mount; /* NULL: none */
	const char *group;
	const char *monitor; /* or NULL */
	bool ours;
	bool made_group, made_monitor; /* by this process */
	int base; /* O_PATH on the mount point, -1 without one */
};

/* No groups, nothing open: how every struct rdt begins. */
#define RDT_NONE           \
	(struct rdt)       \
	{                  \
		.base = -1 \
	}

/*
 * The mount point of resctrl: /sys/fs/resctrl, else what /proc/self/mountinfo says; NULL in
 * *ret when there is none. 0, or -1 with *e.
 */
int rdt_mount_find(struct oci_arena *arena, const char **ret, struct err *e);

/*
 * Pure. r may be NULL: then *ret asks for nothing. id: a valid container id. -1 with *e
 * naming the member: resctrl is not mounted, names that resctrl itself uses.
 */
int rdt_plan_make(const struct oci_intel_rdt *r, const char *id, const char *mount,
		  struct oci_arena *arena, struct rdt_plan *ret, struct err *e);

/*
 * Opens the mount point and compares with what is there: a class of our own must not exist
 * yet, a closID alone must; a class that exists must have the schemata that are asked for.
 */
int rdt_survey(const struct rdt_plan *plan, struct rdt *ret, struct err *e);

/* What the state record must hold; an empty map when there is nothing. */
void rdt_record(const struct rdt *rdt, struct oci_arena *arena, struct oci_map *ret);

/*
 * Opens what a record names. A record that names anything but groups right below the mount
 * point is damaged: an error. When resctrl is gone there is nothing to do: no mount in *ret.
 */
int rdt_from_record(const struct oci_map *record, struct rdt *ret, struct err *e);

/* Makes the class and the MON group as far as they are missing and writes the schemata. */
int rdt_prepare(const struct rdt_plan *plan, struct rdt *rdt, struct err *e);

/*
 * Moves a process, and the children it will have, into the class and the MON group. For the
 * init, and for every process that `exec` brings in.
 */
int rdt_join(const struct rdt *rdt, pid_t pid, struct err *e);

/*
 * New schemata for the container's class, which may be shared with others: l3CacheSchema
 * and memBwSchema, either may be NULL. What the kernel refuses has changed nothing.
 */
int rdt_update(const struct rdt *rdt, const char *l3_cache_schema,
	       const char *mem_bw_schema, struct err *e);

/*
 * For delete: removes the class that was made for this container, or its MON group in a
 * class that stays. What is gone already is no error.
 */
int rdt_remove(const struct rdt *rdt, struct err *e);

/* For a creation that failed: removes what rdt_prepare() has made, also a class with a closID
 * as long as nobody is in it. */
int rdt_undo(const struct rdt *rdt, struct err *e);

/* Closes the descriptor; the groups stay. */
void rdt_close(struct rdt *rdt);

/*
 * Pure: is what `wanted` says, domain by domain, what `content` (a file schemata) says too?
 * Cache masks are compared as hexadecimal, bandwidths as decimal numbers; of a domain named
 * twice the last one counts. false, and in *ret_line the line of wanted that differs or
 * cannot be understood (borrowed; up to a newline).
 */
bool rdt_schemata_match(const char *wanted, const char *content, const char **ret_line);

#endif
