/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * restore (run.h): decided like a birth (prepare.c), but criu makes the processes. criu is
 * born into the container's cgroup, so what it makes is there too; the init becomes our child
 * (rst_sibling), so its number is safe until we have its pidfd and its end can be waited for.
 */
#include "run/checkpoint.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "kernel/pidfd.h"
#include "kernel/procfs.h"
#include "run/container.h"
#include "run/create.h"
#include "run/criu_image.h"
#include "run/hooks.h"
#include "run/interrupt.h"
#include "run/steps.h"
#include "run/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char log_name[] = "restore.log";

enum { TEXT_LIMIT = 16 << 20, OWN_PASS = 6, PASS_MAX = OWN_PASS + NSFD_KINDS };

struct restore {
	const struct run_checkpoint_args *args;
	struct container *c;
	struct criu criu;
	struct criu_facts facts;
	struct criu_mounts mounts;
	struct oci_strings streams;
	struct oci_map cgroups;
	struct criu_joined joined[NSFD_KINDS];
	int pass[PASS_MAX]; /* what criu inherits: streams, the null device; namespaces */
	size_t n_pass;
	int images;
	int work;
	int root;
	bool hooks_done;
	bool terminal_sent;
};

static const char *image_path(const struct run_checkpoint_args *a)
{
	return a->image_path ? a->image_path : "checkpoint";
}

static const char *work_path(const struct run_checkpoint_args *a)
{
	return a->work_path ? a->work_path : image_path(a);
}

/* ---- facts --------------------------------------------------------------------------------- */

static int open_dirs(struct restore *r, struct err *e)
{
	const struct run_checkpoint_args *a = r->args;

	r->images = criu_image_open(image_path(a), "--image-path", false, e);
	if (r->images < 0)
		return -1;
	r->work = a->work_path ? criu_image_open(a->work_path, "--work-path", true, e)
			       : fcntl(r->images, F_DUPFD_CLOEXEC, 3);
	if (r->work < 0)
		return err_sys(e, "--work-path");
	r->root = openat(r->c->bundle_fd, r->c->config->root->path,
			 O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->root < 0)
		return err_sys_plain(e, "root.path: %s", r->c->config->root->path);
	return criu_image_read_streams(r->images, &r->c->arena, &r->streams, e);
}

/* Copies: 0-2 themselves are criu's. */
static int pass_streams(struct restore *r, struct err *e)
{
	for (int fd = 0; fd < 3; fd++) {
		int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

		if (copy < 0)
			return err_sys(e, "copy descriptor %d", fd);
		r->pass[r->n_pass++] = copy;
		r->facts.stream_fds[fd] = copy;
	}
	for (int i = 0; i < 3; i++) {
		int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (fd < 0)
			return err_sys_plain(e, "/dev/null");
		r->pass[r->n_pass++] = fd;
		r->facts.null_fds[i] = fd;
	}
	return 0;
}

static void pass_namespaces(struct restore *r)
{
	for (size_t i = 0; i < r->c->joins.n; i++) {
		const struct ns_join_fd *j = &r->c->joins.v[i];

		if (j->fd < 0)
			continue;
		r->joined[r->facts.n_joined++] =
			(struct criu_joined){ nsfd_file(j->kind), j->fd };
		r->pass[r->n_pass++] = j->fd;
	}
	r->facts.joined = r->joined;
}

/* In a user namespace of its own the container's root is somebody else. */
static void admit(struct restore *r)
{
	struct oci_id_mappings gids = ns_map_ids(&r->c->ns.gid);

	if (r->c->ns.mode[NSFD_USER] != NS_NEW)
		return;
	for (size_t i = 0; i < gids.n; i++)
		if (gids.v[i].container_id == 0)
			criu_image_admit(r->images, (gid_t)gids.v[i].host_id);
}

static int gather(struct restore *r, struct err *e)
{
	struct container *c = r->c;
	auto_str mountinfo = { 0 };
	auto_close int info = -1;

	TRY(checkpoint_check(c->config, e));
	TRY(open_dirs(r, e));
	admit(r);
	TRY(pass_streams(r, e));
	pass_namespaces(r);
	info = procfs_open_file(c->proc_fd, "self/mountinfo", O_RDONLY);
	if (info < 0)
		return err_sys(e, "look at mounts");
	TRY(file_read_fd(info, "mountinfo", TEXT_LIMIT, &mountinfo, e));
	criu_mounts_of_restore(&c->arena, c->config, c->fs_plan, c->bundle,
			       mountinfo.s ? mountinfo.s : "", &r->mounts);
	r->facts.images_fd = r->images;
	r->facts.work_fd = r->work;
	r->facts.log = log_name;
	r->facts.config_file = checkpoint_config_file(&c->config->annotations);
	r->facts.config = c->config;
	r->facts.mounts = &r->mounts;
	r->facts.root = c->record.rootfs;
	r->facts.streams = &r->streams;
	r->facts.cgroups = &r->cgroups;
	r->facts.self = getpid();
	return c->arena.failed ? err_set(e, "out of memory") : 0;
}

