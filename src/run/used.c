/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the records say that is in use; see used.h. */
#include "run/used.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "kernel/path.h"
#include "run/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 5, LOCKS_MAX = 1 << 20 };

/* ---- the lock ----------------------------------------------------------------------------- */

/* "1: FLOCK  ADVISORY  WRITE 1234 00:1b:5678 0 EOF": proc_locks(5). */
static bool is_flock_of(const char *line, const char *file, uint64_t *ret_pid)
{
	char words[6][32] = { "" };

	for (int i = 0; i < 6 && *line && *line != '\n'; i++) {
		size_t n = strcspn(line, " \n");

		snprintf(words[i], sizeof(words[i]), "%.*s", n > 31 ? 31 : (int)n, line);
		line += n;
		line += strspn(line, " ");
	}
	return str_eq(words[1], "FLOCK") && str_eq(words[5], file) &&
	       str_to_u64(words[4], INT32_MAX, ret_pid) && *ret_pid;
}

uint64_t used_lock_holder(const char *locks, uint64_t dev, uint64_t ino)
{
	char file[32];
	uint64_t pid;

	snprintf(file, sizeof(file), "%02x:%02x:%llu", major(dev), minor(dev),
		 (unsigned long long)ino);
	for (const char *at = locks; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (is_flock_of(at, file, &pid))
			return pid;
	return 0;
}

static int tell_holder(int fd, int waited_ms, struct err *e)
{
	struct err ignored = { 0 };
	char link[PATH_FD_MAX], path[PATH_MAX] = "";
	auto_str locks = { 0 };
	struct stat st = { 0 };
	uint64_t pid = 0;

	if (readlink(path_of_fd(fd, link), path, sizeof(path) - 1) < 0)
		path[0] = '\0';
	if (fstat(fd, &st) == 0 &&
	    file_read(AT_FDCWD, "/proc/locks", 0, LOCKS_MAX, &locks, &ignored) == 0 &&
	    locks.n)
		pid = used_lock_holder(locks.s, st.st_dev, st.st_ino);
	err_clear(&ignored);
	err_set(e, "the state root %s is locked by another command, for more than %d ms",
		path, waited_ms);
	if (!pid)
		return err_hint(e,
				"`fuser %s` names it; it has been stopped or hangs: "
				"end it",
				path);
	return err_hint(e,
			"process %llu holds it: `kill -CONT %llu` if it was stopped, "
			"else `kill %llu`",
			(unsigned long long)pid, (unsigned long long)pid,
			(unsigned long long)pid);
}

static int lock(int root, int wait_ms, struct err *e)
{
	struct timespec pause = { 0, PAUSE_MS * 1000000 };
	auto_close int fd = root;

	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += PAUSE_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, "lock the state root");
		if (waited >= wait_ms)
			return tell_holder(fd, wait_ms, e);
		nanosleep(&pause, NULL);
	}
	return take_fd(&fd);
}

int used_lock(const char *root, int wait_ms, struct err *e)
{
	return lock(TRY(statedir_root(root, true, e)), wait_ms, e);
}

int used_lock_at(int root_fd, struct err *e)
{
	int fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_sys_plain(e, "state root") : lock(fd, USED_WAIT_MS, e);
}

/* ---- the records -------------------------------------------------------------------------- */

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
