/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The foreground `run`; see wait.h. The child is unreaped until the end, so its pidfd is it.
 *
 * The relay never waits in a read or write: a container that does not read what is typed
 * must still be able to write, and signals must always come through. What was read from one
 * side stays in its buffer until the other side has room.
 */
#include "run/wait.h"

#include "base/fd.h"
#include "base/str.h"
#include "run/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
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

static void forward(int signal_fd, int pidfd, int master)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGWINCH && master >= 0)
			console_resize(master);
		else
			syscall(SYS_pidfd_send_signal, pidfd, info.ssi_signo, NULL, 0U);
	}
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

static void way_step(struct way *w)
{
	if (way_is_full(w))
		way_write(w);
	else if (w->from >= 0)
		way_read(w);
}

/* Nobody is there any more to pass a signal on to: it is for us, and ends the draining. */
static bool is_told_to_stop(int signal_fd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM ||
		    info.ssi_signo == SIGHUP || info.ssi_signo == SIGQUIT)
			return true;
	return false;
}

/*
 * What was written before the end is still in the terminal: read it out. Who reads our
 * output may be slow, and may have made it non-blocking.
 */
static void drain(struct way *out, int signal_fd)
{
	for (;;) {
		struct pollfd p[] = { { out->to, POLLOUT, 0 }, { signal_fd, POLLIN, 0 } };

		if (!way_is_full(out)) {
			if (out->from < 0 || fd_wait_readable(out->from, 0) <= 0)
				return;
			way_read(out);
		} else if (poll(p, 2, -1) > 0) {
			if (p[0].revents)
				way_write(out);
			else if (is_told_to_stop(signal_fd))
				return;
		}
	}
}

static int reap(pid_t pid, int *ret_status, struct err *e)
{
	int rc;

	do
		rc = waitpid(pid, ret_status, 0);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? err_sys(e, "wait for the container's init") : 0;
}

int wait_child(int pidfd, pid_t pid, int signal_fd, int master, struct sdnotify *notify,
	       int *ret_status, struct err *e)
{
	struct way out = { .from = master, .to = STDOUT_FILENO };
	struct way in = { .from = master >= 0 ? STDIN_FILENO : -1, .to = master };
	bool over = false;

	if (master >= 0) /* nobody shares it; our own standard streams others do */
		fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
	while (!over) {
		struct pollfd p[] = { { pidfd, POLLIN, 0 },
				      { signal_fd, POLLIN, 0 },
				      way_poll(&out),
				      way_poll(&in),
				      sdnotify_poll(notify) };

		if (poll(p, ARRAY_SIZE(p), -1) < 0)
			continue;
		if (p[1].revents)
			forward(signal_fd, pidfd, master);
		if (p[2].revents)
			way_step(&out);
		if (p[3].revents)
			way_step(&in);
		if (p[4].revents)
			sdnotify_step(notify);
		over = p[0].revents != 0;
	}
	drain(&out, signal_fd);
	sdnotify_drain(notify);
	return reap(pid, ret_status, e);
}

int wait_exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
