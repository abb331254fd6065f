/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the records say that is in use; see used.h. */
#include "run/used.h"

#include "base/fd.h"
#include "base/str.h"
#include "run/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 5 };

static int lock(int root, struct err *e)
{
	struct timespec pause = { 0, PAUSE_MS * 1000000 };
	auto_close int fd = root;

	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += PAUSE_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, "lock the state root");
		if (waited >= USED_WAIT_MS)
			return err_set(e, "the state root is locked by another command");
		nanosleep(&pause, NULL);
	}
	return take_fd(&fd);
}

int used_lock(const char *root, struct err *e)
{
	return lock(TRY(statedir_root(root, true, e)), e);
}

int used_lock_at(int root_fd, struct err *e)
{
	int fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_sys_plain(e, "state root") : lock(fd, e);
}

/*
 * A `create` that was killed half way: nobody goes on with it, and its init died with it.
 * What it had chosen is free, though `delete` or `gc` has not been there yet.
 */
static bool is_dead_birth(const struct statedir *dir, enum run_phase phase)
{
	return phase == RUN_PHASE_CREATING && statedir_use(dir) == STATEDIR_FREE;
}

/* What the container's record says, or its copy; NULL: nothing. */
static struct run_record *read_record(int root, enum used_which which, const char *id,
				      struct oci_arena *arena)
{
	auto_statedir dir = STATEDIR_CLOSED;
	struct run_record *record = NULL;
	enum run_phase phase;
	struct err ignored = { 0 };

	if (statedir_open_at(root, id, &dir, &ignored) < 0)
		return NULL;
	if (record_read(&dir, arena, &record, &phase, &ignored) == 0 && record)
		return which == USED_ALIVE && is_dead_birth(&dir, phase) ? NULL : record;
	err_clear(&ignored);
	if (record_read_spare(&dir, arena, &record, &ignored) < 0)
		return NULL;
	return record;
}

int used_each(int root_fd, enum used_which which, const char *but,
	      int (*each)(const struct run_record *r, void *arg, struct err *e),
	      void *arg, struct err *e)
{
	int fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int rc = 0;

	if (!dir) {
		fd_close(fd);
		return err_sys_plain(e, "state root");
	}
	while (rc == 0 && (entry = readdir(dir))) {
		struct oci_arena arena = { 0 };
		struct err odd = { 0 };
		struct run_record *record;

		if (entry->d_type == DT_REG || run_check_id(entry->d_name, &odd) < 0 ||
		    (but && str_eq(entry->d_name, but)))
			continue;
		record = read_record(root_fd, which, entry->d_name, &arena);
		if (record)
			rc = each(record, arg, e);
		oci_arena_free(&arena);
	}
	closedir(dir);
	return rc;
}
