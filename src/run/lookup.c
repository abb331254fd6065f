/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An existing container; see lookup.h. */
#include "run/lookup.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "kernel/pidfd.h"
#include "kernel/procfs.h"
#include "run/container.h"
#include "run/hooks.h"
#include "run/layer.h"
#include "run/labels.h"
#include "run/oom_note.h"
#include "run/resctrl.h"
#include "run/stubs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

enum { REMOVE_TIMEOUT_MS = 10000, THAW_TIMEOUT_MS = 2000 };

static const char resources_name[] = "resources.json";

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "TTTTTTTTHH...": type and bytes of the pidfs handle. A text that is not ours is none. */
static void parse_handle(const char *text, struct pidfd_identity *id)
{
	uint32_t type = 0;
	size_t n = text ? strlen(text) : 0;

	if (n < 10 || n % 2 || (n - 8) / 2 > PIDFD_HANDLE_MAX)
		return;
	for (size_t i = 0; i < n; i++)
		if (nibble(text[i]) < 0)
			return;
	for (size_t i = 0; i < 8; i++)
		type = type << 4 | (uint32_t)nibble(text[i]);
	id->handle_type = (int32_t)type;
	id->n_handle = (uint32_t)(n - 8) / 2;
	for (size_t i = 0; i < id->n_handle; i++)
		id->handle[i] =
			(uint8_t)(nibble(text[8 + 2 * i]) << 4 | nibble(text[9 + 2 * i]));
}

/* The init's pidfd in *ret; nothing is written when it is gone. */
static int find_init(const struct run_record *r, int proc_fd, int *ret, struct err *e)
{
	struct pidfd_identity id = { .pid = (pid_t)r->pid.v,
				     .start_time = r->start_time.v,
				     .inode = r->inode.v,
				     .pidns_dev = r->pidns_dev.v,
				     .pidns_ino = r->pidns_ino.v };

	memcpy(id.boot_id, r->boot_id, strnlen(r->boot_id, sizeof(id.boot_id) - 1));
	parse_handle(r->handle, &id);
	return pidfd_recover(&id, proc_fd, ret, e) < 0 ? -1 : 0;
}

struct oci_opt_uint lookup_home(int proc_fd)
{
	struct stat st;

	if (fstatat(proc_fd, "self/ns/pid", &st, 0) < 0)
		return (struct oci_opt_uint){ false, 0 };
	return (struct oci_opt_uint){ true, st.st_ino };
}

/* An init that was not found may live in a pid namespace that is not seen from here. */
static bool is_elsewhere(const struct lookup *l)
{
	const struct run_record *r = l->record;
	char boot[PIDFD_BOOT_ID_MAX];

	return r->home_ino.set && r->home_ino.v != lookup_home(l->proc_fd).v &&
	       procfs_read(l->proc_fd, "sys/kernel/random/boot_id", boot, sizeof(boot)) >
		       0 &&
	       str_eq(boot, r->boot_id);
}

static int recover(struct lookup *l, bool damaged_ok, struct err *e)
{
	l->elsewhere = false;
	if (!l->record || !l->record->pid.set)
		return 0;
	if (l->proc_fd < 0)
		l->proc_fd = procfs_open(e);
	if (l->proc_fd < 0)
		return -1;
	TRY(find_init(l->record, l->proc_fd, &l->pidfd, e));
	l->elsewhere = l->pidfd < 0 && is_elsewhere(l);
	if (!l->elsewhere || damaged_ok)
		return 0;
	err_set(e,
		"container %s was made in another pid namespace: whether it lives "
		"cannot be told from here",
		l->dir.id);
	return err_hint(
		e, "ask where it was made; `delete --force` ends what is in its cgroup "
		   "(version 2) and removes its state");
}

bool lookup_glance(struct lookup_many *m, const char *id, struct oci_arena *arena,
		   struct run_record **ret, enum oci_status *ret_status)
{
	struct run_facts f = { .alive = true };
	struct err ignored = { 0 };
	auto_close int pidfd = -1;
	enum run_phase phase;
	int frozen;

	if (!m->private || !record_glance(m->root, id, m->whole, arena, ret, &phase) ||
	    !(*ret)->pid.set || find_init(*ret, m->proc_fd, &pidfd, &ignored) < 0 ||
	    pidfd < 0)
		return false;
	frozen = cgroup_glance_frozen(&m->cgroup, &(*ret)->cgroup, arena);
	if (frozen < 0)
		return false;
	f.phase = (int)phase;
	f.frozen = frozen > 0;
	*ret_status = machine_status(&f);
	return true;
}

/* Of all hierarchies only the one that can freeze is looked at: this is done for each line
 * of `list`. */
