/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs: mounts against the real kernel, each row in a throw-away
 * root of its own. Devices, masks and the root are in test_root.c, attacks in test_attack.c.
 */
#include "birth.h"
#include "inside.h"
#include "throwaway.h"

#include <check.h>
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/xattr.h>

/* ---- the usual container ------------------------------------------------------------------ */

static int usual_inside(void)
{
	EXPECT(fs_type("/proc") == 0x9fa0 && fs_type("/sys") == 0x62656572);
	EXPECT(fs_type("/dev") == 0x01021994 && fs_type("/dev/pts") == 0x1cd1);
	EXPECT(fs_flags("/sys") & ST_RDONLY && fs_flags("/proc") & ST_NOEXEC);
	EXPECT(strcmp(throwaway_read("/etc/hosts"), "127.0.0.1 me\n") == 0);
	EXPECT(is_device("/dev/null", 1, 3) && is_device("/dev/zero", 1, 5));
	EXPECT(is_device("/dev/full", 1, 7) && is_device("/dev/random", 1, 8));
	EXPECT(is_device("/dev/urandom", 1, 9) && is_device("/dev/tty", 5, 0));
	EXPECT(mode_of("/dev/null") == 0666 && can_write("/dev/null"));
	EXPECT(is_link("/dev/fd", "/proc/self/fd") && is_link("/dev/ptmx", "pts/ptmx"));
	EXPECT(is_link("/dev/stdin", "/proc/self/fd/0"));
	EXPECT(is_link("/dev/stderr", "/proc/self/fd/2"));
	EXPECT(mode_of("/dev/shm") == 01777 && mode_of("/dev/pts/ptmx") == 0666);
	EXPECT(access("/machine-secret", F_OK) < 0 && access("/tmp/b", F_OK) < 0);
	EXPECT(strcmp(throwaway_read("/../machine-secret"), "") == 0);
	EXPECT(umask(022) == 022);
	EXPECT(strstr(mount_line("/"), " / "));
	EXPECT(strstr(mount_line("/dev"), "tmpfs tmpfs"));
	return 0;
}

static int no_old_root(void)
{
	EXPECT(usual_inside() == 0);
	EXPECT(count_mounts() == 8);
	return 0;
}

static int usual_userns(void)
{
	EXPECT(usual_inside() == 0);
	EXPECT(strstr(mount_line("/dev/null"), "/null /dev/null") ||
	       *mount_line("/dev/null"));
	return 0;
}

/* As in a container: a new procfs or sysfs would show more than the one that is there. */
static int outer_masks(void)
{
	return mount("t", "/proc/fs", "tmpfs", MS_RDONLY, NULL) |
	       mount("t", "/sys/kernel", "tmpfs", MS_RDONLY, NULL);
}

static int outer_proc(void)
{
	EXPECT(fs_type("/proc") == 0x9fa0 && fs_type("/proc/fs") == 0x01021994);
	EXPECT(fs_type("/sys") == 0x62656572 && fs_flags("/sys") & ST_RDONLY);
	return 0;
}

static int few_descriptors(void)
{
	struct rlimit limit = { 24, 24 };

	EXPECT(usual_image() == 0);
	return setrlimit(RLIMIT_NOFILE, &limit);
}

/* ---- attributes --------------------------------------------------------------------------- */

#define VOLUME(options)                                                              \
	"[" PROC ",{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"vol\"," \
	"\"options\":[" options "]}]"

static int bind_ro(void)
{
	EXPECT(strcmp(throwaway_read("/data/file"), "v") == 0);
	EXPECT(!can_write("/data/new") && errno == EROFS);
	EXPECT(fs_flags("/data") & ST_NOSUID);
	EXPECT(access("/data/sub/deep", F_OK) < 0); /* not recursive */
	return 0;
}

static int rbind_ro(void)
{
	EXPECT(!can_write("/data/new") && errno == EROFS);
	EXPECT(can_write("/data/sub/new"));
	return 0;
}

static int rbind_rro(void)
{
	EXPECT(!can_write("/data/new") && !can_write("/data/sub/new") && errno == EROFS);
	return 0;
}

