/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Namespaces by descriptor: opened once, verified, entered. The kernel answers a wrong kind
 * with a bare EINVAL; here the kind is asked before.
 */
#include "kernel/nsfd.h"

#include "base/fd.h"
#include "kernel/spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define NSFS_MAGIC_ 0x6e736673
#ifndef NS_GET_ID
#define NS_GET_ID _IOR(NSIO, 13, uint64_t) /* Linux 6.18 */
#endif

/* PIDFD_GET_*_NAMESPACE are _IO(0xff, 1..10). */
static const struct {
	const char *file;
	uint64_t flag;
	unsigned pidfd_ioctl;
} kinds[] = {
	[NSFD_USER] = { "user", CLONE_NEWUSER, 9 },
	[NSFD_CGROUP] = { "cgroup", CLONE_NEWCGROUP, 1 },
	[NSFD_IPC] = { "ipc", CLONE_NEWIPC, 2 },
	[NSFD_UTS] = { "uts", CLONE_NEWUTS, 10 },
	[NSFD_NET] = { "net", CLONE_NEWNET, 4 },
	[NSFD_PID] = { "pid", CLONE_NEWPID, 5 },
	[NSFD_TIME] = { "time", CLONE_NEWTIME, 7 },
	[NSFD_MNT] = { "mnt", CLONE_NEWNS, 3 },
};
static_assert(sizeof(kinds) / sizeof(kinds[0]) == NSFD_KINDS, "a row per kind");

const char *nsfd_file(enum nsfd_kind kind)
{
	return kinds[kind].file;
}

uint64_t nsfd_flag(enum nsfd_kind kind)
{
	return kinds[kind].flag;
}

int nsfd_kind_of(int fd)
{
	int flag = ioctl(fd, NS_GET_NSTYPE);

	for (int k = 0; flag > 0 && k < NSFD_KINDS; k++)
		if (kinds[k].flag == (uint64_t)flag)
			return k;
	return -1;
}

int nsfd_open(const char *path, enum nsfd_kind kind, struct err *e)
{
	auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct statfs fs;
	int got;

	if (fd < 0)
		return err_sys_plain(e, "%s", path);
	if (fstatfs(fd, &fs) < 0)
		return err_sys_plain(e, "%s", path);
	if (fs.f_type != NSFS_MAGIC_) {
		err_set(e, "%s: is no namespace", path);
		return err_hint(e,
				"name a file such as /proc/PID/ns/%s, or one on which it "
				"is bind-mounted",
				kinds[kind].file);
	}
	got = nsfd_kind_of(fd);
	if (got != (int)kind)
		return err_set(e, "%s: is a namespace of kind %s, expected %s", path,
			       got < 0 ? "unknown" : kinds[got].file, kinds[kind].file);
	return take_fd(&fd);
}

int nsfd_owner(int fd)
{
	return ioctl(fd, NS_GET_USERNS);
}

int nsfd_id_of(int fd, struct nsfd_id *ret)
{
	struct stat st;
	uint64_t id = 0;

	if (fstat(fd, &st) < 0)
		return -1;
	if (ioctl(fd, NS_GET_ID, &id) < 0)
		id = 0;
	*ret = (struct nsfd_id){ st.st_dev, st.st_ino, id };
	return 0;
}

int nsfd_ids_of_process(pid_t pid, int proc_fd, unsigned want,
			struct nsfd_id ret[NSFD_KINDS], struct err *e)
{
	struct nsfd_id ids[NSFD_KINDS] = { 0 };
	char path[40], who[16] = "self";
	struct stat st;

	if (pid > 0)
		snprintf(who, sizeof(who), "%d", (int)pid);
	for (int k = 0; k < NSFD_KINDS; k++) {
		if (!(want >> k & 1))
			continue;
		snprintf(path, sizeof(path), "%s/ns/%s", who, kinds[k].file);
		if (fstatat(proc_fd, path, &st, 0) == 0)
			ids[k] = (struct nsfd_id){ st.st_dev, st.st_ino, 0 };
		else if (errno != ENOENT && errno != EACCES)
			return err_sys_plain(e, "%s namespace of process %s",
					     kinds[k].file, who);
	}
	memcpy(ret, ids, sizeof(ids));
	return 0;
}

int nsfd_enter(int fd, enum nsfd_kind kind, struct err *e)
{
	if (setns(fd, (int)kinds[kind].flag) == 0)
		return 0;
	err_sys_plain(e, "enter the %s namespace", kinds[kind].file);
	if (e->code == EPERM && kind == NSFD_USER)
		return err_hint(e,
				"only its owner and the root of an outer user namespace "
				"may enter a user namespace");
	if (e->code == EPERM)
		return err_hint(e,
				"it needs CAP_SYS_ADMIN in the user namespace that owns "
				"it: join that one too");
	if (e->code == EINVAL && kind == NSFD_PID)
		return err_hint(e,
				"a pid namespace can be joined only from an outer one");
	return -1;
}

int nsfd_enter_process(int pidfd, uint64_t flags, struct err *e)
{
	if (setns(pidfd, (int)flags) == 0)
		return 1;
	if (errno == ESRCH)
		return 0;
	err_sys_plain(e, "enter the namespaces of the process");
	return spawn_hint(e, e->code, flags & ~(uint64_t)CLONE_NEWUSER);
}

int nsfd_of_process(int pidfd, enum nsfd_kind kind)
{
	return ioctl(pidfd, _IO(0xff, kinds[kind].pidfd_ioctl), 0);
}
