/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers on disk whose record is lost: a reboot empties /run, but not /var/tmp. Judged only by
 * what cannot be mistaken: the name, the owner, and a link that is older than the machine's
 * start and names a state directory that is not there. No container is as old as that.
 */
#include "run/layer.h"

#include "base/fd.h"
#include "kernel/procfs.h"
#include "run/ids.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int64_t boot_time(void)
{
	struct timespec now, up;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &up) < 0)
		return INT64_MIN;
	return (int64_t)now.tv_sec - (int64_t)up.tv_sec - 1;
}

static bool is_lost(int base, const char *name)
{
	auto_close int dir =
		openat(base, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char prefix[40], to[PATH_MAX];
	struct stat st, link;
	ssize_t n;

	snprintf(prefix, sizeof(prefix), "wolffia-layer-%u-", (unsigned)geteuid());
	if (!str_starts(name, prefix) || dir < 0 || fstat(dir, &st) < 0 ||
	    st.st_uid != geteuid())
		return false;
	n = readlinkat(dir, "in-use", to, sizeof(to) - 1);
	if (n <= 0 || fstatat(dir, "in-use", &link, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	to[n] = '\0';
	return link.st_mtime < boot_time() && to[0] == '/' && lstat(to, &st) < 0;
}

static int remove_lost(char *path, struct oci_arena *arena, struct err *e)
{
	auto_close int proc = TRY(procfs_open(e));
	struct run_layer layer = { .dir = path };
	struct err ignored = { 0 };
	struct ns_facts ns;

	TRY(ns_facts_gather(proc, &ns, e));
	/* without ids of his own a plain user can have no foreign files there */
	(void)ids_subordinate(&ns, proc, IDS_NOMAP, arena, &layer.uids, &layer.gids,
			      &ignored);
	return layer_remove(&layer, -1, e);
}

static void collect(const char *base, const char *name, bool dry_run,
		    struct oci_arena *arena, struct run_gc_row *row)
{
	char path[PATH_MAX];
	struct err e = { 0 };

	snprintf(path, sizeof(path), "%s/%s", base, name);
	*row = (struct run_gc_row){ .id = oci_strdup(arena, path),
				    .reason = (char *)"a layer without a container" };
	if (dry_run || !row->id)
		return;
	if (remove_lost(row->id, arena, &e) < 0)
		row->error = oci_strdup(arena, e.text);
	row->removed = !row->error;
}

size_t layer_collect(bool dry_run, struct oci_arena *arena, struct run_gc_row *rows,
		     size_t room)
{
	const char *base = layer_base();
	DIR *d = opendir(base);
	struct dirent *entry;
	size_t n = 0;

	while (d && n < room && (entry = readdir(d)))
		if (is_lost(dirfd(d), entry->d_name))
			collect(base, entry->d_name, dry_run, arena, &rows[n++]);
	if (d)
		closedir(d);
	return n;
}
