/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices, links and the console; see dev.h. Names are made in a directory that is held by a
 * descriptor, and what exists already is looked at, never replaced (CVE-2026-41579: /dev of
 * an image may be a link to anywhere).
 */
#include "fs/dev.h"

#include "base/fd.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The directory of a path in the container and the name in it; *ret_own: to be closed. */
static int open_dir(struct fs *fs, const char *path, const char **ret_name, struct err *e)
{
	int dir;

	if (fs->dev_fd >= 0 && str_starts(path, "/dev/") && !strchr(path + 5, '/')) {
		*ret_name = path + 5;
		return fs->dev_fd;
	}
	dir = path_open_parent(fs->root_fd, path, ret_name, 0);
	if (dir < 0)
		return err_sys_plain(e, "make its directory");
	fs_bag_add(fs, dir);
	return dir;
}

static bool is_device(int fd, const struct fs_device *d)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == (d->mode & S_IFMT) &&
	       (S_ISFIFO(d->mode) || st.st_rdev == d->rdev);
}

/* What is there already must be the same device. */
static int check_existing(struct fs *fs, int dir, const char *name,
			  const struct fs_device *d, struct err *e)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return err_sys_plain(e, "look at what is there");
	fs_bag_add(fs, fd);
	if (is_device(fd, d))
		return 0;
	if (S_ISFIFO(d->mode))
		return err_set(e, "it exists and is no FIFO");
	return err_set(e, "it exists and is not the %s device %u:%u",
		       S_ISBLK(d->mode) ? "block" : "character", major(d->rdev),
		       minor(d->rdev));
}

/* ---- bind mounts of the machine's nodes ------------------------------------------- */

static int attach_node(struct fs *fs, int source, int dir, const char *name,
		       struct err *e)
{
	auto_close int clone = -1;
	int target;

	if (fs->plan->legacy) {
		target = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		fs_bag_add(fs, target);
		if (target < 0 || mountfd_bind_legacy(source, target, false) < 0)
			return err_sys_plain(e, "bind %s", name);
		return 0;
	}
	clone = mountfd_clone(source, "", false, 0);
	if (clone < 0 || mountfd_attach(clone, (struct mountfd_target){ dir, name }) < 0)
		return err_sys_plain(e, "bind %s", name);
	fs_bag_add(fs, take_fd(&clone));
	return 0;
}

/* An empty regular file is a mount point that an earlier run may have left. */
static int check_mount_point(struct fs *fs, int dir, const char *name,
			     const struct fs_device *d, bool *ret_is_device,
			     struct err *e)
{
	struct stat st;

	*ret_is_device = false;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys_plain(e, "look at what is there");
	if (S_ISREG(st.st_mode) && st.st_size == 0)
		return 0;
	*ret_is_device = true;
	return check_existing(fs, dir, name, d, e);
}

