/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Id mappings. A map is written once and whole, or not at all: what exceeds the kernel's
 * limits is refused before anything starts. The child's pid is safe to use by number (by us
 * and by newuidmap): it is our own child and nobody has reaped it.
 */
#include "ns/userns.h"

#include "base/file.h"
#include "kernel/spawn.h"
#include "ns/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- pure ---------------------------------------------------------------------------- */

static size_t text_length(struct oci_id_mappings ids)
{
	size_t n = 0;

	for (size_t i = 0; i < ids.n; i++)
		n += (size_t)snprintf(NULL, 0, "%u %u %u\n", ids.v[i].container_id,
				      ids.v[i].host_id, ids.v[i].size);
	return n;
}

int ns_map_check(struct oci_id_mappings ids, struct err *e)
{
	size_t bytes;

	if (ids.n > NS_MAP_EXTENTS_MAX) {
		err_set(e, "%zu extents exceed the kernel's limit of %d", ids.n,
			NS_MAP_EXTENTS_MAX);
		return err_hint(e, "merge neighbouring ranges, in /etc/subuid and "
				   "/etc/subgid when the config names none");
	}
	/* a line has at most 33 bytes: short lists cannot exceed the limit */
	bytes = ids.n > NS_MAP_BYTES_MAX / 33 ? text_length(ids) : 0;
	if (bytes > NS_MAP_BYTES_MAX) {
		err_set(e,
			"%zu bytes in %zu extents exceed the kernel's limit of %d bytes",
			bytes, ids.n, NS_MAP_BYTES_MAX);
		return err_hint(e, "merge neighbouring ranges");
	}
	return 0;
}

void ns_map_text(struct oci_id_mappings ids, struct str *ret)
{
	for (size_t i = 0; i < ids.n; i++)
		str_addf(ret, "%u %u %u\n", ids.v[i].container_id, ids.v[i].host_id,
			 ids.v[i].size);
}

/* ---- HOST ---------------------------------------------------------------------------- */

static int write_file(pid_t pid, const char *name, const char *text, int proc_fd)
{
	char path[40];

	snprintf(path, sizeof(path), "%d/%s", (int)pid, name);
	return file_write_value(proc_fd, path, text);
}

/* Host ids that the caller's own user namespace does not have, from its map's text. */
static bool maps_all(const char *text, struct oci_id_mappings ids)
{
	uint64_t covered = 0, wanted = 0;

	for (size_t i = 0; i < ids.n; i++)
		wanted += ids.v[i].size;
	while (*text) {
		unsigned long long first, count;
		char *end;

		first = strtoull(text, &end, 10);
		strtoull(end, &end, 10);
		count = strtoull(end, &end, 10);
		for (size_t i = 0; i < ids.n; i++) {
			uint64_t lo = ids.v[i].host_id, hi = lo + ids.v[i].size;

			lo = lo < first ? first : lo;
			hi = hi > first + count ? first + count : hi;
			covered += hi > lo ? hi - lo : 0;
		}
		text = end + strcspn(end, "\n");
		text += *text == '\n';
	}
	return covered >= wanted;
}

static int explain_direct(const char *file, const struct ns_map *m, int proc_fd,
			  struct err *e)
{
	char path[24], text[NS_MAP_BYTES_MAX + 1];

	if (e->code != EPERM)
		return -1;
	snprintf(path, sizeof(path), "self/%s", file);
	if (file_read_value(proc_fd, path, text, sizeof(text)) > 0 &&
	    !maps_all(text, ns_map_ids(m)))
		return err_hint(e,
				"a hostID is not mapped in the user namespace this runs "
				"in: see /proc/self/%s",
				file);
	return err_hint(e,
			"the caller needs CAP_SETUID, CAP_SETGID and, to map the outer "
			"id 0, CAP_SETFCAP (Linux 5.12): be another user in the outer "
			"container");
}

