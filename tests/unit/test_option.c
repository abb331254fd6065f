/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs/option: what each word of the specification means, and lists of them.
 */
#include "fs/option.h"

#include "mount_options.h"
#include "suite.h"

#include <string.h>

/* words, separated by blanks -> the set as text */
static const struct {
	const char *words, *set;
} rows[] = {
	/* attributes of the mount, and their contraries */
	{ "ro", "ro" },
	{ "rw", "rw" },
	{ "nosuid", "nosuid" },
	{ "suid", "suid" },
	{ "nodev", "nodev" },
	{ "dev", "dev" },
	{ "noexec", "noexec" },
	{ "exec", "exec" },
	{ "nodiratime", "nodiratime" },
	{ "diratime", "diratime" },
	{ "nosymfollow", "nosymfollow" },
	{ "symfollow", "symfollow" },
	{ "noatime", "noatime" },
	{ "relatime", "relatime" },
	{ "strictatime", "strictatime" },
	/* the kernel's default for access times is relatime */
	{ "atime", "relatime" },
	{ "nostrictatime", "relatime" },
	{ "norelatime", "" },
	{ "noatime atime", "relatime" },
	{ "strictatime atime", "strictatime" },
	{ "strictatime nostrictatime", "relatime" },
	{ "noatime nostrictatime", "noatime" },
	{ "noatime strictatime", "strictatime" },
	/* of everything below, too */
	{ "rro", "rro" },
	{ "rrw", "rrw" },
	{ "rnosuid", "rnosuid" },
	{ "rsuid", "rsuid" },
	{ "rnodev", "rnodev" },
	{ "rdev", "rdev" },
	{ "rnoexec", "rnoexec" },
	{ "rexec", "rexec" },
	{ "rnodiratime", "rnodiratime" },
	{ "rdiratime", "rdiratime" },
	{ "rnosymfollow", "rnosymfollow" },
	{ "rsymfollow", "rsymfollow" },
	{ "rnoatime", "rnoatime" },
	{ "rrelatime", "rrelatime" },
	{ "rstrictatime", "rstrictatime" },
	{ "ratime", "rrelatime" },
	{ "rnostrictatime", "rrelatime" },
	{ "rnorelatime", "rrelatime" },
	{ "rstrictatime ratime", "rstrictatime" },
	/* propagation: the last word counts */
	{ "private", "private" },
	{ "rprivate", "rprivate" },
	{ "shared", "shared" },
	{ "rshared", "rshared" },
	{ "slave", "slave" },
	{ "rslave", "rslave" },
	{ "unbindable", "unbindable" },
	{ "runbindable", "runbindable" },
	{ "rprivate shared", "shared" },
	/* words of the superblock */
	{ "sync", "sb:sync" },
	{ "async", "" },
	{ "sync async", "" },
	{ "remount sync async", "remount,sb:async" },
	{ "dirsync", "sb:dirsync" },
	{ "mand", "sb:mand" },
	{ "nomand", "" },
	{ "remount nomand", "remount,sb:nomand" },
	{ "lazytime", "sb:lazytime" },
	{ "nolazytime", "" },
	{ "iversion", "sb:iversion" },
	{ "noiversion", "" },
	/* accepted without effect */
	{ "defaults", "" },
	{ "silent", "" },
	{ "loud", "" },
	/* the rest */
	{ "bind", "bind" },
	{ "rbind", "bind,rbind" },
	{ "remount", "remount" },
	{ "idmap", "idmap" },
	{ "ridmap", "idmap,ridmap" },
	{ "tmpcopyup", "tmpcopyup" },
	{ "copy-symlink", "copy-symlink" },
	{ "src-nofollow", "src-nofollow" },
	{ "dest-nofollow", "dest-nofollow" },
	{ "z", "z" },
	{ "Z", "Z" },
	/* data of the filesystem */
	{ "acl", "data:acl" },
	{ "noacl", "data:noacl" },
	{ "size=64k", "data:size=64k" },
	{ "lowerdir=a:b=c", "data:lowerdir=a:b=c" },
	{ "RO", "data:RO" },
	{ "rsync", "data:rsync" },
	{ "r", "data:r" },
	{ "zz", "data:zz" },
	/* lists */
	{ "", "" },
	{ "ro rw", "rw" },
	{ "rw ro", "ro" },
	{ "rbind ro rro rprivate nosuid", "nosuid,ro,rro,bind,rbind,rprivate" },
	{ "nosuid strictatime mode=755 size=65536k",
	  "nosuid,strictatime,data:mode=755,data:size=65536k" },
	{ "idmap=uids=0-1-2", "idmap" },
	{ "ridmap=x", "idmap,ridmap" },
};

/* Splits at blanks, in place. */
static struct oci_strings split(char *text, char **v)
{
	struct oci_strings list = { 0, v };

	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		v[list.n++] = w;
	return list;
}

START_TEST(words)
{
	struct oci_arena arena = { 0 };
	char text[128], *v[16];
	struct oci_strings list;
	struct option_set set;
	auto_str got = { 0 };

	strcpy(text, rows[_i].words);
	list = split(text, v);
	option_parse(&arena, &list, &set);
	option_print(&set, &got);
	ck_assert_str_eq(got.s ? got.s : "", rows[_i].set);
	ck_assert_int_eq(set.attr.userns_fd, -1);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(all_names)
{
	const char *const *names = option_names();
	size_t n = 0;

	ck_assert_int_eq(ROWS(mount_options), 62);
	while (names[n])
		n++;
	for (size_t i = 1; i < n; i++)
		ck_assert_int_lt(strcmp(names[i - 1], names[i]), 0);
	for (int i = 0; i < ROWS(mount_options); i++)
		ck_assert_msg(str_index(names, n, mount_options[i]) >= 0, "%s",
			      mount_options[i]);
	ck_assert_ptr_eq(names, option_names());
}
END_TEST

/* mount_setattr(2) refuses an access time without the whole field cleared. */
START_TEST(atime_field)
{
	struct oci_arena arena = { 0 };
	char *v[] = { "noatime" };
	struct oci_strings list = { 1, v };
	struct option_set set;

	option_parse(&arena, &list, &set);
	ck_assert_uint_eq(set.attr.set, MOUNT_ATTR_NOATIME);
	ck_assert_uint_eq(set.attr.clear, MOUNT_ATTR__ATIME);
	oci_arena_free(&arena);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, words, 0, ROWS(rows));
	tcase_add_test(t, all_names);
	tcase_add_test(t, atime_field);
}

int main(void)
{
	return suite_run("option", fill);
}
