/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a container's ids are on the machine, when no config.json lists mappings: the word of
 * `--userns`, or of the annotation wolffia.userns in a bundle that has a new user namespace
 * and no mappings.
 *
 *	single			one id: the caller's own; needs no helper
 *	shared			the caller as root, above it all subordinate ids
 *	keep-id[:uid=N,gid=N,size=N]
 *				the caller as himself, subordinate ids around
 *	nomap			subordinate ids only: the caller is nobody inside
 *	auto[:size=N]		a range of subordinate ids that no other container has
 *	map=C:H:N[,...][/C:H:N...]
 *				as given; behind the slash the gids, else they are the same
 *	host			no user namespace
 */
#ifndef RUN_IDS_H
#define RUN_IDS_H

#include "base/err.h"
#include "libocispec/oci.h"
#include "ns/facts.h"

#include <stdbool.h>
#include <stdint.h>

enum ids_mode {
	IDS_SINGLE,
	IDS_SHARED,
	IDS_KEEP_ID,
	IDS_NOMAP,
	IDS_AUTO,
	IDS_MAP,
	IDS_HOST,
};

struct ids_wish {
	enum ids_mode mode;
	struct oci_id_mappings uids, gids; /* IDS_MAP */
	bool has_uid, has_gid; /* IDS_KEEP_ID: the caller's ids inside */
	uint32_t uid, gid;
	uint32_t size; /* IDS_AUTO, IDS_KEEP_ID: how many ids; 0: not said */
};

#define IDS_ANNOTATION "wolffia.userns"

/* The words as they are shown (NULL-ended, by enum ids_mode). */
extern const char *const ids_words[];

/* Pure. Lists live in the arena. The error tells what can be said, without a place. */
int ids_parse(const char *text, struct oci_arena *arena, struct ids_wish *ret,
	      struct err *e);

/*
 * Pure: the id mappings of a mode (not IDS_AUTO, IDS_MAP) for one kind of ids. own: the
 * caller's id; inside: the id it gets; subs: its subordinate ranges (host_id and size);
 * kind: "uid" or "gid" for messages.
 */
int ids_map(struct oci_arena *arena, enum ids_mode mode, uint32_t own, uint32_t inside,
	    const struct oci_id_mappings *subs, const char *kind,
	    struct oci_id_mappings *ret, struct err *e);

/* Pure: which id outside the one inside is; false: it has none. */
bool ids_outside(const struct oci_id_mappings *map, uint32_t inside, uint32_t *ret);

/* Pure: -1 with the sentence that the user has no ids in there, and what to do in this mode. */
int ids_absent(const struct ids_wish *w, uint32_t uid, uint32_t gid, struct err *e);

/*
 * Pure: cuts off what lies at or above container id `size` (0: nothing). -1 with *e when more
 * is left than the kernel takes.
 */
int ids_cut(struct oci_id_mappings *map, uint32_t size, struct err *e);

/*
 * The subordinate ids that a mode builds its mappings from, as mappings with host_id and
 * size; empty for those that need none. Of root: for IDS_SHARED and IDS_KEEP_ID all others,
 * else those of the user "containers"; of root of a user namespace (proc_fd: a procfs that shows
 * it) always all others that this one has.
 */
int ids_subordinate(const struct ns_facts *ns, int proc_fd, enum ids_mode mode,
		    struct oci_arena *arena, struct oci_id_mappings *ret_uids,
		    struct oci_id_mappings *ret_gids, struct err *e);

/* True when the caller may write any mapping. */
bool ids_privileged(const struct ns_facts *ns);

/*
 * True when systemd-nsresourced is to be asked for the ids of this wish: IDS_NOMAP, or IDS_AUTO
 * with 65536 of them, its socket is there, and the caller can have none by newuidmap and
 * newgidmap. Then linux.uidMappings and gidMappings have ids that are not known yet until INIT
 * is born.
 */
bool ids_are_lent(const struct ns_facts *ns, const struct ids_wish *w);

struct container;

/* The mapping of such a container, for uids or gids, and its facts (ns_facts.lent). */
int ids_lent_plan(struct container *c, struct oci_id_mappings *ret, struct err *e);

/* HOST: has INIT's maps written by systemd-nsresourced, and completes the mappings. */
int ids_lent_map(struct container *c, struct err *e);

/*
 * Fills in linux.uidMappings and gidMappings of the decoded config as the annotation says.
 * For IDS_AUTO the range is also put into the record, and the state root stays locked
 * (run/used.h) until ids_chosen(). -1 with *e for a word that is none, an annotation that
 * contradicts the rest, and ids that cannot be had.
 */
int ids_plan(struct container *c, struct err *e);

/* The record says what has been chosen: others may look. Also when nothing was. */
void ids_chosen(struct container *c);

#endif
