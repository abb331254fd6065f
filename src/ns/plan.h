/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan of a container's namespaces: which are made at birth, which by INIT afterwards,
 * which are joined and by whom, how ids are mapped, and what is set inside (host name,
 * clocks, sysctls, lo). Pure: a config that cannot work is refused here, with the member's
 * place, while nothing has been touched.
 *
 * Who calls what, when (src/run):
 *
 *	HOST   ns_facts_gather, ns_plan_make           before anything exists
 *	       log_warning(each of plan.warnings)
 *	       ns_joins_open                           opens what is joined, verified
 *	HOST   spawn_process(plan.birth_flags)         without plan.usher
 *	USHER  ns_joins_enter(NS_USHER), then
 *	       spawn_process(plan.birth_flags | CLONE_PARENT), pidfd sent to HOST
 *	HOST   ns_userns_map                           when plan.map.uid.how != NS_MAP_NONE
 *	INIT   ns_joins_enter(NS_INIT)                 when joins.n_init > 0; also before the map
 *	       (waits for the map)
 *	       ns_become_root                          after the mount sources were opened
 *	       ns_init_create                          cgroup (when INIT sits in its cgroup), time
 *	       ns_inside_set                           host name, lo, sysctls: with a trusted procfs
 *	HOST   ns_netdev_move                          when the config has linux.netDevices
 */
#ifndef NS_PLAN_H
#define NS_PLAN_H

#include "base/err.h"
#include "base/str.h"
#include "libocispec/runtime.h"
#include "ns/facts.h"
#include "ns/kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ns_mode { NS_KEEP, NS_NEW, NS_JOIN };

/* Who enters a namespace that exists. */
enum ns_who { NS_INIT, NS_USHER };

struct ns_join {
	enum nsfd_kind kind;
	enum ns_who
		who; /* ns_joins_open() may move it to NS_USHER, never the other way */
	const char *path; /* borrowed from the config */
	size_t index; /* in linux.namespaces, for messages */
};

/* How one of the two maps of a new user namespace is written. */
enum ns_map_how {
	NS_MAP_NONE, /* no new user namespace */
	NS_MAP_DIRECT, /* the caller has CAP_SETUID / CAP_SETGID */
	NS_MAP_OWN, /* one extent of one id, the caller's own: allowed to everyone */
	NS_MAP_HELPER, /* newuidmap / newgidmap */
	NS_MAP_LENT, /* systemd-nsresourced: nsresource_map() instead of ns_userns_map() */
};

struct ns_map {
	enum ns_map_how how;
	struct oci_id_mappings ids; /* borrowed from the config, or the one below */
	struct oci_id_mapping own; /* the fallback when the config names no mapping */
	bool fallback; /* ids is own: read through ns_map_ids() */
};

enum { NS_WARNINGS_MAX = 4 };

struct ns_plan {
	enum ns_mode mode[NSFD_KINDS];
	uint64_t birth_flags; /* CLONE_NEW* for the clone3 that bears INIT */
	uint64_t
		init_flags; /* CLONE_NEW* that INIT unshares: cgroup, time with offsets */
	bool usher; /* joins must happen before birth, in a process of their own */
	struct ns_join joins[NSFD_KINDS];
	size_t n_joins; /* in the order of enum nsfd_kind */

	struct ns_map uid;
	struct ns_map gid;
	bool setgroups; /* setgroups(2) will be allowed to INIT, as far as can be told */
	bool deny_setgroups; /* HOST writes "deny" before the gid map */
	bool keep_groups; /* false; src/run sets it: ns_become_root leaves the groups alone */
	uint32_t
		setup_uid; /* ids INIT takes in a new user namespace: 0 if mapped, else the */
	uint32_t setup_gid; /* first mapped one */

	const char *hostname; /* NULL: leave it */
	const char *domainname;
	const struct oci_time_offsets *time_offsets; /* NULL: none */
	const struct oci_map *sysctl; /* checked; n may be 0 */
	bool lo_up; /* a new network namespace */
	unsigned guarded; /* bit per kind: a joined one that must not be the caller's own,
			   * because host name or sysctls will be written there */

	const char *warnings[NS_WARNINGS_MAX]; /* sentences for the user */
	size_t n_warnings;
};

/*
 * Makes the plan. Borrows from the config, which must outlive it; *ret owns nothing. The
 * refusals name their place: "linux.timeOffsets: needs a new time namespace".
 */
int ns_plan_make(const struct oci_config *config, const struct ns_facts *facts,
		 struct ns_plan *ret, struct err *e);

/* The plan as text, one line per part, for `--debug` and the tests. */
void ns_plan_print(const struct ns_plan *plan, struct str *ret);

/* True when the container has a kind of its own: a new or a joined one. */
static inline bool ns_plan_has(const struct ns_plan *plan, enum nsfd_kind kind)
{
	return plan->mode[kind] != NS_KEEP;
}

/* True when any existing namespace is joined: then INIT must not be dumpable (R17). */
static inline bool ns_plan_joins(const struct ns_plan *plan)
{
	return plan->n_joins > 0;
}

/* The mapping of a new user namespace; n == 0 when there is none. Valid with the plan. */
static inline struct oci_id_mappings ns_map_ids(const struct ns_map *m)
{
	struct oci_id_mappings one = { 1, (struct oci_id_mapping *)&m->own };

	return m->fallback ? one : m->ids;
}

/*
 * True when a container id can be used inside: mapped by the new user namespace, or there
 * is none to be judged (kept or joined).
 */
bool ns_map_has(const struct ns_map *m, uint32_t container_id);

#endif
