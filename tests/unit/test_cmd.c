/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands: command line -> what src/run is asked for (its double records it), what is
 * printed, exit status or the sentence of the error.
 */
#include "base/fd.h"
#include "cmd/cmd.h"
#include "cmd/ps.h"
#include "fake_run.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct cmd *const commands[] = {
	&cmd_checkpoint, &cmd_restore,	&cmd_create,   &cmd_start, &cmd_run,
	&cmd_gc,	 &cmd_net_hook, &cmd_state,    &cmd_kill,  &cmd_delete,
	&cmd_list,	 &cmd_spec,	&cmd_features, &cmd_pause, &cmd_resume,
	&cmd_ps,	 &cmd_events,	&cmd_update,   &cmd_wait,  &cmd_mounts,
};

static const struct {
	const char *line; /* separated by one blank */
	const char *calls; /* what the double saw */
	const char *error; /* text and hint; NULL: it succeeds */
} rows[] = {
	/* clients.md 3.1, 3.3, 3.4: what Podman, buildah and containerd write */
	{ "create --bundle /b --pid-file /p abc", "create abc bundle=/b pid=/p\n", NULL },
	{ "create --bundle /b --pid-file /p --no-pivot --no-new-keyring --preserve-fds 2 "
	  "--console-socket /c abc",
	  "create abc bundle=/b console=/c pid=/p no-pivot no-new-keyring fds=2\n",
	  NULL },
	{ "create abc -b /b", "create abc bundle=/b\n", NULL },
	{ "create abc", "create abc\n", NULL },
	{ "create -b=/b -f=/c.json --pidfd-socket=/s --no-subreaper abc",
	  "create abc bundle=/b config=/c.json pidfd=/s\n", NULL },
	{ "create --config /c.json abc", "create abc config=/c.json\n", NULL },
	{ "create --pid-file= abc", "create abc\n", NULL },
	{ "create", "", "create requires an argument: ID | see `wolffia create --help`" },
	{ "create a b", "",
	  "create: unexpected argument b | see `wolffia create --help`" },
	{ "create --detach a", "",
	  "unknown option --detach | see `wolffia create --help`" },
	{ "create --root /x a", "",
	  "unknown option --root | it stands before the command: wolffia --root ... "
	  "create" },
	{ "create --root=/x a", "",
	  "unknown option --root | it stands before the command: wolffia --root ... "
	  "create" },
	{ "create --preserve-fds 4294967295 a", "",
	  "--preserve-fds=4294967295: expected a number from 0 to 1048576 | see `wolffia "
	  "create --help`" },
	{ "create bad", "create bad\n", "no good | " },
	{ "run -d --keep -b /b a", "run a bundle=/b detach keep\n", NULL },
	{ "run --detach=false a", "run a\n", NULL },
	{ "run -no-subreaper --detach a", "run a detach\n", NULL },
	{ "run bad", "run bad\n", "no good | " },
	{ "start a", "start a\n", NULL },
	/* clients.md 3.1, 3.3: Podman and containerd */
	{ "checkpoint --image-path /i --work-path /w --leave-running --tcp-established "
	  "--file-locks --pre-dump --parent-path .. a",
	  "checkpoint a image=/i work=/w parent=.. leave pre tcp locks\n", NULL },
	{ "restore --bundle /b --pid-file /p --detach --image-path /i --work-path /w "
	  "--tcp-close --lsm-profile=selinux:x --lsm-mount-context=y a",
	  "restore a bundle=/b pid=/p image=/i work=/w profile=selinux:x context=y close "
	  "detach\n",
	  NULL },
	{ "restore --image-path /i --work-path /w --detach --pid-file /p -no-subreaper "
	  "--bundle /b a",
	  "restore a bundle=/b pid=/p image=/i work=/w detach\n", NULL },
	{ "checkpoint --lazy-pages --status-fd 3 --page-server 1.2.3.4:5 --empty-ns "
	  "network "
	  "--auto-dedup --link-remap --tcp-skip-in-flight --ext-unix-sk --shell-job "
	  "--network-lock skip --manage-cgroups-mode strict --criu /c a",
	  "checkpoint a ps=1.2.3.4:5 criu=/c cgroups=strict lock=skip lazy dedup "
	  "in-flight "
	  "unix job remap empty status=3\n",
	  NULL },
	{ "restore --manage-cgroups-mode ignore --no-pivot --empty-ns=network "
	  "--auto-dedup "
	  "--lazy-pages --console-socket /s a",
	  "restore a console=/s cgroups=ignore lazy dedup empty\n", NULL },
	{ "checkpoint --manage-cgroups-mode hard a", "",
	  "--manage-cgroups-mode=hard: expected soft, full, strict or ignore | see "
	  "`wolffia checkpoint --help`" },
	{ "restore bad", "restore bad\n", "no good | " },
	{ "restore --leave-running a", "",
	  "unknown option --leave-running | see `wolffia restore --help`" },
	{ "start", "", "start requires an argument: ID | see `wolffia start --help`" },
	{ "start bad", "start bad\n", "no good | " },
	{ "kill a", "kill a 3\n", NULL },
	{ "kill a 15", "kill a 15\n", NULL },
	{ "kill a SIGKILL", "kill a 9\n", NULL },
	{ "kill a hup", "kill a 1\n", NULL },
	{ "kill a RTMIN+2", "kill a 36\n", NULL },
	{ "kill --all a 9", "kill a 9 all\n", NULL },
	{ "kill a 9 --all", "kill a 9 all\n", NULL },
	{ "kill -a a KILL", "kill a 9 all\n", NULL },
	{ "kill a NOPE", "",
	  "unknown signal NOPE | a name as TERM or SIGTERM, RTMIN+1, or a number from 0 "
	  "to 64" },
	{ "kill a 0", "kill a 0\n", NULL },
	{ "kill a 65", "",
	  "unknown signal 65 | a name as TERM or SIGTERM, RTMIN+1, or a number from 0 "
	  "to 64" },
	{ "kill a 9 9", "", "kill: unexpected argument 9 | see `wolffia kill --help`" },
	{ "kill", "",
	  "kill requires an argument: ID [SIGNAL] | see `wolffia kill --help`" },
	{ "kill -r ^p 9", "match ^p\nkill p1 9\nkill p2 9\nkill p3 9\n", NULL },
	{ "kill --regex p", "match p\nkill p1 3\nkill p2 3\nkill p3 3\n", NULL },
	{ "kill -r bad", "match bad\n", "no good | " },
	{ "delete a", "delete a\n", NULL },
	{ "delete --force a", "delete a force\n", NULL },
	{ "delete -f a", "delete a force\n", NULL },
	{ "delete -rf ^p",
	  "match ^p\ndelete p1 force\ndelete p2 force\ndelete p3 force\n", NULL },
	{ "delete bad", "delete bad\n", "no good | " },
	{ "delete a b", "",
	  "delete: unexpected argument b | see `wolffia delete --help`" },
	{ "state", "", "state requires an argument: ID | see `wolffia state --help`" },
	{ "state bad", "state bad\n", "no good | " },
	{ "pause a", "pause a\n", NULL },
	{ "pause", "", "pause requires an argument: ID | see `wolffia pause --help`" },
	{ "pause a b", "", "pause: unexpected argument b | see `wolffia pause --help`" },
	{ "pause bad", "pause bad\n", "no good | " },
	{ "resume a", "resume a\n", NULL },
	{ "resume bad", "resume bad\n", "no good | " },
	{ "ps", "",
	  "ps requires an argument: ID [PS-OPTION...] | see `wolffia ps --help`" },
	{ "ps --format xml a", "",
	  "--format=xml: expected table or json | see `wolffia ps --help`" },
	{ "ps --format json bad", "ps bad\n", "no good | " },
	{ "events --stats a", "events a 5000 stats\n", NULL },
	{ "events --interval=7s a", "events a 7000\n", NULL },
	{ "events --interval 1m0.5s a", "events a 60500\n", NULL },
	{ "events --interval 0 a", "",
	  "--interval=0: expected a time of at least 1ms | as 5s, 1m30s or 500ms" },
	{ "events --interval often a", "",
	  "--interval=often: expected a time of at least 1ms | as 5s, 1m30s or 500ms" },
	{ "events bad", "events bad 5000\n", "no good | " },
	{ "wait", "", "wait requires an argument: ID | see `wolffia wait --help`" },
	{ "wait bad", "wait bad\n", "no good | " },
	{ "mounts add a /f", "mounts add a /f\n", NULL },
	{ "mounts remove a -", "mounts remove a -\n", NULL },
	{ "mounts swap a /f", "",
	  "mounts: unknown word swap, expected add or remove | see `wolffia mounts "
	  "--help`" },
	{ "mounts add a", "",
	  "mounts requires an argument: add|remove ID FILE | see `wolffia mounts "
	  "--help`" },
	{ "mounts add bad /f", "mounts add bad /f\n", "no good | " },
	{ "update --resources=- a", "update a file=-\n", NULL },
	{ "update -r /tmp/podman1 a", "update a file=/tmp/podman1\n", NULL },
	{ "update --memory 1.5g --memory-swap=-1 --memory-reservation 64MiB a",
	  "update a {\"memory\":{\"limit\":1610612736,\"reservation\":67108864,"
	  "\"swap\":-1}}\n",
	  NULL },
	{ "update --cpu-period 100000 --cpu-quota=-1 --cpu-burst 5 --cpu-share 300 "
	  "--cpu-rt-period 1000 --cpu-rt-runtime 0 --cpu-idle 1 a",
	  "update a {\"cpu\":{\"shares\":300,\"quota\":-1,\"burst\":5,"
	  "\"period\":100000,\"realtimeRuntime\":0,\"realtimePeriod\":1000,"
	  "\"idle\":1}}\n",
	  NULL },
	{ "update a --cpuset-cpus 0-2,5 --cpuset-mems 0 --pids-limit 0 --blkio-weight 10",
	  "update a {\"cpu\":{\"cpus\":\"0-2,5\",\"mems\":\"0\"},"
	  "\"pids\":{\"limit\":0},\"blockIO\":{\"weight\":10}}\n",
	  NULL },
	{ "update --l3-cache-schema L3:0=f --mem-bw-schema MB:0=10 a",
	  "update a l3=L3:0=f mb=MB:0=10\n", NULL },
	{ "update --kernel-memory 1g --kernel-memory-tcp 1g a", "update a\n", NULL },
	{ "update bad --memory 1", "update bad {\"memory\":{\"limit\":1}}\n",
	  "no good | " },
	{ "update a", "",
	  "nothing to update: no limit is given | see `wolffia update --help`" },
	{ "update --memory 1m -r x a", "",
	  "--resources and options for single limits exclude one another | " },
	{ "update --memory=-2 a", "",
	  "--memory=-2: expected a size as 512m, or -1 for no limit | " },
	{ "update --memory 1x a", "",
	  "--memory=1x: expected a size as 512m, or -1 for no limit | " },
	{ "update --pids-limit 5x a", "",
	  "--pids-limit=5x: expected a number from -1 on | " },
	{ "update --cpu-period 0 a", "",
	  "--cpu-period=0: expected a number from 1 on | " },
	{ "update --blkio-weight 9 a", "",
	  "--blkio-weight=9: expected a number from 10 to 1000 | " },
	{ "update --cpu-idle 2 a", "", "--cpu-idle=2: expected a number from 0 to 1 | " },
	{ "update --cpuset-cpus 0- a", "",
	  "--cpuset-cpus=0-: expected a list of numbers such as 0-3,7 | " },
	{ "net-hook", "net-hook -\n", NULL },
	{ "net-hook --net pasta:ipv4 -p 80:80 --publish=[::1]:1:2/udp",
	  "net-hook pasta:ipv4 80:80 [::1]:1:2/udp\n", NULL },
	{ "net-hook --net=bad", "net-hook bad\n", "no good | " },
	{ "net-hook x", "",
	  "net-hook: unexpected argument x | see `wolffia net-hook --help`" },
	{ "gc x", "", "gc: unexpected argument x | see `wolffia gc --help`" },
	{ "list x", "", "list: unexpected argument x | see `wolffia list --help`" },
	{ "list -f yaml", "",
	  "--format=yaml: expected table or json | see `wolffia list --help`" },
	{ "features x", "",
	  "features: unexpected argument x | see `wolffia features --help`" },
	{ "spec x", "", "spec: unexpected argument x | see `wolffia spec --help`" },
};

