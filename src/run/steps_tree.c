/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mounts of a container without a mount namespace of its own (fs/inherit.h): they are the
 * only ones that do not end with a namespace, so HOST makes the mount that holds them all, in
 * its own namespace, which is INIT's too, and it has an undo.
 */
#include "run/steps.h"

#include "base/log.h"
#include "fs/inherit.h"

bool wants_tree(const struct container *c)
{
	return c->fs_plan->own_tree;
}

int host_tree_reserve(struct container *c, struct err *e)
{
	struct inherit_id id;

	TRY(inherit_reserve(c->dir.dir, &id, e));
	c->record.mounts_dev = (struct oci_opt_uint){ true, id.dev };
	c->record.mounts_ino = (struct oci_opt_uint){ true, id.ino };
	return 0;
}

int host_tree(struct container *c, struct err *e)
{
	log_info("without a mount namespace the container's mounts are mounts of the "
		 "machine, "
		 "in the directory %s of its state directory, until it is deleted; with "
		 "CAP_SYS_CHROOT it can leave its root",
		 INHERIT_DIR);
	return inherit_attach(c->fs_plan, c->dir.dir, c->bundle_fd, e);
}

static int remove_recorded(int state_dir, const struct run_record *r, struct err *e)
{
	const struct inherit_id id = { r->mounts_dev.v, r->mounts_ino.v };

	return r->mounts_ino.set ? inherit_remove(state_dir, &id, e) : 0;
}

int tree_remove(const struct statedir *s, const struct run_record *r, struct err *e)
{
	return r ? remove_recorded(s->dir, r, e) : inherit_remove(s->dir, NULL, e);
}

void host_tree_undo(struct container *c)
{
	struct err e = { 0 };

	if (remove_recorded(c->dir.dir, &c->record, &e) < 0)
		log_warning("%s", e.text);
}
