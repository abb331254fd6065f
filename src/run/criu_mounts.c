/* SPDX-License-Identifier: GPL-2.0-or-later */
/* External mounts; see criu_mounts.h. */
#include "run/criu_mounts.h"

#include "base/fd.h"
#include "base/file.h"
#include "kernel/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOUNTINFO_LIMIT = 16 << 20 };

bool criu_mount_is_bind(const struct oci_mount *m)
{
	const char *const *o = (const char *const *)m->options.v;

	return (m->type && str_eq(m->type, "bind")) ||
	       str_index(o, m->options.n, "bind") >= 0 ||
	       str_index(o, m->options.n, "rbind") >= 0;
}

/* ---- the list ------------------------------------------------------------------------- */

static void list_begin(struct oci_arena *arena, struct criu_mounts *ret, size_t max)
{
	*ret = (struct criu_mounts){ 0, oci_alloc(arena, (max + 1) * sizeof(*ret->v)) };
}

static bool list_has(const struct criu_mounts *list, const char *key)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i].key, key))
			return true;
	return false;
}

/* The first one of a key counts; a mount on top of another has the same point. */
static void list_add(struct criu_mounts *list, const char *key, const char *value)
{
	if (list->v && key && value && !list_has(list, key))
		list->v[list->n++] = (struct criu_mount){ key, value };
}

static char *concat(struct oci_arena *arena, const char *a, const char *b, const char *c)
{
	auto_str s = { 0 };

	str_addf(&s, "%s%s%s", a, b, c);
	return oci_strdup(arena, s.s);
}

/* ---- mountinfo ---------------------------------------------------------------------------- */

struct line {
	const char *device; /* "0:45" */
	const char *root; /* what of the filesystem is mounted */
	const char *point;
	bool cgroup; /* criu mounts it again by itself, in a cgroup namespace */
};

struct lines {
	size_t n;
	struct line *v;
};

/* \040 and its like; in place. */
static char *unescape(char *s)
{
	char *to = s;

	for (const char *at = s; *at; to++) {
		bool octal = at[0] == '\\' && at[1] >= '0' && at[1] <= '3' &&
			     at[2] >= '0' && at[2] <= '7' && at[3] >= '0' && at[3] <= '7';

		*to = octal ? (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 |
				     (at[3] - '0'))
			    : *at;
		at += octal ? 4 : 1;
	}
	*to = '\0';
	return s;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 ..." */
static bool parse_line(char *text, struct line *ret)
{
	const char *type = strstr(text, " - ");
	bool cgroup = type && str_starts(type, " - cgroup");
	char *words[5];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char *end = strchr(text, ' ');

		if (!end)
			return false;
		*end = '\0';
		words[i] = text;
		text = end + 1;
	}
	*ret = (struct line){ words[2], unescape(words[3]), unescape(words[4]), cgroup };
	return true;
}

static struct lines parse(struct oci_arena *arena, const char *mountinfo)
{
	char *text = oci_strdup(arena, mountinfo);
	struct lines ret = { 0 };
	size_t max = 1;

	for (const char *at = mountinfo; (at = strchr(at, '\n')); at++)
		max++;
	ret.v = oci_alloc(arena, max * sizeof(*ret.v));
	for (char *at = text; at && ret.v && *at;) {
		char *end = strchrnul(at, '\n');
		char *next = *end ? end + 1 : end;

		*end = '\0';
		if (ret.n < max && parse_line(at, &ret.v[ret.n]))
			ret.n++;
		at = next;
	}
	return ret;
}

/* What the container has mounted somewhere else too, criu mounts again by itself. */
static bool is_inside(const struct lines *all, const struct line *l)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct line *other = &all->v[i];

		if (other != l && str_eq(other->device, l->device) &&
		    strlen(other->root) < strlen(l->root) &&
		    path_is_below(l->root, other->root))
			return true;
	}
	return false;
}

/* A submount of a bind came with it, whatever is mounted there. */
static bool is_below_one_of(const struct criu_mounts *list, size_t n, const char *point)
{
	for (size_t i = 0; i < n; i++)
		if (path_is_below(point, list->v[i].key))
			return true;
	return false;
}

/* ---- dump ------------------------------------------------------------------------------- */

static bool is_destination(const struct oci_config *config, const char *const *points,
			   const char *point)
{
	for (size_t i = 0; i < config->mounts.n; i++)
		if (points[i] && str_eq(points[i], point))
			return true;
	return false;
}

static bool has_cgroup_ns(const struct oci_config *config)
{
	for (size_t i = 0; config->linux && i < config->linux->namespaces.n; i++)
		if (config->linux->namespaces.v[i].type == OCI_NS_CGROUP)
			return true;
	return false;
}

/* Bound by us: it shows a part of something of which the container has no more. */
static bool is_bound(const struct lines *all, const struct line *l, bool cgroup_ns)
{
	return !str_eq(l->root, "/") && !is_inside(all, l) && !(l->cgroup && cgroup_ns);
}

void criu_mounts_of_dump(struct oci_arena *arena, const struct oci_config *config,
			 const char *const *points, const char *mountinfo,
			 struct criu_mounts *ret)
{
	struct lines all = parse(arena, mountinfo);
	bool cgroup_ns = has_cgroup_ns(config);
	size_t n_binds;

	list_begin(arena, ret, config->mounts.n + all.n);
	for (size_t i = 0; i < config->mounts.n; i++)
		if (points[i] && criu_mount_is_bind(&config->mounts.v[i]))
			list_add(ret, points[i], config->mounts.v[i].destination);
	n_binds = ret->n;
	for (size_t i = 0; i < all.n; i++) {
		const struct line *l = &all.v[i];

		if (str_eq(l->point, "/") || is_destination(config, points, l->point))
			continue;
		if (is_below_one_of(ret, n_binds, l->point) ||
		    is_bound(&all, l, cgroup_ns))
			list_add(ret, l->point, l->point);
	}
}

