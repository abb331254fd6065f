/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kill and delete (run.h): signals go through the verified pidfd or the recorded cgroup. */
#include "base/fd.h"
#include "base/log.h"
#include "kernel/pidfd.h"
#include "run/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

enum { LOCK_TIMEOUT_MS = 10000 };

/* Every process: the cgroup knows them; without one the init stands for its namespace. */
static int signal_all(struct lookup *l, int signal, struct err *e)
{
	bool known = false;

	TRY(lookup_cgroup(l, e));
	for (size_t i = 0; l->has_cgroup && i < l->cgroup.n; i++)
		known = known || l->cgroup.dirs[i].fd >= 0;
	if (known)
		return cgroup_signal(&l->cgroup, signal, e);
	if (l->pidfd >= 0)
		TRY(pidfd_signal(l->pidfd, signal, e));
	return 0;
}

static int signal_init(struct lookup *l, int signal, struct err *e)
{
	if (TRY(pidfd_signal(l->pidfd, signal, e)) == 0)
		return err_set(e, "container not running: %s has stopped", l->dir.id);
	if (signal == SIGKILL && l->status == OCI_STATUS_PAUSED)
		lookup_thaw(l);
	return 0;
}

int run_kill(const struct run_context *ctx, const char *id, int signal, bool all,
	     struct err *e)
{
	struct lookup l;
	int rc = lookup_open(ctx, id, -1, false, &l, e);

	/* the kernel ends the others only when the init of their pid namespace dies */
	if (rc == 0 && signal == SIGKILL)
		all = all || (l.record && l.record->shared_pid);
	if (rc == 0)
		rc = machine_check(all ? RUN_OP_KILL_ALL : RUN_OP_KILL, l.status, id, e);
	if (rc == 0)
		rc = all ? signal_all(&l, signal, e) : signal_init(&l, signal, e);
	if (rc < 0)
		lookup_explain(&l, all ? RUN_OP_KILL_ALL : RUN_OP_KILL, e);
	lookup_close(&l);
	return rc;
}

/*
 * With force the init is killed before the lock is asked for: a create or start that hangs
 * in a hook holds the lock, and ends only then. Without a readable record the directory is
 * all there is to remove.
 */
static int force(struct lookup *l, struct err *e)
{
	struct err first = { 0 };

	if (l->damage.text[0])
		log_warning("%s", l->damage.text);
	if (lookup_kill(l, LOCK_TIMEOUT_MS, &first) < 0)
		log_warning("%s", first.text);
	if (l->dir.lock < 0) {
		if (statedir_lock(&l->dir, LOCK_TIMEOUT_MS, e) < 0)
			return -1;
		TRY(lookup_refresh(l, true, e));
	}
	return lookup_destroy(l, e);
}

/*
 * `kill ID KILL; delete ID`: the signal is there before the process is gone. Whoever was sent
 * SIGKILL is waited for; what merely runs is refused, a moment later.
 */
static int await_end(struct lookup *l, struct err *e)
{
	enum { MOMENT_MS = 10 };
	bool ends = pidfd_ends(l->pidfd, l->proc_fd);

	/* between the signal's arrival and exit(2) neither can be seen */
	if (!ends && fd_wait_readable(l->pidfd, MOMENT_MS) <= 0)
		ends = pidfd_ends(l->pidfd, l->proc_fd);
	if (ends)
		fd_wait_readable(l->pidfd, LOCK_TIMEOUT_MS);
	return lookup_refresh(l, false, e);
}

static int delete (struct lookup *l, struct err *e)
{
	if (l->status == OCI_STATUS_RUNNING && l->pidfd >= 0)
		TRY(await_end(l, e));
	TRY(machine_check(RUN_OP_DELETE, l->status, l->dir.id, e));
	return lookup_destroy(l, e);
}

int run_delete(const struct run_context *ctx, const char *id, bool forced, struct err *e)
{
	struct lookup l;
	struct err gone = { 0 };
	int rc = lookup_open(ctx, id, forced ? -1 : LOCK_TIMEOUT_MS, forced, &l, e);
	bool missing;

	if (rc == 0)
		rc = forced ? force(&l, e) : delete (&l, e);
	/* not any ENOENT: what else is missing is a failure */
	missing = l.dir.dir < 0 || statedir_exists(&l.dir, &gone) < 0;
	lookup_close(&l);
	if (rc < 0 && forced && missing && e->code == ENOENT) {
		err_clear(e);
		return 0;
	}
	return rc;
}
