/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What direct_config() has to know about caller and machine; see direct.h. Only what the
 * request needs is read: the usual case costs a handful of system calls.
 */
#include "run/direct.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "cgroup/cgroup.h"
#include "kernel/procfs.h"
#include "ns/facts.h"
#include "sec/passwd.h"

#include "sec/selinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

enum { MOUNTINFO_MAX = 4 << 20 };

struct reader {
	const struct direct_request *rq;
	struct oci_arena *arena;
	struct direct_facts *f;
	bool labels;
};

static struct direct_ceiling read_ceiling(int resource)
{
	struct rlimit l;

	if (getrlimit((__rlimit_resource_t)resource, &l) < 0)
		return (struct direct_ceiling){ 0 };
	return (struct direct_ceiling){ true, l.rlim_cur, l.rlim_max };
}

static void read_ceilings(struct reader *r)
{
	r->f->processes = read_ceiling(RLIMIT_NPROC);
	if (r->rq->file_size)
		r->f->file_size = read_ceiling(RLIMIT_FSIZE);
	if (r->rq->memory)
		r->f->data = read_ceiling(RLIMIT_DATA);
}

static int read_caller(struct reader *r, struct err *e)
{
	struct direct_facts *f = r->f;
	struct ns_facts ns;
	auto_close int proc = procfs_open(e);

	if (proc < 0)
		return -1;
	TRY(ns_facts_gather(proc, &ns, e));
	read_ceilings(r);
	f->uid = ns.euid;
	f->gid = ns.egid;
	f->privileged = ids_privileged(&ns);
	f->machine_root = ns.initial_userns && ns.euid == 0;
	f->env = environ;
	WHERE_IN(e, "--userns", NULL);
	f->lent = ids_are_lent(&ns, &r->rq->ids);
	if (f->lent)
		return 0;
	return ids_subordinate(&ns, proc, r->rq->ids.mode, r->arena, &f->sub_uids,
			       &f->sub_gids, e);
}

/* ---- the machine's own system ------------------------------------------------------------ */

/* Is anything mounted below "/NAME"? mountinfo: the fifth word of a line. */
static bool has_mounts(const struct str *mountinfo, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = mountinfo->n ? mountinfo->s : ""; *p;) {
		const char *line = p;

		for (int word = 0; word < 4 && *p && *p != '\n'; word++) {
			p += strcspn(p, " \n");
			p += *p == ' ';
		}
		if (p > line && p[0] == '/' && strncmp(p + 1, name, n) == 0 &&
		    p[1 + n] == '/')
			return true;
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	return false;
}

static int add_top(struct reader *r, int root, const char *name, struct str *mountinfo,
		   struct direct_top *ret, struct err *e)
{
	struct stat st;

	if (name[0] == '.' || fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))
		return 0;
	*ret = (struct direct_top){ .name = oci_strdup(r->arena, name),
				    .is_link = S_ISLNK(st.st_mode),
				    .is_mapped = r->labels || st.st_uid == r->f->uid };
	if (!ret->is_mapped || ret->is_link)
		return 1;
	if (!mountinfo->n && file_read(AT_FDCWD, "/proc/self/mountinfo", 0, MOUNTINFO_MAX,
				       mountinfo, e) < 0) {
		procfs_is_mounted(e);
		return -1;
	}
	ret->has_mounts = has_mounts(mountinfo, name);
	return 1;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct direct_top *)a)->name,
		      ((const struct direct_top *)b)->name);
}

/*
 * One more directory that is empty inside, by the name that no link leads to: what is hidden
 * as /home must not be seen as /var/home. Outermost first. false: it needs nothing.
 */
static bool hide(struct reader *r, const char **list, const char *path)
{
	auto_close int fd = path && path[0] == '/' ? open(path, O_PATH | O_CLOEXEC) : -1;
	const char *home = r->f->home;
	size_t i = r->f->n_hidden;
	char real[4096];
	const char *kept;

	if (fd < 0 || !fd_path(fd, real, sizeof(real)) || !real[1] ||
	    str_eq(real, "/var/tmp") || (home && str_eq(real, home)))
		return false;
	for (size_t k = 0; k < i; k++)
		if (str_eq(list[k], real))
			return false;
	kept = oci_strdup(r->arena, real);
	if (!kept)
		return false;
	for (; i > 0 && strlen(list[i - 1]) > strlen(kept); i--)
		list[i] = list[i - 1];
	list[i] = kept;
	r->f->n_hidden++;
	return true;
}

