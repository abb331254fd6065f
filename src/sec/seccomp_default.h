/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter of direct use (`do`, `run --rootfs`): what a program may ask of the kernel that
 * nobody has given a profile. A list of what is allowed, so that a call which is newer than
 * this table is not there (ENOSYS) instead of open.
 */
#ifndef SEC_SECCOMP_DEFAULT_H
#define SEC_SECCOMP_DEFAULT_H

#include "libocispec/runtime.h"

/*
 * The profile as a section of config.json; static, for every machine we are built for. It
 * allows no new user namespace, mount, key, BPF program, performance counter, io_uring,
 * userfaultfd, file handle, clock, module; of sockets the families unix, IPv4, IPv6 and
 * netlink; of ioctl(2) nothing that types into a terminal.
 */
const struct oci_seccomp *seccomp_default(void);

#endif
