/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine that lacks something: system calls and types of filesystems that are not there. */
#ifndef ARENA_LACK_H
#define ARENA_LACK_H

/*
 * NAME:ERRNO, a system call (by number, or one of the names in arena_lack.c) that fails from
 * arena_lack_begin() on; NAME is "userns" for the birth of a user namespace. -1: no such name.
 */
int arena_lack_call(const char *spec);

/* A type that fsopen(2) and mount(2) do not know (ENODEV). -1: too many. */
int arena_lack_fs(const char *type);

/*
 * Loads the filter into the caller and all that comes of it; needs CAP_SYS_ADMIN. For types of
 * filesystems a child stays and answers. -1 with errno.
 */
int arena_lack_begin(void);

#endif
