/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/nsfd, ns/join and ns/inside on a real kernel: what is opened is verified, what is
 * joined is entered in an order that works, what is set inside stays inside.
 */
#include "kernel/nsfd.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "kernel/netlink.h"
#include "kernel/pidfd.h"
#include "kernel/spawn.h"
#include "ns/inside.h"
#include "ns/join.h"
#include "ns/userns.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int open_proc(void)
{
	return open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* A child with new namespaces that sleeps. Its maps are 0 0 1 when it has a user namespace. */
static struct spawned sleeper(uint64_t flags)
{
	struct spawn_args args = { .flags = flags, .cgroup_fd = -1 };
	struct oci_id_mapping one = { 0, 0, 1 };
	struct spawned c = { 0 };
	struct err e = { 0 };
	int proc = open_proc();

	if (spawn_process(&args, &c, &e) == 0) {
		pause();
		_exit(0);
	}
	ck_assert_str_eq(e.text, "");
	if (flags & CLONE_NEWUSER) {
		struct ns_plan plan = { .uid = { NS_MAP_DIRECT, { 1, &one } },
					.gid = { NS_MAP_DIRECT, { 1, &one } } };

		ck_assert_msg(ns_userns_map(&plan, c.pid, proc, &e) == 0, "%s", e.text);
	}
	close(proc);
	return c;
}

static void end(struct spawned *c)
{
	struct err e = { 0 };
	int status;

	pidfd_signal(c->pidfd, SIGKILL, &e);
	pidfd_wait(c->pidfd, true, &status, &e);
	close(c->pidfd);
}

/* Runs body in a child and expects exit status 0. */
static void in_a_child(int (*body)(void *), void *arg)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(body(arg));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

/* ---- descriptors -------------------------------------------------------------------------- */

START_TEST(own_kinds)
{
	char path[40], text[80], number[40];
	struct nsfd_id id, ids[NSFD_KINDS];
	struct err e = { 0 };
	int fd, other = (_i + 1) % NSFD_KINDS, proc = open_proc();
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", nsfd_file(_i));
	if (access(path, F_OK) < 0)
		return;
	fd = nsfd_open(path, _i, &e);
	ck_assert_msg(fd >= 0, "%s", e.text);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(nsfd_kind_of(fd), _i);
	ck_assert_int_eq(nsfd_id_of(fd, &id), 0);
	n = readlink(path, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	snprintf(number, sizeof(number), "%s:[%llu]", nsfd_file(_i),
		 (unsigned long long)id.ino);
	ck_assert_str_eq(text, number);
	ck_assert_int_eq(nsfd_ids_of_process(0, proc, 1U << _i, ids, &e), 0);
	ck_assert_uint_eq(ids[_i].ino, id.ino);
	ck_assert_uint_eq(ids[_i].dev, id.dev);
	ck_assert_uint_eq(ids[other].ino, 0);
	ck_assert_int_eq(nsfd_open(path, other, &e), -1);
	snprintf(text, sizeof(text), "%s: is a namespace of kind %s, expected %s", path,
		 nsfd_file(_i), nsfd_file(other));
	ck_assert_str_eq(e.text, text);
}
END_TEST

static const struct {
	const char *path;
	const char *error;
} not_opened[] = {
	{ "/proc/self/status", "/proc/self/status: is no namespace" },
	{ "/dev/null", "/dev/null: is no namespace" },
	{ "/tmp", "/tmp: is no namespace" },
	{ "/nonexistent/ns", "/nonexistent/ns: it does not exist" },
};

START_TEST(refused)
{
	struct err e = { 0 };

	ck_assert_int_eq(nsfd_open(not_opened[_i].path, NSFD_NET, &e), -1);
	ck_assert_str_eq(e.text, not_opened[_i].error);
}
END_TEST

START_TEST(fifo_does_not_block)
{
	char dir[] = "/tmp/test_nsfd.XXXXXX", path[64];
	struct err e = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(nsfd_open(path, NSFD_NET, &e), -1);
	ck_assert_msg(strstr(e.text, "is no namespace"), "%s", e.text);
	unlink(path);
	rmdir(dir);
}
END_TEST

/* One setns with a pidfd enters all; a dead process is "gone". */
static int enter_by_pidfd(void *arg)
{
	struct spawned *c = arg;
	uint64_t flags = CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
	struct nsfd_id theirs[NSFD_KINDS], mine[NSFD_KINDS];
	struct err e = { 0 };
	int proc = open_proc();

	if (nsfd_ids_of_process(c->pid, proc, 0xff, theirs, &e) < 0)
		return 1;
	if (nsfd_enter_process(c->pidfd, flags, &e) != 1)
		return 2;
	if (nsfd_ids_of_process(0, proc, 0xff, mine, &e) < 0)
		return 3;
	for (int k = 0; k < NSFD_KINDS; k++)
		if (mine[k].ino != theirs[k].ino)
			return 10 + k;
	return 0;
}

START_TEST(process)
{
	struct spawned c;
	struct err e = { 0 };
	struct nsfd_id a, b;
	int fd, status;

	if (geteuid() != 0)
		return;
	c = sleeper(CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC);
	fd = nsfd_of_process(c.pidfd, NSFD_NET); /* Linux 6.11 */
	if (fd >= 0) {
		char path[40];
		int by_path;

		snprintf(path, sizeof(path), "/proc/%d/ns/net", c.pid);
		by_path = nsfd_open(path, NSFD_NET, &e);
		ck_assert_int_eq(nsfd_id_of(fd, &a) + nsfd_id_of(by_path, &b), 0);
		ck_assert_uint_eq(a.ino, b.ino);
		ck_assert_uint_eq(a.id, b.id);
		ck_assert_int_eq(nsfd_kind_of(fd), NSFD_NET);
		close(fd);
		close(by_path);
	}
	in_a_child(enter_by_pidfd, &c);
	ck_assert_int_eq(pidfd_signal(c.pidfd, SIGKILL, &e), 1);
	ck_assert_int_eq(pidfd_wait(c.pidfd, true, &status, &e), 1);
	ck_assert_int_eq(nsfd_enter_process(c.pidfd, CLONE_NEWNET, &e), 0);
	ck_assert_str_eq(e.text, "");
}
END_TEST

/* A plain user may not look at init: unknown, not an error. */
static int look_at_init(void *arg)
{
	struct nsfd_id ids[NSFD_KINDS];
	struct err e = { 0 };
	int proc = open_proc();

	if (setresuid(65534, 65534, 65534) < 0)
		return 1;
	if (nsfd_ids_of_process(*(pid_t *)arg, proc, 0xff, ids, &e) < 0)
		return 2;
	for (int k = 0; k < NSFD_KINDS; k++)
		if (ids[k].ino)
			return 3;
	return 0;
}

START_TEST(hidden_process)
{
	pid_t root = getpid();

	if (geteuid() == 0)
		in_a_child(look_at_init, &root);
}
END_TEST

/* ---- joining ------------------------------------------------------------------------------ */

static struct ns_plan plan_to_join(const struct oci_namespace *v, size_t n, uint64_t caps)
{
	struct ns_facts facts = { geteuid(), getegid(), caps, true, false, true };
	struct oci_linux l = { 0 };
	struct oci_config c = { .linux = &l };
	struct ns_plan plan;
	struct err e = { 0 };

	l.namespaces.n = n;
	l.namespaces.v = (struct oci_namespace *)v;
	ck_assert_msg(ns_plan_make(&c, &facts, &plan, &e) == 0, "%s", e.text);
	return plan;
}

struct two {
	struct spawned inner; /* with a user namespace */
	struct spawned outer; /* without */
	char paths[4][40];
};

/* user, uts of inner, net of outer: net must be entered first, uts only after user. */
static int join_mixed(void *arg)
{
	struct two *t = arg;
	struct oci_namespace v[] = { { OCI_NS_UTS, t->paths[1] },
				     { OCI_NS_NETWORK, t->paths[2] },
				     { OCI_NS_USER, t->paths[0] },
				     { OCI_NS_MOUNT, t->paths[3] } };
	struct ns_plan plan = plan_to_join(v, 4, ~0ULL);
	struct nsfd_id mine[NSFD_KINDS], in[NSFD_KINDS], out[NSFD_KINDS];
	struct ns_joins joins;
	struct err e = { 0 };
	int proc = open_proc();

	nsfd_ids_of_process(t->inner.pid, proc, 0xff, in, &e);
	nsfd_ids_of_process(t->outer.pid, proc, 0xff, out, &e);
	if (ns_joins_open(&plan, proc, &joins, &e) < 0)
		return 1;
	if (joins.n != 4 || joins.v[0].kind != NSFD_NET || joins.v[1].kind != NSFD_USER)
		return 2;
	if (joins.n_init != 1 || joins.v[3].kind != NSFD_MNT)
		return 3;
	if (ns_joins_enter(&joins, NS_USHER, &e) < 0)
		return 4;
	if (ns_become_root(&plan, &e) < 0 || ns_joins_enter(&joins, NS_INIT, &e) < 0)
		return 5;
	ns_joins_close(&joins);
	ns_joins_close(&joins);
	if (nsfd_ids_of_process(0, proc, 0xff, mine, &e) < 0)
		return 6;
	if (mine[NSFD_NET].ino != out[NSFD_NET].ino ||
	    mine[NSFD_USER].ino != in[NSFD_USER].ino)
		return 7;
	return mine[NSFD_UTS].ino == in[NSFD_UTS].ino &&
			       mine[NSFD_MNT].ino == in[NSFD_MNT].ino
		       ? 0
		       : 8;
}

START_TEST(mixed_owners)
{
	struct two t;

	if (geteuid() != 0)
		return;
	t.inner = sleeper(CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWNS);
	t.outer = sleeper(CLONE_NEWNET);
	snprintf(t.paths[0], sizeof(t.paths[0]), "/proc/%d/ns/user", t.inner.pid);
	snprintf(t.paths[1], sizeof(t.paths[1]), "/proc/%d/ns/uts", t.inner.pid);
	snprintf(t.paths[2], sizeof(t.paths[2]), "/proc/%d/ns/net", t.outer.pid);
	snprintf(t.paths[3], sizeof(t.paths[3]), "/proc/%d/ns/mnt", t.inner.pid);
	in_a_child(join_mixed, &t);
	end(&t.inner);
	end(&t.outer);
}
END_TEST

static const struct {
	enum oci_namespace_type type;
	const char *path;
	enum nsfd_kind guard; /* NSFD_KINDS: none */
	const char *error;
} joins[] = {
	{ OCI_NS_NETWORK, "/proc/self/ns/net", NSFD_KINDS, NULL },
	{ OCI_NS_USER, "/proc/self/ns/user", NSFD_KINDS,
	  NULL }, /* its own: nothing to do */
	{ OCI_NS_NETWORK, "/proc/self/ns/ipc", NSFD_KINDS,
	  "linux.namespaces[0]: network: /proc/self/ns/ipc: is a namespace of kind ipc, "
	  "expected "
	  "net" },
	{ OCI_NS_NETWORK, "/etc/passwd", NSFD_KINDS,
	  "linux.namespaces[0]: network: /etc/passwd: is no namespace" },
	{ OCI_NS_UTS, "/proc/self/ns/uts", NSFD_UTS,
	  "linux.namespaces[0]: uts: /proc/self/ns/uts is the runtime's own namespace: "
	  "hostname, "
	  "domainname or linux.sysctl would change the host" },
	{ OCI_NS_NETWORK, "/proc/self/ns/net", NSFD_NET,
	  "linux.namespaces[0]: network: /proc/self/ns/net is the runtime's own "
	  "namespace: "
	  "linux.sysctl would change the host" },
};

START_TEST(join_row)
{
	struct oci_namespace v = { joins[_i].type, (char *)joins[_i].path };
	struct ns_plan plan = plan_to_join(&v, 1, ~0ULL);
	struct ns_joins j;
	struct err e = { 0 };
	int proc = open_proc(), r, before = dup(0), after;

	close(before);
	if (joins[_i].guard != NSFD_KINDS)
		plan.guarded = 1U << joins[_i].guard;
	r = ns_joins_open(&plan, proc, &j, &e);
	ck_assert_str_eq(e.text, joins[_i].error ? joins[_i].error : "");
	if (r == 0) {
		if (geteuid() == 0)
			ck_assert_int_eq(ns_joins_enter(&j, j.v[0].who, &e), 0);
		ns_joins_close(&j);
	}
	after = dup(0);
	ck_assert_int_eq(before, after); /* nothing stays open */
	close(after);
	ck_assert_ptr_null(e.scope);
}
END_TEST

/* ---- inside ------------------------------------------------------------------------------- */

static int set_inside(void *arg)
{
	struct oci_pair pairs[] = { { "kernel.shmmni", "77" },
				    { "net/ipv4/ip_unprivileged_port_start", "55" } };
	struct oci_map sysctl = { 2, pairs };
	struct oci_time_offset mono = { 1000000, 0 }, boot = { 5, 500 };
	struct oci_time_offsets offsets = { &boot, &mono };
	struct ns_plan plan = { .hostname = "wolf",
				.domainname = "fia",
				.lo_up = true,
				.sysctl = &sysctl,
				.time_offsets = &offsets,
				.init_flags = CLONE_NEWTIME | CLONE_NEWCGROUP };
	struct ifreq lo = { .ifr_name = "lo" };
	char text[80];
	struct timespec before, after;
	struct err e = { 0 };
	int proc = open_proc(), fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &before);
	if (unshare(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET) < 0)
		return 1;
	if (access("/proc/self/ns/time", F_OK) < 0)
		plan.init_flags = CLONE_NEWCGROUP;
	if (ns_init_create(&plan, proc, &e) < 0 || ns_inside_set(&plan, proc, &e) < 0) {
		dprintf(2, "%s\n", e.text);
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &after);
	if (plan.init_flags & CLONE_NEWTIME && after.tv_sec - before.tv_sec < 999999)
		return 3;
	if (gethostname(text, sizeof(text)) < 0 || !str_eq(text, "wolf"))
		return 4;
	if (getdomainname(text, sizeof(text)) < 0 || !str_eq(text, "fia"))
		return 5;
	if (file_read_value(proc, "sys/kernel/shmmni", text, sizeof(text)) < 0 ||
	    !str_eq(text, "77"))
		return 6;
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ioctl(fd, SIOCGIFFLAGS, &lo) < 0 || !(lo.ifr_flags & IFF_UP))
		return 7;
	return 0;
}

