/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs/removal: whatever a container has made in its layer goes, and nothing else does.
 */
#include "fs/removal.h"
#include "throwaway.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEPTH = 3000, USER = 1000 };

static int remove_tree(struct err *e)
{
	int dir = open("/place", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = removal_tree(dir, "tree", e);

	close(dir);
	return rc;
}

static bool is_gone(void)
{
	struct stat st;

	return lstat("/place/tree", &st) < 0 && errno == ENOENT;
}

/* Deeper than any path can say. */
static int make_deep(void)
{
	int at = open("/place/tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < DEPTH; i++) {
		int next;

		EXPECT(mkdirat(at, "d", 0755) == 0);
		EXPECT(mknodat(at, "file", S_IFREG | 0644, 0) == 0);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
	}
	close(at);
	return 0;
}

static int make_odd(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "/place/tree/s" };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char name[256];

	throwaway_write("/place/tree/a/b/c/file", "x");
	throwaway_write("/place/tree/.removed-0/in", "a name that we use ourselves");
	throwaway_write("/place/tree/.removed-1", "and as a file");
	EXPECT(bind(sock, (void *)&addr, sizeof(addr)) == 0);
	close(sock);
	EXPECT(mkfifo("/place/tree/a/fifo", 0) == 0);
	EXPECT(symlink("/valued", "/place/tree/a/link") == 0);
	EXPECT(symlink("/valued", "/place/tree/link") == 0);
	EXPECT(symlink("..", "/place/tree/a/b/up") == 0);
	EXPECT(link("/place/tree/a/b/c/file", "/place/tree/hard") == 0);
	memset(name, 'n', 255);
	name[255] = '\0';
	EXPECT(chdir("/place/tree/a") == 0 && mkdir(name, 0) == 0 && chdir("/") == 0);
	EXPECT(mkdir("/place/tree/a/\n odd *", 0700) == 0);
	/* as overlayfs leaves it */
	EXPECT(mkdir("/place/tree/work", 0) == 0);
	/* from the inside out: what is closed cannot be closed further in */
	EXPECT(chmod("/place/tree/a/b/c", 0) == 0);
	EXPECT(chmod("/place/tree/a/b", 0500) == 0);
	EXPECT(chmod("/place/tree/a", 01000) == 0);
	return chmod("/place/tree", 0100) == 0 ? 0 : 1;
}

static int make_place(void)
{
	umask(0);
	throwaway_write("/valued/file", "v");
	EXPECT(mkdir("/place", 0777) == 0 && chmod("/valued", 0777) == 0);
	return 0;
}

/* As the owner without any capability: a plain user whose container had one id. */
static int as_user(void *arg)
{
	struct err e = { 0 };
	struct rlimit few = { 32, 32 };

	(void)arg;
	throwaway_insist();
	EXPECT(make_place() == 0);
	EXPECT(setresgid(USER, USER, USER) == 0 && setresuid(USER, USER, USER) == 0);
	EXPECT(mkdir("/place/tree", 0755) == 0);
	EXPECT(make_deep() == 0 && make_odd() == 0);
	EXPECT(setrlimit(RLIMIT_NOFILE, &few) == 0);
	EXPECT_SAYING(remove_tree(&e) == 0, e.text);
	EXPECT(is_gone());
	EXPECT(access("/valued/file", F_OK) == 0);
	/* once more: what is not there is no error */
	return remove_tree(&e) == 0 ? 0 : 1;
}

static int set_flags(const char *path, unsigned flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = ioctl(fd, FS_IOC_SETFLAGS, &flags);

	close(fd);
	return rc;
}

