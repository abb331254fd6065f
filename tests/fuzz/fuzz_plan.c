/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole config.json to every plan that is made of it before anything is touched: each one
 * is made, or refused with a sentence.
 */
#include "fuzz.h"

#include "cgroup/cgroup.h"
#include "fs/plan.h"
#include "libocispec/oci.h"
#include "ns/plan.h"
#include "sec/process.h"

static const char mounts[] = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

static void plan_cgroup(const struct oci_config *c, bool root, struct oci_arena *arena)
{
	struct cgroup_request rq = { .id = "c1",
				     .path = c->linux ? c->linux->cgroups_path : NULL,
				     .resources = c->linux ? c->linux->resources : NULL,
				     .unprivileged = !root,
				     .every_hierarchy = root };
	struct cgroup_plan plan;
	struct cgroup_facts facts;
	auto_str text = { 0 };
	struct err e = { 0 };

	cgroup_facts_parse(mounts, "0::/user\n", arena, &facts);
	facts.h[0].controllers = root ? UINT32_MAX : 0;
	if (cgroup_plan_make(&rq, &facts, arena, &plan, &e) == 0)
		cgroup_plan_text(&plan, &text);
	else
		must(err_is_set(&e));
}

static void plan_fs(const struct oci_config *c, const struct ns_plan *ns, bool root,
		    struct oci_arena *arena)
{
	struct fs_facts f = { .user_ns = ns->mode[NSFD_USER] != NS_KEEP,
			      .new_user_ns = ns->mode[NSFD_USER] != NS_KEEP,
			      .privileged = root,
			      .cgroup_layout = FS_CGROUP_V2 };
	struct fs_plan *plan = NULL;
	struct err e = { 0 };

	if (fs_plan_make(arena, c, &f, &plan, &e) < 0)
		must(err_is_set(&e));
	else
		must(plan != NULL);
}

static void plan_process(const struct oci_config *c, bool root)
{
	struct process_facts f = { .id = "c1", .ready = true, .gate = root };
	auto_str text = { 0 };
	auto_str bytes = { 0 };
	auto_str warnings = { 0 };
	struct err e = { 0 };
	struct script s;

	f.caps.permitted = f.caps.bounding = root ? UINT64_MAX >> 23 : 0;
	f.caps.last = 40;
	script_init(&s);
	if (process_plan(c->process, &f, &s, &warnings, &e) == 0) {
		script_print(&s, &text);
		script_finish(&s, &bytes);
	} else {
		must(err_is_set(&e));
	}
	script_free(&s);
}

static void plan_all(const struct oci_config *c, bool root, struct oci_arena *arena)
{
	struct ns_facts facts = { .euid = root ? 0 : 1000,
				  .egid = root ? 0 : 1000,
				  .caps = root ? UINT64_MAX >> 23 : 0,
				  .initial_userns = true,
				  .has_time_ns = true };
	struct ns_plan ns = { 0 };
	auto_str text = { 0 };
	struct err e = { 0 };

	if (ns_plan_make(c, &facts, &ns, &e) < 0)
		must(err_is_set(&e));
	else
		ns_plan_print(&ns, &text);
	plan_cgroup(c, root, arena);
	plan_fs(c, &ns, root, arena);
	if (c->process)
		plan_process(c, root);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct oci_arena arena = { 0 };
	struct oci_config *config;
	struct oci_error why;

	if (oci_decode_config(&arena, "f", (const char *)data, size, &config, &why) ==
	    0) {
		plan_all(config, true, &arena);
		plan_all(config, false, &arena);
	}
	oci_arena_free(&arena);
	return 0;
}
