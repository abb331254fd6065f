/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `doctor` prints, apart for its test. */
#ifndef CMD_DOCTOR_H
#define CMD_DOCTOR_H

#include "base/str.h"
#include "run/doctor.h"

/* Pure: for people, a line a layer, what is not ok with its purpose and a cure. */
void doctor_text(const struct doctor_report *r, struct str *ret);

/* Pure: as JSON, in the arena; NULL without memory. Schema 1. */
char *doctor_json(struct oci_arena *arena, const struct doctor_report *r);

#endif
