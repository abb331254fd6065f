/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The janitor: a short-lived child that may do to the files of a container what the caller
 * may not. A plain user's container leaves files that belong to his subordinate ids; he
 * cannot remove them, root of a user namespace with the same ids can. In that namespace the
 * caller is id 0 and the container's ids follow, range by range.
 */
#ifndef RUN_JANITOR_H
#define RUN_JANITOR_H

#include "base/err.h"
#include "libocispec/oci.h"

/*
 * Pure: the janitor's map: `own` is 0, and the host ids of `ids`, without own, follow from 1
 * on. n == 0: no memory.
 */
void janitor_map(struct oci_arena *arena, uint32_t own, const struct oci_id_mappings *ids,
		 struct oci_id_mappings *ret);

/* Pure: what a host id is called in a map; false when it has no name there. */
bool janitor_id(const struct oci_id_mappings *map, uint32_t host_id, uint32_t *ret);

/*
 * Runs work(arg) in such a child and waits for it; its error is ours. work() sees a copy of
 * our memory, our descriptors and our mounts. uids, gids: the maps of janitor_map(). Needs
 * newuidmap(1) unless the caller may write maps. interrupt_fd readable (0: none): the child is
 * killed, code EINTR.
 */
int janitor_run(const struct oci_id_mappings *uids, const struct oci_id_mappings *gids,
		int (*work)(void *arg, struct err *e), void *arg, int interrupt_fd,
		struct err *e);

#endif
