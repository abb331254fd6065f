/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SELinux as the machine has it: its state, the labels that its policy means for containers,
 * and categories that keep containers apart. Read from selinuxfs and the files of libselinux
 * themselves: a static program loads no library.
 *
 * A label is USER:ROLE:TYPE[:LEVEL]; a level is a sensitivity and categories, "s0:c1,c2", or
 * a range of two, "s0-s0:c0.c1023" (of which the upper one counts here).
 */
#ifndef SEC_SELINUX_H
#define SEC_SELINUX_H

#include "base/err.h"
#include "libocispec/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum selinux_state { SELINUX_DISABLED, SELINUX_PERMISSIVE, SELINUX_ENFORCING };

/*
 * From selinuxfs at /sys/fs/selinux, found by its magic and writable, which is libselinux's
 * rule too; without a policy SELinux is disabled. Never fails: what cannot be read is not there.
 */
enum selinux_state selinux_read_state(void);

/*
 * Does the policy know the label? True too when it may not be asked: who uses the label will
 * see then. /sys/fs/selinux/context.
 */
bool selinux_knows(const char *label);

/* Has the policy levels at all (/sys/fs/selinux/mls)? */
bool selinux_has_levels(void);

/* ---- what the policy means for containers --------------------------------------------- */

/* Out of lxc_contexts; "" where a line is missing. */
struct selinux_contexts {
	const char *process; /* "system_u:system_r:container_t:s0" */
	const char *file; /* "system_u:object_r:container_file_t:s0" */
};

/*
 * Reads DIR/config and DIR/TYPE/contexts/lxc_contexts; dir: "/etc/selinux". -1 with *e when
 * they are missing or do not name both labels. *ret lives in the arena. selinux_config(5).
 */
int selinux_read_contexts(const char *dir, struct oci_arena *arena,
			  struct selinux_contexts *ret, struct err *e);

/* The two files' grammar. Pure; the results live in the arena. */
const char *selinux_parse_type(const char *text, struct oci_arena *arena);
void selinux_parse_contexts(const char *text, struct oci_arena *arena,
			    struct selinux_contexts *ret);

/* ---- levels and categories ------------------------------------------------------------ */

enum { SELINUX_CATEGORIES = 1024, SELINUX_LABEL_MAX = 512, SELINUX_LEVEL_MAX = 24 };

struct selinux_categories {
	uint64_t bits[SELINUX_CATEGORIES / 64];
};

/* The upper level of a label: "s0:c1,c2"; NULL when it has none. Points into the label. */
const char *selinux_level(const char *label);

/* Label with its level replaced (NULL: without one). False when it does not fit. */
bool selinux_with_level(const char *label, const char *level, char *buf, size_t size);

/* The categories of a label's upper level; false: it has none, or is no label. */
bool selinux_parse_categories(const char *label, struct selinux_categories *ret);

/* Whose categories a new container must stay apart from, each set of them once. */
struct selinux_used {
	struct selinux_categories *v;
	size_t n, room;
};

/*
 * Adds a label's categories. Nothing for a label that has none, or SELINUX_WIDE and more: that
 * one stands above all containers on purpose (a login has s0-s0:c0.c1023), and no choice could
 * keep anything from it. Pure; free() list->v.
 */
enum { SELINUX_WIDE = SELINUX_CATEGORIES / 2 };
void selinux_use(struct selinux_used *list, const char *label);

/*
 * Adds what the processes that proc_fd (a procfs) shows have: containers of every runtime and
 * every user. /proc/PID/attr/current can be read by anybody whom the policy lets; what cannot
 * be read is passed over.
 */
int selinux_use_processes(struct selinux_used *list, int proc_fd, struct err *e);

/*
 * A level "s0:cA,cB" that nobody else has: neither may read what the other has written.
 * start: a random number. False when there is none left. Pure.
 */
bool selinux_choose_level(const struct selinux_used *used, uint32_t start,
			  char ret[SELINUX_LEVEL_MAX]);

#endif
