/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.intelRdt for the operations; the steps of the birth are in steps.h.
 */
#ifndef RUN_RESCTRL_H
#define RUN_RESCTRL_H

#include "run/container.h"

/* Decides and looks at what exists (cgroup/rdt.h); nothing without linux.intelRdt. */
int resctrl_plan(struct container *c, struct err *e);

/* Puts another process of the container (exec) into its class and MON group. */
int resctrl_join(const struct run_record *record, pid_t pid, struct err *e);

/* New schemata (update --l3-cache-schema, --mem-bw-schema); NULL: unchanged. */
int resctrl_update(const struct run_record *record, const char *l3_cache_schema,
		   const char *mem_bw_schema, struct err *e);

/* For delete: what was made for the container alone. */
int resctrl_remove(const struct run_record *record, struct err *e);

#endif
