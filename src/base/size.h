/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts of memory as people write them: 64m, 1.5G, 512 KiB, 1048576. */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Bytes: a decimal number, with a fraction if you like, then one of k m g t p (powers of
 * 1024, either case), "i" and "b", as runc and Docker take them. Rounded down; false for
 * everything else and for what is beyond INT64_MAX.
 */
bool size_parse(const char *text, int64_t *ret);

#endif
