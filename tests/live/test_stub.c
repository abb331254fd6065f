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
	EXPECT(stub_find(&arena, &plan, bundle, NULL, &list));
	EXPECT(list.n == 2 * sizeof(found) / sizeof(found[0]));
	for (size_t i = 0; i < list.n / 2; i++)
		EXPECT_SAYING(strcmp(list.v[2 * i], "/bundle/project") == 0 &&
				      strcmp(list.v[2 * i + 1], found[i]) == 0,
			      list.v[2 * i + 1]);
	/* as a container leaves it, with something of value in a/b */
	throwaway_write("/bundle/project/.env", "");
	throwaway_write("/bundle/project/a/b/keep", "k");
	mkdir("/bundle/project/a/b/c", 0755);
	mkdir("/bundle/project/.git/hooks", 0755);
	stub_remove(&list, NULL);
	stub_remove(&list, NULL);
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
	EXPECT(stub_find(&arena, &plan, bundle, NULL, &list));
	throwaway_write("/bundle/project/.env", "secret");
	throwaway_write("/machine/b/c", "");
	EXPECT(symlink("/machine", "/bundle/project/a") == 0);
	stub_remove(&list, NULL);
	EXPECT(strcmp(throwaway_read("/bundle/project/.env"), "secret") == 0);
	EXPECT(access("/machine/b/c", F_OK) == 0);
	/* nor does the source itself, which may lie in another volume of the container's */
	throwaway_write("/machine/.env", "");
	EXPECT(rename("/bundle/project", "/bundle/away") == 0);
	EXPECT(symlink("/machine", "/bundle/project") == 0);
	stub_remove(&list, NULL);
	EXPECT(access("/machine/.env", F_OK) == 0);
	oci_arena_free(&arena);
	return 0;
}

/* Two containers with the same project, the second by another path and another bundle. */
static int shared(void *arg)
{
	static struct fs_row rows[] = {
		{ .kind = FS_BIND, .destination = "/w", .source = "/bundle/project" },
		{ .kind = FS_BIND, .destination = "/w/.env", .source = "empty" },
		{ .kind = FS_NEW, .destination = "/w/.git/hooks", .type = "tmpfs" },
		{ .kind = FS_NEW, .destination = "/w/there", .type = "tmpfs" },
		{ .kind = FS_BIND, .destination = "/w/own", .source = "empty" },
	};
	static const struct fs_plan other = { .rows = rows, .n_rows = 5 };
	static const char *const both[] = { ".env", ".git/hooks" };
	struct oci_arena arena = { 0 };
	struct stub_places first = { 0 }, second = { 0 };
	struct oci_strings list, list2;
	int bundle;

	(void)arg;
	throwaway_insist();
	EXPECT(make_project() == 0);
	throwaway_write("/bundle/project/own", "");
	bundle = open("/bundle", O_PATH | O_DIRECTORY | O_CLOEXEC);
	EXPECT(stub_find(&arena, &plan, bundle, NULL, &list));
	stub_places_add(&arena, &list, &first);
	/* what is not there yet has no place but those whose directory is */
	EXPECT(first.n == 3);
	throwaway_write("/bundle/project/.env", "");
	mkdir("/bundle/project/.git/hooks", 0755);
	mkdir("/bundle/project/a", 0755);
	mkdir("/bundle/project/a/b", 0755);
	first.n = 0;
	stub_places_add(&arena, &list, &first);
	EXPECT(first.n == 5);
	/* empty: perhaps somebody's; with his list it is known */
	EXPECT(stub_find(&arena, &other, bundle, NULL, &list2) && list2.n == 0);
	EXPECT(stub_find(&arena, &other, bundle, &first, &list2));
	EXPECT(list2.n == 2 * sizeof(both) / sizeof(both[0]));
	for (size_t i = 0; i < list2.n / 2; i++)
		EXPECT_SAYING(strcmp(list2.v[2 * i + 1], both[i]) == 0,
			      list2.v[2 * i + 1]);
	stub_places_add(&arena, &list2, &second);
	/* the first ends: what the second uses stays */
	stub_remove(&list, &second);
	EXPECT(access("/bundle/project/.env", F_OK) == 0);
	EXPECT(access("/bundle/project/.git/hooks", F_OK) == 0);
	EXPECT(access("/bundle/project/a", F_OK) < 0);
	/* the last one takes it away, and nothing that is the user's */
	stub_remove(&list2, NULL);
	EXPECT(access("/bundle/project/.env", F_OK) < 0);
	EXPECT(access("/bundle/project/.git/hooks", F_OK) < 0);
	EXPECT(access("/bundle/project/own", F_OK) == 0);
	EXPECT(access("/bundle/project/there/x", F_OK) == 0);
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

START_TEST(two)
{
	run_or_skip(shared);
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
	tcase_add_test(t, two);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
