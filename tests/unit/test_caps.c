/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sec/caps against libcap, the authority on names; what can be granted, by rows. sec/limits
 * and sec/label by rows.
 */
#include "suite.h"

#include "sec/caps.h"
#include "sec/label.h"
#include "sec/limits.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>

#define B(cap) CAPS_BIT(CAP_##cap)

START_TEST(names)
{
	for (int i = 0; i < CAPS_KNOWN && i < cap_max_bits(); i++) {
		cap_value_t number;
		char *theirs = cap_to_name(i); /* lower case */

		ck_assert_ptr_nonnull(caps_name(i));
		ck_assert_int_eq(cap_from_name(caps_name(i), &number), 0);
		ck_assert_int_eq(number, i);
		ck_assert_int_eq(caps_number(theirs), i);
		ck_assert_int_eq(caps_number(caps_name(i) + 4), i);
		cap_free(theirs);
	}
	ck_assert_ptr_null(caps_name(CAPS_KNOWN));
	ck_assert_ptr_null(caps_name(-1));
	ck_assert_int_eq(caps_number("CAP_"), -1);
	ck_assert_int_eq(caps_number("CAP_CHOWNX"), -1);
	ck_assert_int_eq(caps_number(""), -1);
}
END_TEST

static const struct {
	struct caps_facts have;
	struct caps got; /* of CAP_CHOWN and CAP_KILL in all five sets */
	int warnings;
} grants[] = {
	{ { B(CHOWN) | B(KILL), B(CHOWN) | B(KILL), 40 },
	  { B(CHOWN) | B(KILL), B(CHOWN) | B(KILL), B(CHOWN) | B(KILL),
	    B(CHOWN) | B(KILL), B(CHOWN) | B(KILL) },
	  0 },
	/* not in our bounding set: not inheritable, hence not ambient */
	{ { B(CHOWN) | B(KILL), B(KILL), 40 },
	  { B(KILL), B(CHOWN) | B(KILL), B(KILL), B(CHOWN) | B(KILL), B(KILL) },
	  3 },
	/* not permitted to us */
	{ { B(KILL), B(CHOWN) | B(KILL), 40 },
	  { B(CHOWN) | B(KILL), B(KILL), B(KILL), B(KILL), B(KILL) },
	  4 },
	/* a kernel that knows CAP_CHOWN only */
	{ { B(CHOWN), B(CHOWN), 0 },
	  { B(CHOWN), B(CHOWN), B(CHOWN), B(CHOWN), B(CHOWN) },
	  5 },
};

START_TEST(granted)
{
	char chown[] = "CAP_CHOWN";
	char kill[] = "CAP_KILL";
	char *both[] = { chown, kill, NULL };
	struct oci_strings set = { 2, both };
	struct oci_capabilities want = { set, set, set, set, set };
	const struct caps *w = &grants[_i].got;
	auto_str warnings = { 0 };
	struct caps got;
	int lines = 0;

	caps_plan(&want, &grants[_i].have, &got, &warnings);
	ck_assert_uint_eq(got.bounding, w->bounding);
	ck_assert_uint_eq(got.effective, w->effective);
	ck_assert_uint_eq(got.inheritable, w->inheritable);
	ck_assert_uint_eq(got.permitted, w->permitted);
	ck_assert_uint_eq(got.ambient, w->ambient);
	for (const char *c = warnings.s ? warnings.s : ""; *c; c++)
		lines += *c == '\n';
	ck_assert_int_eq(lines, grants[_i].warnings);
}
END_TEST

START_TEST(nothing_wanted)
{
	struct caps_facts have = { UINT64_MAX, UINT64_MAX, 40 };
	auto_str warnings = { 0 };
	struct caps got = { 1, 1, 1, 1, 1 };

	caps_plan(NULL, &have, &got, &warnings);
	ck_assert_uint_eq(got.bounding | got.effective | got.inheritable | got.permitted |
				  got.ambient,
			  0);
	ck_assert_ptr_null(warnings.s);
}
END_TEST

START_TEST(own_facts)
{
	struct caps_facts facts;
	struct err e = { 0 };

	ck_assert_int_eq(caps_read_facts(&facts, &e), 0);
	ck_assert_int_ge(facts.last, CAP_AUDIT_READ);
	ck_assert_uint_eq(facts.bounding >> facts.last >> 1, 0);
}
END_TEST

/* ---- limits -------------------------------------------------------------------------- */

static const struct {
	const char *list;
	uint64_t first; /* word 0 */
	bool bad;
} lists[] = {
	{ "", 0, false },      { "0", 1, false },     { "0-3,7", 0x8f, false },
	{ "3,1", 0xa, false }, { "0-63", -1, false }, { "64", 0, true },
	{ "1-0", 0, true },    { "1,", 0, true },     { ",1", 0, true },
	{ "-1", 0, true },     { "1-", 0, true },     { "1 ,2", 0, true },
	{ "a", 0, true },      { "1--2", 0, true },   { "99999999999999999999", 0, true },
};

