/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges -> classic BPF. The program is written backwards, from the last instruction to
 * the first: all jumps of BPF go forward, so each target is known when the jump to it is
 * written. A label is the index in the backward list. Conditional jumps reach 255
 * instructions; for a farther target a copy of its `return`, or a plain jump, is put near.
 *
 * Layout: load arch; one compare per architecture; per architecture: load nr, binary
 * search by "nr >= start of the right half", leaves. x32 shares x86_64's arch value and
 * is told from it by bit 30 of the number.
 */
#include "sec/seccomp_plan.h"

#include "base/mem.h"
#include "sec/syscalls.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

enum { REACH = 255, LABELS_MAX = 32 };

#define NO_LABEL SIZE_MAX

struct writer {
	const struct seccomp_plan *p;
	struct sock_filter *v; /* backwards */
	size_t n;
	size_t size;
	bool wide; /* of the block being written */
	bool too_long;
	/* returns written already, newest label for each action */
	struct {
		uint32_t action;
		size_t label;
	} returns[LABELS_MAX];
	size_t n_returns;
	size_t *labels; /* of verdicts with tests, written for this width of arguments */
};

static size_t put(struct writer *w, uint16_t code, uint32_t k, size_t jt, size_t jf)
{
	if (w->n == w->size) {
		w->size = w->size ? w->size * 2 : 512;
		w->v = xreallocarray(w->v, w->size, sizeof(*w->v));
	}
	if (w->n >= SECCOMP_INSNS_MAX)
		w->too_long = true;
	w->v[w->n] = (struct sock_filter){ code, (uint8_t)jt, (uint8_t)jf, k };
	return w->n++;
}

/* Instructions between one written next and the label. */
static size_t distance(const struct writer *w, size_t label)
{
	return w->n - label - 1;
}

/* A label near enough that does what the far one does. */
static size_t bring_near(struct writer *w, size_t label)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a label is an index of v */
	if (BPF_CLASS(w->v[label].code) == BPF_RET)
		return put(w, w->v[label].code, w->v[label].k, 0, 0);
	return put(w, BPF_JMP | BPF_JA, (uint32_t)distance(w, label), 0, 0);
}

static size_t jump(struct writer *w, uint16_t op, uint32_t k, size_t yes, size_t no)
{
	/* one more instruction may be put in front of either: leave room */
	if (distance(w, yes) > REACH - 1)
		yes = bring_near(w, yes);
	if (distance(w, no) > REACH)
		no = bring_near(w, no);
	return put(w, (uint16_t)(BPF_JMP | BPF_K | op), k, distance(w, yes),
		   distance(w, no));
}

