/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp section of config.json as a classic BPF program.
 *
 * libseccomp is the authority on names, numbers and architectures (a table of its answers
 * is made when we are built); the program is our own: per architecture the calls become
 * ranges of numbers with the same verdict and a binary search over them. The kernel runs a
 * new filter once for every call number, so a short search makes installing it five times
 * cheaper than the linear list that libseccomp writes, and every call of the container too.
 *
 * Meaning: for every (architecture, number, arguments) the verdict is the one of the filter
 * that libseccomp makes when each name of each rule is added for each architecture with
 * seccomp_rule_add_array(3), the way runc and crun do; tests/unit/test_seccomp.c proves it.
 */
#ifndef SEC_SECCOMP_H
#define SEC_SECCOMP_H

#include "base/err.h"
#include "base/str.h"
#include "libocispec/runtime.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SECCOMP_INSNS_MAX = BPF_MAXINSNS };

/* A program ready for seccomp(2); {0} is "no filter". Free with seccomp_free(). */
struct seccomp_filter {
	struct sock_filter *v;
	size_t n; /* instructions; 0: none */
	unsigned flags; /* SECCOMP_FILTER_FLAG_*, NEW_LISTENER included */
	bool notify; /* some verdict is USER_NOTIF: there will be a listener to pass on */
};

struct seccomp_options {
	bool fail_unknown; /* run.oci.seccomp_fail_unknown_syscall=1: unknown names are errors */
	bool have_receiver; /* a receiver is named outside of the section (C2) */
	bool stub_enosys; /* A123: ENOSYS for numbers newer than all that the profile names */
};

/*
 * Compiles a section. Unknown call names add one line for each entry that has some to
 * *warnings (may be NULL) unless options say that they are errors. -1 with *e set: the place
 * is linux.seccomp....
 */
int seccomp_compile(const struct oci_seccomp *s, const struct seccomp_options *o,
		    struct seccomp_filter *ret, struct str *warnings, struct err *e);

/*
 * Takes a finished program instead (annotation run.oci.seccomp_bpf_data): base64 of an
 * array of struct sock_filter, checked for size and for jumps that leave it.
 */
int seccomp_from_base64(const char *base64, struct seccomp_filter *ret, struct err *e);

/* Frees the program; the filter is {0} again. */
void seccomp_free(struct seccomp_filter *f);
#define auto_seccomp __attribute__((cleanup(seccomp_free))) struct seccomp_filter

/*
 * What the program answers (SECCOMP_RET_* with its data) to a call; arch is AUDIT_ARCH_*.
 * A program that is not valid answers SECCOMP_RET_KILL_PROCESS. seccomp(2).
 */
uint32_t seccomp_verdict(const struct seccomp_filter *f, uint32_t arch, int nr,
			 const uint64_t args[6]);

/* AUDIT_ARCH_* of this machine. */
uint32_t seccomp_native_arch(void);

/*
 * For `features`: is the word ("SCMP_ARCH_LOONGARCH64") one that the libseccomp we were
 * built with knows?
 */
bool seccomp_knows_arch(enum oci_seccomp_arch arch);

/* The version of libseccomp that the numbers come from, "2.5.4". */
const char *seccomp_library_version(void);

#endif