START_TEST(list)
{
	struct err e = { 0 };
	uint64_t bits[1];

	ck_assert_int_eq(limits_list(lists[_i].list, bits, 64, &e),
			 lists[_i].bad ? -1 : 0);
	if (!lists[_i].bad)
		ck_assert_uint_eq(bits[0], lists[_i].first);
}
END_TEST

START_TEST(resources)
{
	ck_assert_int_eq(limits_resource("RLIMIT_NOFILE"), RLIMIT_NOFILE);
	ck_assert_int_eq(limits_resource("RLIMIT_RTTIME"), RLIMIT_RTTIME);
	ck_assert_int_eq(limits_resource("NOFILE"), -1);
	ck_assert_int_eq(limits_resource(""), -1);
}
END_TEST

#define INT(x)          \
	{               \
		true, x \
	}

static const struct {
	struct oci_scheduler s;
	const char *error; /* NULL: good */
} schedulers[] = {
	{ { OCI_SCHED_OTHER, .nice = INT(-20) }, NULL },
	{ { OCI_SCHED_FIFO, .priority = INT(99) }, NULL },
	{ { OCI_SCHED_DEADLINE, .runtime = INT(1), .deadline = INT(2), .period = INT(3) },
	  NULL },
	{ { OCI_SCHED_OTHER, .nice = INT(20) },
	  "process.scheduler: nice 20 is not in -20..19" },
	{ { OCI_SCHED_FIFO },
	  "process.scheduler: priority 0 is not in 1..99, as this policy needs it" },
	{ { OCI_SCHED_BATCH, .priority = INT(1) },
	  "process.scheduler: priority 1 needs SCHED_FIFO or SCHED_RR" },
	{ { OCI_SCHED_RR, .priority = INT(1), .runtime = INT(1) },
	  "process.scheduler: runtime, deadline and period need SCHED_DEADLINE" },
	{ { OCI_SCHED_DEADLINE, .runtime = INT(3), .deadline = INT(2) },
	  "process.scheduler: SCHED_DEADLINE needs 0 < runtime <= deadline <= period" },
};

START_TEST(scheduler)
{
	struct limits_sched attr;
	struct err e = { 0 };
	int ret = limits_scheduler(&schedulers[_i].s, &attr, &e);

	ck_assert_int_eq(ret, schedulers[_i].error ? -1 : 0);
	ck_assert_str_eq(e.text, schedulers[_i].error ? schedulers[_i].error : "");
}
END_TEST

START_TEST(memory_policy)
{
	int flags[] = { OCI_MPOL_F_STATIC_NODES };
	struct oci_memory_policy m = { OCI_MPOL_INTERLEAVE,
				       (char[]){ "0-1,70" },
				       { 1, flags } };
	struct limits_nodes nodes;
	struct err e = { 0 };
	size_t n;
	int mode;

	ck_assert_int_eq(limits_memory_policy(&m, &mode, &nodes, &n, &e), 0);
	ck_assert_int_eq(mode, 3 | 1 << 15);
	ck_assert_uint_eq(n, 72);
	ck_assert_uint_eq(nodes.bits[0], 3);
	ck_assert_uint_eq(nodes.bits[1], 1 << 6);
	m.nodes = (char[]){ "" };
	ck_assert_int_eq(limits_memory_policy(&m, &mode, &nodes, &n, &e), 0);
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* ---- labels ------------------------------------------------------------------------------ */

static const struct {
	enum selinux_state selinux;
	const char *label, *mount_label;
	const char *remark;
	const char *mount;
} labels[] = {
	{ SELINUX_DISABLED, NULL, NULL, NULL, NULL },
	{ SELINUX_DISABLED, "", "", NULL, NULL },
	{ SELINUX_DISABLED, "l", "m", "SELinux is disabled; labelling layer inactive",
	  NULL },
	{ SELINUX_DISABLED, NULL, "m", "SELinux is disabled; labelling layer inactive",
	  NULL },
	{ SELINUX_PERMISSIVE, "l", "m", "SELinux is permissive; labelling layer inactive",
	  "m" },
	{ SELINUX_ENFORCING, "l", "m", NULL, "m" },
};

START_TEST(label)
{
	struct label_facts f = { .selinux = labels[_i].selinux };
	const char *remark = label_remark(&f, labels[_i].label, labels[_i].mount_label);
	const char *mount = label_usable(&f, labels[_i].mount_label);

	ck_assert_str_eq(remark ? remark : "none",
			 labels[_i].remark ? labels[_i].remark : "none");
	ck_assert_str_eq(mount ? mount : "none",
			 labels[_i].mount ? labels[_i].mount : "none");
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, names);
	tcase_add_loop_test(t, granted, 0, ROWS(grants));
	tcase_add_test(t, nothing_wanted);
	tcase_add_test(t, own_facts);
	tcase_add_loop_test(t, list, 0, ROWS(lists));
	tcase_add_test(t, resources);
	tcase_add_loop_test(t, scheduler, 0, ROWS(schedulers));
	tcase_add_test(t, memory_policy);
	tcase_add_loop_test(t, label, 0, ROWS(labels));
}

int main(void)
{
	return suite_run("caps", fill);
}
