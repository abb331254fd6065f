/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pure half of `wolffia ps`. */
#ifndef CMD_PS_H
#define CMD_PS_H

#include "base/err.h"
#include "base/str.h"
#include "run/run.h"

#include <stddef.h>

/*
 * Appends the head line of ps(1)'s output and those lines whose column PID names one of the
 * n processes. -1 with *e when the head has no such column. ps(1).
 */
int ps_filter(const char *text, const struct run_process *v, size_t n, struct str *ret,
	      struct err *e);

#endif
