/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `doctor`; see doctor.h. The table says what is looked at, in which order: a later check may
 * rely on what an earlier one has put into struct doctor (user namespaces first).
 */
#include "run/doctor.h"

#include "base/fd.h"
#include "kernel/procfs.h"
#include "run/doctor_check.h"
#include "run/record.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

enum opt_in { ALWAYS, SPEED /* --net-speed */ };

static const struct {
	const char *name;
	enum doctor_need need;
	doctor_check *check;
	const char *why;
	enum opt_in when;
} checks[] = {
	{ "procfs", DOCTOR_REQUIRED, doctor_procfs, "without /proc nothing can be done" },
	{ "kernel", DOCTOR_REQUIRED, doctor_kernel,
	  "it is made for Linux 6.1 and newer" },
	{ "userns", DOCTOR_REQUIRED, doctor_userns,
	  "without root a container needs a user namespace" },
	{ "namespaces", DOCTOR_REQUIRED, doctor_namespaces,
	  "a container's processes, mounts, network and names are its own" },
	{ "root", DOCTOR_REQUIRED, doctor_root,
	  "a container leaves the machine's root for its own" },
	{ "devices", DOCTOR_REQUIRED, doctor_devices,
	  "/dev/null and five more, which a user namespace cannot make" },
	{ "memfd", DOCTOR_REQUIRED, doctor_memfd,
	  "the last steps before the program run from a sealed one, so that no "
	  "container reaches the machine's wolffia" },
	{ "subids", DOCTOR_WANTED, doctor_subids,
	  "more than one id inside: images with several users, --userns shared, keep-id "
	  "and "
	  "nomap" },
	{ "newidmap", DOCTOR_WANTED, doctor_newidmap,
	  "newuidmap and newgidmap map subordinate ids" },
	{ "overlay", DOCTOR_WANTED, doctor_overlay,
	  "throw-away layers over a root and over volumes" },
	{ "idmap", DOCTOR_EXTRA, doctor_idmap,
	  "mounts with ids of their own, instead of chown" },
	{ "proc", DOCTOR_WANTED, doctor_proc, "a /proc that shows the container alone" },
	{ "sysfs", DOCTOR_WANTED, doctor_sysfs, "a /sys of the container's own network" },
	{ "fuse", DOCTOR_EXTRA, doctor_fuse, "filesystems of a user's own" },
	{ "loop", DOCTOR_EXTRA, doctor_loop,
	  "a limit of layers on disk (--overlay disk --overlay-size), for root" },
	{ "loopback", DOCTOR_WANTED, doctor_loopback,
	  "127.0.0.1 in a network of the container's own" },
	{ "tun", DOCTOR_WANTED, doctor_tun,
	  "pasta and slirp4netns carry a container's network through it" },
	{ "pasta", DOCTOR_WANTED, doctor_pasta,
	  "a way out of a container's own network" },
	{ "slirp4netns", DOCTOR_EXTRA, doctor_slirp, "the same, where pasta is missing" },
	{ "pastaspeed", DOCTOR_WANTED, doctor_pasta_speed, "uploads as fast as downloads",
	  SPEED },
	{ "slirpspeed", DOCTOR_EXTRA, doctor_slirp_speed, "the same, by slirp4netns",
	  SPEED },
	{ "cgroup", DOCTOR_WANTED, doctor_cgroup,
	  "pause, ps, and limits of a whole container" },
	{ "pids", DOCTOR_WANTED, doctor_pids,
	  "--pids; else RLIMIT_NPROC limits each user in a container alone" },
	{ "memory", DOCTOR_WANTED, doctor_memory,
	  "--memory; else RLIMIT_DATA limits each process alone" },
	{ "cpu", DOCTOR_WANTED, doctor_cpu, "--cpus; else there is no limit" },
	{ "seccomp", DOCTOR_REQUIRED, doctor_seccomp,
	  "the filter of system calls; without it only --no-seccomp" },
	{ "landlock", DOCTOR_EXTRA, doctor_landlock,
	  "a second wall around the files of direct use" },
	{ "apparmor", DOCTOR_EXTRA, doctor_apparmor, "process.apparmorProfile" },
	{ "selinux", DOCTOR_EXTRA, doctor_selinux,
	  "process.selinuxLabel, and z and Z of volumes" },
	{ "state", DOCTOR_REQUIRED, doctor_state_root, "the records of containers" },
};

_Static_assert(ARRAY_SIZE(checks) <= DOCTOR_FINDINGS_MAX, "room for every finding");

/* ---- what checks use ------------------------------------------------------------------ */

void doctor_found(struct doctor *d, struct doctor_finding *f, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	f->found = oci_strdup(d->arena, line);
}

void doctor_fault(struct doctor *d, struct doctor_finding *f, enum doctor_state state,
		  const struct err *why, const char *cure)
{
	f->state = state;
	f->cause = oci_strdup(d->arena, why->text);
	f->cure = why->hint[0] ? oci_strdup(d->arena, why->hint) : cure;
}

/* ---- checks without a subject of their own ----------------------------------------------- */

