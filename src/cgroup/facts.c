/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host has: which hierarchies are mounted where, where the caller itself is, which
 * controllers can be used. This is read for every container, so nothing is read that the
 * request does not need.
 */
#include "cgroup/cgroup.h"

#include "base/fd.h"
#include "base/file.h"
#include "cgroup/driver.h"
#include "cgroup/limit.h"
#include "cgroup/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char mount_dir[] = "/sys/fs/cgroup";

/* ---- names ------------------------------------------------------------------------- */

/* As v1 and v2 call them; NULL: not a controller there. */
static const char *const names[CGROUP_CONTROLLERS][2] = {
	[CGROUP_CPU] = { "cpu", "cpu" },
	[CGROUP_CPUACCT] = { "cpuacct", NULL },
	[CGROUP_CPUSET] = { "cpuset", "cpuset" },
	[CGROUP_MEMORY] = { "memory", "memory" },
	[CGROUP_IO] = { "blkio", "io" },
	[CGROUP_PIDS] = { "pids", "pids" },
	[CGROUP_HUGETLB] = { "hugetlb", "hugetlb" },
	[CGROUP_RDMA] = { "rdma", "rdma" },
	[CGROUP_DEVICES] = { "devices", NULL },
	[CGROUP_FREEZER] = { "freezer", NULL },
	[CGROUP_NET_CLS] = { "net_cls", NULL },
	[CGROUP_NET_PRIO] = { "net_prio", NULL },
	[CGROUP_PERF_EVENT] = { "perf_event", NULL },
	[CGROUP_MISC] = { "misc", "misc" },
	[CGROUP_DMEM] = { "dmem", "dmem" },
};

const char *cgroup_controller_name(enum cgroup_controller c, bool v2)
{
	return names[c][v2];
}

uint32_t cgroup_controllers_parse(const char *text, size_t n)
{
	const char *end = text + n;
	uint32_t mask = 0;

	while (text < end) {
		size_t len = 0;

		while (text + len < end && !strchr(" ,\n", text[len]))
			len++;
		for (int c = 0; c < CGROUP_CONTROLLERS; c++) {
			for (int v = 0; v < 2; v++) {
				const char *name = names[c][v];

				if (name && strlen(name) == len &&
				    !strncmp(name, text, len))
					mask |= 1u << c;
			}
		}
		text += len + 1;
	}
	return mask;
}

/* ---- /proc/self/mountinfo ------------------------------------------------------------ */

/* A word of a line, not terminated. */
struct word {
	const char *s;
	size_t n;
};

/* The next word up to a blank; empty at the end of the line. */
static struct word word_next(const char **line, const char *end)
{
	struct word w = { .s = *line };

	while (*line < end && **line != ' ')
		(*line)++;
	w.n = (size_t)(*line - w.s);
	if (*line < end)
		(*line)++;
	return w;
}

static bool word_is(struct word w, const char *text)
{
	return strlen(text) == w.n && !strncmp(w.s, text, w.n);
}

/* Undoes the kernel's "\040" for blanks and the like. */
static const char *word_unescape(struct word w, struct oci_arena *arena)
{
	char *copy = cgroup_textn(arena, w.s, w.n), *to = copy;

	for (const char *from = copy; *from; from++) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to++ = (char)((from[1] & 7) << 6 | (from[2] & 7) << 3 |
				       (from[3] & 7));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return copy;
}

struct mount_line {
	struct word root, point, type, options;
};

/* "31 23 0:28 /root /point rw,... shared:1 - type source rw,cpu" */
static bool mount_line_parse(const char *line, const char *end, struct mount_line *ret)
{
	struct mount_line m;
	struct word w;

	for (int i = 0; i < 3; i++)
		word_next(&line, end);
	m.root = word_next(&line, end);
	m.point = word_next(&line, end);
	do {
		w = word_next(&line, end);
	} while (w.n && !word_is(w, "-"));
	m.type = word_next(&line, end);
	word_next(&line, end);
	m.options = word_next(&line, end);
	if (!m.options.n)
		return false;
	*ret = m;
	return true;
}

/* A hierarchy while its texts are read: the mount's root is not needed afterwards. */
struct found {
	struct cgroup_facts *facts;
	const char *root[CGROUP_HIERARCHIES_MAX];
};

/* Same hierarchy mounted twice: the place under /sys/fs/cgroup counts, else the first. */
static bool mount_replaces(const struct cgroup_hierarchy *old, const char *mount)
{
	return str_starts(mount, mount_dir) && !str_starts(old->mount, mount_dir);
}

static void found_add(struct found *f, const struct mount_line *m, bool v2,
		      struct oci_arena *arena)
{
	struct cgroup_facts *facts = f->facts;
	uint32_t mask = v2 ? 0 : cgroup_controllers_parse(m->options.s, m->options.n);
	const char *mount = word_unescape(m->point, arena);
	size_t i;

