/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan of the namespaces. Pure: no system call, no change of the config. The order of
 * the checks is the order of the messages: what is listed, who may do it, ids, what is set
 * inside. A kind that is not listed is kept, and nothing may then be set in it.
 */
#include "ns/plan.h"

#include "kernel/spawn.h"
#include "ns/sysctl.h"
#include "ns/userns.h"

#include <linux/capability.h>

/* The config's linux section, or an empty one. */
static const struct oci_linux *linux_of(const struct oci_config *c)
{
	static const struct oci_linux none;

	return c->linux ? c->linux : &none;
}

static void warn(struct ns_plan *p, const char *text)
{
	if (p->n_warnings < NS_WARNINGS_MAX)
		p->warnings[p->n_warnings++] = text;
}

/* ---- which kinds ------------------------------------------------------------------- */

static int take_list(const struct oci_linux *l, const struct ns_facts *f,
		     struct ns_plan *p, struct err *e)
{
	for (size_t i = 0; i < l->namespaces.n; i++) {
		const struct oci_namespace *ns = &l->namespaces.v[i];
		enum nsfd_kind k = ns_kind_of(ns->type);
		WHERE(e, "linux.namespaces", i, ns_kinds[k].name);

		if (p->mode[k] != NS_KEEP)
			return err_set(e, "listed twice");
		if (k == NSFD_TIME && !f->has_time_ns) {
			err_set(e, "this kernel has no time namespaces");
			return err_hint(e, "it needs Linux 5.6 with CONFIG_TIME_NS");
		}
		p->mode[k] = ns->path ? NS_JOIN : NS_NEW;
	}
	/* in the order of the kinds, whatever the order of the list */
	for (int k = 0; k < NSFD_KINDS; k++)
		for (size_t i = 0; p->mode[k] == NS_JOIN && i < l->namespaces.n; i++)
			if (l->namespaces.v[i].type == ns_kinds[k].type)
				p->joins[p->n_joins++] =
					(struct ns_join){ k, NS_INIT,
							  l->namespaces.v[i].path, i };
	return 0;
}

/* Without a user namespace every kind needs the capability in the caller's own one. */
static int check_privilege(const struct oci_linux *l, const struct ns_facts *f,
			   const struct ns_plan *p, struct err *e)
{
	if (p->mode[NSFD_USER] != NS_KEEP || ns_facts_cap(f, CAP_SYS_ADMIN))
		return 0;
	for (size_t i = 0; i < l->namespaces.n; i++) {
		const struct oci_namespace *ns = &l->namespaces.v[i];
		WHERE(e, "linux.namespaces", i, ns_kinds[ns_kind_of(ns->type)].name);

		err_set(e, "%s one needs CAP_SYS_ADMIN or a user namespace",
			ns->path ? "joining" : "making");
		return err_hint(e, "run as root, or add a namespace of type user with "
				   "linux.uidMappings and linux.gidMappings");
	}
	return 0;
}

/*
 * Joins that need the caller's privileges, or that apply to children only, come before the
 * birth of INIT, in USHER. Where nothing forces it INIT enters cgroup and mount namespaces
 * itself: it is born into its cgroup and opens the mount sources first.
 */
static void decide_who(struct ns_plan *p)
{
	bool user_new = p->mode[NSFD_USER] == NS_NEW;

	p->usher = p->mode[NSFD_USER] == NS_JOIN || p->mode[NSFD_PID] == NS_JOIN ||
		   (user_new && p->n_joins > 0);
	for (size_t i = 0; p->usher && i < p->n_joins; i++) {
		enum nsfd_kind k = p->joins[i].kind;

		if (user_new || (k != NSFD_CGROUP && k != NSFD_MNT))
			p->joins[i].who = NS_USHER;
	}
}

static void decide_flags(const struct oci_linux *l, struct ns_plan *p)
{
	const struct oci_time_offsets *o = l->time_offsets;

	if (o && (o->monotonic || o->boottime))
		p->time_offsets = o;
	for (int k = 0; k < NSFD_KINDS; k++) {
		if (p->mode[k] != NS_NEW)
			continue;
		/* a time namespace that was entered takes no offsets any more */
		if (k == NSFD_CGROUP || (k == NSFD_TIME && p->time_offsets))
			p->init_flags |= ns_kinds[k].flag;
		else
			p->birth_flags |= ns_kinds[k].flag;
	}
	p->lo_up = p->mode[NSFD_NET] == NS_NEW;
}

/* ---- ids --------------------------------------------------------------------------- */

