/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of users for what is shown to people. */
#ifndef RUN_OWNER_H
#define RUN_OWNER_H

#include "libocispec/arena.h"

#include <stdint.h>

/*
 * The user's name out of /etc/passwd, else the number as text, in the arena; NULL when that
 * is out of memory. No NSS in a static program. passwd(5).
 */
char *owner_name(struct oci_arena *arena, uint64_t uid);

#endif