/* Nothing else can be tried without it. */
void doctor_procfs(struct doctor *d, struct doctor_finding *f)
{
	struct err why = { 0 };

	d->proc_fd = -1;
	err_set(&why, "/proc is no procfs");
	if (!procfs_is_mounted(&why)) {
		doctor_fault(d, f, DOCTOR_MISSING, &why, NULL);
		return;
	}
	err_clear(&why);
	d->proc_fd = procfs_open(&why);
	if (d->proc_fd < 0 || ns_facts_gather(d->proc_fd, &d->facts, &why) < 0)
		doctor_fault(d, f, DOCTOR_MISSING, &why, "mount a whole procfs at /proc");
	else
		doctor_found(d, f, "mounted at /proc");
	d->privileged = ns_facts_cap(&d->facts, CAP_SYS_ADMIN) &&
			ns_facts_cap(&d->facts, CAP_SETUID) &&
			ns_facts_cap(&d->facts, CAP_SETGID);
}

void doctor_kernel(struct doctor *d, struct doctor_finding *f)
{
	struct err why = { 0 };
	struct utsname u;
	unsigned long major, minor = 0;
	char *rest;

	if (uname(&u) < 0)
		return;
	doctor_found(d, f, "%s %s %s", u.sysname, u.release, u.machine);
	major = strtoul(u.release, &rest, 10);
	if (*rest == '.')
		minor = strtoul(rest + 1, NULL, 10);
	if (major > 6 || (major == 6 && minor >= 1))
		return;
	err_set(&why, "Linux %lu.%lu: older than what is tested", major, minor);
	doctor_fault(d, f, DOCTOR_DEGRADED, &why, "a newer kernel");
}

/* It is made, as any command would make it. */
void doctor_state_root(struct doctor *d, struct doctor_finding *f)
{
	struct err why = { 0 };
	auto_close int fd = statedir_root(d->ctx->root, true, &why);

	if (fd >= 0)
		(void)statedir_try(fd, &why);
	if (!err_is_set(&why))
		doctor_found(d, f, "%s",
			     d->ctx->root ? d->ctx->root : run_default_root(&why));
	else /* without it direct use goes to a directory of the caller's in /tmp */
		doctor_fault(d, f,
			     d->ctx->root || fd >= 0 ? DOCTOR_MISSING : DOCTOR_DEGRADED,
			     &why,
			     "set XDG_RUNTIME_DIR to a directory of your own, or give "
			     "--root");
}

/* ---- the whole --------------------------------------------------------------------------- */

enum doctor_verdict doctor_judge(const struct doctor_finding *v, size_t n)
{
	enum doctor_verdict verdict = DOCTOR_USABLE;

	for (size_t i = 0; i < n; i++) {
		if (v[i].state == DOCTOR_OK || v[i].need == DOCTOR_EXTRA)
			continue;
		if (v[i].need == DOCTOR_REQUIRED && v[i].state == DOCTOR_MISSING)
			return DOCTOR_UNUSABLE;
		verdict = DOCTOR_RESTRICTED;
	}
	return verdict;
}

int doctor_examine(const struct run_context *ctx, bool net_speed, struct oci_arena *arena,
		   struct doctor_report *ret, struct err *e)
{
	struct doctor d = { .ctx = ctx, .arena = arena, .proc_fd = -1 };

	*ret = (struct doctor_report){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct doctor_finding *f = &ret->v[ret->n];

		if (checks[i].when == SPEED && !net_speed)
			continue;
		ret->n++;
		f->name = checks[i].name;
		f->need = checks[i].need;
		f->why = checks[i].why;
		checks[i].check(&d, f);
		if (checks[i].check == doctor_procfs && f->state != DOCTOR_OK)
			break;
	}
	fd_close(d.proc_fd);
	ret->verdict = doctor_judge(ret->v, ret->n);
	return arena->failed ? err_set(e, "out of memory") : 0;
}

/* ---- AppArmor ---------------------------------------------------------------------------- */

char *doctor_program(struct oci_arena *arena, struct err *e)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	char *copy;

	if (n <= 0 || n >= (ssize_t)sizeof(path)) {
		err_sys_plain(e, "the path of this program");
		return NULL;
	}
	copy = oci_strndup(arena, path, (size_t)n);
	if (!copy)
		err_set(e, "out of memory");
	return copy;
}

void doctor_profile(const char *program, struct str *ret)
{
	str_addf(ret,
		 "# SPDX-License-Identifier: GPL-2.0-or-later\n"
		 "# Lets this program, and no other, make user namespaces where\n"
		 "# kernel.apparmor_restrict_unprivileged_userns is 1. As root:\n"
		 "#\twolffia doctor --fix-hint >/etc/apparmor.d/wolffia\n"
		 "#\tapparmor_parser -r /etc/apparmor.d/wolffia\n"
		 "abi <abi/4.0>,\n"
		 "include <tunables/global>\n\n"
		 "profile wolffia \"%s\" flags=(unconfined) {\n"
		 "\tuserns,\n\n"
		 "\tinclude if exists <local/wolffia>\n"
		 "}\n",
		 program);
}
