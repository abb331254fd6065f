/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers; see overlay.h. All upper directories in memory share one tmpfs (those on disk with a
 * limit, one filesystem that HOST has made). It must be attached
 * somewhere (before Linux 6.15): to root.path, below the container's root, where it is
 * covered at once and goes with the old root. Never to "/" itself: what is stacked there
 * would be unmounted in place of the old root (fs/pivot.c).
 */
#include "fs/overlay.h"

#include "base/fd.h"
#include "base/log.h"
#include "fs/fuse.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LAYER_PATH_MAX = PATH_FD_MAX + 16 };

/* SELinux: all that is in it has the label of the container's mounts. */
static void add_label(const struct fs *fs, struct mountfd_param *params, size_t *n)
{
	const struct fs_plan *plan = fs->plan;

	if (plan->mount_label && *plan->mount_label)
		params[(*n)++] = (struct mountfd_param){
			.key = plan->label_option ? plan->label_option : "context",
			.value = plan->mount_label
		};
}

/* Beside layers on disk a tmpfs has mount points in it and little else. */
static const char *size_of_tmpfs(const struct fs_plan *plan)
{
	if (plan->scratch_size)
		return plan->scratch_size;
	return plan->layer_place == FS_LAYER_DISK ? "1g" : NULL;
}

static int new_tmpfs(struct fs *fs, const char *mode, struct err *e)
{
	struct mountfd_param params[3] = { { .key = "mode", .value = mode } };
	struct mountfd_fs new = { .type = "tmpfs",
				  .source = "wolffia",
				  .params = params,
				  .n_params = 1,
				  .attrs = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID };
	const char *size = size_of_tmpfs(fs->plan);
	int context, fd;

	if (size)
		params[new.n_params++] =
			(struct mountfd_param){ .key = "size", .value = size };
	add_label(fs, params, &new.n_params);
	fd = mountfd_new(&new, &context, e);
	fs_bag_add(fs, context);
	return fd;
}

static int open_scratch(struct fs *fs, struct err *e)
{
	auto_close int fd = take_fd(&fs->plan->scratch_mount);

	if (fd < 0)
		fd = TRY(new_tmpfs(fs, "0700", e));
	if (mountfd_attach(fd, (struct mountfd_target){ .fd = fs->lower_fd }) < 0)
		return fs_err_attach("what the throw-away layer lies on", e);
	fs->scratch_fd = take_fd(&fd);
	return 0;
}

/* The places of one layer; the descriptors are borrowed. */
struct layer {
	int upper_dir, work_dir;
	char upper[16], work[16]; /* names in them, or "" for themselves */
	bool is_new; /* the upper directory has yet to get its looks */
	bool kept;
};

/* The directories "uN" and "wN". */
static int make_scratch(struct fs *fs, struct layer *ret, struct err *e)
{
	struct layer l = { .upper_dir = fs->scratch_fd,
			   .work_dir = fs->scratch_fd,
			   .is_new = true };

	snprintf(l.upper, sizeof(l.upper), "u%u", fs->n_layers);
	snprintf(l.work, sizeof(l.work), "w%u", fs->n_layers++);
	if (mkdirat(fs->scratch_fd, l.upper, 0700) < 0 ||
	    mkdirat(fs->scratch_fd, l.work, 0700) < 0)
		return err_sys(e, "make the throw-away layer");
	*ret = l;
	return 0;
}

/* The upper directory looks like what it lies over. */
static int give_looks(const struct layer *l, int lower, struct err *e)
{
	char path[LAYER_PATH_MAX], fd[PATH_FD_MAX];
	struct stat st;

	if (fstat(lower, &st) < 0)
		return err_sys(e, "look at the directory below the layer");
	snprintf(path, sizeof(path), "%s/%s", path_of_fd(l->upper_dir, fd), l->upper);
	/* an owner that is not mapped cannot be had here */
	if ((st.st_uid || st.st_gid) &&
	    fchownat(AT_FDCWD, path, st.st_uid, st.st_gid, 0) < 0 && errno != EINVAL &&
	    errno != EPERM)
		return err_sys(e, "give the layer to its owner");
	if (fchmodat(AT_FDCWD, path, st.st_mode & 07777, 0) < 0)
		return err_sys(e, "give the layer its mode");
	return 0;
}

/* What there is instead, and what of it is weaker: to be chosen by the user, never by us. */
static int hint_choices(const struct fs *fs, bool of_root, const char *lack,
			struct err *e)
{
	const char *fuse = fs->ask_helper
				   ? "fuse-overlayfs, which would do, is not installed"
				   : "fuse-overlayfs would do only in a pid namespace of "
				     "the container's own";