START_TEST(inside)
{
	char before[80], after[80];

	if (geteuid() != 0)
		return;
	gethostname(before, sizeof(before));
	in_a_child(set_inside, NULL);
	gethostname(after, sizeof(after));
	ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(clock_before_zero)
{
	struct oci_time_offset mono = { -1000000000, 0 };
	struct oci_time_offsets offsets = { NULL, &mono };
	struct ns_plan plan = { .time_offsets = &offsets, .init_flags = CLONE_NEWTIME };
	struct err e = { 0 };

	if (geteuid() != 0 || access("/proc/self/ns/time", F_OK) < 0)
		return;
	ck_assert_int_eq(ns_init_create(&plan, open_proc(), &e), -1);
	ck_assert_str_eq(
		e.text,
		"linux.timeOffsets: set the clocks: Numerical result out of range");
	ck_assert(e.hint[0]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nsfd");
	TCase *t = tcase_create("live");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, own_kinds, 0, NSFD_KINDS);
	tcase_add_loop_test(t, refused, 0, ARRAY_SIZE(not_opened));
	tcase_add_test(t, fifo_does_not_block);
	tcase_add_test(t, process);
	tcase_add_test(t, hidden_process);
	tcase_add_test(t, mixed_owners);
	tcase_add_loop_test(t, join_row, 0, ARRAY_SIZE(joins));
	tcase_add_test(t, inside);
	tcase_add_test(t, clock_before_zero);
	suite_add_tcase(s, t);
	if (geteuid() != 0)
		puts("skipped: what needs root");
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
