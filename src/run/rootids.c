/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ids of the root's files; see rootids.h. HOST makes a mount of root.path that INIT attaches
 * (fs_plan.root_mount), or changes the files before there is an INIT.
 */
#include "run/rootids.h"

#include "base/fd.h"
#include "base/log.h"
#include "fs/metacopy.h"
#include "fs/shift.h"
#include "kernel/mountfd.h"
#include "kernel/usernsfd.h"
#include "run/interrupt.h"
#include "run/janitor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char key[] = "wolffia.root-ids";
static const char key_way[] = "wolffia.root-ids.way";

const char *const root_ids_words[] = {
	"none", "auto", "idmap", "metacopy", "chown", NULL
};

/* ---- deciding ---------------------------------------------------------------------------- */

static int check_wish(const struct root_ids_facts *f, struct err *e)
{
	bool needs_root = f->wanted == ROOT_IDS_IDMAP || f->wanted == ROOT_IDS_METACOPY;

	if (f->stranger && f->wanted != ROOT_IDS_NONE && f->wanted != ROOT_IDS_AUTO &&
	    f->privileged) {
		err_set(e,
			"%s: its owner's number is no id of the container: it would "
			"belong to nobody all the same",
			root_ids_words[f->wanted]);
		return err_hint(e, "--userns shared or map=... with that number in it");
	}
	if (needs_root && !f->privileged) {
		err_set(e, "%s: only root of the machine can do that",
			root_ids_words[f->wanted]);
		return err_hint(e, "a plain user can have the files changed for good: "
				   "chown");
	}
	if (f->wanted == ROOT_IDS_METACOPY && !f->has_layer) {
		err_set(e, "metacopy: it needs a throw-away layer over the root");
		return err_hint(e, "in a layer that is kept files would be empty when it "
				   "is used without metacopy: idmap, or chown");
	}
	return 0;
}

int root_ids_decide(const struct root_ids_facts *f, enum root_ids ret[3], struct err *e)
{
	size_t n = 0;

	if (!f->mapped)
		TRY(check_wish(f, e));
	if (f->mapped || f->wanted == ROOT_IDS_NONE) {
		ret[0] = ROOT_IDS_NONE;
		return 0;
	}
	if (f->wanted != ROOT_IDS_AUTO) {
		ret[n++] = f->wanted;
	} else if (f->privileged && !f->stranger) {
		ret[n++] = ROOT_IDS_IDMAP;
		if (f->has_layer)
			ret[n++] = ROOT_IDS_METACOPY;
	}
	ret[n] = ROOT_IDS_NONE;
	return 0;
}

int root_ids_plan(struct container *c, struct err *e)
{
	const struct oci_map *all = &c->config->annotations;

	for (size_t i = 0; i < all->n; i++) {
		WHERE_IN(e, "annotations", key);
		int word;

		if (!str_eq(all->v[i].key, key))
			continue;
		word = str_index(root_ids_words, ARRAY_SIZE(root_ids_words) - 1,
				 all->v[i].value);
		if (word < 0)
			return err_set(e,
				       "\"%.60s\": expected auto, idmap, metacopy, "
				       "chown or none",
				       all->v[i].value);
		c->root_ids = word;
	}
	return 0;
}

bool wants_root_ids(const struct container *c)
{
	return c->root_ids != ROOT_IDS_NONE && c->ns.mode[NSFD_USER] == NS_NEW &&
	       c->fs_plan->root_kind != FS_ROOT_EMPTY &&
	       c->fs_plan->mount_ns == FS_MOUNT_NS_NEW;
}

/* ---- the ways ---------------------------------------------------------------------------- */

static const struct usernsfd_range *ranges(struct oci_arena *arena,
					   const struct oci_id_mappings *ids)
{
	struct usernsfd_range *v = oci_alloc(arena, (ids->n + 1) * sizeof(*v));

	for (size_t i = 0; v && i < ids->n; i++)
		v[i] = (struct usernsfd_range){ ids->v[i].container_id, ids->v[i].host_id,
						ids->v[i].size };
	return v;
}

