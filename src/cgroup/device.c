/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device rules: from config.json to a list, from the list to a program (v2).
 *
 * The program looks at the rules from the last to the first. r2 holds the accesses that no
 * rule has decided yet: a deny rule that meets one of them ends in "deny", an allow rule
 * takes its own out, and none left ends in "allow". Rules for all accesses, nearly all
 * there are, need one compare of major << 20 | minor. The two exits are shared: with
 * one per rule the kernel's verifier takes many times as long.
 */
#include "cgroup/device.h"

#include "base/fd.h"
#include "base/str.h"
#include "cgroup/text.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { C = DEVICE_CHAR, BC = DEVICE_BOTH, M = DEVICE_MKNOD, RWM = DEVICE_ALL };

/* What a container may always use; after the rules of config.json, as engines expect. */
static const struct device_rule defaults[] = {
	{ true, BC, M, -1, -1, -1 }, /* a node alone gives no access */
	{ true, C, RWM, 136, -1, -1 }, /* pts */
	{ true, C, RWM, 5, 2, -1 }, /* ptmx */
	{ true, C, RWM, 5, 1, -1 }, /* console */
	{ true, C, RWM, 5, 0, -1 }, /* tty */
	{ true, C, RWM, 1, 9, -1 }, /* urandom */
	{ true, C, RWM, 1, 8, -1 }, /* random */
	{ true, C, RWM, 1, 7, -1 }, /* full */
	{ true, C, RWM, 1, 5, -1 }, /* zero */
	{ true, C, RWM, 1, 3, -1 }, /* null */
};

static int rule_access(const char *text, uint8_t *ret, struct err *e)
{
	uint8_t access = 0;

	if (!text) {
		*ret = DEVICE_ALL;
		return 0;
	}
	for (const char *c = text; *c; c++) {
		if (*c == 'r')
			access |= DEVICE_READ;
		else if (*c == 'w')
			access |= DEVICE_WRITE;
		else if (*c == 'm')
			access |= DEVICE_MKNOD;
		else
			return err_set(e, "access \"%s\": expected letters of rwm", text);
	}
	if (!access)
		return err_set(e, "access is empty: expected letters of rwm");
	*ret = access;
	return 0;
}

static int rule_types(const char *type, uint8_t *ret, struct err *e)
{
	if (!type || str_eq(type, "a"))
		*ret = DEVICE_BOTH;
	else if (str_eq(type, "c") || str_eq(type, "u"))
		*ret = DEVICE_CHAR;
	else if (str_eq(type, "b"))
		*ret = DEVICE_BLOCK;
	else
		return err_set(e, "type \"%s\": expected a, b or c", type);
	return 0;
}

static int rule_number(const struct oci_opt_int *number, const char *name, int64_t *ret,
		       struct err *e)
{
	int64_t v = number->set ? number->v : -1;

	if (v < -1)
		return err_set(e, "%s %lld: expected -1 or more", name, (long long)v);
	*ret = v;
	return 0;
}

static int rule_make(const struct oci_device_cgroup *d, long index,
		     struct device_rule *ret, struct err *e)
{
	WHERE(e, "linux.resources.devices", index, NULL);

	ret->allow = d->allow;
	ret->index = index;
	TRY(rule_types(d->type, &ret->types, e));
	TRY(rule_number(&d->major, "major", &ret->major, e));
	TRY(rule_number(&d->minor, "minor", &ret->minor, e));
	return rule_access(d->access, &ret->access, e);
}

int device_rules_make(const struct oci_device_cgroup *v, size_t n,
		      struct oci_arena *arena, struct device_rules *ret, struct err *e)
{
	struct device_rules r = { .n = n + ARRAY_SIZE(defaults) };

	r.v = cgroup_alloc(arena, r.n * sizeof(r.v[0]));
	for (size_t i = 0; i < n; i++)
		TRY(rule_make(&v[i], (long)i, &r.v[i], e));
	memcpy(&r.v[n], defaults, sizeof(defaults));
	*ret = r;
	return 0;
}

/* ---- the program ----------------------------------------------------------------- */

/* Registers: what is still asked for, major, minor, both in one, the type. */
enum { R_NEED = BPF_REG_2, R_MAJOR, R_MINOR, R_TYPE, R_KEY };

enum { INSNS_PER_RULE = 3, INSNS_MAX = 32000 };
/* Targets of jumps until the exits have their place. */
enum { TO_ALLOW = INT16_MAX, TO_DENY = INT16_MAX - 1 };

struct program {
	struct bpf_insn *v;
	size_t n;
};

static void emit(struct program *p, unsigned code, unsigned dst, unsigned src, int off,
		 int32_t imm)
{
	p->v[p->n++] = (struct bpf_insn){ .code = (uint8_t)code,
					  .dst_reg = (uint8_t)(dst & 15),
					  .src_reg = (uint8_t)(src & 15),
					  .off = (int16_t)off,
					  .imm = imm };
}

