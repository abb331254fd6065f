/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ns/userns on a real kernel: maps written directly as root, through newuidmap as a plain
 * user, and what is said when that fails. The plain user exists only in /etc files that are
 * bind-mounted in a mount namespace of the test's own.
 */
#include "ns/userns.h"

#include "base/fd.h"
#include "base/file.h"
#include "kernel/pidfd.h"
#include "kernel/spawn.h"
#include "ns/facts.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { USER_ID = 54321, GROUP_ID = 54300, SKIPPED = 77 };

static int open_proc(void)
{
	return open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Makes the plan for those maps, bears a child, maps it; the child must become its root. */
static int try_map(struct oci_id_mappings uids, struct oci_id_mappings gids,
		   struct str *ret_uid_map, struct err *e)
{
	struct oci_namespace ns = { .type = OCI_NS_USER };
	struct oci_linux l = { .uid_mappings = uids, .gid_mappings = gids };
	struct oci_config c = { .linux = &l };
	struct spawn_args args = { .cgroup_fd = -1 };
	struct spawned child;
	struct ns_facts facts;
	struct ns_plan plan;
	auto_close int proc = open_proc();
	char path[40];
	int pipe_fds[2], status, r;

	l.namespaces.n = 1;
	l.namespaces.v = &ns;
	TRY(ns_facts_gather(proc, &facts, e));
	TRY(ns_plan_make(&c, &facts, &plan, e));
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	args.flags = plan.birth_flags;
	if (TRY(spawn_process(&args, &child, e)) == 0) {
		uid_t u[3];
		gid_t g[3];
		char byte;

		close(pipe_fds[1]);
		if (read(pipe_fds[0], &byte, 1) != 1 || ns_become_root(&plan, e) < 0)
			_exit(1);
		getresuid(&u[0], &u[1], &u[2]);
		getresgid(&g[0], &g[1], &g[2]);
		for (int i = 0; i < 3; i++)
			if (u[i] != plan.setup_uid || g[i] != plan.setup_gid)
				_exit(2);
		if (plan.setgroups && getgroups(0, NULL) != 0)
			_exit(3);
		_exit(0);
	}
	r = ns_userns_map(&plan, child.pid, proc, e);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", child.pid);
	if (r == 0) {
		char text[16384];
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd_read_full(fd, text, sizeof(text));

		str_add_n(ret_uid_map, text, n > 0 ? (size_t)n : 0);
		close(fd);
		ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
	}
	close(pipe_fds[1]);
	close(pipe_fds[0]);
	pidfd_wait(child.pidfd, true, &status, e);
	close(child.pidfd);
	if (r == 0 && status != 0)
		return err_set(e, "the child says %d", WEXITSTATUS(status));
	return r;
}

static size_t count_lines(const struct str *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->s[i] == '\n';
	return n;
}

/* n extents of one id each that cannot be merged; ids from `first` on, on the host. */
static struct oci_id_mappings many(size_t n, uint32_t first)
{
	struct oci_id_mapping *v = calloc(n, sizeof(*v));

	for (uint32_t i = 0; i < n; i++)
		v[i] = (struct oci_id_mapping){ i, first + 2 * i, 1 };
	return (struct oci_id_mappings){ n, v };
}

static const struct {
	size_t n;
	const char *error;
} sizes[] = {
	{ 1, NULL },
	{ 7, NULL },
	{ 100, NULL },
	{ 300, NULL },
	{ 340, NULL },
	{ 341, "linux.uidMappings: 341 extents exceed the kernel's "
	       "limit of 340" },
};

START_TEST(direct)
{
	struct oci_id_mappings ids =
		many(sizes[_i].n, 1000); /* short numbers: 4095 bytes */
	struct err e = { 0 };
	auto_str got = { 0 };

	if (geteuid() != 0)
		return;
	try_map(ids, ids, &got, &e);
	ck_assert_str_eq(e.text, sizes[_i].error ? sizes[_i].error : "");
	ck_assert_uint_eq(count_lines(&got), sizes[_i].error ? 0 : sizes[_i].n);
	free(ids.v);
}
END_TEST

/* 0 is not mapped: INIT takes the first id there is. */
START_TEST(without_root)
{
	struct oci_id_mapping u = { 1000, 1000, 1 }, g = { 50, 77, 3 };
	struct err e = { 0 };
	auto_str got = { 0 };

	if (geteuid() != 0)
		return;
	try_map((struct oci_id_mappings){ 1, &u }, (struct oci_id_mappings){ 1, &g },
		&got, &e);
	ck_assert_str_eq(e.text, "");
}
END_TEST

/* ---- as a plain user ------------------------------------------------------------------- */

/* Puts text in the place of a file, for this mount namespace only. */
static bool replace_file(const char *path, const char *text, mode_t mode)
{
	char temp[] = "/tmp/test_userns.XXXXXX";
	int fd = mkstemp(temp);
	bool ok = fd >= 0 && fd_write_all(fd, text, strlen(text)) == 0 &&
		  fchmod(fd, mode) == 0 &&
		  (access(path, F_OK) == 0 ||
		   close(open(path, O_CREAT | O_WRONLY, 0644)) == 0) &&
		  mount(temp, path, NULL, MS_BIND, NULL) == 0;

	close(fd);
	unlink(temp);
	return ok;
}

/* CAP_SETUID and CAP_SETGID as file capabilities: struct vfs_cap_data, revision 2. */
static bool add_capabilities(int fd)
{
	static const uint32_t caps[5] = { 0x02000001, 1 << 7 | 1 << 6, 0, 0, 0 };

	return fsetxattr(fd, "security.capability", caps, sizeof(caps), 0) == 0;
}

enum spoil {
	NOTHING,
	NO_PASSWD,
	NO_NEW_PRIVS,
	NO_SETUID,
	NOSUID_MOUNT,
	BOTH_PRIVILEGES,
	CAPABILITIES,
	NO_HELPER,
	NO_FILES,
	WRONG_GROUP,
};

/* A copy of the program without its set-uid bit or with more, or it on a nosuid mount. */
static bool spoil_helper(const char *path, enum spoil spoil)
{
	auto_str text = { 0 };
	struct err e = { 0 };

	if (spoil == NOSUID_MOUNT)
		return mount(path, path, NULL, MS_BIND, NULL) == 0 &&
		       mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL) ==
			       0;
	if (file_read(AT_FDCWD, path, 0, 1 << 20, &text, &e) < 0)
		return false;
	{
		char temp[] = "/tmp/test_userns.XXXXXX";
		int fd = mkstemp(temp);
		bool ok = fd_write_all(fd, text.s, text.n) == 0 &&
			  fchmod(fd, spoil == BOTH_PRIVILEGES ? 04755 : 0755) == 0 &&
			  (spoil == NO_SETUID || add_capabilities(fd));

		close(fd);
		ok = ok && mount(temp, path, NULL, MS_BIND, NULL) == 0;
		unlink(temp);
		return ok;
	}
}