	if (!v2 && !mask)
		return; /* name=systemd: no controller, nothing to do there */
	for (i = 0; i < facts->n; i++) {
		if (facts->h[i].v2 == v2 && facts->h[i].controllers == mask)
			break;
	}
	if (i == CGROUP_HIERARCHIES_MAX ||
	    (i < facts->n && !mount_replaces(&facts->h[i], mount)))
		return;
	f->root[i] = word_unescape(m->root, arena);
	facts->h[i] = (struct cgroup_hierarchy){ .mount = mount,
						 .v2 = v2,
						 .controllers = mask };
	facts->n += i == facts->n;
}

/*
 * A mount on /sys or /sys/fs/cgroup hides what was mounted there before it: a v2 tree laid
 * over the machine's v1 hierarchies, as test beds and some containers have it.
 */
static void found_hide(struct found *f, struct word point)
{
	struct cgroup_facts *facts = f->facts;
	size_t kept = 0;

	if (point.n < strlen("/sys") || strncmp(point.s, "/sys", strlen("/sys")) != 0)
		return;
	for (size_t i = 0; i < facts->n; i++) {
		const char *mount = facts->h[i].mount;

		if (!strncmp(mount, point.s, point.n) &&
		    (!mount[point.n] || mount[point.n] == '/'))
			continue;
		f->root[kept] = f->root[i];
		facts->h[kept++] = facts->h[i];
	}
	facts->n = kept;
}

static void mountinfo_parse(struct found *f, const char *text, struct oci_arena *arena)
{
	while (*text) {
		const char *end = text + strcspn(text, "\n");
		struct mount_line m;

		if (mount_line_parse(text, end, &m)) {
			found_hide(f, m.point);
			if (word_is(m.type, "cgroup2"))
				found_add(f, &m, true, arena);
			else if (word_is(m.type, "cgroup"))
				found_add(f, &m, false, arena);
		}
		text = end + (*end == '\n');
	}
}

/* ---- /proc/self/cgroup --------------------------------------------------------------- */

/* The path seen from the mount: a mount may show only a part of the hierarchy. */
static const char *beneath_root(const char *path, const char *root)
{
	size_t n = strlen(root);

	if (str_eq(root, "/"))
		return path;
	if (!str_starts(path, root) || (path[n] && path[n] != '/'))
		return NULL;
	return path[n] ? path + n : "/";
}

/* "8:cpu,cpuacct:/a/b" or "0::/a/b" */
static void own_line_parse(struct found *f, const char *line, size_t n,
			   struct oci_arena *arena)
{
	char *copy = cgroup_textn(arena, line, n);
	char *list = strchr(copy, ':'), *path = list ? strchr(list + 1, ':') : NULL;
	uint32_t mask;
	bool v2;

	if (!path || path[1] != '/' || strstr(path, "/.."))
		return; /* "/..": outside of what the cgroup namespace shows */
	list++;
	mask = cgroup_controllers_parse(list, (size_t)(path - list));
	v2 = path == list;
	path++;
	for (size_t i = 0; i < f->facts->n; i++) {
		struct cgroup_hierarchy *h = &f->facts->h[i];

		if (h->v2 == v2 && h->controllers == mask)
			h->own = beneath_root(path, f->root[i]);
	}
}

static void mode_set(struct cgroup_facts *facts)
{
	size_t v1 = 0;

	for (size_t i = 0; i < facts->n; i++)
		v1 += !facts->h[i].v2;
	if (!facts->n)
		facts->mode = CGROUP_NONE;
	else if (!v1)
		facts->mode = CGROUP_V2;
	else
		facts->mode = v1 < facts->n ? CGROUP_HYBRID : CGROUP_V1;
}

static void v2_first(struct cgroup_facts *facts)
{
	for (size_t i = 1; i < facts->n; i++) {
		struct cgroup_hierarchy h = facts->h[i];

		if (h.v2) {
			memmove(&facts->h[1], &facts->h[0], i * sizeof(h));
			facts->h[0] = h;
			return;
		}
	}
}

void cgroup_facts_parse(const char *mountinfo, const char *self_cgroup,
			struct oci_arena *arena, struct cgroup_facts *ret)
{
	struct found f = { .facts = ret };

	*ret = (struct cgroup_facts){ 0 };
	mountinfo_parse(&f, mountinfo, arena);
	while (*self_cgroup) {
		size_t n = strcspn(self_cgroup, "\n");

		own_line_parse(&f, self_cgroup, n, arena);
		self_cgroup += n + (self_cgroup[n] == '\n');
	}
	v2_first(ret);
	mode_set(ret);
}

/* ---- reading ------------------------------------------------------------------------- */

/* The controllers that cgroup.controllers of a directory names; none when unreadable. */
static uint32_t controllers_read(int dir, const char *path, struct oci_arena *arena)
{
	char text[256];
	ssize_t n =
		file_read_value(dir, cgroup_textf(arena, "%s/cgroup.controllers", path),
				text, sizeof(text));

	return n < 0 ? 0 : cgroup_controllers_parse(text, (size_t)n);
}

