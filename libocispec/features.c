/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of the features document, in the order in which runc prints it.
 */
#include "libocispec/oci.h"

static const struct oci_member cgroup_rows[] = {
	OCI_BOOL(oci_features_cgroup, v1, "v1", 0),
	OCI_BOOL(oci_features_cgroup, v2, "v2", 0),
	OCI_BOOL(oci_features_cgroup, systemd, "systemd", 0),
	OCI_BOOL(oci_features_cgroup, systemd_user, "systemdUser", 0),
	OCI_BOOL(oci_features_cgroup, rdma, "rdma", 0),
};
static const struct oci_type cgroup_type =
	OCI_TYPE(oci_features_cgroup, cgroup_rows, NULL);

static const struct oci_member seccomp_rows[] = {
	OCI_BOOL(oci_features_seccomp, enabled, "enabled", 0),
	OCI_STRS(oci_features_seccomp, actions, "actions", 0, NULL),
	OCI_STRS(oci_features_seccomp, operators, "operators", 0, NULL),
	OCI_STRS(oci_features_seccomp, archs, "archs", 0, NULL),
	OCI_STRS(oci_features_seccomp, known_flags, "knownFlags", 0, NULL),
	OCI_STRS(oci_features_seccomp, supported_flags, "supportedFlags", 0, NULL),
};
static const struct oci_type seccomp_type =
	OCI_TYPE(oci_features_seccomp, seccomp_rows, NULL);

static const struct oci_member enabled_rows[] = {
	OCI_BOOL(oci_features_enabled, enabled, "enabled", 0),
};
static const struct oci_type enabled_type =
	OCI_TYPE(oci_features_enabled, enabled_rows, NULL);

static const struct oci_member intel_rdt_rows[] = {
	OCI_BOOL(oci_features_intel_rdt, enabled, "enabled", 0),
	OCI_BOOL(oci_features_intel_rdt, schemata, "schemata", 0),
	OCI_BOOL(oci_features_intel_rdt, monitoring, "monitoring", 0),
};
static const struct oci_type intel_rdt_type =
	OCI_TYPE(oci_features_intel_rdt, intel_rdt_rows, NULL);

static const struct oci_member memory_policy_rows[] = {
	OCI_STRS(oci_features_memory_policy, modes, "modes", 0, NULL),
	OCI_STRS(oci_features_memory_policy, flags, "flags", 0, NULL),
};
static const struct oci_type memory_policy_type =
	OCI_TYPE(oci_features_memory_policy, memory_policy_rows, NULL);

static const struct oci_member mount_extensions_rows[] = {
	OCI_OBJ(oci_features_mount_extensions, idmap, "idmap", 0, oci_features_enabled,
		&enabled_type),
};
static const struct oci_type mount_extensions_type =
	OCI_TYPE(oci_features_mount_extensions, mount_extensions_rows, NULL);

static const struct oci_member linux_rows[] = {
	OCI_STRS(oci_features_linux, namespaces, "namespaces", 0, NULL),
	OCI_STRS(oci_features_linux, capabilities, "capabilities", 0, NULL),
	OCI_OBJ(oci_features_linux, cgroup, "cgroup", 0, oci_features_cgroup,
		&cgroup_type),
	OCI_OBJ(oci_features_linux, seccomp, "seccomp", 0, oci_features_seccomp,
		&seccomp_type),
	OCI_OBJ(oci_features_linux, apparmor, "apparmor", 0, oci_features_enabled,
		&enabled_type),
	OCI_OBJ(oci_features_linux, selinux, "selinux", 0, oci_features_enabled,
		&enabled_type),
	OCI_OBJ(oci_features_linux, intel_rdt, "intelRdt", 0, oci_features_intel_rdt,
		&intel_rdt_type),
	OCI_OBJ(oci_features_linux, memory_policy, "memoryPolicy", 0,
		oci_features_memory_policy, &memory_policy_type),
	OCI_OBJ(oci_features_linux, mount_extensions, "mountExtensions", 0,
		oci_features_mount_extensions, &mount_extensions_type),
	OCI_OBJ(oci_features_linux, net_devices, "netDevices", 0, oci_features_enabled,
		&enabled_type),
};
static const struct oci_type linux_type = OCI_TYPE(oci_features_linux, linux_rows, NULL);

static const struct oci_member features_rows[] = {
	OCI_STR(oci_features, oci_version_min, "ociVersionMin", OCI_REQUIRED,
		oci_rule_some),
	OCI_STR(oci_features, oci_version_max, "ociVersionMax", OCI_REQUIRED,
		oci_rule_some),
	OCI_STRS(oci_features, hooks, "hooks", 0, NULL),
	OCI_STRS(oci_features, mount_options, "mountOptions", 0, NULL),
	OCI_OBJ(oci_features, linux, "linux", 0, oci_features_linux, &linux_type),
	OCI_MAP(oci_features, annotations, "annotations", 0, oci_rule_some),
	OCI_STRS(oci_features, potentially_unsafe_config_annotations,
		 "potentiallyUnsafeConfigAnnotations", 0, oci_rule_some),
};
const struct oci_type oci_type_features = OCI_TYPE(oci_features, features_rows, NULL);
