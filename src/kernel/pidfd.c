/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes by descriptor. Invariants: a pid number is only looked up while its pidfd is
 * held and the process is checked to be unreaped afterwards, so that what was read belongs
 * to it; recovering compares before it believes; every doubt is "gone".
 */
#include "kernel/pidfd.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define PIDFS_MAGIC 0x50494446
#define PIDFS_ROOT  (-10002) /* FD_PIDFS_ROOT, Linux 6.17 */

/* linux/pidfd.h, struct pidfd_info as of Linux 6.16 (80 bytes; the ioctl number has the size
 * of the first version, the kernel copies what both sides know). */
struct pidfd_info_ {
	uint64_t mask;
	uint64_t cgroupid;
	uint32_t pid;
	uint32_t tgid;
	uint32_t ppid;
	uint32_t ids[8];
	int32_t exit_code;
};
static_assert(sizeof(struct pidfd_info_) == 64, "PIDFD_INFO_SIZE_VER0");
#define PIDFD_GET_INFO_ _IOWR(0xff, 11, struct pidfd_info_)
enum { INFO_PID = 1, INFO_EXIT = 1 << 3 };

int pidfd_of(pid_t pid, bool *ret_gone, struct err *e)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd >= 0)
		return fd;
	/* EINVAL, ENOENT: the number is a thread's now, no process has it. */
	if (errno == ESRCH || errno == ENOENT || (errno == EINVAL && pid > 0)) {
		*ret_gone = true;
		return -1;
	}
	return err_sys(e, "open process %d", (int)pid);
}

/* Not reaped yet: signal 0 needs no permission to tell. */
static bool unreaped(int pidfd)
{
	return syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0 || errno != ESRCH;
}

bool pidfd_alive(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int r;

	do
		r = poll(&p, 1, 0);
	while (r < 0 && errno == EINTR);
	return r == 0;
}

/* A number of /proc/PID/stat, of field 4 (the state is field 3, a letter) or later. */
static bool stat_field(const char *stat, int wanted, uint64_t *ret)
{
	const char *p = strrchr(stat, ')'); /* the name may hold anything before it */
	char digits[24];
	size_t n;

	if (!p)
		return false;
	p++;
	for (int field = 3; field <= wanted; field++) {
		if (*p++ != ' ')
			return false;
		n = strcspn(p, " \n");
		if (n == 0)
			return false;
		if (field < wanted)
			p += n;
	}
	if (n >= sizeof(digits))
		return false;
	memcpy(digits, p, n);
	digits[n] = '\0';
	return str_to_u64(digits, UINT64_MAX, ret);
}

bool pidfd_stat_start_time(const char *stat, uint64_t *ret)
{
	return stat_field(stat, 22, ret);
}

bool pidfd_stat_ends(const char *stat)
{
	const uint64_t exiting = 0x4; /* PF_EXITING of the kernel's sched.h */
	const uint64_t killed = 1U << (SIGKILL - 1);
	uint64_t flags, pending;

	return stat_field(stat, 9, &flags) && stat_field(stat, 31, &pending) &&
	       (flags & exiting || pending & killed);
}

