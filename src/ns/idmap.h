/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps of a plain user's container whose config.json names none: root inside is the
 * caller, and all subordinate ids of the caller follow, range by range.
 */
#ifndef NS_IDMAP_H
#define NS_IDMAP_H

#include "libocispec/oci.h"
#include "ns/facts.h"
#include "ns/subid.h"

/* Pure: container id 0 is `own`, then the ranges in order from 1 on. n == 0: no memory. */
void ns_idmap_default(struct oci_arena *arena, uint32_t own,
		      const struct subid_ranges *ranges, struct oci_id_mappings *ret);

/*
 * Fills in facts->default_* when the config has a new user namespace without mappings and the
 * caller may not write maps itself; else it does nothing. What makes them impossible (no
 * ranges, newuidmap missing or without its privilege, no_new_privs) is no error but the text of
 * a warning.
 */
void ns_idmap_gather(const struct oci_config *config, struct oci_arena *arena,
		     struct ns_facts *facts);

#endif
