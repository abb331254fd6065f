/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The holder of a layer by fuse-overlayfs: one process per layer, born by HOST outside of the
 * container's pid namespace and cgroup, so nothing in the container sees it or can end it. It
 * has INIT's pidfd and nothing of the caller's; the program is its child and dies with it. It
 * outlives the runtime; when INIT ends, however that happens, it ends the program, and when
 * the program ends, INIT: a container without its files is none. So no record, no pid file
 * and no delete is needed for nothing to be left.
 */
#ifndef FS_FUSE_HOLDER_H
#define FS_FUSE_HOLDER_H

#include "base/err.h"

/*
 * HOST: starts it. sock: its end of the socket by which INIT asks (borrowed); init: INIT's
 * pidfd (borrowed); kept: the directory of a layer that is kept (borrowed), where FUSE_MARK is
 * made when that is asked for, or -1. Its pidfd; the caller, its parent, may reap it or leave it.
 */
int fuse_holder_start(int init, int sock, int kept, struct err *e);

enum fuse_end {
	FUSE_LIVES,
	FUSE_DONE, /* as it should, after the init, or before there was a layer */
	FUSE_LOST, /* it or the program has been killed: the container has no files any more */
};

/* For its parent: reaps it when it has ended, and closes the pidfd then. */
enum fuse_end fuse_holder_look(int pidfd);

/* For its parent, once the init is dead: the same, waiting for it, at most three seconds. */
enum fuse_end fuse_holder_finish(int pidfd);

#endif
