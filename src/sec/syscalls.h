/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside src/sec: what libseccomp says about names, numbers and architectures, as a table
 * that gen_syscalls.c writes when we are built. Lookups touch a few pages of it instead of
 * the library's own tables, and the program needs no library. No pointers, so that the
 * table needs no relocation. tests/unit/test_seccomp.c compares it with libseccomp.
 */
#ifndef SEC_SYSCALLS_H
#define SEC_SYSCALLS_H

#include <stdint.h>

enum {
	SYSCALLS_HASH_SIZE =
		2048, /* a power of two, at least twice the number of names */
	SYSCALLS_UNKNOWN = INT32_MIN, /* the architecture does not have this name */
	/* a number in (-300, -100) is a sub-call of socketcall(2) or ipc(2), as in libseccomp:
	 * -100 - n is socketcall n, -200 - n is ipc n */
	SYSCALLS_SOCKET_BASE = -100,
	SYSCALLS_IPC_BASE = -200,
	SYSCALLS_MUX_END = -300,
	SYSCALLS_X32_BIT = 0x40000000,
};

struct syscalls_arch {
	uint32_t token; /* AUDIT_ARCH_*, 0: unknown to this libseccomp */
	int32_t first; /* lowest number, without the bit of x32 */
	int32_t socketcall; /* its own number where sub-calls exist, else -1 */
	int32_t ipc;
	uint8_t wide; /* arguments have 64 bits */
	uint8_t big; /* byte order */
};

/* The call's own number where there is also a sub-call. */
struct syscalls_direct {
	uint8_t arch; /* enum oci_seccomp_arch */
	int16_t pseudo;
	int32_t number;
};

enum { SYSCALLS_ARCHES = 24 }; /* enum oci_seccomp_arch, 0 included */

extern const unsigned syscalls_n; /* names */
extern const char syscalls_names[]; /* NUL-terminated, one after the other */
extern const uint16_t syscalls_name_at[]; /* offset of name i */
extern const uint16_t syscalls_hash[SYSCALLS_HASH_SIZE]; /* i + 1, 0: free */
extern const struct syscalls_arch syscalls_arches[SYSCALLS_ARCHES];
extern const int32_t syscalls_numbers[]; /* [arch * n + name] */
extern const struct syscalls_direct syscalls_direct[];
extern const unsigned syscalls_n_direct;
extern const char syscalls_version[]; /* of libseccomp */

static inline uint32_t syscalls_hash_name(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return (h ^ h >> 15) & (SYSCALLS_HASH_SIZE - 1);
}

#endif
