/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The features document (features.md and features-linux.md of runtime-spec 1.3).
 *
 * All lists are lists of words. A list with v == NULL is left out: "not known"; one with
 * n == 0 is written as []: "nothing supported". The two must not be confused.
 */
#ifndef OCI_FEATURES_H
#define OCI_FEATURES_H

#include "types.h"

struct oci_features_cgroup {
	struct oci_opt_bool v1;
	struct oci_opt_bool v2;
	struct oci_opt_bool systemd;
	struct oci_opt_bool systemd_user;
	struct oci_opt_bool rdma;
};

struct oci_features_seccomp {
	struct oci_opt_bool enabled;
	struct oci_strings actions;
	struct oci_strings operators;
	struct oci_strings archs;
	struct oci_strings known_flags;
	struct oci_strings supported_flags;
};

/* apparmor, selinux, netDevices and mountExtensions.idmap */
struct oci_features_enabled {
	struct oci_opt_bool enabled;
};

struct oci_features_intel_rdt {
	struct oci_opt_bool enabled;
	struct oci_opt_bool schemata;
	struct oci_opt_bool monitoring;
};

struct oci_features_memory_policy {
	struct oci_strings modes;
	struct oci_strings flags;
};

struct oci_features_mount_extensions {
	struct oci_features_enabled *idmap;
};

struct oci_features_linux {
	struct oci_strings namespaces;
	struct oci_strings capabilities;
	struct oci_features_cgroup *cgroup;
	struct oci_features_seccomp *seccomp;
	struct oci_features_enabled *apparmor;
	struct oci_features_enabled *selinux;
	struct oci_features_intel_rdt *intel_rdt;
	struct oci_features_memory_policy *memory_policy;
	struct oci_features_mount_extensions *mount_extensions;
	struct oci_features_enabled *net_devices;
};

struct oci_features {
	char *oci_version_min;
	char *oci_version_max;
	struct oci_strings hooks;
	struct oci_strings mount_options;
	struct oci_features_linux *linux;
	struct oci_map annotations;
	struct oci_strings potentially_unsafe_config_annotations;
};

#endif