static struct oci_pair pairs[] = { { (char *)"a.b", (char *)"c" } };
static struct oci_state two[] = {
	{ .oci_version = (char *)"1.3.0",
	  .id = (char *)"first",
	  .status = OCI_STATUS_RUNNING,
	  .pid = { true, 4711 },
	  .bundle = (char *)"/a/rather/long/bundle",
	  .rootfs = (char *)"/a/rather/long/bundle/rootfs",
	  .created = (char *)"2026-11-22T03:10:24.816275426Z",
	  .owner = (char *)"root",
	  .annotations = { 1, pairs } },
	{ .oci_version = (char *)"1.3.0",
	  .id = (char *)"an-id-longer-than-nine",
	  .status = OCI_STATUS_STOPPED,
	  .pid = { true, 0 },
	  .bundle = (char *)"/b" },
};

/* What goes to standard output lands in a file that the test reads. */
static int capture(void)
{
	int fd = memfd_create("out", 0);
	int saved = dup(STDOUT_FILENO);

	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	close(fd);
	return saved;
}

static void captured(int saved, struct str *ret)
{
	char chunk[16384];
	ssize_t n = pread(STDOUT_FILENO, chunk, sizeof(chunk), 0);

	str_add_n(ret, chunk, n > 0 ? (size_t)n : 0);
	dup2(saved, STDOUT_FILENO);
	close(saved);
}