static int is_frozen(struct lookup *l, struct err *e)
{
	const struct oci_map *all = &l->record->cgroup;
	struct oci_map one = { .n = 0 };
	struct cgroup cg = { 0 };
	int rc;

	for (size_t i = 0; i < all->n && !one.n; i++)
		if (str_eq(all->v[i].key, "v2") || strstr(all->v[i].key, "freezer"))
			one = (struct oci_map){ 1, &all->v[i] };
	TRY(cgroup_from_record(&one, &l->arena, &cg, e));
	rc = cgroup_is_frozen(&cg, e);
	cgroup_close(&cg);
	return rc;
}

static int read_status(struct lookup *l, struct err *e)
{
	struct run_facts f = { .phase = (int)l->phase };

	f.alive = l->pidfd >= 0;
	if (l->phase <= RUN_PHASE_CREATING)
		f.busy = l->dir.lock < 0 && statedir_use(&l->dir) == STATEDIR_BUSY;
	if (f.alive && l->phase > RUN_PHASE_CREATING)
		f.frozen = TRY(is_frozen(l, e)) > 0;
	l->status = machine_status(&f);
	return 0;
}

int lookup_refresh(struct lookup *l, bool damaged_ok, struct err *e)
{
	fd_close(l->pidfd);
	l->pidfd = -1;
	if (record_read(&l->dir, &l->arena, &l->record, &l->phase, &l->damage) < 0) {
		struct err none = { 0 };

		if (!damaged_ok)
			return err_take(e, &l->damage);
		l->phase = RUN_PHASE_RUNNING;
		if (record_read_spare(&l->dir, &l->arena, &l->record, &none) < 0)
			l->record = NULL;
	}
	if (l->phase == RUN_PHASE_NONE)
		TRY(statedir_exists(&l->dir, e));
	TRY(recover(l, damaged_ok, e));
	return read_status(l, e);
}

/*
 * Whoever comes while `create` is at work is told so at once: it may take as long as a hook
 * likes. Other commands are waited for.
 */
static int wait_for_lock(struct lookup *l, int lock_ms, struct err *e)
{
	struct err busy = { 0 };

	if (statedir_lock(&l->dir, 0, &busy) == 0)
		return 0;
	if (busy.code)
		return err_take(e, &busy);
	fd_close(take_fd(&l->dir.lock)); /* as one who does not have the lock sees it */
	TRY(lookup_refresh(l, true, e));
	if (l->status == OCI_STATUS_CREATING)
		return machine_check(RUN_OP_KILL, l->status, l->dir.id, e);
	return statedir_lock(&l->dir, lock_ms, e);
}

int lookup_open(const struct run_context *ctx, const char *id, int lock_ms,
		bool damaged_ok, struct lookup *ret, struct err *e)
{
	*ret = (struct lookup){ .dir = STATEDIR_CLOSED, .proc_fd = -1, .pidfd = -1 };
	TRY(statedir_open(ctx->root, id, &ret->dir, e));
	if (lock_ms >= 0)
		TRY(wait_for_lock(ret, lock_ms, e));
	return lookup_refresh(ret, damaged_ok, e);
}

int lookup_cgroup(struct lookup *l, struct err *e)
{
	if (l->has_cgroup || !l->record)
		return 0;
	TRY(cgroup_from_record(&l->record->cgroup, &l->arena, &l->cgroup, e));
	l->has_cgroup = true;
	return 0;
}

int lookup_cgroup_there(struct lookup *l, struct err *e)
{
	TRY(lookup_cgroup(l, e));
	if (!l->cgroup.n ||
	    (l->status != OCI_STATUS_CREATED && l->status != OCI_STATUS_RUNNING &&
	     l->status != OCI_STATUS_PAUSED))
		return 0;
	for (size_t i = 0; i < l->cgroup.n; i++)
		if (l->cgroup.dirs[i].fd >= 0)
			return 0;
	err_set(e, "the container's cgroup %s%s is gone", l->cgroup.dirs[0].mount,
		l->cgroup.dirs[0].path);
	return err_hint(e, "somebody has moved its processes out and removed it");
}

/* What the last update has left, if there was one. */
static int read_resources(struct lookup *l, struct oci_config *config, struct err *e)
{
	struct oci_resources *r;
	struct oci_error why;
	struct err absent = { 0 };
	auto_str text = { 0 };

	if (file_read(l->dir.dir, resources_name, O_NOFOLLOW, OCI_MAX_SIZE, &text,
		      &absent) < 0)
		return absent.code == ENOENT ? 0 : err_take(e, &absent);
	if (oci_decode_resources(&l->arena, "saved resources.json", text.s ? text.s : "",
				 text.n, &r, &why) < 0)
		return err_set(e, "%s", why.text);
	if (!config->linux)
		config->linux = oci_alloc(&l->arena, sizeof(*config->linux));
	if (!config->linux)
		return err_set(e, "out of memory");
	config->linux->resources = r;
	return 0;
}

