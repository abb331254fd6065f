/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device rules: rows of rule lists against accesses. The v2 program is run by a small
 * interpreter of the few instructions it uses, the v1 lines by a model of what the kernel
 * does with them; both must give the verdict of the definition: per access, the last rule.
 */
#include "cgroup/device.h"

#include "base/str.h"

#include <check.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>

static struct oci_arena arena;

/* "-a *:* rwm; +c 1:3 rw" -> rules of config.json */
static size_t parse(const char *text, struct oci_device_cgroup *v)
{
	static char types[64][2], access[64][8];
	size_t n = 0;

	while (*text) {
		char sign, type, major[12], minor[12], acc[8] = "";
		int used = 0;

		ck_assert_int_ge(sscanf(text, " %c%c %11[^:]:%11s %7[rwm]%n", &sign,
					&type, major, minor, acc, &used),
				 5);
		types[n][0] = type;
		snprintf(access[n], sizeof(access[n]), "%s", acc);
		v[n] = (struct oci_device_cgroup){ .allow = sign == '+',
						   .type = types[n],
						   .access = access[n] };
		if (!str_eq(major, "*"))
			v[n].major = (struct oci_opt_int){ true, atoi(major) };
		if (!str_eq(minor, "*"))
			v[n].minor = (struct oci_opt_int){ true, atoi(minor) };
		n++;
		text += used;
		text += strspn(text, "; ");
	}
	return n;
}

static struct device_rules rules_of(const char *text)
{
	struct oci_device_cgroup v[64];
	struct device_rules rules;
	struct err e = { 0 };

	ck_assert_int_eq(device_rules_make(v, parse(text, v), &arena, &rules, &e), 0);
	return rules;
}

/* ---- the interpreter ------------------------------------------------------------------- */

struct access {
	uint8_t type, access;
	uint32_t major, minor;
};

static uint64_t alu(const struct bpf_insn *i, uint64_t dst, uint64_t v)
{
	switch (BPF_OP(i->code)) {
	case BPF_MOV:
		return (uint32_t)v;
	case BPF_AND:
		return (uint32_t)(dst & v);
	case BPF_OR:
		return (uint32_t)(dst | v);
	case BPF_LSH:
		return (uint32_t)(dst << v);
	case BPF_RSH:
		return (uint32_t)dst >> v;
	}
	ck_abort_msg("operation %#x", i->code);
	return 0;
}

static bool jumps(const struct bpf_insn *i, uint32_t dst)
{
	switch (BPF_OP(i->code)) {
	case BPF_JA:
		return true;
	case BPF_JEQ:
		return dst == (uint32_t)i->imm;
	case BPF_JNE:
		return dst != (uint32_t)i->imm;
	case BPF_JSET:
		return dst & (uint32_t)i->imm;
	}
	ck_abort_msg("jump %#x", i->code);
	return false;
}

/* The verifier refuses a program in which something can never be reached. */
static void all_reachable(const struct bpf_insn *v, size_t n)
{
	bool *reached = calloc(n + 1, sizeof(*reached));

	reached[0] = true;
	for (size_t pc = 0; pc < n; pc++) {
		int class = BPF_CLASS(v[pc].code), op = BPF_OP(v[pc].code);
		bool jump = class == BPF_JMP || class == BPF_JMP32;

		ck_assert_msg(reached[pc], "instruction %zu is never reached", pc);
		if (jump && op != BPF_EXIT)
			reached[pc + 1 + (size_t)v[pc].off] = true;
		if (!jump || (op != BPF_EXIT && op != BPF_JA))
			reached[pc + 1] = true;
	}
	free(reached);
}

static bool run(const struct bpf_insn *v, size_t n, struct access a)
{
	const uint32_t context[3] = { (uint32_t)a.access << 16 | a.type, a.major,
				      a.minor };
	uint64_t r[11] = { 0 };

	if (!n) /* no program: nothing is denied */
		return true;
	for (size_t pc = 0; pc < n; pc++) {
		const struct bpf_insn *i = &v[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_LDX:
			ck_assert_uint_eq(i->src_reg, 1);
			r[i->dst_reg] = context[i->off / 4];
			break;
		case BPF_ALU:
			r[i->dst_reg] = alu(i, r[i->dst_reg],
					    BPF_SRC(i->code) == BPF_X ? r[i->src_reg]
								      : (uint32_t)i->imm);
			break;
		case BPF_JMP:
		case BPF_JMP32:
			if (BPF_OP(i->code) == BPF_EXIT)
				return r[0];
			if (jumps(i, (uint32_t)r[i->dst_reg])) {
				ck_assert_int_ge(i->off, 0);
				pc += (size_t)i->off;
			}
			break;
		default:
			ck_abort_msg("instruction %#x", i->code);
		}
	}
	ck_abort_msg("ran off the end");
	return false;
}

