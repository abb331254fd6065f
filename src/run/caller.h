/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What callers of create, run and exec hand down and expect: descriptors, pid files, agents. */
#ifndef RUN_CALLER_H
#define RUN_CALLER_H

#include "base/err.h"
#include "libocispec/oci.h"

#include <stdint.h>
#include <sys/types.h>

/* Descriptors 3 to 2 + n are open and not close-on-exec, as all of ours are. */
int caller_check_preserved(uint32_t n, struct err *e);

/*
 * The agent that takes the seccomp listener, or NULL in *ret. A missing one is an error: its
 * filter would leave a process that hangs.
 */
int caller_receiver(const struct oci_config *config, const char **ret, struct err *e);

/*
 * The directory of --pid-file, opened, and the last component of the path. -1 with *e. Open
 * it before anything can go wrong that would have to be undone.
 */
int caller_pid_file_dir(const char *path, const char **ret_name, struct err *e);

/* Writes the file in one piece: a reader finds all of it or none. */
int caller_pid_file_write(int dir, const char *name, pid_t pid, struct err *e);

#endif
