/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bodies that set labels in a root of their own, on a machine where SELinux has no say. */
#ifndef TESTS_LIVE_LABELLED_H
#define TESTS_LIVE_LABELLED_H

#include "throwaway.h"

#include <check.h>
#include <stdio.h>
#include <unistd.h>

struct labelled {
	const char *name;
	int (*body)(void *arg);
};

/* One test: the body must return 0. Skipped with a reason where it cannot be run. */
static inline void labelled_run(const struct labelled *test)
{
	int rc = 0;

	if (geteuid() != 0) {
		fprintf(stderr, "skipped: %s: needs root\n", test->name);
		return;
	}
	if (access("/sys/fs/selinux/enforce", F_OK) == 0) {
		fprintf(stderr, "skipped: %s: SELinux has a say here\n", test->name);
		return;
	}
	rc = throwaway_run(0, test->body, NULL);
	if (rc < 0) {
		fprintf(stderr, "skipped: %s: %s\n", test->name, throwaway_reason());
		return;
	}
	ck_assert_msg(rc == 0, "%s: %d", test->name, rc);
}

#endif
