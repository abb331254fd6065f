/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs: devices, console, masks and the root, each row against the real kernel in a throw-away
 * root of its own. What attacks paths is in test_attack.c.
 */
#include "birth.h"
#include "inside.h"
#include "throwaway.h"

#include <check.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* ---- devices -------------------------------------------------------------------------------------- */

static int devices(void)
{
	struct stat st;

	EXPECT(stat("/dev/fifo", &st) == 0 && S_ISFIFO(st.st_mode) && st.st_uid == 3);
	EXPECT(mode_of("/dev/fifo") == 0620);
	EXPECT(is_device("/dev/sub/kmsg", 1, 11) && mode_of("/dev/sub/kmsg") == 0600);
	EXPECT(stat("/dev/sub/kmsg", &st) == 0 && st.st_gid == 4);
	EXPECT(stat("/dev/loop7", &st) == 0 && S_ISBLK(st.st_mode));
	EXPECT(mode_of("/dev/null") == 0600);
	return 0;
}

static int null_exists(void)
{
	return mknod(IMAGE "/dev/null", S_IFCHR | 0644, makedev(1, 3));
}

static int null_kept(void)
{
	EXPECT(is_device("/dev/null", 1, 3) && mode_of("/dev/null") == 0644);
	return 0;
}

static int null_is_zero(void)
{
	return mknod(IMAGE "/dev/null", S_IFCHR | 0644, makedev(1, 5));
}

static int null_is_file(void)
{
	throwaway_write(IMAGE "/dev/null", "no");
	return 0;
}

static int own_dev(void)
{
	EXPECT(strcmp(throwaway_read("/dev/file"), "v") == 0);
	EXPECT(access("/dev/null", F_OK) < 0 && access("/dev/ptmx", F_OK) < 0);
	return 0;
}

static int console(void)
{
	struct stat st;

	EXPECT(stat("/dev/console", &st) == 0 && S_ISCHR(st.st_mode));
	EXPECT(major(st.st_rdev) == 136);
	return 0;
}

/* ---- masks ----------------------------------------------------------------------------------------- */

static int mask_image(void)
{
	throwaway_write(IMAGE "/data/file", "secret");
	throwaway_write(IMAGE "/data/dir/file", "secret");
	throwaway_write(IMAGE "/data/dir2/file", "secret");
	throwaway_write(IMAGE "/data/ro/file", "old");
	return symlink("/data/file", IMAGE "/data/link");
}

static int masked(void)
{
	EXPECT(is_device("/data/file", 1, 3) && *throwaway_read("/data/file") == '\0');
	EXPECT(access("/data/dir/file", F_OK) < 0 && access("/data/dir2/file", F_OK) < 0);
	EXPECT(!can_write("/data/dir/new") && errno == EROFS);
	EXPECT(!can_write("/data/ro/file") && errno == EROFS);
	EXPECT(access("/data/missing", F_OK) < 0);
	EXPECT(!can_write("/proc/sys/kernel/domainname"));
	return 0;
}

#define MASKS                                                                       \
	",\"maskedPaths\":[\"/data/file\",\"/data/dir\",\"/data/dir2\",\"/data/"    \
	"missing\","                                                                \
	"\"/data/file\",\"/data/file/x\"],\"readonlyPaths\":[\"/data/ro\",\"/proc/" \
	"sys\","                                                                    \
	"\"/data/none\"]"

static int masked_link(void)
{
	EXPECT(is_device("/data/file", 1, 3) && *throwaway_read("/data/file") == '\0');
	return 0;
}

/* ---- the root -------------------------------------------------------------------------------------- */

static int root_ro(void)
{
	EXPECT(!can_write("/new") && errno == EROFS);
	EXPECT(can_write("/dev/new"));
	return 0;
}

static int root_shared(void)
{
	EXPECT(strstr(mount_line("/"), "shared:"));
	return 0;
}

static int mounts_before;

static int share_machine(void)
{
	mounts_before = count_mounts();
	return mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL);
}

/* The machine has what it had: nothing came, and nothing was unmounted. */
static int nothing_leaked(void)
{
	EXPECT(fs_type("/proc") == 0x9fa0 && fs_type("/sys") == 0x62656572);
	EXPECT(is_device("/dev/null", 1, 3) && is_device("/dev/tty", 5, 0));
	EXPECT(count_mounts() == mounts_before);
	EXPECT(!strstr(throwaway_read("/proc/self/mountinfo"), "rootfs/"));
	EXPECT(access("/dev/fd", F_OK) < 0);
	return 0;
}

