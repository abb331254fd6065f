/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --userns, --uidmap and --gidmap of a command line, as the one word that run/ids.h knows.
 */
#ifndef CMD_IDS_ROWS_H
#define CMD_IDS_ROWS_H

#include "cmd/cli.h"
#include "libocispec/oci.h"

/*
 * Pure: the word in *ret, NULL when nothing is said: --userns, else "map=..." of the rows of
 * --uidmap and --gidmap, each C:H:N; a kind without rows has those of the other. It lives in the
 * arena. An error when both ways are given, or a row is none.
 */
int cmd_ids_word(const char *userns, const struct cli_list *uidmap,
		 const struct cli_list *gidmap, struct oci_arena *arena, const char **ret,
		 struct err *e);

#endif
