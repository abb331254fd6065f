/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of namespaces under their three names. */
#include "ns/kind.h"

#include "kernel/spawn.h"

#include <assert.h>

const struct ns_kind ns_kinds[] = {
	[NSFD_USER] = { "user", OCI_NS_USER, CLONE_NEWUSER, "user" },
	[NSFD_CGROUP] = { "cgroup", OCI_NS_CGROUP, CLONE_NEWCGROUP, "cgroup" },
	[NSFD_IPC] = { "ipc", OCI_NS_IPC, CLONE_NEWIPC, "ipc" },
	[NSFD_UTS] = { "uts", OCI_NS_UTS, CLONE_NEWUTS, "uts" },
	[NSFD_NET] = { "network", OCI_NS_NETWORK, CLONE_NEWNET, "net" },
	[NSFD_PID] = { "pid", OCI_NS_PID, CLONE_NEWPID, "pid" },
	[NSFD_TIME] = { "time", OCI_NS_TIME, CLONE_NEWTIME, "time" },
	[NSFD_MNT] = { "mount", OCI_NS_MOUNT, CLONE_NEWNS, "mnt" },
};
static_assert(sizeof(ns_kinds) / sizeof(ns_kinds[0]) == NSFD_KINDS, "a row per kind");
static_assert((int)OCI_NS_TIME == (int)NSFD_KINDS,
	      "a kind per word of the specification");

enum nsfd_kind ns_kind_of(enum oci_namespace_type type)
{
	int k = 0;

	while (k < NSFD_KINDS - 1 && ns_kinds[k].type != type)
		k++;
	return (enum nsfd_kind)k;
}
