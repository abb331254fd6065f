/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filesystem of limited size on disk, for throw-away layers: ext4 in a file that never has
 * a name, behind a loop device that frees itself. Nothing of it outlives the last process that
 * has it mounted, whatever is killed, so no record and no removal is needed. The space is set
 * aside at once: a disk that runs full later takes nothing of what was promised.
 */
#ifndef FS_BOUNDED_H
#define FS_BOUNDED_H

#include "base/err.h"
#include "kernel/loopdev.h"

#include <stdint.h>

#define BOUNDED_TYPE "ext4"

enum {
	BOUNDED_LEAST = 1 << 20
}; /* bytes; a filesystem of less has no room to speak of */

struct bounded {
	const char *dir; /* absolute; on whose filesystem it is to be */
	uint64_t size; /* bytes, tables of the filesystem included */
	uint32_t uid, gid; /* who owns its top, as the caller names them */
};

/* Pure: the arguments of mke2fs(8) for the device, NULL-ended, in memory of ret's own. */
struct bounded_args {
	char *v[19];
	char extended[96];
};
void bounded_args(const struct bounded *how, const char *device,
		  struct bounded_args *ret);

/*
 * Makes it: a detached mount, as an O_PATH descriptor. ret_device is valid as long as that is:
 * whoever mounts it a second time gets the same filesystem. -1 with *e, and nothing is left.
 */
int bounded_new(const struct bounded *how, char ret_device[LOOPDEV_PATH_MAX],
		struct err *e);

/* A further detached mount of it. */
int bounded_mount(const char *device, struct err *e);

/* Whether it can be had here, as far as looking at it tells; *e says what is missing. */
int bounded_usable(struct err *e);

#endif
