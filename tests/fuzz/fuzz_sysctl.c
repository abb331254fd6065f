/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of sysctls: a path that was taken stays below /proc/sys, and is its own name. */
#include "fuzz.h"

#include "ns/sysctl.h"

static void check_component(const char *at, size_t n)
{
	must(n > 0);
	must(!(n == 1 && at[0] == '.') && !(n == 2 && at[0] == '.' && at[1] == '.'));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char path[NS_SYSCTL_PATH_MAX], again[NS_SYSCTL_PATH_MAX];
	char *key = fuzz_text(data, size);

	if (ns_sysctl_path(key, path)) {
		must(memchr(path, '\0', sizeof(path)) != NULL && path[0] != '/');
		for (const char *at = path; at;) {
			size_t n = strcspn(at, "/");

			check_component(at, n);
			at = at[n] ? at + n + 1 : NULL;
		}
		(void)ns_sysctl_kind(path);
		if (strchr(path, '/')) {
			must(ns_sysctl_path(path, again));
			must(strcmp(path, again) == 0);
		}
	}
	free(key);
	return 0;
}
