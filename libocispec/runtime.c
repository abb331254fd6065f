/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of config.json, the state and seccomp's process state: one row per member, in
 * the order in which they are written. Each struct of runtime.h has its table here.
 */
#include "validate.h"

enum {
	ID_MAX = 0xfffffffe, /* 2^32-1 means "no id" to the kernel */
	TIMEOUT_MAX = INT32_MAX,
	MAJOR_MAX = (1 << 12) - 1, /* <linux/kdev_t.h> */
	MINOR_MAX = (1 << 20) - 1,
};

/* ---- process --------------------------------------------------------------------- */

static const struct oci_member box_rows[] = {
	OCI_NUM(oci_box, height, "height", OCI_REQUIRED, 0, UINT32_MAX),
	OCI_NUM(oci_box, width, "width", OCI_REQUIRED, 0, UINT32_MAX),
};
static const struct oci_type box_type = OCI_TYPE(oci_box, box_rows, NULL);

static const struct oci_member user_rows[] = {
	OCI_NUM(oci_user, uid, "uid", OCI_REQUIRED, 0, ID_MAX),
	OCI_NUM(oci_user, gid, "gid", OCI_REQUIRED, 0, ID_MAX),
	OCI_NUM(oci_user, umask, "umask", 0, 0, 0777),
	OCI_UINTS(oci_user, additional_gids, "additionalGids", 0, ID_MAX),
};
static const struct oci_type user_type = OCI_TYPE(oci_user, user_rows, NULL);

/* Unknown capabilities are a warning, so their names stay strings. */
static const struct oci_member capabilities_rows[] = {
	OCI_STRS(oci_capabilities, bounding, "bounding", 0, oci_rule_some),
	OCI_STRS(oci_capabilities, effective, "effective", 0, oci_rule_some),
	OCI_STRS(oci_capabilities, inheritable, "inheritable", 0, oci_rule_some),
	OCI_STRS(oci_capabilities, permitted, "permitted", 0, oci_rule_some),
	OCI_STRS(oci_capabilities, ambient, "ambient", 0, oci_rule_some),
};
static const struct oci_type capabilities_type =
	OCI_TYPE(oci_capabilities, capabilities_rows, NULL);

static const struct oci_member rlimit_rows[] = {
	OCI_STR(oci_rlimit, type, "type", OCI_REQUIRED, oci_rule_rlimit),
	OCI_NUM(oci_rlimit, hard, "hard", OCI_REQUIRED, 0, UINT64_MAX),
	OCI_NUM(oci_rlimit, soft, "soft", OCI_REQUIRED, 0, UINT64_MAX),
};
static const struct oci_type rlimit_type =
	OCI_TYPE(oci_rlimit, rlimit_rows, oci_check_rlimit);

static const struct oci_member scheduler_rows[] = {
	OCI_ENUM(oci_scheduler, policy, "policy", OCI_REQUIRED, oci_words_sched_policy),
	OCI_NUM(oci_scheduler, nice, "nice", 0, -20, 19),
	OCI_NUM(oci_scheduler, priority, "priority", 0, 0, 99),
	OCI_ENUMS(oci_scheduler, flags, "flags", 0, oci_words_sched_flag),
	OCI_NUM(oci_scheduler, runtime, "runtime", 0, 0, UINT64_MAX),
	OCI_NUM(oci_scheduler, deadline, "deadline", 0, 0, UINT64_MAX),
	OCI_NUM(oci_scheduler, period, "period", 0, 0, UINT64_MAX),
};
static const struct oci_type scheduler_type =
	OCI_TYPE(oci_scheduler, scheduler_rows, oci_check_scheduler);

static const struct oci_member io_priority_rows[] = {
	OCI_ENUM(oci_io_priority, class, "class", OCI_REQUIRED, oci_words_io_class),
	OCI_NUM(oci_io_priority, priority, "priority", 0, 0, 7),
};
static const struct oci_type io_priority_type =
	OCI_TYPE(oci_io_priority, io_priority_rows, NULL);

