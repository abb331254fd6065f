/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What callers hand down and expect; see caller.h. */
#include "run/caller.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "sec/notify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool is_callers(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

int caller_check_preserved(uint32_t n, struct err *e)
{
	for (uint32_t i = 0; i < n; i++)
		if (!is_callers(3 + (int)i))
			return err_set(e, "--preserve-fds: descriptor %u is not open",
				       3 + i);
	return 0;
}

int caller_receiver(const struct oci_config *config, const char **ret, struct err *e)
{
	const struct oci_seccomp *s = config->linux ? config->linux->seccomp : NULL;
	struct stat st;

	*ret = NULL;
	if (!s)
		return 0;
	TRY(notify_receiver(s, &config->annotations, getenv("RUN_OCI_SECCOMP_RECEIVER"),
			    ret, e));
	if (!*ret)
		return 0;
	if (stat(*ret, &st) < 0)
		return err_sys_plain(e, "linux.seccomp.listenerPath: %s", *ret);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, "linux.seccomp.listenerPath: %s is no socket", *ret);
	return 0;
}

int caller_pid_file_dir(const char *path, const char **ret_name, struct err *e)
{
	const char *name = str_basename(path);
	auto_free char *dir = xstrndup(path, (size_t)(name - path));
	int fd;

	if (!*name)
		return err_set(e, "--pid-file: %s names a directory", path);
	fd = open(*dir ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*ret_name = name;
	return fd < 0 ? err_sys_plain(e, "--pid-file: %s", path) : fd;
}

int caller_pid_file_write(int dir, const char *name, pid_t pid, struct err *e)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);

	WHERE_IN(e, "--pid-file", NULL);
	return file_write_atomic(dir, name, text, (size_t)n, 0644, e);
}
