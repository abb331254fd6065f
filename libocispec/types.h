/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few C types that the specification's JSON types become.
 *
 * Conventions of every struct oci_* in this library:
 *  - a member is the specification's name in snake_case;
 *  - an absent object or string is NULL, an absent list has n == 0 and v == NULL
 *    (a list given as [] has v != NULL, so that the two can be told apart);
 *  - a number or bool that may be absent is an oci_opt_*; a required one is plain;
 *  - an enum is 0 when absent, else 1 + its index in its table of names;
 *  - a path or a word of an open list (mount options, capability names) stays a string;
 *  - everything lives in the arena the document was decoded into, and is never changed.
 */
#ifndef OCI_TYPES_H
#define OCI_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#undef linux /* gnu17 predefines it as 1; a member of config.json has this name */

struct oci_opt_bool {
	bool set;
	bool v;
};

struct oci_opt_int {
	bool set;
	int64_t v;
};

struct oci_opt_uint {
	bool set;
	uint64_t v;
};

/* v[n] is NULL, so that v can be given to execve(2) as it is. */
struct oci_strings {
	size_t n;
	char **v;
};

/* numbers: uint32 lists such as additionalGids */
struct oci_uints {
	size_t n;
	uint64_t *v;
};

/* enums: a list of words of a closed set; each element as the enum member itself */
struct oci_enums {
	size_t n;
	int *v;
};

/* A JSON object of strings, in the document's order. */
struct oci_pair {
	char *key;
	char *value;
};

struct oci_map {
	size_t n;
	struct oci_pair *v;
};

/* OCI_LIST(struct oci_mount) is {n, v}; every object of the list is one element of v. */
#define OCI_LIST(type)    \
	struct {          \
		size_t n; \
		type *v;  \
	}

#endif