static const struct oci_member exec_cpu_affinity_rows[] = {
	OCI_STR(oci_exec_cpu_affinity, initial, "initial", 0, oci_rule_numlist),
	OCI_STR(oci_exec_cpu_affinity, final, "final", 0, oci_rule_numlist),
};
static const struct oci_type exec_cpu_affinity_type =
	OCI_TYPE(oci_exec_cpu_affinity, exec_cpu_affinity_rows, NULL);

static const struct oci_member process_rows[] = {
	OCI_BOOL(oci_process, terminal, "terminal", 0),
	OCI_OBJ(oci_process, console_size, "consoleSize", 0, oci_box, &box_type),
	OCI_INLINE(oci_process, user, "user", 0, oci_user, &user_type),
	OCI_STRS(oci_process, args, "args", OCI_REQUIRED | OCI_SOME, NULL),
	OCI_STRS(oci_process, env, "env", 0, oci_rule_env),
	OCI_STR(oci_process, cwd, "cwd", OCI_REQUIRED, oci_rule_absolute),
	OCI_OBJ(oci_process, capabilities, "capabilities", 0, oci_capabilities,
		&capabilities_type),
	OCI_OBJS(oci_process, rlimits, "rlimits", 0, oci_rlimit, &rlimit_type),
	OCI_BOOL(oci_process, no_new_privileges, "noNewPrivileges", 0),
	OCI_STR(oci_process, apparmor_profile, "apparmorProfile", 0, NULL),
	OCI_NUM(oci_process, oom_score_adj, "oomScoreAdj", 0, -1000, 1000),
	OCI_OBJ(oci_process, scheduler, "scheduler", 0, oci_scheduler, &scheduler_type),
	OCI_STR(oci_process, selinux_label, "selinuxLabel", 0, NULL),
	OCI_OBJ(oci_process, io_priority, "ioPriority", 0, oci_io_priority,
		&io_priority_type),
	OCI_OBJ(oci_process, exec_cpu_affinity, "execCPUAffinity", 0,
		oci_exec_cpu_affinity, &exec_cpu_affinity_type),
};
const struct oci_type oci_type_process =
	OCI_TYPE(oci_process, process_rows, oci_check_process);

/* ---- root, mounts, hooks --------------------------------------------------------- */

static const struct oci_member root_rows[] = {
	OCI_STR(oci_root, path, "path", OCI_REQUIRED, oci_rule_some),
	OCI_BOOL(oci_root, readonly, "readonly", 0),
};
const struct oci_type oci_type_root = OCI_TYPE(oci_root, root_rows, NULL);

static const struct oci_member id_mapping_rows[] = {
	OCI_NUM(oci_id_mapping, container_id, "containerID", OCI_REQUIRED, 0, ID_MAX),
	OCI_NUM(oci_id_mapping, host_id, "hostID", OCI_REQUIRED, 0, ID_MAX),
	OCI_NUM(oci_id_mapping, size, "size", OCI_REQUIRED, 1, UINT32_MAX),
};
const struct oci_type oci_type_id_mapping =
	OCI_TYPE(oci_id_mapping, id_mapping_rows, oci_check_id_mapping);

static const struct oci_member mount_rows[] = {
	OCI_STR(oci_mount, destination, "destination", OCI_REQUIRED, oci_rule_some),
	OCI_STR(oci_mount, type, "type", 0, NULL),
	OCI_STR(oci_mount, source, "source", 0, NULL),
	OCI_STRS(oci_mount, options, "options", 0, NULL),
	OCI_OBJS(oci_mount, uid_mappings, "uidMappings", 0, oci_id_mapping,
		 &oci_type_id_mapping),
	OCI_OBJS(oci_mount, gid_mappings, "gidMappings", 0, oci_id_mapping,
		 &oci_type_id_mapping),
};
const struct oci_type oci_type_mount = OCI_TYPE(oci_mount, mount_rows, oci_check_mount);

static const struct oci_member hook_rows[] = {
	OCI_STR(oci_hook, path, "path", OCI_REQUIRED, oci_rule_absolute),
	OCI_STRS(oci_hook, args, "args", 0, NULL),
	OCI_STRS(oci_hook, env, "env", 0, oci_rule_env),
	OCI_NUM(oci_hook, timeout, "timeout", 0, 1, TIMEOUT_MAX),
};
const struct oci_type oci_type_hook = OCI_TYPE(oci_hook, hook_rows, NULL);

