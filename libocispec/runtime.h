/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json, the container state and seccomp's process state as C structs:
 * runtime-spec 1.3, Linux. See types.h for how JSON becomes C. A comment names the
 * section of the specification where the name alone does not.
 */
#ifndef OCI_RUNTIME_H
#define OCI_RUNTIME_H

#include "types.h"

/* ---- process --------------------------------------------------------------------- */

struct oci_box {
	uint32_t height;
	uint32_t width;
};

struct oci_user {
	uint32_t uid; /* never (uid_t)-1: refused by the decoder */
	uint32_t gid;
	struct oci_opt_uint umask; /* <= 0777 */
	struct oci_uints additional_gids;
};

struct oci_capabilities {
	struct oci_strings bounding;
	struct oci_strings effective;
	struct oci_strings inheritable;
	struct oci_strings permitted;
	struct oci_strings ambient;
};

struct oci_rlimit {
	char *type; /* "RLIMIT_NOFILE"; unique in the list, known to Linux */
	uint64_t soft; /* <= hard */
	uint64_t hard;
};

enum oci_sched_policy {
	OCI_SCHED_UNSET,
	OCI_SCHED_OTHER,
	OCI_SCHED_FIFO,
	OCI_SCHED_RR,
	OCI_SCHED_BATCH,
	OCI_SCHED_ISO,
	OCI_SCHED_IDLE,
	OCI_SCHED_DEADLINE,
};

enum oci_sched_flag {
	OCI_SCHED_FLAG_UNSET,
	OCI_SCHED_FLAG_RESET_ON_FORK,
	OCI_SCHED_FLAG_RECLAIM,
	OCI_SCHED_FLAG_DL_OVERRUN,
	OCI_SCHED_FLAG_KEEP_POLICY,
	OCI_SCHED_FLAG_KEEP_PARAMS,
	OCI_SCHED_FLAG_UTIL_CLAMP_MIN,
	OCI_SCHED_FLAG_UTIL_CLAMP_MAX,
};

struct oci_scheduler {
	enum oci_sched_policy policy;
	struct oci_opt_int nice;
	struct oci_opt_int priority;
	struct oci_enums flags; /* enum oci_sched_flag */
	struct oci_opt_uint runtime; /* nanoseconds */
	struct oci_opt_uint deadline;
	struct oci_opt_uint period;
};

enum oci_io_class {
	OCI_IOPRIO_UNSET,
	OCI_IOPRIO_CLASS_RT,
	OCI_IOPRIO_CLASS_BE,
	OCI_IOPRIO_CLASS_IDLE,
};

struct oci_io_priority {
	enum oci_io_class class;
	int64_t priority; /* 0..7 */
};

struct oci_exec_cpu_affinity {
	char *initial; /* a list as in "0-3,7"; checked by the decoder */
	char *final;
};

struct oci_process {
	bool terminal;
	struct oci_box *console_size;
	char *cwd; /* absolute */
	struct oci_strings env;
	struct oci_strings args; /* at least one */
	struct oci_user user; /* all zero when absent: root */
	struct oci_capabilities *capabilities;
	OCI_LIST(struct oci_rlimit) rlimits;
	bool no_new_privileges;
	char *apparmor_profile;
	char *selinux_label;
	struct oci_opt_int oom_score_adj; /* -1000..1000 */
	struct oci_scheduler *scheduler;
	struct oci_io_priority *io_priority;
	struct oci_exec_cpu_affinity *exec_cpu_affinity;
};

/* ---- root, mounts, hooks --------------------------------------------------------- */

struct oci_root {
	char *path;
	bool readonly;
};

struct oci_id_mapping {
	uint32_t container_id;
	uint32_t host_id;
	uint32_t size; /* > 0, neither end beyond 2^32-1 */
};

struct oci_id_mappings {
	size_t n;
	struct oci_id_mapping *v;
};

struct oci_mount {
	char *destination;
	char *type;
	char *source;
	struct oci_strings options;
	struct oci_id_mappings uid_mappings; /* both or none */
	struct oci_id_mappings gid_mappings;
};

