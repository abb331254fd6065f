/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving a whole tree one SELinux label, for the mount options z and Z. The tree is walked by
 * descriptors: no symbolic link is followed, nothing is looked up twice on the way to its
 * label, a name that is replaced meanwhile is another file that is looked at anew. What has
 * the label already is not touched, so a second pass only reads. A directory comes after all
 * that is in it, the top last: when it has the label, a walk has come to its end.
 *
 * Memory and descriptors are bounded whatever the depth: some buffers, RELABEL_OPEN open
 * directories, and 40 bytes for each level up to RELABEL_DEPTH.
 *
 * Hard links: a file with several names may have another one outside of the tree. It is
 * labelled all the same, but for one that a stranger can have put there: a file of another
 * user in a directory that a third one may write to. Such a one is counted and left alone.
 */
#ifndef SEC_RELABEL_H
#define SEC_RELABEL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RELABEL_OPEN = 16, RELABEL_DEPTH = 1 << 16, RELABEL_EVERY = 1024 };

/* ---- what must keep its label ----------------------------------------------------------- */

/* A directory or file of the machine, by identity: no other spelling of its path passes. */
struct relabel_refused {
	struct relabel_identity {
		uint64_t dev, ino;
		const char
			*path; /* as it was asked for; of an ancestor, what is below it */
	} * v;
	size_t n;
	size_t room;
};

/*
 * The machine's own directories, the homes of those who log in (/etc/passwd, $HOME, the ones
 * of the caller and of who called sudo), and all that lies above one of them. Links are
 * followed: what /bin leads to is refused. Missing ones are passed over. home and sudo_uid: as in
 * the caller's environment, or NULL. free() ret->v.
 */
void relabel_refused_read(const char *home, const char *sudo_uid,
			  struct relabel_refused *ret);

/* Adds what is at path, and all directories above it. The text is borrowed. */
void relabel_refuse(struct relabel_refused *list, const char *path);

/* The path by which something is refused, or NULL. */
const char *relabel_is_refused(const struct relabel_refused *list, uint64_t dev,
			       uint64_t ino);

/* ---- the walk --------------------------------------------------------------------------- */

struct relabel_job {
	int fd; /* of the top, a directory or any file; O_PATH is enough */
	const char *label;
	const char *place; /* of a top that is mounted nowhere, for messages; or NULL */
	bool cross; /* what is mounted below, too (but for proc, sysfs and their like) */
	bool lenient; /* what may not be labelled or read is counted, no error */
	const struct relabel_refused *refused; /* or NULL */
	uint32_t uid; /* whose directories are no stranger's, besides root's */
	/* Called every `every` entries (0: RELABEL_EVERY), or NULL; -1 with *e is the end. */
	int (*check)(void *arg, struct err *e);
	void *arg;
	unsigned every;
};

struct relabel_count {
	uint64_t seen; /* files and directories */
	uint64_t set; /* of them: got the label now */
	uint64_t denied; /* lenient: could not be labelled or read */
	uint64_t unsupported; /* the filesystem has no labels of its own */
	uint64_t links; /* hard links that were left alone */
	char link[256]; /* one of them */
};

/*
 * Labels the tree. What vanishes meanwhile is passed over. -1 with *e, which names the path,
 * for what is refused, read-only (EROFS), not the caller's (EPERM), denied by the policy
 * (EACCES), and for a label that the policy does not know (EINVAL). *ret is filled in as far
 * as it came.
 */
int relabel_tree(const struct relabel_job *job, struct relabel_count *ret, struct err *e);

#endif
