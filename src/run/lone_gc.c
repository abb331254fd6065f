/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories of `do --sandbox=landlock-only` whose two processes were killed at once. HOST and
 * the WARDEN hold a lock on theirs as long as one of them lives, so whoever gets it is alone.
 * What the program has left behind is known by its mark (lone_warden.h) and ended; a process
 * without it that has the directory in its environment is somebody's, and keeps it.
 */
#include "run/lone_warden.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "fs/removal.h"
#include "kernel/pidfd.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	BIRTH_S = 60,
	ENVIRON_MAX = 4 << 20,
	LIMITS_MAX = 4096,
	END_MS = 10000,
	PAUSE_NS = 1000000,
};

/* ---- the mark ------------------------------------------------------------------------------ */

uint64_t lone_mark(const char *name)
{
	const char *digits = name + strlen(LONE_DIR_PREFIX);
	uint64_t v = 0;

	if (!str_starts(name, LONE_DIR_PREFIX) || strlen(digits) != 16 ||
	    strspn(digits, "0123456789abcdef") != 16)
		return 0;
	v = strtoull(digits, NULL, 16);
	return v >> LONE_MARK_BIT == 1 ? v : 0;
}

/* "Max file locks   SOFT   HARD   locks": proc_pid_limits(5). */
bool lone_limits_have(const char *limits, uint64_t mark)
{
	static const char row[] = "\nMax file locks ";
	const char *at = strstr(limits, row);
	char hard[24];
	uint64_t v;
	size_t n;

	if (!mark || !at)
		return false;
	at += strlen(row);
	at += strspn(at, " ");
	at += strcspn(at, " \n");
	at += strspn(at, " ");
	n = strcspn(at, " \n");
	if (n >= sizeof(hard))
		return false;
	memcpy(hard, at, n);
	hard[n] = '\0';
	return str_to_u64(hard, UINT64_MAX, &v) && v == mark;
}

static bool is_marked(int proc, const char *pid, uint64_t mark)
{
	char path[40], text[LIMITS_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%.16s/limits", pid);
	return mark && fstatat(proc, pid, &st, 0) == 0 && st.st_uid == geteuid() &&
	       file_read_value(proc, path, text, sizeof(text)) > 0 &&
	       lone_limits_have(text, mark);
}

/* It lived before and after its mark was seen, so the number was its own meanwhile. */
static bool kill_marked(int proc, const char *name, uint64_t pid, uint64_t mark)
{
	struct err ignored = { 0 };
	auto_close int fd = -1;
	bool gone;

	if (!is_marked(proc, name, mark))
		return false;
	fd = pidfd_of((pid_t)pid, &gone, &ignored);
	if (fd < 0 || !is_marked(proc, name, mark) || !pidfd_alive(fd))
		return false;
	return pidfd_signal(fd, SIGKILL, &ignored) > 0;
}

static bool kill_all_marked(uint64_t mark)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	bool any = !d; /* nobody can tell */
	uint64_t pid;

	while (d && (entry = readdir(d)))
		if (str_to_u64(entry->d_name, INT32_MAX, &pid))
			any = kill_marked(dirfd(d), entry->d_name, pid, mark) || any;
	if (d)
		closedir(d);
	return any;
}

bool lone_end_marked(uint64_t mark)
{
	const struct timespec pause = { 0, PAUSE_NS };
	int64_t until = clock_ms() + END_MS;

	while (mark && kill_all_marked(mark)) {
		if (clock_ms() > until)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* ---- the directory -------------------------------------------------------------------------- */

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

static bool is_in_use(const char *path, uint64_t mark)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	bool used = !d; /* nobody can tell */
	uint64_t pid;

	while (d && !used && (entry = readdir(d)))
		used = str_to_u64(entry->d_name, INT32_MAX, &pid) &&
		       is_in_environment(dirfd(d), entry->d_name, path) &&
		       !is_marked(dirfd(d), entry->d_name, mark);
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
	    is_in_use(path, lone_mark(name)))
		return -1;
	return take_fd(&dir);
}
