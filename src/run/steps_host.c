/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HOST's steps; see steps.h. The record is written before the thing it names is made, so
 * that a runtime that dies at any moment leaves nothing that `delete --force` cannot find.
 */
#include "run/steps.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "kernel/pidfd.h"
#include "kernel/procfs.h"
#include "ns/netdev.h"
#include "ns/userns.h"
#include "fs/source.h"
#include "run/baton.h"
#include "run/caller.h"
#include "run/filter.h"
#include "run/gate.h"
#include "run/hooks.h"
#include "run/ids.h"
#include "run/life.h"
#include "run/lookup.h"
#include "run/stage.h"
#include "run/stubs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REMOVE_TIMEOUT_MS = 5000 };

/* ---- before birth -------------------------------------------------------------------- */

int host_reserve(struct container *c, struct err *e)
{
	TRY(statedir_reserve(c->ctx->root, c->args->id, &c->dir, e));
	if (wants_tree(c))
		TRY(host_tree_reserve(c, e));
	cgroup_record(&c->cgroup, &c->arena, &c->record.cgroup);
	rdt_record(&c->rdt, &c->arena, &c->record.resctrl);
	TRY(record_write(&c->dir, RUN_PHASE_CREATING, &c->record, e));
	ids_chosen(c);
	return 0;
}

void host_release(struct container *c)
{
	const struct oci_hooks *h = c->config->hooks;
	struct err e = { 0 };
	struct oci_state state;

	if (c->dir.dir < 0)
		return;
	ids_chosen(c); /* it locks the state root itself */
	if (stubs_release(&c->dir, &c->record, &e) < 0)
		log_warning("%s", e.text);
	if (!hooks_any(h, poststop) || !(c->hooks_ran || (c->page && c->page->hooks)))
		return;
	container_state(c, OCI_STATUS_STOPPED, 0, &state);
	hooks_run_all("poststop", &h->poststop, &state, c->bundle_fd);
}

/* The id of the host that a user of the container is; false: it is not mapped. */
static bool host_id_of(const struct ns_map *map, uint32_t id, uint32_t *ret)
{
	struct oci_id_mappings ids = ns_map_ids(map);

	*ret = id;
	for (size_t i = 0; i < ids.n; i++) {
		const struct oci_id_mapping *m = &ids.v[i];

		if (id >= m->container_id && id - m->container_id < m->size) {
			*ret = m->host_id + (id - m->container_id);
			return true;
		}
	}
	return ids.n == 0;
}

/* config-linux.md "Cgroup ownership": new cgroup namespace, writable cgroup2, else not. */
static int give_cgroup(struct container *c, struct err *e)
{
	uint32_t uid;

	if (c->ns.mode[NSFD_CGROUP] != NS_NEW || cgroup_v2_fd(&c->cgroup) < 0 ||
	    c->ns.uid.how == NS_MAP_LENT || !c->config->process ||
	    !fs_plan_cgroup_is_writable(c->fs_plan) ||
	    !host_id_of(&c->ns.uid, c->config->process->user.uid, &uid))
		return 0;
	return uid == geteuid() ? 0 : cgroup_delegate(&c->cgroup, uid, e);
}

static int limit_cgroup(struct container *c, struct err *e)
{
	TRY(cgroup_apply(&c->cgroup_plan, &c->cgroup, e));
	return give_cgroup(c, e);
}

int host_cgroup(struct container *c, struct err *e)
{
	TRY(cgroup_prepare(&c->cgroup_plan, &c->cgroup, e));
	return cgroup_made_late(&c->cgroup) ? 0 : limit_cgroup(c, e);
}

void host_cgroup_undo(struct container *c)
{
	struct err e = { 0 };

	if (cgroup_remove(&c->cgroup, REMOVE_TIMEOUT_MS, &e) < 0)
		log_warning("%s", e.text);
}

bool wants_gate(const struct container *c)
{
	return c->gate;
}

int host_gate(struct container *c, struct err *e)
{
	c->gate_fd = gate_make(c->dir.dir, e);
	return c->gate_fd < 0 ? -1 : 0;
}

bool wants_host_sources(const struct container *c)
{
	return c->host_clones_sources;
}

int host_sources(struct container *c, struct err *e)
{
	return source_open_all(c->fs_plan, FS_HOST, c->bundle_fd, e);
}

