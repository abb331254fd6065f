/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock as a second belt (landlock(7)): what the mounts let a process do is said once more
 * to another part of the kernel, and files that no mount shows are out of reach even where a
 * descriptor or a namespace leaks. Best effort: no Landlock, no rules.
 */
#ifndef SEC_LANDLOCK_H
#define SEC_LANDLOCK_H

#include "base/err.h"
#include "base/str.h"
#include "kernel/script.h"
#include "libocispec/arena.h"
#include "libocispec/runtime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Before ABI 2 (Linux 5.19) no file could be moved to another directory: not used then. */
enum { LANDLOCK_ABI_MIN = 2 };

struct landlock_rule {
	const char *path; /* in the container */
	uint64_t
		access; /* to it and all below it; what a rule above gives counts as well */
};

struct landlock_plan {
	int abi;
	uint64_t handled; /* rights that need a rule */
	uint64_t scoped; /* what ends at the container */
	uint64_t network; /* rights that nothing gives */
	size_t n, room;
	struct landlock_rule *v;
};

/* What the kernel can do; 0: nothing. landlock_create_ruleset(2), one call. */
int landlock_abi(void);

/*
 * Pure: the rules for the root and the mounts of a config; they live in the arena. closed_root:
 * nothing may be changed but below a mount that can be written to.
 */
int landlock_plan_make(const struct oci_config *config, bool closed_root, int abi,
		       struct oci_arena *arena, struct landlock_plan *ret, struct err *e);

/* What a rule that is made by hand gives. */
enum landlock_kind {
	LANDLOCK_NAMES, /* the names in directories */
	LANDLOCK_READ,
	LANDLOCK_SHOWN, /* read and execute */
	LANDLOCK_OPEN, /* all but new devices */
	LANDLOCK_DEVICE, /* one device: read, write, control */
};

/*
 * Pure: a plan without rules, in which all that the kernel knows needs one; rules by hand.
 * closed_network: no TCP either, where the kernel has it (ABI 4). add: the path is copied into
 * the arena, -1 with *e when that is full.
 */
void landlock_plan_begin(struct landlock_plan *ret, int abi, bool closed_network);
int landlock_plan_add(struct landlock_plan *plan, struct oci_arena *arena,
		      const char *path, enum landlock_kind kind, struct err *e);

/*
 * Pure: for a process that comes beside those of a container, which are in rules of their own:
 * it must reach them where the namespaces are the container's and keep all others away.
 */
void landlock_plan_beside(struct landlock_plan *plan, bool own_pids, bool own_network);

/* Appends the steps; no_new_privs must be set by then. Pure. */
void landlock_plan_script(const struct landlock_plan *plan, struct script *s);

/* The plan as text, a line a rule, for tests: "/tmp rwx". */
void landlock_plan_text(const struct landlock_plan *plan, struct str *ret);

#endif
