/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation with systemd-nsresourced: messages, and every way in which somebody at the other
 * end of a real socket can behave. With the maps that are written it is tests/cli/nsresource.bats.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "libocispec/oci.h"
#include "ns/nsresource.h"
#include "tests/unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- messages ---------------------------------------------------------------------------- */

START_TEST(the_request)
{
	auto_str text = { 0 };

	nsresource_request("wabc", &text);
	ck_assert_str_eq(text.s,
			 "{\"method\":\"io.systemd.NamespaceResource.AllocateUserRange\","
			 "\"parameters\":{\"name\":\"wabc\",\"size\":65536,\"target\":0,"
			 "\"userNamespaceFileDescriptor\":0}}");
}
END_TEST

#define WORD(w) "{\"error\":\"" w "\"}"
#define NS	"io.systemd.NamespaceResource."

static const struct {
	const char *text;
	const char *error; /* the beginning of it; NULL: granted */
	int code;
	const char *hint; /* part of it; NULL: none */
} replies[] = {
	/* 257 and 262 */
	{ "{\"parameters\":{}}", NULL, 0, NULL },
	{ "{\"parameters\":{\"name\":\"1000-w0123456789\"}}", NULL, 0, NULL },
	{ "{}", NULL, 0, NULL },
	{ "{\"parameters\":null,\"error\":null}", NULL, 0, NULL },
	{ " {\"parameters\":{\"later\":[1,{\"x\":2.5}]},\"continues\":false}\n", NULL, 0,
	  NULL },
	/* refusals */
	{ WORD(NS "NameExists"), "systemd-nsresourced refuses: " NS "NameExists", EEXIST,
	  NULL },
	{ "{\"error\":\"" NS "NoDynamicRange\",\"parameters\":{}}",
	  "systemd-nsresourced refuses: " NS "NoDynamicRange", EAGAIN, "end containers" },
	{ WORD(NS "DynamicRangeUnavailable"),
	  "systemd-nsresourced refuses: " NS "DynamicRangeUnavailable", ENOTSUP,
	  "user namespace" },
	{ WORD(NS "UserNamespaceInterfaceNotSupported"),
	  "systemd-nsresourced refuses: " NS "UserNamespaceInterfaceNotSupported",
	  ENOTSUP, "lsm=" },
	{ WORD("org.varlink.service.PermissionDenied"),
	  "systemd-nsresourced refuses: org.varlink.service.PermissionDenied", EACCES,
	  "polkit" },
	{ WORD("org.varlink.service.MethodNotFound"),
	  "systemd-nsresourced refuses: org.varlink.service.MethodNotFound", ENOTSUP,
	  "257" },
	{ "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{"
	  "\"parameter\":\"size\"}}",
	  "systemd-nsresourced refuses: org.varlink.service.InvalidParameter (size)", 0,
	  NULL },
	{ "{\"error\":\"io.systemd.System\",\"parameters\":{\"errno\":87,\"errnoName\":"
	  "\"EUSERS\",\"origin\":\"linux\"}}",
	  "systemd-nsresourced refuses: io.systemd.System (EUSERS)", 0,
	  "as many as one user" },
	{ "{\"error\":\"io.systemd.System\",\"parameters\":{\"errnoName\":\"EIO\"}}",
	  "systemd-nsresourced refuses: io.systemd.System (EIO)", 0, NULL },
	{ WORD("not.known.Yet"), "systemd-nsresourced refuses: not.known.Yet", 0, NULL },
	/* none of it */
	{ "", "systemd-nsresourced is not understood: answer", 0, NULL },
	{ "{", "systemd-nsresourced is not understood: answer", 0, NULL },
	{ "{\"parameters\":{}", "systemd-nsresourced is not understood: answer", 0,
	  NULL },
	{ "{\"parameters\":{}}{}", "systemd-nsresourced is not understood: answer", 0,
	  NULL },
	{ "[]", "systemd-nsresourced is not understood: answer", 0, NULL },
	{ "null", "systemd-nsresourced is not understood: answer", 0, NULL },
	{ "{\"parameters\":[]}", "systemd-nsresourced is not understood: answer", 0,
	  NULL },
	{ "{\"parameters\":5}", "systemd-nsresourced is not understood: answer", 0,
	  NULL },
	{ "{\"error\":5}", "systemd-nsresourced is not understood: answer", 0, NULL },
	{ "{\"error\":{}}", "systemd-nsresourced is not understood: answer", 0, NULL },
	{ "{\"error\":\"\"}", "systemd-nsresourced is not understood: answer", 0, NULL },
	{ "{\"error\":\"a b\"}", "systemd-nsresourced is not understood: answer", 0,
	  NULL },
	{ "{\"error\":\"a\\u001b[31m\"}", "systemd-nsresourced is not understood: answer",
	  0, NULL },
	{ "{\"error\":\"x\",\"error\":\"y\"}",
	  "systemd-nsresourced is not understood: answer", 0, NULL },
	{ "{\"error\":\"x\",\"parameters\":{\"parameter\":[]}}",
	  "systemd-nsresourced is not understood: answer", 0, NULL },
	{ "{\"error\":\"\xff\"}", "systemd-nsresourced is not understood: answer", 0,
	  NULL },
};

