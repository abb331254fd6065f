/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removing a tree; see removal.h. It is made flat: a directory that is not empty is moved up
 * into the top one, which is emptied again and again. So no more than three descriptors are
 * open, no path grows, ".." is never asked for, and a rename by somebody else can at worst
 * leave something behind.
 */
#include "fs/removal.h"

#include "base/fd.h"
#include "base/str.h"
#include "kernel/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_SIZE = 256, TRIES = 1 << 20 };

struct removal {
	int top;
	unsigned next; /* number of the next name in it */
	size_t left; /* entries that could not be removed in this pass */
	size_t done; /* removed or moved up in this pass */
	int code; /* the first failure of this pass */
	char first[NAME_SIZE];
};

static bool is_self(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

static void fail(struct removal *r, const char *name)
{
	if (!r->left++) {
		r->code = errno;
		snprintf(r->first, sizeof(r->first), "%s", name);
	}
}

/* ---- what is in the way ------------------------------------------------------------------ */

/* An immutable or append-only file or directory; true when it was one and is none now. */
static bool make_mutable(int dir, const char *name)
{
	auto_close int fd =
		openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	unsigned flags = 0, hard = FS_IMMUTABLE_FL | FS_APPEND_FL;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & hard))
		return false;
	flags &= ~hard;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

/* The owner may do everything with a directory, and so may root of its user namespace. */
static bool open_up(int dir, const char *name)
{
	auto_close int fd = path_open(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW,
				      PATH_NO_SYMLINKS | PATH_NO_XDEV);
	char path[PATH_FD_MAX];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || (st.st_mode & 0700) == 0700)
		return false;
	return fchmodat(AT_FDCWD, path_of_fd(fd, path), 0700, 0) == 0;
}

static int unlink_name(int dir, const char *name, int flags)
{
	int saved;

	if (unlinkat(dir, name, flags) == 0 || errno == ENOENT)
		return 0;
	saved = errno;
	if (saved == EPERM && make_mutable(dir, name) && unlinkat(dir, name, flags) == 0)
		return 0;
	errno = saved;
	return -1;
}

/* ---- directories ------------------------------------------------------------------------- */

static int move_up(struct removal *r, int dir, const char *name)
{
	for (int i = 0; i < TRIES; i++) {
		char to[32];

		snprintf(to, sizeof(to), ".removed-%u", r->next++);
		if (renameat2(dir, name, r->top, to, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno == EACCES && open_up(dir, name))
			continue;
		if (errno == EPERM && make_mutable(dir, name))
			continue;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

static bool is_directory(int dir, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* Everything out of one directory below the top: removed, or moved up. */
static void evacuate(struct removal *r, DIR *d)
{
	int dir = dirfd(d);
	struct dirent *entry;

	while ((entry = readdir(d))) {
		int rc;

		if (is_self(entry->d_name))
			continue;
		if (!is_directory(dir, entry))
			rc = unlink_name(dir, entry->d_name, 0);
		else if ((rc = unlink_name(dir, entry->d_name, AT_REMOVEDIR)) < 0)
			rc = move_up(r, dir, entry->d_name);
		if (rc < 0)
			fail(r, entry->d_name);
		else
			r->done++;
	}
}

static DIR *open_dir(int dir, const char *name)
{
	unsigned flags = PATH_NO_SYMLINKS | PATH_NO_XDEV;
	int fd = path_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, flags);
	DIR *d;

	if (fd < 0 && errno == EACCES && open_up(dir, name))
		fd = path_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, flags);
	if (fd < 0)
		return NULL;
	d = fdopendir(fd);
	if (!d)
		fd_close(fd);
	return d;
}

static int remove_directory(struct removal *r, const char *name)
{
	DIR *d;

	if (unlink_name(r->top, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -1;
	open_up(r->top, name);
	make_mutable(r->top, name);
	d = open_dir(r->top, name);
	if (!d)
		return -1;
	evacuate(r, d);
	closedir(d);
	return unlink_name(r->top, name, AT_REMOVEDIR);
}

/* Once through the top directory. False when it cannot be read. */
static bool pass(struct removal *r)
{
	DIR *d = open_dir(r->top, ".");
	struct dirent *entry;

	r->left = r->done = 0;
	if (!d) {
		fail(r, ".");
		return false;
	}
	while ((entry = readdir(d))) {
		int rc;

		if (is_self(entry->d_name))
			continue;
		if (is_directory(r->top, entry))
			rc = remove_directory(r, entry->d_name);
		else
			rc = unlink_name(r->top, entry->d_name, 0);
		if (rc < 0)
			fail(r, entry->d_name);
		else
			r->done++;
	}
	closedir(d);
	return true;
}

static int report(const struct removal *r, const char *name, struct err *e)
{
	return err_code(e, r->code,
			"%s: %zu entries cannot be removed, one is \"%.100s\"", name,
			r->left, r->first);
}

int removal_tree(int dir, const char *name, struct err *e)
{
	struct removal r = { .top = -1 };
	auto_close int top = -1;

	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno == ENOTDIR)
		return unlink_name(dir, name, 0) < 0 ? err_sys_plain(e, "remove %s", name)
						     : 0;
	open_up(dir, name);
	make_mutable(dir, name);
	top = path_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
			PATH_NO_SYMLINKS | PATH_NO_XDEV);
	if (top < 0)
		return err_sys_plain(e, "open %s to remove it", name);
	r.top = top;
	do {
		if (!pass(&r) || (r.left && !r.done))
			return report(&r, name, e);
	} while (r.done);
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys_plain(e, "remove %s", name);
	return 0;
}
