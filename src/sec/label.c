/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AppArmor and SELinux; see label.h. */
#include "sec/label.h"

#include "base/file.h"
#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

void label_read_facts(struct label_facts *ret)
{
	char text[16];

	*ret = (struct label_facts){ .selinux = selinux_read_state() };
	ret->apparmor =
		file_read_value(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", text,
				sizeof(text)) > 0 &&
		text[0] == 'Y';
	ret->apparmor_dir = access("/proc/self/attr/apparmor/exec", F_OK) == 0;
}

static bool asked(const char *label)
{
	return label && label[0];
}

int label_check(const struct label_facts *f, const char *apparmor_profile, struct err *e)
{
	if (!asked(apparmor_profile) || f->apparmor ||
	    str_eq(apparmor_profile, "unconfined"))
		return 0; /* without AppArmor everybody is unconfined */
	WHERE_IN(e, "process.apparmorProfile", apparmor_profile);
	err_set(e, "AppArmor is not enabled on this system");
	return err_hint(
		e,
		"leave apparmorProfile out, or boot with apparmor=1 security=apparmor");
}

const char *label_remark(const struct label_facts *f, const char *selinux_label,
			 const char *mount_label)
{
	if (!asked(selinux_label) && !asked(mount_label))
		return NULL;
	switch (f->selinux) {
	case SELINUX_DISABLED:
		return "SELinux is disabled; labelling layer inactive";
	case SELINUX_PERMISSIVE:
		return "SELinux is permissive; labelling layer inactive";
	case SELINUX_ENFORCING:
		return NULL;
	}
	return NULL;
}

const char *label_usable(const struct label_facts *f, const char *label)
{
	if (!asked(label) || f->selinux == SELINUX_DISABLED)
		return NULL;
	if (f->selinux == SELINUX_ENFORCING || selinux_knows(label))
		return label;
	log_info("SELinux does not know the label %s", label);
	return NULL;
}
