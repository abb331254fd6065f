/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sec/seccomp: our filter answers as libseccomp's does, for every number of every
 * architecture and with arguments at and around the values that the rules name; once for
 * profiles written here, once for profiles drawn at random (the seed is the row).
 *
 * Where several rules with conditions meet on one call, libseccomp 2.5 merges them into a
 * tree that answers wrongly now and then (it loses "a0 < 2^63" beside "a0 < 9", for one).
 * So drawn profiles in which rules meet are compared with the rules themselves instead, and
 * where libseccomp differs in another drawn profile the rules decide.
 */
#include "suite.h"
#include "seccomp_peer.h"

#include "libocispec/oci.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

/* ---- the rules themselves as the judge ----------------------------------------------------- */

static bool test_holds(const struct oci_seccomp_arg *a, bool wide, const uint64_t args[6])
{
	uint64_t width = wide ? UINT64_MAX : UINT32_MAX;
	uint64_t arg = args[a->index] & width;
	uint64_t v = a->value & width;

	switch (a->op) {
	case OCI_CMP_NE:
		return arg != v;
	case OCI_CMP_LT:
		return arg < v;
	case OCI_CMP_LE:
		return arg <= v;
	case OCI_CMP_EQ:
		return arg == v;
	case OCI_CMP_GE:
		return arg >= v;
	case OCI_CMP_GT:
		return arg > v;
	case OCI_CMP_MASKED_EQ:
		return (arg & v) == (a->value_two & v);
	case OCI_CMP_UNSET:
		break;
	}
	return false;
}

static bool rule_holds(const struct oci_seccomp_syscall *r, bool wide,
		       const uint64_t args[6])
{
	unsigned seen = 0;
	size_t holds = 0;
	bool twice = false;

	for (size_t i = 0; i < r->args.n; i++) {
		twice |= seen >> r->args.v[i].index & 1;
		seen |= 1u << r->args.v[i].index;
		holds += test_holds(&r->args.v[i], wide, args);
	}
	return twice ? holds > 0 : holds == r->args.n;
}

static bool rule_names(const struct oci_seccomp_syscall *r, const char *name)
{
	for (size_t i = 0; i < r->names.n; i++)
		if (str_eq(r->names.v[i], name))
			return true;
	return false;
}

static uint32_t judge(const struct oci_seccomp *s, const char *name, bool wide,
		      const uint64_t args[6])
{
	uint32_t by_default = peer_action(s->default_action, &s->default_errno_ret);

	for (int conditions = 0; conditions < 2; conditions++) {
		for (size_t i = 0; i < s->syscalls.n; i++) {
			const struct oci_seccomp_syscall *r = &s->syscalls.v[i];
			uint32_t action = peer_action(r->action, &r->errno_ret);

			if (action == by_default || !rule_names(r, name) ||
			    (r->args.n > 0) != conditions)
				continue;
			if (!conditions || rule_holds(r, wide, args))
				return action;
		}
	}
	return by_default;
}

/* ---- comparing ------------------------------------------------------------------------ */

static const uint64_t plain_values[] = {
	0,
	1,
	2,
	8,
	9,
	16,
	40,
	0x20000,
	0xffffffff,
	0x100000000,
	0x7fffffffffffffff,
	UINT64_MAX,
};

/* A value at, or near, one that the section names; or one of the usual suspects. */
static uint64_t draw_value(const struct oci_seccomp *s)
{
	const struct oci_seccomp_syscall *rule;
	uint64_t v = plain_values[draw(ROWS(plain_values))];

	if (s->syscalls.n && draw(4)) {
		rule = &s->syscalls.v[draw(s->syscalls.n)];
		if (rule->args.n) {
			const struct oci_seccomp_arg *a =
				&rule->args.v[draw(rule->args.n)];

			v = draw(2) ? a->value : a->value_two;
		}
	}
	switch (draw(6)) {
	case 0:
		return v + 1;
	case 1:
		return v - 1;
	case 2:
		return v ^ (uint64_t)1 << draw(64);
	case 3:
		return v ^ (uint64_t)1 << 32;
	}
	return v;
}

