/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refused values. A row of the table is one known reason: the beginning of the file's name
 * (a list of such), the errno, and the sentence that helps.
 */
#include "cgroup/refusal.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char quota_range[] = "the kernel takes a quota from 1000 us on and a period "
				  "of 1000 to 1000000 us, and "
				  "on v1 not more than the cgroup above has";
static const char device_missing[] =
	"there is no such block device; a partition cannot be limited, its disk can";
static const char read_only[] = "the cgroup filesystem is mounted read-only here";

static const struct refusal {
	const char *file; /* the beginning of its name */
	int code;
	const char *hint;
	const char *above; /* the hint ends with this file's value in the cgroup above */
} refusals[] = {
	{ "cpuset.cpus", EACCES, "the cgroup above allows cpus", "cpuset.cpus" },
	{ "cpuset.cpus", EINVAL, "the cgroup above allows cpus", "cpuset.cpus" },
	{ "cpuset.cpus", ERANGE, "there are fewer cpus than that", NULL },
	{ "cpuset.mems", EACCES, "the cgroup above allows nodes", "cpuset.mems" },
	{ "cpuset.mems", EINVAL, "the cgroup above allows nodes", "cpuset.mems" },
	{ "cpuset.mems", ERANGE, "there are fewer memory nodes than that", NULL },
	{ "cpu.rt_", EINVAL,
	  "the cgroup above must have a realtime share of its own (cpu.rt_runtime_us)",
	  NULL },
	{ "cpu.cfs_", EINVAL, quota_range, NULL },
	{ "cpu.max", EINVAL, quota_range, NULL },
	{ "cpu.weight", EINVAL, "a cgroup with cpu.idle 1 has no weight", NULL },
	{ "cpu.shares", EINVAL, "a cgroup with cpu.idle 1 has no shares", NULL },
	{ "memory.memsw.limit_in_bytes", EINVAL,
	  "memory and swap together must not be less than memory alone", NULL },
	{ "memory.limit_in_bytes", EINVAL,
	  "memory.memsw.limit_in_bytes, both together, must not be less", NULL },
	{ "memory.", EBUSY, "more than that is in use and cannot be freed", NULL },
	{ "io.", ENODEV, device_missing, NULL },
	{ "blkio.", ENODEV, device_missing, NULL },
	{ "pids.max", EINVAL, "the kernel counts at most 4194304 processes", NULL },
	{ "rdma.max", EINVAL, "the kernel knows no such rdma device", NULL },
	{ "net_prio.ifpriomap", ENODEV, "the caller's network has no such interface",
	  NULL },
	{ "net_prio.ifpriomap", EINVAL, "the caller's network has no such interface",
	  NULL },
	{ "devices.allow", EPERM, "the cgroup above does not allow it", NULL },
	{ "", EROFS, read_only, NULL },
};

static int refusal_hint(const struct refusal *r, const struct cgroup_dir *dir,
			struct err *e)
{
	char path[64], value[128] = "none";

	if (!r->above)
		return err_hint(e, "%s", r->hint);
	snprintf(path, sizeof(path), "../%s.effective", r->above);
	if (file_read_value(dir->fd, path, value, sizeof(value)) < 0) {
		snprintf(path, sizeof(path), "../%s", r->above);
		if (file_read_value(dir->fd, path, value, sizeof(value)) < 0)
			return -1;
	}
	return err_hint(e, "%s %s", r->hint, value);
}

int write_failed(const struct cgroup_write *w, const struct cgroup_dir *dir,
		 struct err *e)
{
	int code = errno;

	WHERE_IN(e, w->member, NULL);
	if (faccessat(dir->fd, "cgroup.procs", F_OK, 0) < 0)
		return err_set(e, "the cgroup %s%s is gone", dir->mount, dir->path);
	if (code == ENOENT)
		return err_set(e, "the kernel has no file %s in %s%s", w->file,
			       dir->mount, dir->path);
	errno = code;
	err_sys_plain(e, "write \"%s\" to %s of %s%s", w->value, w->file, dir->mount,
		      dir->path);
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];

		if (r->code == code && str_starts(w->file, r->file))
			return refusal_hint(r, dir, e);
	}
	return -1;
}

int write_verify(const struct cgroup_write *w, const struct cgroup_dir *dir,
		 struct err *e)
{
	uint64_t wanted, is;
	char text[32];

	if (!(w->flags & CGROUP_WRITE_VERIFY) ||
	    !str_to_u64(w->value, UINT64_MAX, &wanted))
		return 0;
	/* rounded down to pages, a limit that works is never above what was asked for */
	if (file_read_value(dir->fd, w->file, text, sizeof(text)) >= 0 &&
	    str_to_u64(text, UINT64_MAX, &is) && is <= wanted)
		return 0;
	WHERE_IN(e, w->member, NULL);
	err_set(e, "this kernel takes a value for %s and does nothing", w->file);
	return err_hint(e, "memory.limit counts the kernel's memory too: leave this out");
}
