/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the table of syscalls.h as C, from what libseccomp answers. A program of the
 * build, not a part of wolffia: so libseccomp's memory is not given back.
 */
#include "sec/syscalls.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 1000, NUMBERS_MAX = 7000, PSEUDO_MIN = -12000, ARM_PRIVATE = 0xf0000 };

/* In the order of enum oci_seccomp_arch. */
static const struct {
	const char *name;
	int wide;
	int big;
} arches[SYSCALLS_ARCHES] = {
	{ NULL, 0, 0 },	      { "x86", 0, 0 },	    { "x86_64", 1, 0 },
	{ "x32", 0, 0 },      { "arm", 0, 0 },	    { "aarch64", 1, 0 },
	{ "mips", 0, 1 },     { "mips64", 1, 1 },   { "mips64n32", 0, 1 },
	{ "mipsel", 0, 0 },   { "mipsel64", 1, 0 }, { "mipsel64n32", 0, 0 },
	{ "ppc", 0, 1 },      { "ppc64", 1, 1 },    { "ppc64le", 1, 0 },
	{ "s390", 0, 1 },     { "s390x", 1, 1 },    { "parisc", 0, 1 },
	{ "parisc64", 1, 1 }, { "riscv64", 1, 0 },  { "loongarch64", 1, 0 },
	{ "m68k", 0, 1 },     { "sh", 0, 0 },	    { "sheb", 0, 1 },
};

static char *names[NAMES_MAX];
static unsigned n_names;
static int numbers[SYSCALLS_ARCHES][NAMES_MAX];
static uint32_t tokens[SYSCALLS_ARCHES];

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool overflow;

static void learn(uint32_t token, int number)
{
	char *name = seccomp_syscall_resolve_num_arch(token, number);

	for (unsigned i = 0; name && i < n_names; i++) {
		if (strcmp(names[i], name) == 0) {
			free(name);
			return;
		}
	}
	overflow |= name && n_names == NAMES_MAX;
	if (name && !overflow)
		names[n_names++] = name;
}

static int resolve(uint32_t token, const char *name)
{
	int nr = token ? seccomp_syscall_resolve_name_arch(token, name) : __NR_SCMP_ERROR;

	return nr == __NR_SCMP_ERROR ? SYSCALLS_UNKNOWN : nr;
}

static void learn_all(void)
{
	for (int a = 1; a < SYSCALLS_ARCHES; a++) {
		tokens[a] = seccomp_arch_resolve_name(arches[a].name);
		for (int nr = PSEUDO_MIN; tokens[a] && nr < NUMBERS_MAX; nr++)
			learn(tokens[a], nr);
		for (int nr = 0; tokens[a] == SCMP_ARCH_ARM && nr < 16; nr++)
			learn(tokens[a], ARM_PRIVATE + nr);
		for (int nr = 0; tokens[a] == SCMP_ARCH_X32 && nr < 1024; nr++)
			learn(tokens[a], SYSCALLS_X32_BIT + nr);
	}
	qsort(names, n_names, sizeof(names[0]), compare);
	for (unsigned i = 0; i < n_names; i++) {
		/* rules go by the native number: libseccomp turns it into a name again */
		int native = seccomp_syscall_resolve_name(names[i]);
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, native);

		for (int a = 1; a < SYSCALLS_ARCHES; a++)
			numbers[a][i] = resolve(tokens[a], name ? name : names[i]);
		free(name);
	}
}

static int number_of(int arch, const char *name)
{
	for (unsigned i = 0; i < n_names; i++)
		if (strcmp(names[i], name) == 0 && numbers[arch][i] >= 0)
			return numbers[arch][i];
	return -1;
}

static int is_mux(int number)
{
	return number < SYSCALLS_SOCKET_BASE && number > SYSCALLS_MUX_END;
}

static int first_number(int arch)
{
	int first = 1 << 30;

	for (unsigned i = 0; i < n_names; i++) {
		int nr = numbers[arch][i];

		if (nr >= SYSCALLS_X32_BIT)
			nr -= SYSCALLS_X32_BIT;
		if (nr >= 0 && nr < first)
			first = nr;
	}
	return first;
}

