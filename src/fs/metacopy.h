/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A root whose files get other owners without being copied: an overlay with metacopy=on (Linux
 * 4.19), in which a change of owner copies the inode but not the data. The kernel allows it to
 * root of the machine only (trusted.* attributes).
 */
#ifndef FS_METACOPY_H
#define FS_METACOPY_H

#include "base/err.h"
#include "fs/shift.h"

struct metacopy {
	const char *path; /* of the root, absolute */
	struct shift shift;
	const char *size; /* of the tmpfs for the layer, or NULL; not with layer_dir */
	const char *layer_dir; /* of the layer on disk (run/layer.h), or NULL */
	const char *device; /* with the filesystem for it (bounded.h), or NULL: a tmpfs */
	int interrupt_fd; /* readable: it is given up, code EINTR; 0: none */
};

/*
 * Makes it in a child with a mount namespace of its own, so that nothing is ever to be seen on
 * the machine: the overlay as a detached mount. Visits every file, on all processors that the
 * caller may use. -1 with *e.
 */
int metacopy_root(const struct metacopy *how, struct err *e);

#endif
