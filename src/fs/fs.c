/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INIT's descriptors while the filesystem is built. Most of them are needed for a moment
 * only; they are collected and closed in runs, one close_range(2) for many close(2).
 */
#include "fs/fs.h"

#include "base/fd.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

void fs_begin(struct fs *fs, struct fs_plan *plan, int bundle_fd)
{
	struct rlimit limit;

	*fs = (struct fs){
		.plan = plan,
		.bundle_fd = bundle_fd,
		.root_fd = -1,
		.proc_fd = -1,
		.dev_fd = -1,
		.lower_fd = -1,
		.scratch_fd = -1,
		.layer_fd = -1,
		.upper_fd = -1,
		.work_fd = -1,
		.null_fd = -1,
		.bag.full = FS_BAG_MAX - FS_BAG_ROOM,
	};
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 4 * FS_BAG_MAX)
		fs->bag.full = limit.rlim_cur / 8;
}

static void close_run(int first, int last)
{
	if (syscall(SYS_close_range, first, last, 0) == 0)
		return;
	for (int fd = first; fd <= last; fd++)
		fd_close(fd);
}

static void sort(int *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && v[j - 1] > v[j]; j--) {
			int swap = v[j];

			v[j] = v[j - 1];
			v[j - 1] = swap;
		}
}

void fs_bag_flush(struct fs *fs)
{
	struct fs_bag *bag = &fs->bag;
	size_t first = 0;

	sort(bag->fds, bag->n);
	for (size_t i = 1; i <= bag->n; i++) {
		if (i < bag->n && bag->fds[i] == bag->fds[i - 1] + 1)
			continue;
		close_run(bag->fds[first], bag->fds[i - 1]);
		first = i;
	}
	bag->n = 0;
}

void fs_bag_add(struct fs *fs, int fd)
{
	if (fd < 0)
		return;
	if (fs->bag.n < FS_BAG_MAX)
		fs->bag.fds[fs->bag.n++] = fd; /* else close-on-exec has to do */
}

void fs_bag_turn(struct fs *fs)
{
	if (fs->bag.n >= fs->bag.full)
		fs_bag_flush(fs);
}

int fs_err_attach(const char *what, struct err *e)
{
	err_sys(e, "attach %s", what);
	if (e->code != EPERM)
		return -1;
	return err_hint(e, "Landlock of an outer sandbox forbids every mount: an outer "
			   "`wolffia do` needs --no-landlock");
}