static size_t load(struct writer *w, size_t offset)
{
	return put(w, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static size_t give(struct writer *w, uint32_t action)
{
	size_t i = 0;

	while (i < w->n_returns && w->returns[i].action != action)
		i++;
	if (i < w->n_returns && distance(w, w->returns[i].label) < REACH / 2)
		return w->returns[i].label;
	if (i == LABELS_MAX)
		return put(w, BPF_RET | BPF_K, action, 0, 0);
	if (i == w->n_returns)
		w->n_returns++;
	w->returns[i].action = action;
	w->returns[i].label = put(w, BPF_RET | BPF_K, action, 0, 0);
	return w->returns[i].label;
}

/* ---- arguments ------------------------------------------------------------------------ */

static size_t arg_low(unsigned index)
{
	size_t at = offsetof(struct seccomp_data, args) + index * sizeof(uint64_t);

	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? at : at + sizeof(uint32_t);
}

static size_t arg_high(unsigned index)
{
	size_t at = offsetof(struct seccomp_data, args) + index * sizeof(uint64_t);

	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? at + sizeof(uint32_t) : at;
}

/* In front of a comparison: load one half, masked where the mask is not all ones. */
static size_t load_half(struct writer *w, size_t offset, uint32_t mask)
{
	if (mask != UINT32_MAX)
		put(w, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	return load(w, offset);
}

static size_t test_equal(struct writer *w, const struct seccomp_test *t, size_t yes,
			 size_t no)
{
	uint32_t low_mask = (uint32_t)t->mask;
	uint32_t high_mask = (uint32_t)(t->mask >> 32);
	size_t start = yes;

	if (low_mask) {
		jump(w, BPF_JEQ, (uint32_t)t->datum & low_mask, start, no);
		start = load_half(w, arg_low(t->index), low_mask);
	}
	if (w->wide && high_mask) {
		jump(w, BPF_JEQ, (uint32_t)(t->datum >> 32) & high_mask, start, no);
		start = load_half(w, arg_high(t->index), high_mask);
	}
	return start;
}

/* op: BPF_JGT or BPF_JGE */
static size_t test_greater(struct writer *w, const struct seccomp_test *t, uint16_t op,
			   size_t yes, size_t no)
{
	size_t low;

	jump(w, op, (uint32_t)t->datum, yes, no);
	low = load(w, arg_low(t->index));
	if (!w->wide)
		return low;
	low = jump(w, BPF_JEQ, (uint32_t)(t->datum >> 32), low, no);
	jump(w, BPF_JGT, (uint32_t)(t->datum >> 32), yes, low);
	return load(w, arg_high(t->index));
}

/* Returns the label where the test begins. */
static size_t test(struct writer *w, const struct seccomp_test *t, size_t yes, size_t no)
{
	switch ((enum oci_seccomp_op)t->op) {
	case OCI_CMP_EQ:
	case OCI_CMP_MASKED_EQ:
		return test_equal(w, t, yes, no);
	case OCI_CMP_NE:
		return test_equal(w, t, no, yes);
	case OCI_CMP_GT:
		return test_greater(w, t, BPF_JGT, yes, no);
	case OCI_CMP_GE:
		return test_greater(w, t, BPF_JGE, yes, no);
	case OCI_CMP_LE:
		return test_greater(w, t, BPF_JGT, no, yes);
	case OCI_CMP_LT:
		return test_greater(w, t, BPF_JGE, no, yes);
	case OCI_CMP_UNSET:
		break;
	}
	return yes;
}

/*
 * The rules of one number, the oldest being tried first: so the newest is written first,
 * and what it falls back on is the default action.
 */
static size_t write_rules(struct writer *w, uint32_t verdict)
{
	size_t start = give(w, w->p->verdicts[0].action);

	while (verdict) {
		const struct seccomp_verdict_row *v = &w->p->verdicts[verdict];
		size_t otherwise = start;

		start = give(w, v->action);
		for (uint32_t i = v->n; i-- > 0;)
			start = test(w, &w->p->tests[v->first + i], start, otherwise);
		verdict = v->parent;
	}
	return start;
}

/* ---- numbers -------------------------------------------------------------------------- */

static size_t write_leaf(struct writer *w, const struct seccomp_range *r)
{
	size_t *label = &w->labels[r->verdict];

	if (!w->p->verdicts[r->verdict].n)
		return give(w, w->p->verdicts[r->verdict].action);
	if (*label == NO_LABEL)
		*label = write_rules(w, r->verdict);
	return *label;
}

/* A single number between two ranges of one verdict is one test for equality. */
static bool is_exception(const struct seccomp_range *r, size_t n)
{
	return n == 3 && r[0].verdict == r[2].verdict && r[2].start == r[1].start + 1;
}

static size_t write_search(struct writer *w, const struct seccomp_range *r, size_t n)
{
	size_t half = n / 2;
	size_t right;
	size_t left;

	if (n == 1)
		return write_leaf(w, r);
	if (is_exception(r, n)) {
		left = write_leaf(w, &r[1]);
		right = write_leaf(w, &r[0]);
		return jump(w, BPF_JEQ, r[1].start, left, right);
	}
	right = write_search(w, r + half, n - half);
	left = write_search(w, r, half);
	return jump(w, BPF_JGE, r[half].start, right, left);
}

static void forget_labels(struct writer *w)
{
	for (size_t i = 0; i < w->p->n_verdicts; i++)
		w->labels[i] = NO_LABEL;
}

static size_t write_ranges(struct writer *w, const struct seccomp_block *b)
{
	if (w->wide != b->wide)
		forget_labels(w);
	w->wide = b->wide;
	return write_search(w, &w->p->ranges[b->first], b->n);
}

/* x86_64 and x32: one block of the program, bit 30 of the number tells them apart. */
static size_t write_x86_64(struct writer *w, const struct seccomp_block *b,
			   const struct seccomp_block *x32)
{
	size_t kill = give(w, SECCOMP_RET_KILL_THREAD);
	size_t by_default = give(w, w->p->verdicts[0].action);
	size_t high;
	size_t low;

	/* -1 is no x32 number: a tracer has cancelled the call */
	high = x32 ? write_ranges(w, x32)
		   : jump(w, BPF_JEQ, UINT32_MAX, by_default, kill);
	low = b ? write_ranges(w, b) : give(w, SECCOMP_RET_KILL_THREAD);
	jump(w, BPF_JGE, SYSCALLS_X32_BIT, high, low);
	return load(w, offsetof(struct seccomp_data, nr));
}

/* Loads the number; what follows in the program must be the code at the label. */
static size_t load_number(struct writer *w, size_t label)
{
	if (label != w->n - 1)
		bring_near(w, label);
	return load(w, offsetof(struct seccomp_data, nr));
}

static const struct seccomp_block *find_block(const struct seccomp_plan *p,
					      uint32_t token, bool x32)
{
	for (size_t i = 0; i < p->n_blocks; i++)
		if (p->blocks[i].token == token && p->blocks[i].x32 == x32)
			return &p->blocks[i];
	return NULL;
}

static size_t write_block(struct writer *w, const struct seccomp_block *b)
{
	if (b->token == AUDIT_ARCH_X86_64)
		return write_x86_64(w, find_block(w->p, b->token, false),
				    find_block(w->p, b->token, true));
	return load_number(w, write_ranges(w, b));
}

int seccomp_emit(const struct seccomp_plan *p, struct seccomp_filter *ret, struct err *e)
{
	auto_free size_t *verdict_labels = xcalloc(p->n_verdicts, sizeof(size_t));
	struct writer w = { .p = p, .labels = verdict_labels };
	size_t labels[SECCOMP_BLOCK_MAX] = { 0 };
	size_t next;

	forget_labels(&w);
	for (size_t i = p->n_blocks; i-- > 0;)
		if (!p->blocks[i].x32 || !find_block(p, p->blocks[i].token, false))
			labels[i] = write_block(&w, &p->blocks[i]);
	next = give(&w, SECCOMP_RET_KILL_THREAD);
	for (size_t i = p->n_blocks; i-- > 0;)
		if (!p->blocks[i].x32 || !find_block(p, p->blocks[i].token, false))
			next = jump(&w, BPF_JEQ, p->blocks[i].token, labels[i], next);
	load(&w, offsetof(struct seccomp_data, arch));
	if (w.too_long) {
		free(w.v);
		return err_set(e,
			       "the filter needs %zu instructions, the kernel takes %d",
			       w.n, SECCOMP_INSNS_MAX);
	}
	for (size_t i = 0; i < w.n / 2; i++) {
		struct sock_filter swap = w.v[i];

		w.v[i] = w.v[w.n - 1 - i];
		w.v[w.n - 1 - i] = swap;
	}
	ret->v = w.v;
	ret->n = w.n;
	return 0;
}
