/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait (run.h): the end of a container that is not our child. A pidfd says when; how is
 * known to the kernel while nobody has reaped the process (proc_pid_stat(5), field 52) and,
 * since Linux 6.15, afterwards as long as a pidfd is held (PIDFD_INFO_EXIT).
 */
#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "kernel/pidfd.h"
#include "kernel/procfs.h"
#include "run/lookup.h"
#include "run/wait.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { REAPED_MS = 2000, STEP_MS = 5, EXIT_CODE_FIELD = 52 };

bool run_stat_exit_code(const char *stat, int *ret_status)
{
	const char *at = strrchr(stat, ')');
	uint64_t v;
	char text[16];
	size_t n;

	/* ") Z 1 2 ...": the state is field 3 */
	if (!at || strncmp(at, ") Z ", 4) != 0)
		return false;
	for (int field = 2; field < EXIT_CODE_FIELD; field++) {
		at = strchr(at, ' ');
		if (!at)
			return false;
		at++;
	}
	n = strcspn(at, " \n");
	if (!n || n >= sizeof(text))
		return false;
	memcpy(text, at, n);
	text[n] = '\0';
	if (!str_to_u64(text, 0xffff, &v))
		return false;
	*ret_status = (int)v;
	return true;
}

/* Of a zombie: nobody has reaped it, and it is still the one that the pidfd means. */
static bool zombie_status(int pidfd, int proc_fd, int *ret_status)
{
	struct err ignored = { 0 };
	pid_t pid = pidfd_pid(pidfd, proc_fd, &ignored);
	char path[32], text[2048];
	int status;

	snprintf(path, sizeof(path), "%d/stat", (int)pid);
	if (pid <= 0 || procfs_read(proc_fd, path, text, sizeof(text)) < 0 ||
	    !run_stat_exit_code(text, &status) ||
	    pidfd_pid(pidfd, proc_fd, &ignored) != pid)
		return false;
	*ret_status = status;
	return true;
}

/* Between the end and the reaping neither way may work for a moment. */
static bool how_it_ended(int pidfd, int proc_fd, int *ret_status)
{
	int64_t end = clock_ms() + REAPED_MS;
	struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

	for (;;) {
		if (pidfd_exit_status(pidfd, ret_status) ||
		    zombie_status(pidfd, proc_fd, ret_status))
			return true;
		if (clock_ms() >= end)
			return false;
		nanosleep(&step, NULL);
	}
}

int run_wait(const struct run_context *ctx, const char *id, int *ret_status,
	     struct err *e)
{
	struct lookup l;
	int status = 0;
	int rc = lookup_open(ctx, id, -1, false, &l, e);

	if (rc == 0)
		rc = machine_check(RUN_OP_WAIT, l.status, id, e);
	if (rc == 0 && l.pidfd >= 0 && fd_wait_readable(l.pidfd, -1) < 0)
		rc = err_sys(e, "wait for container %s", id);
	if (rc == 0 && l.pidfd >= 0 && how_it_ended(l.pidfd, l.proc_fd, &status)) {
		*ret_status = wait_exit_code(status);
		rc = 1;
	}
	lookup_close(&l);
	return rc;
}