/* /proc/PID/stat of the process behind the pidfd; ESRCH when it was reaped meanwhile. */
static int read_stat(int pidfd, pid_t pid, int proc_fd, char *text, size_t size)
{
	char path[32];

	snprintf(path, sizeof(path), "%d/stat", (int)pid);
	if (file_read_value(proc_fd, path, text, size) < 0)
		return -1;
	if (!unreaped(pidfd)) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

static int read_start_time(int pidfd, pid_t pid, int proc_fd, uint64_t *ret)
{
	char text[1024];

	if (read_stat(pidfd, pid, proc_fd, text, sizeof(text)) < 0)
		return -1;
	if (!pidfd_stat_start_time(text, ret)) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

/*
 * The id of this boot, "" when it cannot be read. It is a constant, so it is read once: the
 * one thing this file remembers (`list` asks for it a thousand times).
 */
static const char *this_boot(int proc_fd)
{
	static char id[PIDFD_BOOT_ID_MAX];

	if (!id[0] &&
	    file_read_value(proc_fd, "sys/kernel/random/boot_id", id, sizeof(id)) < 0)
		id[0] = '\0';
	return id;
}

/* The inode of a pidfd, 0 on kernels whose pidfds are anonymous inodes (they share one). */
static uint64_t pidfs_inode(int pidfd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(pidfd, &fs) < 0 || (unsigned long)fs.f_type != PIDFS_MAGIC)
		return 0;
	return fstat(pidfd, &st) < 0 ? 0 : (uint64_t)st.st_ino;
}

static void read_handle(int pidfd, struct pidfd_identity *id)
{
	_Alignas(struct file_handle) char
		space[sizeof(struct file_handle) + PIDFD_HANDLE_MAX];
	struct file_handle *h = (struct file_handle *)space;
	int mount_id;

	h->handle_bytes = PIDFD_HANDLE_MAX;
	if (name_to_handle_at(pidfd, "", h, &mount_id, AT_EMPTY_PATH) < 0)
		return;
	id->handle_type = h->handle_type;
	id->n_handle = h->handle_bytes;
	memcpy(id->handle, space + sizeof(*h), h->handle_bytes);
}

/*
 * Of all namespaces only this one says anything of an identity: from the others a process
 * may go. False when it is gone or hidden.
 */
static bool read_pidns(pid_t pid, int proc_fd, uint64_t *ret_dev, uint64_t *ret_ino)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "%d/ns/pid", (int)pid);
	if (fstatat(proc_fd, path, &st, 0) < 0)
		return false;
	*ret_dev = st.st_dev;
	*ret_ino = st.st_ino;
	return true;
}

int pidfd_identify(int pidfd, pid_t pid, int proc_fd, struct pidfd_identity *ret,
		   struct err *e)
{
	struct pidfd_identity id = { .pid = pid, .inode = pidfs_inode(pidfd) };

	if (read_start_time(pidfd, pid, proc_fd, &id.start_time) < 0)
		return err_sys_plain(e, "start time of process %d", (int)pid);
	if (id.inode)
		read_handle(pidfd, &id);
	(void)read_pidns(pid, proc_fd, &id.pidns_dev, &id.pidns_ino);
	snprintf(id.boot_id, sizeof(id.boot_id), "%s", this_boot(proc_fd));
	*ret = id;
	return 0;
}

/* ---- recovering ---------------------------------------------------------------------- */

enum found { GONE = 0, FOUND = 1, UNKNOWN = 2 };

/* By handle: exact or nothing. UNKNOWN when this kernel or namespace cannot tell. */
static enum found by_handle(const struct pidfd_identity *id, int *ret)
{
	_Alignas(struct file_handle) char
		space[sizeof(struct file_handle) + PIDFD_HANDLE_MAX];
	struct file_handle *h = (struct file_handle *)space;

	if (id->n_handle == 0 || id->n_handle > PIDFD_HANDLE_MAX)
		return UNKNOWN;
	h->handle_bytes = id->n_handle;
	h->handle_type = id->handle_type;
	memcpy(space + sizeof(*h), id->handle, id->n_handle);
	*ret = open_by_handle_at(PIDFS_ROOT, h, O_CLOEXEC);
	if (*ret >= 0)
		return FOUND;
	return errno == ESTALE ? GONE : UNKNOWN;
}

/*
 * Inodes and handles are never used twice during a boot: when it is known to be the same one
 * they are proof. Else, or without them, start time and pid namespace must be the recorded.
 */
static bool same_process(int pidfd, const struct pidfd_identity *id, bool same_boot,
			 enum found found, int proc_fd)
{
	uint64_t start, dev, ino;

	if (found == FOUND && same_boot)
		return true;
	if (id->inode) {
		uint64_t inode = pidfs_inode(pidfd);

		if (inode && inode != id->inode)
			return false;
		if (inode && same_boot)
			return true;
	}
	if (!id->start_time || read_start_time(pidfd, id->pid, proc_fd, &start) < 0 ||
	    start != id->start_time)
		return false;
	/* a tick is 10 ms, and who chooses pids can be that quick */
	return !id->pidns_ino || !read_pidns(id->pid, proc_fd, &dev, &ino) ||
	       (dev == id->pidns_dev && ino == id->pidns_ino);
}

