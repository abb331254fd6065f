/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes in a cgroup: moving in, listing, signalling, freezing. Signals go through
 * pidfds that were opened while the process was seen inside, never to a number.
 */
#include "cgroup/dir.h"
#include "cgroup/driver.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "kernel/pidfd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The directory that has every process of the container: v2, else the freezer, else any. */
static const struct cgroup_dir *main_dir(const struct cgroup *cg)
{
	const struct cgroup_dir *best = NULL;

	for (size_t i = 0; i < cg->n; i++) {
		const struct cgroup_dir *dir = &cg->dirs[i];

		if (dir->fd < 0)
			continue;
		if (dir->v2)
			return dir;
		if (!best || dir->controllers & 1u << CGROUP_FREEZER)
			best = dir;
	}
	return best;
}

static const char *leaf_name(const struct cgroup_dir *dir, char *buf, size_t size)
{
	return dir_name(dir, path_depth(dir->path), buf, size);
}

/* ---- joining ---------------------------------------------------------------------------- */

static int join_dir(const struct cgroup_dir *dir, const char *pid, struct err *e)
{
	char name[PATH_MAX];

	if (file_write_value(dir->fd, "cgroup.procs", pid) == 0)
		return 0;
	leaf_name(dir, name, sizeof(name));
	if (errno == EBUSY && dir->v2)
		return err_set(
			e,
			"%s cannot take a process: controllers are enabled for the "
			"cgroups below it",
			name);
	return err_sys_plain(e, "move process %s to %s", pid, name);
}

int cgroup_join_directories(const struct cgroup *cg, pid_t pid, bool born_in_v2,
			    struct err *e)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	for (size_t i = 0; i < cg->n; i++) {
		const struct cgroup_dir *dir = &cg->dirs[i];

		if (dir->fd >= 0 && !(dir->v2 && born_in_v2))
			TRY(join_dir(dir, text, e));
	}
	return 0;
}

/* ---- listing ------------------------------------------------------------------------------ */

struct pids {
	size_t n, size;
	pid_t *v;
};

static void pids_add(struct pids *p, pid_t pid)
{
	if (p->n == p->size) {
		p->size = p->size ? 2 * p->size : 64;
		p->v = xreallocarray(p->v, p->size, sizeof(p->v[0]));
	}
	p->v[p->n++] = pid;
}

static void pids_parse(struct pids *p, const char *text)
{
	while (*text) {
		pid_t pid = 0;

		for (; *text >= '0' && *text <= '9'; text++)
			pid = pid * 10 + (*text - '0');
		if (pid > 0) /* 0: a process of another pid namespace */
			pids_add(p, pid);
		text += *text != '\0';
	}
}

/*
 * One cgroup and those below. One that vanishes or is threaded (EOPNOTSUPP: its processes
 * are listed in its domain) is passed over.
 */
static int pids_read(struct pids *p, int fd, int level, struct err *e)
{
	enum { LIMIT = 64 << 20, LEVEL_MAX = 64 };
	auto_str text = { 0 };
	struct err mine = { 0 };
	struct stat st;
	DIR *d;
	int list;

	if (file_read(fd, "cgroup.procs", 0, LIMIT, &text, &mine) < 0) {
		if (mine.code != ENOENT && mine.code != ENODEV && mine.code != EOPNOTSUPP)
			return err_take(e, &mine);
	}
	pids_parse(p, text.s ? text.s : "");
	if (level >= LEVEL_MAX || fstat(fd, &st) < 0 || st.st_nlink == 2)
		return 0;
	list = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = list < 0 ? NULL : fdopendir(list);
	if (!d) {
		fd_close(list);
		return 0;
	}
	for (const struct dirent *entry; (entry = readdir(d));) {
		auto_close int sub = -1;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		sub = openat(fd, entry->d_name,
			     O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0 && pids_read(p, sub, level + 1, e) < 0)
			break;
	}
	closedir(d);
	return err_is_set(e) ? -1 : 0;
}

ssize_t cgroup_pids(const struct cgroup *cg, pid_t **ret, struct err *e)
{
	const struct cgroup_dir *dir = main_dir(cg);
	struct pids p = { 0 };

	if (dir && pids_read(&p, dir->fd, 0, e) < 0) {
		free(p.v);
		return -1;
	}
	*ret = p.v;
	return (ssize_t)p.n;
}

/* ---- signalling ----------------------------------------------------------------------------- */

enum { SOME = 16 };

/* "…:/own/path" of the dir's hierarchy at or below dir: this process would be hit too. */
static bool holds_caller(const struct cgroup_dir *dir)
{
	auto_str text = { 0 };
	struct err ignored = { 0 };
	size_t n = strlen(dir->path);

	if (file_read(AT_FDCWD, "/proc/self/cgroup", 0, 1 << 20, &text, &ignored) < 0)
		return false;
	for (const char *line = text.s; line && *line; line = strchr(line, '\n')) {
		const char *list, *path;

		line += *line == '\n';
		list = strchr(line, ':');
		path = list ? strchr(list + 1, ':') : NULL;
		if (!path)
			break;
		list++;
		if (dir->v2 != (path == list) ||
		    (!dir->v2 &&
		     dir->controllers !=
			     cgroup_controllers_parse(list, (size_t)(path - list))))
			continue;
		path++;
		return !strncmp(path, dir->path, n) && strchr("/\n", path[n]);
	}
	return false;
}

static bool pids_have(const struct pids *p, pid_t pid)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i] == pid)
			return true;
	}
	return false;
}

/*
 * A pidfd is opened, then the list is read again: a number that is still in it belonged to a
 * process in the cgroup when its pidfd was opened, or to one that is dead by now. Returns how
 * many were signalled, -1 with *e.
 */
