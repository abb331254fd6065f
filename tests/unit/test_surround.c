/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process's surroundings, what of them is pure: which lines of sd_notify go through,
 * which annotations are refused, how /proc tells of a zombie's end; and interruptions.
 */
#include "base/fd.h"
#include "run/annotation.h"
#include "run/interrupt.h"
#include "run/run.h"
#include "run/sdnotify.h"

#include "suite.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Flags: r ready, b barrier, x refused; "N" behind '#' is MAINPID. */
static const struct {
	const char *message;
	const char *text;
	const char *flags;
} messages[] = {
	{ "READY=1", "READY=1", "r" },
	{ "READY=1\n", "READY=1", "r" },
	{ "READY=0", "READY=0", "" },
	{ "READY=1\nSTATUS=up and running", "READY=1\nSTATUS=up and running", "r" },
	{ "STATUS=a=b", "STATUS=a=b", "" },
	{ "\n\nSTOPPING=1\n\n", "STOPPING=1", "" },
	{ "RELOADING=1\nMONOTONIC_USEC=12", "RELOADING=1\nMONOTONIC_USEC=12", "" },
	{ "WATCHDOG=1", "WATCHDOG=1", "" },
	{ "WATCHDOG=trigger", "WATCHDOG=trigger", "" },
	{ "WATCHDOG_USEC=20000000", "WATCHDOG_USEC=20000000", "" },
	{ "ERRNO=2\nBUSERROR=org.x.y\nEXIT_STATUS=3",
	  "ERRNO=2\nBUSERROR=org.x.y\nEXIT_STATUS=3", "" },
	{ "EXTEND_TIMEOUT_USEC=1", "EXTEND_TIMEOUT_USEC=1", "" },
	{ "X_MINE=1", "X_MINE=1", "" },
	{ "MAINPID=7", "", "#7" },
	{ "MAINPID=7\nREADY=1", "READY=1", "r#7" },
	{ "MAINPID=7x\nREADY=1", "READY=1", "r" },
	{ "MAINPID=-1", "", "" },
	{ "MAINPID=99999999999999999999", "", "" },
	{ "MAINPIDFDID=12", "", "" },
	{ "FDSTORE=1\nFDNAME=x", "", "x" },
	{ "FDSTORE=1\nREADY=1", "READY=1", "rx" },
	{ "FDSTOREREMOVE=1", "", "x" },
	{ "NOTIFYACCESS=all", "", "x" },
	{ "BARRIER=1", "BARRIER=1", "b" },
	{ "BARRIER=1\nREADY=1", "", "r" },
	{ "XBARRIER=1", "", "x" },
	{ "READYX=1", "", "x" },
	{ "READY", "", "" },
	{ "=1", "", "" },
	{ "X_=1", "", "x" },
	{ "", "", "" },
};

START_TEST(test_filter)
{
	struct sdnotify_text t;
	const char *flags = messages[_i].flags;
	const char *pid = strchr(flags, '#');

	sdnotify_filter(messages[_i].message, strlen(messages[_i].message), &t);
	ck_assert_uint_eq(t.n, strlen(messages[_i].text));
	ck_assert_mem_eq(t.text, messages[_i].text, t.n);
	ck_assert_int_eq(t.ready, strchr(flags, 'r') != NULL);
	ck_assert_int_eq(t.barrier, strchr(flags, 'b') != NULL);
	ck_assert_int_eq(t.refused, strchr(flags, 'x') != NULL);
	ck_assert_int_eq(t.main_pid, pid ? atoi(pid + 1) : 0);
}
END_TEST

/* What is longer than a manager takes is dropped; a NUL ends a message; any byte may come. */
START_TEST(test_filter_bytes)
{
	static char big[SDNOTIFY_MAX + 1];
	struct sdnotify_text t;

	memset(big, 'a', sizeof(big));
	memcpy(big, "STATUS=", 7);
	sdnotify_filter(big, sizeof(big), &t);
	ck_assert_uint_eq(t.n, 0);
	sdnotify_filter(big, SDNOTIFY_MAX, &t);
	ck_assert_uint_eq(t.n, SDNOTIFY_MAX);
	sdnotify_filter("READY=1\0FDSTORE=1", 17, &t);
	ck_assert_str_eq(t.text, "READY=1");
	ck_assert(!t.refused);
	for (size_t i = 0; i < SDNOTIFY_MAX; i++)
		big[i] = (char)(i * 7);
	sdnotify_filter(big, SDNOTIFY_MAX, &t);
	memset(big, '\n', sizeof(big));
	sdnotify_filter(big, SDNOTIFY_MAX, &t);
	ck_assert_uint_eq(t.n, 0);
}
END_TEST