/* $HOME need not be what /etc/passwd says: a CI's. But not another user's, as sudo leaves it. */
static bool is_home(const struct reader *r, const char *path)
{
	struct stat st;

	return path && path[0] == '/' && strchr(path + 1, '/') && stat(path, &st) == 0 &&
	       S_ISDIR(st.st_mode) && st.st_uid == r->f->uid;
}

static void read_homes(struct reader *r, int root, const char **list)
{
	const char *named = getenv("HOME");
	auto_free char *home = NULL;
	struct stat st;

	passwd_home(root, r->f->uid, &home);
	if (!home)
		home = xstrdup(named);
	if (home && home[0] == '/' && home[1] && stat(home, &st) == 0)
		r->f->home = oci_strdup(r->arena, home);
	if (is_home(r, named)) {
		r->f->home = oci_strdup(r->arena, named);
		hide(r, list, named);
	}
	hide(r, list, home);
}

/* Two homes, and what links at the top lead to that is not shown there. */
static int read_hidden(struct reader *r, int root, struct direct_top *tops, struct err *e)
{
	const char **list = oci_alloc(r->arena, (r->f->n_tops + 2) * sizeof(*list));
	char path[300];

	if (!list)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < r->f->n_tops; i++) {
		if (!tops[i].is_link || direct_host_is_shown(tops[i].name))
			continue;
		snprintf(path, sizeof(path), "/%s", tops[i].name);
		tops[i].leads_to_hidden = hide(r, list, path);
	}
	read_homes(r, root, list);
	r->f->hidden = list;
	return 0;
}

static int read_tops(struct reader *r, DIR *dir, struct err *e)
{
	enum { TOPS_MAX = 128 };
	struct direct_top *v = oci_alloc(r->arena, TOPS_MAX * sizeof(*v));
	auto_str mountinfo = { 0 };
	struct dirent *entry;
	size_t n = 0;

	while (v && n < TOPS_MAX && (entry = readdir(dir)))
		n += (size_t)TRY(
			add_top(r, dirfd(dir), entry->d_name, &mountinfo, &v[n], e));
	if (!v || r->arena->failed)
		return err_set(e, "out of memory");
	qsort(v, n, sizeof(*v), compare);
	r->f->tops = v;
	r->f->n_tops = n;
	return read_hidden(r, dirfd(dir), v, e);
}

/*
 * A program of ours may have a label that must not run what has the machine's; a layer gives
 * all that is in it the label of the container's files.
 */
static bool has_labels(const struct direct_request *rq)
{
	for (size_t i = 0; i < rq->n_volumes; i++)
		if (rq->volumes[i].relabel)
			return selinux_read_state() == SELINUX_ENFORCING;
	return false;
}

static int read_machine(struct reader *r, struct err *e)
{
	DIR *dir = opendir("/");
	struct stat st;
	int rc;

	if (!dir)
		return err_sys(e, "the root directory");
	r->f->has_var_tmp = stat("/var/tmp", &st) == 0 && S_ISDIR(st.st_mode);
	r->f->has_var_log = lstat(DIRECT_VAR_LOG, &st) == 0 && S_ISDIR(st.st_mode);
	rc = read_tops(r, dir, e);
	closedir(dir);
	return rc;
}

