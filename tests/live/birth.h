/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container's filesystem without the rest of a container: what HOST and INIT do in the
 * order of fs/fs.h, inside a throw-away root. The bundle is /tmp/b, the image /tmp/b/rootfs.
 */
#ifndef BIRTH_H
#define BIRTH_H

#include "fs/fs.h"

#include <stdbool.h>

struct birth {
	const char *name;
	const char *mounts; /* JSON list, or NULL: [] */
	const char
		*linux; /* members of "linux" after the namespaces, beginning with "," */
	const char *root; /* members of "root" after path, beginning with "," */
	int (*prepare)(void); /* makes the image; the usual empty directories are there */
	int (*inside)(void); /* looks at the container from inside; 0: as expected */
	int (*after)(void); /* looks at the throw-away root afterwards */
	const char *error; /* part of the error that is expected instead */
	bool user_ns;
	bool legacy; /* mount(2) only */
	bool no_pivot;
	bool console; /* binds a pty to /dev/console */
	bool no_mount_ns;
	bool unprivileged; /* in a user namespace that the caller has made */
	bool host_proc; /* --allow-host-proc */
	int filter; /* errno that a seccomp filter gives for all the new calls, or 0 */
};

/*
 * Runs it (in a throw-away root already). 0 when all is as the row says; what is not is
 * printed.
 */
int birth_run(const struct birth *b);

#endif
