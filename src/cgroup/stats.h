/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container uses, as `events` prints it: the JSON object that runc calls "data", with
 * its names, units and omissions (bytes, nanoseconds, counts). One table says for each number
 * which file of v1 and of v2 it comes from. A file or controller that is not there counts as
 * 0 or is left out, as with runc; nothing here fails.
 */
#ifndef CGROUP_STATS_H
#define CGROUP_STATS_H

#include "base/str.h"
#include "cgroup/cgroup.h"

/*
 * Appends the object for the container's cgroups to *ret. The cgroups' descriptors may be of
 * any directory: tests give folders. cgroups(7), admin-guide/cgroup-v1, cgroup-v2.rst.
 */
void cgroup_stats_json(const struct cgroup *cg, struct str *ret);

#endif