int lookup_save_resources(struct lookup *l, const struct oci_resources *r, struct err *e)
{
	size_t n;
	const char *text = oci_encode(&l->arena, &oci_type_resources, r, 0, &n);

	if (!text)
		return err_set(e, "out of memory");
	if (file_write_atomic(l->dir.dir, resources_name, text, n, 0600, e) == 0)
		return 0;
	return err_hint(e, "the limits are in force, but the next update will not know "
			   "of them");
}

void lookup_explain(struct lookup *l, enum run_operation op, struct err *e)
{
	struct err gone = { 0 };

	if (l->dir.lock >= 0 || l->dir.dir < 0 || l->damage.text[0] || l->elsewhere)
		return;
	if (lookup_refresh(l, true, &gone) < 0 ||
	    machine_check(op, l->status, l->dir.id, &gone) < 0) {
		log_debug("%s", e->text);
		err_clear(e);
		err_take(e, &gone);
	}
}

struct oci_config *lookup_config(struct lookup *l, struct err *e)
{
	struct oci_config *config;
	struct oci_error why;
	auto_str text = { 0 };

	if (file_read(l->dir.dir, "config.json", O_NOFOLLOW, OCI_MAX_SIZE, &text, e) < 0)
		return NULL;
	if (oci_decode_config(&l->arena, "saved config.json", text.s, text.n, &config,
			      &why) < 0) {
		err_set(e, "%s", why.text);
		return NULL;
	}
	if (l->record && l->record->id_uids.n && config->linux) {
		/* chosen at create (run/ids.h) */
		config->linux->uid_mappings = l->record->id_uids;
		config->linux->gid_mappings = l->record->id_gids;
	}
	if (l->record)
		labels_restore(l->record, config);
	if (read_resources(l, config, e) < 0)
		return NULL;
	return config;
}

void lookup_thaw(struct lookup *l)
{
	struct err e = { 0 };

	if (lookup_cgroup(l, &e) < 0 ||
	    cgroup_freeze(&l->cgroup, false, THAW_TIMEOUT_MS, &e) < 0)
		log_warning("%s", e.text);
}

int lookup_kill(struct lookup *l, int timeout_ms, struct err *e)
{
	int rc;

	if (l->pidfd < 0 || TRY(pidfd_signal(l->pidfd, SIGKILL, e)) == 0)
		return 0;
	if (l->status == OCI_STATUS_PAUSED)
		lookup_thaw(l);
	rc = fd_wait_readable(l->pidfd, timeout_ms);
	if (rc > 0)
		return 0;
	return err_set(e, "container %s: the init does not die", l->dir.id);
}

static void run_poststop(struct lookup *l, const struct oci_config *config)
{
	auto_close int bundle = -1;
	struct oci_state state;

	if (!config || !hooks_any(config->hooks, poststop))
		return;
	bundle = open(l->record->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	record_state(l->record, OCI_STATUS_STOPPED, 0, &state);
	hooks_run_all("poststop", &config->hooks->poststop, &state, bundle);
}

/*
 * The order: processes, cgroups, state, hooks. What is needed of the state (the hooks) is
 * read before it is removed; it is removed only when the rest is gone, so that a second
 * delete can find what a first one could not remove.
 */
int lookup_destroy(struct lookup *l, struct err *e)
{
	struct oci_config *config = NULL;
	struct err ignored = { 0 };

	TRY(lookup_kill(l, REMOVE_TIMEOUT_MS, e));
	if (lookup_cgroup(l, &ignored) < 0)
		log_warning("%s", ignored.text);
	if (l->has_cgroup) {
		oom_note_leave(l->dir.dir, &l->cgroup);
		TRY(cgroup_remove(&l->cgroup, REMOVE_TIMEOUT_MS, e));
	}
	if (l->record)
		TRY(resctrl_remove(l->record, e));
	TRY(tree_remove(&l->dir, l->record, e));
	if (l->record && l->record->layer)
		TRY(layer_remove(l->record->layer, l->dir.dir, e));
	err_clear(&ignored);
	if (l->record && l->record->reread && l->phase > RUN_PHASE_CREATING) {
		config = lookup_config(l, &ignored);
		if (!config)
			log_warning("poststop hooks are not run: %s", ignored.text);
	}
	TRY(stubs_release(&l->dir, l->record, e));
	run_poststop(l, config);
	return 0;
}

void lookup_close(struct lookup *l)
{
	fd_close(l->pidfd);
	if (!l->proc_borrowed)
		fd_close(l->proc_fd);
	l->pidfd = l->proc_fd = -1;
	if (l->has_cgroup)
		cgroup_close(&l->cgroup);
	statedir_close(&l->dir);
	oci_arena_free(&l->arena);
}
