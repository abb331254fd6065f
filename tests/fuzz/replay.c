/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target without libFuzzer: over the files named (or in the folders named) as
 * they are, cut at every length, and with a few bytes changed in a fixed way.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>

enum { SEED_MAX = 1 << 20, CUTS = 200, CHANGES = 300 };

static void run_variants(const unsigned char *data, size_t n)
{
	static const unsigned char odd[] = {
		0, '"', '{', '/', '.', '-', '9', 0xff, '\n'
	};
	unsigned char *copy = malloc(n + 1);
	uint32_t random = 1;

	LLVMFuzzerTestOneInput(data, n);
	for (size_t i = 0; i < CUTS && n; i++) {
		size_t cut = n <= CUTS ? i % n : i * n / CUTS;

		/* in memory of its own size, for the sanitizer */
		unsigned char *piece = malloc(cut + 1);

		memcpy(piece, data, cut);
		LLVMFuzzerTestOneInput(piece, cut);
		free(piece);
	}
	for (size_t i = 0; i < CHANGES && n; i++) {
		memcpy(copy, data, n);
		for (int k = 0; k <= (int)(i % 3); k++) {
			random = random * 1664525 + 1013904223;
			copy[(random >> 8) % n] =
				odd[(random >> 3) % (sizeof(odd) / sizeof(*odd))];
		}
		LLVMFuzzerTestOneInput(copy, n);
	}
	free(copy);
}

static int replay_file(const char *path)
{
	static unsigned char data[SEED_MAX];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		return 1;
	}
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	fprintf(stderr, "%s: %zu bytes\n", path, n);
	run_variants(data, n);
	return 0;
}

static int replay(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	char name[4096];
	int bad = 0, n = 0;

	if (!d)
		return replay_file(path);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		bad |= replay_file(name);
		n++;
	}
	closedir(d);
	return bad || n == 0;
}

int main(int argc, char **argv)
{
	int bad = argc < 2;

	LLVMFuzzerTestOneInput((const unsigned char *)"", 0);
	for (int i = 1; i < argc; i++)
		bad |= replay(argv[i]);
	return bad;
}
