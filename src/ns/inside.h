/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What INIT does in its namespaces once it is born: makes those that cannot be made at birth
 * (cgroup, time with offsets) and sets host name, lo and sysctls.
 */
#ifndef NS_INSIDE_H
#define NS_INSIDE_H

#include "base/err.h"
#include "base/str.h"
#include "ns/plan.h"

/*
 * INIT: unshares plan.init_flags. A cgroup namespace takes the cgroup INIT sits in as its
 * root, so INIT must have been put there before. A time namespace gets its offsets and is
 * entered. proc_fd: directory of a trusted procfs, of HOST's or of INIT's own pid namespace.
 * Needs the ids of ns_become_root() when the user namespace is new.
 */
int ns_init_create(const struct ns_plan *plan, int proc_fd, struct err *e);

/* INIT: host name, domain name, lo, sysctls, in this order; each only if planned. */
int ns_inside_set(const struct ns_plan *plan, int proc_fd, struct err *e);

/*
 * Sets what the member "hostname" or "domainname" names, in the caller's uts namespace:
 * sethostname(2). EPERM comes with what can be done about it.
 */
int ns_name_set(const char *member, const char *name, struct err *e);

/* Pure: the text for timens_offsets. time_namespaces(7). */
void ns_timens_text(const struct oci_time_offsets *offsets, struct str *ret);

#endif
