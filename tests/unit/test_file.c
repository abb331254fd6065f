/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files: limits, what is no regular file, atomic writing, kernel values. */
#include "base/file.h"

#include "base/fd.h"

#include "folder.h"
#include "suite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

static int dir;

/* Each test in a fresh folder, which is also the working directory. */
static void enter(void)
{
	folder_make();
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void put(const char *name, const void *data, size_t n)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_eq(fd_write_all(fd, data, n), 0);
	close(fd);
}

static const struct {
	size_t size, limit;
	const char *error;
} sizes[] = {
	{ 0, 10, "" },
	{ 10, 10, "" },
	{ 11, 10, "f has 11 bytes, more than the limit of 10" },
	{ 16383, 1 << 20, "" },
	{ 16384, 1 << 20, "" },
	{ 16385, 1 << 20, "" },
	{ 100000, 99999, "f has 100000 bytes, more than the limit of 99999" },
};

START_TEST(test_size)
{
	char *data = malloc(sizes[_i].size + 1);
	auto_str text = { 0 };
	struct err e = { 0 };

	enter();
	memset(data, 'x', sizes[_i].size + 1);
	put("f", data, sizes[_i].size);
	str_add(&text, "what was there before");
	file_read(dir, "f", 0, sizes[_i].limit, &text, &e);
	ck_assert_str_eq(e.text, sizes[_i].error);
	if (!e.text[0]) {
		ck_assert_uint_eq(text.n, sizes[_i].size);
		ck_assert(text.n == 0 || memcmp(text.s, data, text.n) == 0);
	}
	free(data);
}
END_TEST

/* A file without a size (procfs) is as long as what comes out of it. */
START_TEST(test_unknown_size)
{
	auto_str text = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(file_read(AT_FDCWD, "/proc/self/status", 0, 1 << 20, &text, &e),
			 0);
	ck_assert_uint_gt(text.n, 100);
	ck_assert_int_eq(file_read(AT_FDCWD, "/proc/self/status", 0, 10, &text, &e), -1);
	ck_assert_str_eq(e.text,
			 "/proc/self/status is longer than the limit of 10 bytes");
}
END_TEST

