/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers by fuse-overlayfs; see helpers.h. A pid namespace of the container's own is asked for:
 * its init ends after all others in it, so nobody is left whose files they would hold, and
 * nobody in it can see or end the program that serves them.
 */
#include "run/helpers.h"

#include "base/fd.h"
#include "fs/fuse.h"
#include "fs/fuse_holder.h"
#include "run/baton.h"
#include "run/container.h"
#include "run/layer.h"

#include <fcntl.h>

static int ask(void *arg, int *ret_user_fd, struct err *e)
{
	struct container *c = arg;
	auto_close int ours = -1, theirs = -1;
	int pair[2];

	TRY(baton_pair(pair, e));
	ours = pair[0];
	theirs = pair[1];
	TRY(baton_layer(c->baton, theirs, e));
	if (c->ns.mode[NSFD_USER] != NS_KEEP) {
		*ret_user_fd = openat(c->proc_fd, "self/ns/user", O_RDONLY | O_CLOEXEC);
		if (*ret_user_fd < 0)
			return err_sys_plain(e, "the user namespace of init");
	}
	return take_fd(&ours);
}

void helpers_offer(struct container *c)
{
	if (c->ns.mode[NSFD_PID] != NS_NEW || c->fs_plan->mount_ns != FS_MOUNT_NS_NEW)
		return;
	c->fs.ask_helper = ask;
	c->fs.ask_arg = c;
}

int helpers_start(int sock, void *container, struct err *e)
{
	struct container *c = container;
	auto_close int kept = -1;

	if (c->helpers.n == HELPERS_MAX)
		return err_set(e, FUSE_PROGRAM " can make %d layers at most",
			       HELPERS_MAX);
	kept = layer_open_kept(c->record.layer);
	c->helpers.fds[c->helpers.n] =
		TRY(fuse_holder_start(c->init.pidfd, sock, kept, e));
	c->helpers.n++;
	if (c->watch)
		c->watch->layers_by = FUSE_PROGRAM;
	return 0;
}

bool helpers_look(struct layer_helpers *h)
{
	for (unsigned i = h->n; i-- > 0;) {
		enum fuse_end end = fuse_holder_look(h->fds[i]);

		if (end == FUSE_LIVES)
			continue;
		h->lost = h->lost || end == FUSE_LOST;
		h->fds[i] = h->fds[--h->n];
	}
	return !h->lost;
}

int helpers_lost(struct err *e)
{
	err_set(e, "root.path: " FUSE_PROGRAM
		   ", or the process that holds it, was killed: the container was ended, "
		   "for it had lost its files");
	return err_hint(e, "the kernel's log says whether memory had run out");
}

void helpers_finish(struct container *c)
{
	struct layer_helpers *h = &c->helpers;

	while (h->n)
		if (fuse_holder_finish(h->fds[--h->n]) == FUSE_LOST)
			h->lost = true;
}

void helpers_leave(struct container *c)
{
	while (c->helpers.n)
		fd_close(c->helpers.fds[--c->helpers.n]);
}