static const struct {
	const char *key, *value;
	const char *error; /* NULL: taken */
} annotations[] = {
	{ "run.oci.handler", "krun",
	  "annotations: run.oci.handler: no handler \"krun\": only programs are run "
	  "here" },
	{ "run.oci.handler", "", NULL },
	{ "run.oci.seccomp.plugins", "/p.so",
	  "annotations: run.oci.seccomp.plugins: /p.so: code is not loaded because a "
	  "configuration says so" },
	{ "run.oci.systemd.force_cgroup_v1", "/sys/fs/cgroup/systemd",
	  "annotations: run.oci.systemd.force_cgroup_v1: /sys/fs/cgroup/systemd: a "
	  "hierarchy of cgroup v1 for systemd is not made" },
	{ "run.oci.timens_offset", "monotonic 1",
	  "annotations: run.oci.timens_offset: \"monotonic 1\" is not looked at" },
	{ "module.wasm.image/variant", "compat",
	  "annotations: module.wasm.image/variant: WebAssembly is not run here" },
	{ "module.wasm.image/variant", "compat-smart",
	  "annotations: module.wasm.image/variant: WebAssembly is not run here" },
	{ "module.wasm.image/variant", "other", NULL },
	{ "krun.cpus", "2", NULL },
	{ "run.oci.nobody.knows", "1", NULL },
	{ "wolffia.nobody.knows", "1", NULL },
	{ "wolffia.init", "true", NULL },
	{ "wolffia.landlock", "0", NULL },
	{ "wolffia.init", "yes",
	  "annotations: wolffia.init: expected true or false, got \"yes\"" },
	{ "wolffia.landlock", "",
	  "annotations: wolffia.landlock: expected true or false, got \"\"" },
	{ "wolffia.oom-group", "yes",
	  "annotations: wolffia.oom-group: expected true or false, got \"yes\"" },
};

START_TEST(test_annotation)
{
	struct oci_pair pairs[] = { { (char *)"a", (char *)"b" },
				    { (char *)annotations[_i].key,
				      (char *)annotations[_i].value } };
	struct oci_map map = { 2, pairs };
	struct err e = { 0 };

	ck_assert_int_eq(annotation_check(&map, &e), annotations[_i].error ? -1 : 0);
	ck_assert_str_eq(e.text, annotations[_i].error ? annotations[_i].error : "");
}
END_TEST

/* wolffia.oom-group: the annotation, what `unified` says, what it says afterwards */
static const struct {
	const char *value, *said, *then; /* NULL: nothing */
	const char *error;
} oom_groups[] = {
	{ NULL, NULL, NULL, NULL },
	{ "true", NULL, "1", NULL },
	{ "1", NULL, "1", NULL },
	{ "true", "1", "1", NULL },
	{ "false", NULL, NULL, NULL },
	{ "0", "1", "1", NULL },
	{ "true", "0", NULL,
	  "annotations: wolffia.oom-group: linux.resources.unified says the opposite: "
	  "memory.oom.group is 0" },
};

START_TEST(test_oom_group)
{
	const char *value = oom_groups[_i].value, *said = oom_groups[_i].said;
	struct oci_pair annotation = { (char *)"wolffia.oom-group", (char *)value };
	struct oci_pair file = { (char *)"memory.oom.group", (char *)said };
	struct oci_resources resources = { .unified = { said ? 1 : 0, &file } };
	struct oci_linux l = { .resources = said ? &resources : NULL };
	struct oci_config config = { .annotations = { value ? 1 : 0, &annotation },
				     .linux = said ? &l : NULL };
	struct oci_arena arena = { 0 };
	struct err e = { 0 };
	int rc = annotation_apply(&config, &arena, &e);

	ck_assert_str_eq(e.text, oom_groups[_i].error ?: "");
	ck_assert_int_eq(rc, oom_groups[_i].error ? -1 : 0);
	if (oom_groups[_i].then) {
		ck_assert_uint_eq(config.linux->resources->unified.n, 1);
		ck_assert_str_eq(config.linux->resources->unified.v[0].value,
				 oom_groups[_i].then);
	} else if (rc == 0 && !said) {
		ck_assert_ptr_null(config.linux);
	}
	oci_arena_free(&arena);
}
END_TEST

START_TEST(test_annotation_unknown)
{
	struct oci_pair pairs[] = { { (char *)"wolffi", (char *)"" },
				    { (char *)"wolffia.net", (char *)"none" },
				    { (char *)"wolffia.nett", (char *)"none" },
				    { (char *)"wolffiasome.x", (char *)"" } };

	ck_assert_pstr_eq(annotation_unknown(&(struct oci_map){ 2, pairs }), NULL);
	ck_assert_pstr_eq(annotation_unknown(&(struct oci_map){ 4, pairs }),
			  "wolffia.nett");
}
END_TEST

