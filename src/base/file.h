/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole files: read with a limit and without ever blocking on what is not a regular file;
 * written atomically. Paths are relative to a directory descriptor (AT_FDCWD allowed).
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

/*
 * Reads a regular file of at most limit bytes into *ret (which it empties first). A FIFO, a
 * device, a directory or a longer file is an error that says so; nothing blocks. `flags`
 * adds open(2) flags such as O_NOFOLLOW.
 */
int file_read(int dirfd, const char *path, int flags, size_t limit, struct str *ret,
	      struct err *e);

/* The same for an open descriptor; `name` is what the error calls it. */
int file_read_fd(int fd, const char *name, size_t limit, struct str *ret, struct err *e);

/*
 * Reads a pipe, a socket or whatever else fd is to its end into *ret (which it empties first);
 * more than limit bytes are an error. The caller's scope names it in errors.
 */
int file_read_stream(int fd, size_t limit, struct str *ret, struct err *e);

/*
 * Reads what an option names: a file, standard input ("-"), or what a shell makes of <(...).
 * A pipe is read to its end; `option` is what errors begin with.
 */
int file_read_input(const char *path, const char *option, size_t limit, struct str *ret,
		    struct err *e);

/*
 * Writes name in dirfd so that at any moment the old or the new content is there: temporary
 * file in the same directory, rename(2). No fsync: our state lives on tmpfs, and a crash of
 * the machine ends the container too.
 */
int file_write_atomic(int dirfd, const char *name, const void *data, size_t n,
		      mode_t mode, struct err *e);

/*
 * One open, one write, one close: for kernel files (procfs, cgroupfs) that take a value in
 * one piece. 0, or -1 with errno; the caller knows what to call it.
 */
int file_write_value(int dirfd, const char *path, const char *value);

/* Reads a small kernel file into buf, NUL-terminated, last newline cut. Length or -1/errno. */
ssize_t file_read_value(int dirfd, const char *path, char *buf, size_t size);

#endif
