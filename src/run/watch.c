/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A foreground `run` with limits of its own, and what came of it; see run.h and watch.h. */
#include "run/watch.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "run/capture.h"
#include "run/create.h"
#include "run/interrupt.h"
#include "run/life.h"
#include "run/wait.h"

static uint64_t cgroup_number(const struct container *c, const char *file)
{
	uint64_t v = 0;
	char text[32];

	for (size_t i = 0; i < c->cgroup.n && !v; i++)
		if (c->cgroup.dirs[i].fd >= 0 &&
		    file_read_value(c->cgroup.dirs[i].fd, file, text, sizeof(text)) > 0)
			(void)str_to_u64(text, UINT64_MAX, &v);
	return v;
}

/* What only the cgroup knows, before it goes. */
void watch_cgroup(struct container *c)
{
	static const char *const files[] = { "memory.events", "memory.oom_control" };
	struct run_watch *w = c->watch;
	char text[512];

	w->ended_us = clock_us();
	w->has_cgroup = c->cgroup.n > 0;
	w->pids_peak = cgroup_number(c, "pids.peak");
	w->memory_peak = cgroup_number(c, "memory.peak");
	if (!w->memory_peak)
		w->memory_peak = cgroup_number(c, "memory.max_usage_in_bytes");
	for (size_t i = 0; i < c->cgroup.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(files); k++) {
			const char *at;

			if (file_read_value(c->cgroup.dirs[i].fd, files[k], text,
					    sizeof(text)) <= 0)
				continue;
			at = strstr(text, "oom_kill ");
			w->oom_killed =
				w->oom_killed || (at && at[strlen("oom_kill ")] != '0');
		}
}

static int watched(struct container *c, struct capture *pipes, bool keep, int *ret_status,
		   struct err *e)
{
	auto_close int signal_fd = -1;
	int rc;

	c->capture = pipes;
	c->interrupt_fd = TRY(interrupt_open(e));
	signal_fd = TRY(wait_signals(e));
	if (c->watch->output_limit)
		TRY(capture_begin(pipes, e));
	rc = life_create(c, e);
	capture_restore(pipes);
	if (rc < 0)
		return -1;
	TRY(create_follow(c, e));
	c->watch->running_us = clock_us();
	return create_wait(c, signal_fd, keep, ret_status, e);
}

int run_watched(const struct run_context *ctx, const struct run_create_args *args,
		bool keep, struct run_watch *watch, int *ret_status, struct err *e)
{
	struct container c = { .ctx = ctx,
			       .args = args,
			       .owned = !keep,
			       .foreground = true,
			       .watch = watch };
	struct capture pipes = CAPTURE_NONE;
	int rc = container_prepare(&c, e);

	*ret_status = 0;
	if (rc == 0)
		rc = watched(&c, &pipes, keep, ret_status, e);
	watch->gone_us = clock_us();
	capture_close(&pipes);
	container_close(&c);
	return rc;
}
