/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --sandbox=landlock-only: the options of direct use that cannot be kept without namespaces are
 * refused, each with what it would need. Nothing is left out silently.
 */
#include "base/str.h"
#include "cmd/direct.h"

const char *const direct_sandbox_words[] = { "namespaces", "landlock-only", NULL };

int direct_check_lone(const struct direct_values *v, struct err *e)
{
	static const char ids[] = "a user namespace", mounts[] = "a mount namespace";
	static const char network[] = "a network namespace", cgroup[] = "a cgroup";
	const struct {
		const char *option;
		bool given;
		const char *need;
	} rows[] = {
		{ "userns", v->userns != NULL, ids },
		{ "uidmap", v->uidmap.n > 0, ids },
		{ "gidmap", v->gidmap.n > 0, ids },
		{ "user", v->user != NULL, ids },
		{ "double-rootless", v->double_rootless, ids },
		{ "tmpfs", v->tmpfs.n > 0, mounts },
		{ "overlay", v->overlay != NULL, mounts },
		{ "overlay-size", v->overlay_size != NULL, mounts },
		{ "root-ids", v->root_ids != NULL, mounts },
		{ "sysctl", v->sysctls.n > 0, network },
		{ "hostname", v->hostname != NULL, "a UTS namespace" },
		{ "net", v->net && !str_eq(v->net, "none") && !str_eq(v->net, "host"),
		  network },
		{ "publish", v->publish.n > 0, network },
		{ "memory", v->memory != NULL, cgroup },
		{ "oom-group", v->oom_group, cgroup },
		{ "pids", v->pids > 0, cgroup },
		{ "cpus", v->cpus != NULL, cgroup },
		{ "tty", v->terminal, "a devpts of its own" },
		{ "no-landlock", v->no_landlock, "Landlock" },
		{ "no-seccomp", v->unconfined, "the filter, which keeps sockets away" },
		{ "selinux", v->selinux != 0, "a container" },
		{ "print-config", v->print_config, "a container" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].given)
			continue;
		err_set(e, "--sandbox landlock-only: not with --%s: it needs %s",
			rows[i].option, rows[i].need);
		return err_hint(
			e, "landlock-only takes --volume (at its own path, ro or rw), "
			   "--env, --workdir, --net none or host, --fsize, --timeout, "
			   "--output-limit and --result");
	}
	return 0;
}
