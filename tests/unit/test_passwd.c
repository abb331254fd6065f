/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users and groups of an image (R45): names, and files that are not what they seem. */
#include "sec/passwd.h"

#include "suite.h"

#include "base/fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "#x:x:1:1:::\n"
			     "www:x:33:34::/var/www:\n"
			     "short:x:7\n"
			     "bad:x:-1:5:::\n"
			     "worse:x:4294967295:5:::\n"
			     "twice:x:1:2:::\n"
			     "twice:x:3:4:::\n"
			     "33:x:99:98:::\n"
			     ":x:5:5:::\n"
			     "last:x:65533:65532";

static const struct {
	const char *name;
	bool is_there;
	uint32_t uid, gid;
} users[] = {
	{ "root", true, 0, 0 },	  { "www", true, 33, 34 },
	{ "ww", false, 0, 0 },	  { "wwww", false, 0, 0 },
	{ "short", false, 0, 0 }, { "bad", false, 0, 0 },
	{ "worse", false, 0, 0 }, { "twice", true, 1, 2 },
	{ "33", true, 99, 98 },	  { "", false, 0, 0 },
	{ "x", false, 0, 0 },	  { "last", true, 65533, 65532 },
};

START_TEST(test_user)
{
	uint32_t uid = 0, gid = 0;

	ck_assert_int_eq(passwd_find_user(passwd, users[_i].name, &uid, &gid),
			 users[_i].is_there);
	ck_assert_uint_eq(uid, users[_i].uid);
	ck_assert_uint_eq(gid, users[_i].gid);
	ck_assert(!passwd_find_user("", users[_i].name, &uid, &gid));
}
END_TEST

static const struct {
	const char *user;
	const char *gids; /* each with a blank behind it */
} members[] = {
	{ "a", "50 9 " },    { "b", "50 7 " }, { "abc", "9 " }, { "ab", "" },
	{ "last", "7 12 " }, { "", "" },       { "x", "" },	{ "a,b", "" },
};

START_TEST(test_members)
{
	static const char group[] = "root:x:0:\nstaff:x:50:a,b\nbroken:x:a\n"
				    "again:x:50:a\nbad:x:-1:a\nwork:x:9:abc,a\n"
				    "seven:x:7:b,,last\nempty:x:8:,\nend:x:12:x y,last";
	uint32_t list[8], none;
	char text[64] = "";
	size_t n = passwd_find_groups(group, members[_i].user, list, 8);

	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u ",
			 list[i]);
	ck_assert_str_eq(text, members[_i].gids);
	/* what there is no room for is counted */
	ck_assert(passwd_find_groups(group, members[_i].user, &none, 0) >= n);
	ck_assert_uint_eq(passwd_find_groups("", members[_i].user, list, 8), 0);
}
END_TEST

START_TEST(test_group)
{
	static const char group[] = "root:x:0:\nstaff:x:50:a,b\nbroken:x\nlast:*:7";
	uint32_t gid = 99;

	ck_assert(passwd_find_group(group, "staff", &gid) && gid == 50);
	ck_assert(passwd_find_group(group, "last", &gid) && gid == 7);
	ck_assert(!passwd_find_group(group, "broken", &gid));
	ck_assert(!passwd_find_group(group, "a", &gid));
	ck_assert(!passwd_find_group("", "a", &gid));
}
END_TEST

/* What a stranger may have put there; 0: a regular file. */
static const struct {
	const char *what;
	bool is_read;
} kinds[] = {
	{ "file", true },	 { "missing", false }, { "fifo", false },
	{ "directory", false },	 { "link", false },    { "large", false },
	{ "link inside", true },
};

static void make(int root, const char *what)
{
	auto_close int fd = -1;

	if (str_eq(what, "fifo"))
		ck_assert_int_eq(mkfifoat(root, "etc/passwd", 0600), 0);
	if (str_eq(what, "directory"))
		ck_assert_int_eq(mkdirat(root, "etc/passwd", 0700), 0);
	if (str_eq(what, "link"))
		ck_assert_int_eq(symlinkat("/etc/passwd", root, "etc/passwd"), 0);
	if (str_eq(what, "link inside"))
		ck_assert_int_eq(symlinkat("/../etc/other", root, "etc/passwd"), 0);
	if (!str_eq(what, "file") && !str_eq(what, "large") &&
	    !str_eq(what, "link inside"))
		return;
	fd = openat(root, str_eq(what, "link inside") ? "etc/other" : "etc/passwd",
		    O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(fd_write_all(fd, passwd, strlen(passwd)), 0);
	if (str_eq(what, "large"))
		ck_assert_int_eq(ftruncate(fd, 2 << 20), 0);
}

START_TEST(test_read)
{
	char path[] = "/tmp/test-passwd-XXXXXX";
	auto_close int root = -1;
	struct err e = { 0 };
	auto_str text = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(path));
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(mkdirat(root, "etc", 0700), 0);
	make(root, kinds[_i].what);
	ck_assert_int_eq(passwd_read(root, "etc/passwd", &text, &e) == 0,
			 kinds[_i].is_read);
	if (kinds[_i].is_read)
		ck_assert_str_eq(text.s, passwd);
	else
		ck_assert_ptr_nonnull(strstr(e.text, "etc/passwd"));
	unlinkat(root, "etc/other", 0);
	if (unlinkat(root, "etc/passwd", 0) < 0)
		unlinkat(root, "etc/passwd", AT_REMOVEDIR);
	unlinkat(root, "etc", AT_REMOVEDIR);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, test_user, 0, ROWS(users));
	tcase_add_test(t, test_group);
	tcase_add_loop_test(t, test_members, 0, ROWS(members));
	tcase_add_loop_test(t, test_read, 0, ROWS(kinds));
}

int main(void)
{
	return suite_run("passwd", fill);
}
