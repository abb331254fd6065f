/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config.json that `spec` writes, as a value. */
#ifndef CMD_SPEC_CONFIG_H
#define CMD_SPEC_CONFIG_H

#include "libocispec/oci.h"

/* Who will run it. */
struct spec_facts {
	bool rootless; /* with a user namespace of its own that maps root to uid and gid */
	const char *
		userns; /* or, if not NULL, by this word of run/ids.h, which is not "host" */
	uint32_t uid;
	uint32_t gid;
	bool cgroup_v1; /* whose paths programs look for: no cgroup namespace hides them */
};

/*
 * A complete config: a shell on a terminal, in a read-only root "rootfs", with namespaces
 * of its own. *ret points to constants, to itself and to the arena, which must live as long.
 * 0, or -1 when the arena has no memory.
 */
int spec_config(struct oci_arena *arena, const struct spec_facts *facts,
		struct oci_config *ret);

#endif
