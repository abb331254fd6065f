/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside src/sec: what the steps of process.c share. Each step appends its ops to the
 * script, or refuses the config; none of them touches the system.
 */
#ifndef SEC_PROCESS_PLAN_H
#define SEC_PROCESS_PLAN_H

#include "sec/process.h"

struct plan {
	const struct oci_process *p;
	const struct process_facts *f;
	struct script *s;
	struct str *warnings;
	struct caps caps; /* what will be granted */
	char **env; /* the program's environment */
	char **candidates;
	bool filtered; /* the filter is loaded before the gate */
};

/* Appends ops to plan->s; 0, or -1 with *e set and the place in the config. */
typedef int plan_step(struct plan *plan, struct err *e);

/* process_limits.c: what a process carries besides its identity */
plan_step plan_personality, plan_memory_policy, plan_affinity, plan_io_priority;
plan_step plan_scheduler, plan_oom_score, plan_rlimits, plan_small_nofile, plan_umask;

/* The same as plan_oom_score(), but for process_join.c: whoever is to join does it itself. */
plan_step plan_oom_score_now;

/* process_ids.c: who the process is, and what it may do */
plan_step plan_keyring, plan_labels, plan_bounding_set, plan_groups, plan_ids;
plan_step plan_capabilities, plan_no_new_privs, plan_early_filter, plan_filter;
plan_step plan_listener;

/* Must the filter be loaded with CAP_SYS_ADMIN, for lack of no_new_privs? */
bool plan_filter_needs_admin(const struct plan *plan);

/* Two ops that write `text` to `file` below SCRIPT_SLOT_PROC, and close it. */
void plan_write_proc(struct plan *plan, const char *file, const char *text,
		     const char *what);

/* A line for the user. */
void plan_warn(struct plan *plan, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
