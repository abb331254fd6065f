/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev: device nodes, or bind mounts of the machine's where mknod(2) is not possible, the
 * usual links, and the console.
 */
#ifndef FS_DEV_H
#define FS_DEV_H

#include "fs/fs.h"

/*
 * Makes linux.devices and the default devices (null zero full random urandom tty), /dev/ptmx
 * and the links fd, stdin, stdout, stderr and core whose source exists. A file that is there
 * already and is another device is an error; the same device is kept. With a /dev that the
 * config bind-mounts only linux.devices are made.
 */
int dev_all(struct fs *fs, struct err *e);

/*
 * Binds the terminal `slave` (a pty slave opened in INIT's own mount namespace) to
 * /dev/console. The descriptor stays the caller's.
 */
int dev_console(struct fs *fs, int slave, struct err *e);

#endif
