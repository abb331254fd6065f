/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's terminal: made in the container's own devpts, so that its name means
 * something inside; the master goes to whoever waits on --console-socket, or is relayed by a
 * `run` in the foreground. pts(4), ioctl_tty(2).
 */
#ifndef RUN_CONSOLE_H
#define RUN_CONSOLE_H

#include "base/err.h"
#include "libocispec/oci.h"

#include <stdbool.h>
#include <sys/types.h>

/* Both ends of a pty. */
struct console {
	int master;
	int slave;
};

/*
 * Opens a pty pair through the ptmx of the devpts whose directory is devpts_fd. The slave
 * comes by TIOCGPTPEER, never by its path (CVE-2025-52565). The size is set when given;
 * output processing adds no carriage returns (ONLCR off), as runc does, unless it is for a
 * terminal in raw mode, console_is_raw(), which adds none either.
 */
int console_open(int devpts_fd, const struct oci_box *size, bool raw, struct console *ret,
		 struct err *e);

/* Will a terminal of ours (fd 0) show it, in raw mode? peer: of console_receive(), or -1. */
bool console_is_raw(int peer);

/* False while another job of a shell has our terminal (fd 0). tcgetpgrp(3). */
bool console_in_foreground(void);

/* Sends the master over the connected console socket: one message, SCM_RIGHTS. */
int console_send(int sock, int master, struct err *e);

/*
 * The master that arrives at `peer` of a socket pair whose other end, *end, was passed on.
 * Our copy of that end is closed first, so that its holder's death is seen. -1 with *e when
 * nothing came; -1 alone when peer is -1: no terminal.
 */
int console_receive(int peer, int *end, struct err *e);

/*
 * Raw mode for our own terminal (fd 0) while `run` relays; remembers what it was.
 * console_restore() puts it back; both do nothing when fd 0 is no terminal. Only in the
 * foreground: who is not would be stopped by SIGTTOU.
 */
void console_raw(void);
void console_restore(void);

/*
 * A descriptor of the other end, or -1. While it is held, a program that closes its terminal
 * and opens it again (an init system) has not hung up.
 */
int console_hold(int master);

/*
 * The size of our terminal (fd 0) for a new one, before its program can ask: *size when none is
 * given there and ours has one, kept in *room. Else *size stays.
 */
void console_size(struct oci_box **size, struct oci_box *room);

/* Copies the window size of our terminal to the container's. */
void console_resize(int master);

#endif
