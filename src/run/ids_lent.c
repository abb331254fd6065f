/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ids that systemd-nsresourced lends (ns/nsresource.h), where the caller has none of his own.
 * It gives NSRESOURCE_IDS of them and never the caller's, so it serves the modes in which he is
 * nobody inside. Which they are is known only when INIT is there: until then the plans
 * have ids that nobody can have.
 */
#include "base/log.h"
#include "base/mem.h"
#include "ns/helper.h"
#include "ns/nsresource.h"
#include "ns/subid.h"
#include "run/container.h"
#include "run/ids.h"
#include "run/interrupt.h"

#include <errno.h>
#include <linux/capability.h>

enum { NOT_KNOWN_YET = 0xfffe }; /* times NSRESOURCE_IDS */

static bool has_ranges(const char *file, const char *name, uint32_t uid, uint32_t own)
{
	auto_subid ranges = { 0 };
	struct err why = { 0 };

	if (subid_of_user(file, name, uid, &ranges, &why) < 0)
		return true; /* a fault, to be told as such */
	subid_leave_out(&ranges, own);
	return ranges.n > 0;
}

/* Whether the caller can have ids by newuidmap and newgidmap. */
static bool has_own(const struct ns_facts *f)
{
	auto_free char *name = subid_user_name(f->euid);
	char why[256];

	return has_ranges("/etc/subuid", name, f->euid, f->euid) &&
	       has_ranges("/etc/subgid", name, f->euid, f->egid) &&
	       ns_helper_usable(&ns_helper_uid, why, sizeof(why)) &&
	       ns_helper_usable(&ns_helper_gid, why, sizeof(why));
}

bool ids_are_lent(const struct ns_facts *f, const struct ids_wish *w)
{
	bool served = w->mode == IDS_NOMAP || w->mode == IDS_AUTO;

	if (!served || (w->size && w->size != NSRESOURCE_IDS) ||
	    ns_facts_cap(f, CAP_SETUID) || ns_facts_cap(f, CAP_SETGID))
		return false;
	return nsresource_is_there() && !has_own(f);
}

int ids_lent_plan(struct container *c, struct oci_id_mappings *ret, struct err *e)
{
	struct oci_id_mapping *v = oci_alloc(&c->arena, sizeof(*v));

	if (!v)
		return err_set(e, "out of memory");
	*v = (struct oci_id_mapping){ 0, (uint32_t)NOT_KNOWN_YET * NSRESOURCE_IDS,
				      NSRESOURCE_IDS };
	*ret = (struct oci_id_mappings){ 1, v };
	c->ns_facts.lent = true;
	return 0;
}

int ids_lent_map(struct container *c, struct err *e)
{
	struct oci_id_mapping *uids = c->config->linux->uid_mappings.v;
	struct oci_id_mapping *gids = c->config->linux->gid_mappings.v;
	WHERE_IN(e, c->args->text ? "--userns" : "annotations." IDS_ANNOTATION, NULL);

	if (nsresource_map(c->init.pidfd, c->init.pid, c->proc_fd, c->interrupt_fd,
			   &uids->host_id, &gids->host_id, e) < 0) {
		if (e->code == EINTR) {
			err_clear(e);
			return interrupt_check(c->interrupt_fd, e);
		}
		return -1;
	}
	if (c->watch)
		c->watch->subids_by = "from systemd-nsresourced";
	log_info("ids of the container: %u to %u, from systemd-nsresourced",
		 uids->host_id, uids->host_id + NSRESOURCE_IDS - 1);
	return 0;
}
