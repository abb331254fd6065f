/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See oom_note.h. Best effort on both sides: no removal fails for it. */
#include "run/oom_note.h"

#include "base/fd.h"
#include "cgroup/oom.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

int oom_note_open(int state_dir)
{
	return openat(state_dir, OOM_NOTE, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		      0600);
}

bool oom_note_read(int fd, uint64_t *ret)
{
	char text[24];
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return str_to_u64(text, UINT64_MAX, ret);
}

void oom_note_leave(int state_dir, const struct cgroup *cg)
{
	auto_close int fd = openat(state_dir, OOM_NOTE,
				   O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint64_t kills;
	char text[24];

	if (fd < 0 || !cgroup_oom_count(cg, &kills))
		return;
	snprintf(text, sizeof(text), "%" PRIu64, kills);
	(void)!pwrite(fd, text, strlen(text), 0);
	unlinkat(state_dir, OOM_NOTE, 0);
}
