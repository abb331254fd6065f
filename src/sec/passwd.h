/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/passwd and /etc/group of an image, passwd(5) and group(5): written by strangers, so a
 * file is opened below the root's descriptor, where no link leads to the outside, must be
 * a regular one of at most 1 MiB, and is never waited for.
 */
#ifndef SEC_PASSWD_H
#define SEC_PASSWD_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Appends the text of a file ("etc/passwd") below a root. -1 with *e, which names the file:
 * ENOENT in e->code when there is none.
 */
int passwd_read(int root_fd, const char *file, struct str *ret, struct err *e);

/*
 * The home directory of uid in the image's /etc/passwd. *ret is NULL when nothing is found,
 * else free() it. An unreadable file is no error.
 */
void passwd_home(int root_fd, uid_t uid, char **ret);

/* Pure: the ids of a user in the text of a passwd(5); false when the name is not there. */
bool passwd_find_user(const char *text, const char *name, uint32_t *ret_uid,
		      uint32_t *ret_gid);

/* Pure: the id of a group in the text of a group(5). */
bool passwd_find_group(const char *text, const char *name, uint32_t *ret_gid);

/*
 * Pure: the groups of which a user is a member, in the order of the file, each once. Fills in
 * at most `room` of them; returns how many there are.
 */
size_t passwd_find_groups(const char *text, const char *user, uint32_t *ret, size_t room);

#endif
