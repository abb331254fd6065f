/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `auto`: a range of ids that no other container has. What there is (ids_facts.c) without
 * what is in use: the ranges in the records of all containers, and those that a living
 * process outside of our records has (Podman's containers). ns/idpool.h chooses.
 */
#ifndef RUN_IDS_AUTO_H
#define RUN_IDS_AUTO_H

#include "ns/idpool.h"
#include "ns/subid.h"
#include "run/ids.h"

/*
 * What the caller's containers may have: the subordinate ids of the caller, of the user
 * "containers" for root, all but its own id for root of a user namespace. An error when that
 * is nothing.
 */
int ids_pool(const struct ns_facts *ns, int proc_fd, struct subid_ranges *ret_uids,
	     struct subid_ranges *ret_gids, struct err *e);

/*
 * Pure: -1 with the sentence that the caller (own: his id; 0: root, or who may write any map)
 * has no subordinate ids, and the cure: what subid_cure() says of it. passed_over: what
 * subid_passed_over() says, "" without.
 */
int ids_lacks(const char *kind, uint32_t own, const char *passed_over, const char *cure,
	      struct err *e);

/*
 * Chooses for the container (wish->mode IDS_AUTO) and fills in *ret_uids and *ret_gids; the
 * state root is locked then, c->ids_lock.
 */
int ids_auto(struct container *c, const struct ids_wish *wish,
	     struct oci_id_mappings *ret_uids, struct oci_id_mappings *ret_gids,
	     struct err *e);

/*
 * The same for a container that is restored: criu brings the ids of the images (c->images), so
 * it is those or none. An error when they are in use, or not the caller's (any more).
 */
int ids_again(struct container *c, struct oci_id_mappings *ret_uids,
	      struct oci_id_mappings *ret_gids, struct err *e);

#endif
