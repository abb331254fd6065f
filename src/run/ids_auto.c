/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing under the lock; see ids_auto.h. */
#include "run/ids_auto.h"

#include "base/fd.h"
#include "run/container.h"
#include "run/criu_image.h"
#include "run/lost.h"
#include "sec/passwd.h"

#include <fcntl.h>

/* What there is to choose from, for both kinds of ids. */
struct choice {
	struct subid_ranges pool[2], used[2], free_ids[2];
};

static const char *const kinds[2] = { "uid", "gid" };

static void forget_used(void *arg)
{
	struct choice *ch = arg;

	for (int k = 0; k < 2; k++)
		subid_ranges_free(&ch->used[k]);
}

static void choice_close(struct choice *ch)
{
	forget_used(ch);
	for (int k = 0; k < 2; k++) {
		subid_ranges_free(&ch->pool[k]);
		subid_ranges_free(&ch->free_ids[k]);
	}
}

static int add_record(const struct run_record *r, void *arg, struct err *e)
{
	const struct oci_id_mappings *maps[2] = { &r->id_uids, &r->id_gids };
	struct choice *ch = arg;

	(void)e;
	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < maps[k]->n; i++) {
			struct subid_range one = { maps[k]->v[i].host_id,
						   maps[k]->v[i].size };
			struct subid_ranges list = { &one, 1 };

			subid_ranges_add(&ch->used[k], &list);
		}
	return 0;
}

/* ---- how many ---------------------------------------------------------------------------- */

static uint32_t highest_in(int root_fd, const char *file)
{
	struct err ignored = { 0 };
	auto_str text = { 0 };

	if (passwd_read(root_fd, file, &text, &ignored) < 0 || !text.s)
		return 0;
	return idpool_highest(text.s, 2);
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* The root that the container will see, or most of it. */
static int open_root(const struct container *c)
{
	const struct oci_map *a = &c->config->annotations;

	for (size_t i = 0; i < a->n; i++)
		if (str_eq(a->v[i].key, "wolffia.root") && str_eq(a->v[i].value, "empty"))
			return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return openat(c->bundle_fd, c->config->root->path,
		      O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The highest id that the image or the process needs. */
static uint32_t highest_needed(const struct container *c)
{
	auto_close int root = open_root(c);
	uint32_t highest = 0;

	if (c->config->process) {
		const struct oci_user *u = &c->config->process->user;

		highest = larger(u->uid, u->gid);
		for (size_t i = 0; i < u->additional_gids.n; i++)
			highest = larger(highest, (uint32_t)u->additional_gids.v[i]);
	}
	if (root < 0)
		return highest;
	highest = larger(highest, highest_in(root, "etc/passwd"));
	return larger(highest, highest_in(root, "etc/group"));
}

static uint64_t how_many(const struct container *c, const struct choice *ch)
{
	uint32_t highest = highest_needed(c);
	uint64_t uids = idpool_default(&ch->free_ids[0], highest);
	uint64_t gids = idpool_default(&ch->free_ids[1], highest);

	return uids < gids ? uids : gids;
}

/* ---- the choice -------------------------------------------------------------------------- */

/* Locks the state root, and finds out what is free. */
static int survey(struct container *c, struct choice *ch, struct err *e)
{
	const struct lost_survey records = { add_record, forget_used, ch };
	const struct ns_facts *f = &c->ns_facts;

	TRY(ids_pool(f, c->proc_fd, &ch->pool[0], &ch->pool[1], e));
	TRY(lost_survey(c, &records, e));
	TRY(idpool_in_use(c->proc_fd, f->euid, f->egid, &ch->used[0], &ch->used[1], e));
	for (int k = 0; k < 2; k++)
		idpool_free(&ch->pool[k], &ch->used[k], &ch->free_ids[k]);
	return 0;
}

static int choose(struct container *c, const struct ids_wish *wish, struct choice *ch,
		  struct oci_id_mappings *const ret[2], struct err *e)
{
	uint64_t size = wish->size;

	TRY(survey(c, ch, e));
	if (!size)
		size = how_many(c, ch);
	for (int k = 0; k < 2; k++)
		if (idpool_choose(&ch->pool[k], &ch->free_ids[k], size, kinds[k],
				  &c->arena, ret[k], e) < 0)
			return err_hint(e,
					"auto:size=N asks for fewer; `wolffia gc --all` "
					"gives back what stopped containers hold");
	return 0;
}

int ids_auto(struct container *c, const struct ids_wish *wish,
	     struct oci_id_mappings *ret_uids, struct oci_id_mappings *ret_gids,
	     struct err *e)
{
	struct oci_id_mappings *const ret[2] = { ret_uids, ret_gids };
	struct choice ch = { 0 };
	int rc = choose(c, wish, &ch, ret, e);

	choice_close(&ch);
	return rc;
}

/* ---- the same ids once more ---------------------------------------------------------------- */

static int check_free(struct oci_id_mappings ids, const struct subid_ranges *free_ids,
		      const char *kind, struct err *e)
{
	for (size_t i = 0; i < ids.n; i++) {
		const struct oci_id_mapping *m = &ids.v[i];

		if (m->size && subid_overlap(free_ids, m->host_id, m->size) == m->size)
			continue;
		err_set(e,
			"the container cannot be restored: the %ss %u-%llu that it had "
			"are not free",
			kind, m->host_id, (unsigned long long)m->host_id + m->size - 1);
		return err_hint(e,
				"another container has them, or they are no longer the "
				"caller's: see `wolffia list` and /etc/sub%s",
				kind);
	}
	return 0;
}

int ids_again(struct container *c, struct oci_id_mappings *ret_uids,
	      struct oci_id_mappings *ret_gids, struct err *e)
{
	auto_close int dir = criu_image_open(c->images, "--image-path", false, e);
	struct choice ch = { 0 };
	struct criu_ids had;
	int rc;

	if (dir < 0)
		return -1;
	TRY(criu_image_read_ids(dir, &c->arena, &had, e));
	if (!had.uids.n || !had.gids.n) {
		err_set(e,
			"the container cannot be restored: --image-path %s does not "
			"say which ids it had",
			c->images);
		return err_hint(e, "ids.json is written by a checkpoint of a container "
				   "that has ids of its own");
	}
	rc = survey(c, &ch, e);
	if (rc == 0)
		rc = check_free(had.uids, &ch.free_ids[0], kinds[0], e);
	if (rc == 0)
		rc = check_free(had.gids, &ch.free_ids[1], kinds[1], e);
	choice_close(&ch);
	*ret_uids = had.uids;
	*ret_gids = had.gids;
	return rc;
}
