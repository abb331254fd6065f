/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory of a checkpoint; see criu_image.h. */
#include "run/criu_image.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "kernel/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char streams_name[] = "descriptors.json", ids_name[] = "ids.json";

enum { STREAMS_LIMIT = 64 << 10, MOUNTINFO_LIMIT = 16 << 20 };

static int make(const char *path, const char *option, struct err *e)
{
	auto_free char *copy = xstrdup(path);

	for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST && errno != EROFS)
			return err_sys_plain(e, "%s: make directory %s", option, copy);
		*at = '/';
	}
	if (mkdir(copy, 0700) < 0 && errno != EEXIST)
		return err_sys_plain(e, "%s: make directory %s", option, path);
	return 0;
}

int criu_image_open(const char *path, const char *option, bool do_make, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && do_make) {
		TRY(make(path, option, e));
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return fd < 0 ? err_sys_plain(e, "%s: %s", option, path) : fd;
}

void criu_image_admit(int dir, gid_t gid)
{
	struct stat st;

	if (fstat(dir, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 077))
		return;
	if (fchown(dir, (uid_t)-1, gid) == 0)
		(void)fchmod(dir, (st.st_mode & 0700) | S_IXGRP);
}

static bool is_image(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && str_eq(name + n - 4, ".img");
}

/* Goes through the images; removes them when asked to. Returns their number. */
static unsigned each_image(int dir, bool remove)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	unsigned n = 0;

	if (!d) {
		fd_close(fd);
		return 0;
	}
	while ((entry = readdir(d))) {
		if (!is_image(entry->d_name))
			continue;
		n++;
		if (remove)
			unlinkat(dir, entry->d_name, 0);
	}
	closedir(d);
	return n;
}

bool criu_image_is_used(int dir)
{
	return each_image(dir, false) > 0;
}

void criu_image_clean(int dir)
{
	each_image(dir, true);
	unlinkat(dir, streams_name, 0);
	unlinkat(dir, ids_name, 0);
	unlinkat(dir, "parent", 0); /* criu's link to the checkpoint before */
}

/* The mount on which a descriptor lies: "mnt_id:" of proc_pid_fdinfo(5); -1: it has none. */
static long mount_of(int proc_fd, int64_t pid, int fd)
{
	char path[64], text[4096], *at;
	long id = -1;
	auto_close int info = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%lld/fdinfo/%d", (long long)pid, fd);
	info = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	n = info >= 0 ? fd_read_full(info, text, sizeof(text) - 1) : -1;
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, "mnt_id:");
	for (at = at ? at + 7 : text; *at == '\t' || *at == ' ';)
		at++;
	for (; *at >= '0' && *at <= '9'; at++)
		id = (id < 0 ? 0 : id) * 10 + (*at - '0');
	return id;
}

/* Whether a mount is in the text of a mountinfo: its lines begin with the ids. */
static bool has_mount(const char *mountinfo, long id)
{
	char number[24];
	size_t n = (size_t)snprintf(number, sizeof(number), "%ld ", id);

	for (const char *at = mountinfo; at && *at;) {
		if (strncmp(at, number, n) == 0)
			return true;
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return false;
}

static bool is_terminal(const struct stat *st)
{
	unsigned m = major(st->st_rdev);

	return S_ISCHR(st->st_mode) && (m == 4 || m == 5 || (m >= 136 && m <= 143));
}

/* criu's name for what is outside, or false. */
static bool name_outside(int proc_fd, int64_t pid, int fd, const char *mountinfo,
			 char *ret, size_t size)
{
	long mount = mount_of(proc_fd, pid, fd);
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "%lld/fd/%d", (long long)pid, fd);
	if (mount < 0 || has_mount(mountinfo, mount) ||
	    fstatat(proc_fd, path, &st, 0) < 0)
		return false;
	if (is_terminal(&st))
		snprintf(ret, size, "tty[%llx:%llx]", (unsigned long long)st.st_rdev,
			 (unsigned long long)st.st_dev);
	else if (S_ISCHR(st.st_mode) || S_ISREG(st.st_mode))
		snprintf(ret, size, "file[%lx:%llx]%s", (unsigned long)mount,
			 (unsigned long long)st.st_ino,
			 st.st_rdev == makedev(1, 3) ? " /dev/null" : "");
	else
		return false;
	return true;
}

int criu_image_streams(struct oci_arena *arena, int proc_fd, int64_t pid,
		       struct oci_strings *ret, struct err *e)
{
	struct oci_strings list = { .v = oci_alloc(arena, 3 * sizeof(char *)) };
	auto_str mountinfo = { 0 };
	auto_close int info = -1;
	char path[64], text[4096];

