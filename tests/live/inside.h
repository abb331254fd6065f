/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a test asks inside a container or of the throw-away root, and the mounts that engines
 * usually give.
 */
#ifndef INSIDE_H
#define INSIDE_H

#include "throwaway.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define IMAGE "/tmp/b/rootfs"
#define PROC                                                                \
	"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"," \
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\"]}"
#define DEV                                                                  \
	"{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"," \
	"\"options\":[\"nosuid\",\"strictatime\",\"mode=755\",\"size=65536k\"]}"
#define PTS                                                                        \
	"{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\"," \
	"\"options\":[\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\","    \
	"\"mode=0620\",\"gid=5\"]}"
#define SYS_                                                                 \
	"{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\"," \
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]}"
#define MQ                                                                            \
	"{\"destination\":\"/dev/mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\"," \
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\"]}"
#define SHM                                                                    \
	"{\"destination\":\"/dev/shm\",\"type\":\"tmpfs\",\"source\":\"shm\"," \
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=65536k\"]}"
#define HOSTS                                                                     \
	"{\"destination\":\"/etc/hosts\",\"type\":\"bind\",\"source\":\"hosts\"," \
	"\"options\":[\"bind\",\"rprivate\"]}"
#define USUAL "[" PROC "," DEV "," SYS_ "," PTS "," MQ "," SHM "," HOSTS "]"

/* ---- questions ------------------------------------------------------------------------- */

static inline long fs_type(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) < 0 ? -1 : (long)fs.f_type;
}

static inline unsigned long fs_flags(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) < 0 ? 0 : fs.f_flag;
}

static inline bool is_device(const char *path, unsigned maj, unsigned min)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(maj, min);
}

static inline bool is_link(const char *path, const char *to)
{
	char there[256];
	ssize_t n = readlink(path, there, sizeof(there) - 1);

	there[n < 0 ? 0 : n] = '\0';
	return strcmp(there, to) == 0;
}

static inline bool can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static inline unsigned mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? 0 : st.st_mode & 07777;
}

/* The line of mountinfo whose mount point is `path`; "" when there is none. */
static inline const char *mount_line(const char *path)
{
	static char line[1024];
	const char *all = throwaway_read("/proc/self/mountinfo");
	char want[256];
	const char *at;

	snprintf(want, sizeof(want), " %s ", path);
	at = strstr(all, want);
	if (!at)
		return "";
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

static inline int count_mounts(void)
{
	int n = 0;

	for (const char *p = throwaway_read("/proc/self/mountinfo"); *p; p++)
		n += *p == '\n';
	return n;
}

/* ---- images ------------------------------------------------------------- */

static inline int usual_image(void)
{
	throwaway_write("/tmp/b/hosts", "127.0.0.1 me\n");
	throwaway_write("/machine-secret", "s");
	return 0;
}

static inline int volume(void)
{
	throwaway_write("/tmp/b/vol/file", "v");
	throwaway_write("/tmp/b/vol/sub/x", "");
	EXPECT(mount("t", "/tmp/b/vol/sub", "tmpfs", 0, NULL) == 0);
	throwaway_write("/tmp/b/vol/sub/deep", "d");
	return symlink("file", "/tmp/b/vol/link");
}

#endif
