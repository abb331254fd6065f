/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A loop device over an open file; loop(4), Linux 5.8. */
#ifndef KERNEL_LOOPDEV_H
#define KERNEL_LOOPDEV_H

#include "base/err.h"

enum { LOOPDEV_PATH_MAX = 24 };

/*
 * A free device over the file (opened for reading and writing), which it keeps open; it
 * frees itself when nobody has it opened or mounted any more. Its descriptor, and its path in
 * ret_path; -1 with *e (e->code: errno of the call). root of the machine only.
 */
int loopdev_open(int file, char ret_path[LOOPDEV_PATH_MAX], struct err *e);

#endif
