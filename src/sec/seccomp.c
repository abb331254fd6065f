/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp section -> which call gets which verdict; see seccomp.h. The rules of
 * libseccomp that matter, for each architecture and number:
 *  - a rule whose action is the default action is nothing at all;
 *  - the first rule without conditions decides; conditions that came before it are
 *    forgotten, rules that come after it too;
 *  - rules with conditions are tried one after the other, else the default action;
 *  - two conditions on one argument make every condition a rule of its own;
 *  - a 32-bit architecture compares the lower halves of arguments only;
 *  - x86 and others reach some calls through socketcall(2) and ipc(2): such a name stands
 *    for "the first argument is its sub-call number", and for its own number if it has one;
 *  - the native architecture is always there; any other one kills the thread.
 */
#include "sec/seccomp.h"

#include "base/mem.h"
#include "sec/seccomp_plan.h"
#include "sec/syscalls.h"

#include <errno.h>
#include <linux/seccomp.h>

enum { DENSE = 1024, SPARSE_MAX = 64 };

static const char *const actions[] = {
	[OCI_ACT_KILL] = "SCMP_ACT_KILL",
	[OCI_ACT_KILL_PROCESS] = "SCMP_ACT_KILL_PROCESS",
	[OCI_ACT_KILL_THREAD] = "SCMP_ACT_KILL_THREAD",
	[OCI_ACT_TRAP] = "SCMP_ACT_TRAP",
	[OCI_ACT_ERRNO] = "SCMP_ACT_ERRNO",
	[OCI_ACT_TRACE] = "SCMP_ACT_TRACE",
	[OCI_ACT_ALLOW] = "SCMP_ACT_ALLOW",
	[OCI_ACT_LOG] = "SCMP_ACT_LOG",
	[OCI_ACT_NOTIFY] = "SCMP_ACT_NOTIFY",
};

struct compiler {
	const struct oci_seccomp *s;
	struct seccomp_plan plan;
	uint16_t *names; /* index of each name of each rule, in order; n: unknown */
	int arch; /* being worked on: enum oci_seccomp_arch */
	uint16_t dense[DENSE]; /* verdict of number first + i */
	uint32_t sparse_number[SPARSE_MAX];
	uint16_t sparse[SPARSE_MAX];
	size_t n_sparse;
};

static void release(struct compiler *c)
{
	free(c->plan.tests);
	free(c->plan.verdicts);
	free(c->plan.ranges);
	free(c->names);
}

static unsigned find_name(const char *name)
{
	uint32_t h = syscalls_hash_name(name);

	for (; syscalls_hash[h]; h = (h + 1) & (SYSCALLS_HASH_SIZE - 1)) {
		unsigned i = syscalls_hash[h] - 1u;

		if (str_eq(syscalls_names + syscalls_name_at[i], name))
			return i;
	}
	return syscalls_n;
}

bool seccomp_knows_arch(enum oci_seccomp_arch arch)
{
	return syscalls_arches[arch].token != 0;
}

const char *seccomp_library_version(void)
{
	return syscalls_version;
}

/* ---- actions -------------------------------------------------------------------------- */

static int read_action(enum oci_seccomp_action action, const struct oci_opt_uint *number,
		       uint32_t *ret, struct err *e)
{
	uint32_t data = number->set ? (uint32_t)number->v : 1 /* EPERM */;

	if (number->set && action != OCI_ACT_ERRNO && action != OCI_ACT_TRACE)
		return err_set(e, "%s takes no errnoRet", actions[action]);
	if (number->set && number->v > SECCOMP_RET_DATA)
		return err_set(e, "errnoRet %llu is not in 0..65535",
			       (unsigned long long)number->v);
	switch (action) {
	case OCI_ACT_KILL:
	case OCI_ACT_KILL_THREAD:
		*ret = SECCOMP_RET_KILL_THREAD;
		return 0;
	case OCI_ACT_KILL_PROCESS:
		*ret = SECCOMP_RET_KILL_PROCESS;
		return 0;
	case OCI_ACT_TRAP:
		*ret = SECCOMP_RET_TRAP;
		return 0;
	case OCI_ACT_ERRNO:
		*ret = SECCOMP_RET_ERRNO | data;
		return 0;
	case OCI_ACT_TRACE:
		*ret = SECCOMP_RET_TRACE | data;
		return 0;
	case OCI_ACT_ALLOW:
		*ret = SECCOMP_RET_ALLOW;
		return 0;
	case OCI_ACT_LOG:
		*ret = SECCOMP_RET_LOG;
		return 0;
	case OCI_ACT_NOTIFY:
		*ret = SECCOMP_RET_USER_NOTIF;
		return 0;
	case OCI_ACT_UNSET:
		break;
	}
	return err_set(e, "the action is missing");
}