static int invoke(const char *line, struct str *ret_out, struct err *e)
{
	static char text[512];
	static const struct run_context ctx = { 0 };
	char *argv[24];
	size_t n = 0;
	int saved;
	int rc = -2;

	snprintf(text, sizeof(text), "%s", line);
	for (char *s = strtok(text, " "); s; s = strtok(NULL, " "))
		argv[n++] = s;
	argv[n] = NULL;
	saved = capture();
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i]->name, argv[0]) == 0)
			rc = cmd_invoke(commands[i], &ctx, argv + 1, e);
	captured(saved, ret_out);
	return rc;
}

static void setup(void)
{
	fake_run_reset();
	fake_run.fail_id = "bad";
	fake_run.ids[0] = "p1";
	fake_run.ids[1] = "p2";
	fake_run.ids[2] = "p3";
	fake_run.states = two;
	fake_run.n_states = 2;
}

START_TEST(test_calls)
{
	struct err e = { 0 };
	auto_str out = { 0 };
	auto_str error = { 0 };
	int rc = invoke(rows[_i].line, &out, &e);

	str_addf(&error, "%s | %s", e.text, e.hint);
	if (!rows[_i].error)
		ck_assert_msg(rc == 0, "%s: %s", rows[_i].line, e.text);
	else
		ck_assert_str_eq(error.s, rows[_i].error);
	ck_assert_int_eq(rc, rows[_i].error ? -1 : 0);
	ck_assert_str_eq(fake_run.calls.s ? fake_run.calls.s : "", rows[_i].calls);
	ck_assert_str_eq(out.s, "");
}
END_TEST