	if (!of_root)
		return err_hint(e,
				"%s; %s; without both nothing that is written there "
				"could be thrown away: \"ro\" in place of \"overlay\" "
				"forbids writing, none of both changes the directory "
				"itself",
				lack, fuse);
	return err_hint(e,
			"%s; %s; without both nothing that is written could be thrown "
			"away: --read-only forbids writing, --rootfs-rw writes to the "
			"directory itself",
			lack, fuse);
}

/* What the kernel lacks, or NULL: the mount failed for another reason. */
static const char *lack_of(const struct fs *fs, const struct err *e)
{
	if (e->code == ENODEV)
		return "this kernel has no overlay (modprobe overlay, as root)";
	if (fs->plan->user_ns && (strstr(e->text, "userxattr") || e->code == EPERM))
		return "an overlay in a user namespace needs Linux 5.11 (userxattr)";
	return NULL;
}

/* Only where the kernel cannot: the layer by fuse-overlayfs. `why`: the kernel's refusal. */
static int mount_instead(struct fs *fs, const struct layer *l, int lower,
			 const struct err *why, struct err *e)
{
	const struct fuse_place place = { .lower = lower,
					  .dir = l->kept ? fs->layer_fd : l->upper_dir,
					  .upper = l->kept ? "upper" : l->upper,
					  .work = l->kept ? "work" : l->work,
					  .kept = l->kept };
	bool of_root = lower == fs->lower_fd;
	const char *lack = why ? lack_of(fs, why) : "the kernel's overlay cannot read it";
	int mount = -1;

	if (!lack)
		return err_take(e, why);
	if (fs->ask_helper)
		mount = fuse_layer(fs, &place, e);
	if (mount < 0 && (!fs->ask_helper || e->code == FUSE_NOT_INSTALLED)) {
		err_clear(e);
		if (why)
			err_take(e, why);
		else
			err_set(e, "its \"upper\" was written by " FUSE_PROGRAM);
		return hint_choices(fs, of_root, lack, e);
	}
	if (mount < 0 && l->kept && strstr(e->text, err_name(EACCES)))
		err_hint(e, "the container's root must be able to pass through the "
			    "layer's directory: chmod a+x");
	if (mount < 0)
		return err_hint_more(e, "%s", lack);
	log_info("%s: " FUSE_PROGRAM " makes the layer: %s",
		 of_root ? "root.path" : "a volume",
		 why ? why->text : "it has written what is kept");
	return mount;
}

/* Not in memory, and where the kernel takes no upperdir. */
static bool is_on_overlay(int dir)
{
	struct statfs st;

	return fstatfs(dir, &st) == 0 && st.f_type == OVERLAYFS_SUPER_MAGIC;
}

static int mount_layer(struct fs *fs, const struct layer *l, int lower, struct err *e)
{
	char low[PATH_FD_MAX], up[LAYER_PATH_MAX], wrk[LAYER_PATH_MAX], fd[PATH_FD_MAX];
	struct mountfd_param params[6] = { { .key = "lowerdir", .value = low },
					   { .key = "upperdir", .value = up },
					   { .key = "workdir", .value = wrk } };
	struct mountfd_fs new = {
		.type = "overlay", .source = "overlay", .params = params, .n_params = 3
	};
	struct err why = { 0 };
	int context, mount;

	if (l->kept && fs->plan->layer_by_fuse)
		return mount_instead(fs, l, lower, NULL, e);
	if (fs->plan->user_ns)
		params[new.n_params++].key = "userxattr";
	/* what is thrown away need not reach the disk (Linux 5.10) */
	if (!l->kept && fs->plan->layer_place == FS_LAYER_DISK)
		params[new.n_params++] =
			(struct mountfd_param){ .key = "volatile", .optional = true };
	path_of_fd(lower, low);
	snprintf(up, sizeof(up), "%s/%s", path_of_fd(l->upper_dir, fd), l->upper);
	snprintf(wrk, sizeof(wrk), "%s/%s", path_of_fd(l->work_dir, fd), l->work);
	add_label(fs, params, &new.n_params);
	mount = mountfd_new(&new, &context, &why);
	fs_bag_add(fs, context);
	if (mount >= 0)
		return mount;
	if (why.code == EINVAL && is_on_overlay(l->upper_dir))
		err_hint(&why,
			 "a layer cannot lie on another overlay, as in a container: "
			 "set TMPDIR to a directory on another filesystem, name one, "
			 "or --overlay memory");
	else if (fs->plan->user_ns && why.code == EINVAL && !lack_of(fs, &why))
		err_hint(&why,
			 "if there are mounts below that directory: a user namespace "
			 "may not uncover what they cover");
	return mount_instead(fs, l, lower, &why, e);
}

int overlay_over(struct fs *fs, int lower, struct err *e)
{
	struct layer l;

	TRY(make_scratch(fs, &l, e));
	TRY(give_looks(&l, lower, e));
	return mount_layer(fs, &l, lower, e);
}

