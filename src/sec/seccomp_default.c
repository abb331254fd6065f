/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter of direct use; see seccomp_default.h. Three kinds of calls: allowed; refused
 * with EPERM, because programs look at that answer (a mount that is not permitted); and all
 * others, which do not exist (ENOSYS), so that a libc falls back to what it did before.
 * Where an argument decides, a rule stands for each allowed value.
 */
#include "sec/seccomp_default.h"

#include "base/str.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static const char *const allowed[] = {
	/* clang-format off */
	"_llseek", "_newselect", "accept", "accept4", "access", "alarm", "arch_prctl",
	"arm_fadvise64_64", "arm_sync_file_range", "bind", "breakpoint", "brk",
	"cacheflush", "cachestat", "capget", "capset", "chdir", "chmod", "chown",
	"chown32", "chroot", "clock_getres", "clock_getres_time64", "clock_gettime",
	"clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "close",
	"close_range", "connect", "copy_file_range", "creat", "dup", "dup2", "dup3",
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2",
	"epoll_wait", "eventfd", "eventfd2", "execve", "execveat", "exit", "exit_group",
	"faccessat", "faccessat2", "fadvise64", "fadvise64_64", "fallocate", "fchdir",
	"fchmod", "fchmodat", "fchmodat2", "fchown", "fchown32", "fchownat", "fcntl",
	"fcntl64", "fdatasync", "fgetxattr", "file_getattr", "file_setattr",
	"flistxattr", "flock", "fork", "fremovexattr", "fsetxattr", "fstat", "fstat64",
	"fstatat64", "fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64",
	"futex", "futex_requeue", "futex_time64", "futex_wait", "futex_waitv",
	"futex_wake", "futimesat", "get_mempolicy", "get_robust_list",
	"get_thread_area", "get_tls", "getcpu", "getcwd", "getdents", "getdents64",
	"getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32",
	"getgroups", "getgroups32", "getitimer", "getpeername", "getpgid", "getpgrp",
	"getpid", "getppid", "getpriority", "getrandom", "getresgid", "getresgid32",
	"getresuid", "getresuid32", "getrlimit", "getrusage", "getsid", "getsockname",
	"getsockopt", "gettid", "gettimeofday", "getuid", "getuid32", "getxattr",
	"getxattrat", "inotify_add_watch", "inotify_init", "inotify_init1",
	"inotify_rm_watch", "ipc", "io_cancel", "io_destroy", "io_getevents", "io_pgetevents",
	"io_pgetevents_time64", "io_setup", "io_submit", "ioctl", "ioprio_get", "ioprio_set",
	"kcmp", "kill", "landlock_add_rule", "landlock_create_ruleset",
	"landlock_restrict_self", "lchown", "lchown32", "lgetxattr", "link", "linkat",
	"listen", "listmount", "listxattr", "listxattrat", "llistxattr", "lremovexattr",
	"lseek", "lsetxattr", "lsm_get_self_attr", "lsm_list_modules", "lstat",
	"lstat64", "madvise", "map_shadow_stack", "mbind", "membarrier", "memfd_create",
	"memfd_secret", "migrate_pages", "mincore", "mkdir", "mkdirat", "mknod",
	"mknodat", "mlock", "mlock2", "mlockall", "mmap", "mmap2", "modify_ldt",
	"move_pages", "mprotect", "mq_getsetattr", "mq_notify", "mq_open",
	"mq_timedreceive", "mq_timedreceive_time64", "mq_timedsend",
	"mq_timedsend_time64", "mq_unlink", "mremap", "mseal", "msgctl", "msgget",
	"msgrcv", "msgsnd", "msync", "munlock", "munlockall", "munmap",
	"name_to_handle_at", "nanosleep", "newfstatat", "nice", "oldfstat", "oldlstat",
	"oldstat", "olduname", "open", "openat", "openat2", "pause", "pidfd_getfd",
	"pidfd_open", "pidfd_send_signal", "pipe", "pipe2", "pkey_alloc", "pkey_free",
	"pkey_mprotect", "poll", "ppoll", "ppoll_time64", "prctl", "pread64", "preadv",
	"preadv2", "prlimit64", "process_madvise", "process_mrelease",
	"process_vm_readv", "process_vm_writev", "pselect6", "pselect6_time64",
	"ptrace", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readdir",
	"readlink", "readlinkat", "readv", "recvfrom", "recvmmsg", "recvmmsg_time64",
	"recvmsg", "remap_file_pages", "removexattr", "removexattrat", "rename",
	"renameat", "renameat2", "restart_syscall", "riscv_flush_icache",
	"riscv_hwprobe", "rmdir", "rseq", "rt_sigaction", "rt_sigpending",
	"rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend",
	"rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_tgsigqueueinfo",
	"s390_runtime_instr", "sched_get_priority_max", "sched_get_priority_min",
	"sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler",
	"sched_rr_get_interval", "sched_rr_get_interval_time64", "sched_setaffinity",
	"sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield",
	"seccomp", "select", "semctl", "semget", "semop", "semtimedop",
	"semtimedop_time64", "sendfile", "sendfile64", "sendmmsg", "sendmsg", "sendto",
	"set_mempolicy", "set_mempolicy_home_node", "set_robust_list",
	"set_thread_area", "set_tid_address", "set_tls", "setfsgid", "setfsgid32",
	"setfsuid", "setfsuid32", "setgid", "setgid32", "setgroups", "setgroups32",
	"setitimer", "setpgid", "setpriority", "setregid", "setregid32", "setresgid",
	"setresgid32", "setresuid", "setresuid32", "setreuid", "setreuid32",
	"setrlimit", "setsid", "setsockopt", "setuid", "setuid32", "setxattr",
	"setxattrat", "shmat", "shmctl", "shmdt", "shmget", "shutdown", "sigaction",
	"sigaltstack", "signal", "signalfd", "signalfd4", "sigpending", "sigprocmask",
	"sigreturn", "sigsuspend", "splice", "stat", "stat64", "statfs", "statfs64",
	"statmount", "statx", "symlink", "symlinkat", "sync", "sync_file_range",
	"sync_file_range2", "syncfs", "sysinfo", "tee", "tgkill", "time",
	"timer_create", "timer_delete", "timer_getoverrun", "timer_gettime",
	"timer_gettime64", "timer_settime", "timer_settime64", "timerfd_create",
	"timerfd_gettime", "timerfd_gettime64", "timerfd_settime", "timerfd_settime64",
	"times", "tkill", "truncate", "truncate64", "ugetrlimit", "umask", "uname",
	"unlink", "unlinkat", "uretprobe", "utime", "utimensat", "utimensat_time64",
	"utimes", "vfork", "vmsplice", "wait4", "waitid", "waitpid", "write", "writev",
	/* clang-format on */
};

