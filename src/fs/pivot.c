/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entering the root; see pivot.h. pivot_root(".", ".") puts the old root on top of the new
 * one, so that no directory is needed for it and one umount2(2) takes it away: the only
 * wait for RCU on the whole way.
 */
#include "fs/pivot.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/*
 * With rootfsPropagation shared the old root's mounts are the machine's own: unmounting them
 * would unmount the machine. As slaves they go alone.
 */
static int part_old_root(int old_root, struct err *e)
{
	if (fchdir(old_root) < 0 ||
	    syscall(SYS_mount, NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return err_sys(e, "part the old root from the machine");
	return 0;
}

static int pivot(const struct fs_plan *plan, struct err *e)
{
	auto_close int old_root = -1;

	if (plan->propagation == MS_SHARED) {
		old_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (old_root < 0)
			return err_sys(e, "open the old root");
	}
	if (syscall(SYS_pivot_root, ".", ".") < 0) {
		err_sys(e, "pivot_root");
		if (e->code == EINVAL)
			err_hint(e, "the machine's root may be an initramfs, or this a "
				    "chroot: --no-pivot helps there");
		if (e->code == EPERM)
			err_hint(e, "a seccomp filter around us may forbid it: "
				    "--no-pivot of run and create does without");
		return -1;
	}
	if (old_root >= 0)
		TRY(part_old_root(old_root, e));
	if (mountfd_umount(".") < 0)
		return err_sys(e, "unmount the old root");
	return 0;
}

static const char *const shown[] = { "/proc", "/sys" };

/* The same for what hide_machine() unmounts; "/" alone, for the container is below it. */
static int part_machine(struct err *e)
{
	bool parted = syscall(SYS_mount, NULL, "/", NULL, MS_SLAVE, NULL) == 0;

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		parted &= syscall(SYS_mount, NULL, shown[i], NULL, MS_SLAVE | MS_REC,
				  NULL) == 0 ||
			  errno == EINVAL || errno == ENOENT;
	return parted ? 0 : err_sys(e, "part the mounts from the machine");
}

static bool reveals(int fd)
{
	enum { PROC_MAGIC = 0x9fa0, SYSFS_MAGIC = 0x62656572 };
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 || fs.f_type == PROC_MAGIC ||
	       fs.f_type == SYSFS_MAGIC;
}

/*
 * Without pivot_root the machine's mounts stay in the namespace, out of sight. A procfs or
 * sysfs among them that nothing covers would let a process in a user namespace mount a new
 * one without our masks: they go, or are covered.
 */
static int hide_machine(const struct fs_plan *plan, struct err *e)
{
	if (plan->propagation == MS_SHARED)
		TRY(part_machine(e));
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		auto_close int fd = -1;

		if (mountfd_umount(shown[i]) == 0)
			continue;
		/* a mount of another user namespace cannot be unmounted, only covered */
		fd = open(shown[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && reveals(fd) &&
		    syscall(SYS_mount, "tmpfs", shown[i], "tmpfs", 0, NULL) < 0)
			return err_sys(e, "cover %s of the machine", shown[i]);
	}
	return 0;
}

static int move_root(struct fs *fs, struct err *e)
{
	TRY(hide_machine(fs->plan, e));
	if (fs->plan->legacy) {
		if (syscall(SYS_mount, ".", "/", NULL, MS_MOVE, NULL) < 0)
			return err_sys(e, "move the root filesystem to /");
	} else if (syscall(SYS_move_mount, fs->root_fd, "", AT_FDCWD, "/",
			   MOVE_MOUNT_F_EMPTY_PATH) < 0) {
		return err_sys(e, "move the root filesystem to /");
	}
	if (chroot(".") < 0)
		return err_sys(e, "chroot");
	return 0;
}

/*
 * rootfsPropagation of the root itself; pivot_root(2) does not take a shared one. Not of what
 * is below: that would take back what the mounts' own options say.
 */
static int share_root(const struct fs_plan *plan, struct err *e)
{
	unsigned long p = plan->root_propagation;

	if (!p || mountfd_set_propagation("/", p, false) == 0 ||
	    syscall(SYS_mount, NULL, "/", NULL, p, NULL) == 0)
		return 0;
	return err_sys(e, "set the propagation of the root");
}

/* ---- a joined mount namespace ----------------------------------------------------------- */

int pivot_own_view(struct fs_plan *plan, int ns, struct err *e)
{
	if (plan->mount_ns != FS_MOUNT_NS_JOINED)
		return 0;
	plan->joined_ns = ns;
	return unshare(CLONE_NEWNS) < 0 ? err_sys(e, "copy the joined mount namespace")
					: 0;
}

/* The copy and all that was mounted in it ends when we have left it. */
static int enter_joined(const struct fs *fs, struct err *e)
{
	struct mountfd_attr attr = MOUNTFD_ATTR_NONE;
	auto_close int tree = mountfd_clone(fs->root_fd, "", true, 0);

	if (tree < 0)
		return err_sys(e, "clone the finished root filesystem");
	attr.propagation = fs->plan->root_propagation;
	if (attr.propagation && mountfd_setattr(tree, &attr) < 0)
		return err_sys(e, "set the propagation of the root");
	if (setns(fs->plan->joined_ns, CLONE_NEWNS) < 0)
		return err_sys(e, "enter the joined mount namespace");
	if (fchdir(tree) < 0 || chroot(".") < 0)
		return err_sys(e, "chroot");
	return 0;
}

static int enter(struct fs *fs, struct err *e)
{
	const struct fs_plan *plan = fs->plan;

	if (plan->mount_ns == FS_MOUNT_NS_JOINED)
		return enter_joined(fs, e);
	if (fchdir(fs->root_fd) < 0)
		return err_sys(e, "enter the root filesystem");
	if (plan->mount_ns == FS_MOUNT_NS_NEW)
		return plan->no_pivot ? move_root(fs, e) : pivot(plan, e);
	return chroot(".") < 0 ? err_sys(e, "chroot") : 0;
}

int pivot_enter(struct fs *fs, struct err *e)
{
	const struct fs_plan *plan = fs->plan;

	WHERE_IN(e, "root.path", plan->root);
	TRY(enter(fs, e));
	if (chdir("/") < 0)
		return err_sys(e, "enter the root directory");
	if (plan->mount_ns != FS_MOUNT_NS_JOINED)
		TRY(share_root(plan, e));
	umask(022);
	return 0;
}
