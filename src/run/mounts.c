/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mounts add and mounts remove (run.h): mounts of a running container, by a child that enters
 * the mount namespace (and the user namespace, if it has one) of the verified init. Sources
 * are cloned where the caller looks things up, filesystems are made where the container is,
 * destinations are resolved below the init's own root, never by a path of ours. The rows are
 * planned and carried out by src/fs, as at the birth.
 */
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "fs/fs.h"
#include "fs/mount.h"
#include "fs/source.h"
#include "kernel/nsfd.h"
#include "kernel/path.h"
#include "kernel/pidfd.h"
#include "kernel/procfs.h"
#include "kernel/spawn.h"
#include "ns/facts.h"
#include "run/baton.h"
#include "run/lookup.h"
#include "sec/label.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_TIMEOUT_MS = 10000 };

/* The file of the command line. */
struct mounts_file {
	OCI_LIST(struct oci_mount) mounts;
};

static const struct oci_member file_members[] = {
	OCI_OBJS(mounts_file, mounts, "mounts", OCI_REQUIRED, oci_mount, &oci_type_mount),
};
static const struct oci_type file_type = OCI_TYPE(mounts_file, file_members, NULL);

/* What both processes know. */
struct job {
	struct lookup l;
	struct oci_config *config; /* the container's, with the mounts of the file */
	struct fs_plan *plan;
	bool add;
	bool own_userns; /* the container has another user namespace than we */
	bool privileged; /* we may clone what we see */
	int bundle_fd; /* relative sources begin there */
	int root_fd; /* of the init */
	uint64_t enter; /* CLONE_NEW* of the child */
	int baton;
};

/* ---- reading and deciding ------------------------------------------------------------- */

static int read_text(const char *path, struct str *ret, struct err *e)
{
	if (!str_eq(path, "-"))
		return file_read(AT_FDCWD, path, 0, OCI_MAX_SIZE, ret, e);
	WHERE_IN(e, "standard input", NULL);
	return file_read_stream(STDIN_FILENO, OCI_MAX_SIZE, ret, e);
}

static int read_mounts(struct job *j, const char *path, struct err *e)
{
	auto_str text = { 0 };
	struct mounts_file *file;
	struct oci_error why;
	void *object;

	TRY(read_text(path, &text, e));
	if (oci_decode(&j->l.arena, &file_type, str_basename(path), text.s ? text.s : "",
		       text.n, &object, &why) < 0)
		return err_set(e, "%s", why.text);
	file = object;
	if (!file->mounts.n)
		return err_set(e, "%s: mounts: empty, expected at least one element",
			       path);
	j->config->mounts.n = file->mounts.n;
	j->config->mounts.v = file->mounts.v;
	return 0;
}

/* Which of the init's namespaces are not ours, as CLONE_NEW*. */
static int foreign_namespaces(struct job *j, uint64_t *ret, struct err *e)
{
	struct nsfd_id ours[NSFD_KINDS], its[NSFD_KINDS];
	unsigned kinds =
		1u << NSFD_USER | 1u << NSFD_MNT | 1u << NSFD_NET | 1u << NSFD_IPC;

	TRY(nsfd_ids_of_process(0, j->l.proc_fd, kinds, ours, e));
	TRY(nsfd_ids_of_process((pid_t)j->l.record->pid.v, j->l.proc_fd, kinds, its, e));
	*ret = 0;
	for (int k = 0; k < NSFD_KINDS; k++)
		if (its[k].ino &&
		    (its[k].ino != ours[k].ino || its[k].dev != ours[k].dev))
			*ret |= nsfd_flag((enum nsfd_kind)k);
	return 0;
}

static bool has_type(const struct job *j, const char *type)
{
	for (size_t i = 0; i < j->plan->n_rows; i++)
		if (j->plan->rows[i].kind == FS_NEW &&
		    str_eq(j->plan->rows[i].type, type))
			return true;
	return false;
}

