/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole life of a container's cgroups against the kernel, in three views of one host:
 * as it is, v2 alone, v1 alone (the latter two in a private mount namespace). Everything
 * happens in /wolffia-test-PID; the memory hierarchy is never touched. Skipped without root
 * and where a view cannot be made.
 */
#include "cgroup/cgroup.h"

#include "base/fd.h"
#include "base/file.h"
#include "cgroup/device.h"
#include "libocispec/oci.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum view { AS_IS, ONLY_V2, ONLY_V1, VIEWS };

static struct oci_arena arena;
static struct err e;
static char top[64]; /* "/wolffia-test-PID" */
static struct cgroup_facts facts;

#define OK(call) ck_assert_msg((call) >= 0, "%s: %s", #call, e.text)

/* ---- the bed ------------------------------------------------------------------------- */

static bool view_make(enum view v)
{
	if (v == AS_IS)
		return true;
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	if (v == ONLY_V2)
		return mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) == 0;
	return umount2("/sys/fs/cgroup/unified", MNT_DETACH) == 0;
}

/* False: this view is not to be had here, the test passes without having looked. */
static bool bed(int view)
{
	struct cgroup_request rq = { .id = "x" };

	snprintf(top, sizeof(top), "/wolffia-test-%d", (int)getpid());
	if (geteuid() != 0 || !view_make((enum view)view)) {
		fprintf(stderr, "skip: view %d: %s\n", view,
			geteuid() ? "not root" : strerror(errno));
		return false;
	}
	OK(cgroup_facts_read(&rq, &arena, &facts, &e));
	if (facts.mode == CGROUP_NONE) {
		fprintf(stderr, "skip: view %d: no cgroups\n", view);
		return false;
	}
	return true;
}

static bool has_v1(enum cgroup_controller c)
{
	for (size_t i = 0; i < facts.n; i++) {
		if (!facts.h[i].v2 && facts.h[i].controllers & 1u << c)
			return true;
	}
	return false;
}

static void plan_for(const char *path, const char *json, struct cgroup_plan *ret)
{
	struct cgroup_request rq = { .id = "x" };
	struct oci_resources *r = NULL;
	struct oci_error error;

	rq.path = oci_strdup(&arena, path);
	if (json)
		ck_assert_msg(oci_decode_resources(&arena, "r", json, strlen(json), &r,
						   &error) == 0,
			      "%s", error.text);
	rq.resources = r;
	OK(cgroup_facts_read(&rq, &arena, &facts, &e));
	OK(cgroup_plan_make(&rq, &facts, &arena, ret, &e));
}

static const char *in_top(const char *rest)
{
	static char path[4][128];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s%s", top, rest);
	return path[i];
}

/* Survey and prepare; also hands out both records. */
static void make(const struct cgroup_plan *plan, struct cgroup *cg,
		 struct oci_map *before, struct oci_map *after)
{
	struct oci_map ignored;

	OK(cgroup_survey(plan, cg, &e));
	cgroup_record(cg, &arena, before ?: &ignored);
	OK(cgroup_prepare(plan, cg, &e));
	cgroup_record(cg, &arena, after ?: &ignored);
}

/* A child in the cgroup that waits for a byte, then ends with body()'s value. */
struct child {
	pid_t pid;
	int go;
};

static struct child child_start(const struct cgroup *cg, int (*body)(void))
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	struct child c = { 0 };
	int pipe_fds[2];
	char byte;

	ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
	if (cgroup_v2_fd(cg) >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_v2_fd(cg);
	}
	c.pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	ck_assert_msg(c.pid >= 0, "clone3: %s", strerror(errno));
	if (c.pid == 0) {
		close(pipe_fds[1]);
		if (read(pipe_fds[0], &byte, 1) == 1)
			_exit(body ? body() : 0);
		for (;;)
			pause(); /* until killed */
	}
	close(pipe_fds[0]);
	c.go = pipe_fds[1];
	OK(cgroup_join(cg, c.pid, cgroup_v2_fd(cg) >= 0, &e));
	return c;
}

