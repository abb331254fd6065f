/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers on disk; see layer.h. What is in DIR/layers or DIR/upper is the container's: it is
 * reached by descriptors only, never entered by a path of more than one component.
 */
#include "run/layer.h"

#include "base/fd.h"
#include "base/log.h"
#include "fs/bounded.h"
#include "fs/fuse.h"
#include "fs/removal.h"
#include "run/janitor.h"
#include "run/steps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "wolffia-layer-";
static const char used[] = "in-use";

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* ---- planning ---------------------------------------------------------------------------- */

const char *layer_base(void)
{
	const char *base = getenv("TMPDIR");

	return base && base[0] == '/' ? base : "/var/tmp";
}

static char *new_dir(struct oci_arena *arena)
{
	const char *base = layer_base();
	char path[PATH_MAX];
	uint64_t r = 0;

	if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r) ||
	    snprintf(path, sizeof(path), "%s/%s%u-%016llx", base, prefix,
		     (unsigned)geteuid(), (unsigned long long)r) >= (int)sizeof(path))
		return NULL;
	return oci_strdup(arena, path);
}

static int check_kept(const char *dir, struct err *e)
{
	struct stat st;

	WHERE_IN(e, "annotations", "wolffia.overlay");
	if (stat(dir, &st) < 0)
		return err_sys_plain(e, "%s", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, "%s: not a directory", dir);
	if (st.st_uid != geteuid()) {
		err_set(e, "%s: it belongs to uid %u", dir, (unsigned)st.st_uid);
		return err_hint(e, "a kept layer needs a directory of the caller's own");
	}
	return 0;
}

int layer_check_bound(const char *size, bool machines_root, struct err *e)
{
	uint64_t n = 0;

	WHERE_IN(e, "annotations", "wolffia.overlay-size");
	if (!machines_root) {
		err_set(e, "a layer on disk cannot be limited in size: only root of the "
			   "machine may mount a filesystem that has one");
		return err_hint(e, "--fsize limits each file; a layer in memory can be "
				   "limited by anybody");
	}
	if (!str_to_u64(size, INT64_MAX, &n) || n < BOUNDED_LEAST)
		return err_set(e, "%s: the smallest filesystem on disk has %d bytes (1m)",
			       size, BOUNDED_LEAST);
	return 0;
}

bool wants_bounded(const struct container *c)
{
	const struct fs_plan *plan = c->fs_plan;

	return plan->layer_place == FS_LAYER_DISK && plan->scratch_size &&
	       fs_plan_has_layers(plan);
}

static bool is_machines_root(const struct container *c)
{
	return c->ns_facts.euid == 0 && c->ns_facts.initial_userns &&
	       ns_facts_cap(&c->ns_facts, CAP_SYS_ADMIN);
}

int layer_plan(struct container *c, struct err *e)
{
	struct fs_plan *plan = c->fs_plan;
	struct run_layer *layer;

	if (plan->layer_place == FS_LAYER_MEMORY || !fs_plan_has_layers(plan))
		return 0;
	if (wants_bounded(c))
		return layer_check_bound(plan->scratch_size, is_machines_root(c), e);
	if (plan->layer_place == FS_LAYER_KEPT && plan->root_kind != FS_ROOT_OVERLAY)
		return err_set(e, "annotations: wolffia.overlay: a kept layer needs "
				  "wolffia.root=overlay");
	if (c->ns.uid.how == NS_MAP_LENT) {
		err_set(e, "annotations: wolffia.overlay: a layer on disk outlives ids "
			   "that systemd-nsresourced lends");
		return err_hint(e, "a layer in memory goes with them");
	}
	layer = oci_alloc(&c->arena, sizeof(*layer));
	if (!layer)
		return err_set(e, "out of memory");
	layer->kept = plan->layer_place == FS_LAYER_KEPT;
	if (layer->kept)
		TRY(check_kept(plan->layer_dir, e));
	else
		plan->layer_dir = new_dir(&c->arena);
	layer->dir = plan->layer_dir ? oci_strdup(&c->arena, plan->layer_dir) : NULL;
	if (!layer->dir)
		return err_set(e, "out of memory");
	layer->uids = ns_map_ids(&c->ns.uid);
	layer->gids = ns_map_ids(&c->ns.gid);
	c->record.layer = layer;
	return 0;
}

static bool has_host_id(const struct oci_id_mappings *ids, uint32_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (id >= ids->v[i].host_id && id - ids->v[i].host_id < ids->v[i].size)
			return true;
	return ids->n == 0;
}