static void print_arches(void)
{
	dprintf(1, "const struct syscalls_arch syscalls_arches[SYSCALLS_ARCHES] = {\n");
	for (int a = 0; a < SYSCALLS_ARCHES; a++) {
		int mux = 0;

		for (unsigned i = 0; a && i < n_names; i++)
			mux |= is_mux(numbers[a][i]);
		dprintf(1, "\t{ 0x%xu, %d, %d, %d, %d, %d }, /* %s */\n", tokens[a],
			tokens[a] ? first_number(a) : 0,
			mux ? number_of(a, "socketcall") : -1,
			mux ? number_of(a, "ipc") : -1, arches[a].wide, arches[a].big,
			arches[a].name ? arches[a].name : "none");
	}
	dprintf(1, "};\n");
}

/* For a sub-call libseccomp tells the pseudo number; the own one we find by its name. */
static void print_direct(void)
{
	unsigned n = 0;

	dprintf(1, "const struct syscalls_direct syscalls_direct[] = {\n");
	for (int a = 1; a < SYSCALLS_ARCHES; a++) {
		for (int nr = tokens[a] ? first_number(a) : NUMBERS_MAX; nr < NUMBERS_MAX;
		     nr++) {
			char *name = seccomp_syscall_resolve_num_arch(tokens[a], nr);
			int pseudo =
				name ? seccomp_syscall_resolve_name_arch(tokens[a], name)
				     : 0;

			if (is_mux(pseudo)) {
				dprintf(1, "\t{ %d, %d, %d },\n", a, pseudo, nr);
				n++;
			}
			free(name);
		}
	}
	dprintf(1, "\t{ 0, 0, 0 },\n};\nconst unsigned syscalls_n_direct = %u;\n", n);
}

static void print_names(void)
{
	static unsigned hash[SYSCALLS_HASH_SIZE];
	unsigned at = 0;

	dprintf(1, "const unsigned syscalls_n = %u;\nconst char syscalls_names[] =\n",
		n_names);
	for (unsigned i = 0; i < n_names; i++)
		dprintf(1, "\t\"%s\\0\"\n", names[i]);
	dprintf(1, ";\nconst uint16_t syscalls_name_at[] = {\n");
	for (unsigned i = 0; i < n_names; at += (unsigned)strlen(names[i]) + 1, i++)
		dprintf(1, "%s%u,", i % 16 ? " " : "\n\t", at);
	dprintf(1, "\n};\nconst uint16_t syscalls_hash[SYSCALLS_HASH_SIZE] = {\n");
	for (unsigned i = 0; i < n_names; i++) {
		uint32_t h = syscalls_hash_name(names[i]);

		while (hash[h])
			h = (h + 1) % SYSCALLS_HASH_SIZE;
		hash[h] = i + 1;
	}
	for (unsigned i = 0; i < SYSCALLS_HASH_SIZE; i++)
		dprintf(1, "%s%u,", i % 16 ? " " : "\n\t", hash[i]);
	dprintf(1, "\n};\n");
}

int main(void)
{
	const struct scmp_version *v = seccomp_version();

	learn_all();
	if (overflow || n_names * 2 > SYSCALLS_HASH_SIZE)
		return 1;
	dprintf(1,
		"/* SPDX-License-Identifier: GPL-2.0-or-later */\n"
		"/* written by gen_syscalls from libseccomp %u.%u.%u; do not edit */\n"
		"#include \"sec/syscalls.h\"\n\n"
		"const char syscalls_version[] = \"%u.%u.%u\";\n",
		v->major, v->minor, v->micro, v->major, v->minor, v->micro);
	print_names();
	print_arches();
	print_direct();
	dprintf(1, "const int32_t syscalls_numbers[] = {\n");
	for (int a = 0; a < SYSCALLS_ARCHES; a++)
		for (unsigned i = 0; i < n_names; i++)
			dprintf(1, "%s%d,", i % 12 ? " " : "\n\t",
				a ? numbers[a][i] : SYSCALLS_UNKNOWN);
	dprintf(1, "\n};\n");
	return 0;
}