static int by_idmap(struct container *c, int root, struct err *e)
{
	struct oci_id_mappings uids = ns_map_ids(&c->ns.uid),
			       gids = ns_map_ids(&c->ns.gid);
	const struct usernsfd_range *u = ranges(&c->arena, &uids);
	const struct usernsfd_range *g = ranges(&c->arena, &gids);
	struct mountfd_attr attr = MOUNTFD_ATTR_NONE;
	auto_close int userns = -1, mount = -1;

	if (!u || !g)
		return err_set(e, "out of memory");
	userns = TRY(usernsfd_open(u, uids.n, g, gids.n, e));
	mount = mountfd_clone(root, "", c->fs_plan->root_kind == FS_ROOT_PLAIN, 0);
	if (mount < 0)
		return err_sys_plain(e, "clone the root filesystem");
	attr.userns_fd = userns;
	/* a peer of the machine's mount would show there what INIT puts on it */
	attr.propagation = MS_PRIVATE;
	attr.propagation_rec = true;
	if (mountfd_setattr(mount, &attr) == 0) {
		c->fs_plan->root_mount = take_fd(&mount);
		return 0;
	}
	err_sys_plain(e, "id-map the root filesystem");
	return err_hint(e,
			e->code == EPERM
				? "it belongs to another user namespace, or is id-mapped "
				  "already"
				: "this filesystem cannot be id-mapped: metacopy copies "
				  "owners into the layer, chown changes them for good");
}

/* The files as root sees them, who looks like root inside. */
static int of_root(const struct container *c, struct shift *ret, struct err *e)
{
	ret->uids = ns_map_ids(&c->ns.uid);
	ret->gids = ns_map_ids(&c->ns.gid);
	if (!shift_overlaps(&ret->uids) && !shift_overlaps(&ret->gids))
		return 0;
	err_set(e, "ids of the container are ids of the machine too: nobody could tell "
		   "which files have been changed");
	return err_hint(e, "--userns nomap or auto, or idmap, which changes nothing");
}

static int by_metacopy(struct container *c, int root, struct err *e)
{
	struct metacopy how = { .path = c->record.rootfs,
				.size = c->fs_plan->scratch_size,
				.layer_dir = c->fs_plan->layer_dir,
				.device = *c->layer_device ? c->layer_device : NULL,
				.interrupt_fd = c->interrupt_fd };
	int fd;

	(void)root;
	TRY(of_root(c, &how.shift, e));
	fd = TRY(metacopy_root(&how, e));
	c->fs_plan->root_mount = fd;
	/* the layer is part of it */
	c->fs_plan->root_kind = FS_ROOT_PLAIN;
	return 0;
}

struct job {
	int root;
	struct shift how;
};

static int shift_it(void *arg, struct err *e)
{
	const struct job *job = arg;

	return shift_tree(job->root, &job->how, 1, e);
}

/* In the janitor's namespace the caller's files are root's: they become the container's root's. */
static int one_id(const struct ns_map *map, uint32_t own, uint32_t inside,
		  struct oci_arena *arena, struct oci_id_mappings *ret_all,
		  struct oci_id_mapping *ret)
{
	struct oci_id_mappings ids = ns_map_ids(map);
	uint32_t host = shift_id(&(struct oci_id_mappings){ ids.n, ids.v }, inside);

	janitor_map(arena, own, &ids, ret_all);
	*ret = (struct oci_id_mapping){ 0, 0, 1 };
	return janitor_id(ret_all, host, &ret->host_id) ? 0 : -1;
}

static int by_chown(struct container *c, int root, struct err *e)
{
	struct oci_id_mappings uids, gids;
	struct oci_id_mapping uid, gid;
	struct job job = { .root = root };

	if (ns_facts_cap(&c->ns_facts, CAP_CHOWN)) {
		TRY(of_root(c, &job.how, e));
		job.how.interrupt_fd = c->interrupt_fd;
		return shift_it(&job, e);
	}
	if (one_id(&c->ns.uid, geteuid(), c->ns.setup_uid, &c->arena, &uids, &uid) < 0 ||
	    one_id(&c->ns.gid, getegid(), c->ns.setup_gid, &c->arena, &gids, &gid) < 0)
		return err_set(e, "the container's root has no id on the machine");
	job.how.uids = (struct oci_id_mappings){ 1, &uid };
	job.how.gids = (struct oci_id_mappings){ 1, &gid };
	return janitor_run(&uids, &gids, shift_it, &job, c->interrupt_fd, e);
}

