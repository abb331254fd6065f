/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The eight kinds of namespaces under their three names: the specification's word, the
 * kernel's flag, the file below /proc/PID/ns.
 */
#ifndef NS_KIND_H
#define NS_KIND_H

#include "kernel/nsfd.h"
#include "libocispec/runtime.h"

struct ns_kind {
	const char *name; /* "network": linux.namespaces[].type */
	enum oci_namespace_type type;
	uint64_t flag; /* CLONE_NEWNET */
	const char *file; /* "net" */
};

/* Index: enum nsfd_kind. */
extern const struct ns_kind ns_kinds[NSFD_KINDS];

/* The kind of a namespace of the specification; type must not be OCI_NS_UNSET. */
enum nsfd_kind ns_kind_of(enum oci_namespace_type type);

#endif