static int write_map(const char *member, const char *file, const struct ns_map *m,
		     pid_t pid, int proc_fd, struct err *e)
{
	WHERE_IN(e, member, NULL);
	auto_str text = { 0 };

	ns_map_text(ns_map_ids(m), &text);
	if (write_file(pid, file, text.s, proc_fd) == 0)
		return 0;
	err_sys_plain(e, "write %s", file);
	if (m->how == NS_MAP_OWN && e->code == EPERM) {
		spawn_hint(e, EPERM, CLONE_NEWUSER);
		return err_hint(e, "to map the outer id 0 the caller needs CAP_SETFCAP "
				   "(Linux 5.12): be another user in the outer "
				   "container");
	}
	return explain_direct(file, m, proc_fd, e);
}

int ns_userns_map(const struct ns_plan *plan, pid_t pid, int proc_fd, struct err *e)
{
	struct ns_helper jobs[2];
	size_t n = 0;

	if (plan->deny_setgroups && write_file(pid, "setgroups", "deny", proc_fd) < 0)
		return err_sys_plain(e, "linux.gidMappings: deny setgroups");
	if (plan->gid.how == NS_MAP_HELPER)
		jobs[n++] = (struct ns_helper){ &ns_helper_gid, ns_map_ids(&plan->gid) };
	else if (plan->gid.how != NS_MAP_NONE)
		TRY(write_map("linux.gidMappings", "gid_map", &plan->gid, pid, proc_fd,
			      e));
	if (plan->uid.how == NS_MAP_HELPER)
		jobs[n++] = (struct ns_helper){ &ns_helper_uid, ns_map_ids(&plan->uid) };
	else if (plan->uid.how != NS_MAP_NONE)
		TRY(write_map("linux.uidMappings", "uid_map", &plan->uid, pid, proc_fd,
			      e));
	return n ? ns_helpers_run(jobs, n, pid, e) : 0;
}

bool ns_setgroups_denied(pid_t pid, int proc_fd)
{
	char path[40], word[16];

	snprintf(path, sizeof(path), "%d/setgroups", (int)pid);
	return file_read_value(proc_fd, path, word, sizeof(word)) > 0 &&
	       str_eq(word, "deny");
}

/* ---- INIT ---------------------------------------------------------------------------- */

/*
 * Raw system calls: INIT is a copy with one thread, glibc's wrappers would look for more.
 * In a joined user namespace nobody knows beforehand whether 0 is mapped (EINVAL) or groups
 * may be dropped (EPERM); what cannot be had there is left as it is.
 */
static int set_ids(const struct ns_plan *plan, struct err *e)
{
	bool joined = plan->mode[NSFD_USER] == NS_JOIN;
	uint32_t u = plan->setup_uid, g = plan->setup_gid;

	if (plan->setgroups && !plan->keep_groups &&
	    syscall(SYS_setgroups, 0, NULL) < 0 && !joined)
		return err_sys_plain(e, "drop supplementary groups");
	if (syscall(SYS_setresgid, g, g, g) < 0 && !joined)
		return err_sys_plain(e, "become gid %u of the user namespace", g);
	if (syscall(SYS_setresuid, u, u, u) < 0 && !joined)
		return err_sys_plain(e, "become uid %u of the user namespace", u);
	return 0;
}

int ns_become_root(const struct ns_plan *plan, struct err *e)
{
	if (plan->mode[NSFD_USER] == NS_KEEP)
		return 0;
	if (set_ids(plan, e) < 0)
		return spawn_hint(e, e->code, CLONE_NEWUSER);
	/*
	 * The change of ids may have made this process non-dumpable, its files in /proc root's:
	 * then HOST and the hooks of a plain user could not open them. Nobody else can be in
	 * namespaces that are all new; among strangers nobody may trace us.
	 */
	if (prctl(PR_SET_DUMPABLE, !ns_plan_joins(plan), 0, 0, 0) < 0)
		return err_sys(e, "set dumpable");
	return 0;
}