/*
 * What reaches beyond the container or into rarely used code of the kernel: mounts and
 * namespaces, modules, quota, BPF, performance counters, io_uring, keys (they belong to the
 * user, not to a namespace), files by handle, the machine's clock, ports and name.
 */
static const char *const refused[] = {
	/* clang-format off */
	"_sysctl", "acct", "add_key", "adjtimex", "bpf", "clock_adjtime",
	"clock_adjtime64", "clock_settime", "clock_settime64", "create_module",
	"delete_module", "fanotify_init", "fanotify_mark", "finit_module", "fsconfig",
	"fsmount", "fsopen", "fspick", "get_kernel_syms", "init_module",
	"io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl",
	"kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie",
	"lsm_set_self_attr", "mount", "mount_setattr", "move_mount", "nfsservctl",
	"open_by_handle_at", "open_tree", "open_tree_attr", "perf_event_open",
	"pivot_root", "query_module", "quotactl", "quotactl_fd", "reboot",
	"request_key", "setdomainname", "sethostname", "setns", "settimeofday", "stime",
	"swapoff", "swapon", "sysfs", "syslog", "umount", "umount2", "uselib",
	"userfaultfd", "ustat", "vhangup", "vm86", "vm86old",
	/* clang-format on */
};

/* One name each, for the rules with arguments. */
static const char *const clone_[] = { "clone" };
static const char *const unshare_[] = { "unshare" };
static const char *const personality_[] = { "personality" };
static const char *const sockets[] = { "socket", "socketpair" };

#ifdef __s390x__
enum { CLONE_FLAGS_AT = 1 };
#else
enum { CLONE_FLAGS_AT = 0 };
#endif

#define NEW_ANY                                                                 \
	((uint32_t)(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | \
		    CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWTIME))

enum {
	PER_ASK = 0xffffffff,
	PER_32 = 0x0008,
	PER_UNAME26 = 0x20000,
	PER_FIXED = 0x40000
};

/* An argument: the low word of number `at`, masked, is `is`; or all of it, compared. */
#define LOW(at, mask, is)                               \
	(const struct oci_seccomp_arg[])                \
	{                                               \
		{                                       \
			at, mask, is, OCI_CMP_MASKED_EQ \
		}                                       \
	}
