/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Default maps; see idmap.h. Nothing is tried: what newuidmap says in the end counts. */
#include "ns/idmap.h"

#include "base/mem.h"
#include "ns/helper.h"

#include <linux/capability.h>
#include <stdio.h>
#include <unistd.h>

enum { WHY_MAX = 400 };

void ns_idmap_default(struct oci_arena *arena, uint32_t own,
		      const struct subid_ranges *ranges, struct oci_id_mappings *ret)
{
	uint64_t next = 1;

	*ret = (struct oci_id_mappings){ 0, oci_alloc(arena, (ranges->n + 1) *
								     sizeof(*ret->v)) };
	if (!ret->v)
		return;
	ret->v[ret->n++] = (struct oci_id_mapping){ 0, own, 1 };
	for (size_t i = 0; i < ranges->n; i++) {
		const struct subid_range *r = &ranges->v[i];

		if (next + r->count > UINT32_MAX)
			break;
		ret->v[ret->n++] =
			(struct oci_id_mapping){ (uint32_t)next, (uint32_t)r->start,
						 (uint32_t)r->count };
		next += r->count;
	}
}

static bool is_wanted(const struct oci_config *config, const struct ns_facts *f)
{
	const struct oci_linux *l = config->linux;

	if (!l || l->uid_mappings.n || l->gid_mappings.n || ns_facts_cap(f, CAP_SETUID) ||
	    ns_facts_cap(f, CAP_SETGID))
		return false;
	for (size_t i = 0; i < l->namespaces.n; i++)
		if (l->namespaces.v[i].type == OCI_NS_USER && !l->namespaces.v[i].path)
			return true;
	return false;
}

/* One of the two maps; false with the reason in why. */
static bool make(const struct ns_helper_kind *kind, uint32_t own, const char *name,
		 struct oci_arena *arena, struct oci_id_mappings *ret, char *why)
{
	auto_subid ranges = { 0 };
	struct err e = { 0 };
	char flaw[128];

	if (!ns_helper_usable(kind, why, WHY_MAX))
		return false;
	if (subid_of_user(kind->file, name, getuid(), &ranges, &e) < 0) {
		snprintf(why, WHY_MAX, "%.300s", e.text);
		return false;
	}
	subid_leave_out(&ranges, own);
	if (!ranges.n) {
		why += snprintf(why, WHY_MAX, "%s has no line for %.64s", kind->file,
				name ? name : "the caller");
		if (subid_passed_over(kind->file, name, getuid(), flaw, sizeof(flaw)))
			snprintf(why, 160, " (%s)", flaw);
		return false;
	}
	ns_idmap_default(arena, own, &ranges, ret);
	return ret->n > 0;
}

void ns_idmap_gather(const struct oci_config *config, struct oci_arena *arena,
		     struct ns_facts *f)
{
	auto_free char *name = NULL;
	char why[WHY_MAX] = "", text[WHY_MAX + 160];

	if (!is_wanted(config, f))
		return;
	name = subid_user_name(getuid());
	if (make(&ns_helper_uid, f->euid, name, arena, &f->default_uids, why) &&
	    make(&ns_helper_gid, f->egid, name, arena, &f->default_gids, why))
		return;
	f->default_uids.n = f->default_gids.n = 0;
	snprintf(text, sizeof(text),
		 "linux.uidMappings and linux.gidMappings are missing: only the caller's "
		 "own ids are mapped, as root: %s",
		 why);
	f->default_why = oci_strdup(arena, text);
}
