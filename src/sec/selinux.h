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
 * rule too. Never fails: what cannot be read is not there.
 */
enum selinux_state selinux_read_state(void);

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

/*
 * A level "s0:cA,cB" that nobody else has: neither may read what the other has written. used:
 * the categories of all others; start: a random number. False when there is none left. Pure.
 */
bool selinux_choose_level(const struct selinux_categories *used, size_t n, uint32_t start,
			  char ret[SELINUX_LEVEL_MAX]);

#endif
