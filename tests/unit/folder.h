/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder of its own for a test that makes files; it goes away with the test's process. */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder_path[] = "/tmp/wolffia-test.XXXXXX";
static pid_t folder_owner;

static inline int folder_remove_one(const char *path, const struct stat *st, int kind,
				    struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path), 0;
}

static inline void folder_remove(void)
{
	if (getpid() == folder_owner && chdir("/") == 0)
		nftw(folder_path, folder_remove_one, 16,
		     FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Makes it and goes there. The path, of static storage. Once per process. */
static inline const char *folder_make(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder_path));
	ck_assert_int_eq(chdir(folder_path), 0);
	folder_owner = getpid();
	atexit(folder_remove);
	return folder_path;
}

#endif
