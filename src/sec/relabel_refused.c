/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must keep its label: without it people cannot log in, services cannot start. Objects
 * are compared by device and inode, never by name; see relabel.h.
 */
#include "sec/relabel.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PASSWD_LIMIT = 4 << 20, FIRST_PERSON = 1000, NOBODY = 65534 };

static const char *const machine[] = {
	"/",	    "/bin",	   "/boot",	 "/dev",       "/etc",	    "/etc/passwd",
	"/etc/pki", "/etc/shadow", "/home",	 "/lib",       "/lib32",    "/lib64",
	"/libx32",  "/media",	   "/mnt",	 "/opt",       "/proc",	    "/root",
	"/run",	    "/sbin",	   "/srv",	 "/sys",       "/tmp",	    "/usr",
	"/usr/bin", "/usr/lib",	   "/usr/lib64", "/usr/local", "/usr/sbin", "/usr/share",
	"/var",	    "/var/lib",	   "/var/log",	 "/var/tmp",
};

const char *relabel_is_refused(const struct relabel_refused *list, uint64_t dev,
			       uint64_t ino)
{
	for (size_t i = 0; list && i < list->n; i++)
		if (list->v[i].ino == ino && list->v[i].dev == dev)
			return list->v[i].path;
	return NULL;
}

static void add(struct relabel_refused *list, const struct stat *st, const char *path)
{
	if (relabel_is_refused(list, st->st_dev, st->st_ino))
		return;
	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->v = xreallocarray(list->v, list->room, sizeof(*list->v));
	}
	list->v[list->n++] = (struct relabel_identity){ st->st_dev, st->st_ino, path };
}

/* From a directory to the root, which is its own parent. */
static void add_above(struct relabel_refused *list, int *fd, struct stat *st,
		      const char *path)
{
	for (;;) {
		int up = openat(*fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct stat above;

		if (up < 0)
			return;
		fd_close(*fd);
		*fd = up;
		if (fstat(up, &above) < 0 ||
		    (above.st_dev == st->st_dev && above.st_ino == st->st_ino))
			return;
		add(list, &above, path);
		*st = above;
	}
}

void relabel_refuse(struct relabel_refused *list, const char *path)
{
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	add(list, &st, path);
	if (S_ISDIR(st.st_mode))
		add_above(list, &fd, &st, path);
}

/* Field number i of a line; NULL when there are fewer. */
static const char *field(const char *line, int i, size_t *ret_n)
{
	for (; i > 0; i--) {
		line += strcspn(line, ":\n");
		if (*line != ':')
			return NULL;
		line++;
	}
	*ret_n = strcspn(line, ":\n");
	return line;
}

/* System users may have what containers use; a person needs the home to log in. */
static bool is_person(const char *line, uint32_t caller, uint32_t sudoer)
{
	size_t n;
	const char *id = field(line, 2, &n);
	char digits[16];
	uint64_t uid;

	if (!id || n >= sizeof(digits))
		return false;
	memcpy(digits, id, n);
	digits[n] = '\0';
	if (!str_to_u64(digits, UINT32_MAX, &uid))
		return false;
	return (uid >= FIRST_PERSON && uid != NOBODY) || uid == caller || uid == sudoer;
}

static void add_homes(struct relabel_refused *list, const char *passwd,
		      const char *sudo_uid)
{
	uint64_t sudoer = geteuid();

	if (sudo_uid)
		(void)str_to_u64(sudo_uid, UINT32_MAX, &sudoer);
	for (const char *line = passwd; *line; line += *line == '\n') {
		size_t n;
		const char *home = field(line, 5, &n);

		if (home && n > 1 && home[0] == '/' &&
		    is_person(line, geteuid(), (uint32_t)sudoer)) {
			auto_free char *path = xstrndup(home, n);

			relabel_refuse(list, path);
			/* the text goes: what the list says instead */
			for (size_t i = 0; i < list->n; i++)
				if (list->v[i].path == path)
					list->v[i].path = "a home directory";
		}
		line += strcspn(line, "\n");
	}
}

void relabel_refused_read(const char *home, const char *sudo_uid,
			  struct relabel_refused *ret)
{
	auto_str passwd = { 0 };
	struct err ignored = { 0 };

	*ret = (struct relabel_refused){ 0 };
	/* by their own names first: /usr is no more than what holds /bin else */
	for (size_t i = 0; i < ARRAY_SIZE(machine); i++) {
		struct stat st;

		if (stat(machine[i], &st) == 0)
			add(ret, &st, machine[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(machine); i++)
		relabel_refuse(ret, machine[i]);
	if (file_read(AT_FDCWD, "/etc/passwd", 0, PASSWD_LIMIT, &passwd, &ignored) == 0 &&
	    passwd.n)
		add_homes(ret, passwd.s, sudo_uid);
	if (home && home[0] == '/')
		relabel_refuse(ret, home);
}
