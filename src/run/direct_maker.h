/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config of direct use in the making: what direct_config.c and its parts share. */
#ifndef RUN_DIRECT_MAKER_H
#define RUN_DIRECT_MAKER_H

#include "run/direct.h"

struct direct_maker {
	struct oci_arena *arena;
	const struct direct_request *rq;
	const struct direct_facts *facts;
	struct direct_plan *plan;
	char *size; /* "size=N" for what a throw-away tmpfs may hold */
	uint32_t uid, gid; /* of the program */
	uint32_t kept_uid, kept_gid; /* what keep-id makes of the caller */
	char *net_env[DIRECT_NET_VARIABLES];
	size_t n_net_env;
};

/* All that has no list in it, in one piece of memory. */
struct direct_parts {
	struct oci_config config;
	struct oci_process process;
	struct oci_capabilities caps;
	struct oci_rlimit rlimits[4];
	struct oci_root root;
	struct oci_linux linux;
	struct oci_resources resources;
	struct oci_memory memory;
	struct oci_pair unified[1];
	struct oci_cpu cpu;
	struct oci_pids pids;
	struct oci_namespace namespaces[8];
	struct oci_pair annotations[12 + DIRECT_NET_PAIRS];
};

/* A text in the arena; NULL when there is no memory. */
char *direct_text(struct direct_maker *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* One annotation more; there is room for each of ours once. */
void direct_annotate(struct direct_parts *p, const char *key, char *value);

/* Appends a line about what is weaker than it could be, or than was asked; NULL is none. */
void direct_remark(struct direct_maker *m, const char *line, bool asked);

/*
 * User, groups and id mappings into the config; m->uid and m->gid are known afterwards. Pure. -1
 * with *e for ids that the caller does not have.
 */
int direct_ids(struct direct_maker *m, struct direct_parts *p, struct err *e);

/* The limits of the request into the config. Pure. */
void direct_limits(struct direct_maker *m, struct direct_parts *p);

/* Then: appends a mount that shows the program its limits, where there are such. Pure. */
void direct_show_limits(const struct direct_maker *m, const struct direct_parts *p,
			struct oci_mount *list, size_t *n);

#endif
