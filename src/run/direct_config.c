/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The config of direct use; see direct.h. Pure. Everything is locked unless the request says
 * otherwise: all namespaces new, few capabilities, no new privileges, the default filter, no
 * network, nothing of the caller's environment or files that was not named.
 */
#include "run/direct_maker.h"

#include "base/str.h"
#include "run/defaults.h"
#include "sec/seccomp_default.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEFAULT_OVERLAY_MIB = 1024, SIZE_MIN = 4096, HOSTNAME_MAX = 64 };

enum { MOUNT_WORDS = 7 };

static const struct {
	const char *destination, *type;
	const char *words[MOUNT_WORDS];
} mounts[] = {
	{ "/proc", "proc", { "nosuid", "noexec", "nodev" } },
	{ "/dev", "tmpfs", { "nosuid", "noexec", "strictatime", "mode=755", "size=1m" } },
	{ "/dev/pts",
	  "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620" } },
	{ "/sys", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
};

static const char *const proc_readonly[] = { "nosuid", "noexec", "nodev", "ro", NULL };

char *direct_text(struct direct_maker *m, const char *fmt, ...)
{
	va_list ap;
	char *ret;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	ret = oci_alloc(m->arena, (size_t)n + 1);
	if (!ret)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(ret, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return ret;
}

void direct_annotate(struct direct_parts *p, const char *key, char *value)
{
	p->config.annotations.v = p->annotations;
	p->annotations[p->config.annotations.n++] =
		(struct oci_pair){ (char *)key, value };
}

/* ---- environment ------------------------------------------------------------------------ */

static const char *value_of(char *const *env, const char *name, size_t n)
{
	for (; env && *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env;
	return NULL;
}

/* Is the variable of "NAME" or "NAME=VALUE" in the list from `first` on? */
static bool is_named_after(const struct direct_request *rq, const char *name,
			   size_t first)
{
	size_t n = strcspn(name, "=");

	for (size_t i = first; i < rq->n_env; i++)
		if (strncmp(rq->env[i], name, n) == 0 &&
		    (rq->env[i][n] == '=' || !rq->env[i][n]))
			return true;
	return false;
}

static bool is_named(const struct direct_request *rq, const char *name)
{
	return is_named_after(rq, name, 0);
}

static void fill_env(struct direct_maker *m, struct oci_process *p)
{
	static const char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	const struct direct_request *rq = m->rq;
	char **v =
		oci_alloc(m->arena, (rq->n_env + 4 + DIRECT_NET_VARIABLES) * sizeof(*v));
	const char *term = value_of(m->facts->env, "TERM", 4);
	size_t n = 0;

	if (!v)
		return;
	if (!is_named(rq, "PATH"))
		v[n++] = (char *)path;
	if (!rq->rootfs && m->facts->home && !is_named(rq, "HOME"))
		v[n++] = direct_text(m, "HOME=%s", m->facts->home);
	if (term && !is_named(rq, "TERM"))
		v[n++] = (char *)term;
	for (size_t i = 0; i < m->n_net_env; i++)
		if (!is_named(rq, m->net_env[i]))
			v[n++] = m->net_env[i];
	for (size_t i = 0; i < rq->n_env; i++) {
		const char *e = rq->env[i];

		if (is_named_after(rq, e, i + 1))
			continue; /* the last one counts */
		if (!strchr(e, '='))
			e = value_of(m->facts->env, e, strlen(e));
		if (e) /* a variable that the caller does not have is not there */
			v[n++] = (char *)e;
	}
	p->env.n = n;
	p->env.v = v;
}

/* ---- the program ------------------------------------------------------------------------ */

static bool is_at_or_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || !path[n]);
}

/*
 * The caller's directory, when a volume shows it under its own name; the same of one that was
 * named by a path with links, as $PWD may be, unless that is inside as it stands.
 */
static const char *choose_cwd(const struct direct_maker *m)
{
	const struct direct_request *rq = m->rq;

	for (size_t i = 0; rq->cwd && i < rq->n_volumes; i++)
		if (is_at_or_below(rq->cwd, rq->volumes[i].target))
			return rq->cwd;
	for (size_t i = rq->n_volumes; m->facts->cwd && i-- > 0;) {
		const struct direct_volume *v = &rq->volumes[i];

		if (str_eq(v->source, v->target) &&
		    is_at_or_below(m->facts->cwd, v->target))
			return m->facts->cwd;
	}
	return rq->cwd ? rq->cwd : "/";
}