/* May the caller make a cgroup in own's parent and move processes about there? */
static void beside_read(struct cgroup_hierarchy *h, bool limits, struct oci_arena *arena)
{
	const char *slash = h->own ? strrchr(h->own, '/') : NULL;
	const char *parent, *procs;

	if (!slash)
		return;
	parent = cgroup_textf(arena, "%s%.*s", h->mount, (int)(slash - h->own), h->own);
	procs = cgroup_textf(arena, "%s/cgroup.procs", parent);
	h->beside_writable = faccessat(AT_FDCWD, parent, W_OK, AT_EACCESS) == 0 &&
			     faccessat(AT_FDCWD, procs, W_OK, AT_EACCESS) == 0;
	if (h->v2 && limits)
		h->beside_controllers = controllers_read(AT_FDCWD, parent, arena);
}

/* struct pidfd_info as Linux 6.13 has it; headers of that age are rare. */
struct own_info {
	uint64_t mask;
	uint64_t cgroup_id; /* in the v2 hierarchy */
	uint32_t other[12];
};

/* The kernel's id of the caller's own v2 cgroup, 0: it does not tell. PIDFD_GET_INFO. */
static uint64_t own_id(void)
{
	enum { INFO_CGROUPID = 1 << 2 };
	struct own_info info = { .mask = INFO_CGROUPID };
	auto_close int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd < 0 || ioctl(fd, _IOWR(0xff, 11, struct own_info), &info) < 0)
		return 0;
	return info.mask & INFO_CGROUPID ? info.cgroup_id : 0;
}

/*
 * A pure v2 host whose mount shows the caller's own cgroup where /proc/self/cgroup says it
 * is: true for nearly all, and many times cheaper than mountinfo.
 */
static bool unified_facts(const char *self_cgroup, struct oci_arena *arena,
			  struct cgroup_facts *ret)
{
	static const char mounts[] = "1 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
	struct stat st;

	cgroup_facts_parse(mounts, self_cgroup, arena, ret);
	return ret->h[0].own &&
	       stat(cgroup_textf(arena, "%s%s", mount_dir, ret->h[0].own), &st) == 0 &&
	       st.st_ino == own_id();
}

static int own_read(bool unified, struct oci_arena *arena, struct cgroup_facts *ret,
		    struct err *e)
{
	enum { LIMIT = 16 << 20 };
	auto_str mounts = { 0 }, own = { 0 };

	TRY(file_read(AT_FDCWD, "/proc/self/cgroup", 0, LIMIT, &own, e));
	if (unified && unified_facts(own.s ? own.s : "", arena, ret))
		return 0;
	TRY(file_read(AT_FDCWD, "/proc/self/mountinfo", 0, LIMIT, &mounts, e));
	cgroup_facts_parse(mounts.s ? mounts.s : "", own.s ? own.s : "", arena, ret);
	return 0;
}

/* The controllers of a user's manager; one whose cgroup is elsewhere is trusted to have all. */
static void manager_read(const struct cgroup_request *rq, bool limits,
			 struct oci_arena *arena, struct cgroup_facts *facts)
{
	const struct cgroup_hierarchy *h = &facts->h[0];
	const char *dir;

	cgroup_facts_systemd(rq, arena, facts);
	if (!facts->user_manager || !limits || !facts->n || !h->v2)
		return;
	dir = cgroup_textf(arena, "%s%s", h->mount, facts->manager_path);
	facts->manager_controllers = access(dir, F_OK) == 0
					     ? controllers_read(AT_FDCWD, dir, arena)
					     : h->controllers;
}

int cgroup_facts_read(const struct cgroup_request *rq, struct oci_arena *arena,
		      struct cgroup_facts *ret, struct err *e)
{
	bool systemd = rq->manager == CGROUP_MANAGER_SYSTEMD;
	bool beside = rq->unprivileged && !systemd && !(rq->path && rq->path[0] == '/');
	/* where the container stays in the caller's cgroup, its path must be known */
	bool own = beside || rq->manager == CGROUP_MANAGER_DISABLED ||
		   (systemd && !cgroup_is_system_root());
	bool limits = cgroup_limits_any(rq->resources);
	struct cgroup_facts facts = { 0 };
	struct statfs fs;
	bool unified = statfs(mount_dir, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;

	if (unified && !own) {
		facts.mode = CGROUP_V2;
		facts.n = 1;
		facts.h[0] = (struct cgroup_hierarchy){ .mount = mount_dir, .v2 = true };
	} else {
		TRY(own_read(unified, arena, &facts, e));
	}
	for (size_t i = 0; i < facts.n; i++) {
		if (facts.h[i].v2 && limits)
			facts.h[i].controllers =
				controllers_read(AT_FDCWD, facts.h[i].mount, arena);
		if (beside)
			beside_read(&facts.h[i], limits, arena);
	}
	if (systemd)
		manager_read(rq, limits, arena, &facts);
	*ret = facts;
	return 0;
}