static unsigned read_flags(const struct oci_seccomp *s, bool notify)
{
	static const unsigned flags[] = {
		[OCI_SECCOMP_FLAG_TSYNC] = SECCOMP_FILTER_FLAG_TSYNC,
		[OCI_SECCOMP_FLAG_LOG] = SECCOMP_FILTER_FLAG_LOG,
		[OCI_SECCOMP_FLAG_SPEC_ALLOW] = SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		[OCI_SECCOMP_FLAG_WAIT_KILLABLE_RECV] =
			SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	};
	unsigned ret = 0;

	/* nothing said: do not slow the program down by SSBD, as crun and runc decided */
	if (!s->flags.v)
		ret = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; s->flags.v && i < s->flags.n; i++)
		ret |= flags[s->flags.v[i]];
	if (!notify) /* the kernel refuses it alone */
		return ret & ~(unsigned)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	/* our process has one thread: TSYNC says nothing, and cannot stand beside a listener */
	return (ret & ~(unsigned)SECCOMP_FILTER_FLAG_TSYNC) |
	       SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

/* ---- verdicts of numbers --------------------------------------------------------------- */

/* The place of a number's verdict; NULL when there are too many odd ones. */
static uint16_t *slot_of(struct compiler *c, uint32_t number)
{
	uint32_t first = (uint32_t)syscalls_arches[c->arch].first;

	if (number - first < DENSE)
		return &c->dense[number - first];
	for (size_t i = 0; i < c->n_sparse; i++)
		if (c->sparse_number[i] == number)
			return &c->sparse[i];
	if (c->n_sparse == SPARSE_MAX)
		return NULL;
	c->sparse_number[c->n_sparse] = number;
	c->sparse[c->n_sparse] = 0;
	return &c->sparse[c->n_sparse++];
}

/* The verdict with these members: equal ones are one, so that ranges merge and code is shared. */
static uint16_t find_verdict(struct compiler *c, const struct seccomp_verdict_row *want)
{
	const struct seccomp_verdict_row *v = c->plan.verdicts;
	size_t i;

	for (i = 0; i < c->plan.n_verdicts; i++)
		if (v[i].action == want->action && v[i].n == want->n &&
		    v[i].first == want->first && v[i].parent == want->parent)
			return (uint16_t)i;
	i = SECCOMP_GROW(&c->plan, verdicts);
	c->plan.verdicts[i] = *want;
	return (uint16_t)i;
}

/* One rule of libseccomp for one number. n == 0: without conditions. */
static void add_rule(struct compiler *c, uint32_t number,
		     const struct seccomp_verdict_row *rule)
{
	uint16_t *slot = slot_of(c, number);
	struct seccomp_verdict_row row = *rule;

	if (!slot || (*slot && !c->plan.verdicts[*slot].n))
		return;
	row.parent = row.n ? *slot : 0;
	*slot = find_verdict(c, &row);
}

/* The same rule for a sub-call: its number takes the place of a test of argument 0. */
static void add_sub_call(struct compiler *c, int32_t mux, uint32_t sub,
			 const struct seccomp_verdict_row *rule)
{
	struct seccomp_verdict_row own = { .action = rule->action, .n = 1 };
	size_t at = SECCOMP_GROW(&c->plan, tests);

	if (mux < 0)
		return;
	own.first = (uint32_t)at;
	c->plan.tests[at] = (struct seccomp_test){ 0, OCI_CMP_EQ, UINT64_MAX, sub };
	for (uint32_t i = 0; i < rule->n; i++) {
		if (c->plan.tests[rule->first + i].index == 0)
			continue;
		at = SECCOMP_GROW(&c->plan, tests);
		c->plan.tests[at] = c->plan.tests[rule->first + i];
		own.n++;
	}
	add_rule(c, (uint32_t)mux, &own);
}