struct oci_hook {
	char *path; /* absolute */
	struct oci_strings args;
	struct oci_strings env;
	struct oci_opt_int timeout; /* seconds, > 0 */
};

struct oci_hook_list {
	size_t n;
	struct oci_hook *v;
};

struct oci_hooks {
	struct oci_hook_list prestart;
	struct oci_hook_list create_runtime;
	struct oci_hook_list create_container;
	struct oci_hook_list start_container;
	struct oci_hook_list poststart;
	struct oci_hook_list poststop;
};

/* ---- linux: namespaces, devices -------------------------------------------------- */

enum oci_namespace_type {
	OCI_NS_UNSET,
	OCI_NS_PID,
	OCI_NS_NETWORK,
	OCI_NS_MOUNT,
	OCI_NS_IPC,
	OCI_NS_UTS,
	OCI_NS_USER,
	OCI_NS_CGROUP,
	OCI_NS_TIME,
};

struct oci_namespace {
	enum oci_namespace_type type; /* unique in the list */
	char *path; /* absolute; NULL: a new one */
};

struct oci_time_offset {
	int64_t secs;
	uint32_t nanosecs; /* < 1e9 */
};

struct oci_time_offsets {
	struct oci_time_offset *boottime;
	struct oci_time_offset *monotonic;
};

struct oci_device {
	char *type; /* "c", "b", "u" or "p" */
	char *path; /* absolute */
	struct oci_opt_int major; /* set unless type is p */
	struct oci_opt_int minor;
	struct oci_opt_uint
		file_mode; /* a whole st_mode: Podman 4 leaves the type in it */
	struct oci_opt_uint uid;
	struct oci_opt_uint gid;
};

struct oci_net_device {
	char *key; /* the name on the host */
	char *name; /* the name inside; NULL: the same */
};

/* ---- linux: resources ------------------------------------------------------------ */

struct oci_device_cgroup {
	bool allow;
	char *type; /* "a", "c", "b" or NULL = all */
	struct oci_opt_int major; /* unset or -1: all */
	struct oci_opt_int minor;
	char *access; /* subset of "rwm"; NULL = all */
};

struct oci_memory {
	struct oci_opt_int limit; /* bytes; -1: no limit */
	struct oci_opt_int reservation;
	struct oci_opt_int swap; /* memory + swap */
	struct oci_opt_int kernel;
	struct oci_opt_int kernel_tcp;
	struct oci_opt_uint swappiness;
	struct oci_opt_bool disable_oom_killer;
	struct oci_opt_bool use_hierarchy;
	struct oci_opt_bool check_before_update;
};

struct oci_cpu {
	struct oci_opt_uint shares;
	struct oci_opt_int quota; /* microseconds per period; -1: none */
	struct oci_opt_uint burst;
	struct oci_opt_uint period;
	struct oci_opt_int realtime_runtime;
	struct oci_opt_uint realtime_period;
	char *cpus;
	char *mems;
	struct oci_opt_int idle;
};

struct oci_weight_device {
	int64_t major;
	int64_t minor;
	struct oci_opt_uint weight;
	struct oci_opt_uint leaf_weight;
};

struct oci_throttle_device {
	int64_t major;
	int64_t minor;
	uint64_t rate;
};

struct oci_throttle_devices {
	size_t n;
	struct oci_throttle_device *v;
};

struct oci_block_io {
	struct oci_opt_uint weight;
	struct oci_opt_uint leaf_weight;
	OCI_LIST(struct oci_weight_device) weight_device;
	struct oci_throttle_devices throttle_read_bps_device;
	struct oci_throttle_devices throttle_write_bps_device;
	struct oci_throttle_devices throttle_read_iops_device;
	struct oci_throttle_devices throttle_write_iops_device;
};

struct oci_hugepage_limit {
	char *page_size; /* "2MB" */
	uint64_t limit;
};

struct oci_interface_priority {
	char *name;
	uint32_t priority;
};

struct oci_network {
	struct oci_opt_uint class_id;
	OCI_LIST(struct oci_interface_priority) priorities;
};