static int bind_rro(void)
{
	EXPECT(!can_write("/data/new") && errno == EROFS);
	return 0;
}

static int no_symlinks(void)
{
	EXPECT(*throwaway_read("/data/link") == '\0' && access("/data/link", F_OK) < 0);
	EXPECT(errno == ELOOP);
	return 0;
}

static int noatime(void)
{
	EXPECT(strstr(mount_line("/data"), "noatime") &&
	       strstr(mount_line("/data"), "rw,"));
	return 0;
}

static int is_private(void)
{
	EXPECT(!strstr(mount_line("/data"), "shared:"));
	return 0;
}

static int is_shared(void)
{
	EXPECT(strstr(mount_line("/data"), "shared:"));
	return 0;
}

static int is_unbindable(void)
{
	EXPECT(strstr(mount_line("/data"), "unbindable"));
	return 0;
}

static int remounted(void)
{
	EXPECT(!can_write("/data/new") && errno == EROFS);
	EXPECT(fs_flags("/data") & ST_NOEXEC);
	return 0;
}

static int resized(void)
{
	struct statvfs fs;

	EXPECT(statvfs("/data", &fs) == 0 && fs.f_blocks * fs.f_frsize == 8192);
	return 0;
}

static int sb_words(void)
{
	EXPECT(strstr(mount_line("/data"), "sync"));
	EXPECT(strstr(mount_line("/data"), "lazytime"));
	return 0;
}

/* ---- tmpfs -------------------------------------------------------------------------------------- */

/* A version 2 file capability, CAP_NET_RAW: linux/capability.h, struct vfs_cap_data. */
static const unsigned char file_caps[20] = { 1, 0, 0, 2, 0, 0x20 };
static const char caps_name[] = "security.capability";

static int copyup_image(void)
{
	throwaway_write(IMAGE "/data/file", "f");
	throwaway_write(IMAGE "/data/sub/deep", "d");
	EXPECT(chmod(IMAGE "/data/file", 04755) == 0 && chmod(IMAGE "/data", 0711) == 0);
	EXPECT(chown(IMAGE "/data/sub", 7, 8) == 0);
	EXPECT(setxattr(IMAGE "/data/sub/deep", caps_name, file_caps, sizeof(file_caps),
			0) == 0);
	EXPECT(symlink("/etc/passwd", IMAGE "/data/link") == 0);
	return mkfifo(IMAGE "/data/fifo", 0600);
}

static int copied_up(void)
{
	unsigned char caps[sizeof(file_caps)];
	struct stat st;

	EXPECT(fs_type("/data") == 0x01021994);
	EXPECT(strcmp(throwaway_read("/data/file"), "f") == 0);
	EXPECT(strcmp(throwaway_read("/data/sub/deep"), "d") == 0);
	EXPECT(mode_of("/data/file") == 04755 && mode_of("/data") == 0711);
	EXPECT(is_link("/data/link", "/etc/passwd"));
	EXPECT(stat("/data/fifo", &st) == 0 && S_ISFIFO(st.st_mode));
	EXPECT(stat("/data/sub", &st) == 0 && st.st_uid == 7 && st.st_gid == 8);
	EXPECT(getxattr("/data/sub/deep", caps_name, caps, sizeof(caps)) == 20 &&
	       memcmp(caps, file_caps, sizeof(caps)) == 0);
	EXPECT(can_write("/data/new"));
	return 0;
}

static int image_unchanged(void)
{
	EXPECT(access(IMAGE "/data/new", F_OK) < 0);
	return 0;
}

static int mode_image(void)
{
	return chmod(IMAGE "/data", 0750);
}

static int mode_taken(void)
{
	EXPECT(mode_of("/data") == 0750 && fs_type("/data") == 0x01021994);
	return 0;
}

static int in_tmpfs(void)
{
	EXPECT(strcmp(throwaway_read("/run/a/b"), "v") == 0);
	EXPECT(strcmp(throwaway_read("/run/c"), "v") == 0);
	return 0;
}

static int plain_copyup(void)
{
	throwaway_write(IMAGE "/data/sub/deep", "d");
	return 0;
}

