/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joining namespaces: HOST opens and verifies, USHER or INIT enters. */
#ifndef NS_JOIN_H
#define NS_JOIN_H

#include "base/err.h"
#include "ns/plan.h"

struct ns_join_fd {
	int fd; /* -1: nothing to do (the caller's own user namespace) */
	enum nsfd_kind kind;
	enum ns_who who;
	const char *path; /* borrowed from the plan */
	size_t index;
};

/* In the order in which they are to be entered. */
struct ns_joins {
	struct ns_join_fd v[NSFD_KINDS];
	size_t n;
	size_t n_usher;
	size_t n_init;
};

/*
 * Opens every namespace of plan.joins once and verifies its kind, and that one in which
 * something will be set is not the caller's own. Decides the order by owner: what belongs
 * to another user namespace than the joined one is entered before it, by USHER. proc_fd: a
 * trusted procfs. On failure nothing stays open. With plan.n_joins == 0 it does nothing.
 */
int ns_joins_open(const struct ns_plan *plan, int proc_fd, struct ns_joins *ret,
		  struct err *e);

/* Enters the namespaces of that process, in order, with setns(2). Errors name the member. */
int ns_joins_enter(const struct ns_joins *joins, enum ns_who who, struct err *e);

/* Closes all descriptors; allowed on {0} and twice. */
void ns_joins_close(struct ns_joins *joins);

/*
 * Pure: sorts joins by who and owner. after_user[i]: namespace v[i] belongs to the joined
 * user namespace (or to one below it), so that privilege over it exists only after joining.
 */
void ns_joins_order(struct ns_joins *joins, const bool after_user[NSFD_KINDS]);

#endif