int host_files(struct container *c, struct err *e)
{
	int pair[2];

	TRY(baton_pair(pair, e));
	c->baton = pair[0];
	c->baton_peer = pair[1];
	c->script_fd = stage_script_fd(e);
	if (c->script_fd < 0)
		return -1;
	if (c->stage) {
		c->stage_fd = stage_open(e);
		if (c->stage_fd < 0)
			return -1;
	}
	c->page = mmap(NULL, sizeof(*c->page), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->page == MAP_FAILED) {
		c->page = NULL;
		return err_sys(e, "shared page");
	}
	return 0;
}

/* ---- birth ---------------------------------------------------------------------------- */

/*
 * USHER joins what must be joined before birth and bears INIT as our child, not its own.
 * Returns 1 in INIT; USHER itself never returns. `tell` is USHER's alone: what INIT says on
 * the baton may come first, and the end of a killed USHER must be seen while INIT lives.
 */
static int usher(struct container *c, const struct spawn_args *args, int tell)
{
	struct err e = { 0 };
	struct spawned born;
	pid_t pid = -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (ns_joins_enter(&c->joins, NS_USHER, &e) == 0)
		pid = spawn_process(args, &born, &e);
	if (pid == 0) {
		fd_close(tell);
		return 1;
	}
	if (pid < 0)
		(void)baton_error(tell, 0, &e);
	else
		(void)baton_born(tell, born.pid, born.pidfd, &e);
	_exit(pid < 0);
}

static int receive_birth(struct container *c, int from, struct err *e)
{
	struct script_report report;
	struct baton_msg m;
	int fd;

	TRY(baton_receive(from, &m, &report, &fd, e));
	if (m.kind == BATON_BORN && fd >= 0) {
		c->init.pid = (pid_t)m.pid;
		c->init.pidfd = fd;
		return 0;
	}
	fd_close(fd);
	if (m.kind == BATON_ERROR)
		return err_take(e, &m.err);
	return err_set(e, "the process that joins namespaces died");
}

static int birth_by_usher(struct container *c, struct spawn_args *args, struct err *e)
{
	struct spawn_args plain = { .cgroup_fd = -1 };
	struct spawned u = { .pidfd = -1 };
	auto_close int from = -1;
	int tell[2];
	pid_t pid;
	int rc;

	TRY(baton_pair(tell, e));
	from = tell[0];
	args->flags |= CLONE_PARENT;
	c->init.in_cgroup =
		false; /* HOST moves it: the result of USHER's clone3 is not ours */
	args->cgroup_fd = -1;
	pid = spawn_process(&plain, &u, e);
	if (pid == 0)
		return usher(c, args, tell[1]);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	fd_close(tell[1]);
	if (pid < 0)
		return -1;
	fd_close(c->baton_peer);
	c->baton_peer = -1;
	rc = receive_birth(c, from, e);
	waitpid(pid, NULL, 0);
	fd_close(u.pidfd);
	return rc;
}

/*
 * Whoever may trace INIT may get at its descriptors, so it is not dumpable; but then only
 * the real root may write its id maps, and hooks of a plain user could not reach its
 * namespaces (R17). So: dumpable only when everything about it is new.
 */
static void set_dumpable(const struct container *c)
{
	prctl(PR_SET_DUMPABLE, wants_maps(c) || !ns_plan_joins(&c->ns), 0, 0, 0);
}

int host_birth(struct container *c, struct err *e)
{
	struct spawn_args args = { .flags = c->ns.birth_flags,
				   .cgroup_fd = cgroup_v2_fd(&c->cgroup),
				   .clear_handlers = true };
	pid_t pid;

	set_dumpable(c);
	if (c->ns.usher || c->joins.n_usher)
		return birth_by_usher(c, &args, e);
	pid = spawn_process(&args, &c->init, e);
	if (pid == 0)
		return 1;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	fd_close(c->baton_peer);
	c->baton_peer = -1;
	return pid < 0 ? -1 : 0;
}

void host_kill(struct container *c)
{
	struct err e = { 0 };
	int status;

	if (c->init.pidfd < 0)
		return;
	if (!c->reaped) {
		(void)pidfd_signal(c->init.pidfd, SIGKILL, &e);
		c->reaped = pidfd_wait(c->init.pidfd, true, &status, &e) == 1;
	}
	helpers_finish(c);
}

/* ---- after birth ------------------------------------------------------------------------ */

