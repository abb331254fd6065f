/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users of the image by name; see direct_user.h. */
#include "run/direct_user.h"

#include "base/fd.h"
#include "sec/passwd.h"

#include <errno.h>
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

/*
 * The further groups of a user that is named without one, as engines give them. A root without
 * /etc/group has none.
 */
static int find_groups(struct direct_request *rq, int root, struct oci_arena *arena,
		       struct err *e)
{
	enum { ROOM = 1024 };
	uint32_t *list = oci_alloc(arena, ROOM * sizeof(*list));
	struct err why = { 0 };
	auto_str text = { 0 };
	WHERE_IN(e, "--user", rq->user_name);

	if (!list)
		return err_set(e, "out of memory");
	if (passwd_read(root, "etc/group", &text, &why) < 0)
		return why.code == ENOENT ? 0 : err_take(e, &why);
	rq->n_groups =
		passwd_find_groups(text.s ? text.s : "", rq->user_name, list, ROOM);
	rq->groups = list;
	if (rq->n_groups > ROOM)
		return err_set(e,
			       "/etc/group of the root filesystem has it in %zu groups, "
			       "more than %d",
			       rq->n_groups, ROOM);
	return 0;
}

static int look_up(struct direct_request *rq, struct oci_arena *arena, struct err *e)
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
	if (rq->user_name && !rq->has_group)
		TRY(find_groups(rq, root, arena, e));
	return rq->group_name ? find_group(rq, root, e) : 0;
}

int direct_user(struct direct_request *rq, struct oci_arena *arena, struct err *e)
{
	TRY(look_up(rq, arena, e));
	if (rq->stranger && rq->uid == 0)
		return err_set(e, "--double-rootless: --user %s is root inside",
			       rq->user_name ? rq->user_name : "0");
	return 0;
}
