/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/path: each row is resolved by openat2(2) and by the walk, in a throw-away root; what
 * is reached is told by the inode of a named file or directory of the tree.
 */
#include "kernel/path.h"

#include "base/fd.h"
#include "base/str.h"
#include "throwaway.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum verb { OPEN, MKDIRS, FILE_, PARENT };

struct row {
	enum verb verb;
	const char *path;
	int oflags;
	unsigned flags;
	const char *is; /* path from "/" of what the descriptor must be; NULL: an error */
	int error;
};

/* The tree is /r; /outside must never be reached. */
static const struct row rows[] = {
	{ OPEN, "/a/b/file", O_PATH, 0, "/r/a/b/file", 0 },
	{ OPEN, "a/b/file", O_PATH, 0, "/r/a/b/file", 0 },
	{ OPEN, "//a///b/./file", O_PATH, 0, "/r/a/b/file", 0 },
	{ OPEN, "/", O_PATH, 0, "/r", 0 },
	{ OPEN, ".", O_PATH, 0, "/r", 0 },
	{ OPEN, "..", O_PATH, 0, "/r", 0 },
	{ OPEN, "/../../outside", O_PATH, 0, NULL, ENOENT },
	{ OPEN, "/a/../../..", O_PATH, 0, "/r", 0 },
	{ OPEN, "/a/b/../b/file", O_PATH, 0, "/r/a/b/file", 0 },
	{ OPEN, "/abs", O_PATH, 0, "/r/a", 0 }, /* -> /a */
	{ OPEN, "/abs/b/file", O_PATH, 0, "/r/a/b/file", 0 },
	{ OPEN, "/up", O_PATH, 0, NULL, ENOENT }, /* -> ../../outside */
	{ OPEN, "/host", O_PATH, 0, NULL, ENOENT }, /* -> /outside */
	{ OPEN, "/a/rel", O_PATH, 0, "/r/a/b", 0 }, /* -> b/ */
	{ OPEN, "/a/rel/file", O_PATH, 0, "/r/a/b/file", 0 },
	{ OPEN, "/link", O_PATH, 0, "/r/a/b/file", 0 },
	{ OPEN, "/link", O_RDONLY, 0, "/r/a/b/file", 0 },
	{ OPEN, "/link/", O_PATH, 0, NULL, ENOTDIR },
	{ OPEN, "/abs/", O_PATH | O_NOFOLLOW, 0, "/r/a", 0 },
	{ OPEN, "/abs", O_PATH | O_NOFOLLOW, 0, "/r/abs", 0 },
	{ OPEN, "/abs", O_RDONLY | O_NOFOLLOW, 0, NULL, ELOOP },
	{ OPEN, "/abs", O_PATH, PATH_NO_SYMLINKS, NULL, ELOOP },
	{ OPEN, "/abs/b", O_PATH, PATH_NO_SYMLINKS, NULL, ELOOP },
	{ OPEN, "/a/b", O_PATH, PATH_NO_SYMLINKS, "/r/a/b", 0 },
	{ OPEN, "/loop", O_PATH, 0, NULL, ELOOP },
	{ OPEN, "/a/b/file/x", O_PATH, 0, NULL, ENOTDIR },
	{ OPEN, "/a/b/file/", O_PATH, 0, NULL, ENOTDIR },
	{ OPEN, "/a/b/file", O_PATH | O_DIRECTORY, 0, NULL, ENOTDIR },
	{ OPEN, "/a/b/file", O_RDONLY, 0, "/r/a/b/file", 0 },
	{ OPEN, "/a/b", O_RDONLY | O_DIRECTORY, 0, "/r/a/b", 0 },
	{ OPEN, "/mnt/x", O_PATH, 0, "/r/mnt/x", 0 },
	{ OPEN, "/mnt/x", O_PATH, PATH_NO_XDEV, NULL, EXDEV },
	{ OPEN, "", O_PATH, 0, NULL, ENOENT },
	{ MKDIRS, "/a/b", 0, 0, "/r/a/b", 0 },
	{ MKDIRS, "/new/one/two", 0, 0, "/r/new/one/two", 0 },
	{ MKDIRS, "/a/rel/deep", 0, 0, "/r/a/b/deep", 0 },
	{ MKDIRS, "/host/deep", 0, 0, "/r/outside/deep", 0 }, /* dangling: made inside */
	{ MKDIRS, "/up2/deep", 0, 0, "/r/outside2/deep", 0 },
	{ MKDIRS, "/../../esc", 0, 0, "/r/esc", 0 },
	{ MKDIRS, "/a/b/file", 0, 0, NULL, ENOTDIR },
	{ MKDIRS, "/a/b/file/x", 0, 0, NULL, ENOTDIR },
	{ MKDIRS, "/loop/x", 0, 0, NULL, ELOOP },
	{ FILE_, "/etc/hosts", 0, 0, "/r/etc/hosts", 0 },
	{ FILE_, "/a/b/file", 0, 0, "/r/a/b/file", 0 },
	{ FILE_, "/a/b", 0, 0, "/r/a/b", 0 },
	{ FILE_, "/tofile", 0, 0, "/r/etc/made", 0 }, /* missing */
	{ PARENT, "/dev/null", 0, 0, "/r/dev", 0 },
	{ PARENT, "/abs/x", 0, 0, "/r/a", 0 },
	{ PARENT, "x", 0, 0, "/r", 0 },
	{ PARENT, "/x", 0, 0, "/r", 0 },
	{ PARENT, "/a/..", 0, 0, NULL, EINVAL },
	{ PARENT, "/a/", 0, 0, NULL, EINVAL },
	{ PARENT, "/", 0, 0, NULL, EINVAL },
};