/* In drawn profiles only: libseccomp errs now and then, so the rules have the last word. */
static bool forgive;

static bool peer_is_wrong(const struct oci_seccomp *s, uint32_t token, uint32_t nr,
			  const uint64_t args[6], uint32_t ours)
{
	bool wide = token & __AUDIT_ARCH_64BIT && !(nr & SYSCALLS_X32_BIT);
	char *name;
	bool ret;

	if (token == SCMP_ARCH_X86_64 && (nr & SYSCALLS_X32_BIT))
		token = SCMP_ARCH_X32;
	name = seccomp_syscall_resolve_num_arch(token, (int)nr);
	ret = name && judge(s, name, wide, args) == ours;
	free(name);
	return ret;
}

static void compare_call(const struct oci_seccomp *s, const struct seccomp_filter *ours,
			 const struct seccomp_filter *theirs, uint32_t arch, uint32_t nr,
			 int rounds)
{
	for (int i = 0; i < rounds; i++) {
		uint64_t args[6];
		uint32_t a, b;

		for (int k = 0; k < 6; k++)
			args[k] = draw_value(s);
		a = seccomp_verdict(ours, arch, (int)nr, args);
		b = seccomp_verdict(theirs, arch, (int)nr, args);
		if (a != b && (!forgive || !peer_is_wrong(s, arch, nr, args, a)))
			ck_abort_msg(
				"arch %x, call %x (%llx %llx %llx %llx %llx %llx): "
				"%x, libseccomp %x",
				arch, nr, (unsigned long long)args[0],
				(unsigned long long)args[1], (unsigned long long)args[2],
				(unsigned long long)args[3], (unsigned long long)args[4],
				(unsigned long long)args[5], a, b);
	}
}

static void compare_filters(const struct oci_seccomp *s,
			    const struct seccomp_filter *ours,
			    const struct seccomp_filter *theirs, int rounds)
{
	static const uint32_t odd[] = { 0xf0001,    0xf0002,	0xf0005,
					0x3fffffff, 0x7fffffff, 0x80000000,
					0xfffffffe, 0xffffff9b, 0xffffd8ef };

	for (int a = 1; a < SYSCALLS_ARCHES; a++) {
		uint32_t token = syscalls_arches[a].token;
		uint32_t first = (uint32_t)syscalls_arches[a].first;

		for (uint32_t nr = 0; token && nr < 1024; nr++) {
			compare_call(s, ours, theirs, token, nr, rounds);
			compare_call(s, ours, theirs, token, nr + SYSCALLS_X32_BIT,
				     rounds);
			if (first)
				compare_call(s, ours, theirs, token, nr + first, rounds);
		}
		for (int i = 0; token && i < ROWS(odd); i++)
			compare_call(s, ours, theirs, token, odd[i], 1);
	}
}

/* Calls that a rule with conditions names: many more arguments. */
static void compare_named(const struct oci_seccomp *s, const struct seccomp_filter *ours,
			  const struct seccomp_filter *theirs, int rounds)
{
	for (size_t i = 0; i < s->syscalls.n; i++) {
		const struct oci_seccomp_syscall *r = &s->syscalls.v[i];

		for (size_t k = 0; r->args.n && k < r->names.n; k++) {
			for (int a = 1; a < SYSCALLS_ARCHES; a++) {
				uint32_t token = syscalls_arches[a].token;
				int nr = token ? seccomp_syscall_resolve_name_arch(
							 token, r->names.v[k])
					       : -1;

				if (a == OCI_ARCH_X32)
					token = SCMP_ARCH_X86_64;
				if (nr >= 0)
					compare_call(s, ours, theirs, token, (uint32_t)nr,
						     rounds);
			}
		}
	}
}