/* The root's files are rootids.h's; those of a volume stay whose they are. */
static void tell_volume(const struct container *c, const struct fs_row *row)
{
	const struct oci_id_mappings uids = ns_map_ids(&c->ns.uid),
				     gids = ns_map_ids(&c->ns.gid);
	struct stat st;

	if (c->ns.mode[NSFD_USER] != NS_NEW ||
	    fstatat(c->bundle_fd, row->source, &st, 0) < 0 || !S_ISDIR(st.st_mode) ||
	    (has_host_id(&uids, st.st_uid) && has_host_id(&gids, st.st_gid)))
		return;
	log_warning("layer over %s at %s: it belongs to %u:%u, who has no id in the "
		    "container: what is there can be read, but not changed",
		    row->source, row->destination, (unsigned)st.st_uid,
		    (unsigned)st.st_gid);
}

/* `do` shows the machine's own directories, and those that get a label as layers. */
static bool is_machines(const struct fs_plan *plan, const struct fs_row *row)
{
	return plan->root_kind == FS_ROOT_EMPTY &&
	       str_eq(row->source, row->destination) && !strchr(row->source + 1, '/');
}

void layer_tell(const struct container *c)
{
	const struct fs_plan *plan = c->fs_plan;
	const char *path = c->config->root->path;

	for (size_t i = 0; i < plan->n_rows; i++)
		if (plan->rows[i].extra & OPTION_LAYER &&
		    !is_machines(plan, &plan->rows[i]))
			tell_volume(c, &plan->rows[i]);
	if (plan->root_kind != FS_ROOT_OVERLAY)
		return;
	switch (plan->layer_place) {
	case FS_LAYER_MEMORY:
		log_info(
			"root.path %s: what is written goes to memory, at most %s bytes, "
			"and is thrown away",
			path, plan->scratch_size ? plan->scratch_size : "half of all");
		break;
	case FS_LAYER_DISK:
		if (wants_bounded(c)) {
			log_info("root.path %s: what is written goes to a filesystem of "
				 "%s "
				 "bytes in %s, and is thrown away",
				 path, plan->scratch_size, layer_base());
			break;
		}
		log_info("root.path %s: what is written goes to %s, and is thrown away",
			 path, plan->layer_dir);
		break;
	case FS_LAYER_KEPT:
		log_info("root.path %s: what is written goes to %s/upper, and is kept",
			 path, plan->layer_dir);
		break;
	}
}

/* ---- the janitor's part ------------------------------------------------------------------ */

struct job {
	int dir;
	const char *name;
	struct oci_id_mappings uids, gids; /* the janitor's maps */
	uint32_t uid, gid; /* as the janitor calls them */
};

static int remove_it(void *arg, struct err *e)
{
	const struct job *job = arg;

	return removal_tree(job->dir, job->name, e);
}

