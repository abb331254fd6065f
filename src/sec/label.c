/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AppArmor and SELinux; see label.h. SELinux counts as there when selinuxfs is mounted
 * writable at its one place, which is also libselinux's rule: a container that is shown a
 * read-only selinuxfs shall believe that there is none.
 */
#include "sec/label.h"

#include "base/file.h"

#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SELINUX_FS_MAGIC = (int)0xf97cff8cu };

static enum label_selinux read_selinux(void)
{
	struct statfs fs;
	char text[16];

	if (statfs("/sys/fs/selinux", &fs) < 0 || (int)fs.f_type != SELINUX_FS_MAGIC ||
	    (fs.f_flags & ST_RDONLY))
		return LABEL_SELINUX_DISABLED;
	if (file_read_value(AT_FDCWD, "/sys/fs/selinux/enforce", text, sizeof(text)) < 0)
		return LABEL_SELINUX_PERMISSIVE;
	return text[0] == '1' ? LABEL_SELINUX_ENFORCING : LABEL_SELINUX_PERMISSIVE;
}

void label_read_facts(struct label_facts *ret)
{
	char text[16];

	*ret = (struct label_facts){ .selinux = read_selinux() };
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
	case LABEL_SELINUX_DISABLED:
		return "SELinux is disabled; labelling layer inactive";
	case LABEL_SELINUX_PERMISSIVE:
		return "SELinux is permissive; labelling layer inactive";
	case LABEL_SELINUX_ENFORCING:
		return NULL;
	}
	return NULL;
}

const char *label_mount(const struct label_facts *f, const char *mount_label)
{
	return asked(mount_label) && f->selinux != LABEL_SELINUX_DISABLED ? mount_label
									  : NULL;
}
