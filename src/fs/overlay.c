/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Throw-away layers; see overlay.h. All upper directories of a container share one tmpfs. It
 * must be attached somewhere (before Linux 6.15): to root.path, below the container's root,
 * where it is covered at once and goes with the old root. Never to "/" itself: what is
 * stacked there would be unmounted in place of the old root (fs/pivot.c).
 */
#include "fs/overlay.h"

#include "base/fd.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LAYER_PATH_MAX = PATH_FD_MAX + 16 };

static int new_tmpfs(struct fs *fs, const char *mode, struct err *e)
{
	struct mountfd_param params[2] = { { .key = "mode", .value = mode },
					   { .key = "size",
					     .value = fs->plan->scratch_size } };
	struct mountfd_fs new = { .type = "tmpfs",
				  .source = "wolffia",
				  .params = params,
				  .n_params = fs->plan->scratch_size ? 2 : 1,
				  .attrs = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID };
	int context, fd = mountfd_new(&new, &context, e);

	fs_bag_add(fs, context);
	return fd;
}

static int open_scratch(struct fs *fs, struct err *e)
{
	auto_close int fd = TRY(new_tmpfs(fs, "0700", e));

	if (mountfd_attach(fd, (struct mountfd_target){ .fd = fs->lower_fd }) < 0)
		return err_sys(e, "attach the tmpfs of the throw-away layer");
	fs->scratch_fd = take_fd(&fd);
	return 0;
}

/* The directories "uN" and "wN"; the upper one looks like what it lies over. */
static int make_layer(struct fs *fs, int lower, char upper[16], char work[16],
		      struct err *e)
{
	struct stat st;

	snprintf(upper, 16, "u%u", fs->n_layers);
	snprintf(work, 16, "w%u", fs->n_layers++);
	if (fstat(lower, &st) < 0)
		return err_sys(e, "look at the directory below the layer");
	if (mkdirat(fs->scratch_fd, upper, st.st_mode & 07777) < 0 ||
	    mkdirat(fs->scratch_fd, work, 0700) < 0)
		return err_sys(e, "make the throw-away layer");
	/* an owner that is not mapped cannot be had here */
	if ((st.st_uid || st.st_gid) &&
	    fchownat(fs->scratch_fd, upper, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) <
		    0 &&
	    errno != EINVAL && errno != EPERM)
		return err_sys(e, "give the throw-away layer to its owner");
	return 0;
}

static int explain(const struct fs *fs, struct err *e)
{
	if (e->code == ENODEV)
		return err_hint(e, "the kernel has no overlay: modprobe overlay, or work "
				   "on the directory itself (--rootfs-rw)");
	if (fs->plan->user_ns && strstr(e->text, "userxattr"))
		return err_hint(e, "an overlay in a user namespace needs Linux 5.11");
	if (fs->plan->user_ns && e->code == EINVAL)
		return err_hint(
			e, "if there are mounts below that directory: a user namespace "
			   "may not uncover what they cover");
	if (e->code == EPERM)
		return err_hint(e, "an overlay in a user namespace needs Linux 5.11");
	return -1;
}

int overlay_over(struct fs *fs, int lower, struct err *e)
{
	char low[PATH_FD_MAX], up[LAYER_PATH_MAX], wrk[LAYER_PATH_MAX], fd[PATH_FD_MAX];
	char upper[16], work[16];
	struct mountfd_param params[] = { { .key = "lowerdir", .value = low },
					  { .key = "upperdir", .value = up },
					  { .key = "workdir", .value = wrk },
					  { .key = "userxattr" } };
	struct mountfd_fs new = { .type = "overlay",
				  .source = "overlay",
				  .params = params,
				  .n_params = fs->plan->user_ns ? 4 : 3 };
	int context, mount;

	TRY(make_layer(fs, lower, upper, work, e));
	path_of_fd(lower, low);
	path_of_fd(fs->scratch_fd, fd);
	snprintf(up, sizeof(up), "%s/%s", fd, upper);
	snprintf(wrk, sizeof(wrk), "%s/%s", fd, work);
	mount = mountfd_new(&new, &context, e);
	fs_bag_add(fs, context);
	return mount < 0 ? explain(fs, e) : mount;
}

static int check_place(const struct fs *fs, struct err *e)
{
	struct stat st, slash;

	if (fs->plan->legacy)
		return err_set(e, "a throw-away layer needs fsopen(2) (Linux 5.2)");
	if (fstat(fs->lower_fd, &st) < 0 || stat("/", &slash) < 0)
		return err_sys(e, "look at the root filesystem");
	if (st.st_dev == slash.st_dev && st.st_ino == slash.st_ino)
		return err_set(e, "no throw-away layer can lie over the machine's root");
	return 0;
}

int overlay_root(struct fs *fs, struct err *e)
{
	const struct fs_plan *plan = fs->plan;
	auto_close int fd = -1;

	WHERE_IN(e, "root.path", plan->root);
	TRY(check_place(fs, e));
	/* before the layers' tmpfs covers it */
	if (plan->root_kind == FS_ROOT_PLAIN) {
		fd = mountfd_clone(fs->lower_fd, "", true, 0);
		if (fd < 0)
			return err_sys(e, "clone the root filesystem");
	}
	if (plan->has_layers || plan->root_kind == FS_ROOT_OVERLAY)
		TRY(open_scratch(fs, e));
	if (plan->root_kind == FS_ROOT_OVERLAY)
		fd = TRY(overlay_over(fs, fs->lower_fd, e));
	else if (plan->root_kind == FS_ROOT_EMPTY)
		fd = TRY(new_tmpfs(fs, "0755", e));
	if (mountfd_attach(fd, (struct mountfd_target){ .fd = fs->lower_fd }) < 0)
		return err_sys(e, "attach the root filesystem");
	fs_bag_add(fs, take_fd(&fs->lower_fd));
	fs->root_fd = take_fd(&fd);
	return 0;
}