static void add_name(struct compiler *c, unsigned name,
		     const struct seccomp_verdict_row *rule)
{
	const struct syscalls_arch *arch = &syscalls_arches[c->arch];
	int32_t nr = syscalls_numbers[(unsigned)c->arch * syscalls_n + name];

	if (nr == SYSCALLS_UNKNOWN)
		return;
	if (nr >= 0) {
		add_rule(c, (uint32_t)nr & ~(uint32_t)SYSCALLS_X32_BIT, rule);
		return;
	}
	if (nr >= SYSCALLS_SOCKET_BASE || nr <= SYSCALLS_MUX_END)
		return; /* not on this architecture */
	if (nr > SYSCALLS_IPC_BASE)
		add_sub_call(c, arch->socketcall, (uint32_t)(SYSCALLS_SOCKET_BASE - nr),
			     rule);
	else
		add_sub_call(c, arch->ipc, (uint32_t)(SYSCALLS_IPC_BASE - nr), rule);
	for (unsigned i = 0; i < syscalls_n_direct; i++)
		if (syscalls_direct[i].arch == c->arch && syscalls_direct[i].pseudo == nr)
			add_rule(c, (uint32_t)syscalls_direct[i].number, rule);
}

/* ---- rules ------------------------------------------------------------------------------ */

static struct seccomp_test read_test(const struct oci_seccomp_arg *a)
{
	struct seccomp_test t = { (uint8_t)a->index, (uint8_t)a->op, UINT64_MAX,
				  a->value };

	if (a->op == OCI_CMP_MASKED_EQ) {
		t.mask = a->value;
		t.datum = a->value_two & a->value;
	}
	return t;
}

static bool has_twice(const struct oci_seccomp_syscall *s)
{
	unsigned seen = 0;

	for (size_t i = 0; i < s->args.n; i++) {
		if (seen & (1u << s->args.v[i].index))
			return true;
		seen |= 1u << s->args.v[i].index;
	}
	return false;
}

/* Adds the rule's names on the current architecture; `names` are their indices. */
static void add_syscall_rule(struct compiler *c, const struct oci_seccomp_syscall *s,
			     uint32_t action, uint32_t first_test, const uint16_t *names)
{
	bool separate = has_twice(s);
	struct seccomp_verdict_row rule = { .action = action, .first = first_test };

	rule.n = separate ? 1 : (uint32_t)s->args.n;
	for (size_t i = 0; i < s->names.n; i++) {
		if (names[i] == syscalls_n)
			continue;
		rule.first = first_test;
		for (size_t k = 0; k < (separate ? s->args.n : 1); k++, rule.first++)
			add_name(c, names[i], &rule);
	}
}

static int read_rule(struct compiler *c, size_t i, uint32_t *ret_action, struct err *e)
{
	const struct oci_seccomp_syscall *s = &c->s->syscalls.v[i];

	WHERE(e, "linux.seccomp.syscalls", i, NULL);
	TRY(read_action(s->action, &s->errno_ret, ret_action, e));
	for (size_t k = 0; k < s->args.n; k++) {
		size_t at = SECCOMP_GROW(&c->plan, tests);

		if (s->args.v[k].index > 5)
			return err_set(e, "args[%zu]: index %u is not in 0..5", k,
				       s->args.v[k].index);
		c->plan.tests[at] = read_test(&s->args.v[k]);
	}
	return 0;
}

static int read_names(struct compiler *c, const struct seccomp_options *o,
		      struct str *warnings, struct err *e)
{
	const struct oci_seccomp *s = c->s;
	size_t n = 0;

