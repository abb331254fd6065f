/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SELinux for one container: which labels its process, its mounts and the trees of mount
 * options z and Z get. What a config leaves open is chosen here:
 *
 *	z	the tree gets the policy's file label for containers (or linux.mountLabel) at
 *		level s0: every container may use it
 *	Z	the same at the level of the container's own label. A container that has none
 *		gets the policy's label for containers, with categories that no other has
 *
 * What was chosen stands in the record, so that exec has it too and no two containers have
 * the same; delete gives it back with the record. Where SELinux is disabled nothing is done,
 * and one line says so.
 */
#ifndef RUN_LABELS_H
#define RUN_LABELS_H

#include "base/err.h"
#include "libocispec/oci.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct container;
struct run_record;

/* One tree to be labelled; opened when it is planned, so it is looked up once. */
struct labels_tree {
	size_t index; /* mounts[index] */
	int fd; /* O_PATH, or -1 */
	uint64_t dev, ino;
	const char *path; /* absolute */
	const char *label;
	bool private; /* Z */
	bool recursive; /* what is mounted below, too */
	uint64_t
		denied; /* not the caller's: INIT labels them, as root of its namespace */
};

struct labels {
	struct labels_tree *v;
	size_t n;
};

/*
 * Decides; before the filesystem is planned, for the configuration may get labels here. Reads
 * facts only when something is asked for (or --selinux is given). Opens the trees, and locks the
 * state root when categories must be chosen (c->ids_lock).
 */
int labels_plan(struct container *c, struct err *e);

/* The sources of the planned mounts must be the trees that are labelled. */
void labels_pin(struct container *c);

/* Puts the labels and private trees into the record. */
void labels_record(struct container *c);

/*
 * HOST, with the state directory made: labels the trees as the caller. What it may not label
 * is an error, or left to INIT when that will be root of a user namespace of its own.
 */
bool wants_labels(const struct container *c);
int host_labels(struct container *c, struct err *e);

/* INIT, as root of its user namespace, with the sources open: what the caller could not do. */
int labels_finish(struct container *c, struct err *e);

void labels_close(struct container *c);

/* Labels out of a record into the configuration that was saved with it (lookup_config()). */
void labels_restore(const struct run_record *r, struct oci_config *config);

#endif
