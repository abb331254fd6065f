/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sec/seccomp beside the verdicts (test_seccomp.c): the table of names and numbers is
 * libseccomp's, what a section is refused for, flags, finished programs.
 */
#include "suite.h"
#include "seccomp_peer.h"

#include <linux/seccomp.h>

/* ---- the table, refusals ----------------------------------------------------------------------- */

START_TEST(table)
{
	for (int a = 1; a < SYSCALLS_ARCHES; a++) {
		uint32_t token = syscalls_arches[a].token;

		for (unsigned i = 0; token && i < syscalls_n; i++) {
			const char *name = syscalls_names + syscalls_name_at[i];
			int nr = seccomp_syscall_resolve_name_arch(token, name);

			/* two names of PowerPC that libseccomp itself confuses elsewhere */
			if (str_eq(name, "switch_endian") ||
			    str_eq(name, "sys_debug_setcontext"))
				continue;
			ck_assert_int_eq(syscalls_numbers[(unsigned)a * syscalls_n + i],
					 nr == __NR_SCMP_ERROR ? SYSCALLS_UNKNOWN : nr);
		}
	}
	ck_assert_uint_eq(syscalls_arches[OCI_ARCH_X86_64].token, SCMP_ARCH_X86_64);
	ck_assert(seccomp_knows_arch(OCI_ARCH_RISCV64));
}
END_TEST

static const struct {
	const char *section;
	const char *error;
} refusals[] = {
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
	  "\"action\":\"SCMP_ACT_NOTIFY\"}]}",
	  "linux.seccomp: SCMP_ACT_NOTIFY without listenerPath: nobody would answer" },
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":["
	  "\"nosuchcall\"],"
	  "\"action\":\"SCMP_ACT_KILL\"}]}",
	  "linux.seccomp.syscalls[0]: names[0]: \"nosuchcall\" is no "
	  "system "
	  "call" },
};

START_TEST(refused)
{
	struct oci_arena arena = { 0 };
	struct oci_seccomp *s = decode_section(&arena, refusals[_i].section);
	auto_seccomp ours = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(
		seccomp_compile(s, &(struct seccomp_options){ .fail_unknown = true },
				&ours, NULL, &e),
		-1);
	ck_assert_str_eq(e.text, refusals[_i].error);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(unknown_name_warns)
{
	struct oci_arena arena = { 0 };
	struct oci_seccomp *s = decode_section(&arena, refusals[1].section);
	auto_seccomp ours = { 0 };
	auto_str warnings = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(
		seccomp_compile(s, &(struct seccomp_options){ 0 }, &ours, &warnings, &e),
		0);
	ck_assert_str_eq(warnings.s, "linux.seccomp.syscalls[0].names: not known and "
				     "ignored: nosuchcall\n");
	oci_arena_free(&arena);
}
END_TEST

static const struct {
	const char *section;
	unsigned flags;
	bool notify;
} flag_rows[] = {
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", SECCOMP_FILTER_FLAG_SPEC_ALLOW,
	  false },
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[]}", 0, false },
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_"
	  "TSYNC\","
	  "\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}",
	  SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG, false },
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/x\",\"syscalls\":["
	  "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_NOTIFY\"}],\"flags\":["
	  "\"SECCOMP_FILTER_FLAG_TSYNC\",\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}",
	  SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	  true },
};

START_TEST(flags)
{
	struct oci_arena arena = { 0 };
	struct oci_seccomp *s = decode_section(&arena, flag_rows[_i].section);
	auto_seccomp ours = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(
		seccomp_compile(s, &(struct seccomp_options){ 0 }, &ours, NULL, &e), 0);
	ck_assert_uint_eq(ours.flags, flag_rows[_i].flags);
	ck_assert_int_eq(ours.notify, flag_rows[_i].notify);
	oci_arena_free(&arena);
}
END_TEST