	snprintf(path, sizeof(path), "%lld/mountinfo", (long long)pid);
	info = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return err_sys(e, "look at the container's mounts");
	TRY(file_read_fd(info, "mountinfo", MOUNTINFO_LIMIT, &mountinfo, e));
	for (int fd = 0; list.v && fd < 3; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), "%lld/fd/%d", (long long)pid, fd);
		n = readlinkat(proc_fd, path, text, sizeof(text) - 1);
		if (n < 0 && errno != ENOENT)
			return err_sys(e, "look at descriptor %d of the init", fd);
		text[n > 0 ? n : 0] = '\0';
		if (n > 0 && text[0] == '/')
			(void)name_outside(proc_fd, pid, fd,
					   mountinfo.s ? mountinfo.s : "", text,
					   sizeof(text));
		list.v[list.n++] = oci_strdup(arena, text);
	}
	if (arena->failed)
		return err_set(e, "out of memory");
	*ret = list;
	return 0;
}

int criu_image_write_streams(int dir, const struct oci_strings *streams, struct err *e)
{
	struct oci_arena arena = { 0 };
	auto_str text = { 0 };
	int rc;

	str_add(&text, "[");
	for (size_t i = 0; i < streams->n; i++) {
		const char *one = oci_encode_string(&arena, streams->v[i], NULL);

		str_addf(&text, "%s%s", i ? "," : "", one ? one : "\"\"");
	}
	str_add(&text, "]");
	rc = file_write_atomic(dir, streams_name, text.s, text.n, 0600, e);
	oci_arena_free(&arena);
	return rc;
}

/* The decoder reads objects, the file is a list. */
struct streams {
	struct oci_strings list;
};

static const struct oci_member streams_members[] = {
	OCI_STRS(streams, list, "list", OCI_REQUIRED, NULL),
};
static const struct oci_type streams_type = OCI_TYPE(streams, streams_members, NULL);

int criu_image_read_streams(int dir, struct oci_arena *arena, struct oci_strings *ret,
			    struct err *e)
{
	auto_str text = { 0 }, wrapped = { 0 };
	struct oci_error why;
	void *object;

	ret->n = 0;
	if (file_read(dir, streams_name, O_NOFOLLOW, STREAMS_LIMIT, &text, e) < 0) {
		if (e->code != ENOENT)
			return -1;
		err_clear(e);
		return 0;
	}
	str_addf(&wrapped, "{\"list\":%s}", text.s ? text.s : "");
	if (oci_decode(arena, &streams_type, streams_name, wrapped.s, wrapped.n, &object,
		       &why) < 0)
		return err_set(e, "--image-path: %s", why.text);
	*ret = ((struct streams *)object)->list;
	return 0;
}

/* ---- ids of its own ------------------------------------------------------------------------ */

static const struct oci_member ids_members[] = {
	OCI_OBJS(criu_ids, uids, "uids", OCI_REQUIRED, oci_id_mapping,
		 &oci_type_id_mapping),
	OCI_OBJS(criu_ids, gids, "gids", OCI_REQUIRED, oci_id_mapping,
		 &oci_type_id_mapping),
};
static const struct oci_type ids_type = OCI_TYPE(criu_ids, ids_members, NULL);

int criu_image_write_ids(int dir, const struct criu_ids *ids, struct err *e)
{
	struct oci_arena arena = { 0 };
	size_t n = 0;
	char *text = oci_encode(&arena, &ids_type, ids, 0, &n);
	int rc = text ? file_write_atomic(dir, ids_name, text, n, 0600, e)
		      : err_set(e, "out of memory");

	oci_arena_free(&arena);
	return rc;
}

int criu_image_read_ids(int dir, struct oci_arena *arena, struct criu_ids *ret,
			struct err *e)
{
	auto_str text = { 0 };
	struct oci_error why;
	void *object;

	*ret = (struct criu_ids){ 0 };
	if (file_read(dir, ids_name, O_NOFOLLOW, STREAMS_LIMIT, &text, e) < 0) {
		if (e->code != ENOENT)
			return -1;
		err_clear(e);
		return 0;
	}
	if (oci_decode(arena, &ids_type, ids_name, text.s ? text.s : "", text.n, &object,
		       &why) < 0)
		return err_set(e, "--image-path: %s", why.text);
	*ret = *(struct criu_ids *)object;
	return 0;
}