static int plain_copied(void)
{
	EXPECT(strcmp(throwaway_read("/data/sub/deep"), "d") == 0);
	EXPECT(fs_type("/data") == 0x01021994);
	return 0;
}

#define LONG                                                                     \
	"0123456789012345678901234567890123456789012345678901234567890123456789" \
	"0123456789012345678901234567890123456789012345678901234567890123456789"

static int long_path(void)
{
	throwaway_write("/tmp/b/vol/file", "v");
	throwaway_write("/tmp/b/" LONG "/" LONG "/top", "t");
	return 0;
}

static int overlaid(void)
{
	EXPECT(strcmp(throwaway_read("/run/o/top"), "t") == 0);
	EXPECT(strcmp(throwaway_read("/run/o/file"), "v") == 0);
	EXPECT(fs_flags("/run/o") & ST_NOSUID);
	return 0;
}

/* ---- links ----------------------------------------------------------------------------------------- */

static int link_source(void)
{
	throwaway_write("/tmp/b/real", "r");
	return symlink("real", "/tmp/b/alias");
}

static int link_copied(void)
{
	EXPECT(is_link("/data/alias", "real"));
	return 0;
}

static int link_followed(void)
{
	EXPECT(strcmp(throwaway_read("/data/alias"), "r") == 0);
	return 0;
}

/* ---- id-mapped ------------------------------------------------------------------------------------- */

static int owned(void)
{
	throwaway_write("/tmp/b/vol/file", "v");
	return chown("/tmp/b/vol/file", 1000, 1000);
}

static int mapped(void)
{
	struct stat st;

	EXPECT(stat("/data/file", &st) == 0 && st.st_uid == 5000 && st.st_gid == 6000);
	return 0;
}

#define BIND(options) \
	"[{\"destination\":\"/data\",\"source\":\"vol\",\"options\":[" options "]}]"
#define DATA_TMPFS(options)                                                             \
	"[" PROC ",{\"destination\":\"/data\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"," \
	"\"options\":[" options "]}]"

