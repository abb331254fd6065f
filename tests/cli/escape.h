/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways out of a container; see escape.c. */
#ifndef CLI_ESCAPE_H
#define CLI_ESCAPE_H

/* try: 0 when it got through, else -1 with errno. */
struct way {
	const char *name;
	int (*try)(void);
};
#define WAY(f)        \
	{             \
#f, f \
	}

/* Through files and mounts (escape_files.c); ends with a NULL name. */
extern const struct way escape_files[];

/* Whether a file can be opened for writing; nothing is written. */
int may_write(const char *path);

/* Whether a file has anything to read. */
int has_bytes(const char *path);

/* Another user executes this program with that word, which the test has made setuid. */
#define SETUID_WORD "as-owner"
int setuid_program(void);

/* The port of the machine's loopback that bait listens on. */
enum { BAIT_PORT = 48123 };

/* A fresh procfs on /tmp. */
int mount_proc(void);

#endif