static int just_count(void)
{
	mounts_before = count_mounts();
	return 0;
}

/* What is left below is covered: the container's /proc is the only one. */
static int no_machine(void)
{
	int n = 0;

	for (const char *p = throwaway_read("/proc/self/mountinfo"); *p; p++)
		n += strncmp(p, " - proc ", 8) == 0;
	EXPECT(n == 1);
	EXPECT(fs_type("/proc") == 0x9fa0);
	return 0;
}

/* What a container does in what it has bound of the machine is its own. */
static int mount_below(void)
{
	EXPECT(access("/data/proc/self/stat", F_OK) == 0);
	EXPECT(mount("t", "/data/tmp", "tmpfs", 0, NULL) == 0);
	EXPECT(mount("t", "/data/proc/fs", "tmpfs", 0, NULL) == 0);
	EXPECT(mount("/data", "/tmp", NULL, MS_BIND | MS_REC, NULL) == 0);
	return 0;
}

static int is_masked_inside(void)
{
	EXPECT(fs_type("/proc") == 0x9fa0 && fs_type("/proc/fs") == 0x01021994);
	EXPECT(fs_flags("/") & ST_RDONLY && fs_flags("/proc/sys") & ST_RDONLY);
	EXPECT(is_device("/dev/null", 1, 3) && is_link("/dev/fd", "/proc/self/fd"));
	EXPECT(strstr(mount_line("/"), " / "));
	EXPECT(access("/machine-secret", F_OK) < 0 && access("/tmp/b", F_OK) < 0);
	return 0;
}

#define INHERITED_MOUNTS "[" PROC "," DEV "]"
#define INHERITED_PATHS                                                              \
	",\"maskedPaths\":[\"/proc/fs\",\"/proc/keys\"],\"readonlyPaths\":[\"/proc/" \
	"sys\"]"
/* all of the machine, with all its mounts */
#define INHERITED_BIND                                                           \
	"[" PROC "," DEV                                                         \
	",{\"destination\":\"/data\",\"source\":\"/\",\"options\":[\"rbind\"]}," \
	"{\"destination\":\"/run\",\"source\":\"/"                               \
	"proc\",\"options\":[\"bind\",\"shared\"]}]"

static int new_root(void)
{
	throwaway_write("/tmp/b/vol/proc/x", "");
	throwaway_write("/tmp/b/vol/dev/x", "");
	throwaway_write("/tmp/b/vol/file", "v");
	return 0;
}

static int is_new_root(void)
{
	EXPECT(strcmp(throwaway_read("/file"), "v") == 0 && fs_type("/proc") == 0x9fa0);
	return 0;
}

