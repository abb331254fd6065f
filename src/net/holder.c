/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The holder; see holder.h. Its choices are plan.c's, its helper's birth is helper.c's. */
#include "net/holder.h"

#include "base/fd.h"
#include "kernel/pidfd.h"
#include "kernel/spawn.h"
#include "net/forward.h"
#include "net/helper.h"
#include "net/publish.h"
#include "net/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FINISH_MS = 3000 };

/* The one message, flat. */
struct report {
	uint32_t ready;
	struct net_ready what;
	struct err err;
};

/* ---- ports ------------------------------------------------------------------------------- */

/* The child that passes ports on: inside, and nobody there. Says so on `tell`. */
static _Noreturn void pass_on(const struct net_target *t, const struct net_listener *v,
			      size_t n, pid_t parent, int tell)
{
	int kept[NET_PORTS_MAX + 2] = { t->pidfd, tell };
	struct err e = { 0 };
	int rc = net_publish_enter(t, &e);

	/* after the change of ids, which clears it */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
	for (size_t i = 0; i < n; i++)
		kept[2 + i] = v[i].fd;
	fd_keep_only(kept, n + 2);
	e.scope = NULL;
	(void)fd_send(tell, &e, sizeof(e), NULL, 0);
	fd_close(tell);
	if (rc == 0)
		net_forward_run(v, n, t->pidfd);
	_exit(0);
}

static void end_ports(struct spawned *ports)
{
	if (ports->pidfd < 0)
		return;
	pidfd_finish(ports->pidfd, 0);
	fd_close(ports->pidfd);
	ports->pidfd = -1;
}

static int await_ports(int from, struct err *e)
{
	struct err said = { 0 };

	if (fd_receive(from, &said, sizeof(said), NULL, 0, NULL) != (ssize_t)sizeof(said))
		return err_set(e, "the process that passes ports on died");
	return err_is_set(&said) ? err_take(e, &said) : 0;
}

static int start_ports(const struct net_request *rq, enum net_helper helper,
		       unsigned dropped, const struct net_target *t, struct spawned *ret,
		       struct err *e)
{
	struct spawn_args args = { .cgroup_fd = -1 };
	struct net_listener v[NET_PORTS_MAX];
	pid_t self = getpid(), pid = -1;
	int n = TRY(net_publish_bind(rq, helper, dropped, v, e));
	int pair[2], rc = -1;

	if (!n)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		err_sys(e, "socketpair");
	} else {
		pid = spawn_process(&args, ret, e);
		if (pid == 0)
			pass_on(t, v, (size_t)n, self, pair[1]);
		fd_close(pair[1]);
		rc = pid < 0 ? -1 : await_ports(pair[0], e);
		fd_close(pair[0]);
	}
	while (n > 0)
		fd_close(v[--n].fd);
	if (rc < 0)
		end_ports(ret);
	return rc;
}

/* ---- helpers ----------------------------------------------------------------------------- */

/* What the holder holds. */
struct held {
	struct net_child helper;
	struct spawned ports;
};

static enum net_verdict attempt_once(const struct net_request *rq, enum net_helper helper,
				     const struct net_target *t, unsigned *dropped,
				     struct held *ret, struct err *e)
{
	static struct net_argv argv; /* large, and there is one holder in a process */
	auto_str said = { 0 };
	struct err why = { 0 };
	int rc;

	net_plan_argv(rq, helper, *dropped, &argv);
	if (net_helper_start(helper, argv.v, t, &ret->helper, &why) < 0) {
		err_take(e, &why);
		return NET_CANNOT; /* not installed */
	}
	rc = net_helper_await(&ret->helper, t,
			      1000 * (int)(rq->wait_s ? rq->wait_s : NET_READY_S), &said,
			      &why);
	if (rc > 0 && start_ports(rq, helper, *dropped, t, &ret->ports, e) == 0)
		return NET_VERDICTS;
	net_helper_end(&ret->helper);
	if (rc == 0)
		return net_plan_judge(helper, said.n ? said.s : "", dropped, e);
	if (!err_is_set(e)) {
		WHERE_IN(e, net_helpers[helper].program, NULL);
		err_take(e, &why);
	}
	return NET_FAILED;
}

static enum net_verdict attempt(const struct net_request *rq, enum net_helper helper,
				const struct net_target *t, struct held *ret,
				struct net_ready *what, struct err *e)
{
	enum net_verdict v;
	unsigned dropped = net_helper_unknown(helper);

	what->ipv6 = !rq->ipv4_only && net_has_ipv6();
	if (!what->ipv6)
		dropped |= net_plan_without_ipv6(helper);
	do
		v = attempt_once(rq, helper, t, &dropped, ret, e);
	while (v == NET_AGAIN);
	what->ipv6 = what->ipv6 && !(dropped & net_plan_without_ipv6(helper));
	what->ipv4 = net_plan_needs_no_route(helper, dropped) || net_has_ipv4();
	if (v == NET_VERDICTS && helper == NET_HELPER_SLIRP && what->ipv6)
		net_tap_await_ipv6(t);
	return v;
}