START_TEST(reply_row)
{
	const char *want = replies[_i].error, *hint = replies[_i].hint;
	struct err e = { 0 };
	int rc = nsresource_reply(replies[_i].text, strlen(replies[_i].text), &e);

	ck_assert_int_eq(rc, want ? -1 : 0);
	if (!want)
		return;
	ck_assert_msg(str_starts(e.text, want), "%s, not %s", e.text, want);
	ck_assert_int_eq(e.code, replies[_i].code);
	if (hint)
		ck_assert_msg(strstr(e.hint, hint) != NULL, "hint: %s", e.hint);
	else
		ck_assert_str_eq(e.hint, "");
}
END_TEST

/* Every beginning of an answer is none: what is cut is never taken for a grant. */
START_TEST(a_cut_reply)
{
	const char whole[] = "{\"parameters\":{\"name\":\"1000-w0123456789\"}}";

	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		struct err e = { 0 };

		ck_assert_int_eq(nsresource_reply(whole, n, &e), -1);
	}
}
END_TEST

/* ---- the conversation -------------------------------------------------------------------- */

static char folder[64], path[96];
static pid_t peer;

static void serve(int at, const char *say, size_t n, bool hang, size_t piece)
{
	int sock = accept4(at, NULL, NULL, SOCK_CLOEXEC), fds[2];
	char text[1024];
	size_t n_fds;
	ssize_t got = fd_receive(sock, text, sizeof(text), fds, 2, &n_fds);

	/* the question is whole, and has one descriptor with it */
	if (got <= 0 || text[got - 1] || n_fds != 1)
		_exit(1);
	for (size_t i = 0; i < n; i += piece)
		if (send(sock, say + i, n - i < piece ? n - i : piece, MSG_NOSIGNAL) < 0)
			_exit(0);
	while (hang && recv(sock, text, sizeof(text), 0) > 0)
		;
	_exit(0);
}

/* A child answers the next question so. */
static void begin(const char *say, size_t n, bool hang, size_t piece)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int at = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(folder, sizeof(folder), "/tmp/nsresource.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	ck_assert_int_eq(bind(at, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(at, 1), 0);
	peer = fork();
	if (peer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(at, say, n, hang, piece);
	}
	close(at);
}

static void end(void)
{
	kill(peer, SIGKILL);
	waitpid(peer, NULL, 0);
	unlink(path);
	rmdir(folder);
}

static int ask(int stop_fd, int timeout_ms, struct err *e)
{
	auto_close int userns = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	const struct nsresource_call call = { path, "wx", userns, stop_fd, timeout_ms };

	return nsresource_ask(&call, e);
}

/* Who is not root when he listens is not asked: no other row can be had then. */
static bool is_believed(void)
{
	return geteuid() == 0;
}

static char much[NSRESOURCE_REPLY_MAX + 100];

