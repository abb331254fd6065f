/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capabilities; see caps.h. The table is in the order of the kernel's numbers. What cannot
 * be granted is left out with a line of warning, never an error: the specification says
 * so, and a config written for a newer kernel shall run on an older one.
 */
#include "sec/caps.h"

#include <linux/capability.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const names[CAPS_KNOWN] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

int caps_number(const char *name)
{
	const char *word = name;

	if (strncasecmp(word, "CAP_", 4) == 0)
		word += 4;
	for (int i = 0; i < CAPS_KNOWN; i++)
		if (strcasecmp(names[i] + 4, word) == 0)
			return i;
	return -1;
}

const char *caps_name(int number)
{
	return number >= 0 && number < CAPS_KNOWN ? names[number] : NULL;
}

/* The words of one set as bits; those outside of `limit` are named and left out. */
static uint64_t read_set(const char *set, const struct oci_strings *words, uint64_t limit,
			 const char *reason, const struct caps_facts *have,
			 struct str *warnings)
{
	int last = have->last < 0 ? CAPS_KNOWN - 1 : have->last;
	uint64_t ret = 0;

	for (size_t i = 0; i < words->n; i++) {
		const char *why = reason;
		int cap = caps_number(words->v[i]);

		if (cap >= 0 && cap <= last && (limit & CAPS_BIT(cap))) {
			ret |= CAPS_BIT(cap);
			continue;
		}
		if (cap < 0)
			why = "it is not known";
		else if (cap > last)
			why = "this kernel does not know it";
		if (warnings)
			str_addf(warnings,
				 "process.capabilities.%s[%zu]: %s cannot be granted and "
				 "is "
				 "left out: %s\n",
				 set, i, words->v[i], why);
	}
	return ret;
}

void caps_plan(const struct oci_capabilities *want, const struct caps_facts *have,
	       struct caps *ret, struct str *warnings)
{
	static const struct oci_capabilities nothing;
	const struct oci_capabilities *w = want ? want : &nothing;
	struct caps c;

	c.bounding = read_set("bounding", &w->bounding, have->bounding,
			      "our own bounding set lacks it", have, warnings);
	c.permitted = read_set("permitted", &w->permitted, have->permitted,
			       "we do not have it ourselves", have, warnings);
	/* capset(2): nothing becomes inheritable beyond the bounding set */
	c.inheritable = read_set(
		"inheritable", &w->inheritable, have->permitted & c.bounding,
		"it is not in the bounding set, or we do not have it", have, warnings);
	c.effective = read_set("effective", &w->effective, c.permitted,
			       "it is not permitted", have, warnings);
	c.ambient = read_set("ambient", &w->ambient, c.permitted & c.inheritable,
			     "it is not both permitted and inheritable", have, warnings);
	*ret = c;
}

/* The highest number that the kernel knows: EINVAL begins behind it. */
static int read_last(void)
{
	int cap = CAPS_KNOWN - 1;

	while (cap < 63 && prctl(PR_CAPBSET_READ, cap + 1, 0, 0, 0) >= 0)
		cap++;
	while (cap >= 0 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) < 0)
		cap--;
	return cap;
}

/*
 * The bounding set costs a call for each capability. But execve(2) has given root what is
 * bounding or inheritable: when that is all, and nothing is inheritable, all is bounding.
 */
static uint64_t read_bounding(int last, uint64_t permitted, uint64_t inheritable)
{
	uint64_t all = (CAPS_BIT(last) << 1) - 1;
	uint64_t ret = 0;

	if (geteuid() == 0 && permitted == all && !inheritable)
		return all;
	for (int cap = 0; cap <= last; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) > 0)
			ret |= CAPS_BIT(cap);
	return ret;
}

int caps_read_facts(struct caps_facts *ret, struct err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint64_t inheritable;

	if (syscall(SYS_capget, &head, data) < 0)
		return err_sys(e, "read our own capabilities");
	inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	ret->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	ret->last = read_last();
	ret->bounding = read_bounding(ret->last, ret->permitted, inheritable);
	return 0;
}
