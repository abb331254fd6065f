/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a config made by us hides of the kernel: `spec` writes it, direct use applies it.
 * Paths that tell of the host or act on it, and exist on no machine all together.
 */
#ifndef RUN_DEFAULTS_H
#define RUN_DEFAULTS_H

/* linux.maskedPaths and linux.readonlyPaths; NULL ends each. */
extern const char *const default_masked[];
extern const char *const default_readonly[];

/*
 * The capabilities of direct use: what root inside may do to files and processes of its own
 * ids. Nothing that reaches the kernel's configuration, the network or mounts.
 */
extern const char *const default_direct_caps[];

#endif
