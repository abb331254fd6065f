/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths below a root; see path.h.
 *
 * The walk keeps one O_PATH descriptor for each directory from the root to where it stands.
 * A ".." pops one of them: the kernel is never asked for "..", so a directory that is moved
 * out of the root meanwhile does not take us along. Links are read and their text is put in
 * front of what is left of the path.
 */
#include "kernel/path.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DEPTH_MAX = 128, LINKS_MAX = 40, TRIES_MAX = 64 };

enum walk_want {
	WALK_OPEN, /* what is there */
	WALK_DIR, /* a directory, made when missing */
	WALK_FILE, /* anything, an empty file made when missing */
};

struct walk {
	enum walk_want want;
	int oflags;
	unsigned flags;
	mode_t mode; /* of what is made at the end */
	int dirs[DEPTH_MAX]; /* dirs[0] is the root, not ours */
	size_t n;
	unsigned links;
	char rest[2 * PATH_MAX]; /* what is still to be walked */
};

static bool call_is_missing(int error)
{
	return error == ENOSYS || error == EPERM || error == EAGAIN;
}

static int open_in_root(int root, const char *path, int oflags, unsigned flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(oflags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	if (flags & PATH_NO_SYMLINKS)
		how.resolve |= RESOLVE_NO_SYMLINKS;
	if (flags & PATH_NO_XDEV)
		how.resolve |= RESOLVE_NO_XDEV;
	for (int i = 0; i < TRIES_MAX; i++) {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			return fd;
	}
	return fd;
}

/* ---- the walk ---------------------------------------------------------------------- */

static void walk_pop_to(struct walk *w, size_t n)
{
	while (w->n > n)
		fd_close(w->dirs[--w->n]);
}

static int walk_fail(int error)
{
	errno = error;
	return -1;
}

/* Puts a link's text in front of the rest of the path. */
static int walk_link(struct walk *w, int link_fd, bool slash)
{
	char text[2 * PATH_MAX];
	size_t rest = strlen(w->rest);
	ssize_t n;

	if (w->flags & PATH_NO_SYMLINKS || ++w->links > LINKS_MAX)
		return walk_fail(ELOOP);
	n = readlinkat(link_fd, "", text, PATH_MAX);
	if (n < 0)
		return -1;
	if ((size_t)n >= PATH_MAX || (size_t)n + 1 + rest + 1 > sizeof(w->rest))
		return walk_fail(ENAMETOOLONG);
	if (rest || slash) /* a slash at the end asks for a directory */
		text[n++] = '/';
	memcpy(text + n, w->rest, rest + 1);
	memcpy(w->rest, text, (size_t)n + rest + 1);
	if (text[0] == '/')
		walk_pop_to(w, 1);
	return 0;
}

/* Makes the component that is missing; one that appears meanwhile is as good. */
static int walk_make(const struct walk *w, const char *name, bool last)
{
	int dir = w->dirs[w->n - 1];
	int r;

	if (w->want == WALK_OPEN)
		return walk_fail(ENOENT);
	if (last && w->want == WALK_FILE)
		r = mknodat(dir, name, S_IFREG | w->mode, 0);
	else
		r = mkdirat(dir, name, last ? w->mode : 0755);
	return r < 0 && errno != EEXIST ? -1 : 0;
}

static int walk_crosses(const struct walk *w, int fd)
{
	struct statx from, to;

	if (!(w->flags & PATH_NO_XDEV))
		return 0;
	if (statx(w->dirs[0], "", AT_EMPTY_PATH, STATX_MNT_ID, &from) < 0 ||
	    statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &to) < 0)
		return -1;
	return from.stx_mnt_id == to.stx_mnt_id ? 0 : walk_fail(EXDEV);
}

/* The end of the path is `fd`, which may be what is asked for; consumes fd. */
static int walk_end(const struct walk *w, int fd, const char *name, bool is_dir)
{
	auto_close int found = fd;

	if (!is_dir && (w->want == WALK_DIR || w->oflags & O_DIRECTORY))
		return walk_fail(ENOTDIR);
	if (w->want != WALK_OPEN || w->oflags & O_PATH)
		return take_fd(&found);
	if (is_dir)
		return openat(found, ".", w->oflags | O_CLOEXEC);
	return openat(w->dirs[w->n - 1], name, w->oflags | O_NOFOLLOW | O_CLOEXEC);
}

/* One component. 1: go on; 0: *ret is the result; -1 with errno. */
static int walk_step(struct walk *w, const char *name, bool last, bool slash, int *ret)
{
	int dir = w->dirs[w->n - 1];
	auto_close int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT && walk_make(w, name, last) == 0)
		fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || walk_crosses(w, fd) < 0)
		return -1;
	if (S_ISLNK(st.st_mode) && !(last && !slash && w->oflags & O_NOFOLLOW))
		return walk_link(w, fd, slash) < 0 ? -1 : 1;
	if (S_ISDIR(st.st_mode)) {
		if (w->n == DEPTH_MAX)
			return walk_fail(ENAMETOOLONG);
		w->dirs[w->n++] = take_fd(&fd);
		return 1;
	}
	if (!last || slash)
		return walk_fail(ENOTDIR);
	if (S_ISLNK(st.st_mode) && !(w->oflags & O_PATH))
		return walk_fail(ELOOP);
	*ret = walk_end(w, take_fd(&fd), name, false);
	return *ret < 0 ? -1 : 0;
}

