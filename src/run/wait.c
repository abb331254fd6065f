/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The foreground `run`; see wait.h. The child is unreaped until the end, so its pidfd is it. */
#include "run/wait.h"

#include "base/fd.h"
#include "run/console.h"

#include <errno.h>
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
	sigset_t set;
	int fd;

	sigfillset(&set);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		sigdelset(&set, kept[i]);
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

/* One piece from one side to the other; false at the end of `from`. */
static bool copy(int from, int to)
{
	char piece[8192];
	ssize_t n = read(from, piece, sizeof(piece));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	/* a reader who has gone away must not stop the container */
	(void)fd_write_all(to, piece, (size_t)n);
	return true;
}

struct relay {
	struct pollfd p[4]; /* pidfd, signals, master, our terminal's input */
	bool over;
};

static void step(struct relay *r, int pidfd, int signal_fd, int master)
{
	if (poll(r->p, 4, -1) < 0)
		return;
	if (r->p[1].revents)
		forward(signal_fd, pidfd, master);
	if (r->p[2].revents && !copy(master, STDOUT_FILENO))
		r->p[2].fd = -1;
	if (r->p[3].revents && !copy(STDIN_FILENO, master))
		r->p[3].fd = -1;
	r->over = r->p[0].revents != 0;
}

int wait_child(int pidfd, pid_t pid, int signal_fd, int master, int *ret_status,
	       struct err *e)
{
	struct relay r = { .p = { { pidfd, POLLIN, 0 },
				  { signal_fd, POLLIN, 0 },
				  { master, POLLIN, 0 },
				  { master >= 0 ? STDIN_FILENO : -1, POLLIN, 0 } } };
	int rc;

	while (!r.over)
		step(&r, pidfd, signal_fd, master);
	/* what was written before the end is still in the terminal: read it out */
	while (master >= 0 && r.p[2].fd >= 0 && fd_wait_readable(master, 0) > 0 &&
	       copy(master, STDOUT_FILENO))
		;
	do
		rc = waitpid(pid, ret_status, 0);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? err_sys(e, "wait for the container's init") : 0;
}

int wait_exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
