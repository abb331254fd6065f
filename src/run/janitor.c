/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The janitor; see janitor.h. It waits for its map, works, and says how it went. */
#include "run/janitor.h"

#include "base/fd.h"
#include "kernel/pidfd.h"
#include "kernel/procfs.h"
#include "kernel/spawn.h"
#include "ns/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- pure -------------------------------------------------------------------------------- */

static void add(struct oci_id_mappings *to, uint64_t *next, uint32_t host, uint64_t n)
{
	if (!n || *next + n > UINT32_MAX)
		return;
	to->v[to->n++] = (struct oci_id_mapping){ (uint32_t)*next, host, (uint32_t)n };
	*next += n;
}

void janitor_map(struct oci_arena *arena, uint32_t own, const struct oci_id_mappings *ids,
		 struct oci_id_mappings *ret)
{
	uint64_t next = 0;

	*ret = (struct oci_id_mappings){ 0, oci_alloc(arena,
						      (ids->n + 2) * sizeof(*ret->v)) };
	if (!ret->v)
		return;
	add(ret, &next, own, 1);
	for (size_t i = 0; i < ids->n; i++) {
		uint32_t first = ids->v[i].host_id, n = ids->v[i].size;

		if (own < first || own - first >= n) {
			add(ret, &next, first, n);
			continue;
		}
		add(ret, &next, first, own - first);
		add(ret, &next, own + 1, n - (own - first) - 1);
	}
}

bool janitor_id(const struct oci_id_mappings *map, uint32_t host_id, uint32_t *ret)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct oci_id_mapping *m = &map->v[i];

		if (host_id < m->host_id || host_id - m->host_id >= m->size)
			continue;
		*ret = m->container_id + (host_id - m->host_id);
		return true;
	}
	return false;
}

/* ---- the child --------------------------------------------------------------------------- */

static _Noreturn void live(int from, int to, int (*work)(void *, struct err *), void *arg)
{
	struct err e = { 0 };
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (fd_read_full(from, &byte, 1) != 1)
		_exit(1);
	(void)syscall(SYS_setgroups, 0, NULL);
	if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
		err_sys(&e, "become root of the user namespace");
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* cleared by the change of ids */
	if (!err_is_set(&e))
		(void)work(arg, &e);
	e.scope = NULL;
	(void)fd_write_all(to, &e, sizeof(e));
	_exit(0);
}

static enum ns_map_how how(const struct ns_facts *f, int cap,
			   const struct oci_id_mappings *ids)
{
	if (ns_facts_cap(f, cap))
		return NS_MAP_DIRECT;
	return ids->n == 1 && ids->v[0].size == 1 ? NS_MAP_OWN : NS_MAP_HELPER;
}

static int map_child(const struct oci_id_mappings *uids,
		     const struct oci_id_mappings *gids, pid_t pid, struct err *e)
{
	auto_close int proc = TRY(procfs_open(e));
	struct ns_plan plan = { .uid.ids = *uids, .gid.ids = *gids };
	struct ns_facts facts;

	TRY(ns_facts_gather(proc, &facts, e));
	plan.mode[NSFD_USER] = NS_NEW;
	plan.uid.how = how(&facts, CAP_SETUID, uids);
	plan.gid.how = how(&facts, CAP_SETGID, gids);
	plan.deny_setgroups = plan.gid.how == NS_MAP_OWN;
	return ns_userns_map(&plan, pid, proc, e);
}

static int await(int from, int pidfd, int interrupt_fd, struct err *e)
{
	struct err said, ignored = { 0 };

	if (!fd_wait_unless(from, interrupt_fd)) {
		(void)pidfd_signal(pidfd, SIGKILL, &ignored);
		return err_code(e, EINTR, "change files of the container");
	}
	if (fd_read_full(from, &said, sizeof(said)) != (ssize_t)sizeof(said))
		return err_set(e, "the process that looks after the container's files "
				  "died");
	return err_is_set(&said) ? err_take(e, &said) : 0;
}

int janitor_run(const struct oci_id_mappings *uids, const struct oci_id_mappings *gids,
		int (*work)(void *arg, struct err *e), void *arg, int interrupt_fd,
		struct err *e)
{
	struct spawn_args args = { .flags = CLONE_NEWUSER, .cgroup_fd = -1 };
	auto_close int go_in = -1, go_out = -1, told_in = -1, told_out = -1;
	struct spawned born;
	int p[2], q[2], rc;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	go_in = p[0];
	go_out = p[1];
	if (pipe2(q, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	told_in = q[0];
	told_out = q[1];
	/* newuidmap works for a process that its caller may trace: a plain user's own */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	pid = spawn_process(&args, &born, e);
	if (pid != 0)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (pid == 0) {
		fd_close(take_fd(&go_out));
		fd_close(take_fd(&told_in));
		live(go_in, told_out, work, arg);
	}
	if (pid < 0)
		return -1;
	fd_close(take_fd(&told_out));
	rc = map_child(uids, gids, pid, e);
	if (rc == 0)
		(void)fd_write_all(go_out, "", 1);
	fd_close(take_fd(&go_out));
	if (rc == 0)
		rc = await(told_in, born.pidfd, interrupt_fd, e);
	fd_close(born.pidfd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return rc;
}
