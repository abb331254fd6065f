/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a watched run (struct run_watch) learns about the container before that is deleted. */
#ifndef RUN_WATCH_H
#define RUN_WATCH_H

#include "run/container.h"

/* The end, and what only the cgroup knows: peaks, and whether memory ran out. */
void watch_cgroup(struct container *c);

#endif
