/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.netDevices: moves devices of the host into the container's network namespace, under
 * their new names, with their permanent global addresses, and sets them up. They are never
 * moved back: the kernel does what it does when the namespace ends.
 */
#ifndef NS_NETDEV_H
#define NS_NETDEV_H

#include "base/err.h"
#include "libocispec/runtime.h"
#include "ns/join.h"

#include <stddef.h>
#include <sys/types.h>

/*
 * HOST: a descriptor of the container's network namespace: the joined one, or that of INIT
 * (by pidfd, or on kernels before 6.11 by its pid, which nobody has reaped).
 */
int ns_netdev_target(const struct ns_joins *joins, int init_pidfd, pid_t init_pid,
		     int proc_fd, struct err *e);

/*
 * HOST, with one thread: moves n devices. All are looked at before the first is moved: a
 * missing one and a name that is taken inside are errors; a name with %d gets the first free
 * number there. The caller's own network namespace is left for a moment and entered again
 * through proc_fd. Needs CAP_NET_ADMIN in both, CAP_SYS_ADMIN over the target. rtnetlink(7).
 */
int ns_netdevs_move(const struct oci_net_device *devices, size_t n, int target_fd,
		    int proc_fd, struct err *e);

/*
 * Pure: the label of an address after its device was renamed: "eth0:1" becomes "net0:1". A
 * label that does not begin with the old name stays. ret has room for 16 bytes.
 */
void ns_netdev_label(const char *label, const char *from, const char *to, char ret[16]);

#endif
