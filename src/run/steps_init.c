/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INIT's steps; see steps.h. It begins as a copy of HOST in new namespaces, with the
 * caller's ids and the host's mounts, and ends as the script. It never prints.
 */
#include "run/steps.h"

#include "base/fd.h"
#include "base/mem.h"
#include "fs/dev.h"
#include "fs/mask.h"
#include "fs/mount.h"
#include "fs/overlay.h"
#include "fs/pivot.h"
#include "fs/rootfs.h"
#include "fs/source.h"
#include "kernel/path.h"
#include "ns/inside.h"
#include "ns/userns.h"
#include "run/baton.h"
#include "run/hooks.h"
#include "run/life.h"
#include "run/stage.h"
#include "sec/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The mount namespace that was joined, or NULL. */
static const struct ns_join_fd *joined_mounts(const struct container *c)
{
	for (size_t i = 0; i < c->joins.n; i++)
		if (c->joins.v[i].kind == NSFD_MNT)
			return &c->joins.v[i];
	return NULL;
}

int init_join(struct container *c, struct err *e)
{
	const struct ns_join_fd *mounts = joined_mounts(c);

	if (c->joins.n_init)
		TRY(ns_joins_enter(&c->joins, NS_INIT, e));
	if (!mounts)
		return 0;
	WHERE(e, "linux.namespaces", mounts->index, mounts->path);
	/* what had to be entered before the user namespace does not belong to that */
	if (mounts->who == NS_USHER && c->ns.mode[NSFD_USER] != NS_KEEP) {
		err_set(e, "it belongs to another user namespace than the container's: "
			   "nothing can be mounted in it");
		return err_hint(e, "join its user namespace too, or leave the path out");
	}
	return pivot_own_view(c->fs_plan, mounts->fd, e);
}

/*
 * HOST's descriptor of the bundle belongs to HOST's mount namespace, and nothing below it
 * can be cloned into ours: the same directory is opened again, and checked to be the same.
 */
static int reopen_bundle(struct container *c, struct err *e)
{
	auto_close int fd = open(c->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat was, is;

	if (fd < 0)
		return err_sys_plain(e, "bundle %s", c->bundle);
	if (fstat(c->bundle_fd, &was) < 0 || fstat(fd, &is) < 0)
		return err_sys(e, "bundle %s", c->bundle);
	if (was.st_dev != is.st_dev || was.st_ino != is.st_ino)
		return err_set(e, "bundle %s: replaced by another directory", c->bundle);
	fd_close(c->bundle_fd);
	c->bundle_fd = take_fd(&fd);
	return 0;
}

int init_sources(struct container *c, struct err *e)
{
	TRY(reopen_bundle(c, e));
	umask(0);
	fs_begin(&c->fs, c->fs_plan, c->bundle_fd);
	helpers_offer(c);
	TRY(rootfs_propagate(&c->fs, e));
	TRY(source_open_all(c->fs_plan, FS_INIT, c->bundle_fd, e));
	if (rootfs_prepare(&c->fs, e) == 0)
		return 0;
	/* engines give the root's directory to the container's root: init_namespaces() */
	if (e->code != EACCES || !wants_maps(c))
		return -1;
	err_clear(e);
	return 0;
}

int init_namespaces(struct container *c, struct err *e)
{
	TRY(ns_become_root(&c->ns, e));
	/* the change of ids has cleared it */
	if (c->ns.mode[NSFD_USER] != NS_KEEP)
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (c->fs.root_fd < 0 && c->fs.lower_fd < 0)
		TRY(rootfs_prepare(&c->fs, e));
	if (fs_plan_has_layers(c->fs_plan))
		TRY(overlay_root(&c->fs, e));
	TRY(labels_finish(c, e));
	return ns_init_create(&c->ns, c->proc_fd, e);
}

int init_mounts(struct container *c, struct err *e)
{
	return mount_all(&c->fs, e);
}

int init_devices(struct container *c, struct err *e)
{
	return dev_all(&c->fs, e);
}

int init_inside(struct container *c, struct err *e)
{
	return ns_inside_set(&c->ns, c->proc_fd, e);
}

bool wants_home(const struct container *c)
{
	return c->config->process && process_wants_home(c->config->process);
}

int init_home(struct container *c, struct err *e)
{
	auto_free char *home = NULL;

	(void)e;
	passwd_home(c->fs.root_fd, c->config->process->user.uid, &home);
	snprintf(c->page->home, sizeof(c->page->home), "%s", home ? home : "");
	return 0;
}

bool wants_process(const struct container *c)
{
	return c->config->process != NULL;
}

/* Images name working directories that they lack, and engines count on their being made. */
int init_cwd(struct container *c, struct err *e)
{
	const char *cwd = c->config->process->cwd;
	auto_close int fd = -1;

	if (c->args->text) /* direct use: who names one means one that is there */
		return 0;
	fd = path_mkdirs(c->fs.root_fd, cwd, 0755, 0);
	if (fd < 0 && errno != EROFS && errno != EACCES)
		return err_sys_plain(e, "process.cwd: %s", cwd);
	return 0;
}

bool wants_terminal(const struct container *c)
{
	return c->config->process && c->config->process->terminal;
}

/* The slave belongs to the user; its group is the one devpts was mounted with. */
static int give_terminal(struct container *c, struct err *e)
{
	int slave = c->console.slave;

	if (fchown(slave, c->config->process->user.uid, (gid_t)-1) < 0 &&
	    errno != EPERM && errno != EINVAL)
		return err_sys(e, "process.terminal: give it to the user");
	TRY(dev_console(&c->fs, slave, e));
	for (int fd = 0; fd < 3; fd++)
		if (dup2(slave, fd) < 0)
			return err_sys(e, "process.terminal: descriptor %d", fd);
	return 0;
}

int init_terminal(struct container *c, struct err *e)
{
	auto_close int pts = path_open(c->fs.root_fd, "/dev/pts", O_RDONLY | O_DIRECTORY,
				       PATH_NO_SYMLINKS);

	if (pts < 0) {
		err_sys_plain(e, "process.terminal: /dev/pts");
		return err_hint(e, "add a mount of type devpts at /dev/pts");
	}
	TRY(console_open(pts, c->config->process->console_size,
			 console_is_raw(c->console_peer), &c->console, e));
	TRY(give_terminal(c, e));
	TRY(console_send(c->console_fd, c->console.master, e));
	fd_close(c->console.master);
	fd_close(c->console.slave);
	c->console.master = c->console.slave = -1;
	return 0;
}

bool wants_container_hooks(const struct container *c)
{
	return hooks_any(c->config->hooks, create_container);
}

int init_hooks(struct container *c, struct err *e)
{
	struct hooks_how how = { .cwd_fd = c->bundle_fd, .output = c->hook_output };
	struct oci_state state;

	c->page->hooks = true;
	/* the pid as it is in the container's namespaces, where these hooks run */
	container_state(c, OCI_STATUS_CREATING, getpid(), &state);
	return hooks_run_for("createContainer", &c->config->hooks->create_container,
			     &state, &how, e);
}

int init_masks(struct container *c, struct err *e)
{
	return mask_all(&c->fs, e);
}

int init_pivot(struct container *c, struct err *e)
{
	TRY(rootfs_finish(&c->fs, e));
	TRY(pivot_enter(&c->fs, e));
	umask(c->ctx->umask);
	return 0;
}

bool wants_init_gate(const struct container *c)
{
	return c->init_gate;
}

/*
 * What the caller leaked to us must not stay open for as long as we wait (an engine reads
 * its pipes to their end). Ours are close-on-exec; the first ones may be preserved.
 */
static void close_leaked(const struct container *c)
{
	for (int fd = 3 + (int)c->extra_fds; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags >= 0 && !(flags & FD_CLOEXEC))
			fd_close(fd);
	}
}