	for (size_t i = 0; i < s->syscalls.n; i++)
		n += s->syscalls.v[i].names.n;
	c->names = xcalloc(n, sizeof(*c->names));
	n = 0;
	for (size_t i = 0; i < s->syscalls.n; i++) {
		size_t unknown = 0;

		for (size_t k = 0; k < s->syscalls.v[i].names.n; k++, n++) {
			const char *name = s->syscalls.v[i].names.v[k];

			c->names[n] = (uint16_t)find_name(name);
			if (c->names[n] != syscalls_n)
				continue;
			WHERE(e, "linux.seccomp.syscalls", i, NULL);
			if (o->fail_unknown)
				return err_set(e, "names[%zu]: \"%s\" is no system call",
					       k, name);
			if (warnings && !unknown++)
				str_addf(warnings,
					 "linux.seccomp.syscalls[%zu].names: not known "
					 "and ignored:",
					 i);
			if (warnings)
				str_addf(warnings, " %s", name);
		}
		if (unknown)
			str_add(warnings, "\n");
	}
	return 0;
}

/* ---- architectures ------------------------------------------------------------------------ */

static enum oci_seccomp_arch native_arch(void)
{
	for (int a = 1; a < SYSCALLS_ARCHES; a++)
		if (syscalls_arches[a].token == seccomp_native_arch())
			return (enum oci_seccomp_arch)a;
	return OCI_ARCH_UNSET;
}

static void add_range(struct compiler *c, struct seccomp_block *b, uint32_t start,
		      uint32_t verdict)
{
	size_t at;

	if (b->n && c->plan.ranges[b->first + b->n - 1].verdict == verdict)
		return;
	at = SECCOMP_GROW(&c->plan, ranges);
	c->plan.ranges[at] = (struct seccomp_range){ start, verdict };
	b->n++;
}

static void add_sparse(struct compiler *c, struct seccomp_block *b)
{
	for (size_t done = 0; done < c->n_sparse; done++) { /* few: smallest first */
		size_t least = done;

		for (size_t i = done + 1; i < c->n_sparse; i++)
			if (c->sparse_number[i] < c->sparse_number[least])
				least = i;
		uint32_t number = c->sparse_number[least];
		uint16_t verdict = c->sparse[least];

		c->sparse_number[least] = c->sparse_number[done];
		c->sparse[least] = c->sparse[done];
		add_range(c, b, number, verdict);
		if (done + 1 == c->n_sparse || number + 1 != c->sparse_number[done + 1])
			add_range(c, b, number + 1, 0);
	}
}

/* The newest number that the profile names on this architecture; -1: none. */
static long newest_number(const struct compiler *c, const uint16_t *names, size_t n)
{
	long ret = -1;

	for (size_t i = 0; i < n; i++) {
		int32_t nr = names[i] == syscalls_n
				     ? SYSCALLS_UNKNOWN
				     : syscalls_numbers[(unsigned)c->arch * syscalls_n +
							names[i]];

		nr = nr >= 0 ? (int32_t)((uint32_t)nr & ~(uint32_t)SYSCALLS_X32_BIT) : nr;
		if (nr - syscalls_arches[c->arch].first < DENSE && nr > ret)
			ret = nr;
	}
	return ret;
}

static void stub_enosys(struct compiler *c, const uint16_t *names, size_t n)
{
	long newest = newest_number(c, names, n);
	uint32_t kind = c->plan.default_action & SECCOMP_RET_ACTION_FULL;
	uint16_t verdict;

	if (newest < 0 || kind == SECCOMP_RET_ALLOW || kind == SECCOMP_RET_LOG)
		return;
	verdict = find_verdict(
		c, &(struct seccomp_verdict_row){ .action = SECCOMP_RET_ERRNO | ENOSYS });
	for (long i = newest - syscalls_arches[c->arch].first + 1; i < DENSE; i++)
		c->dense[i] = verdict;
}