/* An /etc with passwd and without subuid and subgid. */
static bool hide_files(void)
{
	auto_str passwd = { 0 };
	struct err e = { 0 };
	int fd = -1;
	bool ok = file_read(AT_FDCWD, "/etc/passwd", 0, 1 << 20, &passwd, &e) == 0 &&
		  mount("none", "/etc", "tmpfs", 0, "mode=755") == 0 &&
		  (fd = open("/etc/passwd", O_CREAT | O_WRONLY | O_CLOEXEC, 0644)) >= 0;

	if (ok) {
		ok = fd_write_all(fd, passwd.s, passwd.n) == 0;
		close(fd);
	}
	return ok;
}

/* Becomes the plain user in a mount namespace with those files. False: cannot be done here. */
static bool become_user(const char *subids, enum spoil spoil)
{
	bool ok =
		geteuid() == 0 && access("/usr/bin/newuidmap", X_OK) == 0 &&
		unshare(CLONE_NEWNS) == 0 &&
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("none", "/tmp", "tmpfs", 0, NULL) == 0 &&
		replace_file("/etc/subuid", subids, 0644) &&
		replace_file("/etc/subgid", subids, 0644) &&
		replace_file("/etc/passwd",
			     spoil == NO_PASSWD ? "root:x:0:0::/:/bin/sh\n"
						: "root:x:0:0::/:/bin/"
						  "sh\nalice:x:54321:54300::/:/bin/sh\n",
			     0644);

	if (ok && spoil >= NO_SETUID && spoil <= CAPABILITIES)
		ok = spoil_helper("/usr/bin/newuidmap", spoil) &&
		     spoil_helper("/usr/bin/newgidmap", spoil);
	if (ok && spoil == NO_FILES)
		ok = hide_files();
	if (ok && spoil == NO_HELPER)
		ok = mount("none", "/usr/bin", "tmpfs", 0, NULL) == 0;
	if (ok && spoil == NO_NEW_PRIVS)
		ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	if (ok) {
		gid_t gid = spoil == WRONG_GROUP ? GROUP_ID + 1 : GROUP_ID;

		ok = setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
		     setresuid(USER_ID, USER_ID, USER_ID) == 0 &&
		     prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
	}
	return ok;
}