static int fill_process(struct direct_maker *m, struct direct_parts *p, struct err *e)
{
	struct oci_process *to = &p->process;
	size_t n = 0;

	while (m->rq->args && m->rq->args[n])
		n++;
	if (!n)
		return err_set(e, "there is no program to run");
	if (!m->rq->args[0][0]) {
		e->program = 127;
		return err_set(e, "the program's name is empty");
	}
	to->args = (struct oci_strings){ n, m->rq->args };
	to->cwd = (char *)choose_cwd(m);
	if (to->cwd[0] != '/')
		return err_set(e, "--workdir %s: not an absolute path", to->cwd);
	to->user.uid = m->uid;
	to->user.gid = m->gid;
	to->terminal = m->rq->terminal;
	to->no_new_privileges = true;
	to->capabilities = &p->caps;
	if (m->uid == 0) {
		p->caps.bounding = oci_words_list(default_direct_caps);
		p->caps.effective = p->caps.bounding;
		p->caps.permitted = p->caps.bounding;
	}
	fill_env(m, to);
	return 0;
}

/* ---- root and mounts -------------------------------------------------------------------- */

static int fill_net(struct direct_maker *m, struct direct_parts *p, struct err *e)
{
	struct oci_map *to = &p->config.annotations;
	size_t n = 0;

	to->v = p->annotations;
	TRY(direct_net(m->arena, m->rq, to->v + to->n, &n, m->net_env, &m->n_net_env, e));
	to->n += n;
	return 0;
}

/* What an empty root is mounted on: any directory of the machine's. */
static char *any_place(struct direct_maker *m)
{
	const char *name = NULL;

	for (size_t i = 0; i < m->facts->n_tops; i++) {
		const struct direct_top *top = &m->facts->tops[i];

		if (top->is_link || !direct_host_is_shown(top->name))
			continue;
		if (!name || str_eq(top->name, "usr")) /* images of one program lack it */
			name = top->name;
	}
	return direct_text(m, "/%s", name ? name : "");
}

static void fill_root(struct direct_maker *m, struct direct_parts *p)
{
	const struct direct_request *rq = m->rq;

	p->root.path = rq->rootfs ? (char *)rq->rootfs : any_place(m);
	p->root.readonly = rq->read_only;
	if (!rq->rootfs)
		direct_annotate(p, "wolffia.root", (char *)"empty");
	else if (!rq->rootfs_rw && !rq->read_only)
		direct_annotate(p, "wolffia.root", (char *)"overlay");
	if (rq->rootfs)
		direct_annotate(p, "wolffia.root-ids",
				(char *)(rq->root_ids ? rq->root_ids : "auto"));
	if (rq->overlay)
		direct_annotate(p, "wolffia.overlay", (char *)rq->overlay);
	/* a layer on disk is limited when it is asked for: it takes root, and mke2fs */
	if (!rq->overlay || !str_eq(rq->overlay, "disk") || rq->overlay_size)
		direct_annotate(p, "wolffia.overlay-size", m->size + strlen("size="));
	if (!rq->no_landlock)
		direct_annotate(p, "wolffia.landlock", (char *)"true");
	if (rq->init)
		direct_annotate(p, "wolffia.init", (char *)"true");
}

static void add_volume(struct direct_maker *m, const struct direct_volume *v,
		       struct oci_mount *ret)
{
	static const char relabels[2][2] = { "z", "Z" };
	char **w = oci_alloc(m->arena, 7 * sizeof(*w));
	size_t n = 0;

	if (!w)
		return;
	if (v->throw_away) {
		w[n++] = (char *)"bind";
		w[n++] = (char *)"throw-away";
	} else {
		w[n++] = (char *)"rbind";
	}
	if (v->readonly)
		w[n++] = (char *)"rro";
	w[n++] = (char *)"rnosuid";
	if (!v->device)
		w[n++] = (char *)"rnodev";
	if (v->idmap)
		w[n++] = (char *)"idmap";
	if (v->relabel)
		w[n++] = (char *)relabels[v->relabel == 'Z'];
	*ret = (struct oci_mount){ .destination = (char *)v->target,
				   .type = (char *)"bind",
				   .source = (char *)v->source,
				   .options = { n, w } };
}

static void split_words(struct direct_maker *m, const char *options,
			struct oci_strings *ret)
{
	size_t room = 6;
	char **v;

