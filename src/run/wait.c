/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The foreground `run`; see wait.h. The child is unreaped until the end, so its pidfd is it.
 *
 * The relay never waits in a read or write: a container that does not read what is typed
 * must still be able to write, and signals must always come through. What was read from one
 * side stays in its buffer until the other side has room.
 */
#include "run/wait.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "kernel/script.h"
#include "run/console.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Signals that are ours, not the container's. */
static const int kept[] = { SIGCHLD, SIGPIPE, SIGTTIN, SIGTTOU, SIGTSTP, SIGSEGV,
			    SIGBUS,  SIGILL,  SIGFPE,  SIGABRT, SIGTRAP, SIGSYS };

int wait_signals(struct err *e)
{
	struct sigaction now;
	sigset_t set;
	int fd;

	sigfillset(&set);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		sigdelset(&set, kept[i]);
	/* a blocked signal is queued even if it is ignored: nohup would not work */
	for (int s = 1; s < NSIG; s++)
		if (sigaction(s, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
			sigdelset(&set, s);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(e, "block signals");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(e, "signalfd") : fd;
}

/* The signals that end a process unless it handles them, and that people send to end one. */
static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

struct waiting {
	const struct wait_job *job;
	struct run_watch *watch; /* never NULL */
	int64_t deadline; /* clock_ms() at which something has to happen; 0: never */
	unsigned pressed; /* ending signals so far */
	bool stopping; /* the deadline is that of such a signal */
	bool behind; /* another job of the shell has our terminal */
	uint64_t output; /* bytes so far */
};

static void send(const struct waiting *w, int signal)
{
	syscall(SYS_pidfd_send_signal, w->job->pidfd, signal, NULL, 0U);
}

/*
 * Does the first process of a pid namespace handle (or ignore) a signal? The kernel drops
 * one that it does neither with. Not told: taken for handled.
 */
static bool is_handled(const struct waiting *w, int signal)
{
	static const char *const sets[] = { "\nSigIgn:\t", "\nSigCgt:\t" };
	char path[40], text[4096];

	if (w->watch->reaper)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)w->job->pid);
	if (file_read_value(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		const char *at = strstr(text, sets[i]);

		if (!at ||
		    strtoull(at + strlen(sets[i]), NULL, 16) & 1ULL << (signal - 1))
			return true;
	}
	return false;
}

static bool is_ending(int signal)
{
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		if (ending[i] == signal)
			return true;
	return false;
}

/* Ends the program as the signal would end a process that is not the first of all. */
static void end_politely(struct waiting *w, int signal)
{
	int64_t kill_at = clock_ms() + w->watch->kill_ms;
	bool handled = is_handled(w, signal);

	w->watch->signal = signal;
	send(w, handled ? signal : SIGKILL);
	if (!w->watch->kill_ms || (w->deadline && w->deadline < kill_at))
		return;
	w->stopping = true;
	w->deadline = kill_at;
}

static void pass_on(struct waiting *w, int signal)
{
	if (!w->watch->plain_signals || !is_ending(signal)) {
		send(w, signal);
	} else if (++w->pressed > 1) { /* who asks twice means it */
		w->watch->signal = SIGKILL;
		send(w, SIGKILL);
	} else {
		end_politely(w, signal);
	}
}

static void forward(struct waiting *w)
{
	struct signalfd_siginfo info;

	while (read(w->job->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGWINCH && w->job->master >= 0)
			console_resize(w->job->master);
		else
			pass_on(w, (int)info.ssi_signo);
	}
}

/* The time is up: first politely, then not. */
static void end_in_time(struct waiting *w)
{
	if (!w->deadline || clock_ms() < w->deadline)
		return;
	if (w->stopping) {
		w->deadline = 0;
		w->watch->signal = SIGKILL;
		send(w, SIGKILL);
		return;
	}
	if (w->watch->timed_out || !is_handled(w, SIGTERM)) {
		w->deadline = 0;
		send(w, SIGKILL);
	} else {
		w->deadline = clock_ms() + w->watch->stop_ms;
		send(w, SIGTERM);
	}
	w->watch->timed_out = true;
}

/*
 * No signal says that a job has come to the foreground: dash's fg always sends SIGCONT, bash's
 * only to one that is stopped.
 */
enum { BEHIND_MS = 200 };

static int time_left(const struct waiting *w)
{
	int64_t left;

	if (!w->deadline)
		return w->behind ? BEHIND_MS : -1;
	left = w->deadline - clock_ms();
	if (w->behind && left > BEHIND_MS)
		left = BEHIND_MS;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* One direction. POLLOUT promises room for PIPE_BUF bytes of a pipe: no more at once. */
struct way {
	int from; /* -1: it has ended */
	int to; /* -1: nobody reads any more, what comes is dropped */
	size_t at, n; /* what is still to be written: piece[at..n) */
	char piece[4096];
};

static void way_read(struct way *w)
{
	ssize_t n = read(w->from, w->piece, sizeof(w->piece));

	w->at = w->n = 0;
	if (n > 0)
		w->n = (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		w->from = -1;
}

/* A reader who has gone away must not stop the container. */
static void way_write(struct way *w)
{
	ssize_t n = write(w->to, w->piece + w->at, w->n - w->at);

	if (n >= 0)
		w->at += (size_t)n;
	else if (errno != EINTR && errno != EAGAIN)
		w->to = -1;
}

/* Counts what came from the container; what is over the limit is cut off, and it ends. */
static void way_count(struct waiting *w, struct way *way)
{
	uint64_t limit = w->watch->output_limit;
	size_t fresh = way->n;

	if (!limit || !fresh)
		return;
	w->output += fresh;
	if (w->output <= limit)
		return;
	way->n -= w->output - limit < fresh ? (size_t)(w->output - limit) : fresh;
	w->output = limit;
	if (!w->watch->output_exceeded)
		send(w, SIGKILL);
	w->watch->output_exceeded = true;
}

static bool way_is_full(const struct way *w)
{
	return w->to >= 0 && w->at < w->n;
}

/* What to wait for: room while something is left to be written, else something to read. */
static struct pollfd way_poll(const struct way *w)
{
	return way_is_full(w) ? (struct pollfd){ w->to, POLLOUT, 0 }
			      : (struct pollfd){ w->from, POLLIN, 0 };
}

static void way_step(struct waiting *w, struct way *way, bool counted)
{
	if (way_is_full(way)) {
		way_write(way);
		return;
	}
	if (way->from < 0)
		return;
	way_read(way);
	if (counted)
		way_count(w, way);
}

/* Nobody is there any more to pass a signal on to: it is for us, and ends the draining. */
static bool is_told_to_stop(int signal_fd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (is_ending((int)info.ssi_signo))
			return true;
	return false;
}

/*
 * What was written before the end is still in the terminal or pipe: read it out. Who reads
 * our output may be slow, and may have made it non-blocking.
 */
static void drain(struct waiting *w, struct way *out)
{
	int signal_fd = w->job->signal_fd;

	for (;;) {
		struct pollfd p[] = { { out->to, POLLOUT, 0 }, { signal_fd, POLLIN, 0 } };

		if (!way_is_full(out)) {
			if (out->from < 0 || fd_wait_readable(out->from, 0) <= 0)
				return;
			way_step(w, out, true);
		} else if (poll(p, 2, -1) > 0) {
			if (p[0].revents)
				way_write(out);
			else if (is_told_to_stop(signal_fd))
				return;
		}
	}
}

enum { WAYS = 4, WAY_IN = 3, POLLS = WAYS + 3 + HELPERS_MAX };

/*
 * A job that is begun in the background (`wolffia do ... &`) leaves the terminal alone until
 * it comes to the foreground; touching it would stop it. What the program writes is shown.
 */
static void take_keyboard(struct waiting *w, struct way *in)
{
	const int master = w->job->master;

	w->behind = master >= 0 && !console_in_foreground();
	if (w->behind || master < 0)
		return;
	console_raw();
	console_resize(master);
	in->from = STDIN_FILENO;
}

/* Those who make the container's files, as the last of what is waited for: how many. */
static nfds_t poll_layers(const struct layer_helpers *h, struct pollfd *p)
{
	nfds_t n = h ? h->n : 0;

	for (nfds_t i = 0; i < n; i++)
		p[i] = (struct pollfd){ h->fds[i], POLLIN, 0 };
	return n;
}

static void look_at_layers(const struct waiting *w, const struct pollfd *p, nfds_t n)
{
	bool ended = false;

	for (nfds_t i = 0; i < n; i++)
		ended = ended || p[i].revents;
	if (ended && !helpers_look(w->job->layers))
		send(w, SIGKILL);
}

static void relay(struct waiting *w, struct way ways[WAYS])
{
	const struct wait_job *job = w->job;
	bool over = false;
	nfds_t n; /* who makes its layers */

	while (!over) {
		struct pollfd p[POLLS] = { [WAYS] = { job->pidfd, POLLIN, 0 },
					   [WAYS + 1] = { job->signal_fd, POLLIN, 0 },
					   [WAYS + 2] = { -1, 0, 0 } };

		for (int i = 0; i < WAYS; i++)
			p[i] = way_poll(&ways[i]);
		if (job->notify)
			p[WAYS + 2] = sdnotify_poll(job->notify);
		n = poll_layers(job->layers, &p[WAYS + 3]);
		if (poll(p, WAYS + 3 + n, time_left(w)) < 0)
			continue;
		look_at_layers(w, &p[WAYS + 3], n);
		if (w->behind)
			take_keyboard(w, &ways[WAY_IN]);
		if (p[WAYS + 1].revents)
			forward(w);
		for (int i = 0; i < WAYS; i++)
			if (p[i].revents)
				way_step(w, &ways[i], i != WAY_IN);
		if (p[WAYS + 2].revents)
			sdnotify_step(job->notify);
		over = p[WAYS].revents != 0;
		if (!over)
			end_in_time(w);
	}
}

static void take_usage(const struct rusage *u, int status, struct run_watch *w)
{
	w->user_us =
		(uint64_t)u->ru_utime.tv_sec * 1000000 + (uint64_t)u->ru_utime.tv_usec;
	w->system_us =
		(uint64_t)u->ru_stime.tv_sec * 1000000 + (uint64_t)u->ru_stime.tv_usec;
	w->max_rss_kib = (uint64_t)u->ru_maxrss;
	if (!WIFSIGNALED(status)) {
		w->signal = 0;
		w->exit_code = WEXITSTATUS(status);
	} else if (!w->signal || WTERMSIG(status) != SIGKILL) {
		w->signal = WTERMSIG(status);
	}
}

/* The signal that has ended the program of a reaper, which ends by itself; 0: none. */
static int signal_below(const struct waiting *w)
{
	char path[40], name[32];
	uint64_t signal;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)w->job->pid);
	if (!w->watch->reaper ||
	    file_read_value(AT_FDCWD, path, name, sizeof(name)) <= 0 ||
	    !str_starts(name, SCRIPT_REAPER_SIGNAL) ||
	    !str_to_u64(name + strlen(SCRIPT_REAPER_SIGNAL), NSIG - 1, &signal))
		return 0;
	return (int)signal;
}

static int reap(struct waiting *w, int *ret_status, struct err *e)
{
	int below = signal_below(w);
	struct rusage usage;
	int rc;

	do
		rc = wait4(w->job->pid, ret_status, 0, &usage);
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return err_sys(e, "wait for the container's init");
	take_usage(&usage, *ret_status, w->watch);
	if (below && WIFEXITED(*ret_status))
		w->watch->signal = below;
	return 0;
}

int wait_child(const struct wait_job *job, int *ret_status, struct err *e)
{
	struct run_watch none = { 0 };
	struct waiting w = { .job = job, .watch = job->watch ? job->watch : &none };
	auto_close int held = -1;
	struct way ways[WAYS] = {
		{ .from = job->master, .to = STDOUT_FILENO },
		{ .from = job->out[0], .to = STDOUT_FILENO },
		{ .from = job->out[1], .to = STDERR_FILENO },
		[WAY_IN] = { .from = -1, .to = job->master },
	};

	if (w.watch->timeout_ms)
		w.deadline = clock_ms() + w.watch->timeout_ms;
	if (job->master >= 0) /* nobody shares it; our own standard streams others do */
		fcntl(job->master, F_SETFL, O_RDWR | O_NONBLOCK);
	if (job->master >= 0)
		held = console_hold(job->master);
	take_keyboard(&w, &ways[WAY_IN]);
	relay(&w, ways);
	for (int i = 0; i < WAY_IN; i++)
		drain(&w, &ways[i]);
	if (job->notify)
		sdnotify_drain(job->notify);
	console_restore();
	return reap(&w, ret_status, e);
}

int wait_exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