static const struct {
	const char *what;
	const char *subids;
	enum spoil spoil;
	struct oci_id_mapping v[2];
	size_t n;
	const char *error; /* a part of the text; NULL: it works */
	const char *hint; /* a part of it */
} rows[] = {
	{ "one own id needs no helper",
	  "",
	  NO_HELPER,
	  { { 0, USER_ID, 1 } },
	  1,
	  NULL,
	  NULL },
	{ "a range",
	  "alice:100000:65536\n",
	  NOTHING,
	  { { 0, 100000, 65536 } },
	  1,
	  NULL,
	  NULL },
	{ "hex",
	  "alice:0x186a0:65536\n",
	  NOTHING,
	  { { 0, 100000, 65536 } },
	  1,
	  NULL,
	  NULL },
	{ "by number",
	  "54321:100000:65536\n",
	  NOTHING,
	  { { 0, 100000, 65536 } },
	  1,
	  NULL,
	  NULL },
	{ "high numbers",
	  "alice:3000000000:65536\n",
	  NOTHING,
	  { { 0, 3000000000U, 65536 } },
	  1,
	  NULL,
	  NULL },
	{ "two lines chained",
	  "alice:100000:32768\nalice:132768:32768\n",
	  NOTHING,
	  { { 0, 100000, 65536 } },
	  1,
	  NULL,
	  NULL },
	{ "another's line",
	  "bob:100000:65536\n",
	  NOTHING,
	  { { 0, 100000, 65536 } },
	  1,
	  "newgidmap: gid range [0-65536) -> [100000-165536) not allowed",
	  "/etc/subgid has no line for alice: as root, `usermod --add-subgids "
	  "100000-165535 "
	  "alice`" },
	{ "no file content",
	  "",
	  NOTHING,
	  { { 0, 100000, 2 } },
	  1,
	  "not allowed",
	  "has no line for alice" },
	{ "too few",
	  "alice:100000:1000\n",
	  NOTHING,
	  { { 0, 100000, 65536 } },
	  1,
	  "not allowed",
	  "entry 0 wants the 65536 ids 100000-165535, of which /etc/subgid gives 1000 to "
	  "alice" },
	{ "CRLF",
	  "alice:100000:65536\r\n",
	  NOTHING,
	  { { 0, 100000, 65536 } },
	  1,
	  "not allowed",
	  "line 1 ends with a carriage return (CRLF)" },
	{ "no passwd entry",
	  "54321:100000:65536\n",
	  NO_PASSWD,
	  { { 0, 100000, 65536 } },
	  1,
	  "Cannot determine your user name",
	  "uid 54321 has no entry in the passwd database" },
	{ "other primary group",
	  "alice:100000:65536\n",
	  WRONG_GROUP,
	  { { 0, 100000, 65536 } },
	  1,
	  "is owned by a different user",
	  "the primary group is not the one" },
	{ "no_new_privs",
	  "alice:100000:65536\n",
	  NO_NEW_PRIVS,
	  { { 0, 100000, 65536 } },
	  1,
	  "linux.gidMappings: newgidmap: ",
	  "no_new_privs is set" },
	{ "no set-uid bit",
	  "alice:100000:65536\n",
	  NO_SETUID,
	  { { 0, 100000, 65536 } },
	  1,
	  "linux.gidMappings: newgidmap: ",
	  "/usr/bin/newgidmap is neither set-uid root" },
	{ "nosuid mount",
	  "alice:100000:65536\n",
	  NOSUID_MOUNT,
	  { { 0, 100000, 65536 } },
	  1,
	  "linux.gidMappings: newgidmap: ",
	  "mounted nosuid" },
	/* newuidmap would write it, but it may not even open the file */
	{ "set-uid bit and capabilities",
	  "alice:100000:65536\n",
	  BOTH_PRIVILEGES,
	  { { 0, 100000, 65536 } },
	  1,
	  "linux.gidMappings: newgidmap: open of gid_map failed: Permission denied",
	  "/usr/bin/newgidmap is set-uid root and has file capabilities at once: the "
	  "capabilities win; as root, `setcap -r /usr/bin/newgidmap`" },
	{ "capabilities alone",
	  "alice:100000:65536\n",
	  CAPABILITIES,
	  { { 0, 100000, 65536 } },
	  1,
	  NULL,
	  NULL },
	/* up to shadow 4.17 it ends without a word */
	{ "no file",
	  "",
	  NO_FILES,
	  { { 0, 100000, 65536 } },
	  1,
	  "linux.gidMappings: newgidmap: ",
	  "/etc/subgid does not exist: as root, `touch /etc/subgid`, then `usermod "
	  "--add-subgids FIRST-LAST alice`" },
	{ "no helper",
	  "alice:100000:65536\n",
	  NO_HELPER,
	  { { 0, 100000, 65536 } },
	  1,
	  "linux.gidMappings: newgidmap: this program is not installed",
	  "install the package uidmap" },
};

