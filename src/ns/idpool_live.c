/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ids the processes of the machine have in use; see idpool.h. */
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "kernel/procfs.h"
#include "ns/idpool.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The kernel gives a map in one piece; a line takes up to 33 bytes, and there are 340. */
enum { MAP_TEXT_MAX = 16384 };

/* One of the two maps, and what is known of it. */
struct seen {
	const char *file;
	uint32_t own; /* the caller's own id */
	char mine[MAP_TEXT_MAX]; /* the map of the caller's user namespace */
	char last
		[MAP_TEXT_MAX]; /* the one that was looked at last: neighbours share it */
	struct subid_ranges *ret;
};

static void look(struct seen *s, int proc_fd, const char *pid)
{
	auto_subid map = { 0 };
	char path[40], text[MAP_TEXT_MAX];

	snprintf(path, sizeof(path), "%.20s/%s", pid, s->file);
	if (procfs_read(proc_fd, path, text, sizeof(text)) <= 0)
		return; /* it has ended */
	if (str_eq(text, s->mine) || str_eq(text, s->last))
		return;
	memcpy(s->last, text, sizeof(text));
	idpool_add_map(text, IDPOOL_OUTSIDE, &map);
	if (!subid_overlap(&map, s->own, 1))
		subid_ranges_add(s->ret, &map);
}

static struct seen *seen_new(const char *file, uint32_t own, int proc_fd,
			     struct subid_ranges *ret)
{
	struct seen *s = xcalloc(1, sizeof(*s));
	char path[40];

	s->file = file;
	s->own = own;
	s->ret = ret;
	snprintf(path, sizeof(path), "self/%s", file);
	if (procfs_read(proc_fd, path, s->mine, sizeof(s->mine)) < 0)
		s->mine[0] = '\0';
	return s;
}

int idpool_in_use(int proc_fd, uid_t uid, gid_t gid, struct subid_ranges *ret_uids,
		  struct subid_ranges *ret_gids, struct err *e)
{
	auto_close int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct seen *uids, *gids;
	struct dirent *entry;

	if (!dir)
		return err_sys(e, "the list of processes");
	take_fd(&fd);
	uids = seen_new("uid_map", uid, proc_fd, ret_uids);
	gids = seen_new("gid_map", gid, proc_fd, ret_gids);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		look(uids, proc_fd, entry->d_name);
		look(gids, proc_fd, entry->d_name);
	}
	closedir(dir);
	free(uids);
	free(gids);
	return 0;
}