static void compare_section(const struct oci_seccomp *s, int rounds)
{
	auto_seccomp theirs = { 0 };
	auto_seccomp ours = { 0 };
	struct err e = { 0 };
	int refused = peer_compile(s, &theirs);

	ck_assert_msg(refused == 0, "libseccomp: %d", refused);
	ck_assert_msg(seccomp_compile(s,
				      &(struct seccomp_options){ .have_receiver = true },
				      &ours, NULL, &e) == 0,
		      "%s", e.text);
	compare_filters(s, &ours, &theirs, 1);
	compare_named(s, &ours, &theirs, rounds);
	if (getenv("SECCOMP_FIGURES"))
		fprintf(stderr, "ours %zu, libseccomp %zu instructions\n", ours.n,
			theirs.n);
}

/* ---- a profile like the engines' ------------------------------------------------------- */

/* All names but every 9th allowed; then what engines do with arguments. */
static void write_profile(const char *arches, struct str *ret)
{
	str_addf(ret,
		 "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
		 "\"architectures\":[%s],\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\","
		 "\"names\":[\"nobody_knows_this\"",
		 arches);
	for (unsigned i = 0; i < syscalls_n; i++) {
		const char *name = syscalls_names + syscalls_name_at[i];

		if (i % 9 && !str_eq(name, "socket") && !str_eq(name, "clone") &&
		    !str_eq(name, "personality"))
			str_addf(ret, ",\"%s\"", name);
	}
	str_add(ret,
		"]},{\"names\":[\"bdflush\",\"kexec_load\",\"accept\",\"clock_"
		"settime64\"],"
		"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1},"
		"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
		"[{\"index\":0,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
		"[{\"index\":0,\"value\":8,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
		"[{\"index\":0,\"value\":131072,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
		"[{\"index\":0,\"value\":4294967295,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
		"[{\"index\":0,\"value\":2114060288,\"valueTwo\":0,"
		"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
		"{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":22,"
		"\"args\":"
		"[{\"index\":0,\"value\":16,\"op\":\"SCMP_CMP_EQ\"},"
		"{\"index\":2,\"value\":9,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
		"[{\"index\":2,\"value\":9,\"op\":\"SCMP_CMP_NE\"}]},"
		"{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
		"[{\"index\":0,\"value\":16,\"op\":\"SCMP_CMP_NE\"}]},"
		"{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
		"[{\"index\":2,\"value\":9,\"op\":\"SCMP_CMP_NE\"}]}]}");
}

static const char *const arch_lists[] = {
	"",
	"\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"",
	"\"SCMP_ARCH_X86\"",
	"\"SCMP_ARCH_X32\"",
	"\"SCMP_ARCH_AARCH64\",\"SCMP_ARCH_ARM\"",
	"\"SCMP_ARCH_MIPSEL\",\"SCMP_ARCH_MIPSEL64\",\"SCMP_ARCH_MIPSEL64N32\"",
	"\"SCMP_ARCH_PPC64LE\",\"SCMP_ARCH_RISCV64\"",
	"\"SCMP_ARCH_RISCV64\",\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_ARM\",\"SCMP_ARCH_X86\"",
};

START_TEST(engine_profile)
{
	struct oci_arena arena = { 0 };
	auto_str text = { 0 };

	random_state = 0x9e3779b97f4a7c15;
	write_profile(arch_lists[_i], &text);
	compare_section(decode_section(&arena, text.s), 100);
	oci_arena_free(&arena);
}
END_TEST

/* ---- small profiles: each shows one rule ------------------------------------------------- */

