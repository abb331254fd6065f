/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving a whole tree to other ids, file by file: the slow way, for filesystems that cannot be
 * id-mapped. Only ever done when somebody has asked for it (run/rootids.h).
 */
#ifndef FS_SHIFT_H
#define FS_SHIFT_H

#include "base/err.h"
#include "libocispec/runtime.h"

#include <stdbool.h>
#include <stdint.h>

/* Ids as stat(2) shows them to the caller: container_id is what it is, host_id what it shall be. */
struct shift {
	struct oci_id_mappings uids, gids;
	int interrupt_fd; /* readable: the work ends there, code EINTR (a signalfd); 0: none */
};

/*
 * Pure: the new id: of an id that a mapping has on its left side the other side. What stands on
 * a right side has been changed already and stays, like all that is not mentioned.
 */
uint32_t shift_id(const struct oci_id_mappings *map, uint32_t id);

/* Pure: true when some id stands on both sides: then nobody could tell what is done already. */
bool shift_overlaps(const struct oci_id_mappings *map);

/*
 * Changes the owners of the directory `root` and of all below it, links not followed, mounts
 * not crossed; set-uid bits are kept. 0, also when there was nothing to change: it may be
 * repeated. The work is shared by so many processes, 1 or more, directory by directory: for
 * a caller with one thread, and worth it where a change of owner is much work.
 */
int shift_tree(int root, const struct shift *how, unsigned processes, struct err *e);

#endif