/* ---- the definition ------------------------------------------------------------------------ */

static bool names(const struct device_rule *r, struct access a)
{
	return r->types & a.type && (r->major < 0 || r->major == a.major) &&
	       (r->minor < 0 || r->minor == a.minor);
}

static bool allowed(const struct device_rules *rules, struct access a)
{
	for (uint8_t bit = 1; bit <= DEVICE_ALL; bit = (uint8_t)(bit << 1)) {
		bool verdict = false;

		if (!(a.access & bit))
			continue;
		for (size_t i = 0; i < rules->n; i++) {
			if (names(&rules->v[i], a) && rules->v[i].access & bit)
				verdict = rules->v[i].allow;
		}
		if (!verdict)
			return false;
	}
	return true;
}

/* ---- v1: what the kernel does with the lines (one access bit at a time) ----------------------- */

static bool v1_allowed(const char *const *lines, size_t n, struct access a)
{
	bool is_default = str_starts(lines[0], "allow");
	uint8_t met = 0;

	for (size_t i = 1; i < n; i++) {
		char verb[8], type, major[12], minor[12], acc[8];

		ck_assert_int_eq(sscanf(lines[i], "%7s %c %11[^:]:%11s %7s", verb, &type,
					major, minor, acc),
				 5);
		ck_assert_str_eq(verb, is_default ? "deny" : "allow");
		if ((type == 'c') != (a.type == DEVICE_CHAR) ||
		    (!str_eq(major, "*") && atoi(major) != (int)a.major) ||
		    (!str_eq(minor, "*") && atoi(minor) != (int)a.minor))
			continue;
		met |= (uint8_t)((strchr(acc, 'r') ? DEVICE_READ : 0) |
				 (strchr(acc, 'w') ? DEVICE_WRITE : 0) |
				 (strchr(acc, 'm') ? DEVICE_MKNOD : 0));
	}
	return is_default ? !(met & a.access) : !(a.access & ~met);
}

/* ---- rows ----------------------------------------------------------------------------------- */

static const struct {
	const char *rules;
	size_t insns; /* 0: not checked */
	const char *v1; /* error of the v1 lines, or NULL */
} lists[] = {
	{ "", 36, NULL },
	{ "-a *:* rwm", 36, NULL },
	{ "-a *:* rwm; -a *:* rwm", 36, NULL },
	{ "+a *:* rwm", 0, NULL },
	{ "-a *:* rwm; +c 10:200 rwm; +b 8:0 r", 0, NULL },
	{ "-a *:* rwm; +c 1:11 rw; -c 1:11 w", 0, NULL },
	{ "-a *:* rwm; +c *:* rw; -c *:* w; +c *:7 w", 0, NULL },
	{ "-a *:* rwm; +b 8:* rwm; +c 226:* rw; +a 7:1 r", 0, NULL },
	{ "+c 10:229 rwm; +c 4095:1048575 rw", 0, NULL },
	{ "+c 5000:1 rwm; -c 1:2000000 rwm", 0, NULL },
	{ "+c 10:1 rwm; -c 10:1 r; -c 10:1 w; -c 10:1 m", 0, NULL },
	{ "-a *:* rwm; +c 10:* rwm; -c 10:200 rwm", 0,
	  "linux.resources.devices[2]: cgroup v1 cannot deny \"c 10:200 rwm\" out of "
	  "\"c 10:* rwm\"" },
	{ "+a *:* rwm; -b 8:0 rwm; -c 10:200 w", 0, NULL },
	{ "+a *:* rwm; -b 8:0 rwm; +b 8:* r", 0, NULL },
	{ "+a *:* rwm; -b 8:* rwm; +b 8:1 r", 0,
	  "linux.resources.devices[2]: cgroup v1 cannot allow \"b 8:1 r\" out of "
	  "\"b 8:* rwm\"" },
	{ "-a *:* r", 0, NULL },
	/* privileged containers of Podman and Docker */
	{ "+a *:* rwm", 0, NULL },
	{ "-a *:* rwm; +a *:* rwm", 0, NULL },
	{ "+a *:* rwm; -b *:* rwm", 0, NULL },
};