static char *hex_of(struct oci_arena *arena, const struct pidfd_identity *id)
{
	char buf[2 * (PIDFD_HANDLE_MAX + 4) + 1];
	size_t at = 0;

	if (!id->n_handle)
		return NULL;
	at += (size_t)snprintf(buf, sizeof(buf), "%08x", (unsigned)id->handle_type);
	for (uint32_t i = 0; i < id->n_handle && i < PIDFD_HANDLE_MAX; i++)
		at += (size_t)snprintf(buf + at, sizeof(buf) - at, "%02x", id->handle[i]);
	return oci_strdup(arena, buf);
}

static int snapshot_config(struct container *c, struct err *e)
{
	auto_close int fd =
		openat(c->dir.dir, "config.json",
		       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_all(fd, c->text.s, c->text.n) < 0)
		return err_sys_plain(e, "copy config.json to the state directory");
	return 0;
}

int host_record(struct container *c, struct err *e)
{
	struct run_record *r = &c->record;
	struct pidfd_identity id;

	TRY(pidfd_identify(c->init.pidfd, c->init.pid, c->proc_fd, &id, e));
	r->pid = (struct oci_opt_int){ true, c->init.pid };
	r->start_time = (struct oci_opt_uint){ true, id.start_time };
	r->inode = (struct oci_opt_uint){ true, id.inode };
	r->handle = hex_of(&c->arena, &id);
	r->boot_id = oci_strdup(&c->arena, id.boot_id);
	r->pidns_dev = (struct oci_opt_uint){ true, id.pidns_dev };
	r->pidns_ino = (struct oci_opt_uint){ true, id.pidns_ino };
	r->home_ino = lookup_home(c->proc_fd);
	cgroup_record(&c->cgroup, &c->arena, &r->cgroup);
	if (c->arena.failed)
		return err_set(e, "out of memory");
	TRY(snapshot_config(c, e));
	return record_write(&c->dir, RUN_PHASE_CREATING, r, e);
}

bool wants_maps(const struct container *c)
{
	return c->ns.uid.how != NS_MAP_NONE;
}

int host_maps(struct container *c, struct err *e)
{
	if (c->ns.uid.how == NS_MAP_LENT)
		return ids_lent_map(c, e);
	return ns_userns_map(&c->ns, c->init.pid, c->proc_fd, e);
}

bool wants_join_cgroup(const struct container *c)
{
	if (cgroup_made_late(&c->cgroup))
		return true;
	for (size_t i = 0; i < c->cgroup.n; i++)
		if (!c->cgroup.dirs[i].v2 || !c->init.in_cgroup)
			return true;
	return false;
}

int host_place(struct container *c, const struct spawned *p, struct err *e)
{
	if (!cgroup_made_late(&c->cgroup))
		return cgroup_join(&c->cgroup, p->pid, p->in_cgroup, e);
	TRY(cgroup_adopt(&c->cgroup_plan, &c->cgroup, &c->arena, p->pid, p->pidfd, e));
	return limit_cgroup(c, e);
}

int host_join_cgroup(struct container *c, struct err *e)
{
	return host_place(c, &c->init, e);
}

bool wants_host_first(const struct container *c)
{
	return wants_maps(c) || wants_join_cgroup(c);
}

bool wants_cgroup_first(const struct container *c)
{
	return cgroup_made_late(&c->cgroup) && c->cgroup.n &&
	       !c->cgroup.dirs[c->cgroup.n - 1].v2;
}

bool wants_outside(const struct container *c)
{
	return c->facts.outside && c->config->process;
}

int host_outside(struct container *c, struct err *e)
{
	return process_outside(c->config->process, c->init.pid, c->proc_fd, e);
}

bool wants_netdevs(const struct container *c)
{
	return c->config->linux && c->config->linux->net_devices.n > 0;
}

int host_netdevs(struct container *c, struct err *e)
{
	auto_close int target =
		ns_netdev_target(&c->joins, c->init.pidfd, c->init.pid, c->proc_fd, e);

	if (target < 0)
		return -1;
	return ns_netdevs_move(c->config->linux->net_devices.v,
			       c->config->linux->net_devices.n, target, c->proc_fd, e);
}

int host_devices(struct container *c, struct err *e)
{
	return cgroup_devices_apply(&c->cgroup_plan, &c->cgroup, e);
}

/* ---- the script ---------------------------------------------------------------------------- */

