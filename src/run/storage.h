/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The annotations wolffia.root, .overlay, .overlay-size (run/direct.h) as facts of src/fs. */
#ifndef RUN_STORAGE_H
#define RUN_STORAGE_H

#include "base/err.h"
#include "fs/plan.h"
#include "libocispec/oci.h"

/*
 * Pure; fills in root_kind, scratch_size and the place of layers. -1 with *e for a value
 * that is none.
 */
int storage_facts(const struct oci_config *config, struct fs_facts *ret, struct err *e);

#endif
