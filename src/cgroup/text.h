/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings and memory in the plan's arena that are never NULL: when the arena cannot grow,
 * the process ends through base/mem.h's handler, as everywhere.
 */
#ifndef CGROUP_TEXT_H
#define CGROUP_TEXT_H

#include "libocispec/arena.h"

#include <stdarg.h>
#include <stddef.h>

/* Zeroed memory that lives as long as the arena. */
void *cgroup_alloc(struct oci_arena *arena, size_t size);

/* printf(3) into the arena. */
char *cgroup_textf(struct oci_arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *cgroup_vtextf(struct oci_arena *arena, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* The first n bytes of s, terminated, in the arena. */
char *cgroup_textn(struct oci_arena *arena, const char *s, size_t n);

#endif
