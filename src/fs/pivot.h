/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entering the root directory for good.
 */
#ifndef FS_PIVOT_H
#define FS_PIVOT_H

#include "fs/fs.h"

/*
 * With a joined mount namespace, before anything is mounted; nothing otherwise. What a
 * container mounts in somebody else's namespace would stay there when it is gone, whatever
 * ends it. So INIT mounts in a copy of the namespace, `ns` is the joined one (borrowed until
 * pivot_enter()), and pivot_enter() goes back to it with a clone of what was made as its root,
 * which is attached nowhere: it ends with the last process that sees it.
 */
int pivot_own_view(struct fs_plan *plan, int ns, struct err *e);

/*
 * pivot_root(2) onto fs->root_fd and unmounting of the old root; with --no-pivot moving the
 * root over "/" and chroot(2); with no mount namespace of one's own chroot(2) alone, with a
 * joined one into a detached clone. Then cwd and root are the container's "/" and the umask is
 * 022. Descriptors of the old root that the caller still holds are the caller's to close.
 */
int pivot_enter(struct fs *fs, struct err *e);

#endif
