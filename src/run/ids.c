/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The annotation wolffia.userns; see ids.h. */
#include "run/ids.h"

#include "base/fd.h"
#include "run/container.h"
#include "run/ids_auto.h"

static const char *wanted(const struct oci_config *config)
{
	const struct oci_map *a = &config->annotations;

	for (size_t i = 0; i < a->n; i++)
		if (str_eq(a->v[i].key, IDS_ANNOTATION))
			return a->v[i].value;
	return NULL;
}

static bool has_new_userns(const struct oci_linux *l)
{
	for (size_t i = 0; l && i < l->namespaces.n; i++)
		if (l->namespaces.v[i].type == OCI_NS_USER && !l->namespaces.v[i].path)
			return true;
	return false;
}

/* An annotation that cannot be followed is never passed over: somebody counts on it. */
static int check(const struct oci_config *config, const struct ids_wish *w, struct err *e)
{
	const struct oci_linux *l = config->linux;

	if (w->mode == IDS_HOST && has_new_userns(l)) {
		err_set(e, "host: linux.namespaces has a new user namespace");
		return err_hint(e, "leave {\"type\": \"user\"} out, or this annotation");
	}
	if (w->mode == IDS_HOST)
		return 0;
	if (!has_new_userns(l)) {
		err_set(e, "needs a new user namespace");
		return err_hint(e, "add {\"type\": \"user\"} to linux.namespaces; with "
				   "Podman it is --userns that decides");
	}
	if (l->uid_mappings.n || l->gid_mappings.n) {
		err_set(e, "linux.uidMappings and linux.gidMappings say something else");
		return err_hint(e, "leave them out, or this annotation");
	}
	return 0;
}

/* One of the modes that need nothing but the caller's ids. */
static int map_plainly(struct container *c, const struct ids_wish *w,
		       struct oci_id_mappings *uids, struct oci_id_mappings *gids,
		       struct err *e)
{
	const struct ns_facts *f = &c->ns_facts;
	bool keep = w->mode == IDS_KEEP_ID;
	struct oci_id_mappings sub_uids, sub_gids;

	TRY(ids_subordinate(f, c->proc_fd, w->mode, &c->arena, &sub_uids, &sub_gids, e));
	TRY(ids_map(&c->arena, w->mode, f->euid,
		    w->has_uid ? w->uid
		    : keep     ? f->euid
			       : 0,
		    &sub_uids, "uid", uids, e));
	TRY(ids_map(&c->arena, w->mode, f->egid,
		    w->has_gid ? w->gid
		    : keep     ? f->egid
			       : 0,
		    &sub_gids, "gid", gids, e));
	TRY(ids_cut(uids, w->size, e));
	return ids_cut(gids, w->size, e);
}

int ids_plan(struct container *c, struct err *e)
{
	const char *text = wanted(c->config);
	struct oci_id_mappings uids = { 0 }, gids = { 0 };
	struct ids_wish w;
	/* without a file the annotation came from an option */
	WHERE_IN(e, c->args->text ? "--userns" : "annotations." IDS_ANNOTATION, NULL);

	if (!text)
		return 0;
	TRY(ids_parse(text, &c->arena, &w, e));
	TRY(check(c->config, &w, e));
	if (!c->restoring && ids_are_lent(&c->ns_facts, &w)) {
		TRY(ids_lent_plan(c, &c->config->linux->uid_mappings, e));
		return ids_lent_plan(c, &c->config->linux->gid_mappings, e);
	}
	switch (w.mode) {
	case IDS_HOST:
		return 0;
	case IDS_MAP:
		uids = w.uids;
		gids = w.gids;
		break;
	case IDS_AUTO:
		TRY(c->restoring ? ids_again(c, &uids, &gids, e)
				 : ids_auto(c, &w, &uids, &gids, e));
		c->record.id_uids = uids;
		c->record.id_gids = gids;
		break;
	case IDS_SINGLE:
	case IDS_SHARED:
	case IDS_KEEP_ID:
	case IDS_NOMAP:
		TRY(map_plainly(c, &w, &uids, &gids, e));
		break;
	}
	c->config->linux->uid_mappings = uids;
	c->config->linux->gid_mappings = gids;
	return 0;
}

void ids_chosen(struct container *c)
{
	fd_close(c->ids_lock);
	c->ids_lock = -1;
}