/* Calls newer than all that the profile names: ENOSYS, so that libcs fall back. */
START_TEST(stub_enosys)
{
	struct oci_arena arena = { 0 };
	struct oci_seccomp *s = decode_section(
		&arena, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":"
			"[\"read\",\"openat2\"],\"action\":\"SCMP_ACT_ALLOW\"}]}");
	struct seccomp_options o = { .stub_enosys = true };
	uint64_t args[6] = { 0 };
	auto_seccomp ours = { 0 };
	struct err e = { 0 };
	int last = seccomp_syscall_resolve_name("openat2");

	ck_assert_int_eq(seccomp_compile(s, &o, &ours, NULL, &e), 0);
	ck_assert_uint_eq(seccomp_verdict(&ours, SCMP_ARCH_NATIVE, 0, args), 0);
	ck_assert_uint_eq(seccomp_verdict(&ours, seccomp_native_arch(), last, args),
			  SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(seccomp_verdict(&ours, seccomp_native_arch(), last + 1, args),
			  SECCOMP_RET_ERRNO | ENOSYS);
	ck_assert_uint_eq(seccomp_verdict(&ours, seccomp_native_arch(), last - 1, args),
			  SECCOMP_RET_ERRNO | EPERM);
	oci_arena_free(&arena);
}
END_TEST

static const struct {
	const char *base64;
	const char *error; /* NULL: one instruction */
} bpf_rows[] = {
	{ "BgAAAAAA/38=", NULL }, /* return ALLOW */
	{ "BgAAAAAA/38", "it is not base64" },
	{ "", "it is not base64" },
	{ "BgAA*AAA/38=", "it is not base64" },
	{ "BgAAAAAA/w==", "7 bytes are no list of instructions of 8 bytes" },
	{ "FQAAAAAA/38=", "instruction 0 jumps out of the program" },
	{ "IAAAAAAAAAA=", "the last instruction is no return" },
};

START_TEST(finished_program)
{
	auto_seccomp f = { 0 };
	struct err e = { 0 };
	int ret = seccomp_from_base64(bpf_rows[_i].base64, &f, &e);

	ck_assert_int_eq(ret, bpf_rows[_i].error ? -1 : 0);
	if (ret < 0)
		ck_assert_msg(strstr(e.text, bpf_rows[_i].error) != NULL, "%s", e.text);
	else
		ck_assert(f.n == 1 && f.v[0].k == SECCOMP_RET_ALLOW && !f.notify);
}
END_TEST

/* An architecture that cannot run here changes nothing. */
START_TEST(other_byte_order)
{
	struct oci_arena arena = { 0 };
	struct oci_seccomp *a =
		decode_section(&arena, "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
	struct oci_seccomp *b = decode_section(
		&arena, "{\"defaultAction\":\"SCMP_ACT_LOG\",\"architectures\":"
			"[\"SCMP_ARCH_S390X\",\"SCMP_ARCH_MIPS\",\"SCMP_ARCH_PPC\"]}");
	struct seccomp_options o = { 0 };
	auto_seccomp f = { 0 };
	auto_seccomp g = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(seccomp_compile(a, &o, &f, NULL, &e), 0);
	ck_assert_int_eq(seccomp_compile(b, &o, &g, NULL, &e), 0);
	ck_assert_uint_eq(f.n, g.n);
	ck_assert_int_eq(memcmp(f.v, g.v, f.n * sizeof(*f.v)), 0);
	oci_arena_free(&arena);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, table);
	tcase_add_loop_test(t, refused, 0, ROWS(refusals));
	tcase_add_test(t, unknown_name_warns);
	tcase_add_loop_test(t, flags, 0, ROWS(flag_rows));
	tcase_add_test(t, stub_enosys);
	tcase_add_test(t, other_byte_order);
	tcase_add_loop_test(t, finished_program, 0, ROWS(bpf_rows));
}

int main(void)
{
	return suite_run("seccomp section", fill);
}