static int (*const ways[])(struct container *, int, struct err *) = {
	[ROOT_IDS_IDMAP] = by_idmap,
	[ROOT_IDS_METACOPY] = by_metacopy,
	[ROOT_IDS_CHOWN] = by_chown,
};

/* ---- the step ---------------------------------------------------------------------------- */

static bool has_host_id(const struct ns_map *map, uint32_t id)
{
	struct oci_id_mappings ids = ns_map_ids(map);
	uint32_t ignored;

	return janitor_id(&ids, id, &ignored);
}

static bool has_container_id(const struct ns_map *map, uint32_t id)
{
	struct oci_id_mappings ids = ns_map_ids(map);

	for (size_t i = 0; i < ids.n; i++)
		if (id >= ids.v[i].container_id &&
		    id - ids.v[i].container_id < ids.v[i].size)
			return true;
	return false;
}

static int remember(struct container *c, const char *way, struct err *e)
{
	struct oci_map *all = &c->record.annotations;
	struct oci_pair *v = oci_alloc(&c->arena, (all->n + 1) * sizeof(*v));

	if (!v)
		return err_set(e, "out of memory");
	if (all->n)
		memcpy(v, all->v, all->n * sizeof(*v));
	v[all->n++] = (struct oci_pair){ (char *)key_way, (char *)way };
	all->v = v;
	log_info("root.path %s: ids of its files: %s", c->config->root->path, way);
	return 0;
}

static int try_ways(struct container *c, const enum root_ids *list, int root,
		    struct err *e)
{
	for (; *list != ROOT_IDS_NONE; list++) {
		if (ways[*list](c, root, e) == 0)
			return remember(c, root_ids_words[*list], e);
		if (e->code == EINTR) {
			err_clear(e);
			return interrupt_check(c->interrupt_fd, e);
		}
		if (c->root_ids != ROOT_IDS_AUTO)
			return -1;
		log_info("%s", e->text);
		err_clear(e);
	}
	return 0;
}

int host_root_ids(struct container *c, struct err *e)
{
	const char *path = c->config->root->path;
	auto_close int root =
		openat(c->bundle_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct root_ids_facts f = { .wanted = c->root_ids };
	enum root_ids list[3];
	struct stat st;

	WHERE_IN(e, "root.path", path);
	if (root < 0 || fstat(root, &st) < 0)
		return err_sys_plain(e, "open the root filesystem");
	f.mapped =
		has_host_id(&c->ns.uid, st.st_uid) && has_host_id(&c->ns.gid, st.st_gid);
	f.stranger = !has_container_id(&c->ns.uid, st.st_uid) ||
		     !has_container_id(&c->ns.gid, st.st_gid);
	f.privileged = c->ns_facts.euid == 0 && c->ns_facts.initial_userns &&
		       ns_facts_cap(&c->ns_facts, CAP_SYS_ADMIN);
	/* a kept one may be used without metacopy next time: its files would seem empty */
	f.has_layer = c->fs_plan->root_kind == FS_ROOT_OVERLAY &&
		      c->fs_plan->layer_place != FS_LAYER_KEPT;
	TRY(root_ids_decide(&f, list, e));
	if (f.mapped)
		return remember(c, "same", e);
	TRY(try_ways(c, list, root, e));
	if (c->fs_plan->root_mount >= 0 || c->root_ids == ROOT_IDS_CHOWN)
		return 0;
	log_warning(
		"root.path %s: it belongs to %u:%u, who has no id in the container: what "
		"is there can be read, but not changed (--root-ids)",
		path, (unsigned)st.st_uid, (unsigned)st.st_gid);
	return remember(c, "none", e);
}