/* Where a destination really is: a symbolic link of the image may have led elsewhere. */
static char *true_point(struct oci_arena *arena, int root, const char *destination)
{
	auto_close int fd = path_open(root, destination, O_PATH, 0);
	char path[PATH_FD_MAX], link[4096];
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = readlink(path_of_fd(fd, path), link, sizeof(link));
	return n > 0 && n < (ssize_t)sizeof(link) && link[0] == '/'
		       ? oci_strndup(arena, link, (size_t)n)
		       : NULL;
}

int criu_mounts_read(struct oci_arena *arena, const struct oci_config *config,
		     int proc_fd, int64_t pid, struct criu_mounts *ret, struct err *e)
{
	const char **points = oci_alloc(arena, (config->mounts.n + 1) * sizeof(*points));
	auto_close int info = -1;
	auto_close int root = -1;
	auto_str mountinfo = { 0 };
	char path[64];

	if (!points)
		return err_set(e, "out of memory");
	snprintf(path, sizeof(path), "%lld/mountinfo", (long long)pid);
	info = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "%lld/root", (long long)pid);
	root = openat(proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (info < 0 || root < 0)
		return err_sys(e, "look at the container's mounts");
	TRY(file_read_fd(info, "mountinfo", MOUNTINFO_LIMIT, &mountinfo, e));
	for (size_t i = 0; i < config->mounts.n; i++)
		points[i] = true_point(arena, root, config->mounts.v[i].destination);
	criu_mounts_of_dump(arena, config, points, mountinfo.s ? mountinfo.s : "", ret);
	return arena->failed ? err_set(e, "out of memory") : 0;
}

/* ---- restore ------------------------------------------------------------------------------ */

static bool is_recursive(const struct oci_mount *m)
{
	return str_index((const char *const *)m->options.v, m->options.n, "rbind") >= 0;
}

static void add_submounts(struct oci_arena *arena, const struct lines *host,
			  const char *source, const char *destination,
			  struct criu_mounts *ret)
{
	for (size_t i = 0; i < host->n; i++) {
		const char *point = host->v[i].point;
		const char *rest = point + (str_eq(source, "/") ? 0 : strlen(source));

		if (path_is_below(point, source) && rest[0] == '/')
			list_add(ret, concat(arena, destination, rest, ""), point);
	}
}

static const char *const default_devices[] = {
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/tty", "/dev/urandom"
};

/* Masked files and, in a user namespace, devices are bound from the machine's /dev. */
static void add_own(const struct oci_linux *l, struct criu_mounts *ret)
{
	for (size_t i = 0; l && i < l->masked_paths.n; i++)
		list_add(ret, l->masked_paths.v[i], "/dev/null");
	for (size_t i = 0; l && i < l->devices.n; i++)
		list_add(ret, l->devices.v[i].path, l->devices.v[i].path);
	for (size_t i = 0; i < ARRAY_SIZE(default_devices); i++)
		list_add(ret, default_devices[i], default_devices[i]);
}

static const char *absolute(struct oci_arena *arena, const char *bundle,
			    const char *source)
{
	return source[0] == '/' ? source : concat(arena, bundle, "/", source);
}

/* Inside of what is mounted before it, a mount point is in the images. */
static bool is_in_another(const struct oci_config *config, const struct oci_mount *m)
{
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *other = &config->mounts.v[i];

		if (other != m && !str_eq(other->destination, m->destination) &&
		    path_is_below(m->destination, other->destination))
			return true;
	}
	return false;
}

static bool is_file(const char *bundle, const struct oci_mount *m)
{
	auto_str path = { 0 };
	struct stat st;

	if (!criu_mount_is_bind(m) || !m->source)
		return false;
	if (m->source[0] != '/')
		str_addf(&path, "%s/", bundle);
	str_add(&path, m->source);
	return stat(path.s, &st) == 0 && !S_ISDIR(st.st_mode);
}

void criu_mounts_make_points(const struct oci_config *config, const char *bundle,
			     int root)
{
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *m = &config->mounts.v[i];

		if (is_in_another(config, m))
			continue;
		fd_close(is_file(bundle, m)
				 ? path_make_file(root, m->destination, 0755, 0)
				 : path_mkdirs(root, m->destination, 0755, 0));
	}
}

static size_t count_most(const struct oci_config *config, const struct fs_plan *plan,
			 const struct lines *host)
{
	const struct oci_linux *l = config->linux;

	return config->mounts.n * (host->n + 1) + plan->n_rows +
	       ARRAY_SIZE(default_devices) + (l ? l->masked_paths.n + l->devices.n : 0);
}

void criu_mounts_of_restore(struct oci_arena *arena, const struct oci_config *config,
			    const struct fs_plan *plan, const char *bundle,
			    const char *mountinfo, struct criu_mounts *ret)
{
	struct lines host = parse(arena, mountinfo);

	list_begin(arena, ret, count_most(config, plan, &host));
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *m = &config->mounts.v[i];
		const char *source;

		if (!criu_mount_is_bind(m) || !m->source)
			continue;
		source = absolute(arena, bundle, m->source);
		list_add(ret, m->destination, source);
		if (source && is_recursive(m))
			add_submounts(arena, &host, source, m->destination, ret);
	}
	for (size_t i = 0; i < plan->n_rows; i++)
		if (plan->rows[i].kind == FS_BIND && plan->rows[i].source)
			list_add(ret, plan->rows[i].destination,
				 absolute(arena, bundle, plan->rows[i].source));
	add_own(config->linux, ret);
}