static int make_tree(void)
{
	throwaway_write("/r/a/b/file", "x");
	throwaway_write("/outside/secret", "s");
	EXPECT(mkdir("/r/mnt", 0755) == 0);
	EXPECT(mount("t", "/r/mnt", "tmpfs", 0, NULL) == 0);
	throwaway_write("/r/mnt/x", "x");
	EXPECT(symlink("/a", "/r/abs") == 0);
	EXPECT(symlink("../../outside", "/r/up") == 0);
	EXPECT(symlink("../../outside2", "/r/up2") == 0);
	EXPECT(symlink("/outside", "/r/host") == 0);
	EXPECT(symlink("b/", "/r/a/rel") == 0);
	EXPECT(symlink("a/b/file", "/r/link") == 0);
	EXPECT(symlink("loop", "/r/loop") == 0);
	EXPECT(symlink("/etc/made", "/r/tofile") == 0);
	return 0;
}

static int do_row(const struct row *r, int root, unsigned flags)
{
	const char *name;

	switch (r->verb) {
	case OPEN:
		return path_open(root, r->path, r->oflags, r->flags | flags);
	case MKDIRS:
		return path_mkdirs(root, r->path, 0755, r->flags | flags);
	case FILE_:
		return path_make_file(root, r->path, 0644, r->flags | flags);
	case PARENT:
		return path_open_parent(root, r->path, &name, r->flags | flags);
	}
	return -1;
}