START_TEST(test_annotation_sandbox)
{
	struct oci_pair pairs[] = {
		{ (char *)"module.wasm.image/variant", (char *)"compat" },
		{ (char *)"io.kubernetes.cri.container-type", (char *)"sandbox" }
	};
	struct oci_map map = { 2, pairs };
	struct err e = { 0 };

	ck_assert_int_eq(annotation_check(&map, &e), 0);
}
END_TEST

#define FIELDS_4_TO_51                                                                   \
	"4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 " \
	"32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 "

static const struct {
	const char *stat;
	int status; /* -1: not told */
} stats[] = {
	{ "7 (sh) Z " FIELDS_4_TO_51 "1792\n", 1792 },
	{ "7 (sh) Z " FIELDS_4_TO_51 "9", 9 },
	{ "7 (a) Z 1 (b) Z " FIELDS_4_TO_51 "0\n", 0 },
	{ "7 (sh) S " FIELDS_4_TO_51 "0\n", -1 },
	{ "7 (sh) Z 4 5 6\n", -1 },
	{ "7 (sh) Z " FIELDS_4_TO_51 "x\n", -1 },
	{ "7 (sh) Z " FIELDS_4_TO_51 "99999999\n", -1 },
	{ "", -1 },
};

START_TEST(test_stat)
{
	int status = -1;

	ck_assert_int_eq(run_stat_exit_code(stats[_i].stat, &status),
			 stats[_i].status >= 0);
	ck_assert_int_eq(status, stats[_i].status);
}
END_TEST

/* ---- interruptions ------------------------------------------------------------------------- */

static const struct {
	int signal;
	const char *text;
	int status;
} signals[] = {
	{ SIGHUP, "interrupted by SIGHUP", 129 },
	{ SIGINT, "interrupted by SIGINT", 130 },
	{ SIGQUIT, "interrupted by SIGQUIT", 131 },
	{ SIGTERM, "interrupted by SIGTERM", 143 },
};

START_TEST(test_interrupt)
{
	struct err e = { 0 };
	int p[2], fd;

	signal(signals[_i].signal, SIG_DFL);
	ck_assert_int_eq(pipe(p), 0);
	fd = interrupt_open(&e);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(interrupt_check(fd, &e), 0);
	raise(signals[_i].signal);
	ck_assert_int_eq(interrupt_wait(p[0], fd, &e), -1);
	ck_assert_str_eq(e.text, signals[_i].text);
	ck_assert_int_eq(e.status, signals[_i].status);
	ck_assert_int_eq(e.code, EINTR);
	/* it is taken; and what can be read is no interruption */
	err_clear(&e);
	ck_assert_int_eq(write(p[1], "x", 1), 1);
	ck_assert_int_eq(interrupt_wait(p[0], fd, &e), 0);
	ck_assert_int_eq(interrupt_wait(p[0], -1, &e), 0);
	/* what is there already goes before a signal, or behind it */
	raise(signals[_i].signal);
	ck_assert_int_eq(interrupt_wait_for_report(p[0], fd, &e), 0);
	ck_assert_int_eq(interrupt_wait_for_report(p[0], -1, &e), 0);
	ck_assert_int_eq(interrupt_wait(p[0], fd, &e), -1);
}
END_TEST

/* Ignored by the caller: not blocked, not queued, lost as he wants it. */
START_TEST(test_ignored)
{
	struct err e = { 0 };
	int fd;

	signal(SIGHUP, SIG_IGN);
	fd = interrupt_open(&e);
	raise(SIGHUP);
	ck_assert_int_eq(fd_wait_readable(fd, 0), 0);
	ck_assert_int_eq(interrupt_check(fd, &e), 0);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, test_filter, 0, ROWS(messages));
	tcase_add_test(t, test_filter_bytes);
	tcase_add_loop_test(t, test_annotation, 0, ROWS(annotations));
	tcase_add_loop_test(t, test_oom_group, 0, ROWS(oom_groups));
	tcase_add_test(t, test_annotation_sandbox);
	tcase_add_test(t, test_annotation_unknown);
	tcase_add_loop_test(t, test_stat, 0, ROWS(stats));
	tcase_add_loop_test(t, test_interrupt, 0, ROWS(signals));
	tcase_add_test(t, test_ignored);
}

int main(void)
{
	return suite_run("surround", fill);
}
