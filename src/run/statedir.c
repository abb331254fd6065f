/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state directory; see record.h. Nothing here follows a symbolic link below the root:
 * ids are checked before they name a path, files are opened with O_NOFOLLOW. The lock is
 * fcntl(2)'s, which neither survives its process nor is inherited by the init.
 */
#include "run/record.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "fs/inherit.h"
#include "run/run.h"
#include "run/net.h"
#include "run/oom_note.h"
#include "run/sdnotify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The size of the lock, which is empty else, while the directory is removed. */
enum { LOCK_OF_REMOVAL = 1 };

/* Euid 0 counts as root only in the first user namespace: its map is "0 0 4294967295". */
static bool is_real_root(void)
{
	char map[64];

	if (geteuid() != 0)
		return false;
	if (file_read_value(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) < 0)
		return true;
	return strstr(map, "4294967295") != NULL;
}

/* $XDG_RUNTIME_DIR/wolffia, or where it should be. */
static const char *user_root(char *path, size_t size)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");

	if (dir && dir[0] == '/')
		snprintf(path, size, "%s/wolffia", dir);
	else if (geteuid() == 0)
		return "/run/wolffia";
	else
		snprintf(path, size, "/run/user/%u/wolffia", (unsigned)geteuid());
	return path;
}

const char *run_default_root(struct err *e)
{
	static char path[512];
	static const char *known; /* it cannot change while we run */

	if (!known)
		known = is_real_root() ? "/run/wolffia" : user_root(path, sizeof(path));
	if (strlen(known) > 400) {
		err_set(e, "XDG_RUNTIME_DIR is too long");
		return NULL;
	}
	return known;
}

bool statedir_other_root(char path[STATEDIR_OTHER_MAX], bool create)
{
	struct stat st;

	snprintf(path, STATEDIR_OTHER_MAX, "/tmp/wolffia-%u", (unsigned)geteuid());
	if (create && mkdir(path, 0700) < 0 && errno != EEXIST)
		return false;
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & 077);
}

int run_check_id(const char *id, struct err *e)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789_+.-");

	if (!n || id[n] || n > 255 || str_eq(id, ".") || str_eq(id, "..")) {
		err_set(e, "invalid container id \"%.64s\"%s", id,
			strlen(id) > 64 ? " (cut)" : "");
		return err_hint(e, "an id has 1 to 255 characters of A-Z a-z 0-9 _ + . - "
				   "and is not . or ..");
	}
	return 0;
}

static int not_made(const char *path, bool given, struct err *e)
{
	err_sys_plain(e, "state root: make directory %s", path);
	return err_hint(e, given ? "give --root a directory that can be made"
				 : "set XDG_RUNTIME_DIR to a directory of your own, or "
				   "give --root");
}

static int make_parents(const char *path, bool given, struct err *e)
{
	auto_free char *copy = xstrdup(path);

	for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST && errno != EROFS)
			return not_made(copy, given, e);
		*at = '/';
	}
	if (mkdir(copy, 0700) < 0 && errno != EEXIST)
		return not_made(path, given, e);
	return 0;
}

static bool is_same_as_slash(const struct stat *st)
{
	struct stat slash;

	return stat("/", &slash) == 0 && slash.st_dev == st->st_dev &&
	       slash.st_ino == st->st_ino;
}

