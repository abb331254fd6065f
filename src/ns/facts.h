/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the plan of namespaces has to know about the caller and the kernel. Plain values. */
#ifndef NS_FACTS_H
#define NS_FACTS_H

#include "base/err.h"
#include "libocispec/runtime.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct ns_facts {
	uid_t euid;
	gid_t egid;
	uint64_t
		caps; /* effective capabilities in the caller's user namespace, bit per number */
	bool initial_userns; /* the caller sits in the initial user namespace */
	bool setgroups_denied; /* "deny" in the caller's /proc/self/setgroups */
	bool has_time_ns; /* the kernel has time namespaces (Linux 5.6, CONFIG_TIME_NS) */
	bool lent; /* src/run: the maps will be written by systemd-nsresourced */
	/* ns_idmap_gather(): the maps of a config that names none; n == 0: not possible ... */
	struct oci_id_mappings default_uids, default_gids;
	const char
		*default_why; /* ... and why, as a whole sentence; NULL: not looked at */
};

/* True when the caller has capability CAP_X (linux/capability.h). */
static inline bool ns_facts_cap(const struct ns_facts *f, int cap)
{
	return (f->caps >> cap & 1) != 0;
}

/*
 * Reads the facts: capget(2) and, through the directory of a trusted procfs of the caller's
 * pid namespace, self/uid_map (and self/setgroups outside the initial user namespace).
 */
int ns_facts_gather(int proc_fd, struct ns_facts *ret, struct err *e);

#endif
