/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The place of a container's cgroup. Lines: linux.cgroupsPath, then a text like
 * /proc/self/cgroup up to an empty line, then one like /proc/self/mountinfo. A plan's paths
 * are absolute, tidy, below the hierarchy's top, and end nowhere else.
 */
#include "fuzz.h"

#include "cgroup/cgroup.h"
#include "libocispec/oci.h"

static void check_path(const char *path)
{
	must(path[0] == '/' && path[1] != '\0');
	must(strlen(path) < 4096);
	must(strstr(path, "//") == NULL);
	for (const char *at = path; at; at = strchr(at + 1, '/')) {
		size_t n = strcspn(at + 1, "/");

		must(n > 0);
		must(!(n == 1 && at[1] == '.'));
		must(!(n == 2 && at[1] == '.' && at[2] == '.'));
	}
}

static void check_plan(const struct cgroup_plan *plan)
{
	auto_str text = { 0 };

	for (size_t i = 0; i < plan->n_dirs; i++)
		check_path(plan->dirs[i].path);
	for (size_t i = 0; i < plan->n_writes; i++) {
		must(plan->writes[i].dir < plan->n_dirs);
		must(strchr(plan->writes[i].file, '/') == NULL);
	}
	cgroup_plan_text(plan, &text);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size), *at = text;
	struct cgroup_request rq = { .id = "c1", .path = fuzz_line(&at) };
	char *own = at ? at : text + size, *mounts = strstr(own, "\n\n");
	struct oci_arena arena = { 0 };
	struct cgroup_facts facts;
	struct cgroup_plan plan = { 0 };

	if (mounts) {
		mounts[1] = '\0';
		mounts += 2;
	}
	cgroup_facts_parse(mounts ? mounts : "", own, &arena, &facts);
	must(facts.n <= CGROUP_HIERARCHIES_MAX);
	for (int way = 0; way < 8; way++) {
		struct err e = { 0 };

		rq.unprivileged = way & 1;
		rq.every_hierarchy = way & 2;
		rq.manager = way & 4 ? CGROUP_MANAGER_SYSTEMD : CGROUP_MANAGER_CGROUPFS;
		if (cgroup_plan_make(&rq, &facts, &arena, &plan, &e) == 0)
			check_plan(&plan);
		else
			must(err_is_set(&e));
	}
	oci_arena_free(&arena);
	free(text);
	return 0;
}