static const uint32_t majors[] = { 1, 5, 7, 8, 10, 136, 226, 4095 };
static const uint32_t minors[] = { 0, 1, 2, 3, 5, 7, 11, 128, 200, 229, 1048575 };

static size_t each_access(void (*check)(struct access a, void *arg), void *arg)
{
	size_t n = 0;

	for (uint8_t type = 1; type <= 2; type++)
		for (uint8_t access = 1; access <= DEVICE_ALL; access++)
			for (size_t i = 0; i < ARRAY_SIZE(majors); i++)
				for (size_t k = 0; k < ARRAY_SIZE(minors); k++, n++)
					check((struct access){ type, access, majors[i],
							       minors[k] },
					      arg);
	return n;
}

struct both {
	const struct device_rules *rules;
	const struct bpf_insn *insns;
	size_t n_insns;
	const char *const *lines;
	size_t n_lines;
};

static void check_access(struct access a, void *arg)
{
	const struct both *b = arg;
	bool expected = allowed(b->rules, a);

	ck_assert_msg(run(b->insns, b->n_insns, a) == expected,
		      "program: %d %u:%u access %d should be %d", a.type, a.major,
		      a.minor, a.access, expected);
	if (b->lines)
		ck_assert_msg(v1_allowed(b->lines, b->n_lines, a) == expected,
			      "v1: %d %u:%u access %d should be %d", a.type, a.major,
			      a.minor, a.access, expected);
}

START_TEST(lists_agree)
{
	struct device_rules rules = rules_of(lists[_i].rules);
	struct both b = { .rules = &rules };
	struct err e = { 0 };

	ck_assert_int_eq(device_program_make(&rules, &arena, &b.insns, &b.n_insns, &e),
			 0);
	if (lists[_i].insns)
		ck_assert_uint_le(b.n_insns, lists[_i].insns);
	all_reachable(b.insns, b.n_insns);
	if (device_lines_make(&rules, &arena, &b.lines, &b.n_lines, &e) < 0) {
		ck_assert_ptr_nonnull(lists[_i].v1);
		ck_assert_str_eq(e.text, lists[_i].v1);
		b.lines = NULL;
	} else {
		ck_assert_ptr_null(lists[_i].v1);
	}
	ck_assert_uint_gt(each_access(check_access, &b), 1000);
	oci_arena_free(&arena);
}
END_TEST

/* Many rules: still one instruction each, and still right. */
START_TEST(many_rules)
{
	static char type[] = "c";
	enum { N = 2000 };
	struct oci_device_cgroup *v = calloc(N, sizeof(*v));
	struct device_rules rules;
	struct both b = { .rules = &rules };
	struct err e = { 0 };

	for (int i = 0; i < N; i++)
		v[i] = (struct oci_device_cgroup){
			.allow = i % 3,
			.type = type,
			.major = { true, 1 + i % 200 },
			.minor = { true, i % 300 },
		};
	ck_assert_int_eq(device_rules_make(v, N, &arena, &rules, &e), 0);
	ck_assert_int_eq(device_program_make(&rules, &arena, &b.insns, &b.n_insns, &e),
			 0);
	ck_assert_uint_le(b.n_insns, N + 64);
	each_access(check_access, &b);
	free(v);
	oci_arena_free(&arena);
}
END_TEST

static struct oci_opt_int random_number(unsigned *seed, const uint32_t *from, size_t n)
{
	if (rand_r(seed) % 3 == 0)
		return (struct oci_opt_int){ false, 0 };
	return (struct oci_opt_int){ true, from[(size_t)rand_r(seed) % n] };
}