static bool asks_for_label(const struct job *j)
{
	for (size_t i = 0; i < j->config->mounts.n; i++) {
		const struct oci_strings *o = &j->config->mounts.v[i].options;

		if (str_index((const char *const *)o->v, o->n, "z") >= 0 ||
		    str_index((const char *const *)o->v, o->n, "Z") >= 0)
			return true;
	}
	return false;
}

/* z and Z are done at create, before a process could be in the middle of its files. */
static int check_labels(const struct job *j, struct err *e)
{
	struct label_facts f;

	if (!asks_for_label(j))
		return 0;
	label_read_facts(&f);
	if (f.selinux != SELINUX_ENFORCING) {
		log_notice(label_remark(&f, "z", NULL));
		return 0;
	}
	err_set(e, "options z and Z label at create, not in a running container");
	return err_hint(e, "chcon gives files a label, linux.mountLabel names it");
}

/* What src/fs can do at a birth, but nobody from outside. */
static int check_rows(const struct job *j, struct err *e)
{
	for (size_t i = 0; i < j->config->mounts.n; i++) {
		const struct oci_mount *m = &j->config->mounts.v[i];

		WHERE(e, "mounts", i, m->destination);
		if (m->type && (str_eq(m->type, "proc") || str_eq(m->type, "cgroup") ||
				str_eq(m->type, "cgroup2")))
			return err_set(e, "a %s cannot be added to a running container",
				       m->type);
		if (path_has_dotdot(m->destination))
			return err_set(e, "a destination with \"..\"");
	}
	return 0;
}

static int plan(struct job *j, uint64_t foreign, struct err *e)
{
	const struct oci_linux *linux_ = j->config->linux;
	struct label_facts label = { 0 };
	struct fs_facts f = { .mount_ns = FS_MOUNT_NS_NEW,
			      .user_ns = j->own_userns,
			      .new_user_ns = j->own_userns,
			      .privileged = j->privileged };

	if (linux_ && linux_->mount_label) {
		label_read_facts(&label);
		f.mount_label = label_usable(&label, linux_->mount_label);
	}
	TRY(check_rows(j, e));
	TRY(check_labels(j, e));
	TRY(fs_plan_make(&j->l.arena, j->config, &f, &j->plan, e));
	for (size_t i = 0; i < j->plan->n_rows; i++) {
		j->plan->rows[i].fallback = NULL; /* "/" will be the container's */
		if (j->privileged && j->plan->rows[i].kind == FS_BIND)
			j->plan->rows[i].opener = FS_HOST;
	}
	j->enter = CLONE_NEWNS | (foreign & CLONE_NEWUSER);
	if (has_type(j, "sysfs"))
		j->enter |= foreign & CLONE_NEWNET;
	if (has_type(j, "mqueue"))
		j->enter |= foreign & CLONE_NEWIPC;
	return 0;
}