static const char *const sections[] = {
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
	"{\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\",\"syscalls\":[]}",
	"{\"defaultAction\":\"SCMP_ACT_LOG\",\"architectures\":[\"SCMP_ARCH_X32\"]}",
	/* the first rule without conditions decides */
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
	"{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":5},"
	"{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_TRAP\"}]}",
	/* conditions before are forgotten */
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
	"{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":"
	"[{\"index\":1,\"value\":7,\"op\":\"SCMP_CMP_EQ\"}]},"
	"{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\"}]}",
	/* conditions behind too */
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
	"{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\"},"
	"{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":"
	"[{\"index\":1,\"value\":7,\"op\":\"SCMP_CMP_EQ\"}]}]}",
	/* twice on one argument: either */
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
	"{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
	"[{\"index\":1,\"value\":7,\"op\":\"SCMP_CMP_EQ\"},"
	"{\"index\":1,\"value\":9,\"op\":\"SCMP_CMP_EQ\"},"
	"{\"index\":2,\"value\":3,\"op\":\"SCMP_CMP_GT\"}]}]}",
	/* the default action, and the same with another number */
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
	"{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1},"
	"{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":2},"
	"{\"names\":[\"open\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":3},"
	"{\"names\":[\"close\"],\"action\":\"SCMP_ACT_KILL_THREAD\"},"
	"{\"names\":[\"stat\"],\"action\":\"SCMP_ACT_KILL_PROCESS\"},"
	"{\"names\":[\"lstat\"],\"action\":\"SCMP_ACT_NOTIFY\"},"
	"{\"names\":[\"fstat\"],\"action\":\"SCMP_ACT_KILL\"}]}",
	/* sub-calls with conditions of their own */
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86\"],"
	"\"syscalls\":[{\"names\":[\"socket\",\"bind\",\"shmget\",\"semop\","
	"\"socketcall\"],"
	"\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
	"[{\"index\":0,\"value\":40,\"op\":\"SCMP_CMP_NE\"}]},"
	"{\"names\":[\"ipc\",\"listen\"],\"action\":\"SCMP_ACT_ALLOW\"}]}",
};

START_TEST(small_profile)
{
	struct oci_arena arena = { 0 };

	random_state = 0x9e3779b97f4a7c15;
	compare_section(decode_section(&arena, sections[_i]), 200);
	oci_arena_free(&arena);
}
END_TEST

/* ---- profiles drawn at random -------------------------------------------------------------- */

static char *draw_name(void)
{
	/* half of the draws among few names, so that rules meet */
	static const char *const few[] = { "read",  "socket", "clone",	"ioctl",
					   "shmat", "mmap",   "accept4" };

	if (draw(2))
		return (char *)(uintptr_t)few[draw(ROWS(few))];
	return (char *)(uintptr_t)(syscalls_names + syscalls_name_at[draw(syscalls_n)]);
}

static void draw_args(struct oci_arena *arena, struct oci_seccomp_syscall *r, bool alone)
{
	r->args.n = 1 + draw(3);
	r->args.v = oci_alloc(arena, 4 * sizeof(*r->args.v));
	for (size_t i = 0; i < r->args.n; i++) {
		struct oci_seccomp_arg *a = &r->args.v[i];

		a->index = alone ? (uint32_t)(i * 2 + draw(2)) : (uint32_t)draw(3);
		a->op = (enum oci_seccomp_op)(OCI_CMP_NE + draw(7));
		a->value = plain_values[draw(ROWS(plain_values))] + draw(3);
		a->value_two =
			a->op == OCI_CMP_MASKED_EQ ? a->value & draw(UINT64_MAX) : 0;
	}
}

/* ALONE: a rule with conditions shares its names with no other rule. */
static void draw_rule(struct oci_arena *arena, struct oci_seccomp_syscall *r, bool alone,
		      unsigned *next_name)
{
	bool args = draw(2);

	r->action = (enum oci_seccomp_action)(OCI_ACT_TRAP + draw(4));
	if (r->action == OCI_ACT_ERRNO)
		r->errno_ret = (struct oci_opt_uint){ true, 7 };
	if (args)
		draw_args(arena, r, alone);
	r->names.n = 1 + draw(draw(3) ? 4 : 60);
	r->names.v = oci_alloc(arena, (r->names.n + 1) * sizeof(char *));
	for (size_t i = 0; i < r->names.n; i++) {
		r->names.v[i] = draw_name();
		if (alone)
			r->names.v[i] = (char *)(uintptr_t)(syscalls_names +
							    syscalls_name_at[*next_name]);
		*next_name = (*next_name + 7) % syscalls_n;
	}
}

