/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Annotations of config.json that change what a runtime does. */
#ifndef RUN_ANNOTATION_H
#define RUN_ANNOTATION_H

#include "base/err.h"
#include "libocispec/arena.h"
#include "libocispec/oci.h"

/*
 * Pure: an annotation that has our prefix and that we do not know, a slip of the pen; NULL:
 * there is none. It may not be an error (S66).
 */
const char *annotation_unknown(const struct oci_map *annotations);

/*
 * Pure: 0 when our own flags are true or false, and nothing is asked for that only another
 * runtime can do (handlers for virtual machines and WebAssembly, plugins), else -1 with *e,
 * which names the annotation. Those that nobody knows are no concern of ours (S66).
 */
int annotation_check(const struct oci_map *annotations, struct err *e);

/*
 * Pure. Annotations of our own that stand for a member the specification does not have are
 * written into the members that do the same: wolffia.oom-group (true, false) into
 * linux.resources.unified as memory.oom.group. What is added lives in the arena. -1 with *e:
 * another word, or the members say the opposite.
 */
int annotation_apply(struct oci_config *config, struct oci_arena *arena, struct err *e);

#endif
