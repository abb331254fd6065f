/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Joining. Privilege over a namespace comes from the user namespace that owns it: those of
 * the joined user namespace can be entered only after it, all others only before it, because
 * entering gives up what the caller could do outside. The owner is asked of the kernel.
 */
#include "ns/join.h"

#include "base/fd.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>

enum { USERNS_DEPTH_MAX = 33 };

static bool same_ns(const struct nsfd_id *a, const struct nsfd_id *b)
{
	return a->ino != 0 && a->ino == b->ino && a->dev == b->dev;
}

/* True when the owner of namespace fd is the user namespace `user`, or lies below it. */
static bool belongs_to(int fd, const struct nsfd_id *user)
{
	int at = nsfd_owner(fd);
	struct nsfd_id id;

	for (int depth = 0; at >= 0 && depth < USERNS_DEPTH_MAX; depth++) {
		int parent;

		if (nsfd_id_of(at, &id) == 0 && same_ns(&id, user)) {
			fd_close(at);
			return true;
		}
		parent = ioctl(at, NS_GET_PARENT);
		fd_close(at);
		at = parent;
	}
	fd_close(at);
	return false;
}

void ns_joins_order(struct ns_joins *j, const bool after_user[NSFD_KINDS])
{
	struct ns_join_fd sorted[NSFD_KINDS];
	bool user = false;
	size_t n = 0;

	for (size_t i = 0; i < j->n; i++)
		user = user || (j->v[i].kind == NSFD_USER && j->v[i].fd >= 0);
	for (size_t i = 0; user && i < j->n; i++)
		if (j->v[i].kind != NSFD_USER && !after_user[i]) {
			j->v[i].who = NS_USHER;
			sorted[n++] = j->v[i];
		}
	for (size_t i = 0; i < j->n; i++)
		if (!user || j->v[i].kind == NSFD_USER || after_user[i])
			sorted[n++] = j->v[i];
	j->n_usher = j->n_init = 0;
	for (size_t i = 0; i < j->n; i++) {
		j->v[i] = sorted[i];
		if (sorted[i].who == NS_USHER)
			j->n_usher++;
		else
			j->n_init++;
	}
}

/* What will be set in a joined namespace must not hit the runtime's own. */
static int check_own(const struct ns_plan *plan, struct ns_join_fd *f,
		     const struct nsfd_id own[NSFD_KINDS], struct err *e)
{
	struct nsfd_id id;

	if (nsfd_id_of(f->fd, &id) < 0)
		return err_sys(e, "%s", f->path);
	if (!same_ns(&id, &own[f->kind]))
		return 0;
	if (f->kind == NSFD_USER) { /* cannot be entered twice, and need not be */
		fd_close(f->fd);
		f->fd = -1;
		return 0;
	}
	if (!(plan->guarded >> f->kind & 1))
		return 0;
	err_set(e, "%s is the runtime's own namespace: %s would change the host", f->path,
		f->kind == NSFD_UTS ? "hostname, domainname or linux.sysctl"
				    : "linux.sysctl");
	return err_hint(e, "leave the path out, or leave out what would be set in it");
}

static int open_one(const struct ns_plan *plan, const struct ns_join *join,
		    const struct nsfd_id own[NSFD_KINDS], struct ns_joins *ret,
		    struct err *e)
{
	WHERE(e, "linux.namespaces", join->index, ns_kinds[join->kind].name);
	struct ns_join_fd *f = &ret->v[ret->n];

	*f = (struct ns_join_fd){ -1, join->kind, join->who, join->path, join->index };
	f->fd = TRY(nsfd_open(join->path, join->kind, e));
	ret->n++;
	return check_own(plan, f, own, e);
}

int ns_joins_open(const struct ns_plan *plan, int proc_fd, struct ns_joins *ret,
		  struct err *e)
{
	__attribute__((cleanup(ns_joins_close))) struct ns_joins j = { 0 };
	bool after_user[NSFD_KINDS] = { 0 };
	struct nsfd_id own[NSFD_KINDS] = { 0 };
	struct nsfd_id user = { 0 };
	unsigned ask = plan->guarded;

	if (plan->mode[NSFD_USER] == NS_JOIN)
		ask |= 1U << NSFD_USER;
	TRY(nsfd_ids_of_process(0, proc_fd, ask, own, e));
	for (size_t i = 0; i < plan->n_joins; i++)
		TRY(open_one(plan, &plan->joins[i], own, &j, e));
	if (j.n > 0 && j.v[0].kind == NSFD_USER && j.v[0].fd >= 0)
		if (nsfd_id_of(j.v[0].fd, &user) < 0)
			return err_sys(e, "%s", j.v[0].path);
	for (size_t i = 0; user.ino && i < j.n; i++)
		after_user[i] = belongs_to(j.v[i].fd, &user);
	ns_joins_order(&j, after_user);
	*ret = j;
	j.n = 0;
	return 0;
}

int ns_joins_enter(const struct ns_joins *joins, enum ns_who who, struct err *e)
{
	for (size_t i = 0; i < joins->n; i++) {
		const struct ns_join_fd *f = &joins->v[i];
		WHERE(e, "linux.namespaces", f->index, f->path);

		if (f->who == who && f->fd >= 0)
			TRY(nsfd_enter(f->fd, f->kind, e));
	}
	return 0;
}

void ns_joins_close(struct ns_joins *joins)
{
	for (size_t i = 0; i < joins->n; i++)
		fd_close(joins->v[i].fd);
	joins->n = joins->n_usher = joins->n_init = 0;
}