/* The next helper is for when one cannot work here; one that has failed has said why. */
static int connect_by_helper(const struct net_request *rq, const struct net_target *t,
			     struct held *ret, struct net_ready *what, struct err *e)
{
	enum net_helper helpers[NET_HELPERS];
	size_t n = net_helpers_of(rq->mode, helpers);
	struct err first = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct err why = { 0 };
		enum net_verdict v = attempt(rq, helpers[i], t, ret, what, &why);

		if (v == NET_VERDICTS) {
			what->mode =
				helpers[i] == NET_HELPER_PASTA ? NET_PASTA : NET_SLIRP;
			snprintf(what->remark, sizeof(what->remark), "%.150s",
				 first.text);
			return 0;
		}
		if (v == NET_FAILED || i + 1 == n) {
			err_set(e, "%s%s%s", first.text, first.text[0] ? "; " : "",
				why.text);
			return err_hint(e, "%s", why.hint[0] ? why.hint : first.hint);
		}
		first = why;
	}
	return err_set(e, "there is no helper");
}

/* All that is left to do is to end processes, which may have other ids. */
static void keep_only_kill(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct now[2] = { { 0 } }, then[2] = { { 0 } };

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_capget, &head, now) < 0)
		return;
	then[0].permitted = then[0].effective = now[0].permitted & 1u << CAP_KILL;
	(void)syscall(SYS_capset, &head, then);
}

static void wait_and_end(const struct net_target *t, struct held *h)
{
	struct pollfd p[] = { { t->pidfd, POLLIN, 0 }, { h->helper.pidfd, POLLIN, 0 } };

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	end_ports(&h->ports);
	net_helper_end(&h->helper);
}

/* ---- the process ------------------------------------------------------------------------- */

static void tell(int report, const struct report *r)
{
	(void)fd_send(report, r, sizeof(*r), NULL, 0);
	fd_close(report);
}

static void hold_proxy(const struct net_request *rq, const struct net_target *t,
		       int report)
{
	struct report r = { .what.mode = NET_PROXY };
	struct net_listener listener;

	r.ready = net_proxy_listen(t, rq->proxy, &listener, &r.err) == 0;
	tell(report, &r);
	if (r.ready)
		net_forward_run(&listener, 1, t->pidfd);
}

static void hold_helper(const struct net_request *rq, const struct net_target *t,
			int report)
{
	struct held h = {
		.helper = { .pidfd = -1, .says = -1, .errors = -1, .exit_end = -1 },
		.ports = { .pidfd = -1 },
	};
	struct report r = { 0 };

	r.ready = net_tap_make(t, &r.err) == 0 &&
		  connect_by_helper(rq, t, &h, &r.what, &r.err) == 0;
	keep_only_kill();
	tell(report, &r);
	if (r.ready)
		wait_and_end(t, &h);
}

int net_holder_start(const struct net_request *rq, const struct net_target *target,
		     struct net_holder *ret, struct err *e)
{
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned born = { .pidfd = -1 };
	int pair[2];
	pid_t pid;

	*ret = NET_HOLDER_NONE;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	pid = spawn_process(&args, &born, e);
	if (pid == 0) {
		const int kept[] = { target->pidfd, target->user_fd, target->net_fd,
				     pair[1] };

		spawn_detach("wolffia-net", kept, ARRAY_SIZE(kept));
		if (rq->mode == NET_PROXY)
			hold_proxy(rq, target, pair[1]);
		else
			hold_helper(rq, target, pair[1]);
		_exit(0);
	}
	fd_close(pair[1]);
	if (pid < 0) {
		fd_close(pair[0]);
		return -1;
	}
	*ret = (struct net_holder){ pid, born.pidfd, pair[0] };
	return 0;
}

int net_holder_receive(struct net_holder *h, struct net_ready *ret, struct err *e)
{
	struct report r;
	ssize_t n = fd_receive(h->report, &r, sizeof(r), NULL, 0, NULL);

	fd_close(h->report);
	h->report = -1;
	if (n != (ssize_t)sizeof(r))
		return err_set(e, "the process that holds the network died");
	if (!r.ready)
		return err_take(e, &r.err);
	*ret = r.what;
	return 0;
}

void net_holder_finish(struct net_holder *h)
{
	if (h->pidfd < 0)
		return;
	pidfd_finish(h->pidfd, FINISH_MS);
	net_holder_leave(h);
}

void net_holder_leave(struct net_holder *h)
{
	fd_close(h->pidfd);
	fd_close(h->report);
	*h = NET_HOLDER_NONE;
}
