/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan as text: one line per part, parts that are empty are left out. */
#include "ns/plan.h"

static void print_flags(const char *title, uint64_t flags, struct str *ret)
{
	if (!flags)
		return;
	str_add(ret, title);
	for (int k = 0; k < NSFD_KINDS; k++)
		if (flags & ns_kinds[k].flag)
			str_addf(ret, " %s", ns_kinds[k].name);
	str_add(ret, "\n");
}

static void print_map(const char *title, const struct ns_map *m, struct str *ret)
{
	static const char *const how[] = { "none", "direct", "own", "helper", "lent" };
	struct oci_id_mappings ids = ns_map_ids(m);

	if (m->how == NS_MAP_NONE)
		return;
	str_addf(ret, "%s %s", title, how[m->how]);
	for (size_t i = 0; i < ids.n; i++)
		str_addf(ret, "%s %u %u %u", i ? "," : "", ids.v[i].container_id,
			 ids.v[i].host_id, ids.v[i].size);
	str_add(ret, "\n");
}

static void print_inside(const struct ns_plan *p, struct str *ret)
{
	if (p->hostname)
		str_addf(ret, "hostname %s\n", p->hostname);
	if (p->domainname)
		str_addf(ret, "domainname %s\n", p->domainname);
	if (p->lo_up)
		str_add(ret, "lo up\n");
	for (size_t i = 0; p->sysctl && i < p->sysctl->n; i++)
		str_addf(ret, "sysctl %s=%s\n", p->sysctl->v[i].key,
			 p->sysctl->v[i].value);
	for (int k = 0; k < NSFD_KINDS; k++)
		if (p->guarded >> k & 1)
			str_addf(ret, "guard %s\n", ns_kinds[k].name);
}

void ns_plan_print(const struct ns_plan *p, struct str *ret)
{
	print_flags("birth", p->birth_flags, ret);
	print_flags("init", p->init_flags, ret);
	for (size_t i = 0; i < p->n_joins; i++)
		str_addf(ret, "join %s %s %s\n", ns_kinds[p->joins[i].kind].name,
			 p->joins[i].who == NS_USHER ? "usher" : "init",
			 p->joins[i].path);
	print_map("uid", &p->uid, ret);
	print_map("gid", &p->gid, ret);
	if (p->uid.how != NS_MAP_NONE)
		str_addf(ret, "become %u:%u\n", p->setup_uid, p->setup_gid);
	if (!p->setgroups)
		str_add(ret, p->deny_setgroups ? "setgroups deny\n" : "setgroups no\n");
	print_inside(p, ret);
	for (size_t i = 0; i < p->n_warnings; i++)
		str_addf(ret, "warning %s\n", p->warnings[i]);
}