	for (const char *s = options; s && *s; s++)
		room += *s == ',';
	v = oci_alloc(m->arena, room * sizeof(*v));
	ret->v = v;
	ret->n = 0;
	if (!v)
		return;
	v[ret->n++] = (char *)"nosuid";
	v[ret->n++] = (char *)"nodev";
	for (const char *s = options; s && *s;) {
		size_t n = strcspn(s, ",");

		if (n)
			v[ret->n++] = oci_strndup(m->arena, s, n);
		s += n + (s[n] == ',');
	}
}

/* A tmpfs for everybody, as large as a throw-away layer: browsers fill /dev/shm too. */
static void add_open_tmpfs(struct direct_maker *m, const char *at, const char *last,
			   struct oci_mount *ret)
{
	*ret = (struct oci_mount){ (char *)at, (char *)"tmpfs", (char *)"tmpfs" };
	split_words(m, m->size, &ret->options);
	if (!ret->options.v)
		return;
	ret->options.v[ret->options.n++] = (char *)"mode=1777";
	if (last)
		ret->options.v[ret->options.n++] = (char *)last;
}

static int check_target(const char *option, const char *target, struct err *e)
{
	if (target[0] != '/')
		return err_set(e, "%s: %s is not an absolute path", option, target);
	if (target[1 + strspn(target + 1, "/.")] == '\0')
		return err_set(e, "%s: the root itself cannot be replaced", option);
	return 0;
}

static size_t depth(const struct oci_mount *m)
{
	size_t n = 0;

	for (const char *s = m->destination; *s; s++)
		n += *s == '/';
	return n;
}

/* What lies in another one comes after it, else it would be covered; else as they were given. */
static void sort_mounts(struct oci_mount *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && depth(&v[k - 1]) > depth(&v[k]); k--) {
			struct oci_mount swap = v[k];

			v[k] = v[k - 1];
			v[k - 1] = swap;
		}
}

/* The machine or the image first, then what every container has, then the user's. */
static int fill_mounts(struct direct_maker *m, struct direct_parts *p, struct err *e)
{
	const struct direct_request *rq = m->rq;
	size_t room = direct_host_room(m->facts) + ARRAY_SIZE(mounts) + rq->n_volumes +
		      rq->n_tmpfs + 4;
	struct oci_mount *list = oci_alloc(m->arena, room * sizeof(*list));
	size_t first, n = 0;

	if (!list)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		list[n++] = (struct oci_mount){
			.destination = (char *)mounts[i].destination,
			.type = (char *)mounts[i].type,
			.source = (char *)mounts[i].type,
			.options = oci_words_list(mounts[i].words),
		};
	if (rq->create.allow_host_proc) /* it may be the machine's own */
		list[0].options = oci_words_list(proc_readonly);
	direct_show_limits(m, p, list, &n);
	add_open_tmpfs(m, "/dev/shm", "noexec", &list[n++]);
	if (rq->rootfs)
		add_open_tmpfs(m, "/tmp", NULL, &list[n++]);
	else
		direct_host_mounts(m->arena, m->facts, m->size, list, &n);
	first = n;
	for (size_t i = 0; i < rq->n_tmpfs; i++) {
		TRY(check_target("--tmpfs", rq->tmpfs[i].target, e));
		list[n] = (struct oci_mount){ (char *)rq->tmpfs[i].target,
					      (char *)"tmpfs", (char *)"tmpfs" };
		split_words(m, rq->tmpfs[i].options, &list[n++].options);
	}
	for (size_t i = 0; i < rq->n_volumes; i++) {
		TRY(check_target("--volume", rq->volumes[i].target, e));
		add_volume(m, &rq->volumes[i], &list[n++]);
	}
	sort_mounts(list + first, n - first);
	p->config.mounts.v = list;
	p->config.mounts.n = n;
	return 0;
}