int statedir_root(const char *path, bool create, struct err *e)
{
	bool given = path != NULL;
	auto_close int fd = -1;
	struct stat st;

	if (!path)
		path = run_default_root(e);
	if (!path)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && create) {
		TRY(make_parents(path, given, e));
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return err_sys_plain(e, "state root %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys_plain(e, "state root %s", path);
	if (is_same_as_slash(&st))
		return err_set(e, "state root %s: the root directory cannot hold states",
			       path);
	/* a stranger who could write here could make us act on any process */
	if ((st.st_mode & 022) && !(st.st_mode & S_ISVTX))
		return err_set(e, "state root %s: others may write to it (mode %03o)",
			       path, (unsigned)(st.st_mode & 0777));
	return take_fd(&fd);
}

int statedir_hint(struct err *e)
{
	if (e->code == ENOSPC || e->code == EDQUOT)
		err_hint(
			e,
			"the filesystem of the state root is full: make room, or --root, "
			"or XDG_RUNTIME_DIR, with room");
	else if (e->code == EROFS)
		err_hint(e, "the filesystem of the state root is read-only: --root, or "
			    "XDG_RUNTIME_DIR, where it can be written to");
	return -1;
}

int statedir_try(int root, struct err *e)
{
	static const char some[16384];
	auto_close int fd =
		openat(root, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
	int rc;

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT))
		rc = faccessat(root, ".", W_OK, AT_EACCESS);
	else
		rc = fd < 0 ? -1 : fd_write_all(fd, some, sizeof(some));
	if (rc == 0)
		return 0;
	err_sys_plain(e, "state root: write to it");
	return statedir_hint(e);
}

static int err_missing(const struct statedir *s, struct err *e)
{
	err_set(e, "container %s does not exist", s->id);
	e->code = ENOENT;
	return -1;
}

int statedir_exists(const struct statedir *s, struct err *e)
{
	struct stat st;

	if (fstat(s->dir, &st) < 0 || st.st_nlink == 0)
		return err_missing(s, e);
	/* the lock that is ours would go with a descriptor of its file that is closed */
	if (s->lock < 0 && statedir_use(s) == STATEDIR_GOING)
		return err_missing(s, e);
	return 0;
}

bool statedir_is_private(int root)
{
	struct stat st;

	return fstat(root, &st) == 0 && !(st.st_mode & 022) &&
	       (st.st_uid == geteuid() || st.st_uid == 0);
}

/*
 * In a root like /tmp, or in his own, a stranger can make a directory and a record that name
 * any process, cgroup or hook.
 */
static int check_owner(const struct statedir *s, struct err *e)
{
	struct stat dir;

	if (statedir_is_private(s->root))
		return 0;
	if (fstat(s->dir, &dir) < 0)
		return err_sys_plain(e, "container %s", s->id);
	if (dir.st_uid == geteuid())
		return 0;
	err_set(e, "container %s belongs to another user (%u)", s->id,
		(unsigned)dir.st_uid);
	return err_hint(e, "its record could name any process: act as that user");
}

static int open_dir(struct statedir *s, struct err *e)
{
	s->dir = openat(s->root, s->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->dir >= 0) {
		if (check_owner(s, e) == 0)
			return 0;
		fd_close(take_fd(&s->dir));
		return -1;
	}
	if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		return err_sys_plain(e, "container %s", s->id);
	return err_missing(s, e);
}

static int open_lock(int dir)
{
	int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(dir, "lock", flags, 0600);

	/* somebody has put a link in its place: nobody can hold that */
	if (fd < 0 && errno == ELOOP && unlinkat(dir, "lock", 0) == 0)
		fd = openat(dir, "lock", flags, 0600);
	return fd;
}

/* Bytes of the lock: of the command at work, and of the one that will delete it at the end. */
enum lock_byte { LOCK_WORK, LOCK_OWNER, LOCK_BYTES };

static struct flock lock_of(int type, int from, int n)
{
	return (struct flock){
		.l_type = (short)type, .l_whence = SEEK_SET, .l_start = from, .l_len = n
	};
}