/* As root: devices, whiteouts, other people's files, immutable ones where the kernel has them. */
static int as_root(void *arg)
{
	struct err e = { 0 };

	(void)arg;
	throwaway_insist();
	EXPECT(make_place() == 0 && mkdir("/place/tree", 0755) == 0 && make_odd() == 0);
	throwaway_write("/place/tree/x/y", "");
	EXPECT(chown("/place/tree/x/y", 77, 77) == 0 &&
	       chown("/place/tree/x", 77, 77) == 0);
	(void)!mknod("/place/tree/whiteout", S_IFCHR, makedev(0, 0));
	(void)set_flags("/place/tree/x/y", FS_IMMUTABLE_FL);
	(void)set_flags("/place/tree/x", FS_APPEND_FL);
	(void)set_flags("/place/tree", FS_IMMUTABLE_FL);
	EXPECT_SAYING(remove_tree(&e) == 0, e.text);
	EXPECT(is_gone());
	/* a file, a link and a socket are no trees, but go as well */
	EXPECT(symlink("/valued", "/place/tree") == 0);
	EXPECT_SAYING(remove_tree(&e) == 0, e.text);
	throwaway_write("/place/tree", "file");
	EXPECT_SAYING(remove_tree(&e) == 0, e.text);
	EXPECT(is_gone());
	return access("/valued/file", F_OK);
}

/* A mount is not crossed; the rest goes, and what is left is told. */
static int with_mounts(void *arg)
{
	struct err e = { 0 };

	(void)arg;
	throwaway_insist();
	EXPECT(make_place() == 0);
	throwaway_write("/place/tree/a/mnt/.keep", "");
	throwaway_write("/place/tree/b/file", "");
	throwaway_write("/place/tree/c", "");
	EXPECT(mount("/valued", "/place/tree/a/mnt", NULL, MS_BIND, NULL) == 0);
	EXPECT(remove_tree(&e) == -1);
	EXPECT_SAYING(strcmp(e.text, "tree: 2 entries cannot be removed, one is \"mnt\": "
				     "Device or resource busy") == 0 ||
			      strstr(e.text, "cannot be removed"),
		      e.text);
	EXPECT(access("/valued/file", F_OK) == 0);
	EXPECT(access("/place/tree/b", F_OK) < 0 && access("/place/tree/c", F_OK) < 0);
	EXPECT(umount2("/place/tree/a/mnt", MNT_DETACH) == 0);
	memset(&e, 0, sizeof(e));
	EXPECT_SAYING(remove_tree(&e) == 0, e.text);
	return is_gone() ? 0 : 1;
}

/* Somebody swaps directories for links to what is of value, all the time. */
static _Noreturn void swap_all_the_time(void)
{
	static const char *const pairs[][2] = {
		{ "/place/tree/a", "/place/tree/link" },
		{ "/place/tree/a/b", "/place/tree/a/link" },
		{ "/place/tree/a/b", "/place/other" },
	};

	for (;;)
		for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
			(void)renameat2(AT_FDCWD, pairs[i][0], AT_FDCWD, pairs[i][1],
					RENAME_EXCHANGE);
}

static int with_renames(void *arg)
{
	(void)arg;
	throwaway_insist();
	EXPECT(make_place() == 0);
	throwaway_write("/valued/d/file", "v");
	EXPECT(symlink("/valued", "/place/other") == 0);
	for (int i = 0; i < 100; i++) {
		struct err e = { 0 };
		pid_t pid;

		throwaway_write("/place/tree/a/b/c/file", "x");
		throwaway_write("/place/tree/a/b/file", "x");
		EXPECT(symlink("/valued", "/place/tree/link") == 0);
		EXPECT(symlink("/valued", "/place/tree/a/link") == 0);
		pid = fork();
		if (pid == 0)
			swap_all_the_time();
		(void)remove_tree(&e);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		EXPECT(access("/valued/file", F_OK) == 0);
		EXPECT(access("/valued/d/file", F_OK) == 0);
		memset(&e, 0, sizeof(e));
		EXPECT_SAYING(remove_tree(&e) == 0, e.text);
		EXPECT(is_gone());
	}
	return 0;
}

static int (*const bodies[])(void *) = { as_user, as_root, with_mounts, with_renames };

START_TEST(test_body)
{
	int r = throwaway_run(0, bodies[_i], NULL);

	if (r < 0)
		fprintf(stderr, "skipped: %s\n", throwaway_reason());
	else
		ck_assert_int_eq(r, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("removal");
	TCase *t = tcase_create("removal");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, test_body, 0, (int)(sizeof(bodies) / sizeof(*bodies)));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
