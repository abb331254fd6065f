/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter of direct use (`do`, `run --rootfs`): what a program may ask of the kernel that
 * nobody has given a profile. A list of what is allowed, so that a call which is newer than
 * this table is not there (ENOSYS) instead of open.
 */
#ifndef SEC_SECCOMP_DEFAULT_H
#define SEC_SECCOMP_DEFAULT_H

#include "base/err.h"
#include "libocispec/arena.h"
#include "libocispec/runtime.h"

#include <stdbool.h>

/*
 * The profile as a section of config.json; static, for every machine we are built for. It
 * allows no new user namespace, mount, key, BPF program, performance counter, io_uring,
 * userfaultfd, file handle, clock, module; of sockets the families unix, IPv4, IPv6 and
 * netlink; of ioctl(2) nothing that types into a terminal.
 */
const struct oci_seccomp *seccomp_default(void);

/*
 * The same for a program without namespaces (run/lone.h), where what else a namespace keeps
 * apart must be refused: sockets that reach others by name or, without network, by address;
 * shared memory, semaphores and queues of System V and POSIX queues; limits of other processes.
 * Pairs of sockets are left, but for datagrams, which could be sent elsewhere. In the arena; -1
 * with *e when that is full.
 */
int seccomp_lone(bool network, struct oci_arena *arena, struct oci_seccomp *ret,
		 struct err *e);

#endif
