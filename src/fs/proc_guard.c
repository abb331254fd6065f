/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc stays a procfs; see proc_guard.h. Below it, single files that tools like lxcfs
 * replace are allowed, a read-only tmpfs over a directory of drivers, and what comes from a
 * procfs itself.
 */
#include "fs/proc_guard.h"

#include "kernel/path.h"
#include "kernel/procfs.h"

#include <ctype.h>

static const char *const replaceable[] = {
	"/proc/cpuinfo",
	"/proc/diskstats",
	"/proc/loadavg",
	"/proc/meminfo",
	"/proc/net/dev",
	"/proc/pressure",
	"/proc/slabinfo",
	"/proc/stat",
	"/proc/swaps",
	"/proc/sys/crypto/fips_enabled",
	"/proc/sys/kernel/ns_last_pid",
	"/proc/uptime",
	"/proc/version",
};

/* A directory of this name decides over the process or the kernel. */
static const char *const vital[] = { "self", "thread-self", "sys", "net", "tty" };

static bool is_proc(const struct fs_row *row)
{
	return str_eq(row->destination, "/proc");
}

static bool is_below_proc(const struct fs_row *row)
{
	return path_is_below(row->destination, "/proc") && !is_proc(row);
}

static bool is_replaceable(const struct fs_row *row)
{
	return str_index(replaceable, ARRAY_SIZE(replaceable), row->destination) >= 0;
}

bool guard_is_special(const struct fs_row *row)
{
	return is_proc(row) || str_eq(row->destination, "/sys");
}

int guard_link(const struct fs_row *row, int fd, struct err *e)
{
	bool on_proc = procfs_is_on(fd);

	if (is_proc(row) || is_below_proc(row) == on_proc)
		return 0;
	return err_set(e,
		       "the destination leads %s /proc through a symbolic link or \"..\"",
		       on_proc ? "into" : "out of");
}

static int refuse(struct err *e)
{
	err_set(e, "mounting this over a part of /proc is refused");
	return err_hint(e,
			"/proc must be a procfs; single files such as /proc/meminfo may "
			"be replaced");
}

int guard_new(const struct fs_row *row, struct err *e)
{
	const char *name = row->destination + sizeof("/proc");
	char first[32];
	size_t n;

	if (is_proc(row))
		return str_eq(row->type, "proc") ? 0 : refuse(e);
	if (!is_below_proc(row) || str_eq(row->type, "proc") ||
	    str_eq(row->type, "binfmt_misc"))
		return 0;
	n = strcspn(name, "/");
	if (n >= sizeof(first))
		return refuse(e);
	memcpy(first, name, n);
	first[n] = '\0';
	if (!str_eq(row->type, "tmpfs") || !(row->attr.set & MOUNT_ATTR_RDONLY) ||
	    path_has_dotdot(row->destination) || isdigit((unsigned char)first[0]) ||
	    str_index(vital, ARRAY_SIZE(vital), first) >= 0)
		return refuse(e);
	return 0;
}

int guard_bind(const struct fs_row *row, struct err *e)
{
	if (is_proc(row))
		return procfs_is_root(row->source_fd) ? 0 : refuse(e);
	if (!is_below_proc(row) || is_replaceable(row))
		return 0;
	return procfs_is_on(row->source_fd) ? 0 : refuse(e);
}