struct oci_pids {
	struct oci_opt_int limit; /* -1: none; 0 is a limit */
};

struct oci_rdma {
	char *key; /* the device */
	struct oci_opt_uint hca_handles;
	struct oci_opt_uint hca_objects;
};

struct oci_resources {
	OCI_LIST(struct oci_device_cgroup) devices;
	struct oci_memory *memory;
	struct oci_cpu *cpu;
	struct oci_block_io *block_io;
	OCI_LIST(struct oci_hugepage_limit) hugepage_limits;
	struct oci_network *network;
	struct oci_pids *pids;
	OCI_LIST(struct oci_rdma) rdma;
	struct oci_map unified;
};

struct oci_intel_rdt {
	char *clos_id;
	struct oci_strings schemata;
	char *l3_cache_schema;
	char *mem_bw_schema;
	struct oci_opt_bool enable_monitoring;
	struct oci_opt_bool enable_cmt; /* what 1.1 and 1.2 had instead */
	struct oci_opt_bool enable_mbm;
};

/* ---- linux: memory policy, seccomp, personality ---------------------------------- */

enum oci_mpol_mode {
	OCI_MPOL_UNSET,
	OCI_MPOL_DEFAULT,
	OCI_MPOL_BIND,
	OCI_MPOL_INTERLEAVE,
	OCI_MPOL_WEIGHTED_INTERLEAVE,
	OCI_MPOL_PREFERRED,
	OCI_MPOL_PREFERRED_MANY,
	OCI_MPOL_LOCAL,
};

enum oci_mpol_flag {
	OCI_MPOL_F_UNSET,
	OCI_MPOL_F_NUMA_BALANCING,
	OCI_MPOL_F_RELATIVE_NODES,
	OCI_MPOL_F_STATIC_NODES,
};

struct oci_memory_policy {
	enum oci_mpol_mode mode;
	char *nodes; /* "0-3,7"; may be "" */
	struct oci_enums flags; /* enum oci_mpol_flag */
};

enum oci_seccomp_action {
	OCI_ACT_UNSET,
	OCI_ACT_KILL,
	OCI_ACT_KILL_PROCESS,
	OCI_ACT_KILL_THREAD,
	OCI_ACT_TRAP,
	OCI_ACT_ERRNO,
	OCI_ACT_TRACE,
	OCI_ACT_ALLOW,
	OCI_ACT_LOG,
	OCI_ACT_NOTIFY,
};

/* The 23 architectures of the specification, in its order. */
enum oci_seccomp_arch {
	OCI_ARCH_UNSET,
	OCI_ARCH_X86,
	OCI_ARCH_X86_64,
	OCI_ARCH_X32,
	OCI_ARCH_ARM,
	OCI_ARCH_AARCH64,
	OCI_ARCH_MIPS,
	OCI_ARCH_MIPS64,
	OCI_ARCH_MIPS64N32,
	OCI_ARCH_MIPSEL,
	OCI_ARCH_MIPSEL64,
	OCI_ARCH_MIPSEL64N32,
	OCI_ARCH_PPC,
	OCI_ARCH_PPC64,
	OCI_ARCH_PPC64LE,
	OCI_ARCH_S390,
	OCI_ARCH_S390X,
	OCI_ARCH_PARISC,
	OCI_ARCH_PARISC64,
	OCI_ARCH_RISCV64,
	OCI_ARCH_LOONGARCH64,
	OCI_ARCH_M68K,
	OCI_ARCH_SH,
	OCI_ARCH_SHEB,
};

enum oci_seccomp_flag {
	OCI_SECCOMP_FLAG_UNSET,
	OCI_SECCOMP_FLAG_TSYNC,
	OCI_SECCOMP_FLAG_LOG,
	OCI_SECCOMP_FLAG_SPEC_ALLOW,
	OCI_SECCOMP_FLAG_WAIT_KILLABLE_RECV,
};

