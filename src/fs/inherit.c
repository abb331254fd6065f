/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mount for all of a container's; see inherit.h. Before it goes everything below becomes
 * private: unmounting a peer or its children would unmount the machine's. The root is
 * attached in a directory of our mount and not onto it, so that the mount which a path leads
 * to is the one to be removed.
 */
#include "fs/inherit.h"

#include "base/fd.h"
#include "kernel/mountfd.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char root_name[] = "rootfs";

/* More than one only when something has gone wrong before; never without an end. */
enum { STACKED_MAX = 16 };

static int open_below(int dir, const char *name)
{
	return openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int inherit_reserve(int state_dir, struct inherit_id *ret, struct err *e)
{
	auto_close int fd = -1;
	struct stat st;

	if (mkdirat(state_dir, INHERIT_DIR, 0700) < 0)
		return err_sys_plain(e, "state directory: make %s", INHERIT_DIR);
	fd = open_below(state_dir, INHERIT_DIR);
	if (fd < 0 || mkdirat(fd, root_name, 0700) < 0 || fstat(fd, &st) < 0)
		return err_sys_plain(e, "state directory: %s", INHERIT_DIR);
	*ret = (struct inherit_id){ st.st_dev, st.st_ino };
	return 0;
}

void inherit_release(int state_dir)
{
	unlinkat(state_dir, INHERIT_DIR "/rootfs", AT_REMOVEDIR);
	unlinkat(state_dir, INHERIT_DIR, AT_REMOVEDIR);
}

static int set_propagation(const struct fs_plan *plan, int fd, unsigned long propagation)
{
	struct mountfd_attr attr = MOUNTFD_ATTR_NONE;

	attr.propagation = propagation;
	attr.propagation_rec = true;
	return plan->legacy ? mountfd_setattr_legacy(fd, &attr)
			    : mountfd_setattr(fd, &attr);
}

int inherit_part(const struct fs_plan *plan, int fd)
{
	return plan->own_tree ? set_propagation(plan, fd, plan->propagation) : 0;
}

/* What mount_setattr(2) can, mount(2) must where that is missing. */
static void learn_legacy(struct fs_plan *plan, int clone)
{
	plan->legacy = plan->legacy || (clone < 0 && mountfd_is_missing(errno)) ||
		       (clone >= 0 && set_propagation(plan, clone, MS_PRIVATE) < 0 &&
			mountfd_is_missing(errno));
}

/* Attaching has made it shared, where the state directory's mount is. */
static int attach_self(struct fs_plan *plan, int state_dir, struct err *e)
{
	auto_close int dir = open_below(state_dir, INHERIT_DIR);
	auto_close int clone = dir < 0 ? -1 : mountfd_clone(dir, "", false, 0);
	int rc;

	if (dir < 0)
		return err_sys_plain(e, "state directory: %s", INHERIT_DIR);
	learn_legacy(plan, clone);
	if (plan->legacy) {
		fd_close(clone);
		rc = mountfd_bind_legacy(dir, dir, false);
		clone = rc < 0 ? -1 : open_below(state_dir, INHERIT_DIR);
	} else {
		rc = clone < 0 ? -1
			       : mountfd_attach(clone,
						(struct mountfd_target){ .fd = dir });
	}
	if (rc < 0 || clone < 0 || set_propagation(plan, clone, MS_PRIVATE) < 0) {
		err_sys(e, "mount the directory that the container's mounts go into");
		return err_hint(e,
				"without {\"type\": \"mount\"} in linux.namespaces they "
				"are mounts of the machine, which needs CAP_SYS_ADMIN");
	}
	return take_fd(&clone);
}

static int attach_root(struct fs_plan *plan, int dir, int place, int self, struct err *e)
{
	auto_close int clone = -1;

	if (plan->legacy) {
		if (mountfd_bind_legacy(dir, place, true) < 0)
			return err_sys(e, "bind the root filesystem");
		clone = open_below(self, root_name);
		if (clone < 0 || inherit_part(plan, clone) < 0)
			return err_sys(e, "part the root filesystem from the machine");
	} else {
		clone = mountfd_clone(dir, "", true, 0);
		if (clone < 0 || inherit_part(plan, clone) < 0 ||
		    mountfd_attach(clone, (struct mountfd_target){ .fd = place }) < 0)
			return err_sys(e, "clone the root filesystem");
	}
	plan->tree_fd = take_fd(&clone);
	return 0;
}

int inherit_attach(struct fs_plan *plan, int state_dir, int bundle_fd, struct err *e)
{
	auto_close int self = TRY(attach_self(plan, state_dir, e));
	auto_close int place = open_below(self, root_name);
	auto_close int dir =
		openat(bundle_fd, plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (place < 0)
		return err_sys_plain(e, "state directory: %s", INHERIT_DIR);
	WHERE_IN(e, "root.path", plan->root);
	if (dir < 0)
		return err_sys_plain(e, "open the root filesystem");
	return attach_root(plan, dir, place, self, e);
}

/* Ours is the directory itself, whatever mount it is seen through. */
static bool is_ours(int fd, int state_dir, const struct inherit_id *id)
{
	struct stat st, above;

	if (fstat(fd, &st) < 0)
		return false;
	if (id)
		return st.st_dev == id->dev && st.st_ino == id->ino;
	return fstat(state_dir, &above) == 0 && st.st_dev == above.st_dev;
}

int inherit_remove(int state_dir, const struct inherit_id *id, struct err *e)
{
	struct mountfd_attr private = MOUNTFD_ATTR_NONE;

	private.propagation = MS_PRIVATE;
	private.propagation_rec = true;
	for (int i = 0; i < STACKED_MAX; i++) {
		auto_close int fd = open_below(state_dir, INHERIT_DIR);

		if (fd < 0 && errno == ENOENT)
			return 0;
		if (fd < 0)
			return err_sys_plain(e, "state directory: %s", INHERIT_DIR);
		if (!is_ours(fd, state_dir, id)) {
			err_set(e,
				"something else is mounted on %s of the state directory",
				INHERIT_DIR);
			return err_hint(e, "unmount it, and delete once more");
		}
		if (mountfd_setattr_legacy(fd, &private) == 0 && mountfd_detach(fd) == 0)
			continue;
		/* it is no mount, or not any more */
		return errno == EINVAL ? 0 : err_sys(e, "unmount the container's mounts");
	}
	return 0;
}