static void draw_section(struct oci_arena *arena, struct oci_seccomp *s, bool alone)
{
	static const int arches[] = {
		OCI_ARCH_X86_64, OCI_ARCH_X86,	   OCI_ARCH_X32,
		OCI_ARCH_ARM,	 OCI_ARCH_AARCH64, OCI_ARCH_PPC64LE
	};
	unsigned name = (unsigned)draw(syscalls_n);

	s->default_action = draw(2) ? OCI_ACT_ERRNO : OCI_ACT_ALLOW;
	s->architectures.n = draw(4);
	s->architectures.v = oci_alloc(arena, 4 * sizeof(int));
	for (size_t i = 0; i < s->architectures.n; i++)
		s->architectures.v[i] = arches[draw(ROWS(arches))];
	s->syscalls.n = draw(8);
	s->syscalls.v = oci_alloc(arena, 8 * sizeof(*s->syscalls.v));
	for (size_t i = 0; i < s->syscalls.n; i++)
		draw_rule(arena, &s->syscalls.v[i], alone, &name);
}

START_TEST(random_profile)
{
	struct oci_arena arena = { 0 };
	struct oci_seccomp s = { 0 };

	random_state = 0x9e3779b97f4a7c15 + (uint64_t)_i * 0x100000001b3;
	draw_section(&arena, &s, true);
	forgive = true;
	compare_section(&s, 60);
	oci_arena_free(&arena);
}
END_TEST

/* ---- rules that meet ------------------------------------------------------------------ */

/* Architectures without sub-calls: there a name is one number. */
START_TEST(random_rules)
{
	static const int arches[] = { OCI_ARCH_X86_64, OCI_ARCH_AARCH64, OCI_ARCH_ARM };
	struct oci_arena arena = { 0 };
	struct oci_seccomp s = { 0 };
	auto_seccomp ours = { 0 };
	struct err e = { 0 };

	random_state = 0xc4ceb9fe1a85ec53 + (uint64_t)_i * 0x100000001b3;
	draw_section(&arena, &s, false);
	s.architectures.n = ROWS(arches);
	s.architectures.v = (int *)(uintptr_t)arches;
	ck_assert_msg(seccomp_compile(&s,
				      &(struct seccomp_options){ .have_receiver = true },
				      &ours, NULL, &e) == 0,
		      "%s", e.text);
	for (int i = 0; i < 40000; i++) {
		const char *name = draw_name();
		int a = arches[draw(ROWS(arches))];
		int nr =
			seccomp_syscall_resolve_name_arch(syscalls_arches[a].token, name);
		uint64_t args[6];
		uint32_t got;

		for (int k = 0; k < 6; k++)
			args[k] = draw_value(&s);
		if (nr < 0)
			continue;
		got = seccomp_verdict(&ours, syscalls_arches[a].token, nr, args);
		ck_assert_msg(got == judge(&s, name, syscalls_arches[a].wide, args),
			      "arch %d, %s (%llx %llx %llx): %x", a, name,
			      (unsigned long long)args[0], (unsigned long long)args[1],
			      (unsigned long long)args[2], got);
	}
	oci_arena_free(&arena);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, small_profile, 0, ROWS(sections));
	tcase_add_loop_test(t, engine_profile, 0, ROWS(arch_lists));
	tcase_add_loop_test(t, random_profile, 0, 100);
	tcase_add_loop_test(t, random_rules, 0, 40);
}

int main(void)
{
	return suite_run("seccomp", fill);
}
