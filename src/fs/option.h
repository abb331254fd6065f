/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mount options: the words of mounts[].options (runtime-spec 1.3, config.md "Linux mount
 * options", mount(8)) as one table, and what a list of them means. A later word wins over an
 * earlier one that says the contrary, as in mount(8).
 */
#ifndef FS_OPTION_H
#define FS_OPTION_H

#include "base/err.h"
#include "base/str.h"
#include "kernel/mountfd.h"
#include "libocispec/arena.h"
#include "libocispec/runtime.h"

#include <stdbool.h>
#include <stdint.h>

/* The words that are no attribute of a mount. */
enum option_extra {
	OPTION_BIND = 1 << 0, /* bind, rbind */
	OPTION_RECURSIVE = 1 << 1, /* rbind */
	OPTION_REMOUNT = 1 << 2,
	OPTION_IDMAP = 1 << 3, /* idmap, ridmap */
	OPTION_IDMAP_REC = 1 << 4, /* ridmap */
	OPTION_TMPCOPYUP = 1 << 5,
	OPTION_COPY_SYMLINK =
		1 << 6, /* extension, as crun: a link at the source is copied */
	OPTION_SRC_NOFOLLOW = 1 << 7, /* extension, as crun */
	OPTION_DEST_NOFOLLOW = 1 << 8, /* extension, as crun */
	OPTION_RELABEL_SHARED = 1
				<< 9, /* extension: z on a bind mount; src/run relabels */
	OPTION_RELABEL_PRIVATE = 1 << 10, /* extension: Z */
	OPTION_RO =
		1 << 11, /* ro was said (the superblock may have to be read-only too) */
	OPTION_LAYER = 1 << 12, /* extension: throw-away: changes are not kept */
};

struct option_set {
	struct mountfd_attr attr; /* userns_fd is -1 */
	unsigned extra; /* enum option_extra */
	const struct mountfd_param
		*sb; /* words for the superblock: sync, lazytime, ... */
	size_t n_sb;
	const struct mountfd_param *data; /* words that only the filesystem knows */
	size_t n_data;
	const char *first_data; /* the first of these words as it was written, or NULL */
	size_t first_data_index;
	const char *idmap; /* text after "idmap=" or "ridmap=", or NULL */
};

/*
 * Parses the words. Never fails: what is in no table is data of the filesystem (the caller
 * refuses it on a bind mount). All is in the arena or points into the words.
 */
void option_parse(struct oci_arena *arena, const struct oci_strings *words,
		  struct option_set *ret);

/* All known words, sorted, for `features`; NULL-terminated. */
const char *const *option_names(void);

/* The set as text, for tests and --debug: "nosuid,ro,rprivate,rbind,sb:sync,data:size=1m" */
void option_print(const struct option_set *o, struct str *ret);

#endif
