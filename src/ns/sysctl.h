/* SPDX-License-Identifier: GPL-2.0-or-later */
/* linux.sysctl: names, the namespace each one belongs to, and writing them. sysctl(8). */
#ifndef NS_SYSCTL_H
#define NS_SYSCTL_H

#include "base/err.h"
#include "kernel/nsfd.h"
#include "libocispec/runtime.h"

#include <stdbool.h>
#include <stddef.h>

enum { NS_SYSCTL_PATH_MAX = 256 };

/*
 * Pure: the path below /proc/sys for a name with '.' or '/' as separator (the first one
 * decides; the other one is then part of a component: "net.ipv4.conf.eth0/1.forwarding" is
 * net/ipv4/conf/eth0.1/forwarding). False for an empty or dotted component, or too long.
 */
bool ns_sysctl_path(const char *key, char ret[NS_SYSCTL_PATH_MAX]);

/*
 * Pure: the kind of namespace that the variable at a path (as above) belongs to, or -1 when
 * it is the whole machine's.
 */
int ns_sysctl_kind(const char *path);

/*
 * Writes all variables, in the config's order, through the directory of a trusted procfs.
 * The names were checked by ns_plan_make().
 */
int ns_sysctl_write(const struct oci_map *sysctl, int proc_fd, struct err *e);

#endif
