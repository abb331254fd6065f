/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trial of `doctor`; see doctor_check.h. The child is born as a container's init is (the
 * same clone3), waits for its id maps, does what is tried, and answers with a flat struct err.
 * All it makes lies in its own namespaces and ends with it.
 */
#include "run/doctor_check.h"

#include "base/fd.h"
#include "base/file.h"
#include "kernel/spawn.h"
#include "ns/helper.h"
#include "ns/nsresource.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIAL_MS = 10000 };

static _Noreturn void live(const struct doctor_trial *t, int sock)
{
	struct err e = { 0 };
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (read(sock, &go, 1) != 1)
		_exit(1);
	if (t->inside)
		(void)t->inside(&e);
	else if (t->measure)
		(void)t->measure(t->data, &e);
	e.scope = NULL;
	_exit(fd_write_all(sock, &e, sizeof(e)) < 0 ||
	      fd_write_all(sock, t->data, t->n_data) < 0);
}

/* One id, the caller's own, as root: allowed to everyone. */
static int map_own(const struct doctor *d, pid_t pid, struct err *e)
{
	const struct {
		const char *file;
		unsigned id;
	} maps[] = { { "gid_map", d->facts.egid }, { "uid_map", d->facts.euid } };
	char path[40], text[40];

	snprintf(path, sizeof(path), "%d/setgroups", (int)pid);
	if (file_write_value(d->proc_fd, path, "deny") < 0)
		return err_sys_plain(e, "deny setgroups in a new user namespace");
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		snprintf(path, sizeof(path), "%d/%s", (int)pid, maps[i].file);
		snprintf(text, sizeof(text), "0 %u 1", maps[i].id);
		if (file_write_value(d->proc_fd, path, text) == 0)
			continue;
		err_sys_plain(e, "write %s of a new user namespace", maps[i].file);
		if (e->code == EPERM && !d->facts.euid &&
		    !ns_facts_cap(&d->facts, CAP_SETFCAP))
			err_hint(e, "root without CAP_SETFCAP cannot map itself (Linux "
				    "5.12): be somebody else in the outer container, as "
				    "--user 1000, or have that capability there");
		return -1;
	}
	return 0;
}

/* Who maps the ids of a trial: the caller his own, newuidmap all, systemd-nsresourced. */
enum maps { MAPS_OWN, MAPS_ALL, MAPS_LENT };

static int map_all(const struct doctor *d, pid_t pid, struct err *e)
{
	struct oci_id_mapping own[2] = { { 0, d->facts.euid, 1 },
					 { 0, d->facts.egid, 1 } };
	const struct oci_id_mappings *subs[] = { &d->sub_uids, &d->sub_gids };
	const struct ns_helper_kind *kinds[] = { &ns_helper_uid, &ns_helper_gid };
	struct ns_helper jobs[2];

	for (size_t k = 0; k < 2; k++) {
		struct oci_id_mapping *v =
			oci_alloc(d->arena, (subs[k]->n + 1) * sizeof(*v));
		uint32_t next = 1;

		if (!v)
			return err_set(e, "out of memory");
		v[0] = own[k];
		for (size_t i = 0; i < subs[k]->n; i++) {
			v[i + 1] = subs[k]->v[i];
			v[i + 1].container_id = next;
			next += v[i + 1].size;
		}
		jobs[k] = (struct ns_helper){ kinds[k], { subs[k]->n + 1, v } };
	}
	return ns_helpers_run(jobs, 2, pid, e);
}

static int take_answer(const struct doctor_trial *t, int sock, struct err *e)
{
	struct err said = { 0 };

	if (fd_wait_readable(sock, t->timeout_ms ? t->timeout_ms : TRIAL_MS) <= 0)
		return err_set(e, "the trial did not come to an end");
	if (fd_read_full(sock, &said, sizeof(said)) != (ssize_t)sizeof(said) ||
	    fd_read_full(sock, t->data, t->n_data) != (ssize_t)t->n_data)
		return err_set(e, "the trial died");
	said.text[sizeof(said.text) - 1] = said.hint[sizeof(said.hint) - 1] = '\0';
	return said.text[0] ? err_take(e, &said) : 0;
}

static int conduct(const struct doctor *d, const struct doctor_trial *t, enum maps maps,
		   const struct spawned *born, int sock, struct err *e)
{
	pid_t pid = born->pid;
	uint32_t uid, gid;

	if (maps == MAPS_LENT)
		TRY(nsresource_map(born->pidfd, pid, d->proc_fd, -1, &uid, &gid, e));
	else if (maps == MAPS_ALL)
		TRY(map_all(d, pid, e));
	else if (t->flags & CLONE_NEWUSER)
		TRY(map_own(d, pid, e));
	if (fd_write_all(sock, "", 1) < 0)
		return err_sys(e, "talk to the trial");
	return take_answer(t, sock, e);
}

static int run_trial(const struct doctor *d, const struct doctor_trial *t, enum maps maps,
		     struct err *e)
{
	struct spawn_args args = { .flags = t->flags, .cgroup_fd = -1 };
	struct spawned born = { .pidfd = -1 };
	int pair[2], rc;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	/* else its files in /proc are the machine's root's, and nobody here could map ids */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	pid = spawn_process(&args, &born, e);
	if (pid == 0) {
		fd_close(pair[0]);
		live(t, pair[1]);
	}
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	fd_close(pair[1]);
	rc = pid < 0 ? -1 : conduct(d, t, maps, &born, pair[0], e);
	fd_close(pair[0]);
	if (pid > 0) {
		syscall(SYS_pidfd_send_signal, born.pidfd, SIGKILL, NULL, 0U);
		waitpid(pid, NULL, 0);
	}
	fd_close(born.pidfd);
	return rc;
}

int doctor_try(const struct doctor *d, const struct doctor_trial *t, struct err *e)
{
	struct doctor_trial trial = *t;

	if (d->has_userns) {
		trial.flags |= CLONE_NEWUSER;
	} else if (!d->privileged && trial.flags && !(trial.flags & CLONE_NEWUSER)) {
		err_set(e, "not tried: it needs a user namespace");
		return err_hint(e, "see userns");
	}
	return run_trial(d, &trial, MAPS_OWN, e);
}

int doctor_try_map(const struct doctor *d, struct err *e)
{
	const struct doctor_trial t = { .flags = CLONE_NEWUSER };

	return run_trial(d, &t, MAPS_ALL, e);
}

int doctor_try_lent(const struct doctor *d, struct err *e)
{
	const struct doctor_trial t = { .flags = CLONE_NEWUSER };

	return run_trial(d, &t, MAPS_LENT, e);
}
