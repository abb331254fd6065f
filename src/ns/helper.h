/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * newuidmap(1) and newgidmap(1): the set-uid programs that write maps for plain users after
 * asking /etc/subuid and /etc/subgid. Used by ns/userns only.
 */
#ifndef NS_HELPER_H
#define NS_HELPER_H

#include "base/err.h"
#include "libocispec/runtime.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What there is to know about one of the two programs. */
struct ns_helper_kind {
	const char *program; /* "newuidmap" */
	const char *member; /* "linux.uidMappings" */
	const char *file; /* "/etc/subuid" */
	const char *option; /* of usermod(8): "--add-subuids" */
	const char *id; /* "uid" */
};

extern const struct ns_helper_kind ns_helper_uid, ns_helper_gid;

struct ns_helper {
	const struct ns_helper_kind *kind;
	struct oci_id_mappings ids;
};

/*
 * Runs n (1 or 2) of them at the same time for the process `pid`, an unreaped child of the
 * caller, and waits for both: absolute path from fixed directories, empty environment,
 * no descriptor but /dev/null and a pipe. On failure *e quotes the program and the hint
 * says what is the cause as far as it can be found out.
 */
int ns_helpers_run(const struct ns_helper *jobs, size_t n, pid_t pid, struct err *e);

/*
 * Whether the program is there and has the privilege it needs, as far as can be told without
 * running it; else false with the reason in buf, in one clause.
 */
bool ns_helper_usable(const struct ns_helper_kind *kind, char *buf, size_t size);

/*
 * Pure: the sentence for a wish that the ranges of a user do not cover; user as in the file.
 * False when all is covered (the caller's own id needs no range).
 */
struct subid_ranges;
bool ns_helper_shortage(const struct ns_helper *job, const struct subid_ranges *have,
			const char *user, uint32_t own_id, char *buf, size_t size);

#endif
