/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events (run.h): one poll(2) over the init, the memory controller, the reader and the time of
 * the next report. Nothing is asked for again and again.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "cgroup/oom.h"
#include "cgroup/stats.h"
#include "kernel/pidfd.h"
#include "run/lookup.h"
#include "run/oom_note.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

/* An id needs no escapes in JSON. */
static int report(const struct run_events_args *a, const struct cgroup *cg, struct err *e)
{
	auto_str line = { 0 };

	str_addf(&line, "{\"type\":\"stats\",\"id\":\"%s\",\"data\":", a->id);
	cgroup_stats_json(cg, &line);
	str_add(&line, "}");
	return a->emit(line.s, a->arg, e);
}

static int tell_oom(const struct run_events_args *a, uint64_t times, struct err *e)
{
	auto_str line = { 0 };

	str_addf(&line, "{\"type\":\"oom\",\"id\":\"%s\"}", a->id);
	while (times--)
		TRY(a->emit(line.s, a->arg, e));
	return 0;
}

/* Killed, or a shell that says so of its child; an end that is not known may be that. */
static bool looks_killed(int pidfd)
{
	int status;

	if (!pidfd_exit_status(pidfd, &status))
		return true;
	return WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL
				   : WEXITSTATUS(status) == 128 + SIGKILL;
}

/* What ended it may have been that, and whoever waited for the end may have been quicker. */
static uint64_t last_oom(const struct lookup *l, struct cgroup_oom *oom, int note)
{
	uint64_t left;
	bool is_left = oom_note_read(note, &left);

	return cgroup_oom_last(oom, is_left ? &left : NULL, looks_killed(l->pidfd));
}

/* Waits for what comes first; false when there is nothing more to tell. */
static int wait_for(const struct run_events_args *a, int pidfd,
		    const struct cgroup_oom *oom, int64_t until, struct err *e)
{
	struct pollfd fds[] = {
		{ .fd = pidfd, .events = POLLIN },
		{ .fd = a->reader_fd }, /* POLLERR and POLLHUP come unasked */
		{ .fd = oom->fd, .events = oom->events },
	};
	int64_t left = until - clock_ms();
	int n = poll(fds, 3, left > 0 ? (int)left : 0);

	if (n < 0 && errno != EINTR)
		return err_sys_plain(e, "poll");
	return n > 0 && (fds[0].revents || fds[1].revents) ? 0 : 1;
}

static int follow(const struct run_events_args *a, struct lookup *l,
		  struct cgroup_oom *oom, int note, struct err *e)
{
	int64_t next = clock_ms() + a->interval_ms;
	int more;

	do {
		more = TRY(wait_for(a, l->pidfd, oom, next, e));
		TRY(tell_oom(a, more ? cgroup_oom_take(oom) : last_oom(l, oom, note), e));
		if (more && clock_ms() >= next) {
			TRY(report(a, &l->cgroup, e));
			next += a->interval_ms;
			if (next <= clock_ms()) /* stopped for a while: no burst */
				next = clock_ms() + a->interval_ms;
		}
	} while (more);
	return 0;
}

static int events(const struct run_events_args *a, struct lookup *l, struct err *e)
{
	auto_close int note = -1;
	struct cgroup_oom oom;
	int rc;

	TRY(machine_check(RUN_OP_EVENTS, l->status, a->id, e));
	TRY(lookup_cgroup_there(l, e));
	if (!l->cgroup.n)
		return err_set(e, "container %s has no cgroup, so nothing is measured",
			       a->id);
	if (a->stats)
		return report(a, &l->cgroup, e);
	/* first: what is counted from here on is told, by the cgroup or by the note */
	note = oom_note_open(l->dir.dir);
	TRY(cgroup_oom_open(&l->cgroup, &oom, e));
	rc = follow(a, l, &oom, note, e);
	cgroup_oom_close(&oom);
	return rc;
}

int run_events(const struct run_context *ctx, const struct run_events_args *args,
	       struct err *e)
{
	struct lookup l;
	int rc = lookup_open(ctx, args->id, -1, false, &l, e);

	if (rc == 0)
		rc = events(args, &l, e);
	if (rc < 0)
		lookup_explain(&l, RUN_OP_EVENTS, e);
	lookup_close(&l);
	return rc;
}
