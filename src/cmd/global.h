/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options before the command. */
#ifndef CMD_GLOBAL_H
#define CMD_GLOBAL_H

#include "base/log.h"
#include "cmd/cli.h"
#include "run/run.h"

struct global_values {
	const char *root;
	const char *log;
	int log_format; /* 1: text, 2: json; 0: not given */
	int log_level; /* 1 + enum log_level; 0: not given */
	int cgroup_manager; /* 1 + enum run_cgroup_manager; 0: not given */
	int rootless; /* 1: false, 2: true, 3: auto; 0: not given */
	bool debug;
	bool version;
};

extern const struct cli_option global_options[];

/*
 * What they mean for the commands, but for ret->umask. -1 with *e when --root names the root
 * of the file system; *ret is filled in all the same.
 */
int global_context(const struct global_values *v, struct run_context *ret, struct err *e);

/* The same for the log; `silent` is what the command asks for when nothing is said. */
enum log_format global_log_format(const struct global_values *v);
enum log_level global_log_level(const struct global_values *v, bool silent);

#endif