/* struct bpf_cgroup_dev_ctx: access << 16 | type, major, minor; 12 and 20 bits wide. */
static void emit_prologue(struct program *p)
{
	emit(p, BPF_LDX | BPF_MEM | BPF_W, R_NEED, BPF_REG_1, 0, 0);
	emit(p, BPF_LDX | BPF_MEM | BPF_W, R_MAJOR, BPF_REG_1, 4, 0);
	emit(p, BPF_LDX | BPF_MEM | BPF_W, R_MINOR, BPF_REG_1, 8, 0);
	emit(p, BPF_ALU | BPF_MOV | BPF_X, R_TYPE, R_NEED, 0, 0);
	emit(p, BPF_ALU | BPF_AND | BPF_K, R_TYPE, 0, 0, 0xffff);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, R_NEED, 0, 0, 16);
	emit(p, BPF_ALU | BPF_MOV | BPF_X, R_KEY, R_MAJOR, 0, 0);
	emit(p, BPF_ALU | BPF_LSH | BPF_K, R_KEY, 0, 0, 20);
	emit(p, BPF_ALU | BPF_OR | BPF_X, R_KEY, R_MINOR, 0, 0);
}

/* Which register tells whether the rule names the device, and its value there. */
struct compare {
	bool any; /* every device of the type: no compare */
	unsigned reg;
	uint32_t value;
};

/* False for a rule that no device number can meet. */
static bool rule_compare(const struct device_rule *r, struct compare *ret)
{
	struct compare c = { 0 };

	if (r->major >= 1 << 12 || r->minor >= 1 << 20)
		return false;
	if (r->major < 0 && r->minor < 0) {
		c.any = true;
	} else if (r->minor < 0) {
		c.reg = R_MAJOR;
		c.value = (uint32_t)r->major;
	} else if (r->major < 0) {
		c.reg = R_MINOR;
		c.value = (uint32_t)r->minor;
	} else {
		c.reg = R_KEY;
		c.value = (uint32_t)r->major << 20 | (uint32_t)r->minor;
	}
	*ret = c;
	return true;
}

/* True when the rule decides everything that is left, so that no earlier one matters. */
static bool emit_rule(struct program *p, const struct device_rule *r)
{
	int target = r->allow ? TO_ALLOW : TO_DENY;
	struct compare c;

	if (!rule_compare(r, &c))
		return false;
	if (r->access == DEVICE_ALL) {
		if (c.any)
			emit(p, BPF_JMP | BPF_JA, 0, 0, target, 0);
		else
			emit(p, BPF_JMP32 | BPF_JEQ | BPF_K, c.reg, 0, target,
			     (int32_t)c.value);
		return c.any;
	}
	if (!c.any)
		emit(p, BPF_JMP32 | BPF_JNE | BPF_K, c.reg, 0, r->allow ? 2 : 1,
		     (int32_t)c.value);
	if (r->allow) {
		emit(p, BPF_ALU | BPF_AND | BPF_K, R_NEED, 0, 0, DEVICE_ALL & ~r->access);
		emit(p, BPF_JMP32 | BPF_JEQ | BPF_K, R_NEED, 0, target, 0);
	} else {
		emit(p, BPF_JMP32 | BPF_JSET | BPF_K, R_NEED, 0, target, r->access);
	}
	return false;
}

static void emit_section(struct program *p, const struct device_rules *rules,
			 uint8_t type)
{
	bool closed = false;

	for (size_t i = rules->n; i-- && !closed;) {
		if (rules->v[i].types & type)
			closed = emit_rule(p, &rules->v[i]);
	}
	if (!closed)
		emit(p, BPF_JMP | BPF_JA, 0, 0, TO_DENY, 0);
}

/* The exit that `target` stands for; not when nothing leads there, the verifier says no. */
static bool emit_exit(struct program *p, int target)
{
	size_t here = p->n;
	bool used = false;

	for (size_t i = 0; i < here; i++) {
		if (p->v[i].off != target)
			continue;
		p->v[i].off = (int16_t)(here - i - 1);
		used = true;
	}
	if (!used)
		return false;
	emit(p, BPF_ALU | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, target == TO_ALLOW);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return true;
}

int device_program_make(const struct device_rules *rules, struct oci_arena *arena,
			const struct bpf_insn **ret, size_t *ret_n, struct err *e)
{
	size_t max = 16 + 2 * INSNS_PER_RULE * rules->n;
	struct program p = { 0 };
	size_t dispatch;

	if (max > INSNS_MAX)
		return err_set(e, "linux.resources.devices: %zu rules are too many",
			       rules->n - ARRAY_SIZE(defaults));
	p.v = cgroup_alloc(arena, max * sizeof(p.v[0]));
	emit_prologue(&p);
	dispatch = p.n;
	emit(&p, BPF_JMP32 | BPF_JEQ | BPF_K, R_TYPE, 0, 0, BPF_DEVCG_DEV_BLOCK);
	emit_section(&p, rules, DEVICE_CHAR);
	p.v[dispatch].off = (int16_t)(p.n - dispatch - 1);
	emit_section(&p, rules, DEVICE_BLOCK);
	emit_exit(&p, TO_ALLOW);
	*ret_n = emit_exit(&p, TO_DENY) ? p.n : 0;
	*ret = p.v;
	return 0;
}
