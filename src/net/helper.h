/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One pasta or slirp4netns: found, started, waited for, ended. Used by the holder only. */
#ifndef NET_HELPER_H
#define NET_HELPER_H

#include "base/child.h"
#include "base/str.h"
#include "net/holder.h"
#include "net/plan.h"

struct net_child {
	pid_t pid;
	int pidfd;
	int says; /* readable when it is ready */
	int exit_end; /* it ends when this is closed (slirp4netns) */
	int errors; /* its standard error; never blocks, neither it nor us */
};

/* Where the program is: fixed directories, never the caller's PATH. False: nowhere. */
bool net_helper_find(enum net_helper helper, char ret[CHILD_PATH_MAX]);

/* net_plan_unknown() of the program that net_helper_find() finds; 0 when it cannot be read. */
unsigned net_helper_unknown(enum net_helper helper);

/*
 * Starts it as a child of the caller (one thread), which it does not outlive: with the root of
 * target's user namespace as its ids (where 0 is not mapped, with the first one that is, and
 * all capabilities there), in the caller's other namespaces, with an empty environment
 * and the descriptors of plan.h. What fails in the child is found in `errors`.
 */
int net_helper_start(enum net_helper helper, char *const *argv,
		     const struct net_target *target, struct net_child *ret,
		     struct err *e);

/*
 * Waits until it is ready: 1; 0: it has ended, what it said is in *ret_said; -1 with *e: it
 * took longer than timeout_ms, or the target has ended.
 */
int net_helper_await(const struct net_child *c, const struct net_target *target,
		     int timeout_ms, struct str *ret_said, struct err *e);

/* Ends it, politely at first, and reaps it. Idempotent. */
void net_helper_end(struct net_child *c);

#endif
