/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate; see gate.h. The socket is reached through the directory's descriptor. */
#include "run/gate.h"

#include "base/fd.h"
#include "base/log.h"
#include "run/baton.h"
#include "run/interrupt.h"
#include "sec/process.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void address(int dirfd, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/gate", dirfd);
}

int gate_make(int dirfd, struct err *e)
{
	auto_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un a;

	if (fd < 0)
		return err_sys(e, "socket");
	address(dirfd, &a);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 1) < 0)
		return err_sys_plain(e, "gate in the state directory");
	return take_fd(&fd);
}

int gate_connect(int dirfd, const char *id, struct err *e)
{
	auto_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un a;

	if (fd < 0)
		return err_sys(e, "socket");
	address(dirfd, &a);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return take_fd(&fd);
	if (errno == ECONNREFUSED || errno == ENOENT) {
		err_set(e, "container not running: %s has lost its init", id);
		e->code = ECONNREFUSED;
		return -1;
	}
	return err_sys_plain(e, "gate of container %s", id);
}

/* 1: go on; 0: the program runs; -1 with *e. */
static int one_report(const struct script_report *r, int *executing, struct err *e)
{
	switch (r->kind) {
	case SCRIPT_READY:
	case SCRIPT_LISTENER:
		return 1;
	case SCRIPT_EXECUTING:
		*executing = 1;
		return 1;
	default:
		return process_explain(r, e);
	}
}

static int one_message(const struct baton_msg *m, const struct script_report *r,
		       int *executing, struct err *e)
{
	switch ((enum baton_kind)m->kind) {
	case BATON_REPORT:
		return one_report(r, executing, e);
	case BATON_REMARK:
		log_remark((enum log_level)m->level, m->err.text);
		return 1;
	case BATON_ERROR:
		return err_take(e, &m->err);
	case BATON_END:
		if (*executing)
			return 0;
		err_set(e, "the container's init died before it could run the program");
		return err_hint(e, "something has killed it: a limit of memory that is "
				   "too low, or a signal from outside");
	case BATON_PASS:
	case BATON_BORN:
	case BATON_NETWORK:
	case BATON_LAYER:
		break;
	}
	return err_set(e, "the container's init sent a message out of turn");
}

int gate_follow_until(int sock, int interrupt_fd, const struct gate_answers *answers,
		      struct err *e)
{
	struct script_report report = { 0 };
	struct baton_msg m;
	int executing = 0;
	int rc = 1;

	while (rc > 0) {
		auto_close int fd = -1;

		TRY(interrupt_wait_for_report(sock, executing ? -1 : interrupt_fd, e));
		TRY(baton_receive(sock, &m, &report, &fd, e));
		if (m.kind == BATON_LAYER && answers->layer) {
			TRY(answers->layer(fd, answers->layer_arg, e));
			continue;
		}
		rc = one_message(&m, &report, &executing, e);
		if (rc > 0 && m.kind == BATON_REPORT && report.kind == SCRIPT_LISTENER &&
		    fd >= 0 && answers->listener) {
			TRY(answers->listener(take_fd(&fd), answers->listener_arg, e));
			baton_go_on(sock);
		}
	}
	return rc;
}

int gate_follow(int sock, int (*on_listener)(int fd, void *arg, struct err *e), void *arg,
		struct err *e)
{
	const struct gate_answers answers = { .listener = on_listener,
					      .listener_arg = arg };

	return gate_follow_until(sock, -1, &answers, e);
}
