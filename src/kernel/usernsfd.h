/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user namespace that exists only as a descriptor, to carry the id mappings of an
 * id-mapped mount (mount_setattr(2), MOUNT_ATTR_IDMAP).
 */
#ifndef KERNEL_USERNSFD_H
#define KERNEL_USERNSFD_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* One line of uid_map or gid_map (user_namespaces(7)). */
struct usernsfd_range {
	uint32_t inside;
	uint32_t outside;
	uint32_t size;
};

/*
 * Makes a user namespace with these maps by a short-lived child of the caller, which must
 * be privileged in its own user namespace. Descriptor (close-on-exec), or -1 with *e set.
 */
int usernsfd_open(const struct usernsfd_range *uids, size_t n_uids,
		  const struct usernsfd_range *gids, size_t n_gids, struct err *e);

#endif