static const struct birth rows[] = {
	{ "usual", USUAL, .prepare = usual_image, .inside = no_old_root },
	{ "usual, user namespace", USUAL, .prepare = usual_image, .inside = usual_userns,
	  .user_ns = true },
	{ "usual, mount(2)", USUAL, .prepare = usual_image, .inside = no_old_root,
	  .legacy = true },
	{ "usual, calls missing", USUAL, .prepare = usual_image, .inside = no_old_root,
	  .filter = ENOSYS },
	{ "usual, calls filtered", USUAL, .prepare = usual_image, .inside = no_old_root,
	  .filter = EPERM },
	{ "usual, calls missing, user namespace", USUAL, .prepare = usual_image,
	  .inside = usual_userns, .filter = ENOSYS, .user_ns = true },
	{ "nested, /proc masked outside", "[" PROC "]", .prepare = outer_masks,
	  .user_ns = true, .error = "mounts[0]: /proc: mount proc: " },
	{ "nested, /proc of the outer one", "[" PROC "," SYS_ "," MQ "]",
	  .prepare = outer_masks, .user_ns = true, .host_proc = true,
	  .inside = outer_proc },
	{ "usual, no pivot", USUAL, .prepare = usual_image, .inside = usual_inside,
	  .no_pivot = true },
	{ "usual, 24 descriptors", USUAL, .prepare = few_descriptors,
	  .inside = no_old_root },
	{ "bind ro", VOLUME("\"bind\",\"ro\",\"nosuid\""), .prepare = volume,
	  .inside = bind_ro },
	{ "bind ro, mount(2)", VOLUME("\"bind\",\"ro\",\"nosuid\""), .prepare = volume,
	  .inside = bind_ro, .legacy = true },
	{ "rbind ro", VOLUME("\"rbind\",\"ro\""), .prepare = volume, .inside = rbind_ro },
	{ "rbind rro", VOLUME("\"rbind\",\"rro\""), .prepare = volume,
	  .inside = rbind_rro },
	{ "bind rro", VOLUME("\"bind\",\"rro\""), .prepare = volume, .inside = bind_rro },
	{ "nosymfollow", VOLUME("\"bind\",\"nosymfollow\""), .prepare = volume,
	  .inside = no_symlinks },
	{ "rnosymfollow", VOLUME("\"rbind\",\"rnosymfollow\""), .prepare = volume,
	  .inside = no_symlinks },
	{ "noatime", VOLUME("\"bind\",\"noatime\""), .prepare = volume,
	  .inside = noatime },
	{ "rnoatime", VOLUME("\"bind\",\"rnoatime\",\"private\""), .prepare = volume,
	  .inside = noatime },
	{ "private", VOLUME("\"bind\",\"rprivate\""), .prepare = volume,
	  .inside = is_private },
	{ "shared", VOLUME("\"rbind\",\"rshared\""), .prepare = volume,
	  .inside = is_shared },
	{ "unbindable", VOLUME("\"bind\",\"unbindable\""), .prepare = volume,
	  .inside = is_unbindable },
	{ "unknown word", BIND("\"bind\",\"foo=1\""), .prepare = volume,
	  .error = "mounts[0]: /data: options[1]: \"foo=1\" is not an option of a bind" },
	{ "missing source",
	  "[{\"destination\":\"/data\",\"source\":\"gone\",\"options\":[\"bind\"]}]",
	  .error = "mounts[0]: /data: source gone" },
	{ "a file on a directory",
	  "[{\"destination\":\"/data\",\"source\":\"hosts\",\"options\":[\"bind\"]}]",
	  .prepare = usual_image,
	  .error = "one of source and destination is a directory" },
	{ "remount",
	  "[{\"destination\":\"/data\",\"source\":\"vol\",\"options\":[\"bind\"]},"
	  "{\"destination\":\"/"
	  "data\",\"options\":[\"remount\",\"bind\",\"ro\",\"noexec\"]}]",
	  .prepare = volume, .inside = remounted },
	{ "remount of nothing",
	  "[{\"destination\":\"/data\",\"options\":[\"remount\",\"ro\"]}]",
	  .error = "mounts[0]: /data: set the attributes" },
	{ "remount with data",
	  "[{\"destination\":\"/data\",\"type\":\"tmpfs\",\"options\":[\"size=1m\"]},"
	  "{\"destination\":\"/data\",\"type\":\"tmpfs\",\"options\":[\"remount\","
	  "\"size=8k\"]}]",
	  .inside = resized },
	{ "words of the superblock",
	  DATA_TMPFS("\"sync\",\"lazytime\",\"iversion\",\"silent\",\"loud\",\"mand\","
		     "\"nomand\",\"defaults\""),
	  .inside = sb_words },
	{ "bad data", DATA_TMPFS("\"size=x\""),
	  .error = "option size=x: kernel says: tmpfs" },
	{ "no such type", "[{\"destination\":\"/data\",\"type\":\"nofs\"}]",
	  .error = "mounts[0]: /data: mount nofs: no such type" },
	{ "tmpcopyup", DATA_TMPFS("\"tmpcopyup\""), .prepare = copyup_image,
	  .inside = copied_up, .after = image_unchanged },
	{ "mode of the directory", DATA_TMPFS("\"nosuid\""), .prepare = mode_image,
	  .inside = mode_taken },
	{ "below a tmpfs",
	  "[{\"destination\":\"/run\",\"type\":\"tmpfs\"},"
	  "{\"destination\":\"/run/a/b\",\"source\":\"vol/file\",\"options\":[\"bind\"]},"
	  "{\"destination\":\"run/c\",\"source\":\"vol/file\",\"options\":[\"bind\"]}]",
	  .prepare = volume, .inside = in_tmpfs },
	{ "an option longer than fsconfig(2) takes",
	  "[" PROC ",{\"destination\":\"/run\",\"type\":\"tmpfs\"},"
	  "{\"destination\":\"/run/o\",\"type\":\"overlay\",\"options\":[\"nosuid\","
	  "\"lowerdir=/tmp/b/" LONG "/" LONG ":/tmp/b/vol\"]}]",
	  .prepare = long_path, .inside = overlaid },
	{ "copy-symlink",
	  "[{\"destination\":\"/data/alias\",\"source\":\"alias\",\"options\":[\"bind\","
	  "\"copy-symlink\"]}]",
	  .prepare = link_source, .inside = link_copied },
	{ "source link followed",
	  "[{\"destination\":\"/data/"
	  "alias\",\"source\":\"alias\",\"options\":[\"bind\"]}]",
	  .prepare = link_source, .inside = link_followed },
	{ "idmap",
	  "[{\"destination\":\"/"
	  "data\",\"source\":\"vol\",\"options\":[\"bind\",\"idmap\"],"
	  "\"uidMappings\":[{\"containerID\":1000,\"hostID\":5000,\"size\":1}],"
	  "\"gidMappings\":[{\"containerID\":1000,\"hostID\":6000,\"size\":1}]}]",
	  .prepare = owned, .inside = mapped },
	{ "idmap of nothing", BIND("\"bind\",\"idmap\""), .prepare = owned,
	  .error = "an id-mapped mount needs uidMappings" },
};

