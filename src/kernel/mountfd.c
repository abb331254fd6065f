/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts by descriptor; see mountfd.h. Every call goes through syscall(2), because the libc
 * may be older than the kernel; no errno is interpreted here but "the call is missing".
 */
#include "kernel/mountfd.h"

#include "base/fd.h"
#include "base/str.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

enum { MESSAGE_MAX = 400, PARAM_MAX = 256 };

bool mountfd_is_missing(int error)
{
	return error == ENOSYS || error == EPERM;
}

bool mountfd_attr_is_empty(const struct mountfd_attr *a)
{
	return !a->set && !a->clear && !a->rec_set && !a->rec_clear && !a->propagation &&
	       a->userns_fd < 0;
}

/* ---- contexts ---------------------------------------------------------------------- */

static int context_set(int fd, unsigned command, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, fd, command, key, value, 0);
}

/*
 * Sets *e to "mount TYPE[: option OPTION][: kernel says: ...]: REASON"; the kernel's words
 * are the last message of the context, without its "e " in front.
 */
static int context_fail(int fd, const char *type, const struct mountfd_param *p,
			struct err *e)
{
	char message[MESSAGE_MAX], one[MESSAGE_MAX] = "";
	int code = errno;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, message, sizeof(message) - 1)) > 0) {
		message[n] = '\0';
		message[strcspn(message, "\n")] = '\0';
		memcpy(one, message, sizeof(one));
	}
	return err_code(e, code, "mount %s%s%s%s%s%s%s", type, p ? ": option " : "",
			p ? p->key : "", p && p->value ? "=" : "",
			p && p->value ? p->value : "", *one ? ": kernel says: " : "",
			strlen(one) > 2 && one[1] == ' ' ? one + 2 : one);
}

static int context_params(int fd, const struct mountfd_fs *fs, struct err *e)
{
	for (size_t i = 0; i < fs->n_params; i++) {
		const struct mountfd_param *p = &fs->params[i];
		unsigned command = p->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

		if (context_set(fd, command, p->key, p->value) == 0)
			continue;
		if (!p->optional || errno != EINVAL)
			return context_fail(fd, fs->type, p, e);
	}
	return 0;
}

int mountfd_new(const struct mountfd_fs *fs, int *ret_context, struct err *e)
{
	int mount, fd = (int)syscall(SYS_fsopen, fs->type, FSOPEN_CLOEXEC);

	*ret_context = fd;
	if (fd < 0 && errno == ENODEV)
		return err_code(e, ENODEV, "mount %s: no such type of filesystem",
				fs->type);
	if (fd < 0)
		return err_sys(e, "mount %s", fs->type);
	if (fs->source && context_set(fd, FSCONFIG_SET_STRING, "source", fs->source) < 0)
		return context_fail(fd, fs->type, NULL, e);
	TRY(context_params(fd, fs, e));
	if (context_set(fd, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
		return context_fail(fd, fs->type, NULL, e);
	mount = (int)syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, (unsigned)fs->attrs);
	return mount < 0 ? context_fail(fd, fs->type, NULL, e) : mount;
}

bool mountfd_is_too_long(const struct mountfd_fs *fs)
{
	for (size_t i = 0; i < fs->n_params; i++)
		if (fs->params[i].value && strlen(fs->params[i].value) >= PARAM_MAX)
			return true;
	return fs->source && strlen(fs->source) >= PARAM_MAX;
}

int mountfd_reconfigure(int fd, const struct mountfd_fs *fs, struct err *e)
{
	auto_close int context =
		(int)syscall(SYS_fspick, fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);

	if (context < 0)
		return err_sys(e, "remount");
	TRY(context_params(context, fs, e));
	if (context_set(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL) < 0)
		return context_fail(context, fs->type, NULL, e);
	return 0;
}

/* ---- trees ------------------------------------------------------------------------- */

int mountfd_clone(int dir, const char *path, bool recursive, int flags)
{
	unsigned f = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (unsigned)flags;

	if (!*path)
		f |= AT_EMPTY_PATH;
	if (recursive)
		f |= AT_RECURSIVE;
	return (int)syscall(SYS_open_tree, dir, path, f);
}

int mountfd_attach(int fd, struct mountfd_target target)
{
	unsigned f = MOVE_MOUNT_F_EMPTY_PATH;

	if (!target.name)
		f |= MOVE_MOUNT_T_EMPTY_PATH;
	return (int)syscall(SYS_move_mount, fd, "", target.fd,
			    target.name ? target.name : "", f);
}

int mountfd_set_propagation(const char *path, unsigned long propagation, bool recursive)
{
	struct mount_attr attr = { .propagation = propagation };

	return (int)syscall(SYS_mount_setattr, AT_FDCWD, path,
			    recursive ? AT_RECURSIVE : 0, &attr, sizeof(attr));
}

static int set_once(int fd, const struct mount_attr *attr, bool recursive)
{
	if (!attr->attr_set && !attr->attr_clr && !attr->propagation)
		return 0;
	return (int)syscall(SYS_mount_setattr, fd, "",
			    AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), attr,
			    sizeof(*attr));
}

int mountfd_setattr(int fd, const struct mountfd_attr *a)
{
	struct mount_attr all = { .attr_set = a->rec_set, .attr_clr = a->rec_clear };
	struct mount_attr one = { .attr_set = a->set, .attr_clr = a->clear };
	struct mount_attr *idmap = a->idmap_rec ? &all : &one;

	if (a->propagation_rec)
		all.propagation = a->propagation;
	else
		one.propagation = a->propagation;
	if (a->userns_fd >= 0) {
		idmap->attr_set |= MOUNT_ATTR_IDMAP;
		idmap->userns_fd = (uint64_t)a->userns_fd;
	}
	return set_once(fd, &all, true) < 0 ? -1 : set_once(fd, &one, false);
}

