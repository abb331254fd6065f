/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INIT's own part. A time namespace takes offsets only before a process is in it: so it is
 * unshared, gets its offsets and is then entered by descriptor, which works on every kernel
 * that has them (entering at execve needs 6.1, and what runs before would have other clocks).
 */
#include "ns/inside.h"

#include "base/fd.h"
#include "base/file.h"
#include "kernel/netlink.h"
#include "kernel/spawn.h"
#include "ns/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void add_offset(struct str *ret, const char *clock,
		       const struct oci_time_offset *o)
{
	if (o)
		str_addf(ret, "%s %lld %u\n", clock, (long long)o->secs,
			 (unsigned)o->nanosecs);
}

void ns_timens_text(const struct oci_time_offsets *offsets, struct str *ret)
{
	add_offset(ret, "monotonic", offsets->monotonic);
	add_offset(ret, "boottime", offsets->boottime);
}

static int write_offsets(const struct oci_time_offsets *offsets, int proc_fd,
			 struct err *e)
{
	WHERE_IN(e, "linux.timeOffsets", NULL);
	auto_str text = { 0 };

	ns_timens_text(offsets, &text);
	if (file_write_value(proc_fd, "self/timens_offsets", text.s) == 0)
		return 0;
	err_sys_plain(e, "set the clocks");
	if (e->code == ERANGE)
		return err_hint(e, "a clock would stand before 0 or run out within the "
				   "next 146 years");
	return -1;
}

static int create_time(const struct ns_plan *plan, int proc_fd, struct err *e)
{
	auto_close int fd = -1;

	TRY(spawn_unshare(CLONE_NEWTIME, e));
	TRY(write_offsets(plan->time_offsets, proc_fd, e));
	fd = openat(proc_fd, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys_plain(e, "open the new time namespace");
	return nsfd_enter(fd, NSFD_TIME, e);
}

int ns_init_create(const struct ns_plan *plan, int proc_fd, struct err *e)
{
	if (plan->init_flags & CLONE_NEWCGROUP)
		TRY(spawn_unshare(CLONE_NEWCGROUP, e));
	if (plan->init_flags & CLONE_NEWTIME)
		TRY(create_time(plan, proc_fd, e));
	return 0;
}

int ns_name_set(const char *member, const char *name, struct err *e)
{
	bool host = str_eq(member, "hostname");

	WHERE_IN(e, member, name);
	if ((host ? sethostname : setdomainname)(name, strlen(name)) == 0)
		return 0;
	err_sys_plain(e, "set it");
	if (e->code != EPERM)
		return -1;
	return err_hint(e,
			"a filter of system calls around this program refuses it, as "
			"those of container engines do: the outer container needs one "
			"that allows set%s(2) (podman --security-opt "
			"seccomp=unconfined)",
			member);
}

int ns_inside_set(const struct ns_plan *plan, int proc_fd, struct err *e)
{
	if (plan->hostname)
		TRY(ns_name_set("hostname", plan->hostname, e));
	if (plan->domainname)
		TRY(ns_name_set("domainname", plan->domainname, e));
	if (plan->lo_up)
		TRY(netlink_lo_up(e));
	return plan->sysctl ? ns_sysctl_write(plan->sysctl, proc_fd, e) : 0;
}