int pidfd_recover(const struct pidfd_identity *id, int proc_fd, int *ret_pidfd,
		  struct err *e)
{
	const char *boot = this_boot(proc_fd);
	bool same_boot = boot[0] && str_eq(id->boot_id, boot);
	auto_close int fd = -1;
	bool gone = false;
	enum found found;

	if (id->pid <= 0)
		return 0;
	if (id->boot_id[0] && boot[0] && !same_boot)
		return 0;
	found = by_handle(id, &fd);
	if (found == GONE)
		return 0;
	if (found == UNKNOWN) {
		fd = pidfd_of(id->pid, &gone, e);
		if (fd < 0)
			return gone ? 0 : -1;
	}
	if (!same_process(fd, id, same_boot, found, proc_fd) || !pidfd_alive(fd))
		return 0;
	*ret_pidfd = take_fd(&fd);
	return 1;
}

/* ---- acting -------------------------------------------------------------------------- */

int pidfd_signal(int pidfd, int sig, struct err *e)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) == 0)
		return 1;
	if (errno == ESRCH)
		return 0;
	return err_sys(e, "send signal %d", sig);
}

int pidfd_wait(int pidfd, bool block, int *ret_status, struct err *e)
{
	siginfo_t si;
	int r;

	do {
		si.si_pid = 0;
		r = waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED | (block ? 0 : WNOHANG));
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, "wait for the process");
	if (si.si_pid == 0)
		return 0;
	if (si.si_code == CLD_EXITED)
		*ret_status = (si.si_status & 0xff) << 8;
	else
		*ret_status = si.si_status | (si.si_code == CLD_DUMPED ? 0x80 : 0);
	return 1;
}

void pidfd_finish(int pidfd, int patience_ms)
{
	struct err ignored = { 0 };
	int status;

	if (fd_wait_readable(pidfd, patience_ms) <= 0)
		(void)pidfd_signal(pidfd, SIGKILL, &ignored);
	(void)pidfd_wait(pidfd, true, &status, &ignored);
}

bool pidfd_exit_status(int pidfd, int *ret_status)
{
	struct pidfd_info_ info = { .mask = INFO_EXIT };

	if (ioctl(pidfd, PIDFD_GET_INFO_, &info) < 0 || !(info.mask & INFO_EXIT))
		return false;
	*ret_status = info.exit_code;
	return true;
}

/* "Pid:\t123" of fdinfo: 0 when not visible, -1 when gone. */
static pid_t pid_from_fdinfo(int pidfd, int proc_fd)
{
	char path[40], text[1024], digits[16];
	const char *p;
	uint64_t v;
	size_t n;

	snprintf(path, sizeof(path), "self/fdinfo/%d", pidfd);
	if (file_read_value(proc_fd, path, text, sizeof(text)) < 0)
		return -1;
	p = strstr(text, "\nPid:\t");
	if (!p)
		return -1;
	p += strlen("\nPid:\t");
	n = strcspn(p, "\n");
	if (n == 0 || n >= sizeof(digits))
		return -1;
	memcpy(digits, p, n);
	digits[n] = '\0';
	return str_to_u64(digits, INT32_MAX, &v) ? (pid_t)v : -1;
}

pid_t pidfd_pid(int pidfd, int proc_fd, struct err *e)
{
	struct pidfd_info_ info = { .mask = INFO_PID };
	pid_t pid;

	if (ioctl(pidfd, PIDFD_GET_INFO_, &info) == 0 && info.pid > 0)
		return (pid_t)info.pid;
	pid = pid_from_fdinfo(pidfd, proc_fd);
	if (pid > 0)
		return pid;
	return err_set(e,
		       "the process has ended or is not visible in this pid namespace");
}

bool pidfd_ends(int pidfd, int proc_fd)
{
	struct err none = { 0 };
	char text[1024];
	pid_t pid = pidfd_pid(pidfd, proc_fd, &none);

	if (pid > 0 && read_stat(pidfd, pid, proc_fd, text, sizeof(text)) == 0)
		return pidfd_stat_ends(text);
	return !pidfd_alive(pidfd);
}
