/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seccomp listener on its way from the reports to the agent; see listener.h. */
#include "run/listener.h"

#include "base/fd.h"
#include "sec/notify.h"

int listener_send(int fd, void *arg, struct err *e)
{
	struct listener_target *t = arg;
	auto_close int listener = fd;
	auto_close int conn = take_fd(&t->conn);

	if (!t->path)
		return err_set(e,
			       "linux.seccomp: nobody is named who takes the listener");
	if (conn < 0)
		conn = notify_connect(t->path, e);
	if (conn < 0)
		return -1;
	return notify_send(conn, t->state, t->pid,
			   t->seccomp ? t->seccomp->listener_metadata : NULL, listener,
			   e);
}
