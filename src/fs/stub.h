/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mount points that a container leaves behind: where a mount goes into a directory of the
 * machine that is bind-mounted (a project's folder, with a file of it replaced), the missing
 * mount point is made in the machine's directory. HOST lists such places before anything is
 * made, the list goes into the state record, and `delete` removes what is still empty: also
 * when everything was killed in between.
 */
#ifndef FS_STUB_H
#define FS_STUB_H

#include "fs/plan.h"

/*
 * The places that mount_all() will have to make, as pairs of strings: the source of a bind
 * mount as config.json has it, and a path in it ("a", then "a/b"). Looks, changes nothing;
 * what cannot be looked at is left out. In the arena.
 */
void stub_find(struct oci_arena *arena, const struct fs_plan *plan, int bundle_fd,
	       struct oci_strings *ret);

/*
 * Removes what is an empty directory or an empty regular file, the deepest first; anything
 * else stays, and so does what is reached through a symbolic link. For the list of the state
 * record, with the bundle that it was made for; may be repeated.
 */
void stub_remove(const struct oci_strings *list, int bundle_fd);

#endif
