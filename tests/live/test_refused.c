/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories of the machine that keep their labels, whatever they are called and wherever they
 * are mounted besides; in a throw-away root, as root.
 */
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

/* ---- what is refused ---------------------------------------------------------------------- */

static int machine(void)
{
	const char *const dirs[] = { "/usr",
				     "/usr/bin",
				     "/usr/share",
				     "/usr/share/x",
				     "/etc",
				     "/etc/x",
				     "/home",
				     "/data",
				     "/data/home",
				     "/data/home/bob",
				     "/data/home/bob/src",
				     "/var",
				     "/var/lib",
				     "/var/lib/x",
				     "/tmp/v",
				     "/tmp/me",
				     "/tmp/me/v",
				     "/srv",
				     "/srv/x",
				     "/sudo",
				     "/sudo/x" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		EXPECT_SAYING(mkdir(dirs[i], 0755) == 0 || errno == EEXIST, dirs[i]);
	throwaway_write("/etc/passwd", "root:x:0:0::/tmp/me:/bin/sh\n"
				       "daemon:x:2:2::/var/lib/x:/bin/false\n"
				       "bob:x:1000:1000::/data/home/bob:/bin/sh\n"
				       "sudoer:x:900:900::/sudo:/bin/sh\nodd:x\n\n");
	throwaway_write("/etc/shadow", "root:*:\n");
	EXPECT(symlink("usr/bin", "/bin") == 0);
	EXPECT(symlink("/usr", "/tmp/link") == 0);
	EXPECT(symlink("/etc/shadow", "/tmp/v/shadow") == 0);
	EXPECT(link("/etc/shadow", "/tmp/me/shadow") == 0);
	return 0;
}

static const struct {
	const char *path;
	bool refused;
} places[] = {
	{ "/", true },
	{ "//", true },
	{ "/usr", true },
	{ "/usr/.", true },
	{ "/usr/bin/..", true },
	{ "/tmp/link", true },
	{ "/tmp/link/", true },
	{ "/tmp/v/../../usr", true },
	{ "/bin", true },
	{ "/usr/bin", true },
	{ "/proc/self/root/usr", true },
	{ "/usr/share/x", false },
	{ "/etc", true },
	{ "/etc/x", false },
	{ "/etc/passwd", true },
	{ "/tmp/v/shadow", true },
	{ "/tmp/me/shadow", true },
	{ "/var/lib", true },
	{ "/var/lib/x", false }, /* the home of a system user */
	{ "/data/home/bob", true },
	{ "/data/home/bob/src", false },
	{ "/data/home", true },
	{ "/data", true },
	{ "/tmp", true },
	{ "/tmp/me", true }, /* the caller's, by passwd */
	{ "/tmp/me/v", false },
	{ "/srv/x", true }, /* the caller's, by $HOME */
	{ "/sudo", true },
	{ "/sudo/x", false },
	{ "/tmp/bound", true }, /* /usr by another path */
	{ "/proc", true },
};

static int refuse(void *arg)
{
	struct relabel_refused list;

	(void)arg;
	EXPECT(machine() == 0);
	mkdir("/tmp/bound", 0755);
	EXPECT(mount("/usr", "/tmp/bound", NULL, MS_BIND, NULL) == 0);
	relabel_refused_read("/srv/x", "900", &list);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		bool refused =
			run(places[i].path, (struct relabel_job){ .refused = &list }) < 0;

		EXPECT_SAYING(refused == places[i].refused, places[i].path);
		EXPECT_SAYING(!refused || strstr(e.text, "is not allowed"), e.text);
		EXPECT_SAYING(!refused || !count.set, places[i].path);
	}
	EXPECT_SAYING(!has_label("/etc/shadow"), "/etc/shadow");
	/* on the way: a mount of /usr in a tree is found before anything in it is touched */
	throwaway_write("/tmp/me/w/in/f", "");
	EXPECT(mount("/usr", "/tmp/me/w/in", NULL, MS_BIND, NULL) == 0);
	EXPECT(run("/tmp/me/w", (struct relabel_job){ .refused = &list, .cross = true }) <
	       0);
	EXPECT_SAYING(strstr(e.text, "/tmp/me/w/in is not allowed"), e.text);
	EXPECT(!has_label("/usr/share") && !has_label("/tmp/me/w"));
	EXPECT(run("/tmp/me/w", (struct relabel_job){ .refused = &list }) == 0);
	EXPECT(!has_label("/usr/share") && has_label("/tmp/me/w"));
	free(list.v);
	return 0;
}

