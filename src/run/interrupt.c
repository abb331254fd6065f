/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interruptions; see interrupt.h. The signal that ended a wait is taken, others stay. */
#include "run/interrupt.h"

#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const struct {
	int signal;
	const char *name;
} endings[] = {
	{ SIGHUP, "SIGHUP" },
	{ SIGINT, "SIGINT" },
	{ SIGQUIT, "SIGQUIT" },
	{ SIGTERM, "SIGTERM" },
};

enum { ENDINGS = sizeof(endings) / sizeof(endings[0]) };

int interrupt_open(struct err *e)
{
	struct sigaction now;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (int i = 0; i < ENDINGS; i++)
		if (sigaction(endings[i].signal, NULL, &now) == 0 &&
		    now.sa_handler != SIG_IGN)
			sigaddset(&set, endings[i].signal);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(e, "block signals");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(e, "signalfd") : fd;
}

int interrupt_check(int interrupt_fd, struct err *e)
{
	struct signalfd_siginfo info;

	if (interrupt_fd < 0 ||
	    read(interrupt_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	for (int i = 0; i < ENDINGS; i++)
		if (endings[i].signal == (int)info.ssi_signo)
			err_set(e, "interrupted by %s", endings[i].name);
	e->code = EINTR;
	return err_status(e, 128 + (int)info.ssi_signo);
}

static int wait_both(struct pollfd p[2], struct err *e)
{
	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return err_sys(e, "poll");
	return 0;
}

int interrupt_wait(int fd, int interrupt_fd, struct err *e)
{
	struct pollfd p[] = { { interrupt_fd, POLLIN, 0 }, { fd, POLLIN, 0 } };

	if (interrupt_fd < 0)
		return 0;
	TRY(wait_both(p, e));
	return p[0].revents ? interrupt_check(interrupt_fd, e) : 0;
}

int interrupt_wait_for_report(int fd, int interrupt_fd, struct err *e)
{
	struct pollfd p[] = { { interrupt_fd, POLLIN, 0 }, { fd, POLLIN, 0 } };

	TRY(wait_both(p, e));
	return p[1].revents ? 0 : interrupt_check(interrupt_fd, e);
}
