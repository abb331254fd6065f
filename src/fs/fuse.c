/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INIT's side of a layer by fuse-overlayfs; see fuse.h. Readiness needs no sign of the
 * program's: the kernel lets every call on the mount wait until the server has answered its
 * first message, and fails them all with ENOTCONN when /dev/fuse is closed, so the holder's
 * or the program's end is noticed wherever it happens.
 */
#include "fs/fuse.h"

#include "base/fd.h"
#include "kernel/mountfd.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

void fuse_options(const struct fuse_request *rq, char ret[FUSE_OPTIONS_MAX])
{
	snprintf(ret, FUSE_OPTIONS_MAX,
		 "lowerdir=/sys/lower,upperdir=/sys/layer/%s,workdir=/sys/layer/%s",
		 rq->upper, rq->work);
}

/* What lies below is never changed, whatever the program does. */
static int clone_lower(int lower, struct err *e)
{
	struct mountfd_attr attr = MOUNTFD_ATTR_NONE;
	auto_close int fd = mountfd_clone(lower, "", false, 0);

	if (fd < 0) {
		err_sys(e, "clone what the layer lies over");
		if (e->code == EINVAL)
			err_hint(e, "there are mounts below it: a user namespace may not "
				    "uncover what they cover");
		return -1;
	}
	attr.set = MOUNT_ATTR_RDONLY;
	if (mountfd_setattr(fd, &attr) < 0)
		return err_sys(e, "make what the layer lies over read-only");
	return take_fd(&fd);
}

/* One message: an error, or none and with ret_fd a descriptor. */
static int hear(int sock, int *ret_fd, struct err *e)
{
	struct err said = { 0 };
	size_t n = 0;

	if (fd_receive(sock, &said, sizeof(said), ret_fd, ret_fd ? 1 : 0, &n) !=
	    (ssize_t)sizeof(said))
		return err_set(e, "the process that holds it died");
	if (err_is_set(&said))
		return err_take(e, &said);
	if (ret_fd && n != 1)
		return err_set(e, "the process that holds it sent no mount");
	return 0;
}

static int ask(const struct fs *fs, int sock, int user_fd, const struct fuse_place *place,
	       struct err *e)
{
	const struct fs_plan *plan = fs->plan;
	struct fuse_request rq = { .uid = geteuid(),
				   .gid = getegid(),
				   .in_userns = user_fd >= 0,
				   .kept = place->kept };
	auto_close int lower = TRY(clone_lower(place->lower, e));
	auto_close int dir = mountfd_clone(place->dir, "", false, 0);
	const int fds[] = { lower, dir, user_fd };

	if (dir < 0)
		return err_sys(e, "clone the layer's directory");
	snprintf(rq.upper, sizeof(rq.upper), "%s", place->upper);
	snprintf(rq.work, sizeof(rq.work), "%s", place->work);
	if (plan->mount_label && *plan->mount_label) {
		snprintf(rq.context_key, sizeof(rq.context_key), "%s",
			 plan->label_option ? plan->label_option : "context");
		if (snprintf(rq.context, sizeof(rq.context), "%s", plan->mount_label) >=
		    (int)sizeof(rq.context))
			return err_set(e, "the label of the mount is too long");
	}
	if (fd_send(sock, &rq, sizeof(rq), fds, user_fd >= 0 ? 3 : 2) < 0)
		return err_sys(e, "ask for it");
	return 0;
}

int fuse_layer(struct fs *fs, const struct fuse_place *place, struct err *e)
{
	auto_close int sock = -1, user_fd = -1, mount = -1;
	struct statfs st;
	int rc;
	WHERE_IN(e, FUSE_PROGRAM, NULL);

	sock = TRY(fs->ask_helper(fs->ask_arg, &user_fd, e));
	TRY(ask(fs, sock, user_fd, place, e));
	TRY(hear(sock, &mount, e));
	do
		rc = fstatfs(mount, &st); /* waits for the first answer */
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		(void)fd_send(sock, "", 1, NULL, 0);
	TRY(hear(sock, NULL, e)); /* why it has ended, or that it is held */
	return take_fd(&mount);
}
