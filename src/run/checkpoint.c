/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checkpoint (run.h). criu knows processes by number only: so it is asked to wait when it has
 * stopped them all, and our pidfd then says whether the number still is our init's; if not,
 * criu lets go of what it stopped. The container's lock is held all the time.
 */
#include "run/checkpoint.h"

#include "base/fd.h"
#include "base/log.h"
#include "kernel/nsfd.h"
#include "kernel/pidfd.h"
#include "run/criu_image.h"
#include "run/criu_log.h"
#include "run/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_TIMEOUT_MS = 10000, THAW_TIMEOUT_MS = 5000 };

static const char log_name[] = "dump.log";

struct dump {
	const struct run_checkpoint_args *args;
	struct lookup *l;
	struct criu criu;
	struct criu_facts facts;
	struct criu_mounts mounts;
	struct oci_strings streams;
	int images; /* descriptors of the directories */
	int work;
	bool had_images; /* of somebody else: they are not ours to remove */
};

/* ---- before ------------------------------------------------------------------------------- */

static int check_args(const struct run_checkpoint_args *a, struct err *e)
{
	char address[64];
	uint16_t port;

	if (a->page_server)
		TRY(checkpoint_parse_server(a->page_server, address, sizeof(address),
					    &port, e));
	if (a->parent_path && a->parent_path[0] == '/')
		return err_set(e,
			       "--parent-path=%s: expected a path relative to the "
			       "image path",
			       a->parent_path);
	if (a->status_fd && fcntl((int)a->status_fd, F_GETFD) < 0)
		return err_set(e, "--status-fd: descriptor %u is not open", a->status_fd);
	return 0;
}

static int open_dirs(struct dump *d, struct err *e)
{
	const struct run_checkpoint_args *a = d->args;
	struct stat st;

	d->images = criu_image_open(a->image_path ? a->image_path : "checkpoint",
				    "--image-path", true, e);
	if (d->images < 0)
		return -1;
	d->work = a->work_path ? criu_image_open(a->work_path, "--work-path", true, e)
			       : fcntl(d->images, F_DUPFD_CLOEXEC, 3);
	if (d->work < 0)
		return err_sys(e, "--work-path");
	if (a->parent_path && fstatat(d->images, a->parent_path, &st, 0) < 0)
		return err_sys_plain(e, "--parent-path: %s", a->parent_path);
	d->had_images = criu_image_is_used(d->images);
	return 0;
}

/* Where pause freezes; the path, for criu looks for its files below it. */
static int find_freezer(struct dump *d, struct err *e)
{
	const struct cgroup_dir *dir;
	auto_str path = { 0 };

	TRY(lookup_cgroup(d->l, e));
	dir = d->l->has_cgroup ? cgroup_freezer(&d->l->cgroup) : NULL;
	if (!dir)
		return 0;
	str_addf(&path, "%s%s", dir->mount, dir->path);
	d->facts.freeze_cgroup = oci_strdup(&d->l->arena, path.s);
	return d->facts.freeze_cgroup ? 0 : err_set(e, "out of memory");
}

static const char *ns_path(const struct oci_config *config, enum oci_namespace_type type)
{
	for (size_t i = 0; config->linux && i < config->linux->namespaces.n; i++)
		if (config->linux->namespaces.v[i].type == type)
			return config->linux->namespaces.v[i].path;
	return NULL;
}

static int find_namespaces(struct dump *d, const struct oci_config *config, struct err *e)
{
	struct nsfd_id ids[NSFD_KINDS] = { 0 };

	TRY(nsfd_ids_of_process((pid_t)d->facts.pid, d->l->proc_fd,
				1u << NSFD_NET | 1u << NSFD_PID, ids, e));
	if (ns_path(config, OCI_NS_NETWORK))
		d->facts.net_inode = ids[NSFD_NET].ino;
	if (ns_path(config, OCI_NS_PID))
		d->facts.pid_inode = ids[NSFD_PID].ino;
	return 0;
}

static int gather(struct dump *d, struct err *e)
{
	const struct oci_config *config = lookup_config(d->l, e);
	struct oci_arena *arena = &d->l->arena;

	if (!config)
		return -1;
	TRY(checkpoint_check(config, e));
	TRY(open_dirs(d, e));
	d->facts.pid = d->l->record->pid.v;
	d->facts.images_fd = d->images;
	d->facts.work_fd = d->work;
	d->facts.log = log_name;
	d->facts.config = config;
	d->facts.config_file = checkpoint_config_file(&config->annotations);
	TRY(find_freezer(d, e));
	TRY(find_namespaces(d, config, e));
	TRY(criu_mounts_read(arena, config, d->l->proc_fd, d->facts.pid, &d->mounts, e));
	d->facts.mounts = &d->mounts;
	TRY(criu_image_streams(arena, d->l->proc_fd, d->facts.pid, &d->streams, e));
	d->facts.streams = &d->streams;
	/* all this was read by number: was it ours? */
	if (!pidfd_alive(d->l->pidfd))
		return err_set(e, "container not running: %s has stopped", d->l->dir.id);
	return 0;
}

/* ---- the dump ------------------------------------------------------------------------------ */

