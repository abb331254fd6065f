/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of `list`, apart from where its rows come from. */
#ifndef CMD_LIST_H
#define CMD_LIST_H

#include "base/str.h"
#include "libocispec/oci.h"

/* Adds the head line and one line for each of the n states. */
void list_table(const struct oci_state *states, size_t n, struct str *ret);

#endif