static const struct birth rows[] = {
	{ "devices", "[" DEV "]",
	  ",\"devices\":[{\"path\":\"/dev/"
	  "fifo\",\"type\":\"p\",\"fileMode\":400,\"uid\":3},"
	  "{\"path\":\"/dev/sub/kmsg\",\"type\":\"c\",\"major\":1,\"minor\":11,"
	  "\"fileMode\":384,\"gid\":4},"
	  "{\"path\":\"/dev/loop7\",\"type\":\"b\",\"major\":7,\"minor\":7},"
	  "{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":3,"
	  "\"fileMode\":384}]",
	  .inside = devices },
	{ "device exists", NULL, .prepare = null_exists, .inside = null_kept },
	{ "device is another", NULL, .prepare = null_is_zero,
	  .error = "/dev/null: it exists and is not the character device 1:3" },
	{ "device is a file", NULL, .prepare = null_is_file,
	  .error = "/dev/null: it exists and is not the character device 1:3" },
	{ "device is a file, user namespace", NULL, .prepare = null_is_file,
	  .error = "/dev/null: it exists and is not the character device 1:3",
	  .user_ns = true },
	{ "device unknown outside", "[" DEV "]",
	  ",\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1,\"minor\":11}]",
	  .error = "linux.devices[0]: /dev/x: device 1:11 cannot be made here",
	  .user_ns = true },
	{ "own /dev",
	  "[{\"destination\":\"/dev\",\"source\":\"vol\",\"options\":[\"rbind\"]}]",
	  .prepare = volume, .inside = own_dev },
	{ "console", USUAL, .prepare = usual_image, .inside = console, .console = true },
	{ "masks", "[" PROC "," DEV "]", MASKS, .prepare = mask_image, .inside = masked },
	{ "masks, user namespace", "[" PROC "," DEV "]", MASKS, .prepare = mask_image,
	  .inside = masked, .user_ns = true },
	{ "masks, mount(2)", "[" PROC "," DEV "]", MASKS, .prepare = mask_image,
	  .inside = masked, .legacy = true },
	{ "mask of a link", "[" DEV "]", ",\"maskedPaths\":[\"/data/link\"]",
	  .prepare = mask_image, .inside = masked_link },
	{ "read-only root", "[" DEV "]", .root = ",\"readonly\":true",
	  .inside = root_ro },
	{ "shared root", "[" PROC "," DEV "]", ",\"rootfsPropagation\":\"rshared\"",
	  .prepare = share_machine, .inside = root_shared, .after = nothing_leaked },
	{ "shared root, not recursive", "[" PROC "," DEV "]",
	  ",\"rootfsPropagation\":\"shared\"", .prepare = share_machine,
	  .inside = root_shared, .after = nothing_leaked },
	{ "shared root, mount(2)", "[" PROC "," DEV "]",
	  ",\"rootfsPropagation\":\"rshared\"", .prepare = share_machine,
	  .inside = root_shared, .after = nothing_leaked, .legacy = true },
	{ "shared root, no pivot", "[" PROC "," DEV "]",
	  ",\"rootfsPropagation\":\"rshared\"", .prepare = share_machine,
	  .inside = root_shared, .after = nothing_leaked, .no_pivot = true },
	{ "slave of a shared machine", "[" PROC "," DEV "]",
	  ",\"rootfsPropagation\":\"slave\"", .prepare = share_machine,
	  .after = nothing_leaked },
	{ "unbindable", "[" PROC "," DEV "]", ",\"rootfsPropagation\":\"unbindable\"",
	  .prepare = share_machine, .after = nothing_leaked },
	{ "no pivot, user namespace", "[" PROC "," DEV "]", .prepare = just_count,
	  .inside = no_machine, .after = nothing_leaked, .no_pivot = true,
	  .user_ns = true },
	{ "no pivot on a shared machine", "[" PROC "," DEV "]", .prepare = share_machine,
	  .after = nothing_leaked, .no_pivot = true },
	{ "private machine", "[" PROC "," DEV "]", .prepare = just_count,
	  .after = nothing_leaked },
	{ "shared machine", USUAL, .prepare = share_machine, .after = nothing_leaked,
	  .error = "source hosts" },
	{ "another root",
	  "[{\"destination\":\"/\",\"source\":\"vol\",\"options\":[\"rbind\"]}," PROC "]",
	  .prepare = new_root, .inside = is_new_root },
	{ "inherited mount namespace", INHERITED_MOUNTS, .no_mount_ns = true,
	  .linux = INHERITED_PATHS, .root = ",\"readonly\":true", .prepare = just_count,
	  .inside = is_masked_inside, .after = nothing_leaked },
	{ "... on a shared machine", INHERITED_MOUNTS, .no_mount_ns = true,
	  .linux = INHERITED_PATHS, .root = ",\"readonly\":true",
	  .prepare = share_machine, .inside = is_masked_inside, .after = nothing_leaked },
	{ "... by mount(2)", INHERITED_BIND, .no_mount_ns = true,
	  .prepare = share_machine, .after = nothing_leaked, .legacy = true },
	{ "... without the new calls", INHERITED_BIND, .no_mount_ns = true,
	  .prepare = share_machine, .after = nothing_leaked, .filter = ENOSYS },
	{ "... that binds what is shared", INHERITED_BIND, .no_mount_ns = true,
	  .prepare = share_machine, .inside = mount_below, .after = nothing_leaked },
	{ "... private root", INHERITED_BIND, ",\"rootfsPropagation\":\"rprivate\"",
	  .no_mount_ns = true, .prepare = share_machine, .inside = mount_below,
	  .after = nothing_leaked },
	{ "... that fails half-way", USUAL, .no_mount_ns = true, .prepare = share_machine,
	  .after = nothing_leaked, .error = "source hosts" },
	{ "chroot only", NULL, .no_mount_ns = true, .prepare = just_count,
	  .after = nothing_leaked },
};

static int one(void *arg)
{
	return birth_run(&rows[*(int *)arg]);
}

START_TEST(roots)
{
	int r = throwaway_run(0, one, &_i);

	if (r < 0)
		fprintf(stderr, "skipped: %s\n", throwaway_reason());
	else
		ck_assert_msg(r == 0, "%s: status %d", rows[_i].name, r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("root");
	TCase *t = tcase_create("root");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, roots, 0, (int)ARRAY_SIZE(rows));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
