/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file "oom" in the state directory: made by an `events` that watches, filled with the
 * counter of memory that ran out by whoever removes the cgroup. The watcher holds it open, so
 * that it is told however late it looks, and nobody waits for it. Without a watcher there is
 * no file, and a removal has one system call more.
 */
#ifndef RUN_OOM_NOTE_H
#define RUN_OOM_NOTE_H

#include "cgroup/cgroup.h"

#define OOM_NOTE "oom"

/* For the watcher: the descriptor, or -1 (not allowed, or the container goes just now). */
int oom_note_open(int state_dir);

/* What was left; false: nothing was. */
bool oom_note_read(int fd, uint64_t *ret);

/* Before the cgroup is removed: leaves its counter for the watchers, if there are any. */
void oom_note_leave(int state_dir, const struct cgroup *cg);

#endif
