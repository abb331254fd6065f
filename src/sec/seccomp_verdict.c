/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a filter answers to a call, by interpreting it as the kernel does: the subset of
 * classic BPF that seccomp(2) allows. Used to refuse a filter that would forbid our own
 * last calls, and by the test that compares our compiler with libseccomp.
 */
#include "sec/seccomp.h"

#include "base/mem.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

uint32_t seccomp_native_arch(void)
{
#if defined(__x86_64__)
	return AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
	return AUDIT_ARCH_AARCH64;
#elif defined(__riscv)
	return AUDIT_ARCH_RISCV64;
#else
#error "src/sec/seccomp_verdict.c: name the audit architecture of this machine"
#endif
}

void seccomp_free(struct seccomp_filter *f)
{
	free(f->v);
	*f = (struct seccomp_filter){ 0 };
}

struct machine {
	uint32_t a;
	uint32_t x;
	uint32_t mem[BPF_MEMWORDS];
	const char *data; /* struct seccomp_data */
};

static uint32_t load_word(const char *data, uint32_t at)
{
	uint32_t v = 0;

	if (at % 4 == 0 && at + 4 <= sizeof(struct seccomp_data))
		memcpy(&v, data + at, sizeof(v));
	return v;
}

static bool compare(const struct sock_filter *i, const struct machine *m)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return m->a == v;
	case BPF_JGT:
		return m->a > v;
	case BPF_JGE:
		return m->a >= v;
	case BPF_JSET:
		return m->a & v;
	}
	return false;
}

static uint32_t calculate(const struct sock_filter *i, const struct machine *m)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		return m->a + v;
	case BPF_SUB:
		return m->a - v;
	case BPF_MUL:
		return m->a * v;
	case BPF_AND:
		return m->a & v;
	case BPF_OR:
		return m->a | v;
	case BPF_XOR:
		return m->a ^ v;
	case BPF_LSH:
		return v < 32 ? m->a << v : 0;
	case BPF_RSH:
		return v < 32 ? m->a >> v : 0;
	case BPF_NEG:
		return -m->a;
	}
	return m->a;
}

/* Loads, stores and moves: all that is neither a jump, a sum nor the end. */
static void move(const struct sock_filter *i, struct machine *m)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
		m->a = BPF_MODE(i->code) == BPF_ABS   ? load_word(m->data, i->k)
		       : BPF_MODE(i->code) == BPF_MEM ? m->mem[i->k % BPF_MEMWORDS]
		       : BPF_MODE(i->code) == BPF_LEN
			       ? (uint32_t)sizeof(struct seccomp_data)
			       : i->k;
		break;
	case BPF_LDX:
		m->x = BPF_MODE(i->code) == BPF_MEM ? m->mem[i->k % BPF_MEMWORDS] : i->k;
		break;
	case BPF_ST:
		m->mem[i->k % BPF_MEMWORDS] = m->a;
		break;
	case BPF_STX:
		m->mem[i->k % BPF_MEMWORDS] = m->x;
		break;
	case BPF_MISC:
		if (BPF_MISCOP(i->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		break;
	}
}

uint32_t seccomp_verdict(const struct seccomp_filter *f, uint32_t arch, int nr,
			 const uint64_t args[6])
{
	struct seccomp_data data = { .nr = nr, .arch = arch };
	struct machine m = { .data = (const char *)&data };

	memcpy(data.args, args, sizeof(data.args));
	for (size_t pc = 0; pc < f->n; pc++) { /* jumps go forward only: it ends */
		const struct sock_filter *i = &f->v[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA)
				pc += i->k;
			else
				pc += compare(i, &m) ? i->jt : i->jf;
			break;
		case BPF_ALU:
			m.a = calculate(i, &m);
			break;
		default:
			move(i, &m);
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}
