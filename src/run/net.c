/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network in the life of a container; see net.h. INIT's namespaces are opened right
 * after its birth: as long as it has HOST's ids a plain user may. The helper gets ready while
 * INIT mounts; HOST waits for it before the first hook.
 */
#include "run/net.h"

#include "base/fd.h"
#include "base/log.h"
#include "run/baton.h"
#include "run/interrupt.h"
#include "run/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

void net_begin(struct container_net *n)
{
	n->user_fd = n->net_fd = -1;
	n->holder = NET_HOLDER_NONE;
}

int net_read_annotations(const struct oci_map *annotations, struct net_request *ret,
			 struct err *e)
{
	for (size_t i = 0; i < annotations->n; i++) {
		const struct oci_pair *a = &annotations->v[i];
		WHERE_IN(e, "annotations", a->key);

		if (str_eq(a->key, NET_ANNOTATION))
			TRY(net_parse_mode(a->value, ret, e));
		else if (str_eq(a->key, NET_ANNOTATION_PUBLISH))
			TRY(net_parse_ports(a->value, ret, e));
	}
	WHERE_IN(e, "annotations", NET_ANNOTATION_PUBLISH);
	return net_check(ret, e);
}

int net_plan(struct container *c, struct err *e)
{
	struct container_net *n = &c->net;

	TRY(net_read_annotations(&c->config->annotations, &n->request, e));
	if (n->request.mode == NET_NONE)
		return 0;
	if (c->ns.mode[NSFD_NET] != NS_NEW) {
		log_info(
			"annotation " NET_ANNOTATION
			": the container has no network namespace of its own: nothing is "
			"connected to it");
		return 0;
	}
	TRY(net_survey(&n->request, e));
	n->wanted = true;
	return net_files_plan(c, e);
}

bool wants_net(const struct container *c)
{
	return c->net.wanted;
}

/*
 * INIT of a container that joins namespaces is not dumpable (host_birth()), and a plain user
 * may not open what belongs to it: then it sends its network namespace.
 */
bool wants_net_pass(const struct container *c)
{
	return wants_net(c) && ns_plan_joins(&c->ns) && !wants_maps(c);
}

bool wants_net_open(const struct container *c)
{
	return wants_net(c) && !wants_net_pass(c);
}

/* ---- steps --------------------------------------------------------------------------------- */

static int open_namespace(const struct container *c, enum nsfd_kind kind, struct err *e)
{
	int fd = nsfd_of_process(c->init.pidfd, kind);
	char path[40];

	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%d/ns/%s", (int)c->init.pid, nsfd_file(kind));
	fd = openat(c->proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return err_sys_plain(e, "network: the %s namespace of init", nsfd_file(kind));
}

/* The user namespace that owns the network: INIT's, whether it is new or joined. */
int host_net_open(struct container *c, struct err *e)
{
	struct container_net *n = &c->net;

	n->net_fd = TRY(open_namespace(c, NSFD_NET, e));
	if (c->ns.mode[NSFD_USER] != NS_KEEP)
		n->user_fd = TRY(open_namespace(c, NSFD_USER, e));
	return 0;
}

int init_net_pass(struct container *c, struct err *e)
{
	auto_close int fd = openat(c->proc_fd, "self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys_plain(e, "network: the namespace of init");
	return baton_network(c->baton, fd, e);
}

int net_take(struct container *c, int fd, struct err *e)
{
	struct container_net *n = &c->net;

	if (!wants_net_pass(c) || n->net_fd >= 0 || nsfd_kind_of(fd) != NSFD_NET) {
		fd_close(fd);
		return err_set(e, "the container's init is out of step");
	}
	n->net_fd = fd;
	if (c->ns.mode[NSFD_USER] == NS_KEEP)
		return 0;
	n->user_fd = nsfd_owner(fd);
	return n->user_fd < 0 ? err_sys_plain(e, "network: the owner of its namespace")
			      : 0;
}

int host_net_start(struct container *c, struct err *e)
{
	struct container_net *n = &c->net;
	struct net_target target = { c->init.pidfd, n->user_fd, n->net_fd };
	int rc = net_holder_start(&n->request, &target, &n->holder, e);

	fd_close(n->user_fd);
	fd_close(n->net_fd);
	n->user_fd = n->net_fd = -1;
	return rc;
}

int host_net_ready(struct container *c, struct err *e)
{
	struct container_net *n = &c->net;
	struct net_ready what;

	TRY(interrupt_wait(n->holder.report, c->interrupt_fd, e));
	TRY(net_holder_receive(&n->holder, &what, e));
	if (what.remark[0])
		log_info("%s; using %s", what.remark, net_mode_name(what.mode));
	if (c->watch)
		c->watch->network = net_mode_name(what.mode);
	return net_files_fill(c, &what, e);
}

void host_net_undo(struct container *c)
{
	net_finish(&c->net);
}

void net_finish(struct container_net *n)
{
	net_holder_finish(&n->holder);
	net_leave(n);
}

void net_leave(struct container_net *n)
{
	net_holder_leave(&n->holder);
	fd_close(n->user_fd);
	fd_close(n->net_fd);
	n->user_fd = n->net_fd = -1;
}
