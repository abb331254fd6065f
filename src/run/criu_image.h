/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directory of a checkpoint: opened once, reached by its descriptor afterwards. Beside
 * criu's files it holds descriptors.json, where the standard streams of the container led
 * to: a list of three texts, as other runtimes write it; and ids.json, the ids that a container
 * with `--userns auto` had for itself.
 */
#ifndef RUN_CRIU_IMAGE_H
#define RUN_CRIU_IMAGE_H

#include "base/err.h"
#include "libocispec/oci.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Opens a directory; with `make` it and its parents are made when missing (0700: memory of
 * processes will be in it). `option` is what the error calls it.
 */
int criu_image_open(const char *path, const char *option, bool make, struct err *e);

/*
 * criu reads images as root of the container's user namespace too: lets that group (a gid of
 * the host) into a directory of ours that nobody else may search. Nothing else is changed, and
 * where it cannot be done criu says so later.
 */
void criu_image_admit(int dir, gid_t gid);

/* Whether criu's images are in it. */
bool criu_image_is_used(int dir);

/* Removes what a failed checkpoint has left: images and our two files, no logs. */
void criu_image_clean(int dir);

/*
 * Reads where descriptors 0-2 of process pid lead to, "" for a closed one; in the arena. Files
 * and terminals from outside of its mount namespace get the names under which criu knows them:
 * "file[18:4]", "tty[8803:16]"; the null device "file[18:4] /dev/null".
 */
int criu_image_streams(struct oci_arena *arena, int proc_fd, int64_t pid,
		       struct oci_strings *ret, struct err *e);

/* Writes and reads descriptors.json. A missing one is an empty list. */
int criu_image_write_streams(int dir, const struct oci_strings *streams, struct err *e);
int criu_image_read_streams(int dir, struct oci_arena *arena, struct oci_strings *ret,
			    struct err *e);

/* The ids of a container that had a range of its own (run/ids.h). */
struct criu_ids {
	struct oci_id_mappings uids, gids;
};

/* Writes and reads ids.json. A missing one is empty lists. */
int criu_image_write_ids(int dir, const struct criu_ids *ids, struct err *e);
int criu_image_read_ids(int dir, struct oci_arena *arena, struct criu_ids *ret,
			struct err *e);

#endif
