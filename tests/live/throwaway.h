/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A throw-away root for tests that attack paths: a forked child in its own mount and pid
 * namespace (and more, as asked), whose root is a tmpfs reached by pivot_root(2), with /proc,
 * /sys, /dev, /tmp. Nothing of the machine's files can be reached from there, so whatever the
 * code under test removes or mounts is gone with the child.
 */
#ifndef THROWAWAY_H
#define THROWAWAY_H

#include <stdbool.h>

/*
 * Runs body(arg) in a throw-away root and returns its value (0..120). `flags` adds CLONE_NEW*
 * flags (CLONE_NEWUSER: all ids of the caller are mapped to themselves, or with no privilege
 * only the own one, to 0). -1: the place could not be made; throwaway_reason() says why. A
 * body killed by signal S gives 128 + S.
 */
int throwaway_run(int flags, int (*body)(void *arg), void *arg);

/* Why throwaway_run() returned -1. */
const char *throwaway_reason(void);

/* Ends the process with status 121 unless its root is a throw-away one. Call it first. */
void throwaway_insist(void);

/* In a body: prints what was expected and makes the body return 1. */
#define EXPECT(condition)                                                    \
	do {                                                                 \
		if (!(condition)) {                                          \
			throwaway_print(__FILE__, __LINE__, #condition, ""); \
			return 1;                                            \
		}                                                            \
	} while (0)

/* The same with a text that helps. */
#define EXPECT_SAYING(condition, text)                                           \
	do {                                                                     \
		if (!(condition)) {                                              \
			throwaway_print(__FILE__, __LINE__, #condition, (text)); \
			return 1;                                                \
		}                                                                \
	} while (0)

void throwaway_print(const char *file, int line, const char *condition, const char *text);

/* Small files in the throw-away root. Missing directories are made. */
void throwaway_write(const char *path, const char *text);

/* Content of a small file, or "" (static storage). */
const char *throwaway_read(const char *path);

#endif
