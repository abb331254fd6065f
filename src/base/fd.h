/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors: owned by scope, given away by name, always close-on-exec from birth. A
 * comment stands at each one that is passed to another program on purpose.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* close(2) that keeps errno; -1 is allowed. */
void fd_close(int fd);

static inline void auto_close_(const int *fd)
{
	fd_close(*fd);
}

/* Closes the descriptor at the end of its scope: auto_close int fd = -1; */
#define auto_close __attribute__((cleanup(auto_close_)))

/* Gives the descriptor away: return take_fd(&fd); */
static inline int take_fd(int *fd)
{
	int given = *fd;

	*fd = -1;
	return given;
}

/* Writes all n bytes, through EINTR and short writes. 0, or -1 with errno (no struct err). */
int fd_write_all(int fd, const void *buf, size_t n);

/* Reads until n bytes or end of file. The number of bytes read, or -1 with errno. */
ssize_t fd_read_full(int fd, void *buf, size_t n);

/*
 * Waits until fd is readable (or hung up), at most timeout_ms (-1: for ever), through EINTR
 * with the remaining time. 1: readable, 0: timed out, -1 with errno.
 */
int fd_wait_readable(int fd, int timeout_ms);

/*
 * Waits until fd is readable or hung up: true. False: `instead` (0: nothing) was, and fd not.
 * Through EINTR.
 */
bool fd_wait_unless(int fd, int instead);

/*
 * Sends n bytes as one message on a connected AF_UNIX socket, with n_fds descriptors as
 * SCM_RIGHTS (at most FD_PASS_MAX; unix(7)). No SIGPIPE. 0, or -1 with errno.
 */
enum { FD_PASS_MAX = 16 };
int fd_send(int sock, const void *buf, size_t n, const int *fds, size_t n_fds);

/*
 * Receives one message of at most n bytes and its descriptors (close-on-exec; those beyond
 * max_fds are closed). *ret_n_fds may be NULL when max_fds is 0. Returns the length, 0 at
 * the end of the stream, or -1 with errno (EMSGSIZE for a message that was cut, EMFILE when
 * descriptors that are wanted were lost).
 */
ssize_t fd_receive(int sock, void *buf, size_t n, int *fds, size_t max_fds,
		   size_t *ret_n_fds);

/*
 * For a process that stays when its parent goes: closes all but n descriptors, which are above
 * 2, and puts /dev/null on 0, 1 and 2.
 */
void fd_keep_only(const int *fds, size_t n);

/*
 * Connects to the AF_UNIX stream socket at an absolute or relative path of any length (a
 * path beyond sun_path is reached through its directory's descriptor). Waits at most ten
 * seconds for a peer whose queue is full (code ETIMEDOUT), and so long in each send later.
 * The descriptor, or -1 with *e set. unix(7), socket(7) SO_SNDTIMEO.
 */
int fd_connect_unix(const char *path, struct err *e);

/*
 * The same, waiting at most timeout_ms for a peer that is slow to accept (code ETIMEDOUT);
 * "@NAME" is an abstract address. socket(7) SO_SNDTIMEO.
 */
int fd_connect_unix_within(const char *path, int timeout_ms, struct err *e);

/*
 * The absolute path of what an open descriptor is, by the name that no link leads to. False
 * with errno when it has none: ENAMETOOLONG, ENOENT without procfs. proc_pid_fd(5).
 */
bool fd_path(int fd, char *buf, size_t size);

#endif
