/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tap device that stays when its helper ends. One that a helper makes itself goes with the
 * helper's last descriptor, and the kernel lets a process end only when the device is
 * unregistered: 20 to 40 ms at the end of every run. A persistent one goes with its network
 * namespace, which a worker of the kernel takes apart when nobody waits.
 */
#ifndef NET_TAP_H
#define NET_TAP_H

#include "net/holder.h"

/*
 * Makes NET_TAP (plan.h) in target's network namespace, in a child of the caller (one
 * thread). What fails is not told: the helper then makes its own, or says why it cannot. But
 * -1 with *e when a helper has it already, for what another one would say nobody understands.
 * TUNSETPERSIST of linux/if_tun.h; needs CAP_NET_ADMIN inside and /dev/net/tun.
 */
int net_tap_make(const struct net_target *target, struct err *e);

/*
 * Waits until IPv6 leads out of the target's network, at most a second: it is announced there
 * by slirp4netns, a moment after that is ready.
 */
void net_tap_await_ipv6(const struct net_target *target);

#endif
