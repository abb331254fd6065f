/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tmpcopyup; see copyup.h. Everything is relative to two directory descriptors and opened
 * with O_NOFOLLOW, so that an image that changes meanwhile can only spoil its own copy.
 */
#include "fs/copyup.h"

#include "base/fd.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { DEPTH_MAX = 64, CHUNK = 1 << 20, XATTR_MAX = 64 * 1024 };

/* Attributes that the filesystem or the caller may not have are left out. */
static void copy_xattrs(int from, int to)
{
	auto_free char *names = NULL;
	auto_free char *value = NULL;
	ssize_t n = flistxattr(from, NULL, 0);

	if (n <= 0 || n > XATTR_MAX)
		return;
	names = xcalloc(1, (size_t)n);
	value = xcalloc(1, XATTR_MAX);
	n = flistxattr(from, names, (size_t)n);
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(names + i) + 1) {
		ssize_t size = fgetxattr(from, names + i, value, XATTR_MAX);

		if (size >= 0)
			(void)fsetxattr(to, names + i, value, (size_t)size, 0);
	}
}

/* The owner first: chown(2) takes the set-user-ID bit and file capabilities away. */
static int copy_looks(int from, int to, const struct stat *st, struct err *e)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchown(to, st->st_uid, st->st_gid) < 0 && errno != EPERM && errno != EINVAL)
		return err_sys(e, "copy the owner");
	copy_xattrs(from, to);
	if (fchmod(to, st->st_mode & 07777) < 0)
		return err_sys(e, "copy the mode");
	(void)futimens(to, times);
	return 0;
}

static int copy_file(int from_dir, int to_dir, const char *name, struct err *e)
{
	auto_close int from =
		openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_close int to = -1;
	struct stat st;
	ssize_t n;

	if (from < 0 || fstat(from, &st) < 0)
		return err_sys_plain(e, "copy %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "copy %s: it changed meanwhile", name);
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (to < 0)
		return err_sys_plain(e, "copy %s", name);
	do
		n = sendfile(to, from, NULL, CHUNK);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return err_sys(e, "copy %s", name);
	return copy_looks(from, to, &st, e);
}

static int copy_name_owner(int dir, const char *name, const struct stat *st,
			   struct err *e)
{
	if (fchownat(dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno != EPERM && errno != EINVAL)
		return err_sys(e, "copy the owner of %s", name);
	return 0;
}

static int copy_link(int from_dir, int to_dir, const char *name, const struct stat *st,
		     struct err *e)
{
	char text[4096];
	ssize_t n = readlinkat(from_dir, name, text, sizeof(text) - 1);

	if (n < 0)
		return err_sys_plain(e, "copy %s", name);
	text[n] = '\0';
	if (symlinkat(text, to_dir, name) < 0)
		return err_sys_plain(e, "copy %s", name);
	return copy_name_owner(to_dir, name, st, e);
}

static int copy_node(int to_dir, const char *name, const struct stat *st, struct err *e)
{
	if (mknodat(to_dir, name, st->st_mode, st->st_rdev) < 0)
		return errno == EPERM ? 0 : err_sys(e, "copy %s", name);
	return copy_name_owner(to_dir, name, st, e);
}

static int copy_dir(int from, int to, int depth, struct err *e);

static int copy_subdir(int from_dir, int to_dir, const char *name, int depth,
		       struct err *e)
{
	auto_close int from =
		openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int to = -1;

	if (from < 0)
		return err_sys_plain(e, "copy %s", name);
	if (mkdirat(to_dir, name, 0700) < 0)
		return err_sys_plain(e, "copy %s", name);
	to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return err_sys_plain(e, "copy %s", name);
	return copy_dir(from, to, depth + 1, e);
}

static int copy_entry(int from, int to, const char *name, int depth, struct err *e)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys_plain(e, "copy %s", name);
	if (S_ISDIR(st.st_mode))
		return copy_subdir(from, to, name, depth, e);
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, name, e);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, name, &st, e);
	return copy_node(to, name, &st, e);
}

static void auto_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int copy_dir(int from, int to, int depth, struct err *e)
{
	__attribute__((cleanup(auto_closedir))) DIR *dir = NULL;
	auto_close int list = fcntl(from, F_DUPFD_CLOEXEC, 0);
	struct dirent *d;
	struct stat st;

	if (depth > DEPTH_MAX)
		return err_set(e, "the directories are nested too deeply");
	if (list < 0 || fstat(from, &st) < 0)
		return err_sys(e, "read the directory");
	dir = fdopendir(list);
	if (!dir)
		return err_sys(e, "read the directory");
	take_fd(&list); /* dir's now */
	for (errno = 0; (d = readdir(dir)); errno = 0) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		TRY(copy_entry(from, to, d->d_name, depth, e));
	}
	if (errno)
		return err_sys(e, "read the directory");
	return copy_looks(from, to, &st, e);
}

int copyup_tree(int from, int to, struct err *e)
{
	auto_close int source = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int target = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	WHERE_IN(e, "tmpcopyup", NULL);
	if (source < 0 || target < 0)
		return err_sys_plain(e, "open the directory");
	return copy_dir(source, target, 0, e);
}