static const struct {
	const char *say;
	size_t n; /* 0: strlen and the NUL */
	bool hang;
	size_t piece;
	const char *error;
} talks[] = {
	{ "{\"parameters\":{}}", 0, true, 1000, NULL },
	{ "{\"parameters\":{\"name\":\"abc\"}}", 0, true, 1, NULL },
	{ "{}\0{\"error\":\"x\"}", 17, true, 1000, NULL }, /* the first one counts */
	{ "{\"error\":\"a.b\"}", 0, false, 3, "systemd-nsresourced refuses: a.b" },
	{ "", 0, false, 1, "systemd-nsresourced is not understood: answer" },
	{ "{\"parameters\":{}}", 17, false, 5,
	  "systemd-nsresourced has closed the connection without an answer" },
	{ "x", 1, false, 1,
	  "systemd-nsresourced has closed the connection without an answer" },
	{ much, sizeof(much), true, 500,
	  "systemd-nsresourced answers with more than 16384 bytes" },
	{ much, NSRESOURCE_REPLY_MAX, true, NSRESOURCE_REPLY_MAX,
	  "systemd-nsresourced answers with more than 16384 bytes" },
};

START_TEST(talk_row)
{
	const char *want = talks[_i].error;
	size_t n = talks[_i].n ? talks[_i].n : strlen(talks[_i].say) + 1;
	struct err e = { 0 };
	int rc;

	memset(much, ' ', sizeof(much));
	begin(talks[_i].say, n, talks[_i].hang, talks[_i].piece);
	rc = ask(-1, 50000, &e);
	end();
	if (!is_believed()) {
		ck_assert_ptr_nonnull(strstr(e.text, " listens there, not root"));
		return;
	}
	ck_assert_msg(rc == (want ? -1 : 0), "%d: %s", rc, e.text);
	if (want)
		ck_assert_msg(str_starts(e.text, want), "%s, not %s", e.text, want);
}
END_TEST

/* It has read the question and says nothing, or half of something. */
START_TEST(it_hangs)
{
	const char *half[] = { "", "{\"parameters\":" };
	struct err e = { 0 };
	int64_t began = clock_ms();

	begin(half[_i], strlen(half[_i]), true, 100);
	ck_assert_int_eq(ask(-1, 100, &e), -1);
	end();
	if (!is_believed())
		return;
	ck_assert_str_eq(e.text, "systemd-nsresourced has not answered for 0 s");
	ck_assert_int_eq(e.code, ETIMEDOUT);
	ck_assert_int_ge(clock_ms() - began, 100);
	ck_assert_ptr_nonnull(strstr(e.hint, "systemctl status systemd-nsresourced"));
}
END_TEST

START_TEST(it_is_broken_off)
{
	struct err e = { 0 };
	int p[2];

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	close(p[1]); /* readable: the end */
	begin("", 0, true, 1);
	ck_assert_int_eq(ask(p[0], 50000, &e), -1);
	end();
	close(p[0]);
	if (is_believed())
		ck_assert_int_eq(e.code, EINTR);
}
END_TEST

START_TEST(nobody_listens)
{
	struct err e = { 0 };

	snprintf(path, sizeof(path), "/tmp/nsresource.none");
	ck_assert_int_eq(ask(-1, 50000, &e), -1);
	ck_assert_msg(str_starts(e.text, "connect to /tmp/nsresource.none: "), "%s",
		      e.text);
	ck_assert_ptr_nonnull(strstr(e.hint, "systemd-nsresourced.socket"));
}
END_TEST

static void fill(TCase *t)
{
	tcase_add_test(t, the_request);
	tcase_add_loop_test(t, reply_row, 0, ROWS(replies));
	tcase_add_test(t, a_cut_reply);
	tcase_add_loop_test(t, talk_row, 0, ROWS(talks));
	tcase_add_loop_test(t, it_hangs, 0, 2);
	tcase_add_test(t, it_is_broken_off);
	tcase_add_test(t, nobody_listens);
}

int main(void)
{
	return suite_run("nsresource", fill);
}
