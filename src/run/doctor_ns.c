/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `doctor`: namespaces and ids. What a failing clone3 means is spawn_hint()'s knowledge. */
#include "run/doctor_check.h"

#include "base/mem.h"
#include "kernel/mountfd.h"
#include "kernel/nsfd.h"
#include "kernel/spawn.h"
#include "ns/helper.h"
#include "ns/inside.h"
#include "ns/nsresource.h"
#include "ns/subid.h"
#include "run/ids_auto.h"
#include "run/ways.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* AppArmor lets unshare succeed and takes the capabilities: only using one tells. */
static int mount_tmpfs(struct err *e)
{
	struct mountfd_fs fs = { .type = "tmpfs", .source = "doctor" };
	int context;

	if (mountfd_new(&fs, &context, e) >= 0)
		return 0;
	if (e->code == EPERM || e->code == EACCES)
		spawn_hint(e, EACCES, CLONE_NEWUSER);
	return -1;
}

void doctor_userns(struct doctor *d, struct doctor_finding *f)
{
	const struct doctor_trial t = { CLONE_NEWUSER | CLONE_NEWNS, mount_tmpfs };
	struct err why = { 0 };

	if (doctor_try(d, &t, &why) == 0) {
		d->has_userns = true;
		doctor_found(d, f, "made, mapped, a tmpfs mounted inside");
		return;
	}
	/* root can do without: --userns host, and bundles that name none */
	ways_without_userns(&why, true);
	doctor_fault(d, f, d->privileged ? DOCTOR_DEGRADED : DOCTOR_MISSING, &why,
		     "make them possible: user_namespaces(7)");
}

static int try_name(struct err *e)
{
	return ns_name_set("hostname", "wolffia", e);
}

void doctor_namespaces(struct doctor *d, struct doctor_finding *f)
{
	static const enum nsfd_kind kinds[] = { NSFD_MNT, NSFD_PID, NSFD_NET,
						NSFD_IPC, NSFD_UTS, NSFD_CGROUP };
	const struct doctor_trial name = { CLONE_NEWUTS, try_name };
	struct err why = { 0 };

	/* one after the other: which of them it is */
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct doctor_trial t = { nsfd_flag(kinds[i]), NULL };

		if (doctor_try(d, &t, &why) == 0)
			continue;
		doctor_fault(d, f, DOCTOR_MISSING, &why, NULL);
		return;
	}
	if (doctor_try(d, &name, &why) < 0)
		doctor_fault(d, f, DOCTOR_DEGRADED, &why, NULL);
	else
		doctor_found(d, f, "mnt, pid, net, ipc, uts, cgroup");
}

/* ---- subordinate ids ------------------------------------------------------------------- */

static int read_ranges(struct doctor *d, const char *file, const char *name, uint32_t own,
		       struct oci_id_mappings *ret, uint64_t *ret_count, struct err *e)
{
	auto_subid ranges = { 0 };

	*ret_count = 0;
	TRY(subid_of_user(file, name, d->facts.euid, &ranges, e));
	subid_leave_out(&ranges, own);
	ret->v = oci_alloc(d->arena, (ranges.n + 1) * sizeof(*ret->v));
	for (size_t i = 0; ret->v && i < ranges.n; i++) {
		const struct subid_range *r = &ranges.v[i];

		if (r->start + r->count > UINT32_MAX || !r->count)
			continue;
		ret->v[ret->n++] = (struct oci_id_mapping){ 0, (uint32_t)r->start,
							    (uint32_t)r->count };
		*ret_count += r->count;
	}
	return 0;
}

/* Whoever may write any map is served; only nomap and auto ask whose the ids are. */
static void subids_of_root(struct doctor *d, struct doctor_finding *f)
{
	auto_subid uids = { 0 }, gids = { 0 };
	struct err why = { 0 };

	if (ids_pool(&d->facts, d->proc_fd, &uids, &gids, &why) < 0)
		doctor_found(d, f, "root needs none but for --userns auto and nomap: %s",
			     why.text);
	else
		doctor_found(d, f,
			     "root needs none; --userns auto has %llu uids, %llu gids",
			     (unsigned long long)subid_overlap(&uids, 0, UINT32_MAX),
			     (unsigned long long)subid_overlap(&gids, 0, UINT32_MAX));
}

