/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories of `do --sandbox=landlock-only` whose two processes were killed at once. HOST and
 * the WARDEN hold a lock on theirs as long as one of them lives, so whoever gets it is alone;
 * a program that has survived both has the directory in its environment and keeps it.
 */
#include "run/lone_warden.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "fs/removal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BIRTH_S = 60, ENVIRON_MAX = 4 << 20 };

/* Does a process of ours have this directory in what it was started with? */
static bool is_in_environment(int proc, const char *pid, const char *path)
{
	struct err ignored = { 0 };
	auto_str text = { 0 };
	char name[40];

	snprintf(name, sizeof(name), "%.16s/environ", pid);
	return file_read(proc, name, 0, ENVIRON_MAX, &text, &ignored) == 0 && text.n &&
	       memmem(text.s, text.n, path, strlen(path)) != NULL;
}

static bool is_in_use(const char *path)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	bool used = !d; /* nobody can tell */
	uint64_t pid;

	while (d && !used && (entry = readdir(d)))
		used = str_to_u64(entry->d_name, INT32_MAX, &pid) &&
		       is_in_environment(dirfd(d), entry->d_name, path);
	if (d)
		closedir(d);
	return used;
}

/* Its own two are made behind the lock: without them it may be somebody's who is not so far. */
static bool is_whole(int dir, const struct stat *st)
{
	struct stat home;

	return fstatat(dir, "home", &home, AT_SYMLINK_NOFOLLOW) == 0 ||
	       st->st_mtime + BIRTH_S < time(NULL);
}

int lone_dir_lost(int base, const char *tmp, const char *name)
{
	auto_close int dir = -1;
	struct stat st;
	char path[320];

	if (!str_starts(name, LONE_DIR_PREFIX) ||
	    strlen(name) != strlen(LONE_DIR_PREFIX) + 16)
		return -1;
	dir = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || fstat(dir, &st) < 0 || st.st_uid != geteuid() ||
	    (st.st_mode & 077) || flock(dir, LOCK_EX | LOCK_NB) < 0 ||
	    !is_whole(dir, &st))
		return -1;
	if (snprintf(path, sizeof(path), "%s/%s/", tmp, name) >= (int)sizeof(path) ||
	    is_in_use(path))
		return -1;
	return take_fd(&dir);
}
