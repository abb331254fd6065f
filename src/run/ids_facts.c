/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ids the caller may give to a container; see ids.h and ids_auto.h. */
#include "run/ids_auto.h"

#include "base/mem.h"
#include "kernel/procfs.h"
#include "ns/nsresource.h"
#include "ns/subid.h"

#include <linux/capability.h>
#include <stdlib.h>

enum { IDENTITY_IDS = 65535, MAP_TEXT_MAX = 16384 };

bool ids_privileged(const struct ns_facts *ns)
{
	return ns_facts_cap(ns, CAP_SETUID) && ns_facts_cap(ns, CAP_SETGID) &&
	       ns_facts_cap(ns, CAP_SYS_ADMIN);
}

static void to_mappings(struct oci_arena *arena, const struct subid_ranges *ranges,
			struct oci_id_mappings *ret)
{
	*ret = (struct oci_id_mappings){ 0, oci_alloc(arena, (ranges->n + 1) *
								     sizeof(*ret->v)) };
	for (size_t i = 0; ret->v && i < ranges->n; i++) {
		struct subid_range r = ranges->v[i];

		if (r.start > UINT32_MAX || !r.count)
			continue;
		if (r.count > UINT32_MAX - r.start)
			r.count = UINT32_MAX - r.start;
		ret->v[ret->n++] = (struct oci_id_mapping){ 0, (uint32_t)r.start,
							    (uint32_t)r.count };
	}
}

/* What root gives to containers is under this name, by convention of Podman's. */
static char *owner_name(const struct ns_facts *ns)
{
	return ids_privileged(ns) ? xstrdup("containers") : subid_user_name(ns->euid);
}

/* The user has nothing in the file: -1 with the reason and the cure. */
static int lacks(const struct ns_facts *ns, const char *file, const char *kind,
		 const char *name, struct err *e)
{
	char passed_over[128] = "", cure[ERR_HINT_MAX];

	subid_passed_over(file, name, ns->euid, passed_over, sizeof(passed_over));
	subid_cure(name, ns->euid, cure, sizeof(cure));
	ids_lacks(kind, ids_privileged(ns) ? 0 : ns->euid, passed_over, cure, e);
	if (!ids_privileged(ns) && nsresource_is_there())
		err_hint_more(e, "or --userns auto, with ids from systemd-nsresourced");
	return -1;
}

/* Of the file of a kind; own: the caller's id of that kind. */
static int ranges_of(const struct ns_facts *ns, const char *file, const char *kind,
		     uint32_t own, struct subid_ranges *ret, struct err *e)
{
	auto_free char *name = owner_name(ns);

	TRY(subid_of_user(file, name, ns->euid, ret, e));
	subid_leave_out(ret, own);
	return ret->n ? 0 : lacks(ns, file, kind, name, e);
}

static int take_ranges(struct oci_arena *arena, const struct ns_facts *ns,
		       const char *file, const char *kind, uint32_t own,
		       struct oci_id_mappings *ret, struct err *e)
{
	auto_subid ranges = { 0 };

	TRY(ranges_of(ns, file, kind, own, &ranges, e));
	to_mappings(arena, &ranges, ret);
	return 0;
}

/* Root of a user namespace that is not the first (rootless Podman's): all but its own id. */
static int pool_of_namespace(int proc_fd, const char *map, uint32_t own,
			     struct subid_ranges *ret, struct err *e)
{
	struct subid_range self = { own, 1 };
	struct subid_ranges without = { &self, 1 };
	auto_free char *text = xcalloc(1, MAP_TEXT_MAX);
	auto_subid all = { 0 };

	if (procfs_read(proc_fd, map, text, MAP_TEXT_MAX) < 0)
		return err_sys_plain(e, "/proc/%s", map);
	idpool_add_map(text, IDPOOL_INSIDE, &all);
	idpool_free(&all, &without, ret);
	return 0;
}

static int take_namespace(struct oci_arena *arena, int proc_fd, const char *map,
			  uint32_t own, struct oci_id_mappings *ret, struct err *e)
{
	auto_subid ranges = { 0 };

	TRY(pool_of_namespace(proc_fd, map, own, &ranges, e));
	to_mappings(arena, &ranges, ret);
	return 0;
}

/* Root needs nobody's permission: the ids above its own stand for themselves. */
static int identity(struct oci_arena *arena, struct oci_id_mappings *ret, struct err *e)
{
	*ret = (struct oci_id_mappings){ 1, oci_alloc(arena, sizeof(*ret->v)) };
	if (!ret->v)
		return err_set(e, "out of memory");
	ret->v[0] = (struct oci_id_mapping){ 0, 1, IDENTITY_IDS };
	return 0;
}

int ids_subordinate(const struct ns_facts *ns, int proc_fd, enum ids_mode mode,
		    struct oci_arena *arena, struct oci_id_mappings *ret_uids,
		    struct oci_id_mappings *ret_gids, struct err *e)
{
	*ret_uids = *ret_gids = (struct oci_id_mappings){ 0 };
	switch (mode) {
	case IDS_SINGLE:
	case IDS_AUTO: /* they are chosen later, under the lock */
	case IDS_MAP:
	case IDS_HOST:
		return 0;
	case IDS_SHARED:
	case IDS_KEEP_ID:
	case IDS_NOMAP:
		break;
	}
	if (ids_privileged(ns) && !ns->initial_userns) {
		TRY(take_namespace(arena, proc_fd, "self/uid_map", ns->euid, ret_uids,
				   e));
		return take_namespace(arena, proc_fd, "self/gid_map", ns->egid, ret_gids,
				      e);
	}
	if (ids_privileged(ns) && mode != IDS_NOMAP) {
		TRY(identity(arena, ret_uids, e));
		return identity(arena, ret_gids, e);
	}
	TRY(take_ranges(arena, ns, "/etc/subuid", "uid", ns->euid, ret_uids, e));
	return take_ranges(arena, ns, "/etc/subgid", "gid", ns->egid, ret_gids, e);
}

/* ---- the pool of `auto` ------------------------------------------------------------------ */

int ids_pool(const struct ns_facts *ns, int proc_fd, struct subid_ranges *ret_uids,
	     struct subid_ranges *ret_gids, struct err *e)
{
	if (ids_privileged(ns) && !ns->initial_userns) {
		TRY(pool_of_namespace(proc_fd, "self/uid_map", ns->euid, ret_uids, e));
		return pool_of_namespace(proc_fd, "self/gid_map", ns->egid, ret_gids, e);
	}
	TRY(ranges_of(ns, "/etc/subuid", "uid", ns->euid, ret_uids, e));
	return ranges_of(ns, "/etc/subgid", "gid", ns->egid, ret_gids, e);
}
