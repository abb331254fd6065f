/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's own system as a container sees it; see direct.h. Each directory at the top
 * is a mount of its own, because mounts of the machine cannot be uncovered by a user
 * namespace: one clone of all of "/" would bring everything along. What stands in no table
 * is shown, read-only; what belongs to somebody, or is a way to talk to the machine, is
 * replaced by an empty directory or left out.
 */
#include "base/str.h"
#include "run/direct.h"

#include <stdio.h>

enum what {
	LEAVE_OUT,
	FRESH, /* an empty tmpfs */
	FRESH_OPEN, /* the same, for everybody: /tmp */
};

static const struct {
	const char *name;
	enum what what;
} special[] = {
	{ "boot", LEAVE_OUT },	     { "dev", LEAVE_OUT },   { "home", LEAVE_OUT },
	{ "lost+found", LEAVE_OUT }, { "media", LEAVE_OUT }, { "mnt", LEAVE_OUT },
	{ "proc", LEAVE_OUT },	     { "root", LEAVE_OUT },  { "run", FRESH },
	{ "selinux", LEAVE_OUT },    { "snap", LEAVE_OUT },  { "srv", LEAVE_OUT },
	{ "sys", LEAVE_OUT },	     { "tmp", FRESH_OPEN },
};

const char *const direct_host_masked[] = {
	"/etc/docker",	       "/etc/gshadow",
	"/etc/gshadow-",       "/etc/krb5.keytab",
	"/etc/kubernetes",     "/etc/NetworkManager/system-connections",
	"/etc/rancher",	       "/etc/shadow",
	"/etc/shadow-",	       "/etc/ssh",
	"/etc/ssl/private",    "/etc/sudoers",
	"/etc/sudoers.d",      "/etc/wireguard",
	"/var/backups",	       "/var/lib/containerd",
	"/var/lib/containers", "/var/lib/docker",
	"/var/lib/kubelet",    "/var/lib/lxd",
	"/var/lib/mysql",      "/var/lib/postgresql",
	"/var/lib/private",    "/var/lib/sss",
	DIRECT_VAR_LOG,	       "/var/mail",
	"/var/spool",	       NULL,
};

static char *words_link[] = { (char *)"bind", (char *)"copy-symlink", NULL };
static char *words_layer[] = { (char *)"bind", (char *)"throw-away", (char *)"nosuid",
			       (char *)"nodev", NULL };
static char *words_shown[] = { (char *)"rbind", (char *)"rro", (char *)"rnosuid",
			       (char *)"rnodev", NULL };

#define WORDS(list) ((struct oci_strings){ ARRAY_SIZE(list) - 1, list })

static void add_fresh(struct oci_arena *arena, const char *at, const char *mode,
		      const char *size, struct oci_mount *list, size_t *n)
{
	char **v = oci_alloc(arena, 4 * sizeof(*v));

	if (!v)
		return;
	v[0] = (char *)"nosuid";
	v[1] = (char *)"nodev";
	v[2] = (char *)mode;
	v[3] = (char *)size;
	list[(*n)++] = (struct oci_mount){ .destination = (char *)at,
					   .type = (char *)"tmpfs",
					   .source = (char *)"tmpfs",
					   .options = { 4, v } };
}

static char *at_top(struct oci_arena *arena, const char *name)
{
	size_t size = strlen(name) + 2;
	char *path = oci_alloc(arena, size);

	if (path)
		snprintf(path, size, "/%s", name);
	return path;
}

static void show(struct oci_arena *arena, const struct direct_top *top, const char *size,
		 struct oci_mount *list, size_t *n)
{
	struct oci_mount *m = &list[*n];
	char *path = at_top(arena, top->name);

	for (size_t i = 0; i < ARRAY_SIZE(special); i++) {
		if (!str_eq(special[i].name, top->name))
			continue;
		if (special[i].what == LEAVE_OUT && top->leads_to_hidden)
			break; /* /home of ostree: the link, and what it leads to is empty */
		if (special[i].what != LEAVE_OUT)
			add_fresh(arena, path,
				  special[i].what == FRESH ? "mode=0755" : "mode=1777",
				  size, list, n);
		return;
	}
	m->destination = m->source = path;
	m->type = (char *)"bind";
	/* a layer helps those who own what is below, nobody else could write; and labels */
	m->options = top->is_link			  ? WORDS(words_link)
		     : top->is_mapped && !top->has_mounts ? WORDS(words_layer)
							  : WORDS(words_shown);
	++*n;
}

bool direct_host_is_shown(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(special); i++)
		if (str_eq(special[i].name, name))
			return false;
	return true;
}

size_t direct_host_room(const struct direct_facts *facts)
{
	return facts->n_tops + facts->n_hidden + 4;
}

void direct_host_mounts(struct oci_arena *arena, const struct direct_facts *facts,
			const char *size, struct oci_mount *list, size_t *n)
{
	for (size_t i = 0; i < facts->n_tops; i++)
		show(arena, &facts->tops[i], size, list, n);
	if (facts->has_var_tmp)
		add_fresh(arena, "/var/tmp", "mode=1777", size, list, n);
	if (facts->has_var_log)
		add_fresh(arena, DIRECT_VAR_LOG, "mode=0755", size, list, n);
	for (size_t i = 0; i < facts->n_hidden; i++)
		add_fresh(arena, facts->hidden[i], "mode=0755", size, list, n);
	if (facts->home)
		add_fresh(arena, facts->home, "mode=0700", size, list, n);
}
