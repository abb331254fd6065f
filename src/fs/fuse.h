/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A layer by fuse-overlayfs(1), where the kernel has no overlay for the caller. Nothing of it
 * is tried where the kernel can do it. INIT hands the directories, as detached mounts, to a
 * process of HOST's (fuse_holder.h), which makes the FUSE mount with the container's user
 * namespace and becomes fuse-overlayfs's parent; INIT gets the mount and attaches it like any
 * other layer. fuse(4), mount.fuse3(8) on /dev/fd/N; libfuse 3.3.
 */
#ifndef FS_FUSE_H
#define FS_FUSE_H

#include "base/child.h"
#include "fs/fs.h"

#include <stdint.h>

#define FUSE_PROGRAM "fuse-overlayfs"

/* Beside the "upper" of a layer that is kept: who has written it, and alone can read it. */
#define FUSE_MARK "by-fuse-overlayfs"

/* The code of the error when there is no program. */
enum { FUSE_NOT_INSTALLED = 65 /* ENOPKG */ };

enum { FUSE_NAME_MAX = 16, FUSE_OPTIONS_MAX = 160, FUSE_FD = 3 };

/* Where the layer is to lie; descriptors (O_PATH) of INIT's mount namespace. */
struct fuse_place {
	int lower;
	int dir; /* has both: files are renamed from one to the other */
	const char *upper, *work; /* names in it */
	bool kept; /* it is to be marked */
};

/* What INIT asks the holder for, with descriptors: lower, dir, and the user namespace. */
struct fuse_request {
	uint32_t uid, gid; /* in the user namespace; what INIT has taken */
	uint32_t in_userns; /* 1: the third descriptor is there */
	uint32_t kept; /* 1: make the mark */
	char upper[FUSE_NAME_MAX], work[FUSE_NAME_MAX];
	char context[128], context_key[16]; /* SELinux, or "" */
};

/*
 * INIT: the layer as a detached mount, once fuse-overlayfs has answered on it; -1 with *e,
 * which has what the program said last.
 */
int fuse_layer(struct fs *fs, const struct fuse_place *place, struct err *e);

/* Pure: the program's -o, with the directories where fuse_holder.c attaches them. */
void fuse_options(const struct fuse_request *rq, char ret[FUSE_OPTIONS_MAX]);

#endif