/* The first n bytes. 0: locked; 1: somebody else has one; -1 with *e. */
static int try_lock(struct statedir *s, int n, struct err *e)
{
	struct flock lock = lock_of(F_WRLCK, LOCK_WORK, n);

	if (s->lock < 0)
		s->lock = open_lock(s->dir);
	if (s->lock < 0 && errno == ENOENT)
		return err_missing(s, e);
	if (s->lock < 0)
		return err_sys_plain(e, "lock of container %s", s->id);
	if (fcntl(s->lock, F_SETLK, &lock) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return err_sys_plain(e, "lock of container %s", s->id);
	return 1;
}

/* Who has it, as far as that can be seen from our pid namespace. */
static int tell_holder(const struct statedir *s, struct err *e)
{
	struct flock lock = lock_of(F_WRLCK, LOCK_WORK, 1);

	err_set(e, "container %s is in use by another command", s->id);
	if (fcntl(s->lock, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK ||
	    lock.l_pid <= 0)
		return -1;
	return err_hint(e,
			"process %d is at work on it: `kill -CONT %d` if it was stopped, "
			"else wait for it",
			(int)lock.l_pid, (int)lock.l_pid);
}

static int lock_bytes(struct statedir *s, int n, int timeout_ms, struct err *e)
{
	struct timespec pause = { 0, 500 * 1000 };
	int64_t waited = 0; /* microseconds */
	struct stat st;
	int rc;

	while ((rc = try_lock(s, n, e)) > 0) {
		if (waited / 1000 >= timeout_ms)
			return tell_holder(s, e);
		nanosleep(&pause, NULL);
		waited += pause.tv_nsec / 1000;
		if (pause.tv_nsec < 20000000)
			pause.tv_nsec *= 2;
	}
	if (rc < 0)
		return -1;
	if (fstat(s->lock, &st) == 0 && st.st_nlink > 0)
		return statedir_exists(s, e);
	return err_missing(s, e);
}

int statedir_lock(struct statedir *s, int timeout_ms, struct err *e)
{
	return lock_bytes(s, 1, timeout_ms, e);
}

void statedir_stay(struct statedir *s)
{
	struct flock lock = lock_of(F_UNLCK, LOCK_WORK, 1);

	(void)fcntl(s->lock, F_SETLK, &lock);
	fd_close(s->dir);
	fd_close(s->root);
	s->dir = s->root = -1;
}

bool statedir_has_owner(const struct statedir *s)
{
	struct flock lock = lock_of(F_WRLCK, LOCK_OWNER, 1);
	auto_close int other = -1;
	int fd = s->lock;

	if (fd < 0)
		fd = other = openat(s->dir, "lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

enum statedir_use statedir_use(const struct statedir *s)
{
	struct flock lock = lock_of(F_WRLCK, LOCK_WORK, 1);
	auto_close int fd = openat(s->dir, "lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return STATEDIR_FREE;
	if (fstat(fd, &st) == 0 && st.st_size == LOCK_OF_REMOVAL)
		return STATEDIR_GOING;
	return STATEDIR_BUSY;
}

static int begin(const char *root, const char *id, bool create, struct statedir *s,
		 struct err *e)
{
	*s = STATEDIR_CLOSED;
	TRY(run_check_id(id, e));
	snprintf(s->id, sizeof(s->id), "%s", id);
	s->root = statedir_root(root, create, e);
	if (s->root >= 0)
		return 0;
	if (e->code == ENOENT && !create) {
		err_clear(e);
		return err_missing(s, e);
	}
	return -1;
}

static int taken(const char *id, struct err *e)
{
	return err_set(e, "container with given ID already exists: %s", id);
}

int statedir_check_free(const char *root, const char *id, struct err *e)
{
	char path[1024];
	struct stat st;

	if (!root)
		root = run_default_root(e);
	if (!root)
		return -1;
	if (snprintf(path, sizeof(path), "%s/%s", root, id) >= (int)sizeof(path))
		return 0;
	return lstat(path, &st) == 0 ? taken(id, e) : 0;
}

enum { RESERVE_TRIES = 8 };

int statedir_reserve(const char *root, const char *id, struct statedir *ret,
		     struct err *e)
{
	auto_statedir s = STATEDIR_CLOSED;

	TRY(begin(root, id, true, &s, e));
	for (int i = 0; i < RESERVE_TRIES; i++) {
		err_clear(e);
		if (mkdirat(s.root, id, 0700) < 0) {
			if (errno == EEXIST)
				return taken(id, e);
			err_sys_plain(e, "state root %s: make directory %s",
				      root ? root : run_default_root(e), id);
			return statedir_hint(e);
		}
		if (open_dir(&s, e) == 0 && lock_bytes(&s, LOCK_BYTES, 0, e) == 0) {
			*ret = s;
			s = STATEDIR_CLOSED;
			return 0;
		}
		/* a forced delete has found it before we could lock it */
		if (s.dir >= 0)
			unlinkat(s.dir, "lock", 0);
		unlinkat(s.root, id, AT_REMOVEDIR);
		fd_close(s.dir);
		fd_close(s.lock);
		s.dir = s.lock = -1;
	}
	return -1;
}

int statedir_open_at(int root_fd, const char *id, struct statedir *ret, struct err *e)
{
	struct statedir s = STATEDIR_CLOSED;

	TRY(run_check_id(id, e));
	snprintf(s.id, sizeof(s.id), "%s", id);
	s.root = root_fd;
	TRY(open_dir(&s, e));
	s.root = -1;
	*ret = s;
	return 0;
}

static int open_in(const char *root, const char *id, struct statedir *ret, struct err *e)
{
	auto_statedir s = STATEDIR_CLOSED;

	TRY(begin(root, id, false, &s, e));
	TRY(open_dir(&s, e));
	*ret = s;
	s = STATEDIR_CLOSED;
	return 0;
}

int statedir_open(const char *root, const char *id, struct statedir *ret, struct err *e)
{
	char other[STATEDIR_OTHER_MAX];
	struct err ignored = { 0 };

	if (open_in(root, id, ret, e) == 0)
		return 0;
	if (root || run_check_id(id, &ignored) < 0 ||
	    !statedir_other_root(other, false) || open_in(other, id, ret, &ignored) < 0)
		return -1;
	err_clear(e);
	return 0;
}

/* The names we make, and the temporary ones of a writer that was killed. */
static bool is_ours(const char *name)
{
	static const char *const names[] = { "lock",	  "creating",	    "created",
					     "running",	  "spare",	    "config.json",
					     "gate",	  "resources.json", SDNOTIFY_DIR,
					     INHERIT_DIR, NET_DIR,	    OOM_NOTE };

	return str_index(names, ARRAY_SIZE(names), name) >= 0 || name[0] == '.';
}

/* A container or a helper may have written to such a directory: whatever lies there goes. */
static void remove_entry(int dir, const char *name)
{
	auto_close int fd = -1;
	struct dirent *entry;
	DIR *d;

	if (str_eq(name, INHERIT_DIR))
		inherit_release(dir); /* never what is in it: it may be mounted */
	if (unlinkat(dir, name, 0) == 0 ||
	    (!str_eq(name, SDNOTIFY_DIR) && !str_eq(name, NET_DIR)))
		return;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d)
		return;
	take_fd(&fd);
	while ((entry = readdir(d)))
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
	unlinkat(dir, name, AT_REMOVEDIR);
}

/* Entries that we did not make stay, and keep the directory (S194). */
static void empty(struct statedir *s)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!d) {
		fd_close(fd);
		return;
	}
	while ((entry = readdir(d)))
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, "..") &&
		    is_ours(entry->d_name))
			remove_entry(s->dir, entry->d_name);
	closedir(d);
}

enum { REMOVE_TRIES = 20 };

/*
 * The common case without reading the directory. What the record names is gone already. The
 * record goes before the files that are read with it: who has missed one of these looks for
 * the record once more, and knows. The lock goes last, for it says who may. Whoever waits for
 * the lock may make a new one in between; he finds no container, so it is removed once more.
 */
int statedir_remove(struct statedir *s, struct err *e)
{
	static const char *const usual[] = { "running", "created", "creating",
					     "spare",	"gate",	   "config.json",
					     "lock" };

	(void)!ftruncate(s->lock, LOCK_OF_REMOVAL);
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		unlinkat(s->dir, usual[i], 0);
	for (int i = 0; i < REMOVE_TRIES; i++) {
		if (i > 0)
			empty(s);
		if (unlinkat(s->root, s->id, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST)
			break;
	}
	return err_sys_plain(e, "remove state directory of %s", s->id);
}

void statedir_close(struct statedir *s)
{
	fd_close(s->lock);
	fd_close(s->dir);
	fd_close(s->root);
	*s = STATEDIR_CLOSED;
}
