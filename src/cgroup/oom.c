/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out of memory; see oom.h. On v1 the kernel signals the eventfd also when the cgroup goes
 * away: what comes from a cgroup whose files cannot be read any more is no event.
 */
#include "cgroup/oom.h"

#include "base/fd.h"
#include "base/file.h"
#include "cgroup/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The last of those above: all that ever died of it, where the slices have gone too. */
enum { MACHINE = CGROUP_OOM_ABOVE - 1 };

/* A file of the kernel gives a page at a time. The length, or -1. */
static ssize_t read_whole(int fd, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t got;

	do {
		got = pread(fd, buf + n, size - n, (off_t)n);
		n += got > 0 ? (size_t)got : 0;
	} while (got > 0 && n < size);
	return got < 0 ? -1 : (ssize_t)n;
}

/* The counter oom_kill of memory.events, memory.oom_control, /proc/vmstat; false: gone. */
static bool read_kills(int fd, uint64_t *ret)
{
	static const char key[] = "\noom_kill ";
	char text[16384], digits[24];
	ssize_t n = fd < 0 ? -1 : read_whole(fd, text + 1, sizeof(text) - 2);
	const char *p;
	size_t len;

	if (n < 0)
		return false;
	text[0] = '\n';
	text[n + 1] = '\0';
	p = strstr(text, key);
	if (!p)
		return false;
	p += sizeof(key) - 1;
	len = strcspn(p, "\n");
	if (len >= sizeof(digits))
		return false;
	memcpy(digits, p, len);
	digits[len] = '\0';
	return str_to_u64(digits, UINT64_MAX, ret);
}

/*
 * The own counter and those above as of one moment: what is counted in between would be told
 * twice or never. An event in every try is a storm in which one more is no matter.
 */
static bool read_all(const struct cgroup_oom *o, uint64_t *ret,
		     uint64_t above[CGROUP_OOM_ABOVE])
{
	enum { TRIES = 4 };
	const int own = o->control < 0 ? o->fd : o->control;
	uint64_t again = 0;

	if (!read_kills(own, ret))
		return false;
	for (int i = 0; i < TRIES; i++) {
		for (size_t k = 0; k < CGROUP_OOM_ABOVE; k++)
			if (!read_kills(o->above[k], &above[k]))
				above[k] = 0;
		if (!read_kills(own, &again) || again == *ret)
			break;
		*ret = again;
	}
	return true;
}

static int open_v2(const struct cgroup_dir *dir, struct cgroup_oom *ret, struct err *e)
{
	unsigned depth = path_depth(dir->path);

	ret->fd = openat(dir->fd, "memory.events", O_RDONLY | O_CLOEXEC);
	if (ret->fd < 0)
		return errno == ENOENT ? 0 : err_sys_plain(e, "open memory.events");
	ret->events = POLLPRI;
	/* who may not read them does without */
	for (unsigned i = 0; i < MACHINE && i + 1 < depth; i++) {
		auto_close int up = dir_open(dir, depth - 1 - i);

		if (up >= 0)
			ret->above[i] = openat(up, "memory.events", O_RDONLY | O_CLOEXEC);
	}
	return 0;
}

static int open_v1(const struct cgroup_dir *dir, struct cgroup_oom *ret, struct err *e)
{
	char text[32];

	ret->control = openat(dir->fd, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	if (ret->control < 0)
		return err_sys_plain(e, "open memory.oom_control");
	ret->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ret->fd < 0)
		return err_sys_plain(e, "eventfd");
	ret->events = POLLIN;
	snprintf(text, sizeof(text), "%d %d", ret->fd, ret->control);
	if (file_write_value(dir->fd, "cgroup.event_control", text) < 0)
		return err_sys_plain(e, "write cgroup.event_control");
	return 0;
}

/* The hierarchy with the memory controller, or NULL. */
static const struct cgroup_dir *memory_dir(const struct cgroup *cg)
{
	const struct cgroup_dir *found = NULL;

	for (size_t i = 0; i < cg->n; i++) {
		const struct cgroup_dir *dir = &cg->dirs[i];

		if (dir->fd >= 0 && (dir->v2 || dir->controllers & 1u << CGROUP_MEMORY))
			found = dir; /* v2 is first: v1 where it has the controller */
	}
	return found;
}

int cgroup_oom_open(const struct cgroup *cg, struct cgroup_oom *ret, struct err *e)
{
	const struct cgroup_dir *dir = memory_dir(cg);

	*ret = (struct cgroup_oom){ .fd = -1, .control = -1 };
	for (size_t i = 0; i < CGROUP_OOM_ABOVE; i++)
		ret->above[i] = -1;
	if (dir && (dir->v2 ? open_v2 : open_v1)(dir, ret, e) < 0) {
		cgroup_oom_close(ret);
		return -1;
	}
	if (ret->fd < 0)
		return 0;
	ret->above[MACHINE] = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	(void)read_all(ret, &ret->seen, ret->above_seen);
	return 0;
}

bool cgroup_oom_count(const struct cgroup *cg, uint64_t *ret)
{
	const struct cgroup_dir *dir = memory_dir(cg);
	auto_close int fd = -1;

	if (!dir)
		return false;
	fd = openat(dir->fd, dir->v2 ? "memory.events" : "memory.oom_control",
		    O_RDONLY | O_CLOEXEC);
	return read_kills(fd, ret);
}

/* How often since the last time; false when the cgroup is gone. */
static bool take(struct cgroup_oom *o, uint64_t *ret)
{
	uint64_t now = 0, told = 0, above[CGROUP_OOM_ABOVE];
	bool some;

	*ret = 0;
	if (o->fd < 0)
		return true;
	some = o->control >= 0 &&
	       read(o->fd, &told, sizeof(told)) == (ssize_t)sizeof(told);
	if (!read_all(o, &now, above))
		return false;
	memcpy(o->above_seen, above, sizeof(above));
	if (o->control >= 0)
		*ret = some ? told : 0;
	else
		*ret = now > o->seen ? now - o->seen : 0;
	o->seen += *ret;
	return true;
}

uint64_t cgroup_oom_take(struct cgroup_oom *o)
{
	uint64_t n;

	return take(o, &n) ? n : 0;
}

uint64_t cgroup_oom_last(struct cgroup_oom *o, const uint64_t *left, bool suspected)
{
	uint64_t n;

	if (take(o, &n))
		return n;
	if (left)
		return *left > o->seen ? *left - o->seen : 0;
	for (size_t i = 0; i < CGROUP_OOM_ABOVE && suspected; i++) {
		if (!read_kills(o->above[i], &n))
			continue;
		n = n > o->above_seen[i] ? n - o->above_seen[i] : 0;
		return i == MACHINE && n ? 1 : n;
	}
	return 0;
}

void cgroup_oom_close(struct cgroup_oom *o)
{
	fd_close(o->fd);
	fd_close(o->control);
	o->fd = o->control = -1;
	for (size_t i = 0; i < CGROUP_OOM_ABOVE; i++) {
		fd_close(o->above[i]);
		o->above[i] = -1;
	}
}
