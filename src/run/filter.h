/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container's seccomp filter from its configuration. */
#ifndef RUN_FILTER_H
#define RUN_FILTER_H

#include "base/err.h"
#include "base/str.h"
#include "libocispec/oci.h"
#include "sec/seccomp.h"

/*
 * Compiles linux.seccomp with what the annotations say; n stays 0 without one. *warnings
 * takes a line for each name that is unknown. Free with auto_seccomp.
 */
int filter_compile(const struct oci_config *config, bool have_receiver,
		   struct seccomp_filter *ret, struct str *warnings, struct err *e);

#endif