#define ALL(at, op, value)               \
	(const struct oci_seccomp_arg[]) \
	{                                \
		{                        \
			at, value, 0, op \
		}                        \
	}

#define NAMES(list) .names = { ARRAY_SIZE(list), (char **)(list) }
#define ALLOW(list)                                  \
	{                                            \
		NAMES(list), .action = OCI_ACT_ALLOW \
	}
#define ALLOW_IF(list, arg)                                     \
	{                                                       \
		NAMES(list), .action = OCI_ACT_ALLOW, .args = { \
			1,                                      \
			(struct oci_seccomp_arg *)(arg)         \
		}                                               \
	}
#define REFUSE(list, code)                                                        \
	{                                                                         \
		NAMES(list), .action = OCI_ACT_ERRNO, .errno_ret = { true, code } \
	}
#define REFUSE_IF(list, code, arg)                                                 \
	{                                                                          \
		NAMES(list), .action = OCI_ACT_ERRNO, .errno_ret = { true, code }, \
			     .args = {                                             \
				     1,                                            \
				     (struct oci_seccomp_arg *)(arg)               \
			     }                                                     \
	}

/* Not permitted, rather than unknown to the kernel, whichever of them is asked for. */
#define REFUSE_NEW(list, at, flag) REFUSE_IF(list, EPERM, LOW(at, flag, flag))
#define REFUSE_EACH(list, at)                                                           \
	REFUSE_NEW(list, at, CLONE_NEWUSER), REFUSE_NEW(list, at, CLONE_NEWNS),         \
		REFUSE_NEW(list, at, CLONE_NEWPID), REFUSE_NEW(list, at, CLONE_NEWNET), \
		REFUSE_NEW(list, at, CLONE_NEWIPC), REFUSE_NEW(list, at, CLONE_NEWUTS), \
		REFUSE_NEW(list, at, CLONE_NEWCGROUP)

static const struct oci_seccomp_syscall rules[] = {
	ALLOW(allowed),
	REFUSE(refused, EPERM),
	/* processes and threads, but no namespaces; clone3 keeps its flags in memory: ENOSYS */
	ALLOW_IF(clone_, LOW(CLONE_FLAGS_AT, NEW_ANY, 0)),
	REFUSE_EACH(clone_, CLONE_FLAGS_AT),
	ALLOW_IF(unshare_, LOW(0, NEW_ANY, 0)),
	REFUSE_EACH(unshare_, 0),
	REFUSE_IF(unshare_, EPERM, LOW(0, CLONE_NEWTIME, CLONE_NEWTIME)),
	/*
	 * What setarch(8) needs for 32-bit builds; and addresses that stay the same, for
	 * debuggers and ThreadSanitizer, which ends where they do not fit and it cannot have
	 * that: who asks weakens nobody but himself, for no exec gains privileges here.
	 */
	ALLOW_IF(personality_, LOW(0, PER_ASK, 0)),
	ALLOW_IF(personality_, LOW(0, PER_ASK, PER_32)),
	ALLOW_IF(personality_, LOW(0, PER_ASK, PER_UNAME26)),
	ALLOW_IF(personality_, LOW(0, PER_ASK, PER_UNAME26 | PER_32)),
	ALLOW_IF(personality_, LOW(0, PER_ASK, PER_FIXED)),
	ALLOW_IF(personality_, LOW(0, PER_ASK, PER_FIXED | PER_32)),
	ALLOW_IF(personality_, LOW(0, PER_ASK, PER_ASK)),
	ALLOW_IF(sockets, ALL(0, OCI_CMP_EQ, AF_UNIX)),
	ALLOW_IF(sockets, ALL(0, OCI_CMP_EQ, AF_INET)),
	ALLOW_IF(sockets, ALL(0, OCI_CMP_EQ, AF_INET6)),
	ALLOW_IF(sockets, ALL(0, OCI_CMP_EQ, AF_NETLINK)),
	/* packet, crypto (AF_ALG), vsock, XDP, ... */
	REFUSE_IF(sockets, EAFNOSUPPORT, ALL(0, OCI_CMP_GT, AF_NETLINK)),
};

