/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pipes in the place of standard output and error; see capture.h. */
#include "run/capture.h"

#include "base/fd.h"

#include <fcntl.h>
#include <unistd.h>

static int redirect(struct capture *c, int i, struct err *e)
{
	auto_close int to = -1;
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	c->from[i] = p[0];
	to = p[1];
	c->saved[i] = fcntl(1 + i, F_DUPFD_CLOEXEC, 3);
	/* not close-on-exec: passed on purpose */
	if (c->saved[i] < 0 || dup2(to, 1 + i) < 0)
		return err_sys(e, "duplicate descriptor");
	return 0;
}

int capture_begin(struct capture *c, struct err *e)
{
	*c = CAPTURE_NONE;
	for (int i = 0; i < 2; i++) {
		if (redirect(c, i, e) == 0)
			continue;
		capture_close(c);
		return -1;
	}
	return 0;
}

void capture_restore(struct capture *c)
{
	for (int i = 0; i < 2; i++) {
		if (c->saved[i] >= 0)
			(void)dup2(c->saved[i], 1 + i);
		fd_close(c->saved[i]);
		c->saved[i] = -1;
	}
}

void capture_close(struct capture *c)
{
	capture_restore(c);
	for (int i = 0; i < 2; i++) {
		fd_close(c->from[i]);
		c->from[i] = -1;
	}
}