static void make_socket(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(a.sun_path, name);
	ck_assert_int_eq(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
}

/* None of these may block, whoever put them there. */
START_TEST(test_odd_kinds)
{
	auto_str text = { 0 };
	struct err e = { 0 };

	enter();
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(mkdir("dir", 0700), 0);
	ck_assert_int_eq(symlink("/dev/null", "link"), 0);
	make_socket("sock");
	ck_assert_int_eq(file_read(dir, "fifo", 0, 10, &text, &e), -1);
	ck_assert_str_eq(e.text, "fifo is a FIFO, not a regular file");
	err_clear(&e);
	ck_assert_int_eq(file_read(dir, "dir", 0, 10, &text, &e), -1);
	ck_assert_str_eq(e.text, "dir is a directory, not a regular file");
	err_clear(&e);
	ck_assert_int_eq(file_read(dir, "link", 0, 10, &text, &e), -1);
	ck_assert_str_eq(e.text, "link is a device, not a regular file");
	err_clear(&e);
	ck_assert_int_eq(file_read(dir, "link", O_NOFOLLOW, 10, &text, &e), -1);
	ck_assert_int_eq(e.code, ELOOP);
	err_clear(&e);
	ck_assert_int_eq(file_read(dir, "sock", 0, 10, &text, &e), -1);
	ck_assert_int_eq(e.code, ENXIO);
	err_clear(&e);
	ck_assert_int_eq(file_read(dir, "none", 0, 10, &text, &e), -1);
	ck_assert_str_eq(e.text, "open none: No such file or directory");
}
END_TEST

/* ---- writing --------------------------------------------------------------------------- */

static int entries(void)
{
	DIR *d = opendir(".");
	int n = -2; /* . and .. */

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

START_TEST(test_atomic)
{
	auto_str text = { 0 };
	struct err e = { 0 };
	struct stat st;
	int old;

	enter();
	umask(077);
	ck_assert_int_eq(file_write_atomic(dir, "f", "one", 3, 0644, &e), 0);
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0644);
	old = open("f", O_RDONLY);
	ck_assert_int_eq(file_write_atomic(dir, "f", "second", 6, 0600, &e), 0);
	/* who had it open still sees all of the old one */
	ck_assert_int_eq(file_read_fd(old, "f", 10, &text, &e), 0);
	ck_assert_str_eq(text.s, "one");
	ck_assert_int_eq(file_read(dir, "f", 0, 10, &text, &e), 0);
	ck_assert_str_eq(text.s, "second");
	ck_assert_int_eq(file_write_atomic(dir, "f", "", 0, 0600, &e), 0);
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_int_eq(entries(), 1);
}
END_TEST

/* What stands where the temporary file will be is not written through. */
START_TEST(test_atomic_is_not_led_astray)
{
	auto_str text = { 0 };
	struct err e = { 0 };
	char temp[64];

	enter();
	put("victim", "safe", 4);
	snprintf(temp, sizeof(temp), ".f.%d", (int)getpid());
	if (_i == 0)
		ck_assert_int_eq(symlink("victim", temp), 0);
	else
		ck_assert_int_eq(link("victim", temp), 0);
	ck_assert_int_eq(file_write_atomic(dir, "f", "new", 3, 0600, &e), 0);
	ck_assert_int_eq(file_read(dir, "victim", 0, 10, &text, &e), 0);
	ck_assert_str_eq(text.s, "safe");
	ck_assert_int_eq(file_read(dir, "f", O_NOFOLLOW, 10, &text, &e), 0);
	ck_assert_str_eq(text.s, "new");
	ck_assert_int_eq(entries(), 2);
}
END_TEST

START_TEST(test_atomic_fails)
{
	struct err e = { 0 };

	enter();
	ck_assert_int_eq(mkdir("d", 0700), 0);
	ck_assert_int_eq(file_write_atomic(dir, "d", "x", 1, 0600, &e), -1);
	ck_assert_str_eq(e.text, "write d: Is a directory");
	ck_assert_int_eq(entries(), 1); /* the temporary file is gone */
	err_clear(&e);
	ck_assert_int_eq(file_write_atomic(-1, "f", "x", 1, 0600, &e), -1);
	ck_assert_str_eq(e.text, "create f: Bad file descriptor");
}
END_TEST

/* ---- kernel values ----------------------------------------------------------------------- */

static const struct {
	const char *content;
	size_t size; /* of the buffer */
	const char *value;
} values[] = {
	{ "", 8, "" },
	{ "\n", 8, "" },
	{ "12\n", 8, "12" },
	{ "12", 8, "12" },
	{ "a\nb\n\n", 8, "a\nb" },
	{ "12345678\n", 8, "1234567" },
	{ "1234567\n", 8, "1234567" },
};

START_TEST(test_value)
{
	char buf[16];

	enter();
	put("v", values[_i].content, strlen(values[_i].content));
	memset(buf, 'z', sizeof(buf));
	ck_assert_int_eq(file_read_value(dir, "v", buf, values[_i].size),
			 (int)strlen(values[_i].value));
	ck_assert_str_eq(buf, values[_i].value);
	ck_assert_int_eq(buf[8], 'z');
}
END_TEST

START_TEST(test_write_value)
{
	char buf[16];

	enter();
	ck_assert_int_eq(file_write_value(dir, "v", "5"), -1);
	ck_assert_int_eq(errno, ENOENT); /* it never makes one */
	put("v", "", 0);
	ck_assert_int_eq(file_write_value(dir, "v", "5"), 0);
	ck_assert_int_eq(file_read_value(dir, "v", buf, sizeof(buf)), 1);
	ck_assert_str_eq(buf, "5");
	ck_assert_int_eq(file_read_value(dir, "none", buf, sizeof(buf)), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(file_write_value(AT_FDCWD, "/dev/full", "5"), -1);
	ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, test_size, 0, ROWS(sizes));
	tcase_add_test(t, test_unknown_size);
	tcase_add_test(t, test_odd_kinds);
	tcase_add_test(t, test_atomic);
	tcase_add_loop_test(t, test_atomic_is_not_led_astray, 0, 2);
	tcase_add_test(t, test_atomic_fails);
	tcase_add_loop_test(t, test_value, 0, ROWS(values));
	tcase_add_test(t, test_write_value);
}

int main(void)
{
	return suite_run("file", fill);
}
