/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signal names as people and images write them (signal(7)): TERM, SIGTERM, sigterm, 15,
 * RTMIN+3, SIGRTMAX-1.
 */
#ifndef BASE_SIGNAME_H
#define BASE_SIGNAME_H

/*
 * The number, 1..64, or 0 when the text names no signal. Real-time numbers are those of
 * the C library (RTMIN is 34 with glibc: the two below it are its own).
 */
int signame_parse(const char *text);

#endif
