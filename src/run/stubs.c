/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared mount points; see stubs.h. */
#include "run/stubs.h"

#include "base/fd.h"
#include "fs/stub.h"
#include "run/used.h"

struct claims {
	struct oci_arena *arena;
	struct stub_places places;
};

static int add_record(const struct run_record *r, void *arg, struct err *e)
{
	struct claims *claims = arg;

	(void)e;
	if (r->stubs.n)
		stub_places_add(claims->arena, &r->stubs, &claims->places);
	return 0;
}

int stubs_plan(struct container *c, struct err *e)
{
	struct claims claims = { .arena = &c->arena };
	struct oci_strings *list = &c->record.stubs;

	if (!stub_find(&c->arena, c->fs_plan, c->bundle_fd, NULL, list))
		return 0;
	if (c->ids_lock < 0)
		c->ids_lock = TRY(used_lock(c->ctx->root, USED_WAIT_MS, e));
	TRY(used_each(c->ids_lock, USED_ALL, c->args->id, add_record, &claims, e));
	/* once more: what was there may have gone with its container meanwhile */
	(void)stub_find(&c->arena, c->fs_plan, c->bundle_fd, &claims.places, list);
	return 0;
}

int stubs_release(struct statedir *s, const struct run_record *r, struct err *e)
{
	struct oci_arena arena = { 0 };
	struct claims claims = { .arena = &arena };
	auto_close int lock = -1;
	int rc;

	if (!r || !r->stubs.n)
		return statedir_remove(s, e);
	lock = TRY(used_lock_at(s->root, e));
	rc = used_each(lock, USED_ALL, s->id, add_record, &claims, e);
	if (rc == 0)
		stub_remove(&r->stubs, &claims.places);
	oci_arena_free(&arena);
	return rc < 0 ? -1 : statedir_remove(s, e);
}
