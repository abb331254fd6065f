/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users of the image by name; see direct_user.h. */
#include "run/direct_user.h"

#include "base/fd.h"
#include "sec/passwd.h"

#include <fcntl.h>

static int find_user(struct direct_request *rq, int root, struct err *e)
{
	auto_str text = { 0 };
	uint32_t gid;
	WHERE_IN(e, "--user", rq->user_name);

	TRY(passwd_read(root, "etc/passwd", &text, e));
	if (!passwd_find_user(text.s ? text.s : "", rq->user_name, &rq->uid, &gid))
		return err_set(e, "/etc/passwd of the root filesystem has no such user");
	if (!rq->has_group)
		rq->gid = gid;
	return 0;
}

static int find_group(struct direct_request *rq, int root, struct err *e)
{
	auto_str text = { 0 };
	WHERE_IN(e, "--user", rq->group_name);

	TRY(passwd_read(root, "etc/group", &text, e));
	if (passwd_find_group(text.s ? text.s : "", rq->group_name, &rq->gid))
		return 0;
	return err_set(e, "/etc/group of the root filesystem has no such group");
}

static int look_up(struct direct_request *rq, struct err *e)
{
	const char *path = rq->rootfs ? rq->rootfs : "/";
	auto_close int root = -1;

	if (!rq->user_name && !rq->group_name)
		return 0;
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys_plain(e, "--user: %s", path);
	if (rq->user_name)
		TRY(find_user(rq, root, e));
	return rq->group_name ? find_group(rq, root, e) : 0;
}

int direct_user(struct direct_request *rq, struct err *e)
{
	TRY(look_up(rq, e));
	if (rq->not_root && rq->uid == 0)
		return err_set(e, "--double-rootless: --user %s is root inside",
			       rq->user_name ? rq->user_name : "0");
	return 0;
}