bool ns_map_has(const struct ns_map *m, uint32_t id)
{
	struct oci_id_mappings ids = ns_map_ids(m);

	for (size_t i = 0; i < ids.n; i++)
		if (id >= ids.v[i].container_id &&
		    id - ids.v[i].container_id < ids.v[i].size)
			return true;
	return m->how == NS_MAP_NONE;
}

static enum ns_map_how how_to_map(struct oci_id_mappings ids, bool privileged,
				  uint32_t own)
{
	if (privileged)
		return NS_MAP_DIRECT;
	if (ids.n == 1 && ids.v[0].size == 1 && ids.v[0].host_id == own)
		return NS_MAP_OWN;
	return NS_MAP_HELPER;
}

static int plan_map(const char *member, struct oci_id_mappings ids, bool privileged,
		    uint32_t own, struct ns_map *ret, struct err *e)
{
	WHERE_IN(e, member, NULL);

	if (ids.n == 0) {
		err_set(e, "a new user namespace needs at least one entry");
		return err_hint(e,
				"for example {\"containerID\": 0, \"hostID\": %u, "
				"\"size\": %u}",
				own ? own : 100000, own ? 1 : 65536);
	}
	TRY(ns_map_check(ids, e));
	ret->ids = ids;
	ret->how = how_to_map(ids, privileged, own);
	return 0;
}

/*
 * Nothing named and no privilege: the caller's own ids and all subordinate ones, if they can
 * be had; else the one id everybody may map, and it is said so.
 */
static int plan_default(const struct ns_facts *f, struct ns_plan *p, struct err *e)
{
	if (f->default_uids.n && f->default_gids.n) {
		TRY(plan_map("linux.uidMappings", f->default_uids, false, f->euid,
			     &p->uid, e));
		return plan_map("linux.gidMappings", f->default_gids, false, f->egid,
				&p->gid, e);
	}
	p->uid = (struct ns_map){ .how = NS_MAP_OWN,
				  .own = { 0, f->euid, 1 },
				  .fallback = true };
	p->gid = (struct ns_map){ .how = NS_MAP_OWN,
				  .own = { 0, f->egid, 1 },
				  .fallback = true };
	warn(p, f->default_why ? f->default_why
			       : "linux.uidMappings and linux.gidMappings are missing: "
				 "only the caller's own ids are mapped, as root");
	return 0;
}

static uint32_t setup_id(const struct ns_map *m)
{
	return ns_map_has(m, 0) ? 0 : ns_map_ids(m).v[0].container_id;
}

static int check_user(const struct oci_config *c, const struct ns_plan *p, struct err *e)
{
	const struct oci_user *u = c->process ? &c->process->user : NULL;

	if (!u)
		return 0;
	if (!ns_map_has(&p->uid, u->uid))
		return err_set(e,
			       "process.user.uid: %u is not mapped by linux.uidMappings",
			       u->uid);
	if (!ns_map_has(&p->gid, u->gid))
		return err_set(e,
			       "process.user.gid: %u is not mapped by linux.gidMappings",
			       u->gid);
	/* where groups cannot be set at all they are left out, with a warning (src/sec) */
	for (size_t i = 0; p->setgroups && i < u->additional_gids.n; i++) {
		WHERE(e, "process.user.additionalGids", i, NULL);
		uint32_t gid = (uint32_t)u->additional_gids.v[i];

		if (!ns_map_has(&p->gid, gid))
			return err_set(e, "%u is not mapped by linux.gidMappings", gid);
	}
	return 0;
}

static int plan_new_userns(const struct oci_config *c, const struct ns_facts *f,
			   struct ns_plan *p, struct err *e)
{
	const struct oci_linux *l = linux_of(c);
	bool setuid = ns_facts_cap(f, CAP_SETUID), setgid = ns_facts_cap(f, CAP_SETGID);

	if (l->uid_mappings.n == 0 && l->gid_mappings.n == 0 && !setuid && !setgid) {
		TRY(plan_default(f, p, e));
	} else {
		TRY(plan_map("linux.uidMappings", l->uid_mappings, setuid, f->euid,
			     &p->uid, e));
		TRY(plan_map("linux.gidMappings", l->gid_mappings, setgid, f->egid,
			     &p->gid, e));
	}
	if (f->lent)
		p->uid.how = p->gid.how = NS_MAP_LENT;
	p->deny_setgroups = p->gid.how == NS_MAP_OWN;
	p->setgroups = !p->deny_setgroups && !f->setgroups_denied;
	p->setup_uid = setup_id(&p->uid);
	p->setup_gid = setup_id(&p->gid);
	return check_user(c, p, e);
}