START_TEST(test_run_status)
{
	struct err e = { 0 };
	auto_str out = { 0 };

	fake_run.status = 137;
	ck_assert_int_eq(invoke("run a", &out, &e), 137);
}
END_TEST

/* One container that fails does not keep the others from being tried. */
START_TEST(test_regex_goes_on)
{
	struct err e = { 0 };
	auto_str out = { 0 };

	fake_run.fail_id = "p2";
	ck_assert_int_eq(invoke("delete -r p", &out, &e), -1);
	ck_assert_str_eq(fake_run.calls.s, "match p\ndelete p1\ndelete p2\ndelete p3\n");
	ck_assert_str_eq(e.text, "p2: no good");
	ck_assert_ptr_null(e.scope);
}
END_TEST

static const struct {
	const char *line;
	size_t n_states;
	const char *out;
} prints[] = {
	{ "gc", 0, "removed a (half made)\n" },
	{ "gc --dry-run --all", 0,
	  "would remove a (half made)\nwould remove b (stopped)\n" },
	{ "gc --json --all", 0,
	  "[{\"id\":\"a\",\"reason\":\"half made\",\"removed\":true},"
	  "{\"id\":\"b\",\"reason\":\"stopped\",\"removed\":true}]\n" },
	{ "list", 0,
	  "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n" },
	{ "list", 2,
	  "ID                       PID         STATUS      BUNDLE                  "
	  "CREATED                          OWNER\n"
	  "first                    4711        running     /a/rather/long/bundle   "
	  "2026-11-22T03:10:24.816275426Z   root\n"
	  "an-id-longer-than-nine   0           stopped     /b                      "
	  "                                 \n" },
	{ "list -q", 0, "" },
	{ "list --quiet", 2, "first\nan-id-longer-than-nine\n" },
	{ "list -q -f json", 2, "first\nan-id-longer-than-nine\n" },
	{ "list --format=json", 0, "[]\n" },
	{ "list --format json", 2,
	  "[{\"ociVersion\":\"1.3.0\",\"id\":\"first\",\"pid\":4711,"
	  "\"status\":\"running\",\"bundle\":\"/a/rather/long/bundle\","
	  "\"rootfs\":\"/a/rather/long/bundle/rootfs\","
	  "\"created\":\"2026-11-22T03:10:24.816275426Z\",\"owner\":\"root\","
	  "\"annotations\":{\"a.b\":\"c\"}},"
	  "{\"ociVersion\":\"1.3.0\",\"id\":\"an-id-longer-than-nine\",\"pid\":0,"
	  "\"status\":\"stopped\",\"bundle\":\"/b\"}]\n" },
	{ "state first", 2,
	  "{\n  \"ociVersion\": \"1.3.0\",\n  \"id\": \"first\",\n"
	  "  \"pid\": 4711,\n  \"status\": \"running\",\n"
	  "  \"bundle\": \"/a/rather/long/bundle\",\n"
	  "  \"rootfs\": \"/a/rather/long/bundle/rootfs\",\n"
	  "  \"created\": \"2026-11-22T03:10:24.816275426Z\",\n"
	  "  \"owner\": \"root\",\n  \"annotations\": {\n    \"a.b\": \"c\"\n  }\n}\n" },
	{ "ps --format json a", 0, "[]\n" },
	{ "ps --format=json a -x --format=table", 1, "[4711]\n" },
	{ "ps -f json a", 2, "[4711,4712]\n" },
	{ "events first", 0, "{}\n" },
	{ "features", 0,
	  "{\n  \"ociVersionMin\": \"1.0.0\",\n  \"ociVersionMax\": \"1.3.0\"\n}\n" },
	{ "start --usage", 0, "Usage: wolffia start ID\n" },
	{ "list -h", 0,
	  "Usage: wolffia [OPTION...] list [OPTION...]\n\n"
	  "list the containers of the state root\n\nOptions:\n"
	  "  -f, --format=FORMAT           table or json\n"
	  "  -q, --quiet                   print ids only\n"
	  "  -h, -?, --help                print this help\n"
	  "      --usage                   print a short usage message\n" },
};

