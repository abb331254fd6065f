/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ps (run.h): the processes of a container are those in its cgroup. Without a cgroup nobody
 * knows them: a process may have left every namespace of the container.
 */
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "kernel/procfs.h"
#include "run/lookup.h"
#include "run/owner.h"

#include <stdio.h>

static ssize_t pids_of(struct lookup *l, pid_t **ret, struct err *e)
{
	TRY(machine_check(RUN_OP_PS, l->status, l->dir.id, e));
	/* nothing was born yet, or it is on its way out */
	if (!l->record)
		return 0;
	TRY(lookup_cgroup_there(l, e));
	if (l->cgroup.n)
		return cgroup_pids(&l->cgroup, ret, e);
	return err_set(e, "the processes of container %s are not known: it has no cgroup",
		       l->dir.id);
}

/* The number behind "\nKey:\t" in the text of /proc/PID/status. */
static bool status_number(const char *text, const char *key, uint64_t *ret)
{
	const char *p = strstr(text, key);
	char digits[24];
	size_t n;

	if (!p)
		return false;
	p += strlen(key);
	n = strspn(p, "0123456789");
	if (!n || n >= sizeof(digits))
		return false;
	memcpy(digits, p, n);
	digits[n] = '\0';
	return str_to_u64(digits, UINT32_MAX, ret);
}

/* The command line with blanks for NULs and '?' for what would confuse a terminal. */
static char *command_line(int proc, pid_t pid, struct oci_arena *arena)
{
	char path[40], text[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "%d/cmdline", (int)pid);
	n = file_read_value(proc, path, text, sizeof(text));
	while (n > 0 && text[n - 1] == '\0')
		n--;
	if (n <= 0) {
		/* a zombie has a name only */
		snprintf(path, sizeof(path), "%d/comm", (int)pid);
		text[0] = '[';
		n = file_read_value(proc, path, text + 1, 64);
		if (n < 0)
			return NULL;
		text[++n] = ']';
		n++;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (text[i] == '\0')
			text[i] = ' ';
		else if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = '?';
	}
	return oci_strndup(arena, text, (size_t)n);
}

/* False when it has ended meanwhile. */
static bool describe(int proc, pid_t pid, struct oci_arena *arena,
		     struct run_process *ret)
{
	char path[40], text[4096];
	uint64_t ppid, uid;

	snprintf(path, sizeof(path), "%d/status", (int)pid);
	if (file_read_value(proc, path, text, sizeof(text)) < 0 ||
	    !status_number(text, "\nPPid:\t", &ppid) ||
	    !status_number(text, "\nUid:\t", &uid))
		return false;
	ret->ppid = (pid_t)ppid;
	ret->user = owner_name(arena, uid);
	ret->command = command_line(proc, pid, arena);
	return ret->command != NULL;
}

int run_ps(const struct run_context *ctx, const char *id, bool details,
	   struct oci_arena *arena, struct run_process **ret, size_t *ret_n,
	   struct err *e)
{
	auto_free pid_t *pids = NULL;
	auto_close int proc = details ? TRY(procfs_open(e)) : -1;
	struct run_process *v;
	struct lookup l;
	size_t n = 0;
	ssize_t all = lookup_open(ctx, id, -1, false, &l, e);

	if (all == 0)
		all = pids_of(&l, &pids, e);
	if (all < 0)
		lookup_explain(&l, RUN_OP_KILL, e);
	lookup_close(&l);
	if (all < 0)
		return -1;
	v = oci_alloc(arena, ((size_t)all + 1) * sizeof(*v));
	for (ssize_t i = 0; v && pids && i < all; i++) {
		v[n] = (struct run_process){ .pid = pids[i] };
		n += !details || describe(proc, pids[i], arena, &v[n]);
	}
	if (arena->failed)
		return err_set(e, "out of memory");
	*ret = v;
	*ret_n = n;
	return 0;
}
