/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container's terminal; see console.h. */
#include "run/console.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* For engines, what the program writes arrives as it was written. */
static int add_no_returns(int slave, struct err *e)
{
	struct termios t;

	if (tcgetattr(slave, &t) < 0)
		return err_sys(e, "read terminal settings");
	t.c_oflag &= ~(tcflag_t)ONLCR;
	if (tcsetattr(slave, TCSANOW, &t) < 0)
		return err_sys(e, "write terminal settings");
	return 0;
}

static int set_up(int slave, const struct oci_box *size, bool raw, struct err *e)
{
	if (!raw)
		TRY(add_no_returns(slave, e));
	if (size) {
		struct winsize w = { .ws_row = (unsigned short)size->height,
				     .ws_col = (unsigned short)size->width };

		if (size->height > UINT16_MAX || size->width > UINT16_MAX)
			return err_set(e, "process.consoleSize: more than 65535");
		if (ioctl(slave, TIOCSWINSZ, &w) < 0)
			return err_sys(e, "set terminal size");
	}
	return 0;
}

int console_open(int devpts_fd, const struct oci_box *size, bool raw, struct console *ret,
		 struct err *e)
{
	auto_close int master = -1;
	auto_close int slave = -1;
	int unlock = 0;

	master = openat(devpts_fd, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (master < 0)
		return err_sys_plain(e, "open the container's /dev/pts/ptmx");
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return err_sys(e, "unlock the container's terminal");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return err_sys_plain(e, "open the container's terminal");
	TRY(set_up(slave, size, raw, e));
	ret->master = take_fd(&master);
	ret->slave = take_fd(&slave);
	return 0;
}

int console_send(int sock, int master, struct err *e)
{
	/* the payload is for people who look at the socket; engines ignore it */
	static const char name[] = "/dev/ptmx";

	if (fd_send(sock, name, sizeof(name) - 1, &master, 1) < 0)
		return err_sys(e, "send the terminal over --console-socket");
	return 0;
}

int console_receive(int peer, int *end, struct err *e)
{
	char byte[16];
	int master = -1;
	size_t n = 0;

	if (peer < 0)
		return -1;
	fd_close(*end);
	*end = -1;
	if (fd_receive(peer, byte, sizeof(byte), &master, 1, &n) <= 0 || n != 1)
		return err_set(e, "the container's terminal did not arrive");
	return master;
}

static struct termios before;
static bool is_raw;

bool console_is_raw(int peer)
{
	return peer >= 0 && isatty(STDIN_FILENO);
}

/* Whoever is not sees no keys, and is stopped when it touches the settings. */
bool console_in_foreground(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	return group < 0 || group == getpgrp(); /* -1: not our session's terminal */
}

void console_raw(void)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return;
	t = before;
	cfmakeraw(&t);
	is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
}

void console_restore(void)
{
	if (is_raw && console_in_foreground())
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	is_raw = false;
}

int console_hold(int master)
{
	return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

void console_size(struct oci_box **size, struct oci_box *room)
{
	struct winsize w;

	if (*size || ioctl(STDIN_FILENO, TIOCGWINSZ, &w) < 0 || !w.ws_row || !w.ws_col)
		return;
	*room = (struct oci_box){ .height = w.ws_row, .width = w.ws_col };
	*size = room;
}

void console_resize(int master)
{
	struct winsize w;

	/* a terminal without a size (a pipe's pty) has none to pass on */
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &w) == 0 && (w.ws_row || w.ws_col))
		ioctl(master, TIOCSWINSZ, &w);
}