START_TEST(test_prints)
{
	struct err e = { 0 };
	auto_str out = { 0 };

	fake_run.n_states = prints[_i].n_states;
	ck_assert_int_eq(invoke(prints[_i].line, &out, &e), 0);
	ck_assert_str_eq(out.s, prints[_i].out);
}
END_TEST

/* The output of ps(1), and what is left of it for the processes 4711 and 4712. */
static const struct {
	const char *text;
	const char *filtered; /* NULL: an error */
} filters[] = {
	{ "UID PID PPID CMD\nroot 1 0 init\nroot 4711 1 sleep 4\n",
	  "UID PID PPID CMD\nroot 4711 1 sleep 4\n" },
	{ "  PID CMD\n 4712 a\n4713 4711\n  4711 b", "  PID CMD\n 4712 a\n  4711 b\n" },
	{ "CMD PID\nx 47110\nx 04711\nx -4711\nx\n\n", "CMD PID\nx 04711\n" },
	{ "PID\n99999999999999999999999\n", "PID\n" },
	{ "PID", "PID\n" },
	{ "UID PPID CMD\n0 4711 x\n", NULL },
	{ "", NULL },
};

START_TEST(test_ps_filter)
{
	const struct run_process two_processes[] = { { .pid = 4711 }, { .pid = 4712 } };
	struct err e = { 0 };
	auto_str out = { 0 };
	int rc = ps_filter(filters[_i].text, two_processes, 2, &out, &e);

	ck_assert_int_eq(rc, filters[_i].filtered ? 0 : -1);
	if (rc == 0)
		ck_assert_str_eq(out.s, filters[_i].filtered);
}
END_TEST

