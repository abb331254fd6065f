/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.sysctl. Only variables that belong to a namespace are known here; what is not in the
 * table is the whole machine's and never written. The path is made of checked components
 * and opened beneath the trusted procfs without symlinks.
 */
#include "ns/sysctl.h"

#include "base/fd.h"
#include "base/str.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* A name that ends in '/' stands for all below it. */
static const struct {
	const char *path;
	enum nsfd_kind kind;
} known[] = {
	{ "net/", NSFD_NET },
	{ "fs/mqueue/", NSFD_IPC },
	{ "kernel/auto_msgmni", NSFD_IPC },
	{ "kernel/msg_next_id", NSFD_IPC },
	{ "kernel/msgmax", NSFD_IPC },
	{ "kernel/msgmnb", NSFD_IPC },
	{ "kernel/msgmni", NSFD_IPC },
	{ "kernel/sem", NSFD_IPC },
	{ "kernel/sem_next_id", NSFD_IPC },
	{ "kernel/shm_next_id", NSFD_IPC },
	{ "kernel/shm_rmid_forced", NSFD_IPC },
	{ "kernel/shmall", NSFD_IPC },
	{ "kernel/shmmax", NSFD_IPC },
	{ "kernel/shmmni", NSFD_IPC },
	{ "kernel/domainname", NSFD_UTS },
	{ "kernel/hostname", NSFD_UTS },
	{ "user/", NSFD_USER },
};

/* NOLINTBEGIN(clang-analyzer-core.*): the analyser does not know strcspn(3) */
/* Neither empty nor "." nor "..", for every component. */
static bool components_ok(const char *path)
{
	for (const char *p = path;; p++) {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n;
		if (!*p)
			return true;
	}
}
/* NOLINTEND(clang-analyzer-core.*) */

bool ns_sysctl_path(const char *key, char ret[NS_SYSCTL_PATH_MAX])
{
	size_t n = strlen(key), first = strcspn(key, "./");
	bool dots = key[first] == '.';

	if (n >= NS_SYSCTL_PATH_MAX)
		return false;
	for (size_t i = 0; i <= n; i++) {
		ret[i] = key[i];
		if (dots && key[i] == '.')
			ret[i] = '/';
		else if (dots && key[i] == '/')
			ret[i] = '.';
	}
	return components_ok(ret);
}

int ns_sysctl_kind(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t n = strlen(known[i].path);

		if (known[i].path[n - 1] == '/' ? strncmp(path, known[i].path, n) == 0
						: str_eq(path, known[i].path))
			return known[i].kind;
	}
	return -1;
}

static int write_variable(int sys_fd, const char *key, const char *value, struct err *e)
{
	WHERE_IN(e, "linux.sysctl", key);
	char path[NS_SYSCTL_PATH_MAX];
	auto_close int fd = -1;

	if (!ns_sysctl_path(key, path))
		return err_set(e, "malformed name");
	/* nothing on the way may be a symlink or a mount */
	fd = path_open(sys_fd, path, O_WRONLY | O_NOFOLLOW,
		       PATH_NO_SYMLINKS | PATH_NO_XDEV);
	if (fd < 0 && errno == ENOENT) {
		err_set(e, "no such variable in the container's namespaces");
		return err_hint(e,
				"a kernel module may be missing, or the variable exists "
				"on the host only");
	}
	if (fd < 0)
		return err_sys_plain(e, "open for writing");
	/* an empty value is a line of its own: a write of no bytes would do nothing */
	if (fd_write_all(fd, *value ? value : "\n", *value ? strlen(value) : 1) < 0)
		return err_sys_plain(e, "write \"%s\"", value);
	return 0;
}

int ns_sysctl_write(const struct oci_map *sysctl, int proc_fd, struct err *e)
{
	auto_close int sys_fd = -1;

	if (sysctl->n == 0)
		return 0;
	sys_fd = openat(proc_fd, "sys", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sys_fd < 0)
		return err_sys_plain(e, "linux.sysctl: open /proc/sys");
	for (size_t i = 0; i < sysctl->n; i++)
		TRY(write_variable(sys_fd, sysctl->v[i].key, sysctl->v[i].value, e));
	return 0;
}
