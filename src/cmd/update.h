/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pure half of `wolffia update`: single limits as linux.resources. */
#ifndef CMD_UPDATE_H
#define CMD_UPDATE_H

#include "base/err.h"
#include "libocispec/oci.h"

enum update_limit {
	UPDATE_BLKIO_WEIGHT,
	UPDATE_CPU_PERIOD,
	UPDATE_CPU_QUOTA,
	UPDATE_CPU_BURST,
	UPDATE_CPU_SHARE,
	UPDATE_CPU_RT_PERIOD,
	UPDATE_CPU_RT_RUNTIME,
	UPDATE_CPU_IDLE,
	UPDATE_CPUSET_CPUS,
	UPDATE_CPUSET_MEMS,
	UPDATE_MEMORY,
	UPDATE_MEMORY_RESERVATION,
	UPDATE_MEMORY_SWAP,
	UPDATE_PIDS_LIMIT,
	UPDATE_LIMITS,
};

/*
 * The options' texts (NULL: not given) as a partial linux.resources in the arena; *ret is
 * NULL when none is given. -1 with *e naming the option that is wrong.
 */
int update_limits(const char *const texts[UPDATE_LIMITS], struct oci_arena *arena,
		  struct oci_resources **ret, struct err *e);

#endif
