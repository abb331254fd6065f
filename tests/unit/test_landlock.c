/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From mounts to rules of Landlock, by ABI; and the steps they become. */
#include "sec/landlock.h"

#include "libocispec/oci.h"

#include <check.h>
#include <stdlib.h>

#define ROOT "\"root\":{\"path\":\"r\"}"
#define M(dest, type, options) \
	"{\"destination\":\"" dest "\",\"type\":\"" type "\",\"options\":[" options "]}"

static const struct {
	const char *mounts;
	bool closed;
	int abi;
	const char *text;
} rows[] = {
	/* a root that can be written to says it all, but for devices */
	{ M("/tmp", "tmpfs", ""), false, 7, "/ rwx\nscoped 3\n" },
	{ M("/dev", "tmpfs", "\"noexec\""), false, 7, "/ rwx\n/dev rwi\nscoped 3\n" },
	{ M("/dev", "tmpfs", ""), false, 4, "/ rwx\nscoped 0\n" },
	{ M("/dev/pts", "devpts", ""), false, 5, "/ rwx\n/dev/pts rfi\nscoped 0\n" },
	/* a closed one: what a mount allows */
	{ M("/tmp", "tmpfs", "\"noexec\""), true, 6, "/ rx\n/tmp rw\nscoped 3\n" },
	{ M("/usr", "bind", "\"rbind\",\"rro\""), true, 6, "/ rx\nscoped 3\n" },
	{ M("/v", "bind", "\"rbind\",\"ro\""), true, 2, "/ rx\nscoped 0\n" },
	{ M("/v", "bind", "\"bind\",\"throw-away\""), true, 3,
	  "/ rx\n/v rwx\nscoped 0\n" },
	{ M("/proc", "proc", "\"nosuid\""), true, 7, "/ rx\n/proc rfx\nscoped 3\n" },
	{ M("/proc", "proc", "\"ro\""), true, 7, "/ rx\nscoped 3\n" },
	{ M("/sys", "sysfs", ""), true, 7, "/ rx\nscoped 3\n" },
	{ M("/a", "bind", "\"rw\"") "," M("/a/b", "bind", "\"ro\""), true, 2,
	  "/ rx\n/a rwx\nscoped 0\n" },
	{ "", true, 2, "/ rx\nscoped 0\n" },
};

START_TEST(rules)
{
	struct oci_arena arena = { 0 };
	struct oci_config *config = NULL;
	struct landlock_plan plan;
	struct oci_error error;
	auto_str text = { 0 }, doc = { 0 };
	struct err e = { 0 };

	str_addf(&doc, "{\"ociVersion\":\"1.2.0\"," ROOT ",\"mounts\":[%s]}",
		 rows[_i].mounts);
	ck_assert_msg(oci_decode_config(&arena, "test", doc.s, doc.n, &config, &error) ==
			      0,
		      "%s", error.text);
	ck_assert_int_eq(landlock_plan_make(config, rows[_i].closed, rows[_i].abi, &arena,
					    &plan, &e),
			 0);
	landlock_plan_text(&plan, &text);
	ck_assert_str_eq(text.s, rows[_i].text);
	oci_arena_free(&arena);
}
END_TEST

static const struct {
	bool own_pids, own_network;
	uint64_t scoped;
} besides[] = {
	{ false, false, 3 },
	{ true, false, 1 },
	{ false, true, 2 },
	{ true, true, 0 },
};

START_TEST(beside)
{
	struct landlock_plan plan = { .abi = 6, .scoped = 3 };

	landlock_plan_beside(&plan, besides[_i].own_pids, besides[_i].own_network);
	ck_assert_uint_eq(plan.scoped, besides[_i].scoped);
}
END_TEST

START_TEST(steps)
{
	struct landlock_rule list[] = { { "/", 0xd }, { "/tmp", 0x7fff } };
	struct landlock_plan plan = {
		.abi = 6, .handled = 0xffff, .scoped = 3, .n = 2, .v = list
	};
	struct script s;
	auto_str text = { 0 };

	script_init(&s);
	landlock_plan_script(&plan, &s);
	script_print(&s, &text);
	ck_assert_ptr_nonnull(strstr(
		text.s,
		"Landlock: /: LANDLOCK \"/\" 0xd or any error\n"
		"Landlock: /tmp: LANDLOCK \"/tmp\" 0x7fff or any error\n"
		"Landlock: standard streams: LANDLOCK NULL 0xc006 or any error\n"));
	ck_assert_ptr_nonnull(strstr(text.s, "Landlock: close the rules: close($A)\n"));
	script_free(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("landlock");
	TCase *t = tcase_create("landlock");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, rules, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(t, beside, 0, ARRAY_SIZE(besides));
	tcase_add_test(t, steps);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
