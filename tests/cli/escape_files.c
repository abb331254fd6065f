/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways out that lead through files, devices and mounts; see escape.c. */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

int may_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int has_bytes(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	char byte;
	ssize_t n = fd < 0 ? -1 : read(fd, &byte, 1);
	int code = errno;

	if (fd >= 0)
		close(fd);
	errno = n == 0 ? ENODATA : code;
	return n > 0 ? 0 : -1;
}

static int node(int type, int major, int minor, int flags)
{
	const char *path = "/tmp/node";
	int rc;

	unlink(path);
	if (mknod(path, (mode_t)type | 0666, makedev((unsigned)major, (unsigned)minor)))
		return -1;
	rc = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	unlink(path);
	if (rc < 0)
		return -1;
	close(rc);
	return 0;
}

static int disk_node(void)
{
	return node(S_IFBLK, 8, 0, O_RDONLY) && node(S_IFBLK, 254, 0, O_RDONLY) ? -1 : 0;
}

static int mem_node(void)
{
	return node(S_IFCHR, 1, 1, O_RDONLY);
}

static int kmsg_node(void)
{
	return node(S_IFCHR, 1, 11, O_RDONLY);
}

static int port_node(void)
{
	return node(S_IFCHR, 1, 4, O_RDWR);
}

static int mount_tmpfs(void)
{
	return mount("t", "/tmp", "tmpfs", 0, NULL);
}

int mount_proc(void)
{
	return mount("p", "/tmp", "proc", 0, NULL);
}

static int mount_sysfs(void)
{
	return mount("s", "/tmp", "sysfs", 0, NULL);
}

static int mount_cgroup(void)
{
	return mount("c", "/tmp", "cgroup", 0, "devices");
}

static int bind_root(void)
{
	return mount("/", "/tmp", NULL, MS_BIND, NULL);
}

static int remount_proc(void)
{
	return mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static int unmask(void)
{
	return umount2("/proc/kcore", MNT_DETACH) &&
			       umount2("/proc/timer_list", MNT_DETACH) &&
			       umount2("/proc/acpi", MNT_DETACH)
		       ? -1
		       : 0;
}

static int unlock_sys(void)
{
	return umount2("/proc/sys", MNT_DETACH);
}

static int umount_proc(void)
{
	return umount2("/proc", MNT_DETACH);
}

static int fs_open(void)
{
	return (int)syscall(SYS_fsopen, "tmpfs", 0) < 0 ? -1 : 0;
}

static int tree_clone(void)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, "/", 1) < 0 ? -1 : 0;
}

static int move_root(void)
{
	return (int)syscall(SYS_pivot_root, ".", ".");
}

static int write_sysrq(void)
{
	return may_write("/proc/sysrq-trigger");
}

static int write_core_pattern(void)
{
	return may_write("/proc/sys/kernel/core_pattern");
}

static int write_modprobe(void)
{
	return may_write("/proc/sys/kernel/modprobe");
}

static int write_binfmt(void)
{
	return may_write("/proc/sys/fs/binfmt_misc/register");
}

static int write_shmmax(void)
{
	return may_write("/proc/sys/kernel/hostname");
}

static int write_irq(void)
{
	return may_write("/proc/irq/default_smp_affinity");
}

static int write_uevent(void)
{
	return may_write("/sys/kernel/uevent_helper");
}

static int write_sys(void)
{
	return may_write("/sys/kernel/profiling") && may_write("/sys/power/state") ? -1
										   : 0;
}

static int write_cgroup(void)
{
	return may_write("/sys/fs/cgroup/cgroup.procs") &&
			       mkdir("/sys/fs/cgroup/escape", 0755)
		       ? -1
		       : 0;
}

static int write_release_agent(void)
{
	return may_write("/sys/fs/cgroup/release_agent") &&
			       may_write("/sys/fs/cgroup/devices/release_agent")
		       ? -1
		       : 0;
}

static int read_kcore(void)
{
	return has_bytes("/proc/kcore");
}

static int read_keys(void)
{
	return has_bytes("/proc/keys");
}

