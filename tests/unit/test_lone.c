/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program behind Landlock alone: which volumes can be had, what of a machine is given and how,
 * and what the filter takes away that a namespace would keep apart.
 */
#include "run/lone.h"

#include "base/str.h"
#include "run/lone_warden.h"
#include "sec/seccomp.h"
#include "sec/seccomp_default.h"

#include "suite.h"

#include <check.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static struct oci_arena arena;

static void teardown(void)
{
	oci_arena_free(&arena);
}

/* ---- volumes ------------------------------------------------------------------------------ */

static const struct {
	struct direct_volume v[2];
	size_t n;
	const char *text; /* of the rules or of the error */
} volumes[] = {
	{ { { "/w", "/w" } }, 1, "/w rwx\n/own rwx\nscoped 3\n" },
	{ { { "/w", "/w", true } }, 1, "/w rx\n/own rwx\nscoped 3\n" },
	{ { { "/w/a", "/w/a" }, { "/w", "/w", true } },
	  2,
	  "/w/a rwx\n/w rx\n/own rwx\nscoped 3\n" },
	{ { { "/w", "/w" }, { "/w/a", "/w/a", true } },
	  2,
	  "--volume /w/a:ro: landlock-only: it lies in /w, which can be written to" },
	{ { { "/w", "/w" }, { "/wa", "/wa", true } },
	  2,
	  "/w rwx\n/wa rx\n/own rwx\nscoped 3\n" },
	{ { { "/w", "/x" } },
	  1,
	  "--volume /w: landlock-only: it cannot be shown at another place" },
	{ { { "/w", "/w", .throw_away = true } },
	  1,
	  "--volume /w: landlock-only: overlay, idmap, z and Z need a mount" },
	{ { { "/w", "/w", .idmap = true } },
	  1,
	  "--volume /w: landlock-only: overlay, idmap, z and Z need a mount" },
	{ { { "/w", "/w", .relabel = 'Z' } },
	  1,
	  "--volume /w: landlock-only: overlay, idmap, z and Z need a mount" },
	{ { { "/", "/" } }, 1, "--volume /: landlock-only: not the whole machine" },
	{ { { "/etc", "/etc" } },
	  1,
	  "--volume /etc: landlock-only: /etc/docker in it is to be hidden" },
};

/* Without /proc, /sys and devices, of which every plan has rules. */
static void own_text(const struct landlock_plan *plan, struct str *ret)
{
	auto_str all = { 0 };

	landlock_plan_text(plan, &all);
	for (const char *line = all.s; *line;) {
		size_t n = strcspn(line, "\n") + 1;

		if (strncmp(line, "/proc", 5) != 0 && strncmp(line, "/sys", 4) != 0 &&
		    strncmp(line, "/dev/", 5) != 0)
			str_addf(ret, "%.*s", (int)n, line);
		line += n;
	}
}

START_TEST(test_volumes)
{
	const struct direct_request rq = { .volumes = volumes[_i].v,
					   .n_volumes = volumes[_i].n };
	const struct direct_facts facts = { 0 };
	const struct lone_rules in = { &rq, &facts, "/own" };
	struct landlock_plan plan;
	auto_str text = { 0 };
	struct err e = { 0 };

	if (lone_rules_make(&in, 7, &arena, &plan, &e) < 0) {
		ck_assert_str_eq(e.text, volumes[_i].text);
		return;
	}
	own_text(&plan, &text);
	ck_assert_str_eq(text.s, volumes[_i].text);
}
END_TEST

/* ---- the machine ---------------------------------------------------------------------------- */

static bool has_rule(const struct landlock_plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->n; i++)
		if (str_eq(plan->v[i].path, path))
			return true;
	return false;
}

