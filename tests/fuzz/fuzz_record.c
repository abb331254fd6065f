/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state record: whatever stands in the file, it is understood or refused with a sentence
 * that names it; what is understood can be written, and is then read as the same.
 */
#include "fuzz.h"

#include "run/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static struct statedir dir = { -1, -1, -1, "c1" };

static void make_dir(void)
{
	char path[] = "/tmp/wolffia-fuzz.XXXXXX";

	must(mkdtemp(path) != NULL);
	dir.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir.dir >= 0);
}

static void remove_dir(void)
{
	char link[40], path[200];
	ssize_t n;

	unlinkat(dir.dir, "running", 0);
	unlinkat(dir.dir, "creating", 0);
	unlinkat(dir.dir, "spare", 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir.dir);
	n = readlink(link, path, sizeof(path) - 1);
	if (n > 0) {
		path[n] = '\0';
		rmdir(path);
	}
}

static void put(const unsigned char *data, size_t size)
{
	int fd = openat(dir.dir, "running", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0600);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void write_and_compare(const struct run_record *r)
{
	struct oci_arena arena = { 0 };
	struct run_record *again = NULL;
	enum run_phase phase;
	struct err e = { 0 };

	unlinkat(dir.dir, "running", 0);
	must(record_write(&dir, RUN_PHASE_CREATING, r, &e) == 0);
	must(record_read(&dir, &arena, &again, &phase, &e) == 0);
	must(phase == RUN_PHASE_CREATING);
	must(same(r->bundle, again->bundle) && same(r->rootfs, again->rootfs));
	must(same(r->created, again->created) && same(r->boot_id, again->boot_id));
	must(same(r->handle, again->handle));
	must(r->pid.set == again->pid.set && r->pid.v == again->pid.v);
	must(r->start_time.v == again->start_time.v && r->inode.v == again->inode.v);
	must(r->pidns_ino.v == again->pidns_ino.v && r->cgroup.n == again->cgroup.n);
	must(r->annotations.n == again->annotations.n);
	oci_arena_free(&arena);
	unlinkat(dir.dir, "creating", 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct oci_arena arena = { 0 };
	struct run_record *r = NULL;
	enum run_phase phase = RUN_PHASE_NONE;
	struct err e = { 0 };

	if (dir.dir < 0) {
		make_dir();
		atexit(remove_dir);
	}
	put(data, size);
	if (record_read(&dir, &arena, &r, &phase, &e) == 0) {
		must(r && phase == RUN_PHASE_RUNNING);
		must(strcmp(r->id, "c1") == 0);
		must(r->bundle[0] == '/' && r->rootfs[0] == '/');
		must(!r->pid.set || r->pid.v > 0);
		write_and_compare(r);
	} else {
		must(!r && e.code == EBADMSG && err_is_set(&e));
		must(strstr(e.text, "running") != NULL);
	}
	oci_arena_free(&arena);
	return 0;
}