static const struct oci_member hooks_rows[] = {
	OCI_OBJS(oci_hooks, prestart, "prestart", 0, oci_hook, &oci_type_hook),
	OCI_OBJS(oci_hooks, create_runtime, "createRuntime", 0, oci_hook, &oci_type_hook),
	OCI_OBJS(oci_hooks, create_container, "createContainer", 0, oci_hook,
		 &oci_type_hook),
	OCI_OBJS(oci_hooks, start_container, "startContainer", 0, oci_hook,
		 &oci_type_hook),
	OCI_OBJS(oci_hooks, poststart, "poststart", 0, oci_hook, &oci_type_hook),
	OCI_OBJS(oci_hooks, poststop, "poststop", 0, oci_hook, &oci_type_hook),
};
const struct oci_type oci_type_hooks = OCI_TYPE(oci_hooks, hooks_rows, NULL);

/* ---- linux: namespaces, devices -------------------------------------------------- */

static const struct oci_member namespace_rows[] = {
	OCI_ENUM(oci_namespace, type, "type", OCI_REQUIRED, oci_words_namespace),
	OCI_STR(oci_namespace, path, "path", OCI_EMPTY_IS_NONE, oci_rule_absolute),
};
const struct oci_type oci_type_namespace = OCI_TYPE(oci_namespace, namespace_rows, NULL);

static const struct oci_member time_offset_rows[] = {
	OCI_NUM(oci_time_offset, secs, "secs", 0, INT64_MIN, INT64_MAX),
	OCI_NUM(oci_time_offset, nanosecs, "nanosecs", 0, 0, 999999999),
};
static const struct oci_type time_offset_type =
	OCI_TYPE(oci_time_offset, time_offset_rows, NULL);

static const struct oci_member time_offsets_rows[] = {
	OCI_OBJ(oci_time_offsets, monotonic, "monotonic", 0, oci_time_offset,
		&time_offset_type),
	OCI_OBJ(oci_time_offsets, boottime, "boottime", 0, oci_time_offset,
		&time_offset_type),
};
static const struct oci_type time_offsets_type =
	OCI_TYPE(oci_time_offsets, time_offsets_rows, NULL);

static const struct oci_member device_rows[] = {
	OCI_STR(oci_device, path, "path", OCI_REQUIRED, oci_rule_absolute),
	OCI_STR(oci_device, type, "type", OCI_REQUIRED, oci_rule_device_type),
	OCI_NUM(oci_device, major, "major", 0, 0, MAJOR_MAX),
	OCI_NUM(oci_device, minor, "minor", 0, 0, MINOR_MAX),
	OCI_NUM(oci_device, file_mode, "fileMode", 0, 0, 0177777),
	OCI_NUM(oci_device, uid, "uid", 0, 0, ID_MAX),
	OCI_NUM(oci_device, gid, "gid", 0, 0, ID_MAX),
};
static const struct oci_type device_type =
	OCI_TYPE(oci_device, device_rows, oci_check_device);

static const struct oci_member net_device_rows[] = {
	OCI_STR(oci_net_device, name, "name", 0, oci_rule_netdev_name),
};
static const struct oci_type net_device_type =
	OCI_TYPE(oci_net_device, net_device_rows, NULL);

/* ---- linux: resources ------------------------------------------------------------ */

static const struct oci_member device_cgroup_rows[] = {
	OCI_BOOL(oci_device_cgroup, allow, "allow", OCI_REQUIRED),
	OCI_STR(oci_device_cgroup, type, "type", 0, oci_rule_cgroup_device_type),
	OCI_NUM(oci_device_cgroup, major, "major", 0, -1, MAJOR_MAX),
	OCI_NUM(oci_device_cgroup, minor, "minor", 0, -1, MINOR_MAX),
	OCI_STR(oci_device_cgroup, access, "access", 0, oci_rule_access),
};
static const struct oci_type device_cgroup_type =
	OCI_TYPE(oci_device_cgroup, device_cgroup_rows, NULL);

