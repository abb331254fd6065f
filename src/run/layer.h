/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers on disk. A throw-away layer that would not fit into memory lies in a directory of its
 * own, "wolffia-layer-..." in $TMPDIR or /var/tmp, and is removed with the container; a kept
 * one lies in a directory of the user's, with what was changed in "upper":
 *
 *	DIR/in-use	a symbolic link to the state directory of the container that uses it
 *	DIR/layers	throw-away: the layers
 *	DIR/upper	kept: what the container has changed; stays
 *	DIR/work	kept: the kernel's, gone afterwards
 *	DIR/by-fuse-overlayfs	kept: that has written "upper", in a format that the kernel's
 *			overlay would show as files
 *
 * A throw-away one with a limit (wolffia.overlay-size) needs a filesystem of that size:
 * fs/bounded.h. It has no directory, no link and no record, for it cannot be left behind.
 *
 * The record names DIR before it is made, and the link names the container: delete removes
 * only what both say.
 */
#ifndef RUN_LAYER_H
#define RUN_LAYER_H

#include "run/container.h"

/* Fills in record.layer and the plan's place for layers, when they are not in memory. Pure but
 * for the name's random number. After the filesystem and the record were planned. */
int layer_plan(struct container *c, struct err *e);

/*
 * Says at info level where what is written to the root goes, and warns of volumes with layers
 * that nobody in the container owns. Once layers are planned.
 */
void layer_tell(const struct container *c);

/*
 * Pure: whether a throw-away layer on disk may have so many bytes at most (text, as in the
 * annotation). -1 with *e for whom it cannot be had, and for less than a filesystem takes.
 */
int layer_check_bound(const char *size, bool machines_root, struct err *e);

/*
 * HOST's steps for a throw-away layer with a limit: its filesystem (fs/bounded.h), before the
 * birth; our hold of it, given up after that.
 */
bool wants_bounded(const struct container *c);
int host_bounded(struct container *c, struct err *e);
int host_bounded_given(struct container *c, struct err *e);

/* HOST's step: directories, owners, link; and its undo. */
bool wants_layer(const struct container *c);
int host_layer(struct container *c, struct err *e);
void host_layer_undo(struct container *c);

/* The directory of a layer that is kept, else -1; layer may be NULL. */
int layer_open_kept(const struct run_layer *layer);

/*
 * Removes what a container that has ended leaves on disk: all of a throw-away layer, of a
 * kept one all but "upper". state: descriptor of the container's state directory. Files of
 * subordinate ids are removed by a janitor. -1 with *e tells what is left; may be repeated.
 */
int layer_remove(const struct run_layer *layer, int state, struct err *e);

/* Where throw-away layers on disk lie: $TMPDIR, else /var/tmp. */
const char *layer_base(void);

/*
 * Throw-away layers of the caller's there whose state a reboot has taken away: at most `room`
 * rows, the number of which is returned; unless dry_run they are removed. For gc.
 */
size_t layer_collect(bool dry_run, struct oci_arena *arena, struct run_gc_row *rows,
		     size_t room);

#endif