/* ---- steps --------------------------------------------------------------------------------- */

static int reserve(struct restore *r, struct err *e)
{
	return host_reserve(r->c, e);
}

static void release(struct restore *r)
{
	host_release(r->c);
}

static int make_cgroup(struct restore *r, struct err *e)
{
	return host_cgroup(r->c, e);
}

static void discard_cgroup(struct restore *r)
{
	host_cgroup_undo(r->c);
}

static void add_controllers(struct restore *r, char *names, const char *path)
{
	struct oci_map *m = &r->cgroups;

	for (char *name = names; name;) {
		char *comma = strchr(name, ',');

		if (comma)
			*comma++ = '\0';
		m->v[m->n++] = (struct oci_pair){ oci_strdup(&r->c->arena, name),
						  oci_strdup(&r->c->arena, path) };
		name = comma;
	}
}

/* Where criu is by now is where the container is to be: lines "4:cpu,cpuacct:/a/b". */
static int read_cgroups(struct restore *r, struct err *e)
{
	char path[64], text[16384];
	size_t max = 1;

	snprintf(path, sizeof(path), "%d/cgroup", (int)r->criu.child.pid);
	if (procfs_read(r->c->proc_fd, path, text, sizeof(text)) < 0)
		return err_sys(e, "look at criu's cgroups");
	for (const char *at = text; *at; at++)
		max += *at == ',' || *at == '\n';
	r->cgroups.v = oci_alloc(&r->c->arena, max * sizeof(*r->cgroups.v));
	for (char *line = text; r->cgroups.v && line && *line;) {
		char *end = strchr(line, '\n');
		char *names = strchr(line, ':');
		char *where = names ? strchr(names + 1, ':') : NULL;

		if (end)
			*end++ = '\0';
		if (where) {
			*where = '\0';
			add_controllers(r, names + 1, where + 1);
		}
		line = end;
	}
	return r->c->arena.failed ? err_set(e, "out of memory") : 0;
}

static int make_mount_points(struct restore *r, struct err *e)
{
	(void)e;
	criu_mounts_make_points(r->c->config, r->c->bundle, r->root);
	return 0;
}

static int begin_criu(struct restore *r, struct err *e)
{
	struct container *c = r->c;
	struct criu_start how = { .program = r->args->criu,
				  .cgroup_fd = cgroup_v2_fd(&c->cgroup),
				  .root = { r->root, c->record.rootfs },
				  .images = { r->images, image_path(r->args) },
				  .work = { r->work, work_path(r->args) },
				  .pass = r->pass,
				  .interrupt_fd = c->interrupt_fd,
				  .n_pass = r->n_pass };

	unlinkat(r->work, log_name, 0); /* what it says now, not what it said once */
	TRY(criu_start(&how, &r->criu, e));
	if (!c->cgroup.n)
		return 0;
	TRY(host_place(c, &r->criu.child, e));
	return read_cgroups(r, e);
}

static void kill_criu(struct restore *r)
{
	criu_end(&r->criu, true);
}

/* The number is that of an unreaped child, or it is not what criu has made for us. */
static int take_init(struct restore *r, pid_t pid, struct err *e)
{
	struct container *c = r->c;
	struct err not_ours = { 0 };
	bool gone = false;
	int status;

	if (c->init.pidfd >= 0)
		return 0;
	c->init.pid = pid;
	c->init.pidfd = pidfd_of(pid, &gone, e);
	if (c->init.pidfd < 0)
		return gone ? err_set(e, "the restored process has ended") : -1;
	if (pidfd_wait(c->init.pidfd, false, &status, &not_ours) == 0)
		return 0;
	fd_close(c->init.pidfd);
	c->init.pidfd = -1;
	return err_set(e, "the restored process has ended");
}

static int run_hooks(struct restore *r, struct err *e)
{
	if (r->hooks_done || !wants_runtime_hooks(r->c))
		return 0;
	r->hooks_done = true;
	return host_hooks(r->c, e);
}

/* All is there, nothing runs yet. */
static int on_restored(struct restore *r, struct err *e)
{
	struct container *c = r->c;

	TRY(run_hooks(r, e));
	TRY(host_record(c, e));
	TRY(host_devices(c, e));
	if (wants_pidfd_socket(c))
		TRY(host_pidfd_socket(c, e));
	return wants_pid_file(c) ? host_pid_file(c, e) : 0;
}

