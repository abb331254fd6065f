/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole config.json of direct use, but for the filter (test_direct.c asks that by its
 * answers): what a sandbox is by default changes by intention only.
 */
#include "run/direct.h"

#include "suite.h"

#include <stdio.h>

static const char golden[] =
#include "direct_golden.h"
	;

static char *args[] = { (char *)"true", NULL };
static char *environment[] = { (char *)"PATH=/mine", (char *)"TERM=xterm",
			       (char *)"SECRET=1", NULL };

START_TEST(test_golden)
{
	const struct direct_request rq = { .rootfs = "/r",
					   .args = args,
					   .unconfined = true };
	const struct direct_facts facts = { .uid = 1000,
					    .gid = 100,
					    .home = "/home/u",
					    .env = environment,
					    .can_pids = true,
					    .memory_around = 8ULL << 30,
					    .has_cgroup = true,
					    .cgroup_v2 = true };
	struct oci_arena arena = { 0 };
	struct direct_plan plan;
	struct err e = { 0 };
	char *text;

	ck_assert_int_eq(direct_config(&arena, &rq, &facts, &plan, &e), 0);
	text = oci_encode(&arena, &oci_type_config, plan.config, 2, NULL);
	ck_assert_ptr_nonnull(text);
	if (getenv("GOLDEN")) /* to make it anew */
		puts(text);
	ck_assert_str_eq(text, golden);
	oci_arena_free(&arena);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, test_golden);
}

int main(void)
{
	return suite_run("direct_golden", fill);
}
