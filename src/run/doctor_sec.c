/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `doctor`: filters and security modules. */
#include "run/doctor_check.h"

#include "base/file.h"
#include "sec/label.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LANDLOCK_VERSION = 1 };

static bool has_action(uint32_t action)
{
	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static int try_filter(struct err *e)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "no_new_privs");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return err_sys(e, "load a filter");
	return 0;
}

void doctor_seccomp(struct doctor *d, struct doctor_finding *f)
{
	const struct doctor_trial t = { 0, try_filter };
	struct err why = { 0 };

	if (doctor_try(d, &t, &why) == 0)
		doctor_found(d, f, "a filter was loaded%s%s",
			     has_action(SECCOMP_RET_USER_NOTIF) ? ", notify" : "",
			     prctl(PR_GET_SECCOMP) == 2 ? "; this process is filtered"
							: "");
	else
		doctor_fault(d, f, DOCTOR_MISSING, &why,
			     "a kernel with CONFIG_SECCOMP_FILTER, or --no-seccomp");
}

void doctor_landlock(struct doctor *d, struct doctor_finding *f)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	struct err why = { 0 };

	if (abi > 0) {
		doctor_found(d, f, "ABI %ld", abi);
		return;
	}
	err_sys_plain(&why, "Landlock");
	doctor_fault(d, f, DOCTOR_MISSING, &why,
		     errno == EOPNOTSUPP ? "boot with landlock in the kernel's list lsm="
					 : "a kernel with CONFIG_SECURITY_LANDLOCK");
}

void doctor_apparmor(struct doctor *d, struct doctor_finding *f)
{
	struct label_facts facts = { 0 };
	char current[256] = "", restricts[8] = "";

	label_read_facts(&facts);
	if (!facts.apparmor) {
		doctor_found(d, f, "off");
		return;
	}
	(void)file_read_value(d->proc_fd, "self/attr/current", current, sizeof(current));
	(void)file_read_value(d->proc_fd,
			      "sys/kernel/apparmor_restrict_unprivileged_userns",
			      restricts, sizeof(restricts));
	doctor_found(d, f, "on; we are %s%s", current[0] ? current : "not told",
		     restricts[0] == '1' ? "; user namespaces are restricted to programs "
					   "with a profile"
					 : "");
}

void doctor_selinux(struct doctor *d, struct doctor_finding *f)
{
	static const char *const words[] = {
		[SELINUX_DISABLED] = "off",
		[SELINUX_PERMISSIVE] = "permissive",
		[SELINUX_ENFORCING] = "enforcing",
	};
	struct label_facts facts = { 0 };

	label_read_facts(&facts);
	doctor_found(d, f, "%s", words[facts.selinux]);
}