static const struct oci_member memory_rows[] = {
	OCI_NUM(oci_memory, limit, "limit", 0, -1, INT64_MAX),
	OCI_NUM(oci_memory, reservation, "reservation", 0, -1, INT64_MAX),
	OCI_NUM(oci_memory, swap, "swap", 0, -1, INT64_MAX),
	OCI_NUM(oci_memory, kernel, "kernel", 0, -1, INT64_MAX),
	OCI_NUM(oci_memory, kernel_tcp, "kernelTCP", 0, -1, INT64_MAX),
	OCI_NUM(oci_memory, swappiness, "swappiness", 0, 0, 200),
	OCI_BOOL(oci_memory, disable_oom_killer, "disableOOMKiller", 0),
	OCI_BOOL(oci_memory, use_hierarchy, "useHierarchy", 0),
	OCI_BOOL(oci_memory, check_before_update, "checkBeforeUpdate", 0),
};
static const struct oci_type memory_type = OCI_TYPE(oci_memory, memory_rows, NULL);

static const struct oci_member cpu_rows[] = {
	OCI_NUM(oci_cpu, shares, "shares", 0, 0, UINT64_MAX),
	OCI_NUM(oci_cpu, quota, "quota", 0, -1, INT64_MAX),
	OCI_NUM(oci_cpu, burst, "burst", 0, 0, UINT64_MAX),
	OCI_NUM(oci_cpu, period, "period", 0, 0, UINT64_MAX),
	OCI_NUM(oci_cpu, realtime_runtime, "realtimeRuntime", 0, -1, INT64_MAX),
	OCI_NUM(oci_cpu, realtime_period, "realtimePeriod", 0, 0, UINT64_MAX),
	OCI_STR(oci_cpu, cpus, "cpus", 0, oci_rule_one_line),
	OCI_STR(oci_cpu, mems, "mems", 0, oci_rule_one_line),
	OCI_NUM(oci_cpu, idle, "idle", 0, 0, 1),
};
static const struct oci_type cpu_type = OCI_TYPE(oci_cpu, cpu_rows, oci_check_cpu);

static const struct oci_member weight_device_rows[] = {
	OCI_NUM(oci_weight_device, major, "major", OCI_REQUIRED, 0, MAJOR_MAX),
	OCI_NUM(oci_weight_device, minor, "minor", OCI_REQUIRED, 0, MINOR_MAX),
	OCI_NUM(oci_weight_device, weight, "weight", 0, 0, UINT16_MAX),
	OCI_NUM(oci_weight_device, leaf_weight, "leafWeight", 0, 0, UINT16_MAX),
};
static const struct oci_type weight_device_type =
	OCI_TYPE(oci_weight_device, weight_device_rows, oci_check_weight_device);

static const struct oci_member throttle_rows[] = {
	OCI_NUM(oci_throttle_device, major, "major", OCI_REQUIRED, 0, MAJOR_MAX),
	OCI_NUM(oci_throttle_device, minor, "minor", OCI_REQUIRED, 0, MINOR_MAX),
	OCI_NUM(oci_throttle_device, rate, "rate", OCI_REQUIRED, 0, UINT64_MAX),
};
static const struct oci_type throttle_type =
	OCI_TYPE(oci_throttle_device, throttle_rows, NULL);

static const struct oci_member block_io_rows[] = {
	OCI_NUM(oci_block_io, weight, "weight", 0, 0, UINT16_MAX),
	OCI_NUM(oci_block_io, leaf_weight, "leafWeight", 0, 0, UINT16_MAX),
	OCI_OBJS(oci_block_io, weight_device, "weightDevice", 0, oci_weight_device,
		 &weight_device_type),
	OCI_OBJS(oci_block_io, throttle_read_bps_device, "throttleReadBpsDevice", 0,
		 oci_throttle_device, &throttle_type),
	OCI_OBJS(oci_block_io, throttle_write_bps_device, "throttleWriteBpsDevice", 0,
		 oci_throttle_device, &throttle_type),
	OCI_OBJS(oci_block_io, throttle_read_iops_device, "throttleReadIOPSDevice", 0,
		 oci_throttle_device, &throttle_type),
	OCI_OBJS(oci_block_io, throttle_write_iops_device, "throttleWriteIOPSDevice", 0,
		 oci_throttle_device, &throttle_type),
};
static const struct oci_type block_io_type = OCI_TYPE(oci_block_io, block_io_rows, NULL);