static int on_notify(void *arg, const struct criu_answer *a, int *fd, struct err *e)
{
	struct dump *d = arg;

	(void)fd;
	log_debug("criu: %s", a->script);
	if (str_eq(a->script, "query-ext-files") && !pidfd_alive(d->l->pidfd))
		return err_set(e, "container not running: %s has stopped", d->l->dir.id);
	if (str_eq(a->script, "status-ready") && d->args->status_fd &&
	    write((int)d->args->status_fd, "", 1) < 0)
		return err_sys(e, "--status-fd");
	return 0;
}

static int check_criu(struct dump *d, struct err *e)
{
	bool track = d->args->pre_dump || d->args->parent_path;
	unsigned wanted = (track ? 1u << CRIU_MEM_TRACK : 0) |
			  (d->args->lazy_pages ? 1u << CRIU_UFFD : 0);
	unsigned has;

	TRY(criu_check_version(&d->criu, e));
	if (!wanted)
		return 0;
	has = (unsigned)TRY(criu_check_features(&d->criu, wanted, e));
	if (wanted & ~has & 1u << CRIU_MEM_TRACK)
		return err_set(e,
			       "%s: this kernel cannot track changed memory "
			       "(CONFIG_MEM_SOFT_DIRTY)",
			       d->args->pre_dump ? "--pre-dump" : "--parent-path");
	if (wanted & ~has)
		return err_set(e, "--lazy-pages: this kernel lacks userfaultfd");
	return 0;
}

/* What a restore must know, and criu does not say. */
static int write_files(const struct dump *d, struct err *e)
{
	struct criu_ids ids = { d->l->record->id_uids, d->l->record->id_gids };

	TRY(criu_image_write_streams(d->images, &d->streams, e));
	return ids.uids.n ? criu_image_write_ids(d->images, &ids, e) : 0;
}

static int ask(struct dump *d, struct err *e)
{
	enum criu_type type = d->args->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP;
	struct criu_options options = { 0 };
	auto_str request = { 0 };
	struct criu_answer answer;

	checkpoint_plan(d->args, &d->facts, &options);
	criu_request(&request, type, &options, false);
	str_free(&options.wire);
	if (!d->args->pre_dump)
		TRY(write_files(d, e));
	return criu_run(&d->criu, &request, on_notify, d, &answer, e);
}

void checkpoint_explain(int work_fd, const char *log, const char *work_path,
			struct err *e)
{
	struct criu_reason reason = { 0 };
	struct err better = { .scope = e->scope };

	if (e->code != CRIU_FAILED)
		return;
	criu_reason_read(&reason, work_fd, log);
	if (reason.n)
		err_set(&better, "criu: %s", reason.text);
	else
		err_take(&better, e);
	if (reason.hint)
		err_hint(&better, "%s; the whole log is %s/%s", reason.hint, work_path,
			 log);
	else
		err_hint(&better, "the whole log is %s/%s", work_path, log);
	*e = better;
}

/* A criu that was killed half-way may have left the container frozen. */
static void let_go_on(struct lookup *l)
{
	struct err e = { 0 };

	if (l->status != OCI_STATUS_RUNNING || !l->has_cgroup)
		return;
	if (cgroup_is_frozen(&l->cgroup, &e) > 0)
		(void)cgroup_freeze(&l->cgroup, false, THAW_TIMEOUT_MS, &e);
	if (err_is_set(&e))
		log_warning("%s", e.text);
}

static const char *work_path(const struct run_checkpoint_args *a)
{
	return a->work_path ? a->work_path : a->image_path ? a->image_path : "checkpoint";
}

static int dump(struct dump *d, struct err *e)
{
	struct criu_start how = { .program = d->args->criu,
				  .cgroup_fd = -1,
				  .interrupt_fd = -1,
				  .root.fd = -1 };
	int rc;

	unlinkat(d->work, log_name, 0); /* what it says now, not what it said once */
	rc = criu_start(&how, &d->criu, e);
	if (rc == 0)
		rc = check_criu(d, e);
	if (rc == 0)
		rc = ask(d, e);
	criu_end(&d->criu, false);
	if (rc == 0)
		return 0;
	checkpoint_explain(d->work, log_name, work_path(d->args), e);
	let_go_on(d->l);
	if (!d->had_images)
		criu_image_clean(d->images);
	return -1;
}

static int checkpoint(struct dump *d, struct err *e)
{
	TRY(machine_check(RUN_OP_CHECKPOINT, d->l->status, d->l->dir.id, e));
	TRY(gather(d, e));
	TRY(dump(d, e));
	if (d->args->leave_running || d->args->pre_dump)
		return 0;
	/* criu has killed it; what remains is removed, as engines expect */
	return lookup_destroy(d->l, e);
}

int run_checkpoint(const struct run_context *ctx, const struct run_checkpoint_args *args,
		   struct err *e)
{
	struct lookup l;
	struct dump d = { .args = args, .l = &l, .images = -1, .work = -1 };
	int rc;

	d.criu = CRIU_NONE;
	TRY(checkpoint_check_caller("checkpoint", e));
	TRY(check_args(args, e));
	rc = lookup_open(ctx, args->id, LOCK_TIMEOUT_MS, false, &l, e);
	if (rc == 0)
		rc = checkpoint(&d, e);
	fd_close(d.images);
	fd_close(d.work);
	lookup_close(&l);
	return rc;
}
