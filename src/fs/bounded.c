/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filesystems of limited size; see bounded.h. The file is O_TMPFILE, the loop device holds the
 * file, the mount holds the loop device: each lives as long as the next, and none has a name.
 */
#include "fs/bounded.h"

#include "base/child.h"
#include "base/fd.h"
#include "base/str.h"
#include "kernel/mountfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char program[] = "mke2fs";

enum { MKFS_TIMEOUT_MS = 120000, MKFS_OUTPUT_MAX = 1024 };

/*
 * As little as possible is written: no journal, for nobody recovers it, and no tables before
 * they are used. One inode for every 4 KiB, so that bytes are what runs out. "none": the
 * machine's mke2fs.conf has no say, nor do features that only newer kernels know.
 */
void bounded_args(const struct bounded *how, const char *device, struct bounded_args *ret)
{
	static const char features[] = "none,extent,flex_bg,uninit_bg,dir_index,filetype,"
				       "sparse_super,large_file,huge_file,dir_nlink,"
				       "extra_isize";
	const char *const words[] = {
		program, "-q", "-F",	 "-t", BOUNDED_TYPE,  "-b",
		"4096",	 "-i", "4096",	 "-I", "256",	      "-m",
		"0",	 "-O", features, "-E", ret->extended, device
	};
	size_t n = 0;

	_Static_assert(ARRAY_SIZE(words) + 1 == ARRAY_SIZE(ret->v), "room for all words");
	snprintf(ret->extended, sizeof(ret->extended),
		 "lazy_itable_init=1,nodiscard,root_owner=%u:%u", how->uid, how->gid);
	for (; n < ARRAY_SIZE(words); n++)
		ret->v[n] = (char *)words[n];
	ret->v[n] = NULL;
}

/* ---- the parts --------------------------------------------------------------------------- */

static int hint_place(struct err *e)
{
	return err_hint(e, "TMPDIR says where it is to be; default: /var/tmp");
}

/* A file without a name, and the space for it. */
static int open_file(const struct bounded *how, struct err *e)
{
	auto_close int fd = open(how->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0) {
		err_sys_plain(e, "make a file without a name");
		return hint_place(e);
	}
	/* where space cannot be set aside, a size is all that the file can have */
	if (fallocate(fd, 0, 0, (off_t)how->size) < 0 &&
	    (errno != EOPNOTSUPP || ftruncate(fd, (off_t)how->size) < 0)) {
		err_sys_plain(e, "set %llu bytes aside", (unsigned long long)how->size);
		return hint_place(e);
	}
	return take_fd(&fd);
}

static int hint_loop(struct err *e)
{
	return err_hint(e,
			"a limit on disk needs loop devices: `modprobe loop`, as root; a "
			"container has none unless it is given them; --overlay memory "
			"does without");
}

static int find_mkfs(char ret[CHILD_PATH_MAX], struct err *e)
{
	if (child_find(program, ret))
		return 0;
	err_set(e,
		"%s is not installed, and a limit on disk needs a filesystem of its own",
		program);
	return err_hint(e,
			"install the package e2fsprogs; --overlay memory does without");
}

static int make_fs(const struct bounded *how, const char *path, const char *device,
		   struct err *e)
{
	struct bounded_args args;
	const struct child_spec spec = { .path = path,
					 .argv = args.v,
					 .cwd_fd = -1,
					 .timeout_ms = MKFS_TIMEOUT_MS,
					 .output_limit = MKFS_OUTPUT_MAX,
					 .output_fd = -1 };
	struct child_result r = { 0 };
	int rc;

	bounded_args(how, device, &args);
	TRY(child_run(&spec, &r, e));
	rc = child_check(&r, &spec, e);
	str_free(&r.output);
	return rc;
}

int bounded_mount(const char *device, struct err *e)
{
	/* a thread of the kernel's would fill tables that nobody will ever use */
	static const struct mountfd_param params[] = { { .key = "noinit_itable" },
						       { .key = "nobarrier" } };
	const struct mountfd_fs new = { .type = BOUNDED_TYPE,
					.source = device,
					.params = params,
					.n_params = ARRAY_SIZE(params),
					.attrs = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID };
	auto_close int context = -1;

	return mountfd_new(&new, &context, e);
}

/* ---- the whole --------------------------------------------------------------------------- */

int bounded_new(const struct bounded *how, char ret_device[LOOPDEV_PATH_MAX],
		struct err *e)
{
	auto_close int file = -1, device = -1;
	char mkfs[CHILD_PATH_MAX];

	WHERE_IN(e, "layer on disk", how->dir);
	TRY(find_mkfs(mkfs, e));
	file = TRY(open_file(how, e));
	device = loopdev_open(file, ret_device, e);
	if (device < 0)
		return hint_loop(e);
	TRY(make_fs(how, mkfs, ret_device, e));
	return bounded_mount(ret_device, e);
}

int bounded_usable(struct err *e)
{
	auto_close int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	char mkfs[CHILD_PATH_MAX];

	if (control < 0) {
		err_sys_plain(e, "/dev/loop-control");
		return hint_loop(e);
	}
	return find_mkfs(mkfs, e);
}
