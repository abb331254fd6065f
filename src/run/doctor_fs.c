/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `doctor`: filesystems, each mounted by a child in a mount namespace of its own. */
#include "run/doctor_check.h"

#include "base/fd.h"
#include "base/str.h"
#include "fs/bounded.h"
#include "fs/fuse.h"
#include "fs/plan.h"
#include "kernel/mountfd.h"
#include "kernel/path.h"
#include "kernel/spawn.h"
#include "kernel/usernsfd.h"
#include "run/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* A detached mount; the context goes with the child. */
static int new_mount(const char *type, const struct mountfd_param *params, size_t n,
		     struct err *e)
{
	struct mountfd_fs fs = {
		.type = type, .source = "doctor", .params = params, .n_params = n
	};
	int context;

	return mountfd_new(&fs, &context, e);
}

/* Overlay takes layers only from what is mounted somewhere (before Linux 6.15). */
static int open_scratch(struct err *e)
{
	static const char *const places[] = { "/tmp", "/var", "/usr", "/dev" };
	auto_close int fd = new_mount("tmpfs", NULL, 0, e);
	auto_close int at = -1;

	if (fd < 0)
		return -1;
	/* what is shared with the machine must not see it (root without a user namespace) */
	mountfd_set_propagation("/", MS_SLAVE, true);
	for (size_t i = 0; i < ARRAY_SIZE(places) && at < 0; i++)
		at = open(places[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0 || mountfd_attach(fd, (struct mountfd_target){ .fd = at }) < 0)
		return err_sys(e, "attach a tmpfs");
	return take_fd(&fd);
}

static int try_root(struct err *e)
{
	auto_close int scratch = open_scratch(e);
	auto_close int copy = scratch < 0 ? -1 : mountfd_clone(scratch, "", false, 0);

	if (scratch < 0)
		return -1;
	if (copy < 0)
		return err_sys(e, "open_tree");
	if (fchdir(scratch) == 0 && syscall(SYS_pivot_root, ".", ".") == 0)
		return 0;
	err_sys(e, "pivot_root");
	return err_hint(e, e->code == EINVAL
				   ? "the machine's root is an initramfs, or this is a "
				     "chroot: --no-pivot of run and create does without"
				   : "a seccomp filter of an outer container may forbid "
				     "it: --no-pivot of run and create does without");
}

void doctor_root(struct doctor *d, struct doctor_finding *f)
{
	const struct doctor_trial t = { CLONE_NEWNS, try_root };
	struct err why = { 0 };

	if (doctor_try(d, &t, &why) == 0)
		doctor_found(d, f, "entered by pivot_root");
	else
		doctor_fault(d, f, DOCTOR_MISSING, &why,
			     "a filter of system calls or a security module of an outer "
			     "container forbids it: run it without");
}

/* mknod(2) is root's of the machine alone: the machine's own are shown inside. */
void doctor_devices(struct doctor *d, struct doctor_finding *f)
{
	struct err why = { 0 };

	for (size_t i = 0; i < FS_DEFAULT_DEVICES && !err_is_set(&why); i++) {
		const struct fs_default_device *dev = &fs_default_devices[i];
		struct stat st;

		if (lstat(dev->path, &st) < 0)
			err_sys_plain(&why, "%s", dev->path);
		else if (!S_ISCHR(st.st_mode) ||
			 st.st_rdev != makedev(dev->major, dev->minor))
			err_set(&why, "%s: it is not device %u:%u", dev->path, dev->major,
				dev->minor);
		else
			continue;
		err_hint(&why, "as root: rm -f %s; mknod -m 666 %s c %u %u%s", dev->path,
			 dev->path, dev->major, dev->minor,
			 d->privileged ? "; --userns host makes its own" : "");
	}
	if (!err_is_set(&why))
		doctor_found(d, f, "null, zero, full, random, urandom, tty");
	else
		doctor_fault(d, f, d->privileged ? DOCTOR_DEGRADED : DOCTOR_MISSING, &why,
			     NULL);
}

/* Where the program's owner has no id inside, nothing of it runs there (run/stage.h). */
void doctor_memfd(struct doctor *d, struct doctor_finding *f)
{
	struct err why = { 0 };
	auto_close int script = stage_script_fd(&why);
	auto_close int stage = script < 0 ? -1 : stage_open(&why);

	if (stage >= 0)
		doctor_found(d, f, "sealed, and can be run");
	else
		doctor_fault(d, f,
			     script < 0 || d->privileged ? DOCTOR_MISSING
							 : DOCTOR_DEGRADED,
			     &why, "a seccomp filter of an outer container forbids it");
}

static int try_overlay(struct err *e)
{
	static const char *const dirs[] = { "lower", "upper", "work" };
	char base[PATH_FD_MAX], paths[3][PATH_FD_MAX + 8];
	struct mountfd_param params[] = { { .key = "lowerdir", .value = paths[0] },
					  { .key = "upperdir", .value = paths[1] },
					  { .key = "workdir", .value = paths[2] },
					  { .key = "userxattr" } };
	auto_close int scratch = open_scratch(e);

	if (scratch < 0)
		return -1;
	path_of_fd(scratch, base);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (mkdirat(scratch, dirs[i], 0755) < 0)
			return err_sys(e, "make a directory");
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", base, dirs[i]);
	}
	return new_mount("overlay", params, ARRAY_SIZE(params), e) < 0 ? -1 : 0;
}