/* Every one of them, however it is written. */
static const char *const kept[] = {
	"/",	    "/bin",	   "/boot",	 "/dev",       "/etc",	    "/etc/passwd",
	"/etc/pki", "/etc/shadow", "/home",	 "/lib",       "/lib32",    "/lib64",
	"/libx32",  "/media",	   "/mnt",	 "/opt",       "/proc",	    "/root",
	"/run",	    "/sbin",	   "/srv",	 "/sys",       "/tmp",	    "/usr",
	"/usr/bin", "/usr/lib",	   "/usr/lib64", "/usr/local", "/usr/sbin", "/usr/share",
	"/var",	    "/var/lib",	   "/var/log",	 "/var/tmp",
};

/* P: the path, D: its directory, N: its last name */
static const char *const spellings[] = {
	"P",
	"/P",
	"P/",
	"P/.",
	"P//./",
	"D./N",
	"D//N",
	"/q/../P",
	"..P",
	"../../../..P",
	"/q/deep/../..P",
	"./../P",
	"/q/link",
	"/q/link/",
	"/q/relative",
	"/q/twice",
	"/q/bound",
	"/q/bound/.",
	"/q/again",
	"link",
	"./bound",
	"/proc/self/rootP",
	"/proc/self/cwd/../..P",
};

static void write_out(const char *spelling, const char *path, char *to)
{
	const char *name = strrchr(path, '/') + 1;

	*to = '\0';
	for (; *spelling; spelling++) {
		if (*spelling == 'P')
			strcat(to, path);
		else if (*spelling == 'D')
			strncat(to, path, (size_t)(name - path));
		else if (*spelling == 'N')
			strcat(to, name);
		else
			strncat(to, spelling, 1);
	}
}

static int spell(const struct relabel_refused *list, const char *path)
{
	char text[256];
	struct stat st;

	EXPECT(stat(path, &st) == 0);
	snprintf(text, sizeof(text), "..%s", path);
	EXPECT(symlink(path, "/q/link") == 0 && symlink(text, "/q/relative") == 0);
	EXPECT(symlink("link", "/q/twice") == 0);
	throwaway_write("/q/bound-file", "");
	EXPECT(symlink(S_ISDIR(st.st_mode) ? "bound-dir" : "bound-file", "/q/bound") ==
	       0);
	EXPECT(mount(path, "/q/bound", NULL, MS_BIND, NULL) == 0);
	EXPECT(mount("/q/bound", "/q/bound", NULL, MS_BIND, NULL) == 0);
	EXPECT(symlink("/proc/self/root/q/bound", "/q/again") == 0);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		size_t n;

		write_out(spellings[i], path, text);
		n = strlen(text);
		if (!S_ISDIR(st.st_mode) && (text[n - 1] == '/' || text[n - 1] == '.'))
			continue; /* a file has no such names */
		EXPECT_SAYING(run(text, (struct relabel_job){ .refused = list }) < 0,
			      text);
		EXPECT_SAYING(strstr(e.text, "SELinux relabeling of /"), e.text);
		EXPECT_SAYING(strstr(e.text, " is not allowed"), e.text);
		EXPECT_SAYING(!count.seen && !count.set, text);
	}
	EXPECT(umount2("/q/bound", MNT_DETACH) == 0 &&
	       umount2("/q/bound", MNT_DETACH) == 0);
	EXPECT(!unlink("/q/link") && !unlink("/q/relative") && !unlink("/q/twice") &&
	       !unlink("/q/again") && !unlink("/q/bound"));
	return 0;
}

static int every_spelling(void *arg)
{
	struct relabel_refused list;

	(void)arg;
	mkdir("/q", 0755);
	mkdir("/q/deep", 0755);
	mkdir("/q/bound-dir", 0755);
	throwaway_write("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
	throwaway_write("/etc/shadow", "root:*:\n");
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		EXPECT_SAYING(mkdir(kept[i], 0755) == 0 || errno == EEXIST, kept[i]);
	EXPECT(chdir("/q") == 0);
	relabel_refused_read(NULL, NULL, &list);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		EXPECT_SAYING(spell(&list, kept[i]) == 0, kept[i]);
		EXPECT_SAYING(!has_label(kept[i]), kept[i]);
	}
	EXPECT(run("/q", (struct relabel_job){ .refused = &list }) == 0);
	free(list.v);
	return 0;
}

static const struct labelled bodies[] = {
	{ "refused", refuse },
	{ "every spelling", every_spelling },
};

START_TEST(body)
{
	labelled_run(&bodies[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("refused");
	TCase *t = tcase_create("refused");
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