static int plan_ids(const struct oci_config *c, const struct ns_facts *f,
		    struct ns_plan *p, struct err *e)
{
	const struct oci_linux *l = linux_of(c);

	switch (p->mode[NSFD_USER]) {
	case NS_KEEP:
		if (l->uid_mappings.n || l->gid_mappings.n) {
			err_set(e, "linux.%s: needs a new user namespace",
				l->uid_mappings.n ? "uidMappings" : "gidMappings");
			return err_hint(e,
					"add {\"type\": \"user\"} to linux.namespaces");
		}
		p->setgroups = ns_facts_cap(f, CAP_SETGID) && !f->setgroups_denied;
		break;
	case NS_JOIN: /* has its maps; engines list them all the same */
		p->setgroups = true;
		break;
	case NS_NEW:
		TRY(plan_new_userns(c, f, p, e));
		break;
	}
	return 0;
}

/* ---- what is set inside ------------------------------------------------------------- */

static int plan_name(const char *member, const char *name, const char **ret,
		     struct ns_plan *p, struct err *e)
{
	if (!name || !*name)
		return 0;
	WHERE_IN(e, member, NULL);
	if (!ns_plan_has(p, NSFD_UTS)) {
		err_set(e, "needs a uts namespace: it would change the host's");
		return err_hint(e, "add {\"type\": \"uts\"} to linux.namespaces");
	}
	if (p->mode[NSFD_UTS] == NS_JOIN)
		p->guarded |= 1U << NSFD_UTS;
	*ret = name;
	return 0;
}

static int plan_sysctl(const struct oci_config *c, const char *key, struct ns_plan *p,
		       struct err *e)
{
	WHERE_IN(e, "linux.sysctl", key);
	char path[NS_SYSCTL_PATH_MAX];
	int k;

	if (!ns_sysctl_path(key, path))
		return err_set(e, "malformed name");
	k = ns_sysctl_kind(path);
	if (k < 0) {
		err_set(e, "belongs to no namespace: it would change the host");
		return err_hint(e,
				"set it on the host with sysctl(8), if it is meant so");
	}
	if (!ns_plan_has(p, (enum nsfd_kind)k)) {
		err_set(e, "needs a namespace of type %s: it would change the host's",
			ns_kinds[k].name);
		return err_hint(e, "add {\"type\": \"%s\"} to linux.namespaces",
				ns_kinds[k].name);
	}
	if (str_eq(path, "kernel/hostname") && c->hostname && *c->hostname)
		return err_set(e, "contradicts the member hostname");
	if (str_eq(path, "kernel/domainname") && c->domainname && *c->domainname)
		return err_set(e, "contradicts the member domainname");
	if (p->mode[k] == NS_JOIN)
		p->guarded |= 1U << k;
	return 0;
}

static int plan_inside(const struct oci_config *c, struct ns_plan *p, struct err *e)
{
	const struct oci_linux *l = linux_of(c);

	TRY(plan_name("hostname", c->hostname, &p->hostname, p, e));
	TRY(plan_name("domainname", c->domainname, &p->domainname, p, e));
	if (p->time_offsets && p->mode[NSFD_TIME] != NS_NEW) {
		err_set(e, "linux.timeOffsets: needs a new time namespace");
		return err_hint(e,
				p->mode[NSFD_TIME] == NS_JOIN
					? "the clocks of a joined one are fixed"
					: "add {\"type\": \"time\"} to linux.namespaces");
	}
	for (size_t i = 0; i < l->sysctl.n; i++)
		TRY(plan_sysctl(c, l->sysctl.v[i].key, p, e));
	if (l->sysctl.n)
		p->sysctl = &l->sysctl;
	if (l->net_devices.n && !ns_plan_has(p, NSFD_NET)) {
		err_set(e, "linux.netDevices: needs a network namespace");
		return err_hint(e, "add {\"type\": \"network\"} to linux.namespaces");
	}
	return 0;
}

int ns_plan_make(const struct oci_config *config, const struct ns_facts *facts,
		 struct ns_plan *ret, struct err *e)
{
	const struct oci_linux *l = linux_of(config);
	struct ns_plan p = { 0 };

	TRY(take_list(l, facts, &p, e));
	TRY(check_privilege(l, facts, &p, e));
	decide_who(&p);
	decide_flags(l, &p);
	TRY(plan_ids(config, facts, &p, e));
	TRY(plan_inside(config, &p, e));
	*ret = p;
	return 0;
}
