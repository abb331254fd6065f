/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways without a user namespace; see ways.h. Looked for only when there is none. */
#include "run/ways.h"

#include "base/fd.h"
#include "kernel/procfs.h"
#include "ns/facts.h"
#include "run/lone.h"

#include <linux/capability.h>

static bool is_real_root(void)
{
	struct err ignored = { 0 };
	auto_close int proc = procfs_open(&ignored);
	struct ns_facts ns;

	return proc >= 0 && ns_facts_gather(proc, &ns, &ignored) == 0 &&
	       ns_facts_cap(&ns, CAP_SYS_ADMIN) && ns_facts_cap(&ns, CAP_SETUID) &&
	       ns_facts_cap(&ns, CAP_SETGID);
}

int ways_without_userns(struct err *e, bool host_root)
{
	if (is_real_root() && e->no_other_ns)
		return -1; /* --userns host needs that one, too */
	if (is_real_root())
		err_hint_more(e, "as root --userns host does without");
	else if (host_root && landlock_abi() >= LONE_ABI_MIN)
		err_hint_more(e, "what works here all the same, weaker: "
				 "`do --sandbox=landlock-only`");
	return -1;
}
