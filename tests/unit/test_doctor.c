/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict of findings, and what `doctor` prints of them. What it finds: cli/doctor.bats. */
#include "cmd/doctor.h"

#include <check.h>
#include <stdlib.h>

#define REQ  DOCTOR_REQUIRED
#define WANT DOCTOR_WANTED
#define MORE DOCTOR_EXTRA
#define OK   DOCTOR_OK
#define DEG  DOCTOR_DEGRADED
#define MISS DOCTOR_MISSING

static const struct {
	enum doctor_need need[3];
	enum doctor_state state[3];
	enum doctor_verdict verdict;
} rows[] = {
	{ { REQ, WANT, MORE }, { OK, OK, OK }, DOCTOR_USABLE },
	{ { REQ, WANT, MORE }, { OK, OK, DEG }, DOCTOR_USABLE },
	{ { REQ, WANT, MORE }, { OK, OK, MISS }, DOCTOR_USABLE },
	{ { REQ, WANT, MORE }, { OK, DEG, OK }, DOCTOR_RESTRICTED },
	{ { REQ, WANT, MORE }, { OK, MISS, OK }, DOCTOR_RESTRICTED },
	{ { REQ, WANT, MORE }, { DEG, OK, OK }, DOCTOR_RESTRICTED },
	{ { REQ, WANT, MORE }, { MISS, OK, OK }, DOCTOR_UNUSABLE },
	{ { MORE, WANT, REQ }, { MISS, MISS, MISS }, DOCTOR_UNUSABLE },
	{ { WANT, WANT, REQ }, { MISS, DEG, DEG }, DOCTOR_RESTRICTED },
};

START_TEST(verdict)
{
	struct doctor_finding v[3] = { 0 };

	for (int i = 0; i < 3; i++) {
		v[i].need = rows[_i].need[i];
		v[i].state = rows[_i].state[i];
	}
	ck_assert_int_eq(doctor_judge(v, 3), rows[_i].verdict);
	ck_assert_int_eq(doctor_judge(v, 0), DOCTOR_USABLE);
}
END_TEST

static const struct doctor_report sample = {
	.n = 3,
	.verdict = DOCTOR_RESTRICTED,
	.v = { { "userns", "a", REQ, OK, "made", NULL, NULL },
	       { "tun", "networks", WANT, MISS, NULL, "/dev/net/tun: it does not exist",
		 "modprobe tun" },
	       { "proc", "a /proc", WANT, DEG, NULL, "too \"revealing\"", NULL } },
};

START_TEST(text)
{
	auto_str got = { 0 };

	doctor_text(&sample, &got);
	ck_assert_str_eq(
		got.s, "ok        userns        made\n"
		       "missing   tun           /dev/net/tun: it does not exist\n"
		       "                        for: networks\n"
		       "                        do:  modprobe tun\n"
		       "degraded  proc          too \"revealing\"\n"
		       "                        for: a /proc\n"
		       "\n"
		       "degraded: containers run; what is named above they do without\n");
}
END_TEST

START_TEST(json)
{
	struct oci_arena arena = { 0 };
	char *got = doctor_json(&arena, &sample);
	static const char *const parts[] = {
		"\"schema\": 1",
		"\"verdict\": \"degraded\"",
		"\"name\": \"userns\"",
		"\"state\": \"ok\"",
		"\"need\": \"required\"",
		"\"found\": \"made\"",
		"\"state\": \"missing\"",
		"\"cause\": \"/dev/net/tun: it does not exist\"",
		"\"cure\": \"modprobe tun\"",
		"\"cause\": \"too \\\"revealing\\\"\"",
	};

	ck_assert_ptr_nonnull(got);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		ck_assert_msg(strstr(got, parts[i]) != NULL, "%s is not in %s", parts[i],
			      got);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(profile)
{
	auto_str got = { 0 };

	doctor_profile("/opt/my tools/wolffia", &got);
	ck_assert_ptr_nonnull(strstr(got.s, "\nprofile wolffia \"/opt/my tools/wolffia\" "
					    "flags=(unconfined) {\n\tuserns,\n"));
	ck_assert_ptr_nonnull(strstr(got.s, "\nabi <abi/4.0>,\n"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("doctor");
	TCase *t = tcase_create("doctor");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, verdict, 0, ARRAY_SIZE(rows));
	tcase_add_test(t, text);
	tcase_add_test(t, json);
	tcase_add_test(t, profile);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