static void compile_arch(struct compiler *c, const uint32_t *rule_actions,
			 const struct seccomp_options *o)
{
	const struct syscalls_arch *arch = &syscalls_arches[c->arch];
	struct seccomp_block *b = &c->plan.blocks[c->plan.n_blocks++];
	uint32_t test = 0;
	size_t name = 0;

	memset(c->dense, 0, sizeof(c->dense));
	c->n_sparse = 0;
	for (size_t i = 0; i < c->s->syscalls.n; i++) {
		const struct oci_seccomp_syscall *s = &c->s->syscalls.v[i];

		if (rule_actions[i] != c->plan.default_action)
			add_syscall_rule(c, s, rule_actions[i], test, c->names + name);
		test += (uint32_t)s->args.n;
		name += s->names.n;
	}
	if (o->stub_enosys)
		stub_enosys(c, c->names, name);
	*b = (struct seccomp_block){
		.token = arch->token,
		.wide = arch->wide,
		.x32 = c->arch == OCI_ARCH_X32,
		.first = (uint32_t)c->plan.n_ranges,
	};
	if (b->x32) /* the kernel gives x86_64's value, and the number its bit */
		b->token = syscalls_arches[OCI_ARCH_X86_64].token;
	uint32_t base = (uint32_t)arch->first + (b->x32 ? SYSCALLS_X32_BIT : 0);

	add_range(c, b, 0, arch->first ? 0 : c->dense[0]);
	for (uint32_t i = b->x32 || arch->first ? 0 : 1; i < DENSE; i++)
		add_range(c, b, base + i, c->dense[i]);
	add_range(c, b, base + DENSE, 0);
	add_sparse(c, b);
}

static int compile_arches(struct compiler *c, const uint32_t *rule_actions,
			  const struct seccomp_options *o, struct err *e)
{
	unsigned done = 0;
	int native = native_arch();

	if (native == OCI_ARCH_UNSET)
		return err_set(e, "libseccomp %s does not know this machine",
			       syscalls_version);
	for (size_t i = 0; i <= c->s->architectures.n; i++) {
		const struct syscalls_arch *arch;

		c->arch = i ? c->s->architectures.v[i - 1] : native;
		arch = &syscalls_arches[c->arch];
		WHERE(e, "linux.seccomp.architectures", i - 1, NULL);
		if (!arch->token)
			return err_set(
				e,
				"libseccomp %s, which we were built with, does not "
				"know it",
				syscalls_version);
		/* programs of the other byte order cannot run here: nothing to filter */
		if (arch->big == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) &&
		    !(done & (1u << c->arch)))
			compile_arch(c, rule_actions, o);
		done |= 1u << c->arch;
	}
	return 0;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static int check_listener(const struct oci_seccomp *s, const struct seccomp_options *o,
			  bool notify, struct err *e)
{
	WHERE_IN(e, "linux.seccomp", NULL);
	if (notify && !s->listener_path && !o->have_receiver) {
		err_set(e, "SCMP_ACT_NOTIFY without listenerPath: nobody would answer");
		return err_hint(e, "set linux.seccomp.listenerPath");
	}
	return 0;
}

static int read_default(struct compiler *c, struct err *e)
{
	WHERE_IN(e, "linux.seccomp.defaultAction", NULL);
	TRY(read_action(c->s->default_action, &c->s->default_errno_ret,
			&c->plan.default_action, e));
	find_verdict(c,
		     &(struct seccomp_verdict_row){ .action = c->plan.default_action });
	return 0;
}

static int emit(const struct compiler *c, struct seccomp_filter *ret, struct err *e)
{
	WHERE_IN(e, "linux.seccomp", NULL);
	return seccomp_emit(&c->plan, ret, e);
}

int seccomp_compile(const struct oci_seccomp *s, const struct seccomp_options *o,
		    struct seccomp_filter *ret, struct str *warnings, struct err *e)
{
	__attribute__((cleanup(release))) struct compiler c = { .s = s };
	auto_free uint32_t *actions_of = xcalloc(s->syscalls.n, sizeof(*actions_of));
	struct seccomp_filter f = { 0 };
	bool notify;

	TRY(read_default(&c, e));
	notify = s->default_action == OCI_ACT_NOTIFY;
	for (size_t i = 0; i < s->syscalls.n; i++) {
		TRY(read_rule(&c, i, &actions_of[i], e));
		notify |= s->syscalls.v[i].action == OCI_ACT_NOTIFY;
	}
	TRY(check_listener(s, o, notify, e));
	TRY(read_names(&c, o, warnings, e));
	TRY(compile_arches(&c, actions_of, o, e));
	TRY(emit(&c, &f, e));
	f.notify = notify;
	f.flags = read_flags(s, notify);
	*ret = f;
	return 0;
}