static int give_it(void *arg, struct err *e)
{
	const struct job *job = arg;

	if (fchownat(job->dir, job->name, job->uid, job->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys_plain(e, "give %s to the container's root", job->name);
	return 0;
}

static int by_janitor(const struct run_layer *layer, struct job *job,
		      int (*work)(void *, struct err *), uint32_t uid, uint32_t gid,
		      struct err *e)
{
	struct oci_arena arena = { 0 };
	int rc;

	janitor_map(&arena, geteuid(), &layer->uids, &job->uids);
	janitor_map(&arena, getegid(), &layer->gids, &job->gids);
	rc = arena.failed ? err_set(e, "out of memory") : 0;
	if (rc == 0 && (!janitor_id(&job->uids, uid, &job->uid) ||
			!janitor_id(&job->gids, gid, &job->gid)))
		rc = err_set(e, "the container's root has no id on the machine");
	if (rc == 0)
		rc = janitor_run(&job->uids, &job->gids, work, job, 0, e);
	oci_arena_free(&arena);
	return rc;
}

/* ---- making ------------------------------------------------------------------------------ */

/* The host's name for the root of the container, or for whoever sets it up. */
static uint32_t host_id(const struct oci_id_mappings *ids, uint32_t inside, uint32_t own)
{
	for (size_t i = 0; i < ids->n; i++)
		if (inside >= ids->v[i].container_id &&
		    inside - ids->v[i].container_id < ids->v[i].size)
			return ids->v[i].host_id + (inside - ids->v[i].container_id);
	return own;
}

/* 1: it was made, 0: it was there. */
static int make_dir(int dir, const char *name, struct err *e)
{
	if (mkdirat(dir, name, 0700) == 0)
		return 1;
	return errno == EEXIST ? 0 : err_sys_plain(e, "make %s", name);
}

/* INIT acts with the container's ids: what these do not own, it cannot use. */
static int give(const struct container *c, int dir, const char *name, struct err *e)
{
	const struct run_layer *layer = c->record.layer;
	uint32_t uid = host_id(&layer->uids, c->ns.setup_uid, geteuid());
	uint32_t gid = host_id(&layer->gids, c->ns.setup_gid, getegid());
	struct job job = { .dir = dir, .name = name };

	if (has_host_id(&layer->uids, geteuid()) && has_host_id(&layer->gids, getegid()))
		return 0;
	if (fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return by_janitor(layer, &job, give_it, uid, gid, e);
}

/* True when `dir` is the directory `of` or lies below it, on the machine's own mounts. */
static bool is_below(int dir, const struct stat *of)
{
	auto_close int at = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st, above;

	while (at >= 0 && fstat(at, &st) == 0) {
		int up;

		if (st.st_dev == of->st_dev && st.st_ino == of->st_ino)
			return true;
		up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		fd_close(at);
		at = up;
		if (at < 0 || fstat(at, &above) < 0 ||
		    (above.st_dev == st.st_dev && above.st_ino == st.st_ino))
			return false;
	}
	return false;
}

/* A layer in what it lies over, or the other way round, would see itself: nobody knows what. */
static int check_apart(const struct container *c, int dir, const char *path,
		       struct err *e)
{
	auto_close int lower =
		openat(c->bundle_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st, own;

	if (lower < 0 || fstat(lower, &st) < 0 || fstat(dir, &own) < 0)
		return 0; /* who opens it to use it says why */
	if (!is_below(dir, &st) && !is_below(lower, &own))
		return 0;
	err_set(e, "a layer over %s and that directory cannot lie in one another", path);
	return err_hint(e, c->record.layer->kept
				   ? "choose a directory elsewhere"
				   : "TMPDIR says where it is to be; default: /var/tmp");
}

static int check_place(const struct container *c, int dir, struct err *e)
{
	const struct fs_plan *plan = c->fs_plan;

	if (plan->root_kind == FS_ROOT_OVERLAY)
		TRY(check_apart(c, dir, plan->root, e));
	for (size_t i = 0; i < plan->n_rows && !c->record.layer->kept; i++)
		if (plan->rows[i].extra & OPTION_LAYER)
			TRY(check_apart(c, dir, plan->rows[i].source, e));
	return 0;
}

/* "in-use" of a container that is there: an error. What a crash has left is taken away. */
static int check_free(int dir, struct err *e)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(dir, used, to, sizeof(to) - 1);
	struct stat st;

	if (n < 0 && errno == EINVAL) {
		err_set(e, "\"%s\" in it is no container's mark", used);
		return err_hint(e, "move it elsewhere, or choose another directory");
	}
	if (n < 0)
		return 0;
	to[n] = '\0';
	if (to[0] == '/' && lstat(to, &st) == 0) {
		err_set(e, "it is in use by another container");
		return err_hint(e, "its state is in %s", to);
	}
	(void)unlinkat(dir, used, 0);
	return 0;
}

static bool path_of_dir(int fd, char buf[PATH_MAX])
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, PATH_MAX - 1);
	buf[n < 0 ? 0 : n] = '\0';
	return n > 0;
}

static int take(int dir, int state, struct err *e)
{
	char path[PATH_MAX];

	if (!path_of_dir(state, path))
		return err_sys(e, "path of the state directory");
	TRY(check_free(dir, e));
	if (symlinkat(path, dir, used) == 0)
		return 0;
	return errno == EEXIST ? err_set(e, "it is in use by another container")
			       : err_sys_plain(e, "make the link %s", used);
}

static int open_own(const char *path, struct err *e)
{
	auto_close int dir = open(path, DIR_FLAGS);
	struct stat st;

	if (dir < 0 || fstat(dir, &st) < 0)
		return err_sys_plain(e, "open it");
	if (st.st_uid != geteuid())
		return err_set(e, "it belongs to uid %u", (unsigned)st.st_uid);
	return take_fd(&dir);
}

static int make_kept(struct container *c, int dir, struct err *e)
{
	struct run_layer *layer = c->record.layer;
	struct err ignored = { 0 };
	struct stat st;

	(void)layer_remove(layer, -1, &ignored); /* what a crash has left in "work" */
	c->fs_plan->layer_is_new = TRY(make_dir(dir, "upper", e)) == 1;
	if (c->fs_plan->layer_is_new)
		(void)unlinkat(dir, FUSE_MARK, 0); /* of one that somebody has removed */
	c->fs_plan->layer_by_fuse = faccessat(dir, FUSE_MARK, F_OK, 0) == 0;
	TRY(make_dir(dir, "work", e));
	TRY(give(c, dir, "work", e));
	if (c->fs_plan->layer_is_new)
		return give(c, dir, "upper", e);
	if (fstatat(dir, "upper", &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return err_set(e, "upper: not a directory");
	if (has_host_id(&layer->uids, st.st_uid) && has_host_id(&layer->gids, st.st_gid))
		return 0;
	err_set(e, "upper belongs to %u:%u, who has no id in this container",
		(unsigned)st.st_uid, (unsigned)st.st_gid);
	return err_hint(e,
			"a kept layer can be used with the id mappings that it was made "
			"with");
}

bool wants_layer(const struct container *c)
{
	return c->record.layer != NULL;
}

int host_layer(struct container *c, struct err *e)
{
	const struct run_layer *layer = c->record.layer;
	auto_close int dir = -1;

	WHERE_IN(e, "layer on disk", layer->dir);
	if (!layer->kept && mkdir(layer->dir, 0700) < 0) {
		err_sys_plain(e, "make the directory");
		return err_hint(e, "TMPDIR says where it is to be; default: /var/tmp");
	}
	dir = TRY(open_own(layer->dir, e));
	TRY(check_place(c, dir, e));
	TRY(take(dir, c->dir.dir, e));
	if (layer->kept)
		return make_kept(c, dir, e);
	TRY(make_dir(dir, "layers", e));
	return give(c, dir, "layers", e);
}

int host_bounded(struct container *c, struct err *e)
{
	const struct oci_id_mappings uids = ns_map_ids(&c->ns.uid),
				     gids = ns_map_ids(&c->ns.gid);
	struct bounded how = { .dir = layer_base(),
			       .uid = host_id(&uids, c->ns.setup_uid, geteuid()),
			       .gid = host_id(&gids, c->ns.setup_gid, getegid()) };

	if (!str_to_u64(c->fs_plan->scratch_size, INT64_MAX, &how.size))
		return err_set(e, "not a size"); /* layer_check_bound() has seen it */
	return c->fs_plan->scratch_mount = bounded_new(&how, c->layer_device, e);
}

/* INIT has its copy; were it open here, it would outlive INIT. */
int host_bounded_given(struct container *c, struct err *e)
{
	(void)e;
	fd_close(take_fd(&c->fs_plan->scratch_mount));
	return 0;
}

int layer_open_kept(const struct run_layer *layer)
{
	struct err ignored = { 0 };

	return layer && layer->kept ? open_own(layer->dir, &ignored) : -1;
}

/* ---- removing ---------------------------------------------------------------------------- */

static int remove_files(const struct run_layer *layer, int dir, const char *name,
			struct err *e)
{
	struct job job = { .dir = dir, .name = name };
	struct err first = { 0 };

	if (removal_tree(dir, name, &first) == 0)
		return 0;
	if ((first.code != EACCES && first.code != EPERM) || geteuid() == 0 ||
	    !layer->uids.n)
		return err_take(e, &first);
	return by_janitor(layer, &job, remove_it, geteuid(), getegid(), e);
}

/* True when the link says that it is the container's, or nobody's that is to be seen. */
static bool is_ours(int dir, int state)
{
	char to[PATH_MAX], path[PATH_MAX];
	ssize_t n = readlinkat(dir, used, to, sizeof(to) - 1);

	if (n < 0)
		return false;
	to[n] = '\0';
	return state < 0 || (path_of_dir(state, path) && str_eq(path, to));
}

/* Somebody has put something into the directory: who is told its name can take it away. */
static int check_strangers(int dir, struct err *e)
{
	int fd = openat(dir, ".", DIR_FLAGS);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int rc = 0;

	if (!d) {
		fd_close(fd);
		return err_sys_plain(e, "read it");
	}
	while (rc == 0 && (entry = readdir(d))) {
		const char *name = entry->d_name;

		if (str_eq(name, ".") || str_eq(name, "..") || str_eq(name, used))
			continue;
		rc = err_set(e, "\"%.200s\" in it is not the container's", name);
	}
	closedir(d);
	return rc < 0 ? err_hint(e, "move it elsewhere, and delete once more") : 0;
}

/* A throw-away one: made, but not yet marked, it is empty. The mark goes last. */
static int remove_all(const struct run_layer *layer, int dir, struct err *e)
{
	TRY(remove_files(layer, dir, "layers", e));
	TRY(check_strangers(dir, e));
	(void)unlinkat(dir, used, 0);
	if (rmdir(layer->dir) < 0 && errno != ENOENT)
		return err_sys_plain(e, "remove it");
	return 0;
}

int layer_remove(const struct run_layer *layer, int state, struct err *e)
{
	struct err ignored = { 0 };
	auto_close int dir = -1;

	WHERE_IN(e, "layer on disk", layer->dir);
	dir = open_own(layer->dir, &ignored);
	if (dir < 0)
		return 0; /* it is gone, or was never ours */
	if (!is_ours(dir, state)) {
		if (!layer->kept)
			(void)rmdir(layer->dir);
		return 0;
	}
	if (!layer->kept)
		return remove_all(layer, dir, e);
	TRY(remove_files(layer, dir, "work", e));
	if (state >= 0)
		(void)unlinkat(dir, used, 0);
	return 0;
}

void host_layer_undo(struct container *c)
{
	struct err e = { 0 };

	if (layer_remove(c->record.layer, c->dir.dir, &e) < 0)
		log_warning("%s", e.text);
}