static int signal_some(int fd, int sig, const pid_t *v, size_t n, struct err *e)
{
	struct pids after = { 0 };
	int fds[SOME], sent = 0, rc = 0;

	for (size_t i = 0; i < n; i++) {
		bool gone = false;

		fds[i] = rc < 0 ? -1 : pidfd_of(v[i], &gone, e);
		if (fds[i] < 0 && !gone)
			rc = -1;
	}
	if (rc == 0)
		rc = pids_read(&after, fd, 0, e);
	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && fds[i] >= 0 && pids_have(&after, v[i]))
			sent += syscall(SYS_pidfd_send_signal, fds[i], sig, NULL, 0) == 0;
		fd_close(fds[i]);
	}
	free(after.v);
	return rc < 0 ? -1 : sent;
}

/* One round over all processes, of which there may be more than descriptors. */
static int signal_round(int fd, int sig, struct err *e)
{
	struct pids all = { 0 };
	int sent = 0, rc = pids_read(&all, fd, 0, e);

	for (size_t i = 0; rc >= 0 && i < all.n; i += SOME) {
		size_t n = all.n - i < SOME ? all.n - i : SOME;

		rc = signal_some(fd, sig, all.v + i, n, e);
		sent += rc > 0 ? rc : 0;
	}
	free(all.v);
	return rc < 0 ? -1 : sent;
}

/* The cgroup that can be frozen, or NULL. */
const struct cgroup_dir *cgroup_freezer(const struct cgroup *cg)
{
	const struct cgroup_dir *dir = main_dir(cg);

	if (!dir || dir->v2 || dir->controllers & 1u << CGROUP_FREEZER)
		return dir;
	return NULL;
}

int cgroup_signal(const struct cgroup *cg, int sig, struct err *e)
{
	enum { FREEZE_MS = 2000, ROUNDS = 100 };
	const struct cgroup_dir *dir = main_dir(cg);
	struct err ignored = { 0 };
	bool was_frozen;
	char name[PATH_MAX];
	int sent = 0;

	if (!dir)
		return 0;
	if (holds_caller(dir))
		return err_set(e, "%s holds this process itself",
			       leaf_name(dir, name, sizeof(name)));
	if (sig == SIGKILL && dir->v2 &&
	    file_write_value(dir->fd, "cgroup.kill", "1") == 0)
		return 0;
	/* frozen, they cannot fork while we look; what cannot be frozen takes more rounds */
	was_frozen = cgroup_is_frozen(cg, &ignored) == 1;
	if (!was_frozen && cgroup_freezer(cg))
		cgroup_freeze(cg, true, FREEZE_MS, &ignored);
	for (int i = 0; i < (sig == SIGKILL ? ROUNDS : 1); i++) {
		sent = signal_round(dir->fd, sig, e);
		if (sent <= 0 || cgroup_freezer(cg))
			break;
	}
	if (cgroup_freezer(cg) && (!was_frozen || sig == SIGKILL))
		cgroup_freeze(cg, false, FREEZE_MS, &ignored);
	return sent < 0 ? -1 : 0;
}

/* ---- freezing -------------------------------------------------------------------------------- */

static bool freeze_v1_wait(int fd, const char *wanted, int timeout_ms)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	char state[32];

	for (int ms = 0; ms <= timeout_ms; ms++) {
		/* written again: tasks that were just born can keep it at FREEZING */
		if (file_write_value(fd, "freezer.state", wanted) < 0 ||
		    file_read_value(fd, "freezer.state", state, sizeof(state)) < 0)
			return false;
		if (str_eq(state, wanted))
			return true;
		nanosleep(&pause, NULL);
	}
	errno = ETIMEDOUT;
	return false;
}

static bool freeze_dir(const struct cgroup_dir *dir, bool frozen, int timeout_ms)
{
	if (!dir->v2)
		return freeze_v1_wait(dir->fd, frozen ? "FROZEN" : "THAWED", timeout_ms);
	if (file_write_value(dir->fd, "cgroup.freeze", frozen ? "1" : "0") < 0)
		return false;
	errno = ETIMEDOUT;
	return dir_event_wait(dir->fd, "frozen", frozen, timeout_ms);
}

int cgroup_freeze(const struct cgroup *cg, bool frozen, int timeout_ms, struct err *e)
{
	const struct cgroup_dir *dir = cgroup_freezer(cg);
	const char *verb = frozen ? "freeze" : "thaw";
	char name[PATH_MAX];
	int code;

	if (!dir) {
		err_set(e, "the container has no cgroup that can %s", verb);
		return err_hint(e,
				"pausing needs cgroup v2 or the v1 controller freezer");
	}
	if (frozen && holds_caller(dir))
		return err_set(e, "%s holds this process itself",
			       leaf_name(dir, name, sizeof(name)));
	if (freeze_dir(dir, frozen, timeout_ms))
		return 0;
	code = errno;
	if (frozen)
		freeze_dir(dir, false, timeout_ms);
	return err_code(e, code, "%s %s", verb, leaf_name(dir, name, sizeof(name)));
}

int cgroup_is_frozen(const struct cgroup *cg, struct err *e)
{
	const struct cgroup_dir *dir = cgroup_freezer(cg);
	char value[32], name[PATH_MAX];

	if (!dir)
		return 0;
	if (file_read_value(dir->fd, dir->v2 ? "cgroup.freeze" : "freezer.self_freezing",
			    value, sizeof(value)) >= 0)
		return str_eq(value, "1");
	if (errno == ENODEV || errno == ENOENT)
		return 0; /* the cgroup vanished, or the kernel cannot freeze it */
	return err_sys_plain(e, "read the freezer of %s",
			     leaf_name(dir, name, sizeof(name)));
}