static int child_finish(struct child *c)
{
	int status;

	ck_assert_int_eq(write(c->go, "x", 1), 1);
	close(c->go);
	ck_assert_int_eq(waitpid(c->pid, &status, 0), c->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A plan's file as the kernel shows it now. */
static const char *value(const struct cgroup *cg, const char *file)
{
	static char text[128];

	for (size_t i = 0; i < cg->n; i++) {
		if (file_read_value(cg->dirs[i].fd, file, text, sizeof(text)) >= 0)
			return text;
	}
	return "no such file";
}

static void check_gone(const struct oci_map *record)
{
	struct cgroup cg;

	OK(cgroup_from_record(record, &arena, &cg, &e));
	for (size_t i = 0; i < cg.n; i++) {
		auto_close int fd = openat(cg.dirs[i].base, top + 1, O_PATH | O_CLOEXEC);

		ck_assert_int_eq(cg.dirs[i].fd, -1);
		ck_assert_msg(fd < 0, "%s%s is left", cg.dirs[i].mount, top);
	}
	cgroup_close(&cg);
}

static void remove_all(struct cgroup *cg, const struct oci_map *record)
{
	OK(cgroup_remove(cg, 5000, &e));
	cgroup_close(cg);
	check_gone(record);
	oci_arena_free(&arena);
}

/* ---- tests ---------------------------------------------------------------------------- */

START_TEST(life)
{
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;
	struct child c;
	pid_t *pids;

	if (!bed(_i))
		return;
	plan_for(in_top("/a/b"), NULL, &plan);
	make(&plan, &cg, NULL, &record);
	c = child_start(&cg, NULL);
	ck_assert_int_eq(cgroup_pids(&cg, &pids, &e), 1);
	ck_assert_int_eq(pids[0], c.pid);
	free(pids);
	ck_assert_int_eq(child_finish(&c), 0);
	remove_all(&cg, &record);
}
END_TEST

static int fork_until_it_fails(void)
{
	for (int i = 1; i < 50; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return errno == EAGAIN ? i : 100;
		if (pid == 0) {
			pause();
			_exit(0);
		}
	}
	return 101;
}

START_TEST(limits)
{
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;
	struct child c;

	if (!bed(_i) || !has_v1(CGROUP_PIDS) || !has_v1(CGROUP_CPU) ||
	    !has_v1(CGROUP_CPUSET))
		return; /* tests/vm has v2 with controllers */
	plan_for(in_top("/limits"),
		 "{\"pids\":{\"limit\":10},\"cpu\":{\"shares\":512,\"quota\":50000,"
		 "\"period\":100000,\"burst\":1000,\"cpus\":\"0\",\"mems\":\"0\"}}",
		 &plan);
	make(&plan, &cg, NULL, &record);
	c = child_start(&cg, fork_until_it_fails);
	OK(cgroup_apply(&plan, &cg, &e));
	ck_assert_str_eq(value(&cg, "pids.max"), "10");
	ck_assert_str_eq(value(&cg, "cpu.shares"), "512");
	ck_assert_str_eq(value(&cg, "cpu.cfs_quota_us"), "50000");
	ck_assert_str_eq(value(&cg, "cpu.cfs_burst_us"), "1000");
	ck_assert_str_eq(value(&cg, "cpuset.cpus"), "0");
	ck_assert_int_eq(child_finish(&c), 10); /* itself, nine more, then no */
	remove_all(&cg, &record); /* kills the nine */
}
END_TEST

static const char *node;

static int open_devices(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return 1;
	if (mknod(node, S_IFCHR | 0600, makedev(1, 11)) < 0)
		return 2;
	if (open(node, O_RDONLY | O_CLOEXEC) >= 0 || errno != EPERM)
		return 3;
	return 0;
}

START_TEST(devices)
{
	char dir[] = "/tmp/wolffia-test-XXXXXX", path[64];
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;
	struct child c;

	if (!bed(_i))
		return;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/kmsg", dir);
	node = path;
	plan_for(in_top("/dev"), "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}",
		 &plan);
	make(&plan, &cg, NULL, &record);
	c = child_start(&cg, open_devices);
	OK(cgroup_devices_apply(&plan, &cg, &e));
	ck_assert_int_eq(child_finish(&c), 0);
	unlink(path);
	rmdir(dir);
	remove_all(&cg, &record);
}
END_TEST

/* As delete finds it when create was killed right after the first record. */
START_TEST(removed_by_first_record)
{
	struct cgroup_plan plan;
	struct oci_map before;
	struct cgroup cg, again;
	struct child c;
	int status;

	if (!bed(_i))
		return;
	plan_for(in_top("/x/y/z"), NULL, &plan);
	make(&plan, &cg, &before, NULL);
	c = child_start(&cg, NULL);
	cgroup_close(&cg);

	OK(cgroup_from_record(&before, &arena, &again, &e));
	OK(cgroup_remove(&again, 5000, &e));
	ck_assert_int_eq(waitpid(c.pid, &status, 0), c.pid);
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	cgroup_close(&again);
	check_gone(&before);
	/* once more: what is gone is no error */
	OK(cgroup_from_record(&before, &arena, &again, &e));
	OK(cgroup_remove(&again, 0, &e));
	cgroup_close(&again);
	oci_arena_free(&arena);
}
END_TEST

/* The directory of the record's name is another cgroup by now: it is left alone. */
START_TEST(another_cgroup_of_that_name)
{
	struct cgroup_plan plan;
	struct oci_map old, record;
	struct cgroup cg, stale;
	struct child c;

	if (!bed(_i))
		return;
	plan_for(top, NULL, &plan);
	make(&plan, &cg, NULL, &old);
	OK(cgroup_remove(&cg, 0, &e));
	cgroup_close(&cg);
	make(&plan, &cg, NULL, &record);
	c = child_start(&cg, NULL);

	OK(cgroup_from_record(&old, &arena, &stale, &e));
	for (size_t i = 0; i < stale.n; i++)
		ck_assert_int_eq(stale.dirs[i].fd, -1);
	OK(cgroup_signal(&stale, SIGKILL, &e));
	OK(cgroup_remove(&stale, 0, &e));
	cgroup_close(&stale);
	ck_assert_int_eq(child_finish(&c), 0);
	remove_all(&cg, &record);
}
END_TEST

START_TEST(not_fit)
{
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg, other;
	struct child c;

	if (!bed(_i))
		return;
	plan_for(top, NULL, &plan);
	make(&plan, &cg, NULL, &record);
	c = child_start(&cg, NULL);
	ck_assert_int_eq(cgroup_survey(&plan, &other, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "has processes"));
	err_clear(&e);
	ck_assert_int_eq(child_finish(&c), 0);

	OK(cgroup_freeze(&cg, true, 1000, &e));
	ck_assert_int_eq(cgroup_survey(&plan, &other, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "unexpectedly frozen"));
	err_clear(&e);
	OK(cgroup_freeze(&cg, false, 1000, &e));

	/* empty and thawed it may be used, and is not removed: somebody else made it */
	OK(cgroup_survey(&plan, &other, &e));
	OK(cgroup_prepare(&plan, &other, &e));
	OK(cgroup_remove(&other, 0, &e));
	ck_assert_int_ge(other.dirs[0].fd, 0);
	ck_assert_int_ge(faccessat(other.dirs[0].fd, "cgroup.procs", F_OK, 0), 0);
	cgroup_close(&other);
	remove_all(&cg, &record);
}
END_TEST

static int64_t cpu_ms(pid_t pid)
{
	clockid_t clock;
	struct timespec t;

	ck_assert_int_eq(clock_getcpuclockid(pid, &clock), 0);
	clock_gettime(clock, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int spin(void)
{
	for (volatile unsigned i = 0;; i++)
		;
	return 0;
}

START_TEST(freezing)
{
	struct timespec pause = { .tv_nsec = 30000000 };
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;
	struct child c;
	int64_t before;

	if (!bed(_i))
		return;
	plan_for(top, NULL, &plan);
	make(&plan, &cg, NULL, &record);
	c = child_start(&cg, spin);
	ck_assert_int_eq(write(c.go, "x", 1), 1);
	nanosleep(&pause, NULL);
	ck_assert_int_eq(cgroup_is_frozen(&cg, &e), 0);
	OK(cgroup_freeze(&cg, true, 2000, &e));
	ck_assert_int_eq(cgroup_is_frozen(&cg, &e), 1);
	before = cpu_ms(c.pid);
	nanosleep(&pause, NULL);
	ck_assert_int_eq(cpu_ms(c.pid), before);
	OK(cgroup_freeze(&cg, false, 2000, &e));
	ck_assert_int_eq(cgroup_is_frozen(&cg, &e), 0);
	OK(cgroup_freeze(&cg, true, 2000, &e));
	remove_all(&cg, &record); /* frozen processes can be killed */
	ck_assert_int_eq(waitpid(c.pid, NULL, 0), c.pid);
	close(c.go);
}
END_TEST

static int fork_a_lot(void)
{
	for (int i = 0; i < 30; i++) {
		if (fork() == 0)
			pause();
	}
	pause();
	return 0;
}

/* Processes and cgroups that the container has made below its own. */
START_TEST(what_the_container_left)
{
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;
	struct child c;
	char procs[16];
	pid_t *pids;

	if (!bed(_i))
		return;
	plan_for(in_top("/left"), NULL, &plan);
	make(&plan, &cg, NULL, &record);
	for (size_t i = 0; i < cg.n; i++) {
		ck_assert_int_eq(mkdirat(cg.dirs[i].fd, "sub", 0755), 0);
		ck_assert_int_eq(mkdirat(cg.dirs[i].fd, "sub/sub", 0755), 0);
		ck_assert_int_eq(mkdirat(cg.dirs[i].fd, "empty", 0755), 0);
	}
	c = child_start(&cg, fork_a_lot);
	snprintf(procs, sizeof(procs), "%d", (int)c.pid);
	for (size_t i = 0; i < cg.n; i++)
		ck_assert_int_eq(
			file_write_value(cg.dirs[i].fd, "sub/sub/cgroup.procs", procs),
			0);
	ck_assert_int_eq(write(c.go, "x", 1), 1);
	for (ssize_t n = 0; n < 31;) {
		n = cgroup_pids(&cg, &pids, &e);
		free(pids);
		ck_assert_int_ge((int)n, 1);
	}
	remove_all(&cg, &record);
	ck_assert_int_eq(waitpid(c.pid, NULL, 0), c.pid);
	close(c.go);
}
END_TEST

static volatile sig_atomic_t got;

static void on_usr1(int sig)
{
	got = sig;
}

static int wait_usr1(void)
{
	sigset_t set;

	sigemptyset(&set);
	while (!got)
		sigsuspend(&set);
	return 7;
}

START_TEST(signals)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	struct timespec pause = { .tv_nsec = 20000000 };
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;
	struct child c;
	int status;

	if (!bed(_i))
		return;
	sigaction(SIGUSR1, &sa, NULL);
	plan_for(top, NULL, &plan);
	make(&plan, &cg, NULL, &record);
	c = child_start(&cg, wait_usr1);
	ck_assert_int_eq(write(c.go, "x", 1), 1);
	nanosleep(&pause, NULL);
	OK(cgroup_signal(&cg, SIGUSR1, &e));
	ck_assert_int_eq(waitpid(c.pid, &status, 0), c.pid);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	close(c.go);
	remove_all(&cg, &record);
}
END_TEST

/* Never a signal to a cgroup that we are in. */
START_TEST(own_cgroup)
{
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;
	pid_t pid;
	int status;

	if (!bed(_i))
		return;
	plan_for(top, NULL, &plan);
	make(&plan, &cg, NULL, &record);
	pid = fork();
	if (pid == 0) {
		if (cgroup_join(&cg, getpid(), false, &e) < 0)
			_exit(1);
		if (cgroup_signal(&cg, SIGKILL, &e) == 0)
			_exit(2);
		_exit(strstr(e.text, "holds this process itself") ? 0 : 3);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	remove_all(&cg, &record);
}
END_TEST

START_TEST(shared_parent)
{
	struct cgroup_plan plan_a, plan_b;
	struct oci_map record;
	struct cgroup a, b;

	if (!bed(_i))
		return;
	plan_for(in_top("/a"), NULL, &plan_a);
	plan_for(in_top("/b"), NULL, &plan_b);
	OK(cgroup_survey(&plan_a, &a, &e));
	OK(cgroup_survey(&plan_b, &b, &e));
	OK(cgroup_prepare(&plan_b, &b, &e));
	/* a's survey is out of date: b has made the parent meanwhile */
	OK(cgroup_prepare(&plan_a, &a, &e));
	ck_assert_uint_eq(a.dirs[0].made, 1);
	ck_assert_uint_eq(b.dirs[0].made, 2);
	OK(cgroup_remove(&b, 0, &e)); /* the parent stays: a is in it */
	cgroup_close(&b);
	ck_assert_int_eq(faccessat(a.dirs[0].fd, "cgroup.procs", F_OK, 0), 0);
	/* a parent that vanishes between survey and mkdir is made again */
	OK(cgroup_survey(&plan_b, &b, &e));
	OK(cgroup_remove(&a, 0, &e));
	for (size_t i = 0; i < a.n; i++)
		unlinkat(a.dirs[i].base, top + 1, AT_REMOVEDIR);
	cgroup_close(&a);
	OK(cgroup_prepare(&plan_b, &b, &e));
	cgroup_record(&b, &arena, &record);
	remove_all(&b, &record);
}
END_TEST

START_TEST(somebody_was_faster)
{
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup a, b;

	if (!bed(_i))
		return;
	plan_for(top, NULL, &plan);
	OK(cgroup_survey(&plan, &a, &e));
	OK(cgroup_survey(&plan, &b, &e));
	OK(cgroup_prepare(&plan, &a, &e));
	ck_assert_int_eq(cgroup_prepare(&plan, &b, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "was made by somebody else meanwhile"));
	err_clear(&e);
	OK(cgroup_remove(&b, 0, &e)); /* not b's to remove */
	cgroup_close(&b);
	ck_assert_int_eq(faccessat(a.dirs[0].fd, "cgroup.procs", F_OK, 0), 0);
	cgroup_record(&a, &arena, &record);
	remove_all(&a, &record);
}
END_TEST

START_TEST(delegation)
{
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;
	struct stat st;

	if (!bed(_i))
		return;
	plan_for(top, NULL, &plan);
	make(&plan, &cg, NULL, &record);
	OK(cgroup_delegate(&cg, 1000, &e));
	if (cgroup_v2_fd(&cg) >= 0) {
		ck_assert_int_eq(fstatat(cg.dirs[0].fd, "cgroup.procs", &st, 0), 0);
		ck_assert_uint_eq(st.st_uid, 1000);
		ck_assert_int_eq(fstat(cg.dirs[0].fd, &st), 0);
		ck_assert_uint_eq(st.st_uid, 1000);
		ck_assert_uint_eq(st.st_gid, 0);
		ck_assert_int_eq(fstatat(cg.dirs[0].fd, "cgroup.kill", &st, 0), 0);
		ck_assert_uint_eq(st.st_uid, 0);
	}
	remove_all(&cg, &record);
}
END_TEST

/* ---- a plain user ------------------------------------------------------------------------ */

enum { USER = 1000 };

static void give(int dir, const char *path)
{
	char file[160];

	ck_assert_int_eq(fchownat(dir, path, USER, USER, 0), 0);
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	ck_assert_int_eq(fchownat(dir, file, USER, USER, 0), 0);
}

/* As a plain user: 0, or the number of what went wrong. */
static int user_life(bool delegated)
{
	struct cgroup_request rq = { .id = "box", .unprivileged = true };
	struct oci_device_cgroup deny = { 0 };
	struct oci_resources r = { .devices = { 1, &deny } };
	struct oci_pids pids = { .limit = { true, 5 } };
	struct cgroup_plan plan;
	struct cgroup cg;
	struct child c;

	rq.resources = &r;
	if (setgid(USER) < 0 || setuid(USER) < 0)
		return 1;
	if (cgroup_facts_read(&rq, &arena, &facts, &e) < 0 ||
	    cgroup_plan_make(&rq, &facts, &arena, &plan, &e) < 0)
		return 2;
	if (!delegated)
		return plan.n_dirs == 0 && plan.remark ? 0 : 3;
	if (plan.n_dirs != 1 || plan.devices.dir >= 0 ||
	    strcmp(plan.dirs[0].path, in_top("/box")))
		return 4;
	if (cgroup_survey(&plan, &cg, &e) < 0 || cgroup_prepare(&plan, &cg, &e) < 0)
		return 5;
	c = child_start(&cg, NULL);
	if (cgroup_remove(&cg, 5000, &e) < 0)
		return 6;
	close(c.go);
	/* a limit that cannot be: no controller here */
	r.pids = &pids;
	if (cgroup_plan_make(&rq, &facts, &arena, &plan, &e) == 0)
		return 7;
	return strstr(e.text, "linux.resources.pids.limit: ") ? 0 : 8;
}

START_TEST(plain_user)
{
	const bool delegated = _i;
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;
	int status;
	pid_t pid;

	if (!bed(ONLY_V2))
		return;
	plan_for(in_top("/session"), NULL, &plan);
	make(&plan, &cg, NULL, &record);
	if (delegated) {
		give(cg.dirs[0].base, top + 1);
		give(cg.dirs[0].base, in_top("/session") + 1);
	}
	pid = fork();
	if (pid == 0) {
		if (cgroup_join(&cg, getpid(), false, &e) < 0)
			_exit(20);
		_exit(user_life(delegated));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	remove_all(&cg, &record);
}
END_TEST

/* pids.limit 0 is a limit: no birth inside, but who is inside stays. */
static int fork_fails(void)
{
	return fork() < 0 && errno == EAGAIN ? 0 : 1;
}

START_TEST(no_more_processes)
{
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;
	struct child c;

	if (!bed(_i) || !has_v1(CGROUP_PIDS))
		return;
	plan_for(top, "{\"pids\":{\"limit\":0}}", &plan);
	make(&plan, &cg, NULL, &record);
	OK(cgroup_apply(&plan, &cg, &e));
	ck_assert_str_eq(value(&cg, "pids.max"), "max");
	c = child_start(&cg, fork_fails);
	OK(cgroup_devices_apply(&plan, &cg, &e));
	ck_assert_str_eq(value(&cg, "pids.max"), "0");
	ck_assert_int_eq(child_finish(&c), 0);
	remove_all(&cg, &record);
}
END_TEST

/*
 * v2 limits, with the one controller that a hybrid host leaves to the v2 tree: enabled in
 * every parent, read back. What was enabled at the top is taken back.
 */
START_TEST(limits_v2)
{
	static const char root[] = "/sys/fs/cgroup/cgroup.subtree_control";
	char before[256], text[256] = "";
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;

	if (!bed(ONLY_V2))
		return;
	ck_assert_int_ge((int)file_read_value(AT_FDCWD, root, before, sizeof(before)), 0);
	file_read_value(AT_FDCWD, "/sys/fs/cgroup/cgroup.controllers", text,
			sizeof(text));
	if (!strstr(text, "hugetlb")) {
		fprintf(stderr, "skip: no controller in the v2 tree\n");
		return;
	}
	plan_for(in_top("/a/b"),
		 "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]}",
		 &plan);
	make(&plan, &cg, NULL, &record);
	OK(cgroup_apply(&plan, &cg, &e));
	ck_assert_str_eq(value(&cg, "hugetlb.2MB.max"), "4194304");
	ck_assert_str_eq(value(&cg, "hugetlb.2MB.rsvd.max"), "4194304");
	remove_all(&cg, &record);
	if (!strstr(before, "hugetlb"))
		ck_assert_int_eq(file_write_value(AT_FDCWD, root, "-hugetlb"), 0);
}
END_TEST

/* Controllers cannot be enabled below a cgroup that has processes: said before use. */
START_TEST(parent_has_processes)
{
	static const char root[] = "/sys/fs/cgroup/cgroup.subtree_control";
	char before[256], text[256] = "";
	struct cgroup_plan plan, inner;
	struct oci_map record;
	struct cgroup cg, below;
	struct child c;

	if (!bed(ONLY_V2))
		return;
	ck_assert_int_ge((int)file_read_value(AT_FDCWD, root, before, sizeof(before)), 0);
	file_read_value(AT_FDCWD, "/sys/fs/cgroup/cgroup.controllers", text,
			sizeof(text));
	if (!strstr(text, "hugetlb"))
		return;
	plan_for(top, NULL, &plan);
	make(&plan, &cg, NULL, &record);
	c = child_start(&cg, NULL);
	plan_for(in_top("/in"), "{\"unified\":{\"hugetlb.2MB.max\":\"0\"}}", &inner);
	OK(cgroup_survey(&inner, &below, &e));
	ck_assert_int_eq(cgroup_prepare(&inner, &below, &e), -1);
	ck_assert_ptr_nonnull(
		strstr(e.text, "controllers +hugetlb cannot be enabled below "));
	ck_assert_ptr_nonnull(strstr(e.text, "it has processes of its own"));
	err_clear(&e);
	OK(cgroup_remove(&below, 0, &e));
	cgroup_close(&below);
	ck_assert_int_eq(child_finish(&c), 0);
	remove_all(&cg, &record);
	if (!strstr(before, "hugetlb"))
		ck_assert_int_eq(file_write_value(AT_FDCWD, root, "-hugetlb"), 0);
}
END_TEST

/* The verifier takes programs of many rules, and quickly. */
START_TEST(many_device_rules)
{
	enum { N = 1000 };
	struct oci_device_cgroup *v = calloc(N, sizeof(*v));
	static char type[] = "c", some[] = "rw";
	struct device_rules rules;
	struct cgroup_plan plan;
	struct oci_map record;
	const struct bpf_insn *insns;
	struct cgroup cg;
	size_t n;

	if (!bed(ONLY_V2))
		return;
	for (int i = 0; i < N; i++)
		v[i] = (struct oci_device_cgroup){ .allow = i % 3 != 0,
						   .type = type,
						   .access = i % 2 ? some : NULL,
						   .major = { true, 20 + i % 7 },
						   .minor = { true, i } };
	plan_for(top, NULL, &plan);
	make(&plan, &cg, NULL, &record);
	OK(device_rules_make(v, N, &arena, &rules, &e));
	OK(device_program_make(&rules, &arena, &insns, &n, &e));
	OK(device_program_attach(insns, n, cgroup_v2_fd(&cg), &e));
	free(v);
	remove_all(&cg, &record);
}
END_TEST

/* An error of the kernel names the member and leaves nothing. */
START_TEST(value_refused)
{
	struct cgroup_plan plan;
	struct oci_map record;
	struct cgroup cg;

	if (!bed(_i) || !has_v1(CGROUP_CPUSET))
		return;
	plan_for(top, "{\"cpu\":{\"cpus\":\"4000-4001\"}}", &plan);
	make(&plan, &cg, NULL, &record);
	ck_assert_int_eq(cgroup_apply(&plan, &cg, &e), -1);
	ck_assert_ptr_nonnull(strstr(
		e.text,
		"linux.resources.cpu.cpus: write \"4000-4001\" to cpuset.cpus of "));
	err_clear(&e);
	remove_all(&cg, &record);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup");
	TCase *t = tcase_create("views");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, life, 0, VIEWS);
	tcase_add_loop_test(t, limits, 0, VIEWS);
	tcase_add_loop_test(t, devices, 0, VIEWS);
	tcase_add_loop_test(t, removed_by_first_record, 0, VIEWS);
	tcase_add_loop_test(t, another_cgroup_of_that_name, 0, VIEWS);
	tcase_add_loop_test(t, not_fit, 0, VIEWS);
	tcase_add_loop_test(t, freezing, 0, VIEWS);
	tcase_add_loop_test(t, what_the_container_left, 0, VIEWS);
	tcase_add_loop_test(t, signals, 0, VIEWS);
	tcase_add_loop_test(t, own_cgroup, 0, VIEWS);
	tcase_add_loop_test(t, shared_parent, 0, VIEWS);
	tcase_add_loop_test(t, somebody_was_faster, 0, VIEWS);
	tcase_add_loop_test(t, delegation, 0, VIEWS);
	tcase_add_loop_test(t, plain_user, 0, 2);
	tcase_add_loop_test(t, no_more_processes, 0, VIEWS);
	tcase_add_test(t, limits_v2);
	tcase_add_test(t, parent_has_processes);
	tcase_add_test(t, many_device_rules);
	tcase_add_loop_test(t, value_refused, 0, VIEWS);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
