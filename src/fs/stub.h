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
 * A place on the machine, whatever path leads to it. Two containers that use one directory
 * have the same mount points in it, and to remove one takes away what is mounted on it in
 * every other mount namespace (the kernel does): only the last one may.
 */
struct stub_place {
	uint64_t dev, ino; /* of the directory that it is in */
	const char *name;
};

struct stub_places {
	size_t n;
	struct stub_place *v;
};

/* The places of another container's list (those that can be found), added to *to. */
void stub_places_add(struct oci_arena *arena, const struct oci_strings *list,
		     struct stub_places *to);

/*
 * The places that mount_all() will have to make, as pairs of strings: the source of a bind
 * mount, absolute and without links, and a path in it ("a", then "a/b"); and those of them that
 * are there because a container of `others` has made them. Looks, changes nothing; what
 * cannot be looked at is left out. In the arena. True when the list is not empty, or when it
 * might not be with the right `others` (NULL: none known): an empty file is in the place.
 */
bool stub_find(struct oci_arena *arena, const struct fs_plan *plan, int bundle_fd,
	       const struct stub_places *others, struct oci_strings *ret);

/*
 * Removes what is an empty directory or an empty regular file, the deepest first; anything
 * else stays, and so does what is reached through a symbolic link, the source's own too (it
 * may be in a volume of the container's), or is a place of `others` (may be NULL). May be
 * repeated.
 */
void stub_remove(const struct oci_strings *list, const struct stub_places *others);

#endif
