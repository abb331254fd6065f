/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/subuid and /etc/subgid as shadow reads them: NAME:START:COUNT, numbers in base 0,
 * owner by login name or by uid; comments and malformed lines are skipped. subuid(5).
 */
#ifndef NS_SUBID_H
#define NS_SUBID_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct subid_range {
	uint64_t start;
	uint64_t count;
};

/* Sorted by start, adjacent and overlapping ranges merged. */
struct subid_ranges {
	struct subid_range *v;
	size_t n;
};

/* Frees the list; allowed on {0}. */
void subid_ranges_free(struct subid_ranges *r);
#define auto_subid __attribute__((cleanup(subid_ranges_free))) struct subid_ranges

/*
 * Pure: the ranges of an owner in a file's text. name may be NULL (no passwd entry). A last
 * line without newline counts and sets *ret_no_newline (newer newuidmap refuses the file).
 */
void subid_parse(const char *text, const char *name, uid_t uid, struct subid_ranges *ret,
		 bool *ret_no_newline);

/* Pure: how many of the ids first..first+count-1 lie within the ranges. */
uint64_t subid_overlap(const struct subid_ranges *r, uint64_t first, uint64_t count);

/* Adds the ranges of another list; the result is sorted and merged again. */
void subid_ranges_add(struct subid_ranges *r, const struct subid_ranges *more);

/* Takes one id out of them: the caller's own, which is mapped by itself, and only once. */
void subid_leave_out(struct subid_ranges *r, uint64_t id);

/*
 * Reads a file such as "/etc/subuid" for the user, under every name that the uid has. A
 * missing file is an empty list; a symbolic link is an error, as for newuidmap.
 */
int subid_read(const char *path, const char *name, uid_t uid, struct subid_ranges *ret,
	       bool *ret_no_newline, struct err *e);

/*
 * The subordinate ids of a user wherever nsswitch.conf(5) says they are: the file, or what
 * getsubids(1) answers when its line `subid:` names another source. `file` is "/etc/subuid" or
 * "/etc/subgid".
 */
int subid_of_user(const char *file, const char *name, uid_t uid, struct subid_ranges *ret,
		  struct err *e);

/* Pure: the first source in the line `subid:` of nsswitch.conf's text; "files" when none. */
void subid_source(const char *nsswitch, char *ret, size_t size);

/* Pure: the ranges in getsubids's output: lines "0: alice 100000 65536". */
void subid_parse_answer(const char *text, struct subid_ranges *ret);

/* Pure: whether the n bytes are a line that counts, whosever; what it gives in *ret. */
bool subid_line(const char *line, size_t n, struct subid_range *ret);

/* Pure: the ranges of everybody in a file's text. */
void subid_parse_all(const char *text, struct subid_ranges *ret);

/*
 * The login name of a uid: the first one in /etc/passwd, else what getent(1) says. NULL: none.
 * free() it.
 */
char *subid_user_name(uid_t uid);

/* Its n-th login name in /etc/passwd, from 0; NULL: it has no more. free() it. */
char *subid_user_name_nth(uid_t uid, unsigned n);

/* Pure: the same in the text of such a file, passwd(5). */
char *subid_name_in(const char *passwd, uid_t uid, unsigned nth);

/*
 * Pure, for a user who has no range in the text of a file: what is wrong with the first line
 * that seems to be meant for him, "ends with a blank"; NULL when there is none.
 */
const char *subid_flaw(const char *text, const char *name, uid_t uid, size_t *ret_line);

/* The same of a file, as "line 3 ends with a blank"; false when there is no such line. */
bool subid_passed_over(const char *file, const char *name, uid_t uid, char *ret,
		       size_t size);

/* Pure: where 65536 ids begin, from 100000 on, that are in no range; 0: nowhere. */
uint64_t subid_gap(const struct subid_ranges *taken);

/*
 * The command by which root gives the user, who lacks one, ranges that nobody else has; without a
 * name what is missing before that.
 */
void subid_cure(const char *name, uid_t uid, char *ret, size_t size);

#endif