static int bind_device(struct fs *fs, int dir, const char *name,
		       const struct fs_device *d, struct err *e)
{
	int source = open(d->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool there = false;

	fs_bag_add(fs, source);
	if (source < 0 || !is_device(source, d)) {
		err_set(e, "device %u:%u cannot be made here, and %s of the machine %s",
			major(d->rdev), minor(d->rdev), d->path,
			source < 0 ? "is not there" : "is not it");
		return err_hint(
			e,
			"in a user namespace only devices of the machine at the same "
			"path can be used: as root, `mknod -m 666 %s %c %u %u`",
			d->path, S_ISBLK(d->mode) ? 'b' : 'c', major(d->rdev),
			minor(d->rdev));
	}
	if (mknodat(dir, name, S_IFREG | 0644, 0) < 0) {
		if (errno != EEXIST)
			return err_sys_plain(e, "make the mount point");
		TRY(check_mount_point(fs, dir, name, d, &there, e));
	}
	return there ? 0 : attach_node(fs, source, dir, name, e);
}

/* ---- nodes ------------------------------------------------------------------------ */

static int make_device(struct fs *fs, const struct fs_device *d, struct err *e)
{
	const char *name;
	int dir = TRY(open_dir(fs, d->path, &name, e));

	if (fs->plan->user_ns && !S_ISFIFO(d->mode))
		return bind_device(fs, dir, name, d, e);
	if (mknodat(dir, name, d->mode, d->rdev) < 0) {
		if (errno == EEXIST)
			return check_existing(fs, dir, name, d, e);
		if (errno == EPERM)
			return bind_device(fs, dir, name, d, e);
		return err_sys_plain(e, "make the device");
	}
	if ((d->uid || d->gid) &&
	    fchownat(dir, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "give it to %u:%u", d->uid, d->gid);
	return 0;
}

/* ---- links ------------------------------------------------------------------------ */

static const struct {
	const char *name, *text;
	const char *needs; /* made only when this exists in the container */
} links[] = {
	{ "fd", "/proc/self/fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0", "/proc/self/fd" },
	{ "stdout", "/proc/self/fd/1", "/proc/self/fd" },
	{ "stderr", "/proc/self/fd/2", "/proc/self/fd" },
	{ "core", "/proc/kcore", "/proc/kcore" },
};

static bool exists(struct fs *fs, const char *path)
{
	int fd = path_open(fs->root_fd, path, O_PATH | O_NOFOLLOW, 0);

	fs_bag_add(fs, fd);
	return fd >= 0;
}

static int make_links(struct fs *fs, int dir, struct err *e)
{
	bool have_proc = fs->proc_fd >= 0 || exists(fs, "/proc/self/fd");

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		bool wanted = str_eq(links[i].needs, "/proc/self/fd")
				      ? have_proc
				      : exists(fs, links[i].needs);

		if (wanted && symlinkat(links[i].text, dir, links[i].name) < 0 &&
		    errno != EEXIST)
			return err_sys_plain(e, "make the link /dev/%s", links[i].name);
	}
	return 0;
}

/* /dev/ptmx belongs to the container's own devpts; a node that finds it is as good. */
static int make_ptmx(int dir, struct err *e)
{
	static const char text[] = "pts/ptmx";
	char there[64];
	struct stat st;
	ssize_t n;

	if (symlinkat(text, dir, "ptmx") == 0)
		return 0;
	if (errno != EEXIST || fstatat(dir, "ptmx", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys_plain(e, "make the link /dev/ptmx");
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(5, 2))
		return 0;
	n = readlinkat(dir, "ptmx", there, sizeof(there) - 1);
	there[n < 0 ? 0 : n] = '\0';
	if (str_eq(there, text) || str_eq(there, "/dev/pts/ptmx"))
		return 0;
	if (unlinkat(dir, "ptmx", 0) < 0 || symlinkat(text, dir, "ptmx") < 0)
		return err_sys_plain(e, "replace /dev/ptmx");
	return 0;
}

int dev_all(struct fs *fs, struct err *e)
{
	const struct fs_plan *plan = fs->plan;
	const char *name;
	int dir;

	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct fs_device *d = &plan->devices[i];

		fs_bag_turn(fs);
		WHERE_AT(e, d->index < 0 ? "default device" : "linux.devices", d->index,
			 d->path);
		TRY(make_device(fs, d, e));
	}
	if (plan->dev_is_bind || fs_plan_is_bare(plan))
		return 0;
	fs_bag_turn(fs);
	WHERE_IN(e, "/dev", NULL);
	dir = TRY(open_dir(fs, "/dev/ptmx", &name, e));
	TRY(make_ptmx(dir, e));
	return make_links(fs, dir, e);
}

/* ---- console ---------------------------------------------------------------------- */

int dev_console(struct fs *fs, int slave, struct err *e)
{
	const char *name;
	struct stat st;
	int dir;

	fs_bag_turn(fs);
	WHERE_IN(e, "process.terminal", "/dev/console");
	dir = TRY(open_dir(fs, "/dev/console", &name, e));
	if (mknodat(dir, name, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return err_sys_plain(e, "make the mount point");
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys_plain(e, "look at it");
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return err_set(e, "it exists and is neither a file nor a device");
	/* the name is not followed when the mount is attached, whatever it is by then */
	return attach_node(fs, slave, dir, name, e);
}