static const struct oci_member hugepage_limit_rows[] = {
	OCI_STR(oci_hugepage_limit, page_size, "pageSize", OCI_REQUIRED,
		oci_rule_page_size),
	OCI_NUM(oci_hugepage_limit, limit, "limit", OCI_REQUIRED, 0, UINT64_MAX),
};
static const struct oci_type hugepage_limit_type =
	OCI_TYPE(oci_hugepage_limit, hugepage_limit_rows, NULL);

static const struct oci_member interface_priority_rows[] = {
	OCI_STR(oci_interface_priority, name, "name", OCI_REQUIRED, oci_rule_netdev),
	OCI_NUM(oci_interface_priority, priority, "priority", OCI_REQUIRED, 0,
		UINT32_MAX),
};
static const struct oci_type interface_priority_type =
	OCI_TYPE(oci_interface_priority, interface_priority_rows, NULL);

static const struct oci_member network_rows[] = {
	OCI_NUM(oci_network, class_id, "classID", 0, 0, UINT32_MAX),
	OCI_OBJS(oci_network, priorities, "priorities", 0, oci_interface_priority,
		 &interface_priority_type),
};
static const struct oci_type network_type = OCI_TYPE(oci_network, network_rows, NULL);

static const struct oci_member pids_rows[] = {
	OCI_NUM(oci_pids, limit, "limit", 0, -1, INT64_MAX),
};
static const struct oci_type pids_type = OCI_TYPE(oci_pids, pids_rows, NULL);

static const struct oci_member rdma_rows[] = {
	OCI_NUM(oci_rdma, hca_handles, "hcaHandles", 0, 0, UINT32_MAX),
	OCI_NUM(oci_rdma, hca_objects, "hcaObjects", 0, 0, UINT32_MAX),
};
static const struct oci_type rdma_type = OCI_TYPE(oci_rdma, rdma_rows, oci_check_rdma);

static const struct oci_member resources_rows[] = {
	OCI_OBJS(oci_resources, devices, "devices", 0, oci_device_cgroup,
		 &device_cgroup_type),
	OCI_OBJ(oci_resources, memory, "memory", 0, oci_memory, &memory_type),
	OCI_OBJ(oci_resources, cpu, "cpu", 0, oci_cpu, &cpu_type),
	OCI_OBJ(oci_resources, pids, "pids", 0, oci_pids, &pids_type),
	OCI_OBJ(oci_resources, block_io, "blockIO", 0, oci_block_io, &block_io_type),
	OCI_OBJS(oci_resources, hugepage_limits, "hugepageLimits", 0, oci_hugepage_limit,
		 &hugepage_limit_type),
	OCI_OBJ(oci_resources, network, "network", 0, oci_network, &network_type),
	OCI_KEYED(oci_resources, rdma, "rdma", 0, oci_rdma, &rdma_type,
		  oci_rule_file_name),
	OCI_MAP(oci_resources, unified, "unified", 0, oci_rule_file_name),
};
const struct oci_type oci_type_resources = OCI_TYPE(oci_resources, resources_rows, NULL);

/* ---- linux: the rest ------------------------------------------------------------- */

static const struct oci_member intel_rdt_rows[] = {
	OCI_STR(oci_intel_rdt, clos_id, "closID", 0, oci_rule_clos_id),
	OCI_STRS(oci_intel_rdt, schemata, "schemata", 0, oci_rule_one_line),
	OCI_STR(oci_intel_rdt, l3_cache_schema, "l3CacheSchema", 0, NULL),
	OCI_STR(oci_intel_rdt, mem_bw_schema, "memBwSchema", 0, oci_rule_mb_schema),
	OCI_BOOL(oci_intel_rdt, enable_monitoring, "enableMonitoring", 0),
	OCI_BOOL(oci_intel_rdt, enable_cmt, "enableCMT", 0),
	OCI_BOOL(oci_intel_rdt, enable_mbm, "enableMBM", 0),
};
static const struct oci_type intel_rdt_type =
	OCI_TYPE(oci_intel_rdt, intel_rdt_rows, NULL);

