/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs/stub: a project's folder is as before when its container is gone.
 */
#include "fs/stub.h"
#include "libocispec/arena.h"
#include "throwaway.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The usual case: /src is the project, parts of it are covered. */
static struct fs_row plan_rows[] = {
	{ .kind = FS_BIND, .destination = "/src", .source = "project" },
	{ .kind = FS_BIND, .destination = "/src/.env", .source = "empty" },
	{ .kind = FS_NEW, .destination = "/src/.git/hooks", .type = "tmpfs" },
	{ .kind = FS_NEW, .destination = "/src/a/b/c", .type = "tmpfs" },
	{ .kind = FS_NEW, .destination = "/src/there", .type = "tmpfs" },
	{ .kind = FS_NEW, .destination = "/src/there/in-tmpfs", .type = "tmpfs" },
	{ .kind = FS_REMOUNT, .destination = "/src/nothing" },
	{ .kind = FS_NEW, .destination = "/else/where", .type = "tmpfs" },
	{ .kind = FS_NEW, .destination = "/src/../up", .type = "tmpfs" },
	{ .kind = FS_NEW, .destination = "/src/link/x", .type = "tmpfs" },
};

static const struct fs_plan plan = { .rows = plan_rows,
				     .n_rows = sizeof(plan_rows) / sizeof(plan_rows[0]) };

static const char *const found[] = { ".env", ".git/hooks", "a", "a/b", "a/b/c" };

static int make_project(void)
{
	throwaway_write("/bundle/project/.git/config", "c");
	throwaway_write("/bundle/project/there/x", "");
	throwaway_write("/machine/x", "");
	EXPECT(symlink("/machine", "/bundle/project/link") == 0);
	return 0;
}

static int clean(void *arg)
{
	struct oci_arena arena = { 0 };
	struct oci_strings list;
	int bundle;

	(void)arg;
	throwaway_insist();
	EXPECT(make_project() == 0);
	bundle = open("/bundle", O_PATH | O_DIRECTORY | O_CLOEXEC);
	stub_find(&arena, &plan, bundle, &list);
	EXPECT(list.n == 2 * sizeof(found) / sizeof(found[0]));
	for (size_t i = 0; i < list.n / 2; i++)
		EXPECT_SAYING(strcmp(list.v[2 * i], "project") == 0 &&
				      strcmp(list.v[2 * i + 1], found[i]) == 0,
			      list.v[2 * i + 1]);
	/* as a container leaves it, with something of value in a/b */
	throwaway_write("/bundle/project/.env", "");
	throwaway_write("/bundle/project/a/b/keep", "k");
	mkdir("/bundle/project/a/b/c", 0755);
	mkdir("/bundle/project/.git/hooks", 0755);
	stub_remove(&list, bundle);
	stub_remove(&list, bundle);
	EXPECT(access("/bundle/project/.env", F_OK) < 0);
	EXPECT(access("/bundle/project/.git/hooks", F_OK) < 0);
	EXPECT(access("/bundle/project/.git/config", F_OK) == 0);
	EXPECT(access("/bundle/project/a/b/c", F_OK) < 0);
	EXPECT(access("/bundle/project/a/b/keep", F_OK) == 0);
	EXPECT(access("/bundle/project/there/x", F_OK) == 0);
	oci_arena_free(&arena);
	return 0;
}

/* What the container has put there instead is not ours, and links lead nowhere. */
static int attacked(void *arg)
{
	struct oci_arena arena = { 0 };
	struct oci_strings list;
	int bundle;

	(void)arg;
	throwaway_insist();
	EXPECT(make_project() == 0);
	bundle = open("/bundle", O_PATH | O_DIRECTORY | O_CLOEXEC);
	stub_find(&arena, &plan, bundle, &list);
	throwaway_write("/bundle/project/.env", "secret");
	throwaway_write("/machine/b/c", "");
	EXPECT(symlink("/machine", "/bundle/project/a") == 0);
	stub_remove(&list, bundle);
	EXPECT(strcmp(throwaway_read("/bundle/project/.env"), "secret") == 0);
	EXPECT(access("/machine/b/c", F_OK) == 0);
	oci_arena_free(&arena);
	return 0;
}

static void run_or_skip(int (*body)(void *))
{
	int r = throwaway_run(0, body, NULL);

	if (r < 0)
		fprintf(stderr, "skipped: %s\n", throwaway_reason());
	else
		ck_assert_int_eq(r, 0);
}

START_TEST(removed)
{
	run_or_skip(clean);
}
END_TEST

START_TEST(kept)
{
	run_or_skip(attacked);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stub");
	TCase *t = tcase_create("stub");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, removed);
	tcase_add_test(t, kept);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
