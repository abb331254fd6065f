/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A range of ids that nobody else has (`--userns auto`): what there is to choose from, what
 * is in use, and the choice. Pure but for idpool_in_use().
 */
#ifndef NS_IDPOOL_H
#define NS_IDPOOL_H

#include "base/err.h"
#include "libocispec/oci.h"
#include "ns/subid.h"

#include <stdint.h>
#include <sys/types.h>

/*
 * IDPOOL_WHOLE: what a container gets when there is plenty, for images have ids up to 65534;
 * IDPOOL_LEAST: what it gets at least when nobody has said how many.
 */
enum { IDPOOL_WHOLE = 65536, IDPOOL_LEAST = 1024 };

/* Pure: the pool without what is used. Free *ret with subid_ranges_free(). */
void idpool_free(const struct subid_ranges *pool, const struct subid_ranges *used,
		 struct subid_ranges *ret);

/*
 * Pure: how many ids, when nobody has said it. IDPOOL_WHOLE as long as as many remain for
 * others; else what the image needs (highest: its highest id, 0: none is known), and
 * IDPOOL_LEAST at least.
 */
uint64_t idpool_default(const struct subid_ranges *free_ids, uint64_t highest);

/*
 * Pure: the mapping of container ids 0..size-1. One piece if there is one, from the top of
 * the free ids downwards (Podman goes from the bottom upwards), whole multiples of
 * IDPOOL_WHOLE at a multiple of it if possible; else the fewest pieces. *ret lives in the
 * arena. The error says what there is: "need 5000 uids, 3000 of 65536 are free (largest
 * piece 2000)".
 */
int idpool_choose(const struct subid_ranges *pool, const struct subid_ranges *free_ids,
		  uint64_t size, const char *kind, struct oci_arena *arena,
		  struct oci_id_mappings *ret, struct err *e);

/* Which of the three columns of a map is meant by idpool_add_map(). */
enum idpool_side { IDPOOL_INSIDE, IDPOOL_OUTSIDE };

/*
 * Pure: adds the ranges in the text of a /proc/PID/uid_map; those with an outside that the
 * reader does not have (4294967295) are passed over.
 */
void idpool_add_map(const char *text, enum idpool_side side, struct subid_ranges *ret);

/*
 * Pure: the highest id in column `field` (from 0) of a text like passwd(5) or group(5);
 * "nobody", "nogroup" and the ids from 65534 on do not count.
 */
uint32_t idpool_highest(const char *text, unsigned field);

/*
 * What the processes that proc_fd shows have in use: the maps of all user namespaces but the
 * caller's own, and but those that hold the caller's own id too: such a one is the caller's,
 * shared by whatever he starts in it (rootless Podman's own, --userns shared, keep-id), and
 * claims nothing for itself. uid_map and gid_map are readable for any visible process; what
 * hidepid hides is not found.
 */
int idpool_in_use(int proc_fd, uid_t uid, gid_t gid, struct subid_ranges *ret_uids,
		  struct subid_ranges *ret_gids, struct err *e);

#endif