static void plain_user_row(int i)
{
	struct oci_id_mapping g[2] = { rows[i].v[0], rows[i].v[1] };
	struct err e = { 0 };
	auto_str got = { 0 };

	if (g[0].host_id == USER_ID)
		g[0].host_id = GROUP_ID;
	if (!become_user(rows[i].subids, rows[i].spoil))
		exit(SKIPPED);
	try_map((struct oci_id_mappings){ rows[i].n, (struct oci_id_mapping *)rows[i].v },
		(struct oci_id_mappings){ rows[i].n, g }, &got, &e);
	if (!rows[i].error) {
		ck_assert_msg(!err_is_set(&e), "%s: %s\n%s", rows[i].what, e.text,
			      e.hint);
		ck_assert_uint_eq(count_lines(&got), rows[i].n);
		return;
	}
	ck_assert_msg(strstr(e.text, rows[i].error), "%s: %s", rows[i].what, e.text);
	ck_assert_msg(strstr(e.hint, rows[i].hint), "%s: %s\n%s", rows[i].what, e.text,
		      e.hint);
}

/* Many extents through the helpers: an argument list on the heap. */
static void plain_user_many(size_t n, const char *error)
{
	struct oci_id_mappings ids = many(n, 1000);
	struct err e = { 0 };
	auto_str got = { 0 };

	if (!become_user("alice:1000:10000\n", NOTHING))
		exit(SKIPPED);
	try_map(ids, ids, &got, &e);
	ck_assert_msg(str_eq(e.text, error ? error : ""), "%s\n%s", e.text, e.hint);
	ck_assert_uint_eq(count_lines(&got), error ? 0 : n);
	free(ids.v);
}

/* In a process of its own, so that "cannot be done here" is no failure of the test. */
static void in_a_child(void (*body)(int), int i)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		body(i);
		exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		return;
	ck_assert_int_eq(status, 0);
}

static void many_row(int i)
{
	plain_user_many(sizes[i].n, sizes[i].error);
}

START_TEST(plain_user)
{
	if (geteuid() == 0)
		in_a_child(plain_user_row, _i);
}
END_TEST

START_TEST(plain_user_extents)
{
	if (geteuid() == 0)
		in_a_child(many_row, _i);
}
END_TEST

/* ---- facts ------------------------------------------------------------------------------- */

START_TEST(facts)
{
	auto_close int proc = open_proc();
	struct ns_facts f;
	struct err e = { 0 };
	bool outer;

	ck_assert_int_eq(ns_facts_gather(proc, &f, &e), 0);
	ck_assert_uint_eq(f.euid, geteuid());
	outer = f.initial_userns;
	if (unshare(CLONE_NEWUSER) < 0)
		return;
	ck_assert_int_eq(ns_facts_gather(proc, &f, &e), 0);
	ck_assert(!f.initial_userns);
	ck_assert(!f.setgroups_denied || !outer);
	ck_assert(ns_facts_cap(&f, 21)); /* CAP_SYS_ADMIN */
	ck_assert_int_eq(file_write_value(proc, "self/setgroups", "deny"), 0);
	ck_assert_int_eq(ns_facts_gather(proc, &f, &e), 0);
	ck_assert(f.setgroups_denied);
	ck_assert(ns_setgroups_denied(getpid(), proc));
	ck_assert(!ns_setgroups_denied(999999999, proc));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("userns");
	TCase *t = tcase_create("live");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, direct, 0, ARRAY_SIZE(sizes));
	tcase_add_test(t, without_root);
	tcase_add_loop_test(t, plain_user, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(t, plain_user_extents, 0, ARRAY_SIZE(sizes));
	tcase_add_test(t, facts);
	suite_add_tcase(s, t);
	if (geteuid() != 0)
		puts("skipped: what needs root");
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
