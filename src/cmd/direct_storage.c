/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of direct use about storage; see direct.h. What contradicts itself is refused. */
#include "base/str.h"
#include "cmd/direct.h"

#include <errno.h>

static int check_kept(const struct direct_request *rq, const char *text, struct err *e)
{
	if (rq->overlay_size) {
		err_set(e,
			"--overlay %s: a layer that is kept cannot be limited in size: "
			"the directory is as large as its filesystem lets it grow",
			text);
		return err_hint(e, "--fsize limits each file; a layer in memory takes "
				   "--overlay-size, as root one on disk too");
	}
	if (!rq->rootfs)
		return err_set(e,
			       "--overlay %s: only the layer over a --rootfs can be kept",
			       text);
	if (rq->rootfs_rw || rq->read_only)
		return err_set(e, "--overlay %s: with %s there is no layer over the root",
			       text, rq->rootfs_rw ? "--rootfs-rw" : "--read-only");
	return 0;
}

/* Of the machine's own system it depends on the machine which layers there are. */
static int check_any_layer(const struct direct_request *rq, struct err *e)
{
	for (size_t i = 0; i < rq->n_volumes; i++)
		if (rq->volumes[i].throw_away)
			return 0;
	if (!rq->rootfs || (!rq->rootfs_rw && !rq->read_only))
		return 0;
	return err_set(e,
		       "--overlay disk: with %s and no --volume SRC:overlay there is "
		       "no layer",
		       rq->rootfs_rw ? "--rootfs-rw" : "--read-only");
}

int direct_parse_overlay(const char *text, struct oci_arena *arena,
			 struct direct_request *rq, struct err *e)
{
	if (str_eq(text, "memory"))
		return 0;
	if (str_eq(text, "disk")) {
		rq->overlay = "disk";
		return check_any_layer(rq, e);
	}
	if (str_starts(text, "disk,") || str_starts(text, "disk:")) {
		err_set(e, "--overlay %s: \"disk\" takes no options", text);
		return err_hint(e,
				"root can limit it: --overlay disk --overlay-size SIZE");
	}
	if (!strchr(text, '/') && text[0] != '.')
		return err_set(e,
			       "--overlay %s: expected memory, disk, or a directory with "
			       "a slash in its name",
			       text);
	TRY(check_kept(rq, text, e));
	rq->overlay = direct_resolve("--overlay", text, arena, e);
	if (!rq->overlay && e->code == ENOENT)
		return err_hint(e, "nothing is made unasked: `mkdir %s`", text);
	return rq->overlay ? 0 : -1;
}

int direct_parse_root_ids(const char *text, struct direct_request *rq, struct err *e)
{
	static const char *const words[] = { "auto", "idmap", "metacopy", "chown",
					     "none" };

	if (str_index(words, ARRAY_SIZE(words), text) < 0)
		return err_set(e,
			       "--root-ids %s: expected auto, idmap, metacopy, chown or "
			       "none",
			       text);
	if (!rq->rootfs)
		return err_set(e, "--root-ids %s: it needs --rootfs", text);
	rq->root_ids = text;
	return 0;
}
