/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `doctor`: cgroups. What direct use would get is asked of its own code; with cgroupfs a cgroup
 * is then really made, and removed again. (systemd would have to be given a process.)
 */
#include "run/doctor_check.h"

#include "base/fd.h"
#include "cgroup/cgroup.h"
#include "kernel/procfs.h"
#include "run/direct.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { REMOVE_MS = 2000 };

static const char *const cure = "under systemd: run it in a unit with Delegate=yes "
				"(`systemd-run --user --scope -p "
				"Delegate=yes`), or --systemd-cgroup; elsewhere give the "
				"caller a cgroup of its own";

static int ask(struct doctor *d, struct direct_facts *ret, struct err *e)
{
	static char *args[] = { (char *)"true", NULL };
	struct direct_request rq = {
		.args = args, .rootfs = "/", .memory = 1 << 20, .cpus = 1000, .pids = 1
	};

	return direct_facts_read(d->ctx, &rq, d->arena, ret, e);
}

static int make_and_remove(const struct cgroup_plan *plan, struct err *e)
{
	struct cgroup cg = { 0 };
	struct err ignored = { 0 };
	int rc = cgroup_survey(plan, &cg, e);

	if (rc == 0) {
		rc = cgroup_prepare(plan, &cg, e);
		(void)cgroup_remove(&cg, REMOVE_MS, &ignored);
	}
	cgroup_close(&cg);
	return rc;
}

/* Why none can be made, as far as can be seen. */
static int no_cgroup(const struct cgroup_facts *host, struct err *e)
{
	struct statvfs st;

	if (host->mode == CGROUP_NONE) {
		err_set(e, "no cgroup filesystem is mounted");
		return err_hint(e, "as root: mount -t cgroup2 none /sys/fs/cgroup");
	}
	if (statvfs("/sys/fs/cgroup", &st) == 0 && st.f_flag & ST_RDONLY) {
		err_set(e, "/sys/fs/cgroup is mounted read-only");
		return err_hint(e, "in a container: have the outer one give it a "
				   "writable one; elsewhere, as root: mount -o "
				   "remount,rw /sys/fs/cgroup");
	}
	return err_set(e, "no cgroup can be made beside the caller's own: it is not "
			  "delegated to the caller");
}

static int try_cgroup(struct doctor *d, struct str *seen, struct err *e)
{
	static const char *const modes[] = { [CGROUP_NONE] = "none",
					     [CGROUP_V1] = "v1",
					     [CGROUP_HYBRID] = "v1 and v2",
					     [CGROUP_V2] = "v2" };
	struct oci_pids pids = { { true, 100 } };
	struct oci_resources resources = { .pids = &pids };
	struct direct_facts facts = { 0 };
	struct cgroup_facts host = { 0 };
	struct cgroup_request rq = { .unprivileged = !d->privileged };
	struct cgroup_plan plan = { 0 };
	char id[DIRECT_ID_MAX];

	TRY(ask(d, &facts, e));
	direct_new_id(id);
	rq.id = id;
	rq.resources = facts.can_pids ? &resources : NULL;
	TRY(cgroup_facts_read(&rq, d->arena, &host, e));
	str_addf(seen, "%s", modes[host.mode]);
	d->cgroup_v2 = host.mode == CGROUP_V2;
	d->has_cgroup = facts.has_cgroup;
	if (!facts.has_cgroup)
		return no_cgroup(&host, e);
	if (d->ctx->cgroup_manager != RUN_CGROUP_CGROUPFS)
		return 0;
	TRY(cgroup_plan_make(&rq, &host, d->arena, &plan, e));
	TRY(make_and_remove(&plan, e));
	str_add(seen, "; one was made and removed");
	return 0;
}

void doctor_cgroup(struct doctor *d, struct doctor_finding *f)
{
	struct err why = { 0 };
	auto_str seen = { 0 };

	if (d->ctx->cgroup_manager == RUN_CGROUP_DISABLED) {
		doctor_found(d, f, "not wanted: --cgroup-manager disabled");
		return;
	}
	if (try_cgroup(d, &seen, &why) < 0)
		doctor_fault(d, f, DOCTOR_MISSING, &why, cure);
	if (seen.n)
		doctor_found(d, f, "%s", seen.s);
}

/*
 * A line of /proc/cgroups (cgroups(7)) is NAME HIERARCHY NUMBER ENABLED; hierarchy 0 is v2's. It
 * has no lines where the kernel knows v2 alone.
 */
static const char *line_of(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, name, n) == 0 && text[n] == '\t')
			return text + n;
	}
	return NULL;
}

static void see_kernel(struct doctor *d, const char *name, struct err *why)
{
	auto_close int fd = procfs_open_file(d->proc_fd, "cgroups", O_RDONLY);
	char text[4096], *end;
	const char *line;
	unsigned long hierarchy, enabled;
	ssize_t n = fd < 0 ? -1 : fd_read_full(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	line = line_of(text, name);
	if (!line)
		return;
	hierarchy = strtoul(line, &end, 10);
	(void)strtoul(end, &end, 10);
	enabled = strtoul(end, &end, 10);
	if (!enabled) {
		err_set(why, "the kernel was started without the controller %s", name);
		err_hint(why, "start it with cgroup_enable=%s", name);
	} else if (hierarchy) {
		err_set(why, "cgroup v1 has the controller %s, and v2 is in use here",
			name);
		err_hint(why, "start the kernel with cgroup_no_v1=all (systemd: "
			      "systemd.unified_cgroup_hierarchy=1)");
	}
}

static void controller(struct doctor *d, struct doctor_finding *f, bool can)
{
	struct err why = { 0 };

	if (can) {
		doctor_found(d, f, "delegated");
		return;
	}
	if (d->cgroup_v2)
		see_kernel(d, f->name, &why);
	err_set(&why, "the controller %s is not delegated to the caller", f->name);
	doctor_fault(d, f, DOCTOR_MISSING, &why, d->has_cgroup ? cure : "see cgroup");
}

static struct direct_facts facts_of(struct doctor *d)
{
	struct direct_facts facts = { 0 };
	struct err ignored = { 0 };

	(void)ask(d, &facts, &ignored);
	return facts;
}

void doctor_pids(struct doctor *d, struct doctor_finding *f)
{
	controller(d, f, facts_of(d).can_pids);
}

void doctor_memory(struct doctor *d, struct doctor_finding *f)
{
	controller(d, f, facts_of(d).can_memory);
}

void doctor_cpu(struct doctor *d, struct doctor_finding *f)
{
	controller(d, f, facts_of(d).can_cpu);
}