static int read_timers(void)
{
	return has_bytes("/proc/timer_list");
}

static int read_acpi(void)
{
	return has_bytes("/proc/acpi/wakeup");
}

static int read_scsi(void)
{
	return has_bytes("/proc/scsi/scsi");
}

static int read_firmware(void)
{
	struct stat st;

	return stat("/sys/firmware/acpi", &st) && stat("/sys/firmware/dmi", &st) ? -1 : 0;
}

static int read_kmsg(void)
{
	return has_bytes("/proc/kmsg") && has_bytes("/dev/kmsg") ? -1 : 0;
}

static int read_log(void)
{
	char buf[16];

	return klogctl(3, buf, sizeof(buf)) < 0 ? -1 : 0;
}

static int clear_log(void)
{
	return klogctl(10, NULL, 0) < 0 && klogctl(4, NULL, -1) < 0 &&
			       (errno == EPERM || errno == EACCES || errno == ENOSYS)
		       ? -1
		       : 0;
}

/* The first process of the machine is not ours, nor is its root. */
static int other_root(void)
{
	struct stat ours, theirs;
	char path[32];

	if (stat("/", &ours))
		return -1;
	for (int pid = 1; pid < 300; pid++) {
		snprintf(path, sizeof(path), "/proc/%d/root/", pid);
		if (stat(path, &theirs) == 0 &&
		    (theirs.st_dev != ours.st_dev || theirs.st_ino != ours.st_ino))
			return 0;
	}
	errno = ENOENT;
	return -1;
}

static int other_cwd(void)
{
	char path[64], link[256];

	for (int pid = 1; pid < 300; pid++)
		for (int fd = -1; fd < 20; fd++) {
			ssize_t n;

			if (fd < 0)
				snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
			else
				snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
			n = readlink(path, link, sizeof(link) - 1);
			if (n <= 0)
				continue;
			link[n] = '\0';
			if (strstr(link, "bundle") || strstr(link, "wolffia") ||
			    strstr(link, "unreachable"))
				return 0;
		}
	errno = ENOENT;
	return -1;
}

static int own_binary(void)
{
	for (int pid = 1; pid < 300; pid++) {
		char path[32], link[256];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		n = readlink(path, link, sizeof(link) - 1);
		if (n > 0) {
			link[n] = '\0';
			if (strstr(link, "wolffia"))
				return 0;
		}
	}
	errno = ENOENT;
	return -1;
}

int setuid_program(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct stat st;

		if (stat("/proc/self/exe", &st) || !(st.st_mode & S_ISUID))
			_exit(errno ? errno : ENOEXEC);
		if (setgroups(0, NULL) && errno != EPERM)
			_exit(errno);
		if (setresgid(1, 1, 1) || setresuid(1, 1, 1))
			_exit(errno);
		execl("/proc/self/exe", "escape", SETUID_WORD, NULL);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
	return errno ? -1 : 0;
}

const struct way escape_files[] = {
	WAY(disk_node),
	WAY(mem_node),
	WAY(kmsg_node),
	WAY(port_node),
	WAY(mount_tmpfs),
	WAY(mount_proc),
	WAY(mount_sysfs),
	WAY(mount_cgroup),
	WAY(bind_root),
	WAY(remount_proc),
	WAY(unmask),
	WAY(unlock_sys),
	WAY(fs_open),
	WAY(tree_clone),
	WAY(move_root),
	WAY(write_sysrq),
	WAY(write_core_pattern),
	WAY(write_modprobe),
	WAY(write_binfmt),
	WAY(write_shmmax),
	WAY(write_irq),
	WAY(write_uevent),
	WAY(write_sys),
	WAY(write_cgroup),
	WAY(write_release_agent),
	WAY(read_kcore),
	WAY(read_keys),
	WAY(read_timers),
	WAY(read_acpi),
	WAY(read_scsi),
	WAY(read_firmware),
	WAY(read_kmsg),
	WAY(read_log),
	WAY(clear_log),
	WAY(other_root),
	WAY(other_cwd),
	WAY(own_binary),
	WAY(umount_proc),
	{ 0 },
};
