/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Labelling trees, in a throw-away root, as root: without SELinux the kernel keeps
 * security.selinux as it is written. Order; links, mounts, depth; a second pass that has nothing
 * to do. What may not be labelled: test_refused.c.
 */
#include "kernel/mountfd.h"
#include "sec/relabel.h"

#include "labelled.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static const char label[] = "system_u:object_r:container_file_t:s0:c1,c2";
static struct relabel_count count;
static struct err e;

static int run(const char *path, struct relabel_job job)
{
	int fd = open(path, O_PATH | O_CLOEXEC), rc;

	if (!job.label)
		job.label = label;
	job.fd = fd;
	job.uid = geteuid();
	e = (struct err){ 0 };
	rc = relabel_tree(&job, &count, &e);
	close(fd);
	return rc;
}

static bool has_label(const char *path)
{
	char value[128];
	ssize_t n = lgetxattr(path, "security.selinux", value, sizeof(value));

	return n == (ssize_t)sizeof(label) && memcmp(value, label, sizeof(label)) == 0;
}

/* ---- the walk ------------------------------------------------------------------------------ */

/* A directory has its label when all that is in it has. */
static int top_is_last(void *arg, struct err *err)
{
	static const char *const inner[] = { "/tmp/t", "/tmp/t/a", "/tmp/t/a/b",
					     "/tmp/t/a/b/c", "/tmp/t/a/b/c/f" };

	(void)arg;
	for (size_t i = 0; i + 1 < sizeof(inner) / sizeof(inner[0]); i++)
		if (has_label(inner[i]) && !has_label(inner[i + 1]))
			return err_set(err, "%s had it before %s", inner[i],
				       inner[i + 1]);
	return has_label("/tmp/t") ? err_set(err, "the top had it before the end") : 0;
}

static int all_kinds(void *arg)
{
	(void)arg;
	throwaway_write("/tmp/t/a/b/c/f", "");
	throwaway_write("/tmp/t/g", "");
	throwaway_write("/tmp/outside", "");
	EXPECT(symlink("/tmp/outside", "/tmp/t/a/link") == 0);
	EXPECT(symlink("/tmp", "/tmp/t/up") == 0);
	EXPECT(mkfifo("/tmp/t/fifo", 0600) == 0);
	EXPECT(mknod("/tmp/t/sock", S_IFSOCK | 0600, 0) == 0);
	EXPECT(chmod("/tmp/t/a/b", 0) == 0);
	EXPECT_SAYING(run("/tmp/t",
			  (struct relabel_job){ .check = top_is_last, .every = 1 }) == 0,
		      e.text);
	EXPECT(count.seen == 10 && count.set == 10);
	EXPECT(has_label("/tmp/t") && has_label("/tmp/t/a/b/c/f") &&
	       has_label("/tmp/t/g"));
	EXPECT(has_label("/tmp/t/a/link") && has_label("/tmp/t/fifo") &&
	       has_label("/tmp/t/sock"));
	EXPECT(!has_label("/tmp/outside") && !has_label("/tmp"));
	/* nothing to do; and one that was added */
	EXPECT(run("/tmp/t", (struct relabel_job){ 0 }) == 0);
	EXPECT(count.seen == 10 && count.set == 0);
	throwaway_write("/tmp/t/a/new", "");
	EXPECT(run("/tmp/t", (struct relabel_job){ 0 }) == 0 && count.set == 1);
	/* a file by itself */
	EXPECT(run("/tmp/outside", (struct relabel_job){ 0 }) == 0 && count.set == 1);
	EXPECT(has_label("/tmp/outside"));
	return 0;
}

/* A clone that is mounted nowhere has no path of its own. */
static int detached(void)
{
	struct relabel_job job = { .label = label, .place = "/the/place" };

	job.fd = mountfd_clone(AT_FDCWD, "/tmp/t/ro", false, 0);
	EXPECT(job.fd >= 0);
	e = (struct err){ 0 };
	EXPECT(relabel_tree(&job, &count, &e) < 0);
	EXPECT_SAYING(strstr(e.text, "label /the/place/h with"), e.text);
	close(job.fd);
	return 0;
}

