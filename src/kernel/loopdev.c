/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loop devices; see loopdev.h. The kernel names a free one without keeping it for us: who
 * comes second is told EBUSY, and asks again.
 */
#include "kernel/loopdev.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>

enum { TRIES = 256 };

int loopdev_open(int file, char ret_path[LOOPDEV_PATH_MAX], struct err *e)
{
	const struct loop_config config = { .fd = (uint32_t)file,
					    .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	auto_close int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	if (control < 0)
		return err_sys_plain(e, "/dev/loop-control");
	for (int i = 0; i < TRIES; i++) {
		auto_close int fd = -1;
		int n = ioctl(control, LOOP_CTL_GET_FREE);

		if (n < 0)
			return err_sys_plain(e, "/dev/loop-control: find a free device");
		snprintf(ret_path, LOOPDEV_PATH_MAX, "/dev/loop%d", n);
		fd = open(ret_path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return err_sys_plain(e, "%s", ret_path);
		if (ioctl(fd, LOOP_CONFIGURE, &config) == 0)
			return take_fd(&fd);
		if (errno != EBUSY)
			return err_sys_plain(e, "%s: set it up", ret_path);
	}
	return err_set(e, "/dev/loop-control: others take every free device");
}
