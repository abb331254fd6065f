/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Id mappings of a new user namespace: limits, text, writing, and INIT's becoming its root.
 * user_namespaces(7), newuidmap(1).
 */
#ifndef NS_USERNS_H
#define NS_USERNS_H

#include "base/err.h"
#include "base/str.h"
#include "ns/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The kernel's limits for one map (Linux 4.15): extents, bytes of the text. */
enum { NS_MAP_EXTENTS_MAX = 340, NS_MAP_BYTES_MAX = 4095 };

/*
 * Pure: an error when there are more extents or bytes than the kernel takes. (That they do
 * not overlap was checked by the decoder.) ns_plan_make() has done it for the plan's maps.
 */
int ns_map_check(struct oci_id_mappings ids, struct err *e);

/* Pure: appends the text for /proc/PID/uid_map. */
void ns_map_text(struct oci_id_mappings ids, struct str *ret);

/*
 * HOST, unprivileged or not: writes the maps of a child that was born with CLONE_NEWUSER,
 * waits on us, and is not reaped (so that its pid is its own); pid is its number in HOST's
 * pid namespace, proc_fd a trusted procfs of the same. Order: setgroups, gid map, uid map;
 * newuidmap and newgidmap run at the same time. Errors name map, cause and cure; nothing is
 * ever mapped in part. Needs SIGCHLD not ignored.
 */
int ns_userns_map(const struct ns_plan *plan, pid_t pid, int proc_fd, struct err *e);

/*
 * HOST: whether "deny" stands in /proc/PID/setgroups. Only for a joined user namespace, when
 * INIT is born (plan.setgroups could not know); false when it cannot be read.
 */
bool ns_setgroups_denied(pid_t pid, int proc_fd);

/*
 * INIT, after the maps are written (new user namespace) or after joining one: takes
 * plan.setup_uid/gid as real, effective and saved ids and drops supplementary groups where
 * the kernel allows it. Does nothing when the user namespace is kept.
 */
int ns_become_root(const struct ns_plan *plan, struct err *e);

#endif