/* More bind mounts than half of the descriptors. */
static int thousand(void *arg)
{
	static char mounts[131072];
	struct birth b = { "a thousand", mounts, .prepare = volume };
	struct rlimit limit = { 600, 600 };
	size_t n = 1;

	(void)arg;
	mounts[0] = '[';
	for (int i = 0; i < 1000; i++)
		n += (size_t)snprintf(
			mounts + n, sizeof(mounts) - n,
			"{\"destination\":\"/tmp/%d\",\"source\":\"vol/file\","
			"\"options\":[\"bind\",\"ro\"]}%s",
			i, i < 999 ? "," : "]");
	throwaway_insist();
	EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	return birth_run(&b);
}

START_TEST(many)
{
	int r = throwaway_run(0, thousand, NULL);

	ck_assert_msg(r <= 0, "status %d", r);
}
END_TEST

static int one(void *arg)
{
	return birth_run(&rows[*(int *)arg]);
}

START_TEST(mounts)
{
	int r = throwaway_run(0, one, &_i);

	if (r < 0)
		fprintf(stderr, "skipped: %s\n", throwaway_reason());
	else
		ck_assert_msg(r == 0, "%s: status %d", rows[_i].name, r);
}
END_TEST

/* ---- without privileges: all in a user namespace of a plain user --------------------------- */

static const struct birth plain_rows[] = {
	{ "usual", USUAL, .prepare = usual_image, .inside = usual_userns,
	  .unprivileged = true },
	{ "usual, mount(2)", USUAL, .prepare = usual_image, .inside = usual_userns,
	  .unprivileged = true, .legacy = true },
	{ "tmpcopyup", DATA_TMPFS("\"tmpcopyup\""), .prepare = plain_copyup,
	  .inside = plain_copied, .unprivileged = true },
	{ "bind rro", VOLUME("\"rbind\",\"rro\""), .prepare = volume, .inside = rbind_rro,
	  .unprivileged = true },
	{ "idmap of what is not ours",
	  "[{\"destination\":\"/data\",\"source\":\"/"
	  "sys\",\"options\":[\"rbind\",\"idmap\"],"
	  "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],"
	  "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]}]",
	  .unprivileged = true, .error = "mounts[0]: /data: " },
};

static int plain_one(void *arg)
{
	return birth_run(&plain_rows[*(int *)arg]);
}

START_TEST(plain_mounts)
{
	int r;

	/* the test's own process: check has forked for it */
	if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
	    setresuid(65534, 65534, 65534) < 0)
		return;
	prctl(PR_SET_DUMPABLE, 1); /* the parent writes the map through /proc */
	r = throwaway_run(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC, plain_one, &_i);
	if (r < 0)
		fprintf(stderr, "skipped: %s\n", throwaway_reason());
	else
		ck_assert_msg(r == 0, "%s: status %d", plain_rows[_i].name, r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mount");
	TCase *t = tcase_create("mount");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, mounts, 0, (int)ARRAY_SIZE(rows));
	tcase_add_test(t, many);
	tcase_add_loop_test(t, plain_mounts, 0, (int)ARRAY_SIZE(plain_rows));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