/* Lists at random, the same in every run; what v1 cannot say is not asked of it. */
START_TEST(random_rules)
{
	static const char *const types[] = { "a", "b", "c", NULL };
	static const char *const accesses[] = { "r",  "w",  "m",   "rw",
						"rm", "wm", "rwm", NULL };
	struct oci_device_cgroup v[12];
	unsigned seed = 4711 + (unsigned)_i;
	size_t n = (size_t)rand_r(&seed) % ARRAY_SIZE(v);
	struct device_rules rules;
	struct both b = { .rules = &rules };
	struct err e = { 0 };

	for (size_t i = 0; i < n; i++)
		v[i] = (struct oci_device_cgroup){
			.allow = rand_r(&seed) % 2,
			.type = (char *)types[rand_r(&seed) % 4],
			.access = (char *)accesses[rand_r(&seed) % 8],
			.major = random_number(&seed, majors, ARRAY_SIZE(majors)),
			.minor = random_number(&seed, minors, ARRAY_SIZE(minors)),
		};
	ck_assert_int_eq(device_rules_make(v, n, &arena, &rules, &e), 0);
	ck_assert_int_eq(device_program_make(&rules, &arena, &b.insns, &b.n_insns, &e),
			 0);
	all_reachable(b.insns, b.n_insns);
	if (device_lines_make(&rules, &arena, &b.lines, &b.n_lines, &e) < 0)
		b.lines = NULL;
	each_access(check_access, &b);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(too_many_rules)
{
	enum { N = 6000 };
	struct oci_device_cgroup *v = calloc(N, sizeof(*v));
	const struct bpf_insn *insns;
	struct device_rules rules;
	struct err e = { 0 };
	size_t n;

	ck_assert_int_eq(device_rules_make(v, N, &arena, &rules, &e), 0);
	ck_assert_int_eq(device_program_make(&rules, &arena, &insns, &n, &e), -1);
	ck_assert_str_eq(e.text, "linux.resources.devices: 6000 rules are too many");
	free(v);
	oci_arena_free(&arena);
}
END_TEST

static const struct {
	struct oci_device_cgroup rule;
	const char *error;
} refused[] = {
	{ { .type = "x" }, "type \"x\": expected a, b or c" },
	{ { .access = "" }, "access is empty: expected letters of rwm" },
	{ { .access = "rx" }, "access \"rx\": expected letters of rwm" },
	{ { .major = { true, -2 } }, "major -2: expected -1 or more" },
	{ { .minor = { true, -5 } }, "minor -5: expected -1 or more" },
};

START_TEST(refusals)
{
	struct oci_device_cgroup v[2] = { { 0 }, refused[_i].rule };
	struct device_rules rules;
	struct err e = { 0 };
	char expected[200];

	snprintf(expected, sizeof(expected), "linux.resources.devices[1]: %s",
		 refused[_i].error);
	ck_assert_int_eq(device_rules_make(v, 2, &arena, &rules, &e), -1);
	ck_assert_str_eq(e.text, expected);
	oci_arena_free(&arena);
}
END_TEST

/* The v1 lines as they are written, for the rules every engine sends. */
START_TEST(lines_text)
{
	static const char *const expected[] = {
		"deny a",	   "allow b *:* m",
		"allow c *:* m",   "allow c 136:* rwm",
		"allow c 5:2 rwm", "allow c 5:1 rwm",
		"allow c 5:0 rwm", "allow c 1:9 rwm",
		"allow c 1:8 rwm", "allow c 1:7 rwm",
		"allow c 1:5 rwm", "allow c 1:3 rwm",
	};
	struct device_rules rules = rules_of("-a *:* rwm; -a *:* rwm");
	const char *const *lines;
	struct err e = { 0 };
	size_t n;

	ck_assert_int_eq(device_lines_make(&rules, &arena, &lines, &n, &e), 0);
	ck_assert_uint_eq(n, ARRAY_SIZE(expected));
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(lines[i], expected[i]);
	oci_arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup_device");
	TCase *t = tcase_create("device");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, lists_agree, 0, ARRAY_SIZE(lists));
	tcase_add_test(t, many_rules);
	tcase_add_loop_test(t, random_rules, 0, 60);
	tcase_add_test(t, too_many_rules);
	tcase_add_loop_test(t, refusals, 0, ARRAY_SIZE(refused));
	tcase_add_test(t, lines_text);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