static int lay_over_root(struct fs *fs, struct err *e)
{
	struct layer l = { .upper_dir = fs->upper_fd,
			   .work_dir = fs->work_fd,
			   .kept = true };

	if (fs->upper_fd < 0)
		return overlay_over(fs, fs->lower_fd, e);
	if (fs->plan->layer_is_new)
		TRY(give_looks(&l, fs->lower_fd, e));
	return mount_layer(fs, &l, fs->lower_fd, e);
}

/* ---- the root ------------------------------------------------------------------------- */

static int open_dir(int at, const char *name, struct err *e)
{
	int fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_sys_plain(e, "open %s", name) : fd;
}

static int open_layers(struct fs *fs, struct err *e)
{
	WHERE_IN(e, "layer on disk", fs->plan->layer_dir);

	fs->layer_fd = TRY(open_dir(AT_FDCWD, fs->plan->layer_dir, e));
	if (fs->plan->layer_place == FS_LAYER_DISK)
		return fs->scratch_fd = open_dir(fs->layer_fd, "layers", e);
	fs->upper_fd = TRY(open_dir(fs->layer_fd, "upper", e));
	return fs->work_fd = open_dir(fs->layer_fd, "work", e);
}

int overlay_open_place(struct fs *fs, struct err *e)
{
	const struct fs_plan *plan = fs->plan;

	if (!fs_plan_has_layers(plan) || fs->scratch_fd >= 0 || fs->upper_fd >= 0)
		return 0;
	if (!plan->layer_dir)
		return 0; /* in memory, or on scratch_mount */
	return open_layers(fs, e) < 0 ? -1 : 0;
}

static int check_place(const struct fs *fs, struct err *e)
{
	struct stat st, slash;

	if (fs->plan->legacy) {
		err_set(e, "a throw-away layer needs mount_setattr(2)");
		return err_hint(e, "Linux 5.12 has it, a seccomp filter around us may "
				   "forbid it; --rootfs-rw works without a layer");
	}
	if (fstat(fs->lower_fd, &st) < 0 || stat("/", &slash) < 0)
		return err_sys(e, "look at the root filesystem");
	if (st.st_dev != slash.st_dev || st.st_ino != slash.st_ino)
		return 0;
	err_set(e, "no throw-away layer can lie over the machine's root");
	return err_hint(e, "`wolffia do` runs a program on the machine's own system");
}

static int attach_root(struct fs *fs, int mount, struct err *e)
{
	if (mountfd_attach(mount, (struct mountfd_target){ .fd = fs->lower_fd }) < 0)
		return fs_err_attach("the root filesystem", e);
	return 0;
}

/* What HOST has made of root.path is what the layer lies over. */
static int take_lower(struct fs *fs, struct err *e)
{
	struct fs_plan *plan = fs->plan;

	if (plan->root_mount < 0 || plan->root_kind != FS_ROOT_OVERLAY)
		return 0;
	TRY(attach_root(fs, plan->root_mount, e));
	fs_bag_add(fs, fs->lower_fd);
	fs->lower_fd = take_fd(&plan->root_mount);
	return 0;
}

/* The root as a detached mount. */
static int make_root(struct fs *fs, struct err *e)
{
	switch (fs->plan->root_kind) {
	case FS_ROOT_PLAIN:
		break; /* it was cloned before the layers' tmpfs covered it */
	case FS_ROOT_OVERLAY:
		return lay_over_root(fs, e);
	case FS_ROOT_EMPTY:
		return new_tmpfs(fs, "0755", e);
	}
	return -1;
}

int overlay_root(struct fs *fs, struct err *e)
{
	struct fs_plan *plan = fs->plan;
	auto_close int fd = -1;
	bool wants_scratch;

	WHERE_IN(e, "root.path", plan->root);
	TRY(check_place(fs, e));
	TRY(take_lower(fs, e));
	if (plan->root_kind == FS_ROOT_PLAIN) {
		fd = plan->root_mount >= 0 ? take_fd(&plan->root_mount)
					   : mountfd_clone(fs->lower_fd, "", true, 0);
		if (fd < 0)
			return err_sys(e, "clone the root filesystem");
	}
	wants_scratch = plan->has_layers ||
			(plan->root_kind == FS_ROOT_OVERLAY && fs->upper_fd < 0);
	if (wants_scratch && fs->scratch_fd < 0)
		TRY(open_scratch(fs, e));
	if (fd < 0)
		fd = TRY(make_root(fs, e));
	TRY(attach_root(fs, fd, e));
	fs_bag_add(fs, take_fd(&fs->lower_fd));
	fs->root_fd = take_fd(&fd);
	return 0;
}
