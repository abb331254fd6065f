/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Annotations of config.json that change what a runtime does. */
#ifndef RUN_ANNOTATION_H
#define RUN_ANNOTATION_H

#include "base/err.h"
#include "libocispec/oci.h"

/*
 * 0 when nothing is asked for that only another runtime can do (handlers for virtual
 * machines and WebAssembly, plugins), else -1 with *e, which names the annotation. Those that
 * nobody knows are no concern of ours (S66).
 */
int annotation_check(const struct oci_map *annotations, struct err *e);

#endif