/* The caller's directory; with --workdir what that is outside, where links may lead to it. */
static void read_cwd(struct reader *r)
{
	const char *named = r->rq->cwd;
	auto_close int fd = -1;
	char cwd[4096];

	if (!r->rq->n_volumes)
		return;
	if (named && named[0] == '/' && !r->rq->rootfs)
		fd = open(named, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (named ? fd >= 0 && fd_path(fd, cwd, sizeof(cwd))
		  : getcwd(cwd, sizeof(cwd)) && cwd[0] == '/')
		r->f->cwd = oci_strdup(r->arena, cwd);
}

/* ---- cgroups ------------------------------------------------------------------------------ */

/* An engine's containers see cgroups that even root cannot write to: a read-only mount. */
static bool is_writable(const struct cgroup_plan *plan)
{
	for (size_t i = 0; i < plan->n_dirs; i++)
		if (access(plan->dirs[i].mount, W_OK) < 0 && errno == EROFS)
			return false;
	return true;
}

static bool can_plan(struct reader *r, const struct cgroup_request *rq,
		     const struct cgroup_facts *facts,
		     const struct oci_resources *resources, struct cgroup_plan *ret)
{
	struct cgroup_request one = *rq;
	struct err ignored = { 0 };

	one.resources = resources;
	return cgroup_plan_make(&one, facts, r->arena, ret, &ignored) == 0 &&
	       ret->n_dirs > 0 && (!resources || ret->n_writes > 0) && is_writable(ret);
}

static bool can(struct reader *r, const struct cgroup_request *rq,
		const struct cgroup_facts *facts, const struct oci_resources *resources)
{
	struct cgroup_plan plan;

	return can_plan(r, rq, facts, resources, &plan);
}

/* What the cgroup has that the new one will be in: "max", no file (the machine's) or a number. */
static uint64_t memory_of_parent(const struct cgroup_plan_dir *dir)
{
	const char *last = strrchr(dir->path, '/');
	char path[PATH_MAX], text[32];
	uint64_t v;

	if (!last || snprintf(path, sizeof(path), "%s%.*s/memory.max", dir->mount,
			      (int)(last - dir->path), dir->path) >= (int)sizeof(path))
		return UINT64_MAX;
	if (file_read_value(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
	    !str_to_u64(text, UINT64_MAX, &v))
		return UINT64_MAX;
	return v;
}

/* In v2 it is one file more in a cgroup that is made anyway; in v1 a cgroup more. */
static uint64_t memory_around(struct reader *r, const struct cgroup_request *rq,
			      const struct cgroup_facts *facts,
			      const struct oci_resources *resources)
{
	struct cgroup_plan plan;
	struct sysinfo machine;
	uint64_t whole, parent;

	if (r->rq->memory || r->rq->memory_max || facts->mode != CGROUP_V2 ||
	    !can_plan(r, rq, facts, resources, &plan) || sysinfo(&machine) < 0)
		return 0;
	whole = (uint64_t)machine.totalram * machine.mem_unit;
	parent = memory_of_parent(&plan.dirs[0]);
	return parent < whole ? parent : whole;
}

static int read_cgroups(struct reader *r, const struct run_context *ctx, struct err *e)
{
	struct oci_pids pids = { { true, 1 } };
	struct oci_memory memory = { .limit = { true, 1 << 20 } };
	struct oci_cpu cpu = { .quota = { true, 1000 }, .period = { true, 100000 } };
	struct oci_resources all = { .pids = &pids, .memory = &memory, .cpu = &cpu };
	struct oci_resources of_pids = { .pids = &pids };
	struct oci_resources of_memory = { .memory = &memory };
	struct oci_resources of_cpu = { .cpu = &cpu };
	struct cgroup_request rq = { .id = "id", .resources = &all };
	struct cgroup_facts facts = { 0 };

	if (ctx->cgroup_manager == RUN_CGROUP_DISABLED)
		return 0;
	rq.manager = ctx->cgroup_manager == RUN_CGROUP_SYSTEMD ? CGROUP_MANAGER_SYSTEMD
							       : CGROUP_MANAGER_CGROUPFS;
	rq.unprivileged = !r->f->privileged;
	TRY(cgroup_facts_read(&rq, r->arena, &facts, e));
	r->f->has_cgroup = can(r, &rq, &facts, NULL);
	if (!r->f->has_cgroup)
		return 0;
	r->f->cgroup_v2 = facts.mode == CGROUP_V2;
	r->f->can_pids = can(r, &rq, &facts, &of_pids);
	r->f->can_memory =
		(r->rq->memory || r->rq->oom_group) && can(r, &rq, &facts, &of_memory);
	r->f->memory_around = memory_around(r, &rq, &facts, &of_memory);
	r->f->can_cpu = r->rq->cpus && can(r, &rq, &facts, &of_cpu);
	return 0;
}

int direct_facts_read(const struct run_context *ctx, const struct direct_request *rq,
		      struct oci_arena *arena, struct direct_facts *ret, struct err *e)
{
	struct direct_facts f = { 0 };
	struct reader r = { rq, arena, &f, has_labels(rq) };

	TRY(read_caller(&r, e));
	read_cwd(&r);
	if (!rq->rootfs)
		TRY(read_machine(&r, e));
	TRY(read_cgroups(&r, ctx, e));
	*ret = f;
	return 0;
}