static const struct oci_member memory_policy_rows[] = {
	OCI_ENUM(oci_memory_policy, mode, "mode", OCI_REQUIRED, oci_words_mpol_mode),
	OCI_STR(oci_memory_policy, nodes, "nodes", 0, oci_rule_numlist),
	OCI_ENUMS(oci_memory_policy, flags, "flags", 0, oci_words_mpol_flag),
};
static const struct oci_type memory_policy_type =
	OCI_TYPE(oci_memory_policy, memory_policy_rows, oci_check_memory_policy);

static const struct oci_member personality_rows[] = {
	OCI_ENUM(oci_personality, domain, "domain", OCI_REQUIRED, oci_words_personality),
	OCI_STRS(oci_personality, flags, "flags", 0, oci_rule_no_flag),
};
static const struct oci_type personality_type =
	OCI_TYPE(oci_personality, personality_rows, NULL);

static const struct oci_member seccomp_arg_rows[] = {
	OCI_NUM(oci_seccomp_arg, index, "index", OCI_REQUIRED, 0, 5),
	OCI_NUM(oci_seccomp_arg, value, "value", OCI_REQUIRED, 0, UINT64_MAX),
	OCI_NUM(oci_seccomp_arg, value_two, "valueTwo", 0, 0, UINT64_MAX),
	OCI_ENUM(oci_seccomp_arg, op, "op", OCI_REQUIRED, oci_words_seccomp_op),
};
static const struct oci_type seccomp_arg_type =
	OCI_TYPE(oci_seccomp_arg, seccomp_arg_rows, NULL);

static const struct oci_member seccomp_syscall_rows[] = {
	OCI_STRS(oci_seccomp_syscall, names, "names", OCI_REQUIRED | OCI_SOME,
		 oci_rule_some),
	OCI_ENUM(oci_seccomp_syscall, action, "action", OCI_REQUIRED,
		 oci_words_seccomp_action),
	OCI_NUM(oci_seccomp_syscall, errno_ret, "errnoRet", 0, 0, UINT32_MAX),
	OCI_OBJS(oci_seccomp_syscall, args, "args", 0, oci_seccomp_arg,
		 &seccomp_arg_type),
};
static const struct oci_type seccomp_syscall_type =
	OCI_TYPE(oci_seccomp_syscall, seccomp_syscall_rows, oci_check_syscall);

static const struct oci_member seccomp_rows[] = {
	OCI_ENUM(oci_seccomp, default_action, "defaultAction", OCI_REQUIRED,
		 oci_words_seccomp_action),
	OCI_NUM(oci_seccomp, default_errno_ret, "defaultErrnoRet", 0, 0, UINT32_MAX),
	OCI_ENUMS(oci_seccomp, architectures, "architectures", 0, oci_words_seccomp_arch),
	OCI_ENUMS(oci_seccomp, flags, "flags", 0, oci_words_seccomp_flag),
	OCI_STR(oci_seccomp, listener_path, "listenerPath", 0, oci_rule_some),
	OCI_STR(oci_seccomp, listener_metadata, "listenerMetadata", 0, NULL),
	OCI_OBJS(oci_seccomp, syscalls, "syscalls", 0, oci_seccomp_syscall,
		 &seccomp_syscall_type),
};
const struct oci_type oci_type_seccomp =
	OCI_TYPE(oci_seccomp, seccomp_rows, oci_check_seccomp);