START_TEST(test_machine)
{
	static const struct direct_top tops[] = { { "bin", true },   { "etc", false },
						  { "home", false }, { "run", false },
						  { "tmp", false },  { "usr", false } };
	const struct direct_request rq = { 0 };
	static const char *const hidden[] = { "/etc/home" };
	const struct direct_facts facts = { .home = "/usr/home",
					    .hidden = hidden,
					    .n_hidden = 1,
					    .tops = tops,
					    .n_tops = 6 };
	const struct lone_rules in = { &rq, &facts, "/own" };
	static const char *const shown[] = { "/etc/passwd", "/usr/bin", "/proc",
					     "/dev/null", "/own" };
	static const char *const not_shown[] = {
		"/bin", "/home", "/run", "/tmp",	  "/usr", "/usr/home",
		"/",	"/dev",	 "/sys", "/sys/firmware", "/etc", "/etc/home"
	};
	struct landlock_plan plan;
	struct err e = { 0 };

	ck_assert_int_eq(lone_rules_make(&in, 7, &arena, &plan, &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		ck_assert_msg(has_rule(&plan, shown[i]), "%s", shown[i]);
	for (size_t i = 0; i < ARRAY_SIZE(not_shown); i++)
		ck_assert_msg(!has_rule(&plan, not_shown[i]), "%s", not_shown[i]);
	for (size_t i = 0; direct_host_masked[i]; i++)
		ck_assert_msg(!has_rule(&plan, direct_host_masked[i]), "%s",
			      direct_host_masked[i]);
}
END_TEST

/* ---- what the kernel gives ------------------------------------------------------------------ */

static const struct {
	int abi;
	bool closed;
	uint64_t scoped, network;
} abis[] = {
	{ 3, true, 0, 0 }, { 3, false, 0, 0 }, { 4, true, 0, 3 }, { 4, false, 0, 0 },
	{ 5, true, 0, 3 }, { 5, false, 0, 0 }, { 6, true, 3, 3 }, { 6, false, 3, 0 },
	{ 7, true, 3, 3 }, { 7, false, 3, 0 },
};

START_TEST(test_abi)
{
	struct landlock_plan plan;

	landlock_plan_begin(&plan, abis[_i].abi, abis[_i].closed);
	ck_assert_uint_eq(plan.n, 0);
	ck_assert_uint_eq(plan.scoped, abis[_i].scoped);
	ck_assert_uint_eq(plan.network, abis[_i].network);
}
END_TEST

/* ---- the filter ----------------------------------------------------------------------------- */

#define ERRNO(n) (SECCOMP_RET_ERRNO | (n))
#define OK	 SECCOMP_RET_ALLOW

static const struct {
	int nr;
	uint64_t args[6];
	uint32_t closed, network;
} calls[] = {
	{ SYS_read, { 0 }, OK, OK },
	{ SYS_execve, { 0 }, OK, OK },
	{ SYS_mount, { 0 }, ERRNO(EPERM), ERRNO(EPERM) },
	{ SYS_socket, { AF_UNIX }, ERRNO(EAFNOSUPPORT), ERRNO(EAFNOSUPPORT) },
	{ SYS_socket,
	  { 1ULL << 32 | AF_UNIX },
	  ERRNO(EAFNOSUPPORT),
	  ERRNO(EAFNOSUPPORT) },
	{ SYS_socket, { AF_INET }, ERRNO(EAFNOSUPPORT), OK },
	{ SYS_socket, { AF_INET6 }, ERRNO(EAFNOSUPPORT), OK },
	{ SYS_socket, { AF_NETLINK }, ERRNO(EAFNOSUPPORT), OK },
	{ SYS_socket, { AF_PACKET }, ERRNO(EAFNOSUPPORT), ERRNO(EAFNOSUPPORT) },
	{ SYS_socketpair, { AF_UNIX, SOCK_STREAM }, OK, OK },
	{ SYS_socketpair, { AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC }, OK, OK },
	{ SYS_socketpair, { AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK }, OK, OK },
	/* it could be connected, or told where to send */
	{ SYS_socketpair, { AF_UNIX, SOCK_DGRAM }, ERRNO(ENOSYS), ERRNO(ENOSYS) },
	{ SYS_socketpair, { AF_INET, SOCK_STREAM }, ERRNO(ENOSYS), ERRNO(ENOSYS) },
	{ SYS_shmget, { 0 }, ERRNO(ENOSYS), ERRNO(ENOSYS) },
	{ SYS_shmat, { 0 }, ERRNO(ENOSYS), ERRNO(ENOSYS) },
	{ SYS_semget, { 0 }, ERRNO(ENOSYS), ERRNO(ENOSYS) },
	{ SYS_msgget, { 0 }, ERRNO(ENOSYS), ERRNO(ENOSYS) },
	{ SYS_mq_open, { 0 }, ERRNO(ENOSYS), ERRNO(ENOSYS) },
	{ SYS_prlimit64, { 0 }, OK, OK },
	{ SYS_prlimit64, { 1 }, ERRNO(EPERM), ERRNO(EPERM) },
	{ SYS_sendmsg, { 0 }, OK, OK },
	{ SYS_io_uring_setup, { 0 }, ERRNO(EPERM), ERRNO(EPERM) },
	{ SYS_unshare, { 0x10000000 /* CLONE_NEWUSER */ }, ERRNO(EPERM), ERRNO(EPERM) },
};

START_TEST(test_filter)
{
	for (int network = 0; network < 2; network++) {
		uint32_t want = network ? calls[_i].network : calls[_i].closed, got;
		struct seccomp_options o = { 0 };
		auto_seccomp filter = { 0 };
		struct oci_seccomp profile;
		struct err e = { 0 };

		ck_assert_int_eq(seccomp_lone(network, &arena, &profile, &e), 0);
		ck_assert_msg(seccomp_compile(&profile, &o, &filter, NULL, &e) == 0, "%s",
			      e.text);
		got = seccomp_verdict(&filter, seccomp_native_arch(), calls[_i].nr,
				      calls[_i].args);
		ck_assert_msg(got == want, "call %d (%llx), network %d: %x, not %x",
			      calls[_i].nr, (unsigned long long)calls[_i].args[0],
			      network, got, want);
	}
}
END_TEST

/* ---- whose process it is ---------------------------------------------------------------- */

static const struct {
	const char *name;
	uint64_t mark;
} names[] = {
	{ "wolffia-lone-4000000000000000", 1ULL << 62 },
	{ "wolffia-lone-7fffffffffffffff", INT64_MAX },
	{ "wolffia-lone-543210fedcba9876", 0x543210fedcba9876 },
	/* a number that others may have, RLIM_INFINITY among them */
	{ "wolffia-lone-0000000000000000", 0 },
	{ "wolffia-lone-3fffffffffffffff", 0 },
	{ "wolffia-lone-8000000000000000", 0 },
	{ "wolffia-lone-ffffffffffffffff", 0 },
	{ "wolffia-lone-543210fedcba987", 0 },
	{ "wolffia-lone-543210fedcba98765", 0 },
	{ "wolffia-lone-543210FEDCBA9876", 0 },
	{ "wolffia-lone-+43210fedcba9876", 0 },
	{ "wolffia-lone-", 0 },
	{ "wolffia-layer-543210fedcba987", 0 },
	{ "", 0 },
};

START_TEST(test_mark)
{
	ck_assert_uint_eq(lone_mark(names[_i].name), names[_i].mark);
}
END_TEST

#define LIMITS(row)                                                                   \
	"Limit                     Soft Limit           Hard Limit           Units\n" \
	"Max address space         unlimited            unlimited            "        \
	"bytes\n" row                                                                 \
	"Max pending signals       96219                96219                signals\n"

static const struct {
	const char *text;
	uint64_t mark;
	bool has;
} limits[] = {
	{ LIMITS("Max file locks            6075213335079836470  6075213335079836470  "
		 "locks\n"),
	  6075213335079836470, true },
	{ LIMITS("Max file locks            5                    6075213335079836470  "
		 "locks\n"),
	  6075213335079836470, true },
	{ LIMITS("Max file locks            6075213335079836470  6075213335079836471  "
		 "locks\n"),
	  6075213335079836470, false },
	{ LIMITS("Max file locks            unlimited            unlimited            "
		 "locks\n"),
	  UINT64_MAX, false },
	{ LIMITS("Max file locks            0                    0                    "
		 "locks\n"),
	  0, false },
	{ LIMITS("Max files                 6075213335079836470  6075213335079836470  "
		 "locks\n"),
	  6075213335079836470, false },
	{ LIMITS("Max file locks            6075213335079836470"), 6075213335079836470,
	  false },
	{ LIMITS("Max file locks            6075213335079836470\n"), 6075213335079836470,
	  false },
	{ LIMITS(""), 6075213335079836470, false },
	{ "", 6075213335079836470, false },
};

START_TEST(test_limits_have)
{
	ck_assert_int_eq(lone_limits_have(limits[_i].text, limits[_i].mark),
			 limits[_i].has);
}
END_TEST

static void fill(TCase *c)
{
	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_add_loop_test(c, test_volumes, 0, ROWS(volumes));
	tcase_add_test(c, test_machine);
	tcase_add_loop_test(c, test_mark, 0, ROWS(names));
	tcase_add_loop_test(c, test_limits_have, 0, ROWS(limits));
	tcase_add_loop_test(c, test_abi, 0, ROWS(abis));
	tcase_add_loop_test(c, test_filter, 0, ROWS(calls));
}

int main(void)
{
	return suite_run("lone", fill);
}
