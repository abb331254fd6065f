/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other side of the comparison: the filter that libseccomp makes of the same section
 * when every name of every rule is added for every architecture, as runc and crun do.
 */
#ifndef TESTS_UNIT_SECCOMP_PEER_H
#define TESTS_UNIT_SECCOMP_PEER_H

#include "base/fd.h"
#include "base/mem.h"
#include "libocispec/oci.h"
#include "sec/seccomp.h"
#include "sec/syscalls.h"

#include <check.h>
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A section as it stands in config.json. */
static struct oci_seccomp *decode_section(struct oci_arena *arena, const char *text)
{
	struct oci_error error;
	void *ret = NULL;

	if (oci_decode(arena, &oci_type_seccomp, "test", text, strlen(text), &ret,
		       &error) < 0)
		ck_abort_msg("%s", error.text);
	return ret;
}

static uint32_t peer_action(enum oci_seccomp_action action,
			    const struct oci_opt_uint *number)
{
	uint32_t data = number->set ? (uint32_t)number->v : EPERM;

	switch (action) {
	case OCI_ACT_KILL:
	case OCI_ACT_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case OCI_ACT_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	case OCI_ACT_TRAP:
		return SCMP_ACT_TRAP;
	case OCI_ACT_ERRNO:
		return SCMP_ACT_ERRNO(data);
	case OCI_ACT_TRACE:
		return SCMP_ACT_TRACE(data);
	case OCI_ACT_ALLOW:
		return SCMP_ACT_ALLOW;
	case OCI_ACT_LOG:
		return SCMP_ACT_LOG;
	case OCI_ACT_NOTIFY:
		return SCMP_ACT_NOTIFY;
	case OCI_ACT_UNSET:
		break;
	}
	abort();
}

static struct scmp_arg_cmp peer_test(const struct oci_seccomp_arg *a)
{
	static const enum scmp_compare ops[] = {
		[OCI_CMP_NE] = SCMP_CMP_NE,
		[OCI_CMP_LT] = SCMP_CMP_LT,
		[OCI_CMP_LE] = SCMP_CMP_LE,
		[OCI_CMP_EQ] = SCMP_CMP_EQ,
		[OCI_CMP_GE] = SCMP_CMP_GE,
		[OCI_CMP_GT] = SCMP_CMP_GT,
		[OCI_CMP_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};

	return (struct scmp_arg_cmp){ a->index, ops[a->op], a->value, a->value_two };
}

static int peer_add(scmp_filter_ctx ctx, const struct oci_seccomp_syscall *s,
		    uint32_t action, int nr)
{
	struct scmp_arg_cmp tests[16];
	unsigned n = 0;
	unsigned seen = 0;
	bool twice = false;

	for (size_t i = 0; i < s->args.n; i++) {
		twice |= seen >> s->args.v[i].index & 1;
		seen |= 1u << s->args.v[i].index;
		tests[n++] = peer_test(&s->args.v[i]);
	}
	if (!twice)
		return seccomp_rule_add_array(ctx, action, nr, n, tests);
	for (unsigned i = 0; i < n; i++) {
		int ret = seccomp_rule_add_array(ctx, action, nr, 1, &tests[i]);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int peer_fill(scmp_filter_ctx ctx, const struct oci_seccomp *s,
		     uint32_t by_default)
{
	for (size_t i = 0; i < s->architectures.n; i++) {
		int ret = seccomp_arch_add(ctx,
					   syscalls_arches[s->architectures.v[i]].token);

		if (ret < 0 && ret != -EEXIST)
			return ret;
	}
	for (size_t i = 0; i < s->syscalls.n; i++) {
		const struct oci_seccomp_syscall *rule = &s->syscalls.v[i];
		uint32_t action = peer_action(rule->action, &rule->errno_ret);

		for (size_t k = 0; action != by_default && k < rule->names.n; k++) {
			int nr = seccomp_syscall_resolve_name(rule->names.v[k]);
			int ret = nr == __NR_SCMP_ERROR ? 0
							: peer_add(ctx, rule, action, nr);

			if (ret < 0)
				return ret;
		}
	}
	return 0;
}

/* 0, or the -errno with which libseccomp refuses. */
__attribute__((unused)) static int peer_compile(const struct oci_seccomp *s,
						struct seccomp_filter *ret)
{
	uint32_t by_default = peer_action(s->default_action, &s->default_errno_ret);
	scmp_filter_ctx ctx = seccomp_init(by_default);
	auto_close int fd = memfd_create("bpf", MFD_CLOEXEC);
	int error = peer_fill(ctx, s, by_default);
	off_t size;

	if (error == 0)
		error = seccomp_export_bpf(ctx, fd);
	seccomp_release(ctx);
	if (error < 0)
		return error;
	size = lseek(fd, 0, SEEK_END);
	ret->n = (size_t)size / sizeof(*ret->v);
	ret->v = xcalloc(ret->n, sizeof(*ret->v));
	if (pread(fd, ret->v, (size_t)size, 0) != size)
		abort();
	return 0;
}

#endif