static int on_notify(void *arg, const struct criu_answer *a, int *fd, struct err *e)
{
	struct restore *r = arg;

	log_debug("criu: %s", a->script);
	if (str_eq(a->script, "setup-namespaces")) {
		TRY(take_init(r, a->pid, e));
		return run_hooks(r, e);
	}
	if (str_eq(a->script, "post-restore")) {
		TRY(take_init(r, a->pid, e));
		return on_restored(r, e);
	}
	if (str_eq(a->script, "orphan-pts-master") && *fd >= 0 && r->c->console_fd >= 0) {
		r->terminal_sent = true;
		return console_send(r->c->console_fd, *fd, e);
	}
	return 0;
}

static int make_processes(struct restore *r, struct err *e)
{
	struct criu_options options = { 0 };
	auto_str request = { 0 };
	struct criu_answer answer;
	int rc;

	TRY(criu_check_version(&r->criu, e));
	restore_plan(r->args, &r->facts, &options);
	criu_request(&request, CRIU_RESTORE, &options, false);
	str_free(&options.wire);
	rc = criu_run(&r->criu, &request, on_notify, r, &answer, e);
	if (rc == 0 && r->c->init.pidfd < 0)
		return err_set(e, "criu does not say what it has restored");
	if (rc < 0)
		checkpoint_explain(r->work, log_name, work_path(r->args), e);
	return rc;
}

/* criu first: an init whose child it traces cannot end before it. */
static void kill_processes(struct restore *r)
{
	criu_end(&r->criu, true);
	host_kill(r->c);
	host_pid_file_undo(r->c);
}

static int commit(struct restore *r, struct err *e)
{
	const struct oci_hooks *h = r->c->config->hooks;
	struct oci_state state;

	criu_end(&r->criu, false);
	TRY(record_advance(&r->c->dir, RUN_PHASE_CREATING, RUN_PHASE_RUNNING, e));
	if (!hooks_any(h, poststart))
		return 0;
	r->c->hooks_ran = true;
	container_state(r->c, OCI_STATUS_RUNNING, r->c->init.pid, &state);
	return hooks_run("poststart", &h->poststart, &state, r->c->bundle_fd, e);
}

static const struct {
	int (*run)(struct restore *r, struct err *e);
	void (*undo)(struct restore *r);
} steps[] = {
	{ reserve, release },
	{ make_cgroup, discard_cgroup },
	{ make_mount_points, NULL },
	{ begin_criu, kill_criu },
	{ make_processes, kill_processes },
	{ commit, NULL },
};

static int restore(struct restore *r, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i].run(r, e) == 0)
			continue;
		for (i++; i > 0; i--)
			if (steps[i - 1].undo)
				steps[i - 1].undo(r);
		return -1;
	}
	return 0;
}

/* ---- the command ------------------------------------------------------------------------------ */

static void close_all(struct restore *r)
{
	for (size_t i = 0; i < OWN_PASS && i < r->n_pass; i++)
		fd_close(r->pass[i]);
	r->n_pass = 0;
	fd_close(r->images);
	fd_close(r->work);
	fd_close(r->root);
	r->images = r->work = r->root = -1;
}

static int run(struct restore *r, bool detach, int *ret_status, struct err *e)
{
	struct container *c = r->c;
	auto_close int signal_fd = -1;
	int rc = gather(r, e);

	/* from here on Ctrl-C undoes what was made, and later belongs to the container */
	if (rc == 0)
		rc = c->interrupt_fd = interrupt_open(e);
	if (rc >= 0 && !detach)
		rc = signal_fd = wait_signals(e);
	if (rc >= 0)
		rc = restore(r, e);
	close_all(r);
	if (rc < 0 || detach)
		return rc;
	if (!r->terminal_sent) {
		fd_close(c->console_peer);
		c->console_peer = -1;
	}
	return create_wait(c, signal_fd, false, ret_status, e);
}

int run_restore(const struct run_context *ctx, const struct run_create_args *create,
		const struct run_checkpoint_args *args, bool detach, int *ret_status,
		struct err *e)
{
	struct container c = {
		.ctx = ctx,
		.args = create,
		.foreground = !detach,
		.restoring = true,
		.images = image_path(args),
	};
	struct restore r = {
		.args = args, .c = &c, .images = -1, .work = -1, .root = -1
	};
	int rc;

	*ret_status = 0;
	r.criu = CRIU_NONE;
	TRY(checkpoint_check_caller("restore", e));
	rc = container_prepare(&c, e);
	if (rc == 0)
		rc = run(&r, detach, ret_status, e);
	container_close(&c);
	return rc;
}
