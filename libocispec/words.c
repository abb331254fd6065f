/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the specification's enums, each list in the order of its C enum.
 */
#include "libocispec/oci.h"

#include <assert.h>
#include <string.h>

/* The list ends with NULL, so it has as many entries as the enum including 0. */
#define TIED(words, last) \
	static_assert(sizeof(words) / sizeof(*(words)) == (last) + 1, #words)

const char *const oci_words_status[] = {
	"creating", "created", "running", "stopped", "paused", NULL,
};
TIED(oci_words_status, OCI_STATUS_PAUSED);

const char *const oci_words_namespace[] = {
	"pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time", NULL,
};
TIED(oci_words_namespace, OCI_NS_TIME);

const char *const oci_words_sched_policy[] = {
	"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR",       "SCHED_BATCH",
	"SCHED_ISO",   "SCHED_IDLE", "SCHED_DEADLINE", NULL,
};
TIED(oci_words_sched_policy, OCI_SCHED_DEADLINE);

const char *const oci_words_sched_flag[] = {
	"SCHED_FLAG_RESET_ON_FORK",  "SCHED_FLAG_RECLAIM",
	"SCHED_FLAG_DL_OVERRUN",     "SCHED_FLAG_KEEP_POLICY",
	"SCHED_FLAG_KEEP_PARAMS",    "SCHED_FLAG_UTIL_CLAMP_MIN",
	"SCHED_FLAG_UTIL_CLAMP_MAX", NULL,
};
TIED(oci_words_sched_flag, OCI_SCHED_FLAG_UTIL_CLAMP_MAX);

const char *const oci_words_io_class[] = {
	"IOPRIO_CLASS_RT",
	"IOPRIO_CLASS_BE",
	"IOPRIO_CLASS_IDLE",
	NULL,
};
TIED(oci_words_io_class, OCI_IOPRIO_CLASS_IDLE);

const char *const oci_words_mpol_mode[] = {
	"MPOL_DEFAULT",	   "MPOL_BIND",
	"MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE",
	"MPOL_PREFERRED",  "MPOL_PREFERRED_MANY",
	"MPOL_LOCAL",	   NULL,
};
TIED(oci_words_mpol_mode, OCI_MPOL_LOCAL);

const char *const oci_words_mpol_flag[] = {
	"MPOL_F_NUMA_BALANCING",
	"MPOL_F_RELATIVE_NODES",
	"MPOL_F_STATIC_NODES",
	NULL,
};
TIED(oci_words_mpol_flag, OCI_MPOL_F_STATIC_NODES);

const char *const oci_words_seccomp_action[] = {
	"SCMP_ACT_KILL",	"SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP",
	"SCMP_ACT_ERRNO",	"SCMP_ACT_TRACE",
	"SCMP_ACT_ALLOW",	"SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY",	NULL,
};
TIED(oci_words_seccomp_action, OCI_ACT_NOTIFY);

const char *const oci_words_seccomp_arch[] = {
	"SCMP_ARCH_X86",      "SCMP_ARCH_X86_64",      "SCMP_ARCH_X32",
	"SCMP_ARCH_ARM",      "SCMP_ARCH_AARCH64",     "SCMP_ARCH_MIPS",
	"SCMP_ARCH_MIPS64",   "SCMP_ARCH_MIPS64N32",   "SCMP_ARCH_MIPSEL",
	"SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
	"SCMP_ARCH_PPC64",    "SCMP_ARCH_PPC64LE",     "SCMP_ARCH_S390",
	"SCMP_ARCH_S390X",    "SCMP_ARCH_PARISC",      "SCMP_ARCH_PARISC64",
	"SCMP_ARCH_RISCV64",  "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K",
	"SCMP_ARCH_SH",	      "SCMP_ARCH_SHEB",	       NULL,
};
TIED(oci_words_seccomp_arch, OCI_ARCH_SHEB);

const char *const oci_words_seccomp_flag[] = {
	"SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	NULL,
};
TIED(oci_words_seccomp_flag, OCI_SECCOMP_FLAG_WAIT_KILLABLE_RECV);

const char *const oci_words_seccomp_op[] = {
	"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",	    "SCMP_CMP_EQ",
	"SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ", NULL,
};
TIED(oci_words_seccomp_op, OCI_CMP_MASKED_EQ);

const char *const oci_words_personality[] = {
	"LINUX",
	"LINUX32",
	NULL,
};
TIED(oci_words_personality, OCI_PER_LINUX32);

const char *const oci_words_propagation[] = {
	"private", "rprivate",	 "shared",	"rshared", "slave",
	"rslave",  "unbindable", "runbindable", NULL,
};
TIED(oci_words_propagation, OCI_PROP_RUNBINDABLE);

/* The order in which struct oci_hooks has them, which is the order in which they run. */
const char *const oci_words_hook[] = {
	"prestart",
	"createRuntime",
	"createContainer",
	"startContainer",
	"poststart",
	"poststop",
	NULL,
};

/* getrlimit(2) */
const char *const oci_words_rlimit[] = {
	"RLIMIT_AS",
	"RLIMIT_CORE",
	"RLIMIT_CPU",
	"RLIMIT_DATA",
	"RLIMIT_FSIZE",
	"RLIMIT_LOCKS",
	"RLIMIT_MEMLOCK",
	"RLIMIT_MSGQUEUE",
	"RLIMIT_NICE",
	"RLIMIT_NOFILE",
	"RLIMIT_NPROC",
	"RLIMIT_RSS",
	"RLIMIT_RTPRIO",
	"RLIMIT_RTTIME",
	"RLIMIT_SIGPENDING",
	"RLIMIT_STACK",
	NULL,
};

const char *oci_word(const char *const *words, int value)
{
	for (int i = 1; i <= value && words[i - 1] != NULL; i++) {
		if (i == value)
			return words[i - 1];
	}
	return NULL;
}

int oci_word_value(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], word) == 0)
			return i + 1;
	}
	return 0;
}

struct oci_strings oci_words_list(const char *const *words)
{
	/* Nothing writes through a list of strings (types.h). */
	struct oci_strings list = { 0, (char **)(uintptr_t)words };

	while (words[list.n] != NULL)
		list.n++;
	return list;
}
