/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sec/notify: which agent is meant, and what arrives there; sec/process's look into the
 * image's /etc/passwd, which the image may have made nasty.
 */
#include "suite.h"

#include "base/fd.h"
#include "base/mem.h"
#include "libocispec/oci.h"
#include "sec/passwd.h"
#include "sec/notify.h"
#include "sec/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const struct {
	const char *listener, *annotation, *environment;
	const char *result; /* NULL: none */
	const char *error;
} receivers[] = {
	{ NULL, NULL, NULL, NULL, NULL },
	{ "/a", "/b", "/c", "/a", NULL },
	{ NULL, "/b", "/c", "/b", NULL },
	{ NULL, NULL, "/c", "/c", NULL },
	{ "a", NULL, NULL, NULL,
	  "linux.seccomp.listenerPath: \"a\" is no absolute path" },
	{ NULL, "b", NULL, NULL,
	  "annotations[\"run.oci.seccomp.receiver\"]: \"b\" is no absolute path" },
	{ NULL, NULL, "c", NULL, "RUN_OCI_SECCOMP_RECEIVER: \"c\" is no absolute path" },
};

START_TEST(receiver)
{
	struct oci_pair pair = { (char[]){ "run.oci.seccomp.receiver" },
				 (char *)(uintptr_t)receivers[_i].annotation };
	struct oci_map map = { receivers[_i].annotation ? 1 : 0, &pair };
	struct oci_seccomp s = { .listener_path =
					 (char *)(uintptr_t)receivers[_i].listener };
	const char *path = NULL;
	struct err e = { 0 };
	int ret = notify_receiver(&s, &map, receivers[_i].environment, &path, &e);

	ck_assert_int_eq(ret, receivers[_i].error ? -1 : 0);
	ck_assert_str_eq(e.text, receivers[_i].error ? receivers[_i].error : "");
	ck_assert_str_eq(path ? path : "none",
			 receivers[_i].result ? receivers[_i].result : "none");
}
END_TEST

START_TEST(message)
{
	struct oci_state state = {
		.oci_version = (char[]){ "1.2.0" },
		.id = (char[]){ "box" },
		.status = OCI_STATUS_RUNNING,
		.pid = { true, 10 },
		.bundle = (char[]){ "/b" },
	};
	struct oci_arena arena = { 0 };
	struct oci_process_state *got;
	struct oci_error error;
	struct err e = { 0 };
	struct stat sent, received;
	char buf[4096];
	size_t n_fds = 0;
	int pair[2];
	int fd = -1;
	ssize_t n;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(notify_send(pair[0], &state, 11, "meta \"data\"", pair[0], &e),
			 0);
	fstat(pair[0], &sent);
	n = fd_receive(pair[1], buf, sizeof(buf), &fd, 1, &n_fds);
	ck_assert_int_gt(n, 0);
	ck_assert_uint_eq(n_fds, 1);
	fstat(fd, &received);
	ck_assert_uint_eq(sent.st_ino, received.st_ino);
	if (oci_decode_process_state(&arena, "message", buf, (size_t)n, &got, &error) < 0)
		ck_abort_msg("%s", error.text);
	ck_assert_str_eq(got->oci_version, OCI_SPEC_VERSION);
	ck_assert_uint_eq(got->fds.n, 1);
	ck_assert_str_eq(got->fds.v[0], "seccompFd");
	ck_assert_int_eq(got->pid, 11);
	ck_assert_str_eq(got->metadata, "meta \"data\"");
	ck_assert_str_eq(got->state->id, "box");
	ck_assert_int_eq(got->state->pid.v, 10);
	oci_arena_free(&arena);
}
END_TEST

START_TEST(nobody_listens)
{
	struct err e = { 0 };

	ck_assert_int_eq(notify_connect("/nonexistent/agent.sock", &e), -1);
	ck_assert(strncmp(e.text, "linux.seccomp.listenerPath: ", 28) == 0);
	ck_assert(e.hint[0] != '\0');
}
END_TEST

/* ---- /etc/passwd --------------------------------------------------------------------- */

static const struct {
	const char *text;
	uid_t uid;
	const char *home; /* NULL: none */
} homes[] = {
	{ "root:x:0:0:root:/root:/bin/sh\nu:x:1000:1000::/home/u:/bin/sh\n", 1000,
	  "/home/u" },
	{ "root:x:0:0:root:/root:/bin/sh\nu:x:1000:1000::/home/u", 1000, "/home/u" },
	{ "root:x:0:0:root:/root:/bin/sh\n", 1, NULL },
	{ "a:x:1:1::/first:\nb:x:1:1::/second:\n", 1, "/first" },
	{ "a:x:01:1::/wrong:\na:x:1\na:x:1:1::relative:\n", 1, NULL },
	{ "", 0, NULL },
	{ ":::::\n\n\n:\n", 0, NULL },
};

static int make_root(char *path)
{
	char etc[64];

	ck_assert_ptr_nonnull(mkdtemp(path));
	snprintf(etc, sizeof(etc), "%s/etc", path);
	ck_assert_int_eq(mkdir(etc, 0755), 0);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void remove_root(const char *path, int root)
{
	char etc[64];

	unlinkat(root, "etc/passwd", 0);
	unlinkat(root, "etc/passwd", AT_REMOVEDIR);
	snprintf(etc, sizeof(etc), "%s/etc", path);
	rmdir(etc);
	rmdir(path);
	close(root);
}

START_TEST(home)
{
	char path[] = "/tmp/wolffia-test-XXXXXX";
	int root = make_root(path);
	auto_close int fd =
		openat(root, "etc/passwd", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	auto_free char *got = NULL;

	ck_assert_int_eq(fd_write_all(fd, homes[_i].text, strlen(homes[_i].text)), 0);
	passwd_home(root, homes[_i].uid, &got);
	ck_assert_str_eq(got ? got : "none", homes[_i].home ? homes[_i].home : "none");
	remove_root(path, root);
}
END_TEST

/* None of these may block, crash or lead to the host's file. */
START_TEST(nasty_passwd)
{
	char path[] = "/tmp/wolffia-test-XXXXXX";
	int root = make_root(path);
	auto_free char *got = NULL;

	switch (_i) {
	case 0:
		ck_assert_int_eq(mkfifoat(root, "etc/passwd", 0644), 0);
		break;
	case 1:
		ck_assert_int_eq(symlinkat("/etc/passwd", root, "etc/passwd"), 0);
		break;
	case 2:
		ck_assert_int_eq(symlinkat("../../../../etc/passwd", root, "etc/passwd"),
				 0);
		break;
	case 3:
		ck_assert_int_eq(mkdirat(root, "etc/passwd", 0755), 0);
		break;
	case 4: { /* 2 MiB with the right line in front */
		auto_close int fd =
			openat(root, "etc/passwd", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
		const char *line = "root:x:0:0:root:/root:/bin/sh\n";

		ck_assert_int_eq(fd_write_all(fd, line, strlen(line)), 0);
		ck_assert_int_eq(ftruncate(fd, 2 << 20), 0);
		break;
	}
	default: /* nothing there */
		break;
	}
	passwd_home(root, 0, &got);
	ck_assert_ptr_null(got);
	remove_root(path, root);
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_loop_test(t, receiver, 0, ROWS(receivers));
	tcase_add_test(t, message);
	tcase_add_test(t, nobody_listens);
	tcase_add_loop_test(t, home, 0, ROWS(homes));
	tcase_add_loop_test(t, nasty_passwd, 0, 6);
}

int main(void)
{
	return suite_run("notify", fill);
}