enum oci_seccomp_op {
	OCI_CMP_UNSET,
	OCI_CMP_NE,
	OCI_CMP_LT,
	OCI_CMP_LE,
	OCI_CMP_EQ,
	OCI_CMP_GE,
	OCI_CMP_GT,
	OCI_CMP_MASKED_EQ,
};

struct oci_seccomp_arg {
	uint32_t index; /* 0..5 */
	uint64_t value;
	uint64_t value_two; /* 0 when absent */
	enum oci_seccomp_op op;
};

struct oci_seccomp_syscall {
	struct oci_strings names; /* at least one */
	enum oci_seccomp_action action;
	struct oci_opt_uint errno_ret; /* only with ERRNO and TRACE */
	OCI_LIST(struct oci_seccomp_arg) args;
};

struct oci_seccomp {
	enum oci_seccomp_action default_action;
	struct oci_opt_uint default_errno_ret;
	struct oci_enums architectures; /* enum oci_seccomp_arch */
	struct oci_enums flags; /* enum oci_seccomp_flag */
	char *listener_path;
	char *listener_metadata; /* only with listener_path */
	OCI_LIST(struct oci_seccomp_syscall) syscalls;
};

enum oci_personality_domain {
	OCI_PER_UNSET,
	OCI_PER_LINUX,
	OCI_PER_LINUX32,
};

struct oci_personality {
	enum oci_personality_domain domain;
	struct oci_strings flags; /* no flag is defined: the decoder refuses any */
};

enum oci_propagation {
	OCI_PROP_UNSET,
	OCI_PROP_PRIVATE,
	OCI_PROP_RPRIVATE,
	OCI_PROP_SHARED,
	OCI_PROP_RSHARED,
	OCI_PROP_SLAVE,
	OCI_PROP_RSLAVE,
	OCI_PROP_UNBINDABLE,
	OCI_PROP_RUNBINDABLE,
};

struct oci_linux {
	struct oci_id_mappings uid_mappings;
	struct oci_id_mappings gid_mappings;
	struct oci_map sysctl;
	struct oci_resources *resources;
	char *cgroups_path;
	OCI_LIST(struct oci_namespace) namespaces;
	OCI_LIST(struct oci_device) devices;
	OCI_LIST(struct oci_net_device) net_devices;
	struct oci_seccomp *seccomp;
	enum oci_propagation rootfs_propagation;
	struct oci_strings masked_paths; /* absolute */
	struct oci_strings readonly_paths;
	char *mount_label;
	struct oci_intel_rdt *intel_rdt;
	struct oci_memory_policy *memory_policy;
	struct oci_personality *personality;
	struct oci_time_offsets *time_offsets;
};

/* ---- the document ---------------------------------------------------------------- */

struct oci_config {
	char *oci_version;
	struct oci_hooks *hooks;
	struct oci_map annotations; /* no empty key */
	char *hostname;
	char *domainname;
	OCI_LIST(struct oci_mount) mounts;
	struct oci_root *root; /* never NULL after a successful decode */
	struct oci_process *process;
	struct oci_linux *linux; /* may be NULL; oci_decode_config leaves it so */
};

/* ---- state (runtime.md "State"), with the members runc and crun add -------------- */

enum oci_status {
	OCI_STATUS_UNSET,
	OCI_STATUS_CREATING,
	OCI_STATUS_CREATED,
	OCI_STATUS_RUNNING,
	OCI_STATUS_STOPPED,
	OCI_STATUS_PAUSED,
};

struct oci_state {
	char *oci_version;
	char *id;
	enum oci_status status;
	struct oci_opt_int
		pid; /* hooks and created/running: set; stopped: set to 0 as runc does */
	char *bundle;
	char *rootfs; /* extension, as runc and crun; absolute */
	char *created; /* extension: RFC 3339 with nanoseconds, UTC */
	char *owner; /* extension: user name, or uid as text */
	struct oci_map annotations;
};

/* seccomp: the container process state sent to listenerPath */
struct oci_process_state {
	char *oci_version;
	struct oci_strings fds; /* "seccompFd" */
	int64_t pid;
	char *metadata;
	struct oci_state *state;
};

#endif