/* The kernel cannot for the caller, as opposed to what hinders all mounts. */
static bool lacks_overlay(const struct err *why)
{
	return str_starts(why->text, "mount overlay") &&
	       (why->code == ENODEV || why->code == EPERM ||
		strstr(why->text, "userxattr"));
}

/* What makes layers where the kernel cannot. */
static bool has_fuse(void)
{
	auto_close int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char path[CHILD_PATH_MAX];

	return fd >= 0 && child_find(FUSE_PROGRAM, path);
}

void doctor_overlay(struct doctor *d, struct doctor_finding *f)
{
	const struct doctor_trial t = { CLONE_NEWNS, try_overlay };
	struct err why = { 0 };

	if (doctor_try(d, &t, &why) == 0)
		doctor_found(d, f, "mounted with userxattr");
	else if (lacks_overlay(&why) && has_fuse())
		doctor_fault(d, f, DOCTOR_DEGRADED, &why,
			     why.code == ENODEV
				     ? FUSE_PROGRAM " makes layers instead; faster: "
						    "modprobe overlay, as root"
				     : FUSE_PROGRAM " makes layers instead; a user "
						    "namespace can mount it since Linux "
						    "5.11");
	else
		doctor_fault(d, f, DOCTOR_MISSING, &why,
			     why.code == ENODEV
				     ? "modprobe overlay, as root, or " FUSE_PROGRAM
				       " and /dev/fuse; without: do as a plain user, "
				       "run --rootfs with --rootfs-rw"
				     : "a user namespace can mount it since Linux "
				       "5.11; " FUSE_PROGRAM
				       " and /dev/fuse, or run --rootfs-rw, "
				       "do without");
}

static int try_idmap(struct err *e)
{
	struct usernsfd_range one = { 0, 0, 1 };
	struct mountfd_attr attr = MOUNTFD_ATTR_NONE;
	auto_close int fd = new_mount("tmpfs", NULL, 0, e);
	auto_close int userns = fd < 0 ? -1 : usernsfd_open(&one, 1, &one, 1, e);

	if (userns < 0)
		return -1;
	attr.userns_fd = userns;
	return mountfd_setattr(fd, &attr) < 0 ? err_sys(e, "mount_setattr idmap on tmpfs")
					      : 0;
}

void doctor_idmap(struct doctor *d, struct doctor_finding *f)
{
	const struct doctor_trial t = { CLONE_NEWNS, try_idmap };
	struct err why = { 0 };

	if (doctor_try(d, &t, &why) == 0)
		doctor_found(d, f, "a tmpfs was id-mapped");
	else
		doctor_fault(d, f, DOCTOR_MISSING, &why,
			     "Linux 6.3 can do it for tmpfs; as root --root-ids chown "
			     "does without");
}

static int try_proc(struct err *e)
{
	return new_mount("proc", NULL, 0, e) < 0 ? -1 : 0;
}

void doctor_proc(struct doctor *d, struct doctor_finding *f)
{
	const struct doctor_trial t = { CLONE_NEWNS | CLONE_NEWPID, try_proc };
	struct err why = { 0 };

	if (doctor_try(d, &t, &why) == 0) {
		doctor_found(d, f, "a new one was mounted");
		return;
	}
	if (why.code == EPERM)
		err_hint(
			&why,
			"an outer container hides parts of its /proc: have it run "
			"with an unmasked one (podman --security-opt unmask=ALL), or use "
			"--allow-host-proc, which shows the outer /proc read-only");
	doctor_fault(d, f, DOCTOR_DEGRADED, &why, NULL);
}

static int try_sysfs(struct err *e)
{
	return new_mount("sysfs", NULL, 0, e) < 0 ? -1 : 0;
}

void doctor_sysfs(struct doctor *d, struct doctor_finding *f)
{
	const struct doctor_trial t = { CLONE_NEWNS | CLONE_NEWNET, try_sysfs };
	struct err why = { 0 };

	if (doctor_try(d, &t, &why) == 0)
		doctor_found(d, f, "a new one was mounted");
	else
		doctor_fault(
			d, f, DOCTOR_DEGRADED, &why,
			"an outer container hides parts of its /sys: the outer one is "
			"shown read-only instead");
}

void doctor_fuse(struct doctor *d, struct doctor_finding *f)
{
	auto_close int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	struct err why = { 0 };

	if (fd >= 0) {
		doctor_found(d, f, "/dev/fuse opens; %s " FUSE_PROGRAM,
			     has_fuse() ? "there is" : "no");
		return;
	}
	err_sys_plain(&why, "/dev/fuse");
	doctor_fault(d, f, DOCTOR_MISSING, &why,
		     why.code == EACCES ? "chmod 666 /dev/fuse, as root"
					: "modprobe fuse, as root");
}

/* Nothing is attached: looked at only. */
void doctor_loop(struct doctor *d, struct doctor_finding *f)
{
	struct err why = { 0 };

	if (geteuid() != 0 || !d->privileged) {
		err_set(&why, "only root of the machine may mount what it holds");
		err_hint(&why,
			 "a layer in memory is limited by --overlay-size, each file by "
			 "--fsize");
	} else if (bounded_usable(&why) == 0) {
		doctor_found(d, f, "/dev/loop-control opens; there is mke2fs");
		return;
	}
	doctor_fault(d, f, DOCTOR_MISSING, &why, NULL);
}
