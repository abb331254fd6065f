/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of AppArmor and SELinux is there, and what becomes of the labels that a config asks
 * for. AppArmor asked for and not there is an error (A45); SELinux that is disabled makes
 * labels a no-op with exactly one remark (R33).
 */
#ifndef SEC_LABEL_H
#define SEC_LABEL_H

#include "base/err.h"
#include "base/str.h"
#include "sec/selinux.h"

#include <stdbool.h>

struct label_facts {
	enum selinux_state selinux;
	bool apparmor; /* the module is loaded and on */
	bool apparmor_dir; /* procfs has attr/apparmor/ (Linux 5.8), needed beside other LSMs */
};

/*
 * Reads /sys/module/apparmor/parameters/enabled, and selinux_read_state(). Only call it when
 * a label is asked for: it is not free. Never fails: what cannot be read is not there.
 */
void label_read_facts(struct label_facts *ret);

/* Refuses what can never work: an AppArmor profile without AppArmor. NULL or "": not asked. */
int label_check(const struct label_facts *f, const char *apparmor_profile, struct err *e);

/*
 * The one remark of R33, "SELinux is disabled; labelling layer inactive", or NULL when
 * nothing was asked for or SELinux enforces. The caller logs it once (log_info).
 */
const char *label_remark(const struct label_facts *f, const char *selinux_label,
			 const char *mount_label);

/*
 * The label as it is used: NULL when none is given, when SELinux is disabled, and when it only
 * is permissive and does not know the label: then nothing about labels is an error.
 */
const char *label_usable(const struct label_facts *f, const char *label);

#endif