/* A line to be corrected, else ranges to be given. */
static void cure_of_none(const char *name, uid_t uid, struct err *why)
{
	char text[ERR_HINT_MAX];

	if (subid_passed_over("/etc/subuid", name, uid, text, sizeof(text)))
		err_hint(why, "as root: correct /etc/subuid, of which %s", text);
	else if (subid_passed_over("/etc/subgid", name, uid, text, sizeof(text)))
		err_hint(why, "as root: correct /etc/subgid, of which %s", text);
	else {
		subid_cure(name, uid, text, sizeof(text));
		err_hint(why, "%.220s; else --userns single, which needs none", text);
	}
}

/* Fewer than this, and an image's nobody (65534) has no id. */
enum { IDS_OF_IMAGES = 65534 };

static void report_ranges(struct doctor *d, struct doctor_finding *f, uint64_t uids,
			  uint64_t gids)
{
	struct err why = { 0 };

	if (uids >= IDS_OF_IMAGES && gids >= IDS_OF_IMAGES) {
		doctor_found(d, f, "%llu uids, %llu gids", (unsigned long long)uids,
			     (unsigned long long)gids);
		return;
	}
	err_set(&why, "only %llu uids, %llu gids: images go up to %d, nobody",
		(unsigned long long)uids, (unsigned long long)gids, IDS_OF_IMAGES);
	err_hint(&why, "as root: 65536 of each in /etc/subuid and /etc/subgid; else "
		       "--userns auto:size=N with few of them");
	doctor_fault(d, f, DOCTOR_DEGRADED, &why, NULL);
}

void doctor_subids(struct doctor *d, struct doctor_finding *f)
{
	auto_free char *name = subid_user_name(d->facts.euid);
	uint64_t uids, gids;
	struct err why = { 0 }, refusal = { 0 };
	bool lent;

	if (d->privileged) {
		subids_of_root(d, f);
		return;
	}
	if (read_ranges(d, "/etc/subuid", name, d->facts.euid, &d->sub_uids, &uids,
			&why) < 0 ||
	    read_ranges(d, "/etc/subgid", name, d->facts.egid, &d->sub_gids, &gids,
			&why) < 0) {
		doctor_fault(d, f, DOCTOR_MISSING, &why, NULL);
		return;
	}
	if (uids && gids) {
		report_ranges(d, f, uids, gids);
		return;
	}
	lent = nsresource_is_there() && d->has_userns &&
	       doctor_try_lent(d, &refusal) == 0;
	err_set(&why, "%s has no range in %s%s%s", name ? name : "the caller",
		uids   ? "/etc/subgid"
		: gids ? "/etc/subuid"
		       : "/etc/subuid and /etc/subgid",
		lent		       ? "; systemd-nsresourced lends 65536 for --userns "
					 "nomap and auto"
		: err_is_set(&refusal) ? "; "
				       : "",
		refusal.text);
	cure_of_none(name, d->facts.euid, &why);
	doctor_fault(d, f, lent ? DOCTOR_DEGRADED : DOCTOR_MISSING, &why, NULL);
}

static void not_tried(struct err *why, const char *reason, const char *see)
{
	err_set(why, "not tried: %s", reason);
	err_hint(why, "see %s", see);
}

static void lacks_program(const char *reason, struct err *why)
{
	err_set(why, "%s", reason);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		err_hint(why, "start wolffia without no_new_privs (systemd: "
			      "NoNewPrivileges=no; an outer "
			      "container: no --security-opt no-new-privileges); else "
			      "--userns single");
}

void doctor_newidmap(struct doctor *d, struct doctor_finding *f)
{
	struct err why = { 0 };
	char reason[256];

	if (d->privileged) {
		doctor_found(d, f, "root writes id maps itself");
		return;
	}
	if (!ns_helper_usable(&ns_helper_uid, reason, sizeof(reason)) ||
	    !ns_helper_usable(&ns_helper_gid, reason, sizeof(reason)))
		lacks_program(reason, &why);
	else if (!d->has_userns)
		not_tried(&why, "it needs a user namespace", "userns");
	else if (!d->sub_uids.n || !d->sub_gids.n)
		not_tried(&why, "there are no subordinate ids", "subids");
	else if (doctor_try_map(d, &why) == 0)
		doctor_found(d, f, "a trial map of all ranges was written");
	if (err_is_set(&why))
		doctor_fault(d, f, DOCTOR_MISSING, &why,
			     "install the package uidmap (shadow); the programs must be "
			     "set-uid root or have file capabilities");
}