/* Our own machine first, and its older sibling, for which programs may still be built. */
static const int arches[] = {
#if defined(__x86_64__)
	OCI_ARCH_X86_64,
	OCI_ARCH_X86,
#elif defined(__aarch64__)
	OCI_ARCH_AARCH64,
	OCI_ARCH_ARM,
#elif defined(__s390x__)
	OCI_ARCH_S390X,
#elif defined(__riscv)
	OCI_ARCH_RISCV64,
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	OCI_ARCH_PPC64LE,
#elif defined(__loongarch64)
	OCI_ARCH_LOONGARCH64,
#elif defined(__i386__)
	OCI_ARCH_X86,
#elif defined(__arm__)
	OCI_ARCH_ARM,
#else
#error "no architecture of the default filter"
#endif
};

static const struct oci_seccomp profile = {
	.default_action = OCI_ACT_ERRNO,
	.default_errno_ret = { true, ENOSYS },
	.architectures = { ARRAY_SIZE(arches), (int *)arches },
	.syscalls = { ARRAY_SIZE(rules), (struct oci_seccomp_syscall *)rules },
};

const struct oci_seccomp *seccomp_default(void)
{
	return &profile;
}

/* ---- without namespaces -------------------------------------------------------------------- */

/* What an IPC namespace would keep apart, and reaches the limits of others. */
static const char *const shared[] = { "ipc",	"mq_", "msgctl", "msgget",   "msgrcv",
				      "msgsnd", "sem", "shm",	 "prlimit64" };

static const char *const socket_[] = { "socket" };
static const char *const socketpair_[] = { "socketpair" };
static const char *const prlimit_[] = { "prlimit64" };

/* A pair of this type: it cannot be connected to anything else. */
#define PAIR(type)                                                                  \
	{                                                                           \
		NAMES(socketpair_), .action = OCI_ACT_ALLOW, .args = {              \
			2,                                                          \
			(struct oci_seccomp_arg *)(const struct oci_seccomp_arg[]){ \
				{ 0, AF_UNIX, 0, OCI_CMP_EQ },                      \
				{ 1, 0xf, type, OCI_CMP_MASKED_EQ } }               \
		}                                                                   \
	}

static const struct oci_seccomp_syscall lone_rules[] = {
	ALLOW_IF(prlimit_, ALL(0, OCI_CMP_EQ, 0)),
	REFUSE_IF(prlimit_, EPERM, ALL(0, OCI_CMP_NE, 0)),
	PAIR(SOCK_STREAM),
	PAIR(SOCK_SEQPACKET),
};

static const struct oci_seccomp_syscall lone_closed[] = {
	REFUSE(socket_, EAFNOSUPPORT),
};

static const struct oci_seccomp_syscall lone_network[] = {
	REFUSE_IF(socket_, EAFNOSUPPORT, ALL(0, OCI_CMP_EQ, AF_UNIX)),
	ALLOW_IF(socket_, ALL(0, OCI_CMP_EQ, AF_INET)),
	ALLOW_IF(socket_, ALL(0, OCI_CMP_EQ, AF_INET6)),
	ALLOW_IF(socket_, ALL(0, OCI_CMP_EQ, AF_NETLINK)),
	REFUSE_IF(socket_, EAFNOSUPPORT, ALL(0, OCI_CMP_GT, AF_NETLINK)),
};

static bool is_shared(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (strncmp(name, shared[i], strlen(shared[i])) == 0)
			return true;
	return false;
}

static void take(struct oci_seccomp_syscall *to, size_t *n,
		 const struct oci_seccomp_syscall *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[(*n)++] = from[i];
}

int seccomp_lone(bool network, struct oci_arena *arena, struct oci_seccomp *ret,
		 struct err *e)
{
	size_t room =
		ARRAY_SIZE(rules) + ARRAY_SIZE(lone_rules) + ARRAY_SIZE(lone_network);
	struct oci_seccomp_syscall *v = oci_alloc(arena, room * sizeof(*v));
	const char **names = oci_alloc(arena, sizeof(allowed));
	size_t n = 0, kept = 0;

	if (!v || !names)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (!is_shared(allowed[i]))
			names[kept++] = allowed[i];
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].names.v != (char **)sockets)
			v[n++] = rules[i];
	v[0].names.n = kept;
	v[0].names.v = (char **)names;
	take(v, &n, lone_rules, ARRAY_SIZE(lone_rules));
	if (network)
		take(v, &n, lone_network, ARRAY_SIZE(lone_network));
	else
		take(v, &n, lone_closed, ARRAY_SIZE(lone_closed));
	*ret = profile;
	ret->syscalls.n = n;
	ret->syscalls.v = v;
	return 0;
}