/* --help wins over missing words; nothing is done. */
START_TEST(test_help_does_nothing)
{
	struct err e = { 0 };
	auto_str out = { 0 };
	auto_str line = { 0 };

	str_addf(&line, "%s --help", commands[_i]->name);
	ck_assert_int_eq(invoke(line.s, &out, &e), 0);
	ck_assert(str_starts(out.s, "Usage: wolffia [OPTION...] "));
	ck_assert_ptr_null(fake_run.calls.s);
}
END_TEST

START_TEST(test_version)
{
	auto_str text = { 0 };

	cmd_version(&text);
	ck_assert_str_eq(text.s,
			 "wolffia version " WOLFFIA_VERSION "\ncommit: " WOLFFIA_COMMIT
			 "\nspec: 1.3.0\nlibseccomp: 2.9.9\n+ONE -TWO\n");
}
END_TEST

/* A full disk is an error, a reader that has gone is none. */
START_TEST(test_output_errors)
{
	struct err e = { 0 };
	struct run_context ctx = { 0 };
	char *argv[] = { NULL };
	int saved = dup(STDOUT_FILENO);
	int full = open("/dev/full", O_WRONLY);
	int ends[2];
	int rc;

	if (full >= 0) {
		dup2(full, STDOUT_FILENO);
		rc = cmd_invoke(&cmd_features, &ctx, argv, &e);
		dup2(saved, STDOUT_FILENO);
		ck_assert_int_eq(rc, -1);
		ck_assert_str_eq(e.text,
				 "write to standard output: No space left on device");
	}
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(ends), 0);
	close(ends[0]);
	dup2(ends[1], STDOUT_FILENO);
	err_clear(&e);
	rc = cmd_invoke(&cmd_features, &ctx, argv, &e);
	dup2(saved, STDOUT_FILENO);
	ck_assert_int_eq(rc, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cmd");
	TCase *t = tcase_create("cmd");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, fake_run_reset);
	tcase_add_loop_test(t, test_calls, 0, (int)ARRAY_SIZE(rows));
	tcase_add_loop_test(t, test_prints, 0, (int)ARRAY_SIZE(prints));
	tcase_add_loop_test(t, test_help_does_nothing, 0, (int)ARRAY_SIZE(commands));
	tcase_add_loop_test(t, test_ps_filter, 0, (int)ARRAY_SIZE(filters));
	tcase_add_test(t, test_run_status);
	tcase_add_test(t, test_regex_goes_on);
	tcase_add_test(t, test_version);
	tcase_add_test(t, test_output_errors);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