/* Takes the first component off w->rest. False at the end of the path. */
static bool walk_next(struct walk *w, char name[NAME_MAX + 1], bool *last, bool *slash)
{
	size_t skip = strspn(w->rest, "/");
	size_t n = strcspn(w->rest + skip, "/");
	const char *rest = w->rest + skip + n;

	if (!n || n > NAME_MAX)
		return false;
	memcpy(name, w->rest + skip, n);
	name[n] = '\0';
	*slash = *rest == '/';
	rest += strspn(rest, "/");
	*last = *rest == '\0';
	memmove(w->rest, rest, strlen(rest) + 1);
	return true;
}

static int walk_run(struct walk *w)
{
	char name[NAME_MAX + 1];
	bool last, slash;
	int r, fd = -1;

	while (walk_next(w, name, &last, &slash)) {
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			walk_pop_to(w, w->n > 1 ? w->n - 1 : 1);
			continue;
		}
		r = walk_step(w, name, last, slash, &fd);
		if (r <= 0)
			return r < 0 ? -1 : fd;
	}
	if (w->rest[strspn(w->rest, "/")])
		return walk_fail(ENAMETOOLONG); /* walk_next() did not take it */
	if (w->n > 1) /* the descriptor is the walk's own: hand it out */
		return walk_end(w, w->dirs[--w->n], ".", true);
	return openat(
		w->dirs[0], ".",
		(w->want == WALK_OPEN ? w->oflags & ~O_NOFOLLOW : O_PATH | O_DIRECTORY) |
			O_CLOEXEC);
}

static int walk(int root, const char *path, enum walk_want want, int oflags,
		unsigned flags, mode_t mode)
{
	struct walk w;
	int fd;

	if (!*path)
		return walk_fail(ENOENT);
	if (strlen(path) >= PATH_MAX)
		return walk_fail(ENAMETOOLONG);
	w.want = want;
	w.oflags = oflags;
	w.flags = flags;
	w.mode = mode;
	w.n = 1;
	w.dirs[0] = root;
	w.links = 0;
	memcpy(w.rest, path, strlen(path) + 1);
	fd = walk_run(&w);
	walk_pop_to(&w, 1);
	return fd;
}

/* ---- the face ----------------------------------------------------------------------- */

int path_open(int root, const char *path, int oflags, unsigned flags)
{
	if (!(flags & PATH_WALK)) {
		int fd = open_in_root(root, path, oflags, flags);

		if (fd >= 0 || !call_is_missing(errno))
			return fd;
	}
	return walk(root, path, WALK_OPEN, oflags, flags, 0);
}

int path_mkdirs(int root, const char *path, mode_t mode, unsigned flags)
{
	int fd = path_open(root, path, O_PATH | O_DIRECTORY, flags);

	if (fd >= 0 || errno != ENOENT || !*path)
		return fd;
	return walk(root, path, WALK_DIR, O_PATH, flags, mode);
}

int path_make_file(int root, const char *path, mode_t mode, unsigned flags)
{
	int fd = path_open(root, path, O_PATH, flags);

	if (fd >= 0 || errno != ENOENT || !*path)
		return fd;
	return walk(root, path, WALK_FILE, O_PATH, flags, mode);
}

int path_open_parent(int root, const char *path, const char **ret_name, unsigned flags)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char dir[PATH_MAX];
	int fd;

	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return walk_fail(EINVAL);
	if ((size_t)(name - path) >= sizeof(dir))
		return walk_fail(ENAMETOOLONG);
	memcpy(dir, path, (size_t)(name - path));
	dir[name - path] = '\0';
	fd = path_mkdirs(root, *dir ? dir : ".", 0755, flags);
	if (fd >= 0)
		*ret_name = name;
	return fd;
}

bool path_has_dotdot(const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += n;
		path += strspn(path, "/");
	}
	return false;
}

bool path_tidy(const char *path, char *buf, size_t size)
{
	size_t used = 0;

	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		size_t n = strcspn(path, "/");

		if (n != 1 || path[0] != '.') {
			if (used + 1 + n >= size)
				return false;
			buf[used++] = '/';
			memcpy(buf + used, path, n);
			used += n;
		}
		path += n;
	}
	if (!used && size > 1)
		buf[used++] = '/';
	if (used >= size)
		return false;
	buf[used] = '\0';
	return true;
}

bool path_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1) /* "/" */
		return true;
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

const char *path_of_fd(int fd, char buf[PATH_FD_MAX])
{
	snprintf(buf, PATH_FD_MAX, "/proc/self/fd/%d", fd);
	return buf;
}