int mountfd_umount(const char *path)
{
	return (int)syscall(SYS_umount2, path, MOUNTFD_DETACH);
}

int mountfd_detach(int fd)
{
	char path[PATH_FD_MAX];

	return mountfd_umount(path_of_fd(fd, path));
}

/* ---- mount(2) ----------------------------------------------------------------------- */

/* MOUNT_ATTR_* without the atime field, as mount(2) and statfs(2) call them. */
static const struct {
	uint64_t attr;
	unsigned long ms, st;
} attr_names[] = {
	{ MOUNT_ATTR_RDONLY, MS_RDONLY, 1 },
	{ MOUNT_ATTR_NOSUID, MS_NOSUID, 2 },
	{ MOUNT_ATTR_NODEV, MS_NODEV, 4 },
	{ MOUNT_ATTR_NOEXEC, MS_NOEXEC, 8 },
	{ MOUNT_ATTR_NODIRATIME, MS_NODIRATIME, 2048 },
	{ MOUNT_ATTR_NOSYMFOLLOW, 256, 8192 },
};

enum { ST_NOATIME_ = 1024, ST_RELATIME_ = 4096 };

static unsigned long attrs_to_flags(uint64_t attrs)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(attr_names); i++)
		if (attrs & attr_names[i].attr)
			flags |= attr_names[i].ms;
	if ((attrs & MOUNT_ATTR__ATIME) == MOUNT_ATTR_NOATIME)
		return flags | MS_NOATIME;
	if ((attrs & MOUNT_ATTR__ATIME) == MOUNT_ATTR_STRICTATIME)
		return flags | MS_STRICTATIME;
	return flags | MS_RELATIME;
}

/* What the mount has now, as MOUNT_ATTR_*. */
static int attrs_of(int fd, uint64_t *ret)
{
	struct statfs st;
	uint64_t attrs = 0;

	if (fstatfs(fd, &st) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(attr_names); i++)
		if ((unsigned long)st.f_flags & attr_names[i].st)
			attrs |= attr_names[i].attr;
	if (st.f_flags & ST_NOATIME_)
		attrs |= MOUNT_ATTR_NOATIME;
	else if (!(st.f_flags & ST_RELATIME_))
		attrs |= MOUNT_ATTR_STRICTATIME;
	*ret = attrs;
	return 0;
}

static int mount_on_fd(const char *source, int fd, const char *type, unsigned long flags,
		       const char *data)
{
	char target[PATH_FD_MAX];

	return (int)syscall(SYS_mount, source, path_of_fd(fd, target), type, flags, data);
}

/* Words that mount(2) takes as flags. */
static unsigned long word_to_flag(const char *word)
{
	static const struct {
		const char *word;
		unsigned long flag;
	} words[] = {
		{ "sync", MS_SYNCHRONOUS },   { "dirsync", MS_DIRSYNC },
		{ "mand", MS_MANDLOCK },      { "lazytime", MS_LAZYTIME },
		{ "iversion", MS_I_VERSION }, { "ro", MS_RDONLY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(word, words[i].word))
			return words[i].flag;
	return 0;
}

static unsigned long join_params(const struct mountfd_fs *fs, bool optional,
				 struct str *data)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < fs->n_params; i++) {
		const struct mountfd_param *p = &fs->params[i];
		unsigned long flag = p->value ? 0 : word_to_flag(p->key);

		flags |= flag;
		if (flag || (p->optional && !optional))
			continue;
		if (data->n)
			str_add(data, ",");
		str_add(data, p->key);
		if (p->value)
			str_addf(data, strchr(p->value, ',') ? "=\"%s\"" : "=%s",
				 p->value);
	}
	return flags;
}

int mountfd_new_legacy(const struct mountfd_fs *fs, int target, struct err *e)
{
	const char *source = fs->source ? fs->source : "none";

	for (int optional = 1; optional >= 0; optional--) {
		auto_str data = { 0 };
		unsigned long flags = attrs_to_flags(fs->attrs);

		flags |= join_params(fs, optional, &data);
		if (mount_on_fd(source, target, fs->type, flags, data.s) == 0)
			return 0;
		if (errno != EINVAL || !optional)
			return err_sys(e, "mount %s%s%s", fs->type,
				       data.n ? " with " : "", data.n ? data.s : "");
	}
	return 0;
}

int mountfd_bind_legacy(int source, int target, bool recursive)
{
	char from[PATH_FD_MAX];

	return mount_on_fd(path_of_fd(source, from), target, NULL,
			   MS_BIND | (recursive ? MS_REC : 0), NULL);
}

int mountfd_setattr_legacy(int fd, const struct mountfd_attr *a)
{
	uint64_t attrs;

	if (a->rec_set || a->rec_clear || a->userns_fd >= 0) {
		errno = ENOSYS;
		return -1;
	}
	if (a->propagation &&
	    mount_on_fd(NULL, fd, NULL,
			a->propagation | (a->propagation_rec ? MS_REC : 0), NULL) < 0)
		return -1;
	if (!a->set && !a->clear)
		return 0;
	if (attrs_of(fd, &attrs) < 0)
		return -1;
	attrs = (attrs & ~a->clear) | a->set;
	return mount_on_fd(NULL, fd, NULL, MS_REMOUNT | MS_BIND | attrs_to_flags(attrs),
			   NULL);
}