static int mounts(void *arg)
{
	(void)arg;
	throwaway_write("/tmp/t/f", "");
	throwaway_write("/tmp/t/file", "");
	throwaway_write("/tmp/other", "");
	mkdir("/tmp/t/sub", 0755);
	mkdir("/tmp/t/proc", 0755);
	mkdir("/tmp/t/ro", 0755);
	EXPECT(mount("x", "/tmp/t/sub", "tmpfs", 0, NULL) == 0);
	EXPECT(mount("proc", "/tmp/t/proc", "proc", 0, NULL) == 0);
	EXPECT(mount("/tmp/other", "/tmp/t/file", NULL, MS_BIND, NULL) == 0);
	throwaway_write("/tmp/t/sub/g", "");
	EXPECT(run("/tmp/t", (struct relabel_job){ 0 }) == 0);
	EXPECT(has_label("/tmp/t/f") && !has_label("/tmp/t/sub/g") &&
	       !has_label("/tmp/t/sub"));
	EXPECT(!has_label("/tmp/other"));
	EXPECT_SAYING(run("/tmp/t", (struct relabel_job){ .cross = true }) == 0, e.text);
	EXPECT(has_label("/tmp/t/sub/g") && has_label("/tmp/t/sub") &&
	       has_label("/tmp/other"));
	/* the kernel's own are nobody's to label */
	EXPECT(run("/tmp/t/proc", (struct relabel_job){ 0 }) == 0 &&
	       count.unsupported == 1);
	/* read-only: an error that names the path, unless all is as it should be */
	EXPECT(mount("x", "/tmp/t/ro", "tmpfs", 0, NULL) == 0);
	throwaway_write("/tmp/t/ro/h", "");
	EXPECT(mount(NULL, "/tmp/t/ro", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	EXPECT(run("/tmp/t", (struct relabel_job){ .cross = true }) < 0);
	EXPECT_SAYING(strcmp(e.text, "label /tmp/t/ro/h with "
				     "system_u:object_r:container_file_t:s0:c1,c2: "
				     "Read-only file system") == 0,
		      e.text);
	return detached();
}

static int hard_links(void *arg)
{
	(void)arg;
	throwaway_write("/tmp/secret", "");
	throwaway_write("/tmp/theirs", "");
	throwaway_write("/tmp/mine", "");
	EXPECT(chown("/tmp/theirs", 1000, 1000) == 0);
	mkdir("/tmp/t", 0755);
	mkdir("/tmp/t/home", 0755);
	mkdir("/tmp/t/open", 0755);
	EXPECT(chown("/tmp/t/home", 1000, 1000) == 0);
	EXPECT(chmod("/tmp/t/open", 0777) == 0);
	EXPECT(link("/tmp/secret", "/tmp/t/home/secret") == 0);
	EXPECT(link("/tmp/theirs", "/tmp/t/home/theirs") == 0);
	EXPECT(link("/tmp/secret", "/tmp/t/open/secret") == 0);
	EXPECT(link("/tmp/mine", "/tmp/t/mine") == 0);
	EXPECT(run("/tmp/t", (struct relabel_job){ 0 }) == 0);
	EXPECT(!has_label("/tmp/secret")); /* a stranger may have made these two */
	EXPECT(count.links == 2 && strstr(count.link, "/secret"));
	EXPECT(has_label("/tmp/theirs")); /* he may label it himself */
	EXPECT(has_label("/tmp/mine"));
	return 0;
}

static size_t open_files(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static size_t most;

static int watch_files(void *arg, struct err *err)
{
	size_t n = open_files();

	(void)arg;
	(void)err;
	if (n > most)
		most = n;
	return 0;
}

enum { DEEP = 3000 };

static int deep(void *arg)
{
	size_t before = open_files();
	int at;

	(void)arg;
	mkdir("/tmp/t", 0755);
	at = open("/tmp/t", O_PATH | O_CLOEXEC);
	for (int i = 0; i < DEEP; i++) {
		int next;

		/* siblings on both sides of the way down */
		EXPECT(mkdirat(at, "a", 0755) == 0 && mkdirat(at, "z", 0755) == 0);
		EXPECT(mkdirat(at, "m", 0755) == 0);
		next = openat(at, "m", O_PATH | O_CLOEXEC);
		close(at);
		at = next;
	}
	close(at);
	EXPECT_SAYING(run("/tmp/t", (struct relabel_job){ .check = watch_files,
							  .every = 100 }) == 0,
		      e.text);
	EXPECT(count.seen == 3 * DEEP + 1 && count.set == count.seen);
	EXPECT(most <= before + RELABEL_OPEN + 4);
	EXPECT(open_files() == before);
	EXPECT(run("/tmp/t", (struct relabel_job){ 0 }) == 0 && count.set == 0);
	return 0;
}

/* Many directories in one: each is come back from, with the rest of the list still there. */
static int wide(void *arg)
{
	char path[64];

	(void)arg;
	mkdir("/tmp/t", 0755);
	for (int i = 0; i < 5000; i++) {
		snprintf(path, sizeof(path), "/tmp/t/a-rather-long-name-of-%d", i);
		EXPECT(mkdir(path, 0755) == 0);
	}
	EXPECT(run("/tmp/t", (struct relabel_job){ 0 }) == 0);
	EXPECT(count.seen == 5001 && count.set == 5001);
	EXPECT(run("/tmp/t", (struct relabel_job){ 0 }) == 0 && count.set == 0);
	return 0;
}

/* What is gone when its turn comes, or has become something else. */
static int vanish(void *arg, struct err *err)
{
	(void)err;
	if (++*(int *)arg != 2) /* the names are read by now */
		return 0;
	unlink("/tmp/t/file");
	rmdir("/tmp/t/dir");
	unlink("/tmp/t/turns");
	mkdir("/tmp/t/turns", 0755);
	rmdir("/tmp/t/link");
	return symlink("/tmp/outside", "/tmp/t/link");
}

static int vanishing(void *arg)
{
	int n = 0;

	(void)arg;
	throwaway_write("/tmp/outside/f", "");
	throwaway_write("/tmp/t/file", "");
	throwaway_write("/tmp/t/turns", "");
	throwaway_write("/tmp/t/stays", "");
	EXPECT(mkdir("/tmp/t/dir", 0755) == 0 && mkdir("/tmp/t/link", 0755) == 0);
	EXPECT_SAYING(
		run("/tmp/t",
		    (struct relabel_job){ .check = vanish, .arg = &n, .every = 1 }) == 0,
		e.text);
	EXPECT(has_label("/tmp/t") && has_label("/tmp/t/stays"));
	EXPECT(!has_label("/tmp/outside") && !has_label("/tmp/outside/f"));
	EXPECT(run("/tmp/t", (struct relabel_job){ 0 }) == 0 && count.seen == 4);
	EXPECT(has_label("/tmp/t/turns") && has_label("/tmp/t/link"));
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A hundred thousand files, twice: the second time nothing is set. */
enum { FILES = 100000, FOLDER = 1000 };

static int big(void *arg)
{
	double start, first, second;
	char path[64];

	(void)arg;
	mkdir("/tmp/t", 0755);
	EXPECT(mount("x", "/tmp/t", "tmpfs", 0, "nr_inodes=0,size=100%") == 0);
	for (int i = 0; i < FILES; i++) {
		int fd;

		snprintf(path, sizeof(path), "/tmp/t/%d", i / FOLDER);
		EXPECT(i % FOLDER || mkdir(path, 0755) == 0);
		snprintf(path, sizeof(path), "/tmp/t/%d/%d", i / FOLDER, i);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		EXPECT(fd >= 0);
		close(fd);
	}
	start = now();
	EXPECT_SAYING(run("/tmp/t", (struct relabel_job){ 0 }) == 0, e.text);
	first = now() - start;
	EXPECT(count.seen == FILES + FILES / FOLDER + 1 && count.set == count.seen);
	start = now();
	EXPECT(run("/tmp/t", (struct relabel_job){ 0 }) == 0);
	second = now() - start;
	EXPECT(count.seen == FILES + FILES / FOLDER + 1 && count.set == 0);
	fprintf(stderr, "%d files: %.2f s, again: %.2f s\n", FILES, first, second);
	return 0;
}

static int stop_it(void *arg, struct err *err)
{
	return ++*(int *)arg == 3 ? err_set(err, "enough") : 0;
}

static int stopped(void *arg)
{
	int n = 0;

	(void)arg;
	throwaway_write("/tmp/t/a", "");
	throwaway_write("/tmp/t/b/c", "");
	EXPECT(run("/tmp/t",
		   (struct relabel_job){ .check = stop_it, .arg = &n, .every = 1 }) < 0);
	EXPECT(strcmp(e.text, "enough") == 0 && !has_label("/tmp/t"));
	return 0;
}

/* Without the capability, as a plain user on a machine without SELinux. */
static int denied(void *arg)
{
	(void)arg;
	throwaway_write("/tmp/t/a", "");
	throwaway_write("/tmp/t/b", "");
	EXPECT(setresuid(1000, 1000, 1000) == 0);
	EXPECT(run("/tmp/t", (struct relabel_job){ .lenient = true }) == 0);
	EXPECT(count.denied == 3 && count.set == 0);
	EXPECT(run("/tmp/t", (struct relabel_job){ 0 }) < 0);
	EXPECT_SAYING(e.code == EPERM && strstr(e.text, "label /tmp/t/"), e.text);
	EXPECT(strstr(e.hint, "owner"));
	return 0;
}

static const struct labelled bodies[] = {
	{ "all kinds", all_kinds },
	{ "mounts", mounts },
	{ "hard links", hard_links },
	{ "deep", deep },
	{ "wide", wide },
	{ "vanishing", vanishing },
	{ "a hundred thousand", big },
	{ "stopped", stopped },
	{ "denied", denied },
};

START_TEST(body)
{
	labelled_run(&bodies[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("relabel");
	TCase *t = tcase_create("relabel");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, body, 0, (int)(sizeof(bodies) / sizeof(bodies[0])));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
