/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device rules: linux.resources.devices in order, then the devices that every container
 * may use. Meaning, the same on v1 and v2: an access asks for some of read, write, mknod;
 * for each of them the last rule that names the device and the access decides; what no rule
 * names is denied (the list is an allowlist).
 */
#ifndef CGROUP_DEVICE_H
#define CGROUP_DEVICE_H

#include "base/err.h"
#include "libocispec/arena.h"
#include "libocispec/runtime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_insn;

/* Values as the kernel hands them to a device program (linux/bpf.h, BPF_DEVCG_*). */
enum { DEVICE_BLOCK = 1, DEVICE_CHAR = 2, DEVICE_BOTH = 3 };
enum { DEVICE_MKNOD = 1, DEVICE_READ = 2, DEVICE_WRITE = 4, DEVICE_ALL = 7 };

struct device_rule {
	bool allow;
	uint8_t types; /* bits DEVICE_BLOCK, DEVICE_CHAR */
	uint8_t access; /* bits DEVICE_MKNOD, DEVICE_READ, DEVICE_WRITE */
	int64_t major, minor; /* -1: any */
	long index; /* in config.json's list; -1: one of the default devices */
};

struct device_rules {
	size_t n;
	struct device_rule *v;
};

/*
 * The rules of config.json with the default devices after them: null, zero, full, random,
 * urandom, tty, console, ptmx, pts, and mknod of anything. -1 with *e for an unknown type or
 * access letter, an empty access, a number below -1.
 */
int device_rules_make(const struct oci_device_cgroup *v, size_t n,
		      struct oci_arena *arena, struct device_rules *ret, struct err *e);

/*
 * The rules as a BPF_PROG_TYPE_CGROUP_DEVICE program: one compare per rule, from the last
 * one on, two shared exits, no loop, no map. *ret_n is 0 when nothing is denied: then no
 * program is needed. -1 with *e for more rules than a program with 16-bit jumps holds.
 * bpf(2), Linux 5.1 (32-bit jumps).
 */
int device_program_make(const struct device_rules *rules, struct oci_arena *arena,
			const struct bpf_insn **ret, size_t *ret_n, struct err *e);

/*
 * The rules as lines "deny a", "allow c 1:3 rwm" for the files devices.deny and
 * devices.allow of v1, which knows only exceptions to one default: a rule that takes away a
 * part of what an earlier, wider one gives is an error that names it.
 * Documentation/admin-guide/cgroup-v1/devices.rst
 */
int device_lines_make(const struct device_rules *rules, struct oci_arena *arena,
		      const char *const **ret, size_t *ret_n, struct err *e);

/*
 * Loads the program and attaches it in place of those of ours that are there already, left by
 * a container that used this cgroup before: the kernel replaces one program by another in
 * one step (BPF_F_REPLACE, Linux 5.6), so no moment is without rules. Otherwise as
 * device_program_attach().
 */
int device_program_replace(const struct bpf_insn *insns, size_t n, int cgroup_fd,
			   struct err *e);

/* Takes our programs off a cgroup that stays; what cannot be done is left (no error). */
void device_programs_detach(int cgroup_fd);

/*
 * Loads the program and attaches it to the cgroup (BPF_F_ALLOW_MULTI: those of the parents
 * stay in force). Needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN. bpf(2).
 */
int device_program_attach(const struct bpf_insn *insns, size_t n, int cgroup_fd,
			  struct err *e);

#endif