/* Tells HOST that the container is created, and waits until `start` connects. */
static int wait_at_gate(struct container *c, struct err *e)
{
	sigset_t none;

	/* HOST held signals back for itself; `kill` is for us */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_leaked(c);
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	TRY(baton_pass(c->baton, (uint32_t)life_rows(), e));
	do
		c->gate_conn = accept4(c->gate_fd, NULL, NULL, SOCK_CLOEXEC);
	while (c->gate_conn < 0 && (errno == EINTR || errno == ECONNABORTED));
	return c->gate_conn < 0 ? err_sys(e, "gate") : 0;
}

/* Hooks in the container need more than a script: INIT itself waits for `start`. */
int init_gate(struct container *c, struct err *e)
{
	const struct oci_process *p = c->config->process;
	struct hooks_how how = { .cwd_fd = -1,
				 .output = c->hook_output,
				 .env = p ? p->env.v : NULL };
	struct oci_state state;

	if (c->gate)
		TRY(wait_at_gate(c, e));
	container_state(c, OCI_STATUS_CREATED, getpid(), &state);
	return hooks_run_for("startContainer", &c->config->hooks->start_container, &state,
			     &how, e);
}

int init_stage(struct container *c, struct err *e)
{
	const struct oci_process *p = c->config->process;
	struct stage_fds fds = {
		.report = c->gate_conn >= 0 ? c->gate_conn : c->baton,
		.gate = c->gate && !c->init_gate ? c->gate_fd : -1,
		.proc = p && process_needs_proc(p, &c->facts) ? c->proc_fd : -1,
		.script = c->script_fd,
	};

	/* clone3 resets handlers; what the caller or we ignore would stay ignored */
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	/* the record is complete: from here on INIT may outlive HOST */
	if (!c->args->transient)
		prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	/* root of the user namespace keeps its capabilities when it executes the stage */
	if (c->stage && c->ns.setup_uid != 0)
		spawn_carry_caps();
	return stage_run(&fds, c->stage ? c->stage_fd : -1, c->extra_fds, e);
}