/* Without a process the init waits at the gate and can only be deleted (S22). */
static void plan_nothing(struct script *s)
{
	script_add(s, SCRIPT_REPORT, NULL, 0, (uint64_t[6]){ SCRIPT_READY });
	script_add(s, SCRIPT_GATE, "gate", 0, (uint64_t[6]){ SCRIPT_SLOT_GATE })->slots =
		1;
	script_add(s, SCRIPT_EXEC, "process", 0, (uint64_t[6]){ 0 });
}

static int write_script(struct container *c, struct script *s, struct str *warnings,
			struct err *e)
{
	auto_seccomp filter = { 0 };
	auto_str unknown = { 0 };
	auto_str bytes = { 0 };
	int rc = 0;

	if (c->config->process) {
		TRY(filter_compile(c->config, c->receiver != NULL, &filter, &unknown, e));
		/* engines name calls that are newer than our libseccomp: no news for users */
		log_lines(LOG_LEVEL_INFO, unknown.s);
		c->facts.filter = &filter;
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): wants_home() */
		if (wants_home(c) && c->page->home[0])
			c->facts.home = c->page->home;
		rc = process_plan(c->config->process, &c->facts, s, warnings, e);
		c->facts.filter = NULL;
	} else {
		plan_nothing(s);
	}
	if (rc < 0)
		return -1;
	script_finish(s, &bytes);
	return stage_write(c->script_fd, &bytes, e);
}

int host_script(struct container *c, struct err *e)
{
	auto_str warnings = { 0 };
	struct script s;
	int rc;

	if (c->ns.mode[NSFD_USER] == NS_JOIN)
		c->facts.setgroups_denied = ns_setgroups_denied(c->init.pid, c->proc_fd);
	if (c->facts.listen_fds)
		c->facts.listen_pid = procfs_inner_pid(c->proc_fd, c->init.pid);
	script_init(&s);
	stage_slots(c->extra_fds, c->gate && !c->init_gate,
		    c->config->process &&
			    process_needs_proc(c->config->process, &c->facts),
		    s.slots);
	if (c->page)
		c->page->home[sizeof(c->page->home) - 1] = '\0';
	rc = write_script(c, &s, &warnings, e);
	script_free(&s);
	log_lines(LOG_LEVEL_WARNING, warnings.s);
	return rc;
}

/* ---- hooks, files, commit --------------------------------------------------------------------- */

bool wants_runtime_hooks(const struct container *c)
{
	return hooks_any(c->config->hooks, prestart) ||
	       hooks_any(c->config->hooks, create_runtime);
}

int host_hooks(struct container *c, struct err *e)
{
	const struct oci_hooks *h = c->config->hooks;
	struct hooks_how how = { c->bundle_fd, c->init.pidfd, c->interrupt_fd,
				 c->hook_output };
	struct oci_state state;

	c->hooks_ran = true;
	/* runtime-tools and older hooks expect what prestart saw when start ran it */
	container_state(c, OCI_STATUS_CREATED, c->init.pid, &state);
	TRY(hooks_run_for("prestart", &h->prestart, &state, &how, e));
	state.status = OCI_STATUS_CREATING;
	return hooks_run_for("createRuntime", &h->create_runtime, &state, &how, e);
}

bool wants_pidfd_socket(const struct container *c)
{
	return c->pidfd_sock >= 0;
}

int host_pidfd_socket(struct container *c, struct err *e)
{
	static const char name[] = "pidfd";

	if (fd_send(c->pidfd_sock, name, sizeof(name) - 1, &c->init.pidfd, 1) < 0)
		return err_sys(e, "send the pidfd over --pidfd-socket");
	return 0;
}

bool wants_pid_file(const struct container *c)
{
	return c->args->pid_file != NULL;
}

int host_pid_file(struct container *c, struct err *e)
{
	const char *name = NULL;
	auto_close int dir = caller_pid_file_dir(c->args->pid_file, &name, e);

	if (dir < 0)
		return -1;
	TRY(caller_pid_file_write(dir, name, c->init.pid, e));
	c->made_pid_file = true;
	return 0;
}

/* An engine takes the file for the sign of success. */
void host_pid_file_undo(struct container *c)
{
	if (c->made_pid_file)
		unlink(c->args->pid_file);
}

int host_ready(struct container *c, struct err *e)
{
	return life_await(c, (uint32_t)life_rows(), e);
}

int host_commit(struct container *c, struct err *e)
{
	return record_advance(&c->dir, RUN_PHASE_CREATING, RUN_PHASE_CREATED, e);
}
