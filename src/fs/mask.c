/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Masked and read-only paths; see mask.h. A target is opened before anything is made for it,
 * because closing a clone that found no place waits for RCU. The first mask of each kind is
 * the prototype that the others are cloned from where it is attached.
 */
#include "fs/mask.h"

#include "base/fd.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- targets ---------------------------------------------------------------------- */

/* Opens what is to be covered. 1: there it is, 0: it does not exist. */
static int open_target(struct fs *fs, const char *path, int *ret, struct err *e)
{
	int fd = path_open(fs->root_fd, path, O_PATH, 0);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return err_sys_plain(e, "open");
	fs_bag_add(fs, fd);
	*ret = fd;
	return 1;
}

/* ---- read-only -------------------------------------------------------------------- */

static int readonly_legacy(struct fs *fs, const char *path, int target, struct err *e)
{
	struct mountfd_attr ro = MOUNTFD_ATTR_NONE;
	int on_top;

	ro.set = MOUNT_ATTR_RDONLY;
	if (mountfd_bind_legacy(target, target, true) < 0)
		return err_sys(e, "bind it onto itself");
	on_top = path_open(fs->root_fd, path, O_PATH, 0);
	fs_bag_add(fs, on_top);
	if (on_top < 0 || mountfd_setattr_legacy(on_top, &ro) < 0)
		return err_sys(e, "make it read-only");
	return 0;
}

static int make_readonly(struct fs *fs, const char *path, struct err *e)
{
	struct mountfd_attr ro = MOUNTFD_ATTR_NONE;
	auto_close int clone = -1;
	int target = -1;

	if (!TRY(open_target(fs, path, &target, e)))
		return 0;
	if (fs->plan->legacy)
		return readonly_legacy(fs, path, target, e);
	ro.rec_set = MOUNT_ATTR_RDONLY;
	clone = mountfd_clone(target, "", true, 0);
	if (clone < 0 || mountfd_setattr(clone, &ro) < 0 ||
	    mountfd_attach(clone, (struct mountfd_target){ .fd = target }) < 0)
		return err_sys(e, "make it read-only");
	fs_bag_add(fs, take_fd(&clone));
	return 0;
}

/* ---- masks ------------------------------------------------------------------------ */

/* What covers files and directories: -1 until the first one is needed. */
struct prototypes {
	int null; /* a /dev/null: the container's, or the machine's */
	int dir; /* root of an attached empty tmpfs */
};

static bool is_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* The path could have been replaced: what counts is that the inode is device 1:3. */
static int open_null(struct fs *fs, struct err *e)
{
	auto_close int fd = -1;
	bool good = true;

	if (fs->null_fd >= 0)
		return fs->null_fd;
	if (fs->dev_fd >= 0)
		fd = openat(fs->dev_fd, "null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	else
		fd = path_open(fs->root_fd, "/dev/null", O_PATH | O_NOFOLLOW, 0);
	if (fd < 0 || !is_null(fd)) {
		fd_close(fd);
		fd = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
		good = fd >= 0 && is_null(fd);
	}
	if (!good)
		return err_set(e,
			       "neither the container's nor the machine's /dev/null is "
			       "character device 1:3");
	fs->null_fd = take_fd(&fd);
	return fs->null_fd;
}

static int cover(struct fs *fs, int prototype, int target, struct err *e)
{
	auto_close int clone = -1;

	if (fs->plan->legacy) {
		if (mountfd_bind_legacy(prototype, target, false) < 0)
			return err_sys(e, "cover it");
		return 0;
	}
	clone = mountfd_clone(prototype, "", false, 0);
	if (clone < 0 ||
	    mountfd_attach(clone, (struct mountfd_target){ .fd = target }) < 0)
		return err_sys(e, "cover it");
	fs_bag_add(fs, take_fd(&clone));
	return 0;
}

static struct mountfd_fs empty_fs(const struct fs_plan *plan, struct mountfd_param p[2])
{
	struct mountfd_fs fs = {
		.type = "tmpfs",
		.source = "tmpfs",
		.params = p,
		.n_params = 1,
		.attrs = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			 MOUNT_ATTR_NOEXEC,
	};

	p[0] = (struct mountfd_param){ .key = "nr_inodes", .value = "1" };
	if (plan->mount_label && *plan->mount_label)
		p[fs.n_params++] = (struct mountfd_param){
			.key = plan->label_option ? plan->label_option : "context",
			.value = plan->mount_label,
		};
	return fs;
}

static int cover_dir_first(struct fs *fs, struct prototypes *p, const char *path,
			   int target, struct err *e)
{
	struct mountfd_param params[2];
	struct mountfd_fs empty = empty_fs(fs->plan, params);
	auto_close int fd = -1;
	int context;

	if (fs->plan->legacy) {
		TRY(mountfd_new_legacy(&empty, target, e));
		p->dir = path_open(fs->root_fd, path, O_PATH | O_DIRECTORY, 0);
		return p->dir < 0 ? err_sys(e, "open the mask") : 0;
	}
	fd = mountfd_new(&empty, &context, e);
	fs_bag_add(fs, context);
	if (fd < 0)
		return -1;
	if (mountfd_attach(fd, (struct mountfd_target){ .fd = target }) < 0)
		return err_sys(e, "cover it");
	p->dir = take_fd(&fd);
	return 0;
}

static int mask(struct fs *fs, struct prototypes *p, const char *path, struct err *e)
{
	struct stat st;
	int target;

	if (!TRY(open_target(fs, path, &target, e)))
		return 0;
	if (fstat(target, &st) < 0)
		return err_sys(e, "look at it");
	if (!S_ISDIR(st.st_mode))
		return cover(fs, TRY(open_null(fs, e)), target, e);
	if (p->dir < 0)
		return cover_dir_first(fs, p, path, target, e);
	return cover(fs, p->dir, target, e);
}

int mask_all(struct fs *fs, struct err *e)
{
	const struct fs_plan *plan = fs->plan;
	struct prototypes p = { -1, -1 };

	for (size_t i = 0; i < plan->n_readonly; i++) {
		fs_bag_turn(fs);
		WHERE(e, "linux.readonlyPaths", plan->readonly_index[i],
		      plan->readonly[i]);
		TRY(make_readonly(fs, plan->readonly[i], e));
	}
	for (size_t i = 0; i < plan->n_masked; i++) {
		fs_bag_turn(fs);
		WHERE(e, "linux.maskedPaths", plan->masked_index[i], plan->masked[i]);
		TRY(mask(fs, &p, plan->masked[i], e));
	}
	fs_bag_add(fs, p.dir);
	return 0;
}
