/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the files of the root get the container's ids, when its user namespace maps others than
 * their owners'. The annotation wolffia.root-ids (direct use: --root-ids, default auto) says:
 *
 *	none		as they are (a bundle's default: engines have done it)
 *	auto		the first of idmap and metacopy that works; for a plain user, who can do
 *			neither, as they are, with a warning
 *	idmap		an id-mapped mount (Linux 5.12, and the filesystem must know them)
 *	metacopy	a layer into which only owners are copied: every file is visited, by all
 *			processors
 *	chown		the files themselves are changed, for good
 *
 * A root whose directory belongs to the container already is left alone by all of them. The
 * way taken is logged (info) and stands in the state as annotation wolffia.root-ids.way.
 */
#ifndef RUN_ROOTIDS_H
#define RUN_ROOTIDS_H

#include "run/container.h"

enum root_ids {
	ROOT_IDS_NONE,
	ROOT_IDS_AUTO,
	ROOT_IDS_IDMAP,
	ROOT_IDS_METACOPY,
	ROOT_IDS_CHOWN
};

/* The words, by enum root_ids; NULL-ended. */
extern const char *const root_ids_words[];

/* Facts for root_ids_decide(). */
struct root_ids_facts {
	enum root_ids wanted;
	bool mapped; /* the owner of the root directory has an id in the container */
	bool stranger; /* and could get none: his number is no id of the container's either */
	bool privileged; /* HOST is root of the machine */
	bool has_layer; /* a layer that is not kept lies over the root */
};

/*
 * Pure: the ways to try, the best first, ending with ROOT_IDS_NONE; -1 with *e for a wish that
 * cannot be met.
 */
int root_ids_decide(const struct root_ids_facts *f, enum root_ids ret[3], struct err *e);

/* Reads the annotation; once the filesystem is planned. */
int root_ids_plan(struct container *c, struct err *e);

/* HOST's step, before the birth. */
bool wants_root_ids(const struct container *c);
int host_root_ids(struct container *c, struct err *e);

#endif
