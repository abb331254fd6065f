/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root directory; see rootfs.h. It is attached onto itself, at its own path, because
 * createContainer hooks look for the container's mounts there.
 */
#include "fs/rootfs.h"

#include "base/fd.h"
#include "fs/overlay.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int rootfs_propagate(struct fs *fs, struct err *e)
{
	const struct fs_plan *plan = fs->plan;
	struct mountfd_attr attr = MOUNTFD_ATTR_NONE;
	auto_close int root = -1;

	umask(0);
	if (plan->mount_ns == FS_MOUNT_NS_NONE)
		return 0;
	if (mountfd_set_propagation("/", plan->propagation, plan->propagation_rec) == 0)
		return 0;
	if (!mountfd_is_missing(errno))
		return err_sys(e, "set the propagation of the mounts");
	attr.propagation = plan->propagation;
	attr.propagation_rec = plan->propagation_rec;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || mountfd_setattr_legacy(root, &attr) < 0)
		return err_sys(e, "set the propagation of the mounts");
	fs->plan->legacy = true;
	return 0;
}

/*
 * Nothing that is attached to the root directory may reach the machine: the mount that it is
 * on becomes private. Only needed with rootfsPropagation shared.
 */
static int isolate(int dir)
{
	struct mountfd_attr attr = MOUNTFD_ATTR_NONE;
	auto_close int at = fcntl(dir, F_DUPFD_CLOEXEC, 0);

	attr.propagation = MS_PRIVATE;
	for (int i = 0; at >= 0 && i < 256; i++) {
		int up;

		if (mountfd_setattr(at, &attr) == 0 ||
		    mountfd_setattr_legacy(at, &attr) == 0)
			return 0;
		if (errno != EINVAL)
			return -1;
		up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		fd_close(at);
		at = up;
	}
	return -1;
}

static int attach_clone(struct fs *fs, int dir, struct err *e)
{
	struct mountfd_attr private = MOUNTFD_ATTR_NONE;
	auto_close int clone = mountfd_clone(dir, "", true, 0);

	if (clone < 0)
		return err_sys(e, "clone the root filesystem");
	private.propagation = MS_PRIVATE;
	private.propagation_rec = true;
	if (fs->plan->root_propagation == MS_SHARED &&
	    mountfd_setattr(clone, &private) < 0)
		return err_sys(e, "make the root filesystem private");
	if (mountfd_attach(clone, (struct mountfd_target){ .fd = dir }) < 0)
		return fs_err_attach("the root filesystem", e);
	fs->root_fd = take_fd(&clone);
	return 0;
}

static int attach_legacy(struct fs *fs, int dir, struct err *e)
{
	if (mountfd_bind_legacy(dir, dir, true) < 0)
		return err_sys(e, "bind the root filesystem onto itself");
	/* dir lies below the new mount: only its path leads onto it */
	fs->root_fd =
		openat(fs->bundle_fd, fs->plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fs->root_fd < 0)
		return err_sys(e, "open the root filesystem");
	return 0;
}

int rootfs_prepare(struct fs *fs, struct err *e)
{
	auto_close int dir = -1;

	if (fs->plan->own_tree) {
		fs->root_fd = take_fd(&fs->plan->tree_fd); /* inherit_attach() */
		return 0;
	}
	TRY(overlay_open_place(fs, e));
	WHERE_IN(e, "root.path", fs->plan->root);
	dir = openat(fs->bundle_fd, fs->plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		err_sys_plain(e, "open the root filesystem");
		return err_hint(
			e, "root.path must be a directory, relative to the bundle or "
			   "absolute");
	}
	if (fs->plan->mount_ns == FS_MOUNT_NS_NONE) {
		fs->root_fd = take_fd(&dir);
		return 0;
	}
	if (fs_plan_has_layers(fs->plan)) {
		fs->lower_fd = take_fd(&dir); /* overlay_root() does the rest */
		return 0;
	}
	if (fs->plan->root_propagation == MS_SHARED && isolate(dir) < 0)
		return err_sys(e, "make the mount that it is on private");
	TRY(fs->plan->legacy ? attach_legacy(fs, dir, e) : attach_clone(fs, dir, e));
	fs_bag_add(fs, take_fd(&dir));
	return 0;
}

static int make_readonly(const struct fs *fs, int fd)
{
	struct mountfd_attr attr = MOUNTFD_ATTR_NONE;

	attr.set = MOUNT_ATTR_RDONLY;
	return fs->plan->legacy ? mountfd_setattr_legacy(fd, &attr)
				: mountfd_setattr(fd, &attr);
}

static int finish_row(const struct fs *fs, const struct fs_row *row, struct err *e)
{
	auto_close int again = -1;
	int fd = row->mount_fd;

	WHERE(e, "mounts", row->index, row->destination);
	if (fd < 0)
		fd = again = path_open(fs->root_fd, row->destination, O_PATH, 0);
	if (fd < 0 || make_readonly(fs, fd) < 0)
		return err_sys_plain(e, "make it read-only");
	return 0;
}

int rootfs_finish(struct fs *fs, struct err *e)
{
	for (size_t i = 0; i < fs->plan->n_rows; i++)
		if (fs->plan->rows[i].late_ro)
			TRY(finish_row(fs, &fs->plan->rows[i], e));
	if (!fs->plan->root_readonly)
		return 0;
	WHERE_IN(e, "root.readonly", NULL);
	if (make_readonly(fs, fs->root_fd) < 0)
		return err_sys(e, "make the root filesystem read-only");
	return 0;
}