static const struct oci_member linux_rows[] = {
	OCI_OBJS(oci_linux, uid_mappings, "uidMappings", 0, oci_id_mapping,
		 &oci_type_id_mapping),
	OCI_OBJS(oci_linux, gid_mappings, "gidMappings", 0, oci_id_mapping,
		 &oci_type_id_mapping),
	OCI_MAP(oci_linux, sysctl, "sysctl", 0, oci_rule_sysctl),
	OCI_OBJ(oci_linux, resources, "resources", 0, oci_resources, &oci_type_resources),
	OCI_STR(oci_linux, cgroups_path, "cgroupsPath", 0, oci_rule_cgroups_path),
	OCI_OBJS(oci_linux, namespaces, "namespaces", 0, oci_namespace,
		 &oci_type_namespace),
	OCI_OBJS(oci_linux, devices, "devices", 0, oci_device, &device_type),
	OCI_KEYED(oci_linux, net_devices, "netDevices", 0, oci_net_device,
		  &net_device_type, oci_rule_netdev),
	OCI_OBJ(oci_linux, seccomp, "seccomp", 0, oci_seccomp, &oci_type_seccomp),
	OCI_ENUM(oci_linux, rootfs_propagation, "rootfsPropagation", 0,
		 oci_words_propagation),
	OCI_STRS(oci_linux, masked_paths, "maskedPaths", 0, oci_rule_absolute),
	OCI_STRS(oci_linux, readonly_paths, "readonlyPaths", 0, oci_rule_absolute),
	OCI_STR(oci_linux, mount_label, "mountLabel", 0, NULL),
	OCI_OBJ(oci_linux, intel_rdt, "intelRdt", 0, oci_intel_rdt, &intel_rdt_type),
	OCI_OBJ(oci_linux, memory_policy, "memoryPolicy", 0, oci_memory_policy,
		&memory_policy_type),
	OCI_OBJ(oci_linux, personality, "personality", 0, oci_personality,
		&personality_type),
	OCI_OBJ(oci_linux, time_offsets, "timeOffsets", 0, oci_time_offsets,
		&time_offsets_type),
};
const struct oci_type oci_type_linux = OCI_TYPE(oci_linux, linux_rows, oci_check_linux);

/* ---- the documents --------------------------------------------------------------- */

static const struct oci_member config_rows[] = {
	OCI_STR(oci_config, oci_version, "ociVersion", OCI_REQUIRED, oci_rule_version),
	OCI_OBJ(oci_config, process, "process", 0, oci_process, &oci_type_process),
	OCI_OBJ(oci_config, root, "root", OCI_REQUIRED, oci_root, &oci_type_root),
	OCI_STR(oci_config, hostname, "hostname", 0, oci_rule_hostname),
	OCI_STR(oci_config, domainname, "domainname", 0, oci_rule_hostname),
	OCI_OBJS(oci_config, mounts, "mounts", 0, oci_mount, &oci_type_mount),
	OCI_OBJ(oci_config, hooks, "hooks", 0, oci_hooks, &oci_type_hooks),
	OCI_MAP(oci_config, annotations, "annotations", 0, oci_rule_some),
	OCI_OBJ(oci_config, linux, "linux", 0, oci_linux, &oci_type_linux),
};
const struct oci_type oci_type_config =
	OCI_TYPE(oci_config, config_rows, oci_check_config);

static const struct oci_member state_rows[] = {
	OCI_STR(oci_state, oci_version, "ociVersion", OCI_REQUIRED, oci_rule_some),
	OCI_STR(oci_state, id, "id", OCI_REQUIRED, oci_rule_some),
	OCI_NUM(oci_state, pid, "pid", 0, 0, INT32_MAX),
	OCI_ENUM(oci_state, status, "status", OCI_REQUIRED, oci_words_status),
	OCI_STR(oci_state, bundle, "bundle", OCI_REQUIRED, oci_rule_absolute),
	OCI_STR(oci_state, rootfs, "rootfs", 0, NULL),
	OCI_STR(oci_state, created, "created", 0, NULL),
	OCI_STR(oci_state, owner, "owner", 0, NULL),
	OCI_MAP(oci_state, annotations, "annotations", 0, oci_rule_some),
};
const struct oci_type oci_type_state = OCI_TYPE(oci_state, state_rows, NULL);

static const struct oci_member process_state_rows[] = {
	OCI_STR(oci_process_state, oci_version, "ociVersion", OCI_REQUIRED,
		oci_rule_some),
	OCI_STRS(oci_process_state, fds, "fds", OCI_REQUIRED, oci_rule_some),
	OCI_NUM(oci_process_state, pid, "pid", OCI_REQUIRED, 0, INT32_MAX),
	OCI_STR(oci_process_state, metadata, "metadata", 0, NULL),
	OCI_OBJ(oci_process_state, state, "state", OCI_REQUIRED, oci_state,
		&oci_type_state),
};
const struct oci_type oci_type_process_state =
	OCI_TYPE(oci_process_state, process_state_rows, NULL);
