/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net-hook (run.h): the network module for a container that somebody else makes. The runtime
 * waits for its hook and has not reaped the init, so the pid in the state means that process:
 * it becomes a pidfd, and all else comes from that one. What is started is the holder of
 * direct use (net/holder.h). Nothing is kept: no file, no directory, no record.
 */
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/nsfd.h"
#include "kernel/pidfd.h"
#include "kernel/procfs.h"
#include "run/net.h"
#include "run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int net_hook_request(const struct run_net_hook_args *args, struct net_request *ret,
		     struct err *e)
{
	struct net_request rq = { 0 };

	rq.mode = NET_AUTO;
	if (args->net) {
		WHERE_IN(e, "--net", NULL);
		TRY(net_parse_mode(args->net, &rq, e));
	}
	WHERE_IN(e, "--publish", NULL);
	for (size_t i = 0; i < args->n_publish; i++)
		TRY(net_parse_port(args->publish[i], &rq, e));
	TRY(net_check(&rq, e));
	*ret = rq;
	return 0;
}

/* A pipe, a file or a socket: runtimes differ. */
static int read_state(struct str *ret, struct err *e)
{
	WHERE_IN(e, "standard input", NULL);
	return file_read_stream(STDIN_FILENO, OCI_MAX_SIZE, ret, e);
}

int net_hook_pid(struct oci_arena *arena, const char *text, size_t n, pid_t *ret,
		 struct err *e)
{
	struct oci_state *state;
	struct oci_error why;

	if (oci_decode_state(arena, "standard input", text, n, &state, &why) < 0) {
		err_set(e, "%s", why.text);
		return err_hint(e, "a hook gets the state of its container there");
	}
	if (!state->pid.set || state->pid.v <= 0 || state->pid.v > INT32_MAX) {
		err_set(e, "the state of container %s has no process", state->id);
		return err_hint(e, "for the hooks prestart and createRuntime");
	}
	*ret = (pid_t)state->pid.v;
	return 0;
}

/* Linux 6.11, or by number: whose it was is known when pidfd is alive afterwards. */
static int open_network(int pidfd, pid_t pid, int proc_fd, struct err *e)
{
	int fd = nsfd_of_process(pidfd, NSFD_NET);
	char path[40];

	if (fd < 0 && (errno == ENOTTY || errno == EINVAL)) {
		snprintf(path, sizeof(path), "%d/ns/net", (int)pid);
		fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	}
	if (fd >= 0)
		return fd;
	if (errno == ESRCH || errno == ENOENT)
		return err_set(e, "process %d of the container has ended", (int)pid);
	err_sys_plain(e, "the network namespace of process %d", (int)pid);
	return err_hint(e, "a plain user may open it only while the runtime leaves the "
			   "process dumpable; some never do");
}

static int check_target(struct net_target *t, const struct nsfd_id ours[NSFD_KINDS],
			struct err *e)
{
	struct nsfd_id net, user;

	if (nsfd_id_of(t->net_fd, &net) < 0)
		return err_sys_plain(e, "the network namespace");
	if (net.dev == ours[NSFD_NET].dev && net.ino == ours[NSFD_NET].ino) {
		err_set(e, "the container has no network namespace of its own");
		return err_hint(e, "linux.namespaces in its config.json lacks "
				   "{\"type\": \"network\"}");
	}
	t->user_fd = nsfd_owner(t->net_fd);
	if (t->user_fd < 0 || nsfd_id_of(t->user_fd, &user) < 0)
		return err_sys_plain(e, "the owner of the network namespace");
	if (user.dev == ours[NSFD_USER].dev && user.ino == ours[NSFD_USER].ino) {
		fd_close(t->user_fd);
		t->user_fd = -1;
	}
	return 0;
}

/* Fills in *t, whose descriptors are the caller's in any case. */
static int open_target(pid_t pid, struct net_target *t, struct err *e)
{
	struct nsfd_id ours[NSFD_KINDS];
	auto_close int proc = TRY(procfs_open(e));
	bool gone = false;

	TRY(nsfd_ids_of_process(0, proc, 1u << NSFD_NET | 1u << NSFD_USER, ours, e));
	t->pidfd = pidfd_of(pid, &gone, e);
	if (t->pidfd < 0 && !gone)
		return -1;
	if (!gone)
		t->net_fd = TRY(open_network(t->pidfd, pid, proc, e));
	if (gone || !pidfd_alive(t->pidfd))
		return err_set(e, "process %d of the container has ended", (int)pid);
	return check_target(t, ours, e);
}

static int connect_to(const struct net_request *rq, const struct net_target *t,
		      struct err *e)
{
	struct net_holder holder;
	struct net_ready what;
	int rc;

	TRY(net_holder_start(rq, t, &holder, e));
	rc = net_holder_receive(&holder, &what, e);
	if (rc == 0 && what.remark[0])
		log_info("%s; using %s", what.remark, net_mode_name(what.mode));
	net_holder_leave(&holder);
	return rc;
}

int run_net_hook(const struct run_net_hook_args *args, struct err *e)
{
	struct net_target t = { .pidfd = -1, .user_fd = -1, .net_fd = -1 };
	struct oci_arena arena = { 0 };
	struct net_request rq;
	auto_str text = { 0 };
	pid_t pid = 0;
	int rc;

	TRY(net_hook_request(args, &rq, e));
	TRY(read_state(&text, e));
	rc = net_hook_pid(&arena, text.s ? text.s : "", text.n, &pid, e);
	oci_arena_free(&arena);
	if (rc < 0 || rq.mode == NET_NONE) /* none: lo is the runtime's business */
		return rc;
	rc = open_target(pid, &t, e);
	if (rc == 0)
		rc = net_survey(&rq, e);
	if (rc == 0)
		rc = connect_to(&rq, &t, e);
	fd_close(t.pidfd);
	fd_close(t.net_fd);
	fd_close(t.user_fd);
	return rc;
}