/* The init's root: a chroot or, mostly, the root of its mount namespace. */
static int open_root(struct job *j, struct err *e)
{
	char path[32];

	snprintf(path, sizeof(path), "%d/root", (int)j->l.record->pid.v);
	j->root_fd = openat(j->l.proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (j->root_fd < 0)
		return err_sys_plain(e, "the container's root directory");
	/* the number was still the init's when it was used */
	if (fd_wait_readable(j->l.pidfd, 0) != 0)
		return err_set(e, "container not running: %s has stopped", j->l.dir.id);
	return 0;
}

/* Its mounts are attached nowhere (fs/pivot.h), and nothing can be attached to them. */
static bool has_joined_mounts(const struct oci_config *config)
{
	for (size_t i = 0; config->linux && i < config->linux->namespaces.n; i++)
		if (config->linux->namespaces.v[i].type == OCI_NS_MOUNT &&
		    config->linux->namespaces.v[i].path)
			return true;
	return false;
}

static int decide(struct job *j, const char *file, struct err *e)
{
	struct ns_facts facts;
	uint64_t foreign = 0;

	TRY(machine_check(RUN_OP_MOUNTS, j->l.status, j->l.dir.id, e));
	j->config = lookup_config(&j->l, e);
	if (!j->config)
		return -1;
	TRY(read_mounts(j, file, e));
	TRY(foreign_namespaces(j, &foreign, e));
	if (!(foreign & CLONE_NEWNS) || has_joined_mounts(j->config))
		return err_set(e, "container %s has no mount namespace of its own",
			       j->l.dir.id);
	TRY(ns_facts_gather(j->l.proc_fd, &facts, e));
	j->own_userns = foreign & CLONE_NEWUSER;
	j->privileged = facts.euid == 0 && ns_facts_cap(&facts, CAP_SYS_ADMIN);
	j->enter = CLONE_NEWNS | (foreign & CLONE_NEWUSER);
	j->bundle_fd = open(j->l.record->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (j->bundle_fd < 0)
		return err_sys_plain(e, "bundle %s", j->l.record->bundle);
	TRY(open_root(j, e));
	if (!j->add)
		return check_rows(j, e);
	TRY(plan(j, foreign, e));
	return source_open_all(j->plan, FS_HOST, j->bundle_fd, e);
}

/* ---- the child --------------------------------------------------------------------------- */

/*
 * A plain user may clone what he sees only in a mount namespace that belongs to a user
 * namespace of his: a copy of ours is made for that, as at the birth.
 */
static int open_sources(struct job *j, struct err *e)
{
	if (!j->add || j->privileged)
		return 0;
	if (j->enter & CLONE_NEWUSER) {
		if (TRY(nsfd_enter_process(j->l.pidfd, CLONE_NEWUSER, e)) == 0)
			return err_set(e, "container not running: %s has stopped",
				       j->l.dir.id);
		j->enter &= ~(uint64_t)CLONE_NEWUSER;
	}
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, "make a mount namespace");
	if (mountfd_set_propagation("/", MS_SLAVE, true) < 0)
		return err_sys(e, "make mounts private");
	fd_close(j->bundle_fd); /* of another mount namespace now */
	j->bundle_fd = open(j->l.record->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (j->bundle_fd < 0)
		return err_sys_plain(e, "bundle %s", j->l.record->bundle);
	return source_open_all(j->plan, FS_INIT, j->bundle_fd, e);
}

static int enter(struct job *j, struct err *e)
{
	if (TRY(nsfd_enter_process(j->l.pidfd, j->enter, e)) == 0)
		return err_set(e, "container not running: %s has stopped", j->l.dir.id);
	/* what is made in the container belongs to its root; without one, to nobody */
	if (j->own_userns)
		(void)!(setresgid(0, 0, 0) | setresuid(0, 0, 0));
	umask(0);
	return 0;
}

/* Of a destination: the open directory above it and the name in it. */
static int open_above(int root, const char *destination, const char **ret_name,
		      struct err *e)
{
	static char tidy[4096];
	char *slash;
	int dir;

	if (!path_tidy(destination, tidy, sizeof(tidy)))
		return err_set(e, "too long");
	slash = strrchr(tidy, '/');
	if (!slash[1])
		return err_set(e, "the root directory itself");
	*slash = '\0';
	*ret_name = slash + 1;
	dir = path_open(root, tidy[0] ? tidy : "/", O_PATH | O_DIRECTORY, 0);
	return dir < 0 ? err_sys_plain(e, "open the directory above it") : dir;
}

static int remove_one(const struct job *j, const char *destination, bool look,
		      struct err *e)
{
	const char *name = NULL;
	auto_close int dir = open_above(j->root_fd, destination, &name, e);
	struct statx st;

	if (dir < 0)
		return -1;
	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &st) < 0)
		return err_sys_plain(e, "look at it");
	if (st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT &&
	    !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return err_set(e, "nothing is mounted there");
	if (look)
		return 0;
	if (fchdir(dir) < 0)
		return err_sys_plain(e, "enter the directory above it");
	if (umount2(name, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return 0;
	err_sys_plain(e, "unmount");
	return e->code == EINVAL
		       ? err_hint(e, "a mount that came with the user namespace "
				     "cannot be taken away alone")
		       : -1;
}

/* Each alone, so that a failing one leaves nothing of those before it. */
static int add_all(struct job *j, struct err *e)
{
	struct fs_plan one = *j->plan;
	struct fs fs;
	size_t i;
	int rc = 0;

	fs_begin(&fs, &one, -1);
	fs.root_fd = j->root_fd;
	one.n_rows = 1;
	for (i = 0; i < j->plan->n_rows && rc == 0; i++) {
		one.rows = &j->plan->rows[i];
		rc = mount_all(&fs, e);
	}
	for (i -= rc < 0; rc < 0 && i > 0; i--) {
		struct err ignored = { 0 };

		if (j->plan->rows[i - 1].kind == FS_BIND ||
		    j->plan->rows[i - 1].kind == FS_NEW)
			(void)remove_one(j, j->plan->rows[i - 1].destination, false,
					 &ignored);
	}
	return rc;
}

static int remove_all(struct job *j, struct err *e)
{
	const struct oci_config *c = j->config;

	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = c->mounts.n; i > 0; i--) {
			const char *to = c->mounts.v[i - 1].destination;

			WHERE(e, "mounts", i - 1, to);
			TRY(remove_one(j, to, pass == 0, e));
		}
	return 0;
}

static _Noreturn void live_as_child(struct job *j)
{
	struct err e = { 0 };
	int rc;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	rc = open_sources(j, &e);
	if (rc == 0)
		rc = enter(j, &e);
	if (rc == 0)
		rc = j->add ? add_all(j, &e) : remove_all(j, &e);
	if (rc < 0)
		(void)baton_error(j->baton, 0, &e);
	else
		(void)baton_pass(j->baton, 0, &e);
	_exit(rc < 0);
}

/* ---- HOST ---------------------------------------------------------------------------------- */

/* What the child says, or its end; a container that has ended needs no mounts. */
static int hear(struct job *j, int baton, int child, struct err *e)
{
	struct pollfd p[] = { { baton, POLLIN, 0 }, { j->l.pidfd, POLLIN, 0 } };
	struct script_report report;
	struct baton_msg m = { .kind = BATON_END };
	struct err ignored = { 0 };
	int fd = -1;

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return err_sys(e, "poll");
	if (!p[0].revents) {
		(void)pidfd_signal(child, SIGKILL, &ignored);
		return err_set(e, "container not running: %s has stopped", j->l.dir.id);
	}
	TRY(baton_receive(baton, &m, &report, &fd, e));
	fd_close(fd);
	if (m.kind == BATON_ERROR)
		return err_take(e, &m.err);
	return m.kind == BATON_PASS ? 0 : err_set(e, "the process that mounts died");
}

static int by_child(struct job *j, struct err *e)
{
	auto_close int baton = -1;
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned child = { .pidfd = -1 };
	struct err ignored = { 0 };
	int pair[2], rc, status;
	pid_t pid;

	TRY(baton_pair(pair, e));
	baton = pair[0];
	j->baton = pair[1];
	pid = spawn_process(&args, &child, e);
	if (pid == 0) {
		fd_close(take_fd(&baton));
		live_as_child(j);
	}
	fd_close(j->baton);
	if (pid < 0)
		return -1;
	rc = hear(j, baton, child.pidfd, e);
	(void)pidfd_wait(child.pidfd, true, &status, &ignored);
	fd_close(child.pidfd);
	return rc;
}

int run_mounts(const struct run_context *ctx, const char *id, bool add, const char *file,
	       struct err *e)
{
	struct job j = { .add = add, .bundle_fd = -1, .root_fd = -1 };
	int rc = lookup_open(ctx, id, LOCK_TIMEOUT_MS, false, &j.l, e);

	if (rc == 0)
		rc = decide(&j, file, e);
	if (rc == 0)
		rc = by_child(&j, e);
	if (j.plan)
		source_close_all(j.plan);
	fd_close(j.bundle_fd);
	fd_close(j.root_fd);
	lookup_close(&j.l);
	return rc;
}
