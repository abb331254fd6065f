/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out of memory; see oom.h. On v1 the kernel signals the eventfd also when the cgroup goes
 * away: what comes from a cgroup whose files cannot be read any more is no event.
 */
#include "cgroup/oom.h"

#include "base/fd.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The counter oom_kill of memory.events; false when the cgroup is gone. */
static bool read_kills(int fd, uint64_t *ret)
{
	static const char key[] = "\noom_kill ";
	char text[512], digits[24];
	ssize_t n = pread(fd, text + 1, sizeof(text) - 2, 0);
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

static int open_v2(const struct cgroup_dir *dir, struct cgroup_oom *ret, struct err *e)
{
	ret->fd = openat(dir->fd, "memory.events", O_RDONLY | O_CLOEXEC);
	if (ret->fd < 0)
		return errno == ENOENT ? 0 : err_sys_plain(e, "open memory.events");
	ret->events = POLLPRI;
	if (!read_kills(ret->fd, &ret->seen))
		ret->seen = 0;
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

int cgroup_oom_open(const struct cgroup *cg, struct cgroup_oom *ret, struct err *e)
{
	const struct cgroup_dir *found = NULL;

	*ret = (struct cgroup_oom){ .fd = -1, .control = -1 };
	for (size_t i = 0; i < cg->n; i++) {
		const struct cgroup_dir *dir = &cg->dirs[i];

		if (dir->fd >= 0 && (dir->v2 || dir->controllers & 1u << CGROUP_MEMORY))
			found = dir; /* v2 is first: v1 where it has the controller */
	}
	if (!found)
		return 0;
	if ((found->v2 ? open_v2 : open_v1)(found, ret, e) == 0)
		return 0;
	cgroup_oom_close(ret);
	return -1;
}

uint64_t cgroup_oom_take(struct cgroup_oom *o)
{
	uint64_t now = 0, before = o->seen;
	char byte;

	if (o->fd < 0)
		return 0;
	if (o->control >= 0) {
		if (read(o->fd, &now, sizeof(now)) != (ssize_t)sizeof(now))
			return 0;
		return pread(o->control, &byte, 1, 0) == 1 ? now : 0;
	}
	if (!read_kills(o->fd, &now) || now < before)
		return 0;
	o->seen = now;
	return now - before;
}

void cgroup_oom_close(struct cgroup_oom *o)
{
	fd_close(o->fd);
	fd_close(o->control);
	o->fd = o->control = -1;
}
