/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filter that comes finished, in base64 (annotation run.oci.seccomp_bpf_data). The kernel
 * checks it again; what is checked here gives a better message, before anything exists.
 */
#include "sec/seccomp.h"

#include "base/mem.h"

#include <linux/seccomp.h>

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 4648 with padding, no line breaks. Returns the number of bytes, or -1. */
static ssize_t decode(const char *text, unsigned char *ret)
{
	size_t len = strlen(text);
	size_t n = 0;
	uint32_t bits = 0;

	if (len % 4)
		return -1;
	while (len && text[len - 1] == '=' && len % 4 != 2)
		len--;
	for (size_t i = 0; i < len; i++) {
		int d = digit(text[i]);

		if (d < 0)
			return -1;
		bits = bits << 6 | (uint32_t)d;
		if (i % 4)
			ret[n++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	return (ssize_t)n;
}

static int check_program(const struct sock_filter *v, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		size_t left = n - i - 1;
		size_t far = 0;

		if (BPF_CLASS(v[i].code) == BPF_JMP)
			far = BPF_OP(v[i].code) == BPF_JA ? v[i].k
			      : v[i].jt > v[i].jf	  ? v[i].jt
							  : v[i].jf;
		if (BPF_CLASS(v[i].code) == BPF_JMP && far >= left)
			return err_set(e, "instruction %zu jumps out of the program", i);
	}
	if (BPF_CLASS(v[n - 1].code) != BPF_RET)
		return err_set(e, "the last instruction is no return");
	return 0;
}

static bool may_notify(const struct sock_filter *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].code == (BPF_RET | BPF_K) &&
		    (v[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	return false;
}

int seccomp_from_base64(const char *base64, struct seccomp_filter *ret, struct err *e)
{
	auto_free unsigned char *bytes = xcalloc(strlen(base64) + 4, 1);
	ssize_t size = decode(base64, bytes);
	struct seccomp_filter f = { .flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW };

	WHERE_IN(e, "annotations[\"run.oci.seccomp_bpf_data\"]", NULL);
	if (size <= 0)
		return err_set(e, "it is not base64");
	if ((size_t)size % sizeof(*f.v))
		return err_set(e, "%zd bytes are no list of instructions of %zu bytes",
			       size, sizeof(*f.v));
	f.n = (size_t)size / sizeof(*f.v);
	if (f.n > SECCOMP_INSNS_MAX)
		return err_set(e, "%zu instructions are more than the kernel takes, %d",
			       f.n, SECCOMP_INSNS_MAX);
	f.v = (struct sock_filter *)(void *)bytes;
	TRY(check_program(f.v, f.n, e));
	bytes = NULL;
	f.notify = may_notify(f.v, f.n);
	if (f.notify)
		f.flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	*ret = f;
	return 0;
}