static int one_row(void *arg)
{
	int i = *(int *)arg;
	const struct row *r = &rows[i / 2];
	auto_close int root = -1;
	auto_close int fd = -1;
	struct stat is, want;

	throwaway_insist();
	EXPECT(make_tree() == 0);
	root = open("/r", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = do_row(r, root, i % 2 ? PATH_WALK : 0);
	if (!r->is) {
		EXPECT_SAYING(fd < 0 && errno == r->error, r->path);
	} else {
		EXPECT_SAYING(fd >= 0 && fstat(fd, &is) == 0, r->path);
		EXPECT_SAYING(lstat(r->is, &want) == 0 && want.st_ino == is.st_ino &&
				      want.st_dev == is.st_dev,
			      r->path);
		EXPECT((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	}
	EXPECT(access("/outside/deep", F_OK) < 0 && access("/outside2", F_OK) < 0);
	EXPECT(access("/esc", F_OK) < 0);
	return 0;
}

static void run_or_skip(int flags, int (*body)(void *), void *arg)
{
	int r = throwaway_run(flags, body, arg);

	if (r < 0)
		fprintf(stderr, "skipped: %s\n", throwaway_reason());
	else
		ck_assert_int_eq(r, 0);
}

START_TEST(resolves)
{
	run_or_skip(0, one_row, &_i);
}
END_TEST

/* A child exchanges a directory and a link to the outside as fast as it can. */
static pid_t swapper(const char *a, const char *b)
{
	pid_t pid = fork();

	while (pid == 0)
		syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* RENAME_EXCHANGE */);
	return pid;
}

static int race(void *arg)
{
	unsigned flags = *(int *)arg ? PATH_WALK : 0;
	auto_close int root = -1;
	char path[64];
	int made = 0;
	pid_t pid;

	throwaway_insist();
	throwaway_write("/r/v/d/x", "");
	EXPECT(mkdir("/outside", 0755) == 0 && symlink("/outside", "/r/v/l") == 0);
	EXPECT(symlink("../../../outside", "/r/v/l2") == 0);
	root = open("/r", O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid = swapper("/r/v/d", *(int *)arg % 2 ? "/r/v/l" : "/r/v/l2");
	for (int i = 0; i < 4000; i++) {
		snprintf(path, sizeof(path), "/v/d/s%d/t", i);
		int fd = path_mkdirs(root, path, 0755, flags);

		made += fd >= 0;
		fd_close(fd);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT(made > 0);
	EXPECT(rmdir("/outside") == 0); /* still empty */
	return 0;
}

START_TEST(races)
{
	run_or_skip(0, race, &_i);
}
END_TEST

/* A directory that is moved out of the root does not take the walk along. */
static int moved(void *arg)
{
	unsigned flags = *(int *)arg ? PATH_WALK : 0;
	auto_close int root = -1;
	pid_t pid;

	throwaway_insist();
	throwaway_write("/r/a/b/c/x", "");
	throwaway_write("/secret", "s");
	mkdir("/o", 0755);
	mkdir("/o/a", 0755);
	root = open("/r", O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid = swapper("/r/a", "/o/a");
	for (int i = 0; i < 4000; i++) {
		int fd = path_open(root, "a/b/c/../../../../secret", O_PATH, flags);

		EXPECT(fd < 0);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}

START_TEST(moves)
{
	run_or_skip(0, moved, &_i);
}
END_TEST

/* ---- text --------------------------------------------------------------------------- */

static const struct {
	const char *from, *to;
} tidy_rows[] = {
	{ "/", "/" },
	{ "", "/" },
	{ "dev", "/dev" },
	{ "//dev//", "/dev" },
	{ "/./a/./b/.", "/a/b" },
	{ "/a/../b", "/a/../b" },
	{ ".", "/" },
	{ "/.hidden", "/.hidden" },
	{ "/a..b", "/a..b" },
};

START_TEST(tidies)
{
	char buf[32];

	ck_assert(path_tidy(tidy_rows[_i].from, buf, sizeof(buf)));
	ck_assert_str_eq(buf, tidy_rows[_i].to);
	ck_assert(!path_tidy("/0123456789", buf, 5));
}
END_TEST

START_TEST(compares)
{
	ck_assert(path_is_below("/dev/pts", "/dev"));
	ck_assert(path_is_below("/dev", "/dev"));
	ck_assert(path_is_below("/dev", "/"));
	ck_assert(!path_is_below("/devel", "/dev"));
	ck_assert(!path_is_below("/de", "/dev"));
	ck_assert(path_has_dotdot("/a/../b") && path_has_dotdot("..") &&
		  path_has_dotdot("a/.."));
	ck_assert(!path_has_dotdot("/a..b/..c") && !path_has_dotdot("/"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("path");
	TCase *t = tcase_create("path");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, tidies, 0, (int)ARRAY_SIZE(tidy_rows));
	tcase_add_test(t, compares);
	tcase_add_loop_test(t, resolves, 0, 2 * (int)ARRAY_SIZE(rows));
	tcase_add_loop_test(t, races, 0, 4);
	tcase_add_loop_test(t, moves, 0, 2);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
