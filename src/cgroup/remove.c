/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking cgroups away. Only the components that the record calls ours are removed, only by
 * rmdir(2) (which a cgroup in use refuses), only on a cgroup filesystem. What is still in
 * the leaf or below it is killed first.
 */
#include "cgroup/device.h"
#include "cgroup/dir.h"
#include "cgroup/driver.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SUB_DEPTH_MAX = 64 };

/* Removes the cgroups below fd, deepest first; those in use stay. */
static void remove_below(int fd, int level)
{
	struct stat st;
	int list;
	DIR *d;

	/* a directory of cgroupfs has one link per directory in it, and two of its own */
	if (level > SUB_DEPTH_MAX || fstat(fd, &st) < 0 || st.st_nlink == 2)
		return;
	list = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = list < 0 ? NULL : fdopendir(list);
	if (!d) {
		fd_close(list);
		return;
	}
	for (const struct dirent *entry; (entry = readdir(d));) {
		auto_close int sub = -1;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (unlinkat(fd, entry->d_name, AT_REMOVEDIR) == 0)
			continue;
		sub = openat(fd, entry->d_name,
			     O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			continue;
		remove_below(sub, level + 1);
		unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

/* rmdir of the path's first `depth` components. 0, or -1 with errno. */
static int remove_component(const struct cgroup_dir *dir, unsigned depth)
{
	size_t from = path_prefix(dir->path, depth - 1) + 1;
	size_t n = path_prefix(dir->path, depth) - from;
	auto_close int parent = dir_open(dir, depth - 1);
	char name[NAME_MAX + 1];

	if (parent < 0)
		return -1;
	memcpy(name, dir->path + from, n);
	name[n] = '\0';
	return unlinkat(parent, name, AT_REMOVEDIR);
}

/* A pause for what sends no event: 50 us, doubled up to 5 ms. */
static int pause_us(int us)
{
	struct timespec t = { .tv_nsec = us * 1000L };

	nanosleep(&t, NULL);
	return us < 2500 ? 2 * us : 5000;
}

static int kill_leaf(const struct cgroup_dir *dir, struct err *e)
{
	struct cgroup one = { .n = 1 };

	one.dirs[0] = *dir; /* borrowed */
	return cgroup_signal(&one, SIGKILL, e);
}

/* 0: the leaf is gone. 1: in use. -1 with *e. */
static int try_leaf(const struct cgroup_dir *dir, struct err *e)
{
	char name[PATH_MAX];

	if (remove_component(dir, path_depth(dir->path)) == 0 || errno == ENOENT)
		return 0;
	if (errno == EBUSY || errno == ENOTEMPTY)
		return 1;
	return err_sys_plain(e, "remove %s",
			     dir_name(dir, path_depth(dir->path), name, sizeof(name)));
}

static bool leaf_empty(const struct cgroup_dir *dir)
{
	struct cgroup one = { .n = 1 };
	auto_free pid_t *pids = NULL;
	struct err ignored = { 0 };

	if (dir->v2)
		return dir_event(dir->fd, "populated") != 1;
	one.dirs[0] = *dir; /* borrowed */
	return cgroup_pids(&one, &pids, &ignored) <= 0;
}

/* As far as this can be done now: 0: done. 1: in use. -1 with *e. */
static int try_all(const struct cgroup_dir *dir, struct err *e)
{
	if (dir->made && !TRY(try_leaf(dir, e)))
		return 0;
	if (!leaf_empty(dir))
		return 1;
	remove_below(dir->fd, 0);
	return dir->made ? try_leaf(dir, e) : 0;
}

static int remove_leaf(const struct cgroup_dir *dir, int timeout_ms, struct err *e)
{
	int64_t end = clock_ms() + timeout_ms;
	char name[PATH_MAX];
	int us = 50;
	bool killed = false;

	while (TRY(try_all(dir, e))) {
		int64_t left = end - clock_ms();

		if (!killed)
			TRY(kill_leaf(dir, e));
		if (left <= 0 && killed)
			return err_set(
				e, "%s is still in use after %d ms",
				dir_name(dir, path_depth(dir->path), name, sizeof(name)),
				timeout_ms);
		if (!dir->v2 || killed)
			us = pause_us(us);
		else
			dir_event_wait(dir->fd, "populated", 0, left > 0 ? (int)left : 0);
		killed = true;
	}
	return 0;
}

static int remove_dir(struct cgroup_dir *dir, int timeout_ms, struct err *e)
{
	unsigned depth = path_depth(dir->path);

	if (dir->fd >= 0)
		TRY(remove_leaf(dir, timeout_ms, e));
	if (dir->fd >= 0 && dir->v2 && !dir->made)
		device_programs_detach(
			dir->fd); /* it stays, and is not ours to restrict */
	/* parents that are ours, unless others have moved in; a leaf that could not be opened */
	for (unsigned i = dir->fd >= 0 ? 1 : 0; i < dir->made; i++) {
		if (remove_component(dir, depth - i) < 0 && errno != ENOENT)
			break;
	}
	return 0;
}

int cgroup_remove_directories(struct cgroup *cg, int timeout_ms, struct err *e)
{
	struct err first = { 0 };

	/* one that fails does not keep the others */
	for (size_t i = 0; i < cg->n; i++) {
		struct err mine = { 0 };

		if (remove_dir(&cg->dirs[i], timeout_ms, &mine) < 0 &&
		    !err_is_set(&first))
			first = mine;
	}
	return err_is_set(&first) ? err_take(e, &first) : 0;
}