static void fill_namespaces(struct direct_maker *m, struct direct_parts *p)
{
	static const enum oci_namespace_type always[] = {
		OCI_NS_PID, OCI_NS_MOUNT, OCI_NS_IPC, OCI_NS_UTS, OCI_NS_CGROUP,
	};
	struct oci_namespace *v = p->namespaces;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		v[n++].type = always[i];
	if (m->rq->net != DIRECT_NET_HOST)
		v[n++] =
			(struct oci_namespace){ OCI_NS_NETWORK, (char *)m->rq->net_path };
	if (m->rq->ids.mode != IDS_HOST)
		v[n++].type = OCI_NS_USER;
	p->linux.namespaces.v = v;
	p->linux.namespaces.n = n;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static void fill_paths(struct direct_maker *m, struct oci_linux *l)
{
	struct oci_strings proc = oci_words_list(default_masked);
	struct oci_strings host = oci_words_list(direct_host_masked);
	char **v;

	l->readonly_paths = oci_words_list(default_readonly);
	l->masked_paths = proc;
	if (m->rq->rootfs)
		return;
	v = oci_alloc(m->arena, (proc.n + host.n) * sizeof(*v));
	if (!v)
		return;
	memcpy(v, proc.v, proc.n * sizeof(*v));
	l->masked_paths = (struct oci_strings){ proc.n, v };
	for (size_t i = 0; i < host.n; i++) /* /var/log is a fresh one then */
		if (!m->facts->has_var_log || !str_eq(host.v[i], DIRECT_VAR_LOG))
			v[l->masked_paths.n++] = host.v[i];
}

/* A new network lets nobody ping, as no machine does; where there is a way out it may. */
static void allow_ping(struct direct_maker *m, struct oci_map *sysctls)
{
	static const char name[] = "net.ipv4.ping_group_range";

	char group[32];

	/* a proxy is no way out; a /proc of the machine's cannot be written to */
	if (m->rq->net != DIRECT_NET_HELPER || m->n_net_env ||
	    m->rq->create.allow_host_proc)
		return;
	for (size_t i = 0; i < sysctls->n; i++)
		if (str_eq(sysctls->v[i].key, name))
			return;
	snprintf(group, sizeof(group), "%u %u", m->gid, m->gid);
	sysctls->v[sysctls->n++] =
		(struct oci_pair){ (char *)name, oci_strdup(m->arena, group) };
}

static int fill_sysctls(struct direct_maker *m, struct oci_linux *l, struct err *e)
{
	const struct direct_request *rq = m->rq;
	struct oci_pair *v = oci_alloc(m->arena, (rq->n_sysctls + 1) * sizeof(*v));

	for (size_t i = 0; v && i < rq->n_sysctls; i++) {
		const char *text = rq->sysctls[i];
		size_t n = strcspn(text, "=");

		if (!n || !text[n])
			return err_set(e, "--sysctl %s: expected NAME=VALUE", text);
		v[i].key = oci_strndup(m->arena, text, n);
		v[i].value = (char *)text + n + 1;
	}
	l->sysctl = (struct oci_map){ .n = rq->n_sysctls, .v = v };
	if (v)
		allow_ping(m, &l->sysctl);
	return 0;
}

static void fill_size(struct direct_maker *m)
{
	uint64_t size = m->rq->overlay_size;

	if (!size)
		size = m->rq->memory ? m->rq->memory / 2
				     : (uint64_t)DEFAULT_OVERLAY_MIB << 20;
	if (size < SIZE_MIN)
		size = SIZE_MIN;
	m->size = direct_text(m, "size=%llu", (unsigned long long)size);
}

int direct_config(struct oci_arena *arena, const struct direct_request *rq,
		  const struct direct_facts *facts, struct direct_plan *ret,
		  struct err *e)
{
	struct direct_parts *p = oci_alloc(arena, sizeof(*p));
	struct direct_maker m = { .arena = arena, .rq = rq, .facts = facts, .plan = ret };

	*ret = (struct direct_plan){ 0 };
	if (!p)
		return err_set(e, "out of memory");
	fill_size(&m);
	if (!m.size)
		return err_set(e, "out of memory");
	/* it stands in lines of /etc/hosts, too */
	if (rq->hostname && (!rq->hostname[0] || strlen(rq->hostname) > HOSTNAME_MAX ||
			     rq->hostname[strcspn(rq->hostname, " \t\n\v\f\r")]))
		return err_set(e, "--hostname %.80s: expected 1 to 64 bytes, no blanks",
			       rq->hostname);
	fill_namespaces(&m, p);
	TRY(direct_ids(&m, p, e));
	TRY(fill_net(&m, p, e));
	TRY(fill_sysctls(&m, &p->linux, e));
	TRY(fill_process(&m, p, e));
	fill_root(&m, p);
	direct_limits(&m, p);
	TRY(fill_mounts(&m, p, e));
	fill_paths(&m, &p->linux);
	p->linux.resources = &p->resources;
	p->linux.seccomp = rq->unconfined ? NULL : (void *)seccomp_default();
	p->config.oci_version = (char *)OCI_SPEC_VERSION;
	p->config.hostname = (char *)(rq->hostname ? rq->hostname : "wolffia");
	p->config.root = &p->root;
	p->config.process = &p->process;
	p->config.linux = &p->linux;
	ret->config = &p->config;
	return arena->failed ? err_set(e, "out of memory") : 0;
}
