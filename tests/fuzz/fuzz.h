/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every fuzz target shares. A target defines LLVMFuzzerTestOneInput(); with clang it is
 * linked with libFuzzer (option fuzzers), and always with replay.c as an ordinary unit test
 * over its seeds.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* What must hold for every input. */
static inline void must(bool fine)
{
	if (!fine)
		abort();
}

/* A NUL-terminated copy, so that the sanitizer sees what is read beyond the end. free() it. */
static inline char *fuzz_text(const unsigned char *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* The next line of *at, NUL put at its end, or NULL. */
static inline char *fuzz_line(char **at)
{
	char *line = *at, *end = line ? strchr(line, '\n') : NULL;

	if (end)
		*end++ = '\0';
	*at = end;
	return line;
}

#endif
